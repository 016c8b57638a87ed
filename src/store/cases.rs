//! The row of a case, and the case that it says.

use chrono::{NaiveDate, NaiveDateTime};
use diesel::prelude::*;

use super::schema::{case_access, case_labels, cases};
use super::{AnyConn, StoreError, Stored};
use crate::clock::Moment;
use crate::domain::case::{Case, CaseId, Outcome, Pending};
use crate::domain::event::Deadline;
use crate::domain::scope::{Flag, Label};
use crate::seal::Uid;

/// The columns, in the table's order.
#[derive(Debug, Clone, PartialEq, Queryable, Insertable, AsChangeset, Identifiable)]
#[diesel(table_name = cases, treat_none_as_null = true)]
pub struct CaseRow {
    pub id: i64,
    pub uid: Vec<u8>,
    pub number: String,
    pub code_hash: Vec<u8>,
    pub version: i64,
    pub revision: i64,
    pub reporter_id: i64,
    pub reporter_kind: String,
    pub channel: String,
    pub external_id: Option<String>,
    pub language: String,
    pub anonymous: bool,
    pub hide_identity: bool,
    pub consent_publish: bool,
    pub status: String,
    pub scope: String,
    pub authority: String,
    pub basis: String,
    pub category: Option<String>,
    pub confidence_permille: Option<i64>,
    pub about_agency_id: Option<i64>,
    pub agency_id: Option<i64>,
    pub assigned_to: Option<i64>,
    pub area_id: Option<i64>,
    pub procedure_code: Option<String>,
    pub flags: String,
    pub restricted: bool,
    pub received_at: NaiveDateTime,
    pub received_day: NaiveDate,
    pub recorded_at: NaiveDateTime,
    pub clock: Option<String>,
    pub due_at: Option<NaiveDateTime>,
    pub paused_at: Option<NaiveDateTime>,
    pub first_outcome_kind: Option<String>,
    pub first_outcome_at: Option<NaiveDateTime>,
    pub first_outcome_due_at: Option<NaiveDateTime>,
    pub first_outcome_tenths: Option<i64>,
    pub rating: Option<i64>,
    pub rated_at: Option<NaiveDateTime>,
    pub reopened_count: i64,
    pub needs_decision: bool,
    pub returned: bool,
    pub citizen_wrote: bool,
    pub unreviewed: bool,
    pub pending: Option<String>,
}

/// What belongs to a case beside what its events say.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseKeys {
    pub id: CaseId,
    pub uid: Uid,
    pub code_hash: Vec<u8>,
    pub reporter_id: i64,
    /// In the pack's zone.
    pub received_day: NaiveDate,
    pub recorded_at: Moment,
}

/// A case with its row's keys.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredCase {
    pub keys: CaseKeys,
    pub case: Case,
}

/// A word of the database as its enum.
pub(super) fn word<T>(text: &str) -> Stored<T>
where
    T: std::str::FromStr<Err = crate::domain::error::UnknownWord>,
{
    text.parse().map_err(|e: crate::domain::error::UnknownWord| StoreError::Corrupt(e.to_string()))
}

/// Sixteen bytes of the database as a uid.
pub(super) fn uid(bytes: &[u8]) -> Stored<Uid> {
    bytes.try_into().map_err(|_| StoreError::Corrupt("a uid has 16 bytes".into()))
}

/// Flags as they stand in the row: words between spaces.
pub(super) fn flags_text<'a>(flags: impl Iterator<Item = &'a Flag>) -> String {
    let mut out = String::from(" ");
    for flag in flags {
        out.push_str(flag.word());
        out.push(' ');
    }
    out
}

/// JSON of a value that always has one.
pub(super) fn json<T: serde::Serialize>(value: &T) -> Stored<String> {
    serde_json::to_string(value).map_err(|e| StoreError::Corrupt(e.to_string()))
}

/// A value of its JSON.
pub(super) fn unjson<T: serde::de::DeserializeOwned>(text: &str) -> Stored<T> {
    serde_json::from_str(text).map_err(|e| StoreError::Corrupt(e.to_string()))
}

