//! The index built anew from the database: beside the one that serves, or alone.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::{open, step};
use crate::domain::jurisdiction::Jurisdiction;
use crate::flow::{FlowError, off_thread};
use crate::index::{Index, place};
use crate::store::{Store, StoreError, packs};

/// Searches that still read the old index are given this long; its files then go at the next start.
const LAST_READERS: Duration = Duration::from_secs(30);

/// Builds the next generation where `dangvan reindex` has left the wish, while the `serving` one
/// follows on; `None` where nobody wished it or `goes_on` ended it. The new one has come at least
/// as far as the old one.
pub async fn rebuild_where_wished(
    store: &Store,
    serving: &Arc<Index>,
    folder: &Path,
    rules: &Arc<Jurisdiction>,
    goes_on: impl Fn() -> bool,
) -> Result<Option<Arc<Index>>, FlowError> {
    if !place::is_wished(folder)? {
        return Ok(None);
    }
    tracing::info!("the index is built anew");
    let installation = store.read(packs::installation).await?.ok_or(StoreError::NotFound)?;
    let (place, of) = (folder.to_owned(), rules.clone());
    let begun = off_thread(move || Index::begin(&place, &installation.uid, &of)).await??;
    let next = Arc::new(begun);
    // Under load the log never ends: level with the one that serves is far enough.
    while goes_on() {
        step(store, serving, rules).await?;
        step(store, &next, rules).await?;
        if next.mark() >= serving.mark() {
            return Ok(Some(next));
        }
    }
    Ok(None)
}

/// Gives the place of the old index to `next`, once nobody reads the old one any more, and the wish
/// is fulfilled.
pub async fn retire(
    mut old: Arc<Index>,
    next: &Arc<Index>,
    folder: &Path,
    rules: &Arc<Jurisdiction>,
) -> Result<(), FlowError> {
    let until = tokio::time::Instant::now() + LAST_READERS;
    let alone = loop {
        match Arc::try_unwrap(old) {
            Ok(index) => break Some(index),
            Err(_) if tokio::time::Instant::now() > until => break None,
            Err(read) => old = read,
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    let (next, folder, rules) = (next.clone(), folder.to_owned(), rules.clone());
    let removing = move || {
        if let Some(old) = alone {
            drop(old);
            next.remove_others(&folder, &rules);
        }
        place::fulfil(&folder)
    };
    Ok(off_thread(removing).await??)
}

/// Builds the index anew where no service writes it, and says how many cases are in it; `progress`
/// is told meanwhile. Fails with a lock where a service does.
pub async fn rebuild_alone(
    store: &Store,
    folder: &Path,
    rules: &Arc<Jurisdiction>,
    progress: impl Fn(u64),
) -> Result<u64, FlowError> {
    drop(open(store, folder.to_owned(), rules.clone()).await?);
    let place = folder.to_owned();
    off_thread(move || Index::remove(&place)).await??;
    let index = Arc::new(open(store, folder.to_owned(), rules.clone()).await?);
    while step(store, &index, rules).await? {
        progress(index.count());
    }
    Ok(index.count())
}
