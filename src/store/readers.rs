//! The readers' connections: a permit each, and no queue in front of a database that is away.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use diesel::r2d2::{Pool, PooledConnection};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::conn::{DatabaseUrl, Manager};
use super::{StoreError, Stored};

/// At most this many reads at a time; the others wait for a permit, not for a thread.
const READERS: u32 = 8;
/// A read waits for its permit no longer than this: then too many wait before it.
const PERMIT_WAIT: Duration = Duration::from_secs(10);
/// A connection is waited for no longer than this.
const CONNECT_WAIT: Duration = Duration::from_secs(3);
/// After a failure the others are told so at once, and for this long nobody waits again.
const DOWN_FOR: Duration = Duration::from_secs(1);

/// Cheap to clone.
#[derive(Clone)]
pub(super) struct Readers {
    pool: Pool<Manager>,
    permits: Arc<Semaphore>,
    /// When a connection was last waited for in vain, and why.
    failed: Arc<Mutex<Option<(Instant, String)>>>,
    refused: Arc<Mutex<Option<String>>>,
}

impl Readers {
    pub(super) fn open(url: &DatabaseUrl) -> Stored<Readers> {
        let refused = Arc::<Mutex<Option<String>>>::default();
        let pool = Pool::builder()
            .max_size(READERS)
            .min_idle(Some(1))
            .connection_timeout(CONNECT_WAIT)
            .build(Manager::new(url.clone(), refused.clone()))
            .map_err(|e| StoreError::Unavailable(e.to_string()))?;
        let permits = Arc::new(Semaphore::new(usize::try_from(READERS).unwrap_or(1)));
        Ok(Readers { pool, permits, failed: Arc::default(), refused })
    }

    /// The right to read.
    pub(super) async fn permit(&self) -> Stored<OwnedSemaphorePermit> {
        let waiting = self.permits.clone().acquire_owned();
        match tokio::time::timeout(PERMIT_WAIT, waiting).await {
            Ok(permit) => permit.map_err(|e| StoreError::Unavailable(e.to_string())),
            Err(_) => Err(StoreError::Busy),
        }
    }

    /// A connection that answers. Blocks.
    pub(super) fn get(&self) -> Stored<PooledConnection<Manager>> {
        if let Some(why) = self.failed_lately() {
            // A connection that came back meanwhile is taken; none is waited for.
            return self.pool.try_get().ok_or(StoreError::Unavailable(why));
        }
        let got = self.pool.get().map_err(|e| self.why(&e.to_string()));
        if let Ok(mut failed) = self.failed.lock() {
            *failed = got.as_ref().err().map(|why| (Instant::now(), why.clone()));
        }
        got.map_err(StoreError::Unavailable)
    }

    /// The database's own words, where there are any.
    fn why(&self, waited: &str) -> String {
        let refused = self.refused.lock().map_or(None, |refused| refused.clone());
        refused.unwrap_or_else(|| waited.to_owned())
    }

    fn failed_lately(&self) -> Option<String> {
        let failed = self.failed.lock().ok()?;
        let (at, why) = failed.as_ref()?;
        (at.elapsed() < DOWN_FOR).then(|| why.clone())
    }
}
