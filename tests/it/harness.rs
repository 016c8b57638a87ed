//! A town to test in: a database of its own (a copy of a filled template), an index in memory,
//! mails as files in a temporary folder, a clock that stands still, and requests that go through
//! the whole application.

mod databases;

use std::path::PathBuf;
use std::sync::Arc;

use actix_web::http::Method;
use actix_web::test;
use chrono::TimeDelta;
use dangvan::app::App;
use dangvan::auth::token;
use dangvan::clock::{Clock, Moment};
use dangvan::config::{Config, GlobalArgs};
use dangvan::domain::user::{Role, User};
use dangvan::flow::sync_index;
use dangvan::index::Index;
use dangvan::seal::Seal;
use dangvan::store::{DatabaseUrl, Store, StoreError, packs, sessions, users};
use dangvan::worker;
use serde_json::Value;

mod parts;

pub use databases::*;
pub use parts::{Part, multipart};

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

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub etag: Option<String>,
    pub headers: actix_web::http::header::HeaderMap,
    pub body: Value,
    pub text: String,
    pub bytes: Vec<u8>,
}

const SAME_SITE: (&str, &str) = ("sec-fetch-site", "same-origin");
/// The cookie of a browser that visits.
const VISIT: &str = "0123456789abcdef0123456789abcdef";

/// A request to be made.
#[derive(Clone, Default)]
pub struct Ask<'a> {
    pub token: Option<&'a str>,
    pub headers: Vec<(&'a str, &'a str)>,
    pub body: Option<Value>,
    pub raw: Option<Vec<u8>>,
    /// Pairs of a page's form, sent with the cookie of a visit and its token.
    pub form: Option<Vec<(&'a str, &'a str)>>,
    /// Parts of a form with files; a page's get the token.
    pub parts: Option<Vec<Part>>,
    pub peer: Option<std::net::SocketAddr>,
}

impl Town {
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
        if let Some(peer) = ask.peer {
            request = request.peer_addr(peer);
        }
        if let Some(mut parts) = ask.parts {
            if !path.starts_with("/api") {
                parts.insert(0, Part::text("token", &self.form_token()));
                let cookie = ("cookie", format!("visit={VISIT}"));
                request = request.insert_header(cookie).insert_header(SAME_SITE);
            }
            let (kind, body) = multipart(&parts);
            request = request.insert_header(("content-type", kind)).set_payload(body);
        } else if let Some(mut form) = ask.form {
            let token = self.form_token();
            form.push(("token", &token));
            let cookie = ("cookie", format!("visit={VISIT}"));
            request = request.insert_header(cookie).insert_header(SAME_SITE).set_form(&form);
        } else if let Some(body) = &ask.body {
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
        Answer { status, etag, headers, body, text, bytes: bytes.to_vec() }
    }

    pub async fn get(&self, path: &str, token: &str) -> Answer {
        let token = Some(token).filter(|t| !t.is_empty());
        self.call(Method::GET, path, Ask { token, ..Ask::default() }).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, Ask { body: Some(body), ..Ask::default() }).await
    }

    fn form_token(&self) -> String {
        let text = format!("form token {VISIT}");
        let purpose = dangvan::seal::Purpose::Request;
        dangvan::seal::hex(&self.app.seal.hash(purpose, text.as_bytes()))
    }

    /// Sends the form of a page.
    pub async fn send(&self, path: &str, token: &str, form: &[(&str, &str)]) -> Answer {
        let form = Some(form.to_vec());
        self.call(Method::POST, path, Ask { token: Some(token), form, ..Ask::default() }).await
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

    pub async fn work(&self) {
        worker::run_until_idle(&self.app).await.unwrap();
    }

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

    /// What `check` says of files.
    pub async fn file_faults(&self) -> Vec<String> {
        let (store, files) = (&self.app.store, &self.app.files);
        dangvan::flow::check::check_files(store, files, |_| {}).await.unwrap().faults
    }

    /// Every case's events make its row, and the index holds what the rows say.
    pub async fn check(&self) {
        let found = dangvan::flow::check::check(&self.app.store, |_| {}).await.unwrap();
        assert_eq!(found.faults, Vec::<String>::new());
        assert_eq!(self.file_faults().await, Vec::<String>::new());
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
