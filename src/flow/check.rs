//! Folds all events of every case and compares the result with the rows. Writes nothing.

mod files;

pub use files::{FileFindings, check_files};

use super::FlowError;
use crate::domain::case::{CaseId, fold};
use crate::domain::event::Recorded;
use crate::store::cases::StoredCase;
use crate::store::{AnyConn, Store, cases, history};

/// Cases are walked in batches, each a read transaction of its own.
const BATCH: i64 = 500;

/// What the check found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Findings {
    pub cases: u64,
    pub events: u64,
    /// A sentence for each difference.
    pub faults: Vec<String>,
}

/// Compares every case's row with its folded events. `progress` is told how many are done.
pub async fn check(store: &Store, mut progress: impl FnMut(u64)) -> Result<Findings, FlowError> {
    let mut out = Findings::default();
    let mut after: CaseId = 0;
    loop {
        let batch = store.read(move |conn| check_batch(conn, after)).await?;
        let Some(last) = batch.last else { return Ok(out) };
        after = last;
        out.cases += batch.found.cases;
        out.events += batch.found.events;
        out.faults.extend(batch.found.faults);
        progress(out.cases);
    }
}

struct Batch {
    last: Option<CaseId>,
    found: Findings,
}

fn check_batch(conn: &mut AnyConn, after: CaseId) -> Result<Batch, FlowError> {
    let ids = cases::ids_after(conn, after, BATCH)?;
    let mut found = Findings::default();
    for stored in cases::by_ids(conn, &ids)? {
        let events = history::events_of(conn, stored.keys.id)?;
        found.cases += 1;
        found.events += u64::try_from(events.len()).unwrap_or(0);
        if let Some(fault) = compare(&stored, &events) {
            found.faults.push(format!("{}: {fault}", stored.case.number));
        }
    }
    Ok(Batch { last: ids.last().copied(), found })
}

fn compare(stored: &StoredCase, events: &[Recorded]) -> Option<String> {
    let folded = match fold(events) {
        Ok(folded) => folded,
        Err(fault) => return Some(fault),
    };
    if folded == stored.case {
        return None;
    }
    // Both as JSON-like text, so that the first difference can be named without listing every field
    // here.
    let (row, fold) = (format!("{:#?}", stored.case), format!("{folded:#?}"));
    let difference = row.lines().zip(fold.lines()).find(|(a, b)| a != b);
    let (row, fold) = difference.unwrap_or(("…", "…"));
    Some(format!("the row says `{}`, its events say `{}`", row.trim(), fold.trim()))
}
