//! Looking into the outbox: by case, by state, what is due, what has failed, what was sent.

use chrono::{NaiveDateTime, TimeDelta};
use diesel::prelude::*;

use super::{
    ENDED_UNSENT, LEASE_SECONDS, MailRow, MailState, Row, SKEW_SECONDS, WAIT_MAX_SECONDS, free,
    shown,
};
use crate::clock::Moment;
use crate::domain::case::CaseId;
use crate::seal::{Place, Seal, Uid};
use crate::store::cases::{self, word};
use crate::store::schema::{outbox, sent_mails};
use crate::store::{AnyConn, Stored};

/// So many mails that wait are looked at.
const FAILING_MAX: i64 = 100;

/// The mails of a case, the first first.
pub fn of_case(conn: &mut AnyConn, case: CaseId) -> Stored<Vec<MailRow>> {
    let rows = outbox::table
        .filter(outbox::case_id.eq(Some(case)))
        .order(outbox::id)
        .select(Row::as_select())
        .load::<Row>(conn)?;
    rows.into_iter().map(shown).collect()
}

/// One mail.
pub fn by_id(conn: &mut AnyConn, id: i64) -> Stored<MailRow> {
    shown(outbox::table.find(id).select(Row::as_select()).first::<Row>(conn)?)
}

/// Mails by state, the newest first.
pub fn newest(
    conn: &mut AnyConn,
    states: &[MailState],
    limit: i64,
    offset: i64,
) -> Stored<Vec<MailRow>> {
    let words: Vec<&str> = states.iter().map(|s| s.word()).collect();
    let rows = outbox::table
        .filter(outbox::state.eq_any(words))
        .order(outbox::id.desc())
        .limit(limit)
        .offset(offset)
        .select(Row::as_select())
        .load::<Row>(conn)?;
    rows.into_iter().map(shown).collect()
}

/// Nobody waits for these any more, and after years they are nearly all.
pub const DONE_WITH: [MailState; 2] = [MailState::Sent, MailState::Superseded];

/// Every other state.
pub fn at_hand() -> Vec<MailState> {
    MailState::ALL.iter().copied().filter(|state| !DONE_WITH.contains(state)).collect()
}

/// How many mails stand in each of these states.
pub fn counts(conn: &mut AnyConn, states: &[MailState]) -> Stored<Vec<(MailState, i64)>> {
    let words: Vec<&str> = states.iter().map(|state| state.word()).collect();
    let rows = outbox::table
        .filter(outbox::state.eq_any(words))
        .group_by(outbox::state)
        .select((outbox::state, diesel::dsl::count_star()))
        .load::<(String, i64)>(conn)?;
    rows.into_iter().map(|(state, n)| Ok((word(&state)?, n))).collect()
}

/// When the oldest mail that should have left was due.
pub fn oldest_unsent(conn: &mut AnyConn, now: Moment) -> Stored<Option<Moment>> {
    let waiting =
        [MailState::Queued.word(), MailState::Sending.word(), MailState::Uncertain.word()];
    let due = outbox::state.eq_any(waiting).and(outbox::not_before.le(now.naive_utc()));
    let oldest = outbox::table
        .filter(due)
        .order(outbox::created_at)
        .select(outbox::created_at)
        .first::<NaiveDateTime>(conn)
        .optional()?;
    Ok(oldest.map(|t| t.and_utc()))
}

/// Why the latest try of a mail that still waits has failed, where it was at least the `tries`th
/// and no mail has left since: what is wrong with the one is then wrong with all.
pub fn failing(conn: &mut AnyConn, tries: i64) -> Stored<Option<String>> {
    let waiting = outbox::state.eq_any([MailState::Queued.word(), MailState::Uncertain.word()]);
    let failed = waiting.and(outbox::attempts.ge(tries)).and(outbox::last_error.is_not_null());
    let rows = outbox::table
        .filter(failed)
        .select((outbox::not_before, outbox::attempts, outbox::last_error))
        .order(outbox::id.desc())
        .limit(FAILING_MAX)
        .load::<(NaiveDateTime, i64, Option<String>)>(conn)?;
    let tried = rows.into_iter().map(|(next, attempts, why)| {
        (next - TimeDelta::seconds(super::wait_seconds(attempts)), why)
    });
    let Some((at, why)) = tried.max_by_key(|(at, _)| *at) else { return Ok(None) };
    let sent: Option<i64> =
        outbox::table.filter(outbox::sent_at.ge(at)).select(outbox::id).first(conn).optional()?;
    Ok(why.filter(|_| sent.is_none()))
}

/// Is anything left that is due or waits for its minute?
pub fn has_waiting(conn: &mut AnyConn) -> Stored<bool> {
    let waiting =
        [MailState::Queued.word(), MailState::Sending.word(), MailState::Uncertain.word()];
    let count: i64 =
        outbox::table.filter(outbox::state.eq_any(waiting)).count().get_result(conn)?;
    Ok(count > 0)
}

/// The cases with a mail that was refused or has no address: the desk's queue.
pub fn failed_cases(conn: &mut AnyConn, limit: i64) -> Stored<Vec<CaseId>> {
    let failed = ENDED_UNSENT.map(|state| state.word());
    let ids: Vec<Option<i64>> = outbox::table
        .filter(outbox::state.eq_any(failed).and(outbox::case_id.is_not_null()))
        .select(outbox::case_id)
        .distinct()
        .order(outbox::case_id.desc())
        .limit(limit)
        .load(conn)?;
    Ok(ids.into_iter().flatten().collect())
}

/// The message as it was sent, for the reader of mails.
pub fn sent_message(
    conn: &mut AnyConn,
    seal: &Seal,
    case: &Uid,
    id: i64,
) -> Stored<Option<String>> {
    let row = sent_mails::table
        .filter(sent_mails::outbox_id.eq(id))
        .order(sent_mails::id.desc())
        .select((sent_mails::uid, sent_mails::sealed))
        .first::<(Vec<u8>, Vec<u8>)>(conn)
        .optional()?;
    let Some((row, sealed)) = row else { return Ok(None) };
    let place = Place { table: "sent_mails", case, row: &cases::uid(&row)? };
    Ok(Some(seal.open_text(&place, &sealed)?))
}

/// Is there a mail that `holder` may take? Asked before a lease is written.
pub fn is_due(conn: &mut AnyConn, holder: &str, now: Moment) -> Stored<bool> {
    let found: Option<i64> =
        outbox::table.filter(free!(holder, now)).select(outbox::id).first(conn).optional()?;
    Ok(found.is_some())
}

/// The first mail of the case to the same recipient, which later ones refer to.
pub fn first_message_id(conn: &mut AnyConn, case: CaseId, row: &MailRow) -> Stored<Option<String>> {
    let same = outbox::case_id
        .eq(Some(case))
        .and(outbox::recipient_kind.eq(&row.recipient_kind))
        .and(outbox::recipient_id.eq(row.recipient_id))
        .and(outbox::id.lt(row.id));
    let first = outbox::table
        .filter(same)
        .order(outbox::id)
        .select(outbox::message_id)
        .first(conn)
        .optional()?;
    Ok(first)
}
