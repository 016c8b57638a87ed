//! The one writer of the process: takes the work that waits, runs it in one transaction with a
//! savepoint each, and answers when the commit is on disk. SQLite has one writer anyway; on
//! PostgreSQL an advisory lock makes the order of the change log the order of the commits, which
//! several writers would need as well.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use diesel::Connection;
use tokio::sync::oneshot;

use super::conn::{self, AnyConn, DatabaseUrl};
use super::{MayBeDown, StoreError, Stored, Tx, dialect};
use crate::seal::Seal;

/// More than this in the queue is refused with `Busy`: the wait would be longer than a browser's
/// patience.
const QUEUE_MAX: usize = 4_096;
/// So many pieces of work share one commit.
const GROUP_MAX: usize = 128;

/// What a piece of work left behind, before the commit.
enum Ran {
    /// Commit it.
    Done,
    /// Its savepoint was rolled back; the others go on.
    Undone,
    /// The database itself fails: nobody of the group is answered with success.
    Broken(String),
}

trait Work: Send {
    fn run(&mut self, tx: &mut Tx<'_>) -> Ran;
    fn answer(self: Box<Self>, committed: Result<(), String>);
}

struct Piece<T, E, F> {
    work: Option<F>,
    result: Option<Result<T, E>>,
    reply: oneshot::Sender<Result<T, E>>,
    span: tracing::Span,
}

impl<T, E, F> Work for Piece<T, E, F>
where
    T: Send,
    E: From<StoreError> + MayBeDown + Send,
    F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send,
{
    fn run(&mut self, tx: &mut Tx<'_>) -> Ran {
        let Some(work) = self.work.take() else { return Ran::Undone };
        let _entered = self.span.enter();
        let seal = tx.seal;
        let mut own = None;
        let outcome = tx.conn.transaction::<(), Inner, _>(|conn| {
            let result = work(&mut Tx { conn, seal });
            let failed = result.is_err();
            own = Some(result);
            if failed { Err(Inner::Own) } else { Ok(()) }
        });
        // What the work met comes before what its rollback met: SQLite has no savepoint left to go
        // back to when a full disk has ended the transaction.
        let met = match &own {
            Some(Err(error)) => error.database_is_down().map(str::to_owned),
            _ => None,
        };
        self.result = own;
        match (met, outcome) {
            (Some(why), _) => Ran::Broken(why),
            (None, Ok(())) => Ran::Done,
            (None, Err(Inner::Own)) => Ran::Undone,
            (None, Err(Inner::Database(error))) => Ran::Broken(error.to_string()),
        }
    }

    fn answer(self: Box<Self>, committed: Result<(), String>) {
        let result = match (self.result, committed) {
            (Some(Ok(value)), Ok(())) => Ok(value),
            (Some(Err(error)), _) => Err(error),
            (_, Err(why)) => Err(StoreError::Unavailable(why).into()),
            (None, Ok(())) => Err(StoreError::Unavailable("it was not run".into()).into()),
        };
        // Whoever asked may have gone away; the work is done all the same.
        let _ = self.reply.send(result);
    }
}

/// Why the savepoint of a piece was rolled back.
enum Inner {
    Own,
    Database(diesel::result::Error),
}

impl From<diesel::result::Error> for Inner {
    fn from(error: diesel::result::Error) -> Inner {
        Inner::Database(error)
    }
}

/// The queue in front of the writer's thread.
pub(super) struct Writer {
    queue: std::sync::Mutex<Option<SyncSender<Box<dyn Work>>>>,
    thread: std::sync::Mutex<Option<std::thread::JoinHandle<()>>>,
}

impl Writer {
    pub(super) fn start(url: DatabaseUrl, conn: AnyConn, seal: Arc<Seal>) -> Stored<Writer> {
        let (queue, waiting) = sync_channel(QUEUE_MAX);
        let thread = std::thread::Builder::new()
            .name("writer".into())
            .spawn(move || Loop { url, conn: Some(conn), seal }.run(&waiting))
            .map_err(|e| StoreError::Unavailable(e.to_string()))?;
        Ok(Writer { queue: Some(queue).into(), thread: Some(thread).into() })
    }

