//! Both databases declare the same columns, and the way back is walked on both.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use dangvan::seal::Seal;
use dangvan::store::{Store, cases, take_back};

use crate::harness::{Db, KEY, empty_database};

/// Table to column to type and whether it must be there, as the SQL declares them.
fn declared(database: &str) -> BTreeMap<String, BTreeMap<String, (String, bool)>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(database);
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    let mut out = BTreeMap::new();
    for path in paths {
        let sql = std::fs::read_to_string(path.join("up.sql")).unwrap();
        for table in sql.split("CREATE TABLE ").skip(1) {
            let (name, rest) = table.split_once(" (").unwrap();
            let (columns, _) = rest.split_once("\n);").unwrap();
            let mut found = BTreeMap::new();
            for line in columns.lines() {
                let line = line.split("--").next().unwrap().trim().trim_end_matches(',');
                let mut words = line.split_whitespace();
                let (Some(column), Some(kind)) = (words.next(), words.next()) else { continue };
                let kind = kind.replace("BLOB", "BYTEA").replace("INTEGER", "BIGINT");
                let is_needed = line.contains("NOT NULL") || line.contains("PRIMARY KEY");
                found.insert(column.to_owned(), (kind, is_needed));
            }
            out.insert(name.to_owned(), found);
        }
        for added in sql.split("ALTER TABLE ").skip(1) {
            let (column, _) = added.split_once(';').unwrap();
            let (table, column) = column.split_once(" ADD COLUMN ").unwrap();
            let mut words = column.split_whitespace();
            let (name, kind) = (words.next().unwrap(), words.next().unwrap());
            let found = (kind.replace("BLOB", "BYTEA"), column.contains("NOT NULL"));
            out.get_mut(table).unwrap().insert(name.to_owned(), found);
        }
    }
    out
}

#[test]
fn both_databases_declare_the_same() {
    let (sqlite, postgres) = (declared("sqlite"), declared("postgres"));
    assert_eq!(sqlite, postgres);
    assert!(postgres.len() > 25);
    // And the schema that the code is compiled against says the same.
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/schema.rs");
    let parts = std::fs::read_dir(source.with_file_name("schema")).unwrap();
    let parts = parts.map(|part| part.unwrap().path()).chain([source.clone()]);
    let source: String = parts.map(|path| std::fs::read_to_string(path).unwrap()).collect();
    for (table, columns) in &postgres {
        let (_, rest) = source.split_once(&format!(" {table} (")).expect(table);
        let (body, _) = rest.split_once("\n    }").unwrap();
        assert_eq!(body.matches(" -> ").count(), columns.len(), "{table}");
        for (column, (kind, is_needed)) in columns {
            let kind = match kind.as_str() {
                "BIGINT" => "BigInt",
                "TEXT" => "Text",
                "BOOLEAN" => "Bool",
                "BYTEA" => "Binary",
                "TIMESTAMP" => "Timestamp",
                "DATE" => "Date",
                other => panic!("{other} is not of the portable subset"),
            };
            let kind = if *is_needed { kind.to_owned() } else { format!("Nullable<{kind}>") };
            assert!(body.contains(&format!(" {column} -> {kind},")), "{table}.{column}: {kind}");
        }
    }
}

fn up_down_up(db: Db) {
    let folder = tempfile::tempdir().unwrap();
    let url = empty_database(db, folder.path());
    let open = || Store::open(&url, Arc::new(Seal::from_bytes(&KEY))).unwrap();
    open().stop();
    take_back(&url).unwrap();
    take_back(&url).unwrap();
    let store = open();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    assert_eq!(runtime.block_on(store.read(cases::count)).unwrap(), 0);
    store.stop();
}

#[test]
fn up_down_up_on_sqlite() {
    up_down_up(Db::Sqlite);
}

#[test]
fn up_down_up_on_postgres() {
    up_down_up(Db::Postgres);
}

#[test]
fn a_database_that_is_away_is_said_so_at_once() {
    let url = dangvan::store::DatabaseUrl::Postgres("postgres://nobody@127.0.0.1:9/none".into());
    let since = std::time::Instant::now();
    let error = Store::open(&url, Arc::new(Seal::from_bytes(&KEY))).err().unwrap();
    assert!(error.is_temporary(), "{error}");
    assert!(since.elapsed() < std::time::Duration::from_secs(5));
}
