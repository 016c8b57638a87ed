//! Compares the index with the database, case by case, as of the index's own mark. Writes nothing.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::documents;
use crate::domain::case::CaseId;
use crate::domain::jurisdiction::Jurisdiction;
use crate::flow::{FlowError, off_thread};
use crate::index::document::CaseDocument;
use crate::index::{Audit, Index};
use crate::store::{AnyConn, Store, StoreError, cases, changes};

/// Cases are walked in batches, each a read transaction of its own.
const BATCH: i64 = 500;
/// Changes are read in portions.
const CHANGES: i64 = 10_000;
/// So many differences are told one by one: an index with more of them is to be built anew.
const FAULTS_MAX: usize = 1_000;

/// What the comparison found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct IndexFindings {
    /// Cases that the database holds.
    pub cases: u64,
    /// Changes that the index has not taken in yet: no fault.
    pub behind: i64,
    /// A sentence for each difference, up to a limit.
    pub faults: Vec<String>,
    /// All differences.
    pub faults_total: u64,
}

impl IndexFindings {
    fn fault(&mut self, fault: String) {
        self.faults_total += 1;
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(fault);
        }
    }
}

/// The cases that have changed since the index's mark, as far as they are known.
struct Changed {
    upto: i64,
    cases: BTreeSet<CaseId>,
}

/// Compares every case. What has changed since the mark is left out: the index is behind, which is
/// no fault. `progress` is told how many cases are done.
pub async fn audit(
    store: &Store,
    index: &Arc<Index>,
    rules: &Arc<Jurisdiction>,
    mut progress: impl FnMut(u64),
) -> Result<IndexFindings, FlowError> {
    let mut out = IndexFindings::default();
    let own = index.clone();
    for file in off_thread(move || own.damaged_files()).await?? {
        out.fault(format!("the index's file {file} is damaged"));
    }
    if out.faults_total > 0 {
        return Ok(out);
    }
    let own = index.clone();
    let mut audit = off_thread(move || own.audit()).await??;
    let mark = audit.mark;
    let mut changed = Changed { upto: mark, cases: BTreeSet::new() };
    let mut after: CaseId = 0;
    let newest = loop {
        let (seal, rules, upto) = (store.seal().clone(), rules.clone(), changed.upto);
        let batch = store.read(move |conn| {
            let newest = changes::newest(conn)?;
            let newer = newer(conn, upto)?;
            let ids = cases::ids_after(conn, after, BATCH)?;
            let (documents, _) = documents(conn, &seal, &rules, &ids)?;
            Ok::<_, FlowError>((newest, newer, documents))
        });
        let (newest, (newer, upto), documents) = batch.await?;
        changed.cases.extend(newer);
        changed.upto = upto;
        let Some(last) = documents.last() else { break newest };
        after = last.case_id;
        for document in &documents {
            compare(index, &mut audit, &changed, document, &mut out);
        }
        progress(out.cases);
    };
    for (id, number) in audit_rest(audit, &changed) {
        out.fault(format!("{number}: the index holds it, the database does not (id {id})"));
    }
    out.behind = newest - mark;
    if out.behind < 0 {
        out.fault("the index is of a later state of the database".into());
    }
    Ok(out)
}

/// The changes after `upto`, and the new end.
fn newer(conn: &mut AnyConn, mut upto: i64) -> Result<(BTreeSet<CaseId>, i64), StoreError> {
    let mut found = BTreeSet::new();
    loop {
        let (next, ids) = changes::after(conn, upto, CHANGES)?;
        if next == upto {
            return Ok((found, upto));
        }
        found.extend(ids);
        upto = next;
    }
}

fn compare(
    index: &Index,
    audit: &mut Audit,
    changed: &Changed,
    document: &CaseDocument,
    out: &mut IndexFindings,
) {
    out.cases += 1;
    if changed.cases.contains(&document.case_id) {
        audit.pass(document.case_id);
    } else if let Some(difference) = audit.differs(index, document) {
        out.fault(format!("{}: {difference}", document.number));
    }
}

fn audit_rest(mut audit: Audit, changed: &Changed) -> Vec<(CaseId, String)> {
    changed.cases.iter().for_each(|case| audit.pass(*case));
    audit.rest()
}
