//! Configuration, clock, keys, store, rules, engine, index and mailer: built once, shared by `Arc`,
//! no globals.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, RwLock};

use tokio::sync::Notify;

use crate::clock::Clock;
use crate::config::Config;
use crate::domain::jurisdiction::Jurisdiction;
use crate::flow::Context;
use crate::index::Index;
use crate::index::scope::{self, Engine};
use crate::mail::{Limits, Transport};
use crate::seal::{Seal, fingerprint, hex, random};
use crate::store::{DatabaseUrl, Store, StoreError, examples, packs};
use crate::text::messages::Messages;
use crate::text::personal::PersonalPatterns;

/// Why the service cannot be put together, in words for the operator.
#[derive(Debug, thiserror::Error)]
#[error("{what}: {why}")]
pub struct AssemblyError {
    pub what: &'static str,
    pub why: String,
}

impl AssemblyError {
    /// An error of a part.
    pub fn new(what: &'static str, why: impl std::fmt::Display) -> AssemblyError {
        AssemblyError { what, why: why.to_string() }
    }
}

/// What changes with the rules, swapped as a whole.
#[derive(Clone)]
pub struct Rules {
    pub jurisdiction: Arc<Jurisdiction>,
    pub engine: Arc<Engine>,
    pub patterns: Arc<PersonalPatterns>,
}

/// The assembled service.
pub struct App {
    pub config: Config,
    pub clock: Clock,
    pub seal: Arc<Seal>,
    pub store: Store,
    pub messages: Arc<Messages>,
    pub transport: Transport,
    /// Names this process in leases.
    pub holder: String,
    /// Wakes the worker before its period is over.
    pub nudge: Notify,
    /// A peer on a private network has named a client's address while no proxy is trusted: very
    /// likely a proxy that was forgotten, and everybody shares one rate limit.
    pub proxy_forgotten: AtomicBool,
    rules: RwLock<Rules>,
    index: RwLock<Option<Arc<Index>>>,
    mail_domain: Arc<str>,
    public_url: Arc<str>,
}

impl App {
    /// Builds everything but the index; an empty database must have been filled before.
    pub async fn assemble(
        config: Config,
        clock: Clock,
        seal: Arc<Seal>,
        store: Store,
    ) -> Result<App, AssemblyError> {
        let messages = Messages::new().map_err(|e| AssemblyError::new("messages", e))?;
        let folder = config.data.join("mail");
        let transport = Transport::new(config.smtp_url.as_deref(), &folder, Limits::SERVICE)
            .map_err(|e| AssemblyError::new("mail", e))?;
        let rules = load_rules(&store, &clock).await?;
        let holder = random::<8>().map_err(|e| AssemblyError::new("random", e))?;
        Ok(App {
            mail_domain: config.mail_domain.as_str().into(),
            public_url: config.public_url.trim_end_matches('/').into(),
            messages: Arc::new(messages),
            transport,
            holder: format!("{}-{}", std::process::id(), hex(&holder)),
            nudge: Notify::new(),
            proxy_forgotten: AtomicBool::new(false),
            rules: RwLock::new(rules),
            index: RwLock::new(None),
            config,
            clock,
            seal,
            store,
        })
    }

    /// The rules, engine and patterns as they stand.
    pub fn rules(&self) -> Rules {
        match self.rules.read() {
            Ok(rules) => rules.clone(),
            // A panic while swapping leaves the old value whole.
            Err(poisoned) => poisoned.into_inner().clone(),
        }
    }

    /// What the verbs need, as of now.
    pub fn context(&self) -> Context {
        let rules = self.rules();
        Context {
            store: self.store.clone(),
            rules: rules.jurisdiction,
            engine: rules.engine,
            patterns: rules.patterns,
            messages: self.messages.clone(),
            mail_domain: self.mail_domain.clone(),
            public_url: self.public_url.clone(),
            now: self.clock.now(),
        }
    }

    /// The index, once it is open.
    pub fn index(&self) -> Option<Arc<Index>> {
        match self.index.read() {
            Ok(index) => index.clone(),
            Err(poisoned) => poisoned.into_inner().clone(),
        }
    }

