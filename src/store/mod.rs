//! Rows and what the domain makes of them. The only floor that names diesel; knows no mail, no
//! index, no HTTP.
//!
//! Two doors: `read` for anything, `write` for what changes. Both take a permit, move to a blocking
//! thread and keep the tracing span. All writes of a process go through one writer that groups
//! them, so that one sync to disk serves many.

pub mod accuracy;
pub mod agencies;
pub mod attachments;
pub mod cases;
pub mod changes;
mod conn;
mod dialect;
pub mod editions;
pub mod examples;
pub mod figures;
pub mod files;
pub mod history;
pub mod idempotency;
pub mod leases;
pub mod list;
mod migrate;
pub mod models;
pub mod outbox;
pub mod packs;
mod readers;
pub mod saved;
pub mod schema;
pub mod sessions;
pub mod texts;
pub mod users;
mod writer;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use crate::clock::Moment;
use crate::seal::{Seal, SealError};

pub use conn::{AnyConn, DatabaseUrl};
use readers::Readers;
use writer::Writer;

/// A probe that got to the disk is believed for so long.
const PROBE_EVERY: Duration = Duration::from_secs(2);

/// What can go wrong in the store. `Unavailable` and `Busy` are worth another try; the others are
/// not.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached, its disk is full or fails.
    #[error("the database cannot be used: {0}")]
    Unavailable(String),
    /// More writes wait than the service takes.
    #[error("too many writes are waiting")]
    Busy,
    /// Somebody was faster: the row has another version.
    #[error("the row has changed meanwhile")]
    Conflict,
    /// A unique value is taken.
    #[error("a value that must be unique is there already")]
    Duplicate,
    #[error("there is no such row")]
    NotFound,
    /// A row that the code cannot read: a bug, or a hand in the database.
    #[error("a row cannot be read: {0}")]
    Corrupt(String),
    #[error(transparent)]
    Seal(#[from] SealError),
    #[error("the database refused a statement: {0}")]
    Query(diesel::result::Error),
    #[error("the schema could not be migrated: {0}")]
    Migration(String),
}

impl From<diesel::result::Error> for StoreError {
    fn from(error: diesel::result::Error) -> StoreError {
        use diesel::result::{DatabaseErrorKind as Kind, Error};
        match error {
            Error::NotFound => StoreError::NotFound,
            Error::DatabaseError(Kind::UniqueViolation, _) => StoreError::Duplicate,
            Error::DatabaseError(Kind::ClosedConnection | Kind::UnableToSendCommand, info) => {
                StoreError::Unavailable(info.message().to_owned())
            }
            Error::DatabaseError(Kind::Unknown, ref info) if dialect::is_disk(info.message()) => {
                StoreError::Unavailable(info.message().to_owned())
            }
            other => StoreError::Query(other),
        }
    }
}

impl StoreError {
    /// May the same call succeed a little later?
    pub fn is_temporary(&self) -> bool {
        matches!(self, StoreError::Unavailable(_) | StoreError::Busy)
    }
}

/// Errors of work in a transaction say whether the database itself fails: SQLite may then have
/// rolled back all of a group, so that nobody of it may be told that it is stored.
pub trait MayBeDown {
    /// What the database said when it failed.
    fn database_is_down(&self) -> Option<&str>;
}

impl MayBeDown for StoreError {
    fn database_is_down(&self) -> Option<&str> {
        match self {
            StoreError::Unavailable(why) => Some(why),
            _ => None,
        }
    }
}

/// Shorthand of this floor.
pub type Stored<T> = Result<T, StoreError>;

/// An open transaction that writes, and the keys to seal what it writes.
pub struct Tx<'a> {
    pub conn: &'a mut AnyConn,
    pub seal: &'a Seal,
}

/// Takes every migration back: the way back that the tests walk. Everything in the database is
/// lost.
pub fn take_back(url: &DatabaseUrl) -> Stored<()> {
    migrate::down(&mut conn::connect(url)?)
}

/// The database: one writer, several readers. Cheap to clone.
#[derive(Clone)]
pub struct Store {
    readers: Readers,
    writer: Arc<Writer>,
    seal: Arc<Seal>,
    is_postgres: bool,
    /// When a probe last got to the disk.
    probed: Arc<Mutex<Option<Instant>>>,
}

impl Store {
    /// Opens the database and brings its schema up to date. Errors are the database's own words.
    pub fn open(url: &DatabaseUrl, seal: Arc<Seal>) -> Stored<Store> {
        let mut first = conn::connect(url)?;
        migrate::up(&mut first)?;
        let is_postgres = matches!(first, AnyConn::Pg(_));
        let readers = Readers::open(url)?;
        let writer = Arc::new(Writer::start(url.clone(), first, seal.clone())?);
        let probed = Arc::new(Mutex::new(None));
        Ok(Store { readers, writer, seal, is_postgres, probed })
    }

    /// Runs `work` in one read transaction: all its queries see the same state.
    pub async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
        F: FnOnce(&mut AnyConn) -> Result<T, E> + Send + 'static,
    {
        let permit = self.readers.permit().await?;
        let readers = self.readers.clone();
        let span = tracing::Span::current();
        let joined = tokio::task::spawn_blocking(move || {
            let _entered = span.entered();
            let _permit = permit;
            conn::in_snapshot(&mut *readers.get()?, work)
        })
        .await;
        joined.map_err(|e| E::from(StoreError::Unavailable(e.to_string())))?
    }

    /// Runs `work` in a write transaction and returns when it is on disk. An error rolls back this
    /// work alone.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + MayBeDown + Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        let waiting = self.writer.submit(work)?;
        match waiting.await {
            Ok(result) => result,
            Err(_) => Err(StoreError::Unavailable("the writer has stopped".into()).into()),
        }
    }

    /// As `write`, for commands that run outside the async runtime.
    pub fn write_blocking<T, E, F>(&self, work: F) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + MayBeDown + Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        match self.writer.submit(work)?.blocking_recv() {
            Ok(result) => result,
            Err(_) => Err(StoreError::Unavailable("the writer has stopped".into()).into()),
        }
    }

    /// Can a case be written down? Writes as much as a case, since an empty commit tells nothing of
    /// a full disk; but, once that went well, for a moment only asks whether the database answers.
    pub async fn probe(&self, now: Moment) -> Stored<()> {
        let lately = self.probed.lock().map_or(None, |at| *at);
        let lately = lately.is_some_and(|at: Instant| at.elapsed() < PROBE_EVERY);
        let written = self.write(move |tx| match lately {
            true => Ok(()),
            false => leases::probe(tx.conn, now),
        });
        let written = written.await;
        if let Ok(mut at) = self.probed.lock()
            && (written.is_err() || !lately)
        {
            *at = written.is_ok().then(Instant::now);
        }
        written
    }

    /// The keys, to open what was read.
    pub fn seal(&self) -> &Arc<Seal> {
        &self.seal
    }

    /// `sqlite` or `postgres`, for people.
    pub fn kind(&self) -> &'static str {
        if self.is_postgres { "postgres" } else { "sqlite" }
    }

    /// Ends the writer after the work that waits.
    pub fn stop(&self) {
        self.writer.stop();
    }
}
