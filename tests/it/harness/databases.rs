//! Databases to test on: a filled template of each pack, made once a run, and a copy of it for each
//! test.

use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex, OnceLock};

use dangvan::auth::password;
use dangvan::domain::jurisdiction::Jurisdiction;
use dangvan::flow::adopt_pack::adopt;
use dangvan::flow::learn::model_key;
use dangvan::index::scope::Engine;
use dangvan::pack;
use dangvan::seal::Seal;
use dangvan::store::{DatabaseUrl, Store, models, packs};

use super::{ADMIN_PASSWORD, Db, KEY, start};

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
            let key = model_key(&stored);
            let new = models::NewModel { key, bytes, labels: 0, last_label: 0 };
            models::insert(tx.conn, &new, start())
        })
        .unwrap();
    store.stop();
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
