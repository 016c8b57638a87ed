//! `dangvan check` and `dangvan reindex`.

use super::{CliError, open, print, say};
use crate::config::Config;
use crate::flow::check;
use crate::index::Index;
use crate::store::{StoreError, cases, packs};

/// Compares every case's row with its events, and the index with the database. Exit code 1 where
/// they differ.
pub fn check(config: &Config) -> Result<(), CliError> {
    let (_, store) = open::open(config)?;
    let bar = super::progress("cases");
    let mut found = super::wait(check::check(&store, |done| bar.set_position(done)))??;
    bar.finish_and_clear();
    print(&format!("{} cases, {} events", found.cases, found.events))?;
    for fault in &found.faults {
        print(fault)?;
    }
    let index = index_line(config, &store)?;
    print(index.as_ref().unwrap_or_else(|fault| fault))?;
    found.faults.extend(index.err());
    store.stop();
    match found.faults.len() {
        0 => print("no fault found"),
        count => Err(CliError::Faults(format!("{count} faults"))),
    }
}

/// What is to be said of the index; the inner error is a fault. An index that is behind or being
/// built is none.
fn index_line(
    config: &Config,
    store: &crate::store::Store,
) -> Result<Result<String, String>, CliError> {
    let (installation, total, newest) = super::wait(store.read(|conn| {
        let newest = crate::store::changes::newest(conn)?;
        Ok::<_, StoreError>((packs::installation(conn)?, cases::count(conn)?, newest))
    }))??;
    let Some(installation) = installation else { return Ok(Ok("the database is empty".into())) };
    let rules = super::wait(store.read(packs::jurisdiction))??;
    let folder = config.data.join("index");
    let all = u64::try_from(total).unwrap_or(0);
    Ok(match Index::open_read_only(&folder, &installation.uid, &rules) {
        Ok(index) if index.mark() == newest && index.count() == all => {
            Ok(format!("index: {total} cases, up to date"))
        }
        Ok(index) if index.mark() == newest => {
            Err(format!("the index holds {} of {total} cases: run reindex", index.count()))
        }
        Ok(index) => Ok(format!("index: behind by {} changes", newest - index.mark())),
        Err(error) => Ok(format!("index: not built yet ({error})")),
    })
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
    let index = std::sync::Arc::new(opened.map_err(crate::flow::FlowError::Index)?);
    let rules = std::sync::Arc::new(rules);
    let bar = super::progress("cases");
    while super::wait(crate::flow::sync_index::step(&store, &index, &rules))?? {
        bar.set_position(index.count());
    }
    bar.finish_and_clear();
    say(&format!("{} cases are in the index.", index.count()));
    store.stop();
    Ok(())
}
