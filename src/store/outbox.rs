//! The outbox: one row per recipient, written in the case's transaction; leases, outcomes, and what
//! was sent.

use chrono::{NaiveDateTime, TimeDelta};
use diesel::prelude::*;

use super::cases::{json, unjson, word};
use super::schema::{cases, outbox, sent_mails};
use super::{AnyConn, StoreError, Stored, Tx};
use crate::clock::Moment;
use crate::domain::agency::AgencyId;
use crate::domain::case::{CaseId, Status};
use crate::domain::letter::{LetterKind, Values};
use crate::seal::{Kind, Place, Uid, random};

mod look;

pub use look::*;

/// A worker that has taken a mail has this long before another may; it renews while it sends.
pub const LEASE_SECONDS: i64 = 60;

/// No mail waits longer than this for its next try.
pub const WAIT_MAX_SECONDS: i64 = 4 * 3600;
/// After the first failure; each further one waits twice as long.
const RETRY_FIRST_SECONDS: i64 = 30;

/// How long a mail waits after so many tries that failed.
pub fn wait_seconds(attempts: i64) -> i64 {
    let doublings = u32::try_from(attempts - 1).unwrap_or(0).min(20);
    (RETRY_FIRST_SECONDS << doublings).min(WAIT_MAX_SECONDS)
}

/// Clocks of several machines, or of one before and after it was set, differ by less than this
/// without anybody's having to care.
const SKEW_SECONDS: i64 = 60;

crate::domain::words! {
    /// Where a mail stands.
    MailState {
        Queued = "queued",
        Sending = "sending",
        Sent = "sent",
        /// The connection stood and no reply came: it may or may not have arrived.
        Uncertain = "uncertain",
        Refused = "refused",
        Bounced = "bounced",
        /// A later step made it wrong before it was sent.
        Superseded = "superseded",
        /// The recipient has no address that could be written to.
        NoAddress = "no_address",
    }
}

/// States of mails that were not sent and are not tried again by themselves.
pub const ENDED_UNSENT: [MailState; 3] =
    [MailState::Refused, MailState::Bounced, MailState::NoAddress];

/// A mail to be written: who, which letter, what it needs; no address and no text.
#[derive(Debug, Clone, PartialEq)]
pub struct NewMail {
    pub message_id: String,
    /// `reporter`, `agency` or `user`.
    pub recipient_kind: &'static str,
    pub recipient_id: i64,
    pub letter: LetterKind,
    /// Hash of a text by the name `text`, codes and dates by the names of placeholders.
    pub parameters: Values,
    pub text_hash: Option<String>,
    pub language: String,
    pub not_before: Moment,
}

/// A mail of the outbox.
#[derive(Debug, Clone, PartialEq)]
pub struct MailRow {
    pub id: i64,
    pub case_id: Option<CaseId>,
    pub message_id: String,
    pub recipient_kind: String,
    pub recipient_id: i64,
    pub letter: LetterKind,
    pub parameters: Values,
    pub text_hash: Option<String>,
    pub language: String,
    pub state: MailState,
    pub attempts: i64,
    pub created_at: Moment,
    pub not_before: Moment,
    pub last_error: Option<String>,
    pub sent_at: Option<Moment>,
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Parameters {
    values: Values,
    text: Option<String>,
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = outbox)]
struct Row {
    id: i64,
    case_id: Option<i64>,
    message_id: String,
    recipient_kind: String,
    recipient_id: i64,
    letter: String,
    parameters: String,
    language: String,
    state: String,
    attempts: i64,
    created_at: NaiveDateTime,
    not_before: NaiveDateTime,
    last_error: Option<String>,
    sent_at: Option<NaiveDateTime>,
}

fn mail(row: Row) -> Stored<MailRow> {
    let parameters: Parameters = unjson(&row.parameters)?;
    made(row, parameters)
}

/// For people to look at: what cannot be read of a row hides no other.
fn shown(row: Row) -> Stored<MailRow> {
    let parameters = unjson(&row.parameters);
    made(row, parameters.unwrap_or_else(|_| Parameters { values: Values::new(), text: None }))
}

fn made(row: Row, parameters: Parameters) -> Stored<MailRow> {
    Ok(MailRow {
        id: row.id,
        case_id: row.case_id,
        message_id: row.message_id,
        recipient_kind: row.recipient_kind,
        recipient_id: row.recipient_id,
        letter: word(&row.letter)?,
        parameters: parameters.values,
        text_hash: parameters.text,
        language: row.language,
        state: word(&row.state)?,
        attempts: row.attempts,
        created_at: row.created_at.and_utc(),
        not_before: row.not_before.and_utc(),
        last_error: row.last_error,
        sent_at: row.sent_at.map(|t| t.and_utc()),
    })
}

