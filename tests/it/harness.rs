//! A town to test in: a database of its own (a copy of a filled template), an index in memory,
//! mails as files in a temporary folder, a clock that stands still, and requests that go through
//! the whole application.

use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock};

use actix_web::http::Method;
use actix_web::test;
use chrono::TimeDelta;
use dangvan::app::{App, model_key};
use dangvan::auth::{password, token};
use dangvan::clock::{Clock, Moment};
use dangvan::config::{Config, GlobalArgs};
use dangvan::domain::jurisdiction::Jurisdiction;
use dangvan::domain::user::{Role, User};
use dangvan::flow::adopt_pack::adopt;
use dangvan::flow::sync_index;
use dangvan::index::Index;
use dangvan::index::scope::Engine;
use dangvan::seal::Seal;
use dangvan::store::{DatabaseUrl, Store, StoreError, examples, packs, sessions, users};
use dangvan::{pack, worker};
use serde_json::Value;

/// Which database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Db {
    Sqlite,
    Postgres,
}

/// Runs the same test on both databases.
#[macro_export]
macro_rules! on_both {
    ($name:ident) => {
        mod $name {
            #[actix_web::test]
            async fn sqlite() {
                super::$name($crate::harness::Db::Sqlite).await;
            }
            #[actix_web::test]
            async fn postgres() {
                super::$name($crate::harness::Db::Postgres).await;
            }
        }
    };
}

pub const KEY: [u8; 36] = [7; 36];

/// Tuesday 24 November 2026, 10:00 in Ho Chi Minh City: a day off there, as it happens.
pub fn start() -> Moment {
    "2026-11-24T03:00:00Z".parse().unwrap()
}

/// The server that the test command has started.
pub fn postgres_server() -> String {
    std::env::var("DANGVAN_TEST_POSTGRES")
        .expect("DANGVAN_TEST_POSTGRES is missing: run tests/run, which starts PostgreSQL")
}

fn postgres_url(database: &str) -> String {
    let server = postgres_server();
    let (base, _) = server.rsplit_once('/').expect("a URL that ends with a database");
    format!("{base}/{database}")
}

fn sql(statement: &str) {
    let done = Command::new("psql")
        .args(["-q", "-v", "ON_ERROR_STOP=1", "-o", "/dev/null", "-d"])
        .arg(postgres_server())
        .args(["-c", statement])
        .status();
    assert!(done.expect("psql can be started").success(), "{statement}");
}