    pub(super) fn submit<T, E, F>(&self, work: F) -> Stored<oneshot::Receiver<Result<T, E>>>
    where
        T: Send + 'static,
        E: From<StoreError> + MayBeDown + Send + 'static,
        F: FnOnce(&mut Tx<'_>) -> Result<T, E> + Send + 'static,
    {
        let (reply, waiting) = oneshot::channel();
        let span = tracing::Span::current();
        let piece = Box::new(Piece { work: Some(work), result: None, reply, span });
        let queue = self.queue.lock().map_or(None, |q| q.clone());
        let queue = queue.ok_or_else(|| StoreError::Unavailable("the service stops".into()))?;
        match queue.try_send(piece) {
            Ok(()) => Ok(waiting),
            Err(TrySendError::Full(_)) => Err(StoreError::Busy),
            Err(TrySendError::Disconnected(_)) => {
                Err(StoreError::Unavailable("the writer has stopped".into()))
            }
        }
    }

    /// Takes no more work, ends what waits, and returns when the thread is gone.
    pub(super) fn stop(&self) {
        if let Ok(mut queue) = self.queue.lock() {
            queue.take();
        }
        let thread = self.thread.lock().map_or(None, |mut t| t.take());
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("the writer ended with a panic");
        }
    }
}

struct Loop {
    url: DatabaseUrl,
    conn: Option<AnyConn>,
    seal: Arc<Seal>,
}

impl Loop {
    fn run(mut self, waiting: &Receiver<Box<dyn Work>>) {
        while let Ok(first) = waiting.recv() {
            let mut group = vec![first];
            while group.len() < GROUP_MAX {
                match waiting.try_recv() {
                    Ok(next) => group.push(next),
                    Err(_) => break,
                }
            }
            let committed = self.run_group(&mut group);
            if let Err(why) = &committed {
                tracing::error!(error = %why, "a group of writes was not committed");
            }
            for piece in group {
                piece.answer(committed.clone());
            }
        }
    }

    /// One transaction for the group. An error means that nothing of it is on disk.
    fn run_group(&mut self, group: &mut [Box<dyn Work>]) -> Result<(), String> {
        let mut conn = self.begun().map_err(|e| e.to_string())?;
        let outcome = write_group(&mut conn, &self.seal, group);
        // A connection whose transaction could not be ended is not used again.
        if outcome.is_ok() {
            self.conn = Some(conn);
        }
        outcome
    }

    /// A connection with an open transaction. One that was kept may have died since: then a new one
    /// is tried before anybody is sent away.
    fn begun(&mut self) -> Stored<AnyConn> {
        if let Some(mut kept) = self.conn.take() {
            match begin(&mut kept) {
                Ok(()) => return Ok(kept),
                Err(error) => tracing::warn!(%error, "the writer connects anew"),
            }
        }
        let mut fresh = conn::connect(&self.url)?;
        begin(&mut fresh)?;
        Ok(fresh)
    }
}

fn begin(conn: &mut AnyConn) -> Stored<()> {
    let words = match conn {
        AnyConn::Sqlite(_) => "BEGIN IMMEDIATE",
        AnyConn::Pg(_) => "BEGIN",
    };
    conn::begin_with(conn, words)
}

fn write_group(conn: &mut AnyConn, seal: &Seal, group: &mut [Box<dyn Work>]) -> Result<(), String> {
    let mut broken = dialect::lock_changes(conn).map_err(|e| e.to_string()).err();
    for piece in group {
        if broken.is_some() {
            break;
        }
        if let Ran::Broken(why) = piece.run(&mut Tx { conn, seal }) {
            broken = Some(why);
        }
    }
    match broken {
        None => conn::end(conn, true).map_err(|e| e.to_string()),
        Some(why) => {
            // SQLite may have rolled back by itself already; the connection is dropped in any case.
            if let Err(error) = conn::end(conn, false) {
                tracing::warn!(%error, "the transaction could not be rolled back");
            }
            Err(why)
        }
    }
}
