//! The index follows the database: reads the change log from the index's own mark, hands documents
//! over, and the index commits with the new mark. Repeating it is harmless.

mod audit;
mod rebuild;

use std::collections::BTreeMap;

use super::FlowError;
use crate::clock::Moment;
use crate::domain::attachment::TEXT_OF_FILE;
use crate::domain::case::{CaseId, Status};
use crate::domain::deadline::day_of;
use crate::domain::file::KeptText;
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::search::Queue;
use crate::index::Index;
use crate::index::document::CaseDocument;
use crate::store::cases::{self, StoredCase};
use crate::store::{AnyConn, Store, StoreError, changes, packs, texts};

pub use audit::{IndexFindings, audit};
pub use rebuild::{rebuild_alone, rebuild_where_wished, retire};

/// So many changes are committed together.
const BATCH: i64 = 1_000;

/// Texts that are searched: what people wrote to each other and what their files say, not internal
/// reasons.
const SEARCHED: [&str; 7] =
    ["title", "case", "message", "answer", "question", "note", TEXT_OF_FILE];

/// Opens the index of this database; what is broken, another's, or of a later state than the
/// database's (which was restored, or lost its last moments in a power cut) is begun anew.
pub async fn open(
    store: &Store,
    folder: std::path::PathBuf,
    rules: std::sync::Arc<Jurisdiction>,
) -> Result<Index, FlowError> {
    let read = store.read(|conn| {
        let installation = packs::installation(conn)?.ok_or(StoreError::NotFound)?;
        Ok::<_, StoreError>((installation.uid, changes::newest(conn)?))
    });
    let (uid, newest) = read.await?;
    let opening = move || {
        let index = Index::open(Some(&folder), &uid, &rules)?;
        if index.mark() <= newest {
            return Ok(index);
        }
        tracing::warn!(mark = index.mark(), newest, "the index is ahead and is built anew");
        drop(index);
        Index::remove(&folder)?;
        Index::open(Some(&folder), &uid, &rules)
    };
    let index = super::off_thread(opening).await??;
    tracing::info!(mark = index.mark(), "the index is open");
    Ok(index)
}

/// Brings the index up to date by one batch; `true` when there is more.
pub async fn step(
    store: &Store,
    index: &std::sync::Arc<Index>,
    rules: &std::sync::Arc<Jurisdiction>,
) -> Result<bool, FlowError> {
    let mark = index.mark();
    let (seal, rules) = (store.seal().clone(), rules.clone());
    let (newest, documents, gone) = store
        .read(move |conn| {
            let (newest, ids) = changes::after(conn, mark, BATCH)?;
            let (documents, gone) = documents(conn, &seal, &rules, &ids)?;
            Ok::<_, FlowError>((newest, documents, gone))
        })
        .await?;
    if newest == mark {
        return Ok(false);
    }
    let index = index.clone();
    super::off_thread(move || index.apply(documents, gone, newest)).await??;
    Ok(true)
}

/// The documents for some cases, and the ids of those that are no longer there.
pub fn documents(
    conn: &mut AnyConn,
    seal: &crate::seal::Seal,
    rules: &Jurisdiction,
    ids: &[CaseId],
) -> Result<(Vec<CaseDocument>, Vec<CaseId>), FlowError> {
    let found = cases::by_ids(conn, ids)?;
    let mut by_case: BTreeMap<CaseId, Vec<KeptText>> = BTreeMap::new();
    for (id, text) in texts::of_cases(conn, seal, ids)? {
        by_case.entry(id).or_default().push(text);
    }
    let mut gone = Vec::new();
    for id in ids {
        if !found.iter().any(|stored| stored.keys.id == *id) {
            gone.push(*id);
        }
    }
    let mut out = Vec::with_capacity(found.len());
    for stored in found {
        let texts = by_case.remove(&stored.keys.id).unwrap_or_default();
        out.push(document(rules, &stored, texts));
    }
    Ok((out, gone))
}

fn document(rules: &Jurisdiction, stored: &StoredCase, texts: Vec<KeptText>) -> CaseDocument {
    let case = &stored.case;
    let texts = texts.into_iter().filter(|t| SEARCHED.contains(&t.kind.as_str()));
    let mut labels: Vec<String> = case.labels.iter().map(|l| l.category.clone()).collect();
    labels.extend(case.category.clone().filter(|c| !labels.contains(c)));
    CaseDocument {
        case_id: stored.keys.id,
        number: case.number.clone(),
        texts: texts.map(|t| t.body).collect(),
        status: case.status.to_string(),
        scope: case.scope.to_string(),
        authority: case.authority.to_string(),
        category: case.category.clone(),
        labels,
        flags: case.flags.iter().map(|f| f.to_string()).collect(),
        agency: case.agency,
        agency_path: case.agency.map(|id| rules.ancestors(id)).unwrap_or_default(),
        area: case.area,
        channel: case.channel.to_string(),
        assigned_to: case.assigned_to,
        queues: queues(stored),
        received_at: case.received_at,
        received_day: day_of(case.received_at, rules.settings.zone),
        due_at: case.due_at(),
        is_paused: case.paused_at.is_some(),
        is_open: case.status.is_open(),
        restricted: case.restricted,
        readers: case.readers.clone(),
    }
}

/// The queues that follow from the row alone; those of dates and mails are asked of it when they
/// are looked at.
fn queues(stored: &StoredCase) -> Vec<String> {
    let case = &stored.case;
    let all = [
        (case.needs_decision, Queue::Decide),
        (case.pending.is_some() || case.status == Status::AnswerReview, Queue::Approve),
        (case.returned, Queue::Returned),
        (case.citizen_wrote, Queue::CitizenWrote),
    ];
    all.iter().filter(|(is_in, _)| *is_in).map(|(_, queue)| queue.to_string()).collect()
}

/// How many changes the index is behind, and since when at the longest.
pub async fn behind(store: &Store, index: &Index, now: Moment) -> Result<i64, FlowError> {
    let mark = index.mark();
    store.read(move |conn| Ok(changes::waits_seconds(conn, mark, now)?)).await
}
