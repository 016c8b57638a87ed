//! The change log that the index follows, appended last in each transaction that changes a case.

use diesel::prelude::*;

use super::schema::{case_changes, events};
use super::{AnyConn, Stored};
use crate::domain::case::CaseId;

/// Marks a case as changed.
pub fn mark(conn: &mut AnyConn, case: CaseId) -> Stored<()> {
    diesel::insert_into(case_changes::table)
        .values(case_changes::case_id.eq(case))
        .execute(conn)?;
    Ok(())
}

/// The next changes after `mark`, at most `limit`: the new mark and the cases, each once.
pub fn after(conn: &mut AnyConn, mark: i64, limit: i64) -> Stored<(i64, Vec<CaseId>)> {
    let rows = case_changes::table
        .filter(case_changes::seq.gt(mark))
        .order(case_changes::seq)
        .limit(limit)
        .select((case_changes::seq, case_changes::case_id))
        .load::<(i64, i64)>(conn)?;
    let last = rows.last().map_or(mark, |(seq, _)| *seq);
    let mut ids: Vec<CaseId> = rows.into_iter().map(|(_, id)| id).collect();
    ids.sort_unstable();
    ids.dedup();
    Ok((last, ids))
}

/// The newest mark; 0 where nothing has changed yet.
pub fn newest(conn: &mut AnyConn) -> Stored<i64> {
    let newest: Option<i64> =
        case_changes::table.select(diesel::dsl::max(case_changes::seq)).first(conn)?;
    Ok(newest.unwrap_or(0))
}

/// For how many seconds the oldest change after `mark` waits; 0 where there is none.
pub fn waits_seconds(conn: &mut AnyConn, mark: i64, now: crate::clock::Moment) -> Stored<i64> {
    let waiting = oldest_after(conn, mark)?;
    Ok(waiting.map_or(0, |since| (now - since).num_seconds().max(0)))
}

/// When the oldest change after `mark` was recorded; `None` when there is none.
pub fn oldest_after(conn: &mut AnyConn, mark: i64) -> Stored<Option<crate::clock::Moment>> {
    let case: Option<i64> = case_changes::table
        .filter(case_changes::seq.gt(mark))
        .order(case_changes::seq)
        .select(case_changes::case_id)
        .first(conn)
        .optional()?;
    let Some(case) = case else { return Ok(None) };
    let last: Option<chrono::NaiveDateTime> = events::table
        .filter(events::case_id.eq(case))
        .select(diesel::dsl::max(events::recorded_at))
        .first(conn)?;
    Ok(last.map(|t| t.and_utc()))
}