/// Puts a mail into the outbox.
pub fn insert(conn: &mut AnyConn, case: Option<CaseId>, new: &NewMail, at: Moment) -> Stored<()> {
    let parameters = Parameters { values: new.parameters.clone(), text: new.text_hash.clone() };
    diesel::insert_into(outbox::table)
        .values((
            outbox::case_id.eq(case),
            outbox::message_id.eq(&new.message_id),
            outbox::recipient_kind.eq(new.recipient_kind),
            outbox::recipient_id.eq(new.recipient_id),
            outbox::letter.eq(new.letter.word()),
            outbox::parameters.eq(json(&parameters)?),
            outbox::language.eq(&new.language),
            outbox::state.eq(MailState::Queued.word()),
            outbox::attempts.eq(0),
            outbox::created_at.eq(at.naive_utc()),
            outbox::not_before.eq(new.not_before.naive_utc()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Takes unsent letters of these kinds back, also those that a server did not want yet or that
/// have no address; what may have arrived stays.
pub fn supersede(conn: &mut AnyConn, case: CaseId, letters: &[LetterKind]) -> Stored<usize> {
    let words: Vec<&str> = letters.iter().map(|l| l.word()).collect();
    let unsent = outbox::case_id
        .eq(Some(case))
        .and(outbox::letter.eq_any(words))
        .and(outbox::state.eq_any([MailState::Queued.word(), MailState::NoAddress.word()]));
    let changed = diesel::update(outbox::table.filter(unsent))
        .set(outbox::state.eq(MailState::Superseded.word()))
        .execute(conn)?;
    Ok(changed)
}

/// Puts a reporter's mails that had no address back into the queue, now that there is one.
pub fn reporter_found(conn: &mut AnyConn, case: CaseId, now: Moment) -> Stored<usize> {
    let own = outbox::case_id.eq(Some(case)).and(outbox::recipient_kind.eq("reporter"));
    let waiting = outbox::table
        .filter(own.and(outbox::state.eq(MailState::NoAddress.word())))
        .select(outbox::id)
        .load(conn)?;
    queue_now(conn, &waiting, now)
}

/// Puts an agency's mails that had no address back into the queue, now that there is one: those of
/// cases that are still open, still its own and not restricted.
pub fn agency_found(conn: &mut AnyConn, agency: AgencyId, now: Moment) -> Stored<usize> {
    let open: Vec<&str> = Status::ALL.iter().filter(|s| s.is_open()).map(|s| s.word()).collect();
    let own = outbox::recipient_kind.eq("agency").and(outbox::recipient_id.eq(agency));
    let still_own = cases::agency_id.eq(Some(agency)).and(cases::restricted.eq(false));
    let waiting = outbox::table
        .inner_join(cases::table.on(outbox::case_id.eq(cases::id.nullable())))
        .filter(own.and(outbox::state.eq(MailState::NoAddress.word())))
        .filter(still_own.and(cases::status.eq_any(open)))
        .select(outbox::id)
        .load(conn)?;
    queue_now(conn, &waiting, now)
}

fn queue_now(conn: &mut AnyConn, ids: &[i64], now: Moment) -> Stored<usize> {
    let queued = (
        outbox::state.eq(MailState::Queued.word()),
        outbox::not_before.eq(now.naive_utc()),
        outbox::last_error.eq(None::<String>),
    );
    Ok(diesel::update(outbox::table.filter(outbox::id.eq_any(ids))).set(queued).execute(conn)?)
}

/// Puts a mail that ended without being sent back into the queue, under its own Message-ID.
pub fn send_again(conn: &mut AnyConn, id: i64, now: Moment) -> Stored<()> {
    let ended = outbox::id.eq(id).and(outbox::state.eq_any(ENDED_UNSENT.map(|s| s.word())));
    let queued =
        (outbox::state.eq(MailState::Queued.word()), outbox::not_before.eq(now.naive_utc()));
    let changed = diesel::update(outbox::table.filter(ended)).set(queued).execute(conn)?;
    if changed == 1 { Ok(()) } else { Err(StoreError::NotFound) }
}

/// Mails that may be taken: due, or leased by a process that is gone. A clock that ran ahead and
/// was set right has left moments behind that lie too far ahead to have been meant; they count as
/// past. What `holder` itself has leased is left over from a batch that it could not finish: it
/// takes the next one only when the last is over.
macro_rules! free {
    ($holder:expr, $now:expr) => {{
        let naive = $now.naive_utc();
        let ahead = |seconds: i64| naive + TimeDelta::seconds(seconds);
        let waiting =
            outbox::state.eq_any([MailState::Queued.word(), MailState::Uncertain.word()]).and(
                outbox::not_before
                    .le(naive)
                    .or(outbox::created_at.gt(ahead(SKEW_SECONDS)))
                    .or(outbox::not_before.gt(ahead(WAIT_MAX_SECONDS + SKEW_SECONDS))),
            );
        let left = outbox::state.eq(MailState::Sending.word()).and(
            outbox::leased_until
                .lt(naive)
                .or(outbox::leased_until.gt(ahead(LEASE_SECONDS + SKEW_SECONDS)))
                .or(outbox::leased_by.eq($holder)),
        );
        waiting.or(left)
    }};
}
use free;

/// Takes mails that are due, for `holder` and for the length of a lease. One that cannot be read is
/// set aside with the reason, so that it holds up no other.
pub fn lease(conn: &mut AnyConn, holder: &str, now: Moment, limit: i64) -> Stored<Vec<MailRow>> {
    let ids: Vec<i64> = outbox::table
        .filter(free!(holder, now))
        .order((outbox::not_before, outbox::id))
        .limit(limit)
        .select(outbox::id)
        .load(conn)?;
    let until = now + TimeDelta::seconds(LEASE_SECONDS);
    diesel::update(outbox::table.filter(outbox::id.eq_any(&ids)))
        .set((
            outbox::state.eq(MailState::Sending.word()),
            outbox::leased_by.eq(Some(holder)),
            outbox::leased_until.eq(Some(until.naive_utc())),
        ))
        .execute(conn)?;
    let rows = outbox::table
        .filter(outbox::id.eq_any(&ids))
        .order(outbox::id)
        .select(Row::as_select())
        .load::<Row>(conn)?;
    let mut taken = Vec::with_capacity(rows.len());
    for row in rows {
        let id = row.id;
        match mail(row) {
            Ok(row) => taken.push(row),
            Err(StoreError::Corrupt(why)) => set_aside(conn, id, &why)?,
            Err(other) => return Err(other),
        }
    }
    Ok(taken)
}

fn set_aside(conn: &mut AnyConn, id: i64, why: &str) -> Stored<()> {
    diesel::update(outbox::table.find(id))
        .set((
            outbox::state.eq(MailState::Refused.word()),
            outbox::last_error.eq(Some(format!("the row cannot be read: {why}"))),
            outbox::leased_by.eq(None::<String>),
            outbox::leased_until.eq(None::<NaiveDateTime>),
        ))
        .execute(conn)?;
    Ok(())
}

/// Holds the leases of `holder` for another while.
pub fn renew(conn: &mut AnyConn, holder: &str, now: Moment) -> Stored<()> {
    let own = outbox::leased_by.eq(holder).and(outbox::state.eq(MailState::Sending.word()));
    let until = now + TimeDelta::seconds(LEASE_SECONDS);
    diesel::update(outbox::table.filter(own))
        .set(outbox::leased_until.eq(Some(until.naive_utc())))
        .execute(conn)?;
    Ok(())
}

/// Gives back what was leased and not tried: at a stop, or of a predecessor that is gone.
pub fn give_back(conn: &mut AnyConn, holder: Option<&str>) -> Stored<usize> {
    let sending = outbox::state.eq(MailState::Sending.word());
    let set = (
        outbox::state.eq(MailState::Queued.word()),
        outbox::leased_by.eq(None::<String>),
        outbox::leased_until.eq(None::<NaiveDateTime>),
    );
    let changed = match holder {
        Some(holder) => {
            let own = sending.and(outbox::leased_by.eq(holder));
            diesel::update(outbox::table.filter(own)).set(set).execute(conn)?
        }
        None => diesel::update(outbox::table.filter(sending)).set(set).execute(conn)?,
    };
    Ok(changed)
}

/// How a try ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Tried {
    pub state: MailState,
    pub error: Option<String>,
    /// When to try again; only for states that are tried again.
    pub not_before: Moment,
    /// A code 4xx, a fault of the network or an unclear end: counted as an attempt.
    pub attempts: i64,
}

/// Writes down how a try ended, if the lease is still `holder`'s.
pub fn finish(conn: &mut AnyConn, id: i64, holder: &str, tried: &Tried, now: Moment) -> Stored<()> {
    let own = outbox::id.eq(id).and(outbox::leased_by.eq(holder));
    let sent = (tried.state == MailState::Sent).then(|| now.naive_utc());
    let changed = diesel::update(outbox::table.filter(own))
        .set((
            outbox::state.eq(tried.state.word()),
            outbox::attempts.eq(tried.attempts),
            outbox::last_error.eq(&tried.error),
            outbox::not_before.eq(tried.not_before.naive_utc()),
            outbox::sent_at.eq(sent),
            outbox::leased_by.eq(None::<String>),
            outbox::leased_until.eq(None::<NaiveDateTime>),
        ))
        .execute(conn)?;
    if changed == 1 { Ok(()) } else { Err(StoreError::Conflict) }
}

/// Keeps a mail as it was sent, its code blanked.
pub fn keep_sent(tx: &mut Tx<'_>, case: &Uid, id: i64, message: &str, at: Moment) -> Stored<()> {
    let row: Uid = random()?;
    let place = Place { table: "sent_mails", case, row: &row };
    diesel::insert_into(sent_mails::table)
        .values((
            sent_mails::uid.eq(row.to_vec()),
            sent_mails::outbox_id.eq(id),
            sent_mails::sealed.eq(tx.seal.seal(Kind::Text, &place, message.as_bytes())?),
            sent_mails::sent_at.eq(at.naive_utc()),
        ))
        .execute(tx.conn)?;
    Ok(())
}