/// Runs a statement in a database, and returns what it selects, bare.
pub fn sql_in(database: &str, statement: &str) -> String {
    let done = Command::new("psql")
        .args(["-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-d", database, "-c", statement])
        .output();
    let done = done.expect("psql can be started");
    assert!(done.status.success(), "{statement}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

/// A name that no other database of this run has.
fn fresh_name() -> String {
    let bytes = dangvan::seal::random::<6>().unwrap();
    format!("t_{}", dangvan::seal::hex(&bytes))
}

struct Template {
    rules: Jurisdiction,
    sqlite: PathBuf,
    postgres: Mutex<Option<String>>,
    model: Vec<u8>,
}

fn template(pack: &'static str) -> &'static Template {
    static PLAIN: OnceLock<Template> = OnceLock::new();
    static HCMC: OnceLock<Template> = OnceLock::new();
    let place = if pack == "plain" { &PLAIN } else { &HCMC };
    place.get_or_init(|| {
        let rules = pack::read_embedded(pack).expect("the embedded pack is right");
        let model = Engine::build(&rules, &[], None).unwrap().model_bytes();
        let folder = std::env::temp_dir().join(fresh_name());
        std::fs::create_dir_all(&folder).unwrap();
        let sqlite = folder.join("template.db");
        let url = DatabaseUrl::Sqlite(sqlite.to_string_lossy().into_owned());
        fill_apart(&url, &rules, &model);
        Template { rules, sqlite, postgres: Mutex::new(None), model }
    })
}

/// On a thread of its own: it waits, which a runtime's thread may not.
fn fill_apart(url: &DatabaseUrl, rules: &Jurisdiction, model: &[u8]) {
    std::thread::scope(|scope| scope.spawn(|| fill(url, rules, model)).join().unwrap());
}

fn fill(url: &DatabaseUrl, rules: &Jurisdiction, model: &[u8]) {
    let store = Store::open(url, Arc::new(Seal::from_bytes(&KEY))).unwrap();
    let hash = password::hash(ADMIN_PASSWORD, password::Cost::CHEAP).unwrap();
    assert!(adopt(&store, rules.clone(), hash, start()).unwrap());
    let bytes = model.to_vec();
    store
        .write_blocking(move |tx| {
            let stored = packs::jurisdiction(tx.conn)?;
            let (recipe, data) = model_key(&stored);
            examples::insert_model(tx.conn, &recipe, &data, &bytes, start())
        })
        .unwrap();
    store.stop();
}

pub const ADMIN_PASSWORD: &str = "a long admin password";

/// The town.
pub struct Town {
    pub app: Arc<App>,
    pub clock: Clock,
    pub folder: tempfile::TempDir,
}

/// A town with the pack, on the database.
pub async fn town(pack: &'static str, db: Db) -> Town {
    town_with(pack, db, &|_| None).await
}

/// The same with settings of the environment.
pub async fn town_with(
    pack: &'static str,
    db: Db,
    extra: &(dyn Fn(&str) -> Option<String> + Sync),
) -> Town {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().to_string_lossy().into_owned();
    let database = database(pack, db, folder.path());
    let env = |name: &str| match name {
        "DANGVAN_DATA" => Some(data.clone()),
        "DANGVAN_DATABASE_URL" => Some(database.clone()),
        "DANGVAN_PUBLIC_URL" => Some("https://city.example".to_owned()),
        other => extra(other),
    };
    let args = <Bare as clap::Parser>::parse_from(["test"]).args;
    let config = Config::load_with(&args, &env, &folder.path().join("none.toml")).unwrap();
    let seal = Arc::new(Seal::from_bytes(&KEY));
    let url = DatabaseUrl::parse(&config.database_url, &config.data).unwrap();
    let store = Store::open(&url, seal.clone()).unwrap();
    let clock = Clock::fixed(start());
    let app = Arc::new(App::assemble(config, clock.clone(), seal, store).await.unwrap());
    open_index(&app).await;
    Town { app, clock, folder }
}

#[derive(clap::Parser)]
struct Bare {
    #[command(flatten)]
    args: GlobalArgs,
}

/// Opens an empty index in memory for the app.
pub async fn open_index(app: &App) {
    let installation: Result<_, StoreError> = app.store.read(packs::installation).await;
    let uid = installation.unwrap().unwrap().uid;
    let index = Index::open(None, &uid, &app.rules().jurisdiction).unwrap();
    app.set_index(Some(Arc::new(index)));
}

/// The URL of a new database that the pack has filled; a relative one is in `folder`.
pub fn database(pack: &'static str, db: Db, folder: &std::path::Path) -> String {
    let template = template(pack);
    match db {
        Db::Sqlite => {
            std::fs::copy(&template.sqlite, folder.join("dangvan.db")).unwrap();
            "sqlite:dangvan.db".to_owned()
        }
        Db::Postgres => {
            let mut source = template.postgres.lock().unwrap();
            if source.is_none() {
                let name = fresh_name();
                sql(&format!("CREATE DATABASE {name}"));
                let url = DatabaseUrl::Postgres(postgres_url(&name));
                fill_apart(&url, &template.rules, &template.model);
                *source = Some(name);
            }
            let name = fresh_name();
            // Connections of the fill may end a moment after it returns.
            let from = source.as_ref().unwrap();
            sql(&format!(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{from}'"
            ));
            sql(&format!("CREATE DATABASE {name} TEMPLATE {from}"));
            postgres_url(&name)
        }
    }
}

/// The URL of an empty PostgreSQL database.
pub fn empty_database_text() -> String {
    let name = fresh_name();
    sql(&format!("CREATE DATABASE {name}"));
    postgres_url(&name)
}

/// An empty database.
pub fn empty_database(db: Db, folder: &std::path::Path) -> DatabaseUrl {
    match db {
        Db::Sqlite => DatabaseUrl::Sqlite(folder.join("empty.db").to_string_lossy().into_owned()),
        Db::Postgres => DatabaseUrl::Postgres(empty_database_text()),
    }
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub etag: Option<String>,
    pub headers: actix_web::http::header::HeaderMap,
    pub body: Value,
    pub text: String,
}

/// A request to be made.
#[derive(Clone, Default)]
pub struct Ask<'a> {
    pub token: Option<&'a str>,
    pub headers: Vec<(&'a str, &'a str)>,
    pub body: Option<Value>,
    pub raw: Option<Vec<u8>>,
}

impl Town {
    /// Makes a request through the whole application.
    pub async fn call(&self, method: Method, path: &str, ask: Ask<'_>) -> Answer {
        let service =
            test::init_service(dangvan::application!(dangvan::web::data(&self.app))).await;
        let mut request = test::TestRequest::with_uri(path).method(method);
        if let Some(token) = ask.token {
            request = request.insert_header(("authorization", format!("Bearer {token}")));
        }
        for (name, value) in &ask.headers {
            request = request.insert_header((*name, *value));
        }
        if let Some(body) = &ask.body {
            request = request.set_json(body);
        } else if let Some(raw) = ask.raw {
            request = request.set_payload(raw);
        }
        let response = test::call_service(&service, request.to_request()).await;
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let etag = headers.get("etag").map(|v| v.to_str().unwrap().to_owned());
        let bytes = test::read_body(response).await;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Answer { status, etag, headers, body, text }
    }

    pub async fn get(&self, path: &str, token: &str) -> Answer {
        let ask = Ask { token: Some(token).filter(|t| !t.is_empty()), ..Ask::default() };
        self.call(Method::GET, path, ask).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, Ask { body: Some(body), ..Ask::default() }).await
    }

    /// Files a case and returns its number and code.
    pub async fn file(&self, body: Value) -> (String, String) {
        let answer = self.post("/api/v1/cases", body).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        let text = |name: &str| answer.body[name].as_str().unwrap().to_owned();
        (text("number"), text("code"))
    }

    /// Takes a step of the desk on the case as it stands.
    pub async fn step(&self, token: &str, number: &str, verb: &str, body: Value) -> Answer {
        let seen = self.get(&format!("/api/v1/desk/cases/{number}"), token).await;
        assert_eq!(seen.status, 200, "{}", seen.text);
        let etag = seen.etag.unwrap();
        self.step_at(token, number, verb, &etag, body).await
    }

    /// Takes a step on a revision.
    pub async fn step_at(
        &self,
        token: &str,
        number: &str,
        verb: &str,
        etag: &str,
        body: Value,
    ) -> Answer {
        let headers = vec![("if-match", etag)];
        let ask = Ask { token: Some(token), headers, body: Some(body), ..Ask::default() };
        self.call(Method::POST, &format!("/api/v1/desk/cases/{number}/{verb}"), ask).await
    }

    /// Adds a user and returns an API token.
    pub async fn officer(&self, name: &str, role: Role, agency: Option<&str>) -> String {
        self.officer_with(name, role, agency, false).await
    }

    pub async fn officer_with(
        &self,
        name: &str,
        role: Role,
        agency: Option<&str>,
        confidential: bool,
    ) -> String {
        let rules = self.app.rules().jurisdiction;
        let agency = agency.map(|code| {
            let found = rules.agency_by_code(code, start().date_naive());
            found.unwrap_or_else(|| panic!("no agency {code}")).id
        });
        let user = User {
            id: 0,
            email: format!("{name}@city.example"),
            name: name.to_owned(),
            role,
            agency,
            confidential,
            must_change_password: false,
            notify_triage: false,
            language: rules.default_language().to_owned(),
            disabled: false,
        };
        let secret = token::new_token().unwrap();
        let hash = token::token_hash(&self.app.seal, &secret);
        let done = self.app.store.write(move |tx| {
            let id = users::insert(tx.conn, &user, "-", start())?;
            sessions::add_token(tx.conn, &hash, id, start(), None)?;
            Ok::<_, StoreError>(())
        });
        done.await.unwrap();
        secret
    }

    /// Runs the worker's tasks until there is nothing left.
    pub async fn work(&self) {
        worker::run_until_idle(&self.app).await.unwrap();
    }

    /// Time passes.
    pub fn pass(&self, by: TimeDelta) {
        self.clock.advance(by);
    }

    /// The mails that have left, the first first.
    pub fn mails(&self) -> Vec<String> {
        let folder = self.folder.path().join("mail");
        let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
        let mut paths: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).collect();
        paths.sort();
        paths.iter().map(|p| std::fs::read_to_string(p).unwrap()).collect()
    }

    /// Every case's events make its row, and the index holds what the rows say.
    pub async fn check(&self) {
        let found = dangvan::flow::check::check(&self.app.store, |_| {}).await.unwrap();
        assert_eq!(found.faults, Vec::<String>::new());
        if let Some(index) = self.app.index() {
            let rules = self.app.rules().jurisdiction;
            let found = sync_index::audit(&self.app.store, &index, &rules, |_| {}).await.unwrap();
            assert_eq!(found.faults, Vec::<String>::new());
        }
    }
}

impl Drop for Town {
    fn drop(&mut self) {
        self.app.set_index(None);
        self.app.store.stop();
    }
}
