//! Compares the rows of files with what lies in the store: every row has its bytes, they are what
//! was taken, and nothing lies there that no row names. Writes and removes nothing.

use std::collections::BTreeMap;

use crate::flow::FlowError;
use crate::seal::Uid;
use crate::store::attachments::{self, Row};
use crate::store::files::{Files, Lying, Part};
use crate::store::{Store, StoreError};

/// Rows are walked in batches, each a read transaction of its own.
const BATCH: i64 = 500;

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FileFindings {
    pub files: u64,
    /// A sentence for each difference.
    pub faults: Vec<String>,
}

/// Opens every file. `progress` is told how many are done.
pub async fn check_files(
    store: &Store,
    files: &Files,
    mut progress: impl FnMut(u64),
) -> Result<FileFindings, FlowError> {
    // What lies there is listed first: a file is written before its row.
    let mut lying: BTreeMap<String, Lying> = BTreeMap::new();
    for one in files.all().await? {
        lying.insert(one.name.clone(), one);
    }
    let mut out = FileFindings::default();
    let mut named: Vec<Uid> = Vec::new();
    let mut after = 0;
    loop {
        let rows = store.read(move |conn| attachments::rows_after(conn, after, BATCH)).await?;
        let Some(last) = rows.last() else { break };
        after = last.id;
        for row in &rows {
            out.faults.extend(look(store, files, row).await?);
            named.push(row.uid);
            out.files += 1;
        }
        progress(out.files);
    }
    named.sort_unstable();
    for one in lying.values() {
        if one.uid.is_none_or(|uid| named.binary_search(&uid).is_err()) {
            out.faults.push(format!("{}: no case names this file", one.name));
        }
    }
    Ok(out)
}

async fn look(store: &Store, files: &Files, row: &Row) -> Result<Option<String>, FlowError> {
    let what = format!("{}: file {}", row.number, row.id);
    match files.get(&row.case, &row.uid, Part::Whole).await {
        Ok(bytes) => {
            let (seal, wanted) = (store.seal().clone(), row.hash.clone());
            let same =
                crate::flow::off_thread(move || attachments::hash_of(&seal, &bytes) == wanted);
            if !same.await? {
                return Ok(Some(format!("{what} is not what was taken")));
            }
        }
        Err(StoreError::NotFound) => return Ok(Some(format!("{what} is missing"))),
        Err(StoreError::Seal(_)) => return Ok(Some(format!("{what} was changed"))),
        Err(other) => return Err(other.into()),
    }
    if row.preview_bytes == 0 {
        return Ok(None);
    }
    match files.get(&row.case, &row.uid, Part::Preview).await {
        Ok(_) => Ok(None),
        Err(StoreError::NotFound) => Ok(Some(format!("{what}: its preview is missing"))),
        Err(StoreError::Seal(_)) => Ok(Some(format!("{what}: its preview was changed"))),
        Err(other) => Err(other.into()),
    }
}