impl CaseRow {
    /// The row for a case.
    pub fn of(keys: &CaseKeys, case: &Case) -> Stored<CaseRow> {
        let outcome = case.first_outcome.as_ref();
        let naive = |at: Moment| at.naive_utc();
        Ok(CaseRow {
            id: keys.id,
            uid: keys.uid.to_vec(),
            number: case.number.clone(),
            code_hash: keys.code_hash.clone(),
            version: case.version,
            revision: case.revision,
            reporter_id: keys.reporter_id,
            reporter_kind: case.reporter_kind.to_string(),
            channel: case.channel.to_string(),
            external_id: case.external_id.clone(),
            language: case.language.clone(),
            anonymous: case.anonymous,
            hide_identity: case.hide_identity,
            consent_publish: case.consent_publish,
            status: case.status.to_string(),
            scope: case.scope.to_string(),
            authority: case.authority.to_string(),
            basis: case.basis.to_string(),
            category: case.category.clone(),
            confidence_permille: case.confidence_permille,
            about_agency_id: case.about,
            agency_id: case.agency,
            assigned_to: case.assigned_to,
            area_id: case.area,
            procedure_code: case.procedure.clone(),
            flags: flags_text(case.flags.iter()),
            restricted: case.restricted,
            received_at: naive(case.received_at),
            received_day: keys.received_day,
            recorded_at: naive(keys.recorded_at),
            clock: case.deadline.as_ref().map(|d| d.clock.clone()),
            due_at: case.due_at().map(naive),
            paused_at: case.paused_at.map(naive),
            first_outcome_kind: outcome.map(|o| o.kind.to_string()),
            first_outcome_at: outcome.map(|o| naive(o.at)),
            first_outcome_due_at: outcome.and_then(|o| o.due_at).map(naive),
            first_outcome_tenths: outcome.map(|o| tenths_of_days(case.received_at, o.at)),
            rating: case.rating.map(|(score, _)| score),
            rated_at: case.rating.map(|(_, at)| naive(at)),
            reopened_count: case.reopened_count,
            needs_decision: case.needs_decision,
            returned: case.returned,
            citizen_wrote: case.citizen_wrote,
            unreviewed: case.unreviewed,
            pending: case.pending.as_ref().map(json).transpose()?,
        })
    }

    /// The case that the row says, with labels and readers from their tables.
    pub fn into_case(self, labels: Vec<Label>, readers: Vec<i64>) -> Stored<StoredCase> {
        let keys = CaseKeys {
            id: self.id,
            uid: uid(&self.uid)?,
            code_hash: self.code_hash.clone(),
            reporter_id: self.reporter_id,
            received_day: self.received_day,
            recorded_at: self.recorded_at.and_utc(),
        };
        let outcome = self.outcome()?;
        let deadline = match (self.clock, self.due_at) {
            (clock, Some(due)) => {
                Some(Deadline { clock: clock.unwrap_or_default(), due_at: due.and_utc() })
            }
            _ => None,
        };
        let flags: Stored<_> = self.flags.split_whitespace().map(word::<Flag>).collect();
        let case = Case {
            version: self.version,
            revision: self.revision,
            number: self.number,
            channel: word(&self.channel)?,
            external_id: self.external_id,
            language: self.language,
            reporter_kind: word(&self.reporter_kind)?,
            anonymous: self.anonymous,
            hide_identity: self.hide_identity,
            consent_publish: self.consent_publish,
            status: word(&self.status)?,
            scope: word(&self.scope)?,
            authority: word(&self.authority)?,
            basis: word(&self.basis)?,
            category: self.category,
            labels,
            confidence_permille: self.confidence_permille,
            about: self.about_agency_id,
            agency: self.agency_id,
            assigned_to: self.assigned_to,
            area: self.area_id,
            procedure: self.procedure_code,
            flags: flags?,
            restricted: self.restricted,
            readers,
            received_at: self.received_at.and_utc(),
            deadline,
            paused_at: self.paused_at.map(|t| t.and_utc()),
            first_outcome: outcome,
            rating: self.rating.zip(self.rated_at.map(|t| t.and_utc())),
            reopened_count: self.reopened_count,
            needs_decision: self.needs_decision,
            returned: self.returned,
            citizen_wrote: self.citizen_wrote,
            unreviewed: self.unreviewed,
            pending: self.pending.as_deref().map(unjson::<Pending>).transpose()?,
        };
        Ok(StoredCase { keys, case })
    }

