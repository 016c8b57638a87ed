//! `dangvan check` and `dangvan reindex`.

use std::sync::Arc;

use super::{CliError, open, print, say};
use crate::config::Config;
use crate::flow::{check, sync_index};
use crate::index::{Index, IndexError};
use crate::store::{Store, packs};

/// Compares every case's row with its events, and the index with the database. Exit code 1 where
/// they differ.
pub fn check(config: &Config) -> Result<(), CliError> {
    let (_, store) = open::open(config)?;
    let bar = super::progress("cases");
    let found = super::wait(check::check(&store, |done| bar.set_position(done)))??;
    bar.finish_and_clear();
    print(&format!("{} cases, {} events", found.cases, found.events))?;
    for fault in &found.faults {
        print(fault)?;
    }
    let bar = super::progress("index");
    let index = index_findings(config, &store, |done| bar.set_position(done))?;
    bar.finish_and_clear();
    store.stop();
    print(&index.line)?;
    for fault in &index.faults {
        print(fault)?;
    }
    match count(&found.faults) + index.faults_total {
        0 => print("no fault found"),
        count => Err(CliError::Faults(format!("{count} faults"))),
    }
}

fn count(faults: &[String]) -> u64 {
    u64::try_from(faults.len()).unwrap_or(u64::MAX)
}

/// What is to be said of the index. One that is behind or being built is no fault.
struct IndexSaid {
    line: String,
    faults: Vec<String>,
    faults_total: u64,
}

impl IndexSaid {
    fn of(line: String, faults: Vec<String>) -> IndexSaid {
        IndexSaid { line, faults_total: count(&faults), faults }
    }
}

fn index_findings(
    config: &Config,
    store: &Store,
    progress: impl FnMut(u64),
) -> Result<IndexSaid, CliError> {
    let Some(installation) = super::wait(store.read(packs::installation))?? else {
        return Ok(IndexSaid::of("the database is empty".into(), Vec::new()));
    };
    let rules = Arc::new(super::wait(store.read(packs::jurisdiction))??);
    let folder = config.data.join("index");
    let index = match Index::open_read_only(&folder, &installation.uid, &rules) {
        Ok(index) => Arc::new(index),
        Err(IndexError::Missing) => {
            return Ok(IndexSaid::of("index: not built yet".into(), Vec::new()));
        }
        Err(error) => {
            let fault = format!("the index cannot be read: {error}");
            return Ok(IndexSaid::of("index: run reindex".into(), vec![fault]));
        }
    };
    let found = super::wait(sync_index::audit(store, &index, &rules, progress))??;
    let line = match (found.faults_total, found.behind) {
        (0, 0) => format!("index: {} cases, up to date", found.cases),
        (0, behind) => format!("index: behind by {behind} changes"),
        (faults, _) => format!("index: {faults} faults, run reindex"),
    };
    Ok(IndexSaid { line, faults: found.faults, faults_total: found.faults_total })
}

/// Removes the built index; a running service must be stopped first, and builds it anew when it
/// starts.
pub fn reindex(config: &Config) -> Result<(), CliError> {
    let (_, store) = open::open(config)?;
    let installation = super::wait(store.read(packs::installation))??;
    let rules = super::wait(store.read(packs::jurisdiction))??;
    let Some(installation) = installation else { return Ok(()) };
    let folder = config.data.join("index");
    Index::remove(&folder).map_err(|e| CliError::Usage(e.to_string()))?;
    let opened = Index::open(Some(&folder), &installation.uid, &rules);
    let index = Arc::new(opened.map_err(crate::flow::FlowError::Index)?);
    let rules = Arc::new(rules);
    let bar = super::progress("cases");
    while super::wait(sync_index::step(&store, &index, &rules))?? {
        bar.set_position(index.count());
    }
    bar.finish_and_clear();
    say(&format!("{} cases are in the index.", index.count()));
    store.stop();
    Ok(())
}
