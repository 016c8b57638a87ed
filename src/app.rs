//! Configuration, clock, keys, store, rules, engine, index and mailer: built once, shared by `Arc`,
//! no globals.

pub mod disk;
mod tasks;

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, RwLock};

use tokio::sync::{Mutex, Notify};

use crate::clock::{Clock, Moment};
use crate::config::Config;
use crate::domain::case::Channel;
use crate::domain::jurisdiction::Jurisdiction;
use crate::flow::find::field_words;
use crate::flow::learn::{self, model_key};
use crate::flow::{Context, FlowError};
use crate::index::Index;
use crate::index::query::FieldWord;
use crate::index::scope::Engine;
use crate::mail::{Limits, Transport};
use crate::seal::{Seal, hex, random};
use crate::store::files::{Files, FilesUrl};
use crate::store::{DatabaseUrl, Store, StoreError, models, packs};
use crate::telemetry::metrics::Metrics;
use crate::text::messages::Messages;
use crate::text::personal::PersonalPatterns;

pub use tasks::Tasks;

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
    field_words: Arc<[FieldWord]>,
    /// The model that the engine was made with.
    model: Option<i64>,
    /// How far this engine has followed the labels: with another engine the way begins anew.
    followed: Arc<Mutex<learn::Mark>>,
}

/// The assembled service.
pub struct App {
    pub config: Config,
    pub clock: Clock,
    pub seal: Arc<Seal>,
    pub store: Store,
    pub files: Files,
    pub messages: Arc<Messages>,
    pub transport: Transport,
    /// Names this process in leases.
    pub holder: String,
    /// Wakes the worker before its period is over.
    pub nudge: Notify,
    /// A peer on a private network has named a client's address while no proxy is trusted: very
    /// likely a proxy that was forgotten, and everybody shares one rate limit.
    pub proxy_forgotten: AtomicBool,
    pub metrics: Metrics,
    /// What the worker does, and when it last succeeded.
    pub tasks: Tasks,
    /// When the process was put together.
    pub started: Moment,
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
        let files = open_files(&config, seal.clone())?;
        let rules = load_rules(&store, &clock, &messages).await?;
        let holder = random::<8>().map_err(|e| AssemblyError::new("random", e))?;
        let channels = Channel::ALL.iter().map(|channel| channel.word());
        let metrics = Metrics::new(channels).map_err(|e| AssemblyError::new("metrics", e))?;
        Ok(App {
            mail_domain: config.mail_domain.as_str().into(),
            public_url: config.public_url.trim_end_matches('/').into(),
            messages: Arc::new(messages),
            transport,
            holder: format!("{}-{}", std::process::id(), hex(&holder)),
            nudge: Notify::new(),
            proxy_forgotten: AtomicBool::new(false),
            metrics,
            tasks: Tasks::default(),
            started: clock.now(),
            rules: RwLock::new(rules),
            index: RwLock::new(None),
            config,
            clock,
            seal,
            store,
            files,
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
            files: self.files.clone(),
            rules: rules.jurisdiction,
            engine: rules.engine,
            patterns: rules.patterns,
            field_words: rules.field_words,
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

    /// Takes labels up that were kept or taken away since the engine was made.
    pub async fn follow_labels(&self) -> Result<(), FlowError> {
        let rules = self.rules();
        let mut mark = rules.followed.lock().await;
        *mark = learn::follow(&self.store, &rules.engine, *mark).await?;
        Ok(())
    }

    /// Reads the rules and the model anew when another process or an administrator has changed
    /// them.
    pub async fn refresh_rules(&self) -> Result<bool, AssemblyError> {
        let known = self.rules();
        let key = model_key(&known.jurisdiction);
        let read = self.store.read(move |conn| {
            Ok::<_, StoreError>((packs::installation(conn)?, models::active_id(conn, &key)?))
        });
        let (installation, model) = read.await.map_err(|e| AssemblyError::new("database", e))?;
        let same_rules =
            installation.is_none_or(|i| i.rules_version == known.jurisdiction.rules_version);
        if same_rules && (model.is_none() || model == known.model) {
            return Ok(false);
        }
        let fresh = load_rules(&self.store, &self.clock, &self.messages).await?;
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

/// Opens where files lie, of the configuration.
pub fn open_files(config: &Config, seal: Arc<Seal>) -> Result<Files, AssemblyError> {
    let bad = |e: String| AssemblyError::new("DANGVAN_FILES_URL", e);
    let url = FilesUrl::parse(&config.files_url, &config.data).map_err(bad)?;
    Files::open(&url, seal).map_err(|e| AssemblyError::new("files", e))
}

async fn load_rules(
    store: &Store,
    clock: &Clock,
    messages: &Messages,
) -> Result<Rules, AssemblyError> {
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
    let made = build_engine(store, clock, jurisdiction.clone()).await?;
    Ok(Rules {
        field_words: field_words(&jurisdiction, messages).into(),
        jurisdiction,
        engine: Arc::new(made.engine),
        patterns: Arc::new(patterns),
        model: made.model,
        followed: Arc::new(Mutex::new(made.mark)),
    })
}

struct Made {
    engine: Engine,
    model: Option<i64>,
    mark: learn::Mark,
}

/// The engine from the rules and the model of the database; a model for these rules is trained once
/// and kept.
async fn build_engine(
    store: &Store,
    clock: &Clock,
    rules: Arc<Jurisdiction>,
) -> Result<Made, AssemblyError> {
    let failed = |e: StoreError| AssemblyError::new("database", e);
    let key = model_key(&rules);
    let (seal, wanted) = (store.seal().clone(), key.clone());
    let read = store.read(move |conn| {
        let (mark, labels) = learn::now(conn, &seal)?;
        Ok::<_, StoreError>((mark, labels, models::active(conn, &wanted)?))
    });
    let (mark, labels, kept) = read.await.map_err(failed)?;
    let known = i64::try_from(labels.len()).unwrap_or(i64::MAX);
    let (id, bytes) = kept.unzip();
    let built =
        tokio::task::spawn_blocking(move || Engine::build(&rules, &labels, bytes.as_deref()))
            .await
            .map_err(|e| AssemblyError::new("engine", e))?;
    let engine = built.map_err(|e| AssemblyError::new("engine", e))?;
    let mut model = id;
    if model.is_none() {
        let (bytes, now) = (engine.model_bytes(), clock.now());
        let new = models::NewModel { key, bytes, labels: known, last_label: mark.label };
        let keep = store.write(move |tx| models::insert(tx.conn, &new, now));
        model = Some(keep.await.map_err(failed)?);
    }
    Ok(Made { engine, model, mark })
}
