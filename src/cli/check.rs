//! `dangvan check` and `dangvan reindex`.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::{CliError, open, print, say};
use crate::app::open_files;
use crate::config::Config;
use crate::domain::jurisdiction::Jurisdiction;
use crate::flow::{FlowError, check, sync_index};
use crate::index::{Index, IndexError, place};
use crate::store::{Store, packs};

/// A rebuild by the service is looked at this often.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Compares every case's row with its events, the rows of files with what lies there, and the index
/// with the database. Exit code 1 where
/// they differ.
pub fn check(config: &Config) -> Result<(), CliError> {
    let (seal, store) = open::open(config)?;
    let bar = super::progress("cases");
    let found = super::wait(check::check(&store, |done| bar.set_position(done)))??;
    bar.finish_and_clear();
    print(&format!("{} cases, {} events", found.cases, found.events))?;
    for fault in &found.faults {
        print(fault)?;
    }
    let bar = super::progress("files");
    let lie = open_files(config, seal)?;
    let files = super::wait(check::check_files(&store, &lie, |done| bar.set_position(done)))??;
    bar.finish_and_clear();
    print(&format!("{} files", files.files))?;
    for fault in &files.faults {
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
    match count(&found.faults) + count(&files.faults) + index.faults_total {
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

/// Builds the index anew. A running service does it itself and goes on answering from the old one;
/// the command waits for it.
pub fn reindex(config: &Config) -> Result<(), CliError> {
    let (_, store) = open::open(config)?;
    let rules = Arc::new(super::wait(store.read(packs::jurisdiction))??);
    let folder = config.data.join("index");
    let bar = super::progress("cases");
    let count = loop {
        let alone =
            sync_index::rebuild_alone(&store, &folder, &rules, |done| bar.set_position(done));
        match super::wait(alone)? {
            Ok(count) => break count,
            Err(FlowError::Index(error)) if error.is_lock() => {}
            Err(error) => return Err(error.into()),
        }
        if let Some(count) = wish_and_wait(&folder, &rules, |done| bar.set_position(done))? {
            break count;
        }
    };
    bar.finish_and_clear();
    say(&format!("{count} cases are in the index."));
    store.stop();
    Ok(())
}

/// Asks the service for the rebuild and waits for it; `None` when the service has ended meanwhile.
fn wish_and_wait(
    folder: &Path,
    rules: &Jurisdiction,
    progress: impl Fn(u64),
) -> Result<Option<u64>, CliError> {
    place::wish(folder).map_err(FlowError::Index)?;
    say("The running service builds the index anew and goes on answering.");
    loop {
        std::thread::sleep(LOOK_EVERY);
        let work = place::work(folder, rules).map_err(FlowError::Index)?;
        if !place::is_wished(folder).map_err(FlowError::Index)? {
            return Ok(Some(work.cases));
        }
        if !work.is_written {
            return Ok(None);
        }
        progress(work.cases);
    }
}
