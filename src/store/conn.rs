//! Connections: one enum for both databases, chosen by the scheme of the URL and never by trying.

use std::sync::{Arc, Mutex};

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::r2d2::{ManageConnection, R2D2Connection};
use diesel::{Connection, MultiConnection, PgConnection, SqliteConnection};

use super::{StoreError, Stored};

/// A connection to either database.
#[derive(MultiConnection)]
pub enum AnyConn {
    Sqlite(SqliteConnection),
    Pg(PgConnection),
}

/// Where the database is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A path in the file system.
    Sqlite(String),
    /// The URL as libpq reads it; may hold a password and is never printed.
    Postgres(String),
}

impl DatabaseUrl {
    /// Reads `sqlite:PATH` or `postgres://…`; a relative path is taken from `data`.
    pub fn parse(url: &str, data: &std::path::Path) -> Result<DatabaseUrl, String> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(DatabaseUrl::Postgres(url.to_owned()));
        }
        let path = url.strip_prefix("sqlite:").map(|p| p.trim_start_matches("//"));
        match path {
            Some(path) if !path.is_empty() => {
                Ok(DatabaseUrl::Sqlite(data.join(path).to_string_lossy().into_owned()))
            }
            _ => Err("it must begin with sqlite: or postgres://".to_owned()),
        }
    }
}

/// `busy_timeout` comes first: switching to WAL takes a lock as well. FULL: what is acknowledged
/// survives a power cut.
const SQLITE_SETUP: &str = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; \
    PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON; \
    PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY;";

const POSTGRES_SETUP: &str = "SET TIME ZONE 'UTC'; SET statement_timeout = '60s'; \
    SET lock_timeout = '10s'; SET application_name = 'dangvan'; \
    SET client_min_messages = 'warning';";

/// libpq would wait for minutes for a server whose machine has gone: its own parameters say how
/// long, unless the URL does. Seconds, but for the last one, which is in milliseconds.
const POSTGRES_LIMITS: [(&str, &str); 5] = [
    ("connect_timeout", "5"),
    ("keepalives_idle", "10"),
    ("keepalives_interval", "5"),
    ("keepalives_count", "3"),
    ("tcp_user_timeout", "20000"),
];

fn with_limits(url: &str) -> String {
    let mut out = url.to_owned();
    for (name, value) in POSTGRES_LIMITS {
        if !url.contains(&format!("{name}=")) {
            let sign = if out.contains('?') { '&' } else { '?' };
            out.push_str(&format!("{sign}{name}={value}"));
        }
    }
    out
}

/// Opens one connection and sets it up.
pub(super) fn connect(url: &DatabaseUrl) -> Stored<AnyConn> {
    let failed = |e: diesel::ConnectionError| StoreError::Unavailable(e.to_string());
    let mut conn = match url {
        DatabaseUrl::Sqlite(path) => {
            AnyConn::Sqlite(SqliteConnection::establish(path).map_err(failed)?)
        }
        DatabaseUrl::Postgres(url) => {
            AnyConn::Pg(PgConnection::establish(&with_limits(url)).map_err(failed)?)
        }
    };
    let setup = match conn {
        AnyConn::Sqlite(_) => SQLITE_SETUP,
        AnyConn::Pg(_) => POSTGRES_SETUP,
    };
    conn.batch_execute(setup).map_err(|e| StoreError::Unavailable(e.to_string()))?;
    Ok(conn)
}

/// Runs `work` in a transaction that sees one state throughout and writes nothing.
pub(super) fn in_snapshot<T, E, F>(conn: &mut AnyConn, work: F) -> Result<T, E>
where
    E: From<StoreError>,
    F: FnOnce(&mut AnyConn) -> Result<T, E>,
{
    let begin = match conn {
        AnyConn::Sqlite(_) => "BEGIN",
        AnyConn::Pg(_) => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
    };
    begin_with(conn, begin)?;
    let result = work(conn);
    end(conn, false)?;
    result
}

/// Begins a transaction with the given words, known to diesel so that inner ones become savepoints.
pub(super) fn begin_with(conn: &mut AnyConn, sql: &str) -> Stored<()> {
    let begun = match conn {
        AnyConn::Sqlite(c) => AnsiTransactionManager::begin_transaction_sql(c, sql),
        AnyConn::Pg(c) => AnsiTransactionManager::begin_transaction_sql(c, sql),
    };
    begun.map_err(|e| StoreError::Unavailable(e.to_string()))
}

/// Commits or rolls back what `begin_with` began.
pub(super) fn end(conn: &mut AnyConn, commit: bool) -> Stored<()> {
    let ended = match (conn, commit) {
        (AnyConn::Sqlite(c), true) => AnsiTransactionManager::commit_transaction(c),
        (AnyConn::Sqlite(c), false) => AnsiTransactionManager::rollback_transaction(c),
        (AnyConn::Pg(c), true) => AnsiTransactionManager::commit_transaction(c),
        (AnyConn::Pg(c), false) => AnsiTransactionManager::rollback_transaction(c),
    };
    ended.map_err(|e| StoreError::Unavailable(e.to_string()))
}

/// Makes the readers' connections.
#[derive(Debug)]
pub struct Manager {
    url: DatabaseUrl,
    /// What the database said when it last could not be reached: the pool forgets it.
    refused: Arc<Mutex<Option<String>>>,
}

impl Manager {
    pub(super) fn new(url: DatabaseUrl, refused: Arc<Mutex<Option<String>>>) -> Manager {
        Manager { url, refused }
    }
}

impl ManageConnection for Manager {
    type Connection = AnyConn;
    type Error = StoreError;

    fn connect(&self) -> Result<AnyConn, StoreError> {
        let connected = connect(&self.url);
        if let Ok(mut refused) = self.refused.lock() {
            *refused = match &connected {
                Err(StoreError::Unavailable(why)) => Some(why.clone()),
                _ => None,
            };
        }
        connected
    }

    fn is_valid(&self, conn: &mut AnyConn) -> Result<(), StoreError> {
        conn.ping().map_err(|e| StoreError::Unavailable(e.to_string()))
    }

    fn has_broken(&self, conn: &mut AnyConn) -> bool {
        std::thread::panicking() || conn.is_broken()
    }
}