    fn outcome(&self) -> Stored<Option<Outcome>> {
        let Some((kind, at)) = self.first_outcome_kind.as_deref().zip(self.first_outcome_at) else {
            return Ok(None);
        };
        let due_at = self.first_outcome_due_at.map(|t| t.and_utc());
        Ok(Some(Outcome { kind: word(kind)?, at: at.and_utc(), due_at }))
    }
}

/// Calendar days from receipt to first outcome in tenths, rounded to the nearest.
fn tenths_of_days(from: Moment, to: Moment) -> i64 {
    let seconds = (to - from).num_seconds().max(0);
    (seconds + 4_320) / 8_640
}

/// By id.
pub fn by_id(conn: &mut AnyConn, id: CaseId) -> Stored<StoredCase> {
    let row = cases::table.find(id).first::<CaseRow>(conn)?;
    complete(conn, row)
}

/// By the public number.
pub fn by_number(conn: &mut AnyConn, number: &str) -> Stored<StoredCase> {
    let row = cases::table.filter(cases::number.eq(number)).first::<CaseRow>(conn)?;
    complete(conn, row)
}

/// By the keyed hash of the secret code.
pub fn by_code_hash(conn: &mut AnyConn, hash: &[u8]) -> Stored<StoredCase> {
    let row = cases::table.filter(cases::code_hash.eq(hash)).first::<CaseRow>(conn)?;
    complete(conn, row)
}

/// By channel and the other system's id.
pub fn id_by_external(conn: &mut AnyConn, channel: &str, external: &str) -> Stored<Option<CaseId>> {
    let found = cases::table
        .filter(cases::channel.eq(channel).and(cases::external_id.eq(external)))
        .select(cases::id)
        .first(conn)
        .optional()?;
    Ok(found)
}

/// Several by number; those that are gone are left out.
pub fn by_numbers(conn: &mut AnyConn, numbers: &[String]) -> Stored<Vec<StoredCase>> {
    let ids: Vec<CaseId> =
        cases::table.filter(cases::number.eq_any(numbers)).select(cases::id).load(conn)?;
    by_ids(conn, &ids)
}

/// Several by id, in the order of the ids; those that are gone are left out.
pub fn by_ids(conn: &mut AnyConn, ids: &[CaseId]) -> Stored<Vec<StoredCase>> {
    let rows = cases::table.filter(cases::id.eq_any(ids)).load::<CaseRow>(conn)?;
    let labels = case_labels::table
        .filter(case_labels::case_id.eq_any(ids))
        .order(case_labels::id)
        .select((
            case_labels::case_id,
            case_labels::category,
            case_labels::scope,
            case_labels::lead,
        ))
        .load::<(i64, String, String, bool)>(conn)?;
    let readers = case_access::table
        .filter(case_access::case_id.eq_any(ids))
        .order(case_access::id)
        .select((case_access::case_id, case_access::user_id))
        .load::<(i64, i64)>(conn)?;
    let mut by_id = std::collections::BTreeMap::new();
    for row in rows {
        by_id.insert(row.id, (row, Vec::new(), Vec::new()));
    }
    for (id, category, scope, lead) in labels {
        if let Some((_, labels, _)) = by_id.get_mut(&id) {
            labels.push(Label { category, scope: word(&scope)?, lead });
        }
    }
    for (id, user) in readers {
        if let Some((_, _, readers)) = by_id.get_mut(&id) {
            readers.push(user);
        }
    }
    let mut out = Vec::with_capacity(by_id.len());
    for id in ids {
        if let Some((row, labels, readers)) = by_id.remove(id) {
            out.push(row.into_case(labels, readers)?);
        }
    }
    Ok(out)
}

/// The ids after `after`, at most `limit`: to walk all cases in batches.
pub fn ids_after(conn: &mut AnyConn, after: CaseId, limit: i64) -> Stored<Vec<CaseId>> {
    let ids = cases::table
        .filter(cases::id.gt(after))
        .order(cases::id)
        .limit(limit)
        .select(cases::id)
        .load(conn)?;
    Ok(ids)
}

/// How many cases there are.
pub fn count(conn: &mut AnyConn) -> Stored<i64> {
    Ok(cases::table.count().get_result(conn)?)
}

fn complete(conn: &mut AnyConn, row: CaseRow) -> Stored<StoredCase> {
    let id = row.id;
    by_ids(conn, &[id])?.pop().ok_or(StoreError::NotFound)
}