    /// Puts an opened index in place.
    pub fn set_index(&self, index: Option<Arc<Index>>) {
        match self.index.write() {
            Ok(mut place) => *place = index,
            Err(poisoned) => *poisoned.into_inner() = index,
        }
    }

    /// Where the built index lives.
    pub fn index_folder(&self) -> PathBuf {
        self.config.data.join("index")
    }

    /// Reads the rules anew when another process or an administrator has changed them.
    pub async fn refresh_rules(&self) -> Result<bool, AssemblyError> {
        let known = self.rules().jurisdiction.rules_version;
        let read = self.store.read(packs::installation).await;
        let read: Option<packs::Installation> =
            read.map_err(|e: StoreError| AssemblyError::new("database", e))?;
        if read.is_none_or(|i| i.rules_version == known) {
            return Ok(false);
        }
        let fresh = load_rules(&self.store, &self.clock).await?;
        match self.rules.write() {
            Ok(mut rules) => *rules = fresh,
            Err(poisoned) => *poisoned.into_inner() = fresh,
        }
        Ok(true)
    }
}

/// Opens the database of the configuration.
pub fn open_store(config: &Config, seal: Arc<Seal>) -> Result<Store, AssemblyError> {
    let bad = |e: String| AssemblyError::new("DANGVAN_DATABASE_URL", e);
    let url = DatabaseUrl::parse(&config.database_url, &config.data).map_err(bad)?;
    Store::open(&url, seal).map_err(|e| AssemblyError::new("database", e))
}

async fn load_rules(store: &Store, clock: &Clock) -> Result<Rules, AssemblyError> {
    let failed = |e: StoreError| AssemblyError::new("database", e);
    let jurisdiction = store.read(packs::jurisdiction).await.map_err(failed)?;
    let pairs: Vec<(String, String)> = jurisdiction
        .settings
        .personal_data
        .iter()
        .map(|p| (p.kind.clone(), p.pattern.clone()))
        .collect();
    let patterns = PersonalPatterns::compile(&pairs).map_err(|e| AssemblyError::new("pack", e))?;
    let jurisdiction = Arc::new(jurisdiction);
    let engine = build_engine(store, clock, jurisdiction.clone()).await?;
    Ok(Rules { jurisdiction, engine: Arc::new(engine), patterns: Arc::new(patterns) })
}

/// The engine from the rules and the model of the database; a model for these rules is trained once
/// and kept.
async fn build_engine(
    store: &Store,
    clock: &Clock,
    rules: Arc<Jurisdiction>,
) -> Result<Engine, AssemblyError> {
    let failed = |e: StoreError| AssemblyError::new("database", e);
    let (recipe, data) = model_key(&rules);
    let (same, kept) = (recipe.clone(), recipe);
    let (seal, mark) = (store.seal().clone(), data.clone());
    let (labels, model) = store
        .read(move |conn| {
            let labels = examples::after(conn, &seal, 0)?.1;
            Ok::<_, StoreError>((labels, examples::model(conn, &same, &mark)?))
        })
        .await
        .map_err(failed)?;
    let known = model.is_some();
    let built =
        tokio::task::spawn_blocking(move || Engine::build(&rules, &labels, model.as_deref()))
            .await
            .map_err(|e| AssemblyError::new("engine", e))?;
    let engine = built.map_err(|e| AssemblyError::new("engine", e))?;
    if !known {
        let (bytes, now) = (engine.model_bytes(), clock.now());
        let keep =
            store.write(move |tx| examples::insert_model(tx.conn, &kept, &data, &bytes, now));
        keep.await.map_err(failed)?;
    }
    Ok(engine)
}

/// The names under which a trained model is kept: of its recipe, and of the data that it was
/// trained on.
pub fn model_key(rules: &Jurisdiction) -> (String, String) {
    // What an administrator sets without teaching anything, a mode say, trains nothing anew.
    let categories: Vec<_> = rules.categories.iter().map(|c| (&c.code, c.scope)).collect();
    let taught = (categories, &rules.cues, &rules.acts, &rules.exemplars);
    (format!("scope-{}", scope::RECIPE), fingerprint(format!("{taught:?}").as_bytes()))
}
