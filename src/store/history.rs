//! The history of a case: appending an event with all that it changes, and reading it back. Called
//! by `flow::record` alone, so that nothing changes without an event.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::cases::{CaseKeys, CaseRow, StoredCase, json, unjson, word};
use super::outbox::NewMail;
use super::schema::*;
use super::texts::NewText;
use super::{AnyConn, StoreError, Stored, Tx, changes, outbox, texts};
use crate::clock::Moment;
use crate::domain::case::{Case, CaseId};
use crate::domain::event::{Actor, Deadline, Event, PAYLOAD_VERSION, Recorded};
use crate::domain::file::KeptDeadline;
use crate::domain::letter::LetterKind;

/// So many of the last events say what the newest moment is.
const NEWEST_EVENTS: i64 = 500;

/// One event with what comes with it.
pub struct Step<'a> {
    pub event: &'a Event,
    pub actor: Actor,
    /// When it happened in the world.
    pub occurred_at: Moment,
    pub texts: &'a [NewText],
    pub mails: &'a [NewMail],
    /// Unsent letters that the event makes wrong.
    pub supersedes: &'static [LetterKind],
}

/// Writes a new case with its first events: the row once, as it stands after them.
pub fn create(
    tx: &mut Tx<'_>,
    keys: &CaseKeys,
    case: &Case,
    steps: &[Step<'_>],
    at: Moment,
) -> Stored<StoredCase> {
    let mut row = CaseRow::of(keys, case)?;
    row.id = insert_row(tx.conn, &row)?;
    let keys = CaseKeys { id: row.id, ..keys.clone() };
    for (step, version) in steps.iter().zip(1_i64..) {
        append_event(tx, &keys, version, step, at)?;
    }
    open_span(tx.conn, keys.id, case.received_at)?;
    if !case.status.is_open() {
        let ended = steps.last().map_or(at, |step| step.occurred_at);
        close_span(tx.conn, keys.id, ended)?;
    }
    if let Some(deadline) = running(case) {
        insert_deadline(tx.conn, keys.id, deadline, "received", case.received_at)?;
    }
    write_labels(tx.conn, keys.id, case)?;
    write_agencies(tx.conn, keys.id, None, case, at)?;
    write_readers(tx.conn, keys.id, case)?;
    changes::mark(tx.conn, keys.id)?;
    Ok(StoredCase { keys, case: case.clone() })
}

/// Appends one event: event, texts, row, change mark and outbox. `Conflict` when somebody was
/// faster.
pub fn append(
    tx: &mut Tx<'_>,
    before: &StoredCase,
    next: &Case,
    step: &Step<'_>,
    at: Moment,
) -> Stored<StoredCase> {
    let keys = &before.keys;
    let row = CaseRow::of(keys, next)?;
    let changed = diesel::update(
        cases::table.filter(cases::id.eq(keys.id).and(cases::version.eq(before.case.version))),
    )
    .set(&row)
    .execute(tx.conn)?;
    if changed != 1 {
        return Err(StoreError::Conflict);
    }
    if !step.supersedes.is_empty() {
        outbox::supersede(tx.conn, keys.id, step.supersedes)?;
    }
    append_event(tx, keys, next.version, step, at)?;
    follow_row(tx.conn, before, next, step, at)?;
    changes::mark(tx.conn, keys.id)?;
    Ok(StoredCase { keys: keys.clone(), case: next.clone() })
}

/// The due date that holds: none while the clock stands.
fn running(case: &Case) -> Option<&Deadline> {
    case.deadline.as_ref().filter(|_| case.paused_at.is_none())
}

/// The tables that say what the row no longer does: spans, deadlines, labels, agencies, readers.
fn follow_row(
    conn: &mut AnyConn,
    before: &StoredCase,
    next: &Case,
    step: &Step<'_>,
    at: Moment,
) -> Stored<()> {
    let (id, old) = (before.keys.id, &before.case);
    match (old.status.is_open(), next.status.is_open()) {
        (true, false) => close_span(conn, id, step.occurred_at)?,
        (false, true) => open_span(conn, id, step.occurred_at)?,
        _ => {}
    }
    if running(old) != running(next) {
        close_deadline(conn, id, step.occurred_at)?;
        if let Some(deadline) = running(next) {
            insert_deadline(conn, id, deadline, step.event.kind(), step.occurred_at)?;
        }
    }
    if old.labels != next.labels {
        diesel::delete(case_labels::table.filter(case_labels::case_id.eq(id))).execute(conn)?;
        write_labels(conn, id, next)?;
    }
    if old.agency != next.agency {
        write_agencies(conn, id, Some(old), next, at)?;
    }
    if old.readers != next.readers {
        diesel::delete(case_access::table.filter(case_access::case_id.eq(id))).execute(conn)?;
        write_readers(conn, id, next)?;
    }
    Ok(())
}

/// The latest moment at which any of the last events was recorded. Several are looked at: after a
/// clock ran backwards the last one is not the latest.
pub fn newest_at(conn: &mut AnyConn) -> Stored<Option<Moment>> {
    let last = events::table
        .order(events::id.desc())
        .limit(NEWEST_EVENTS)
        .select(events::recorded_at)
        .load::<NaiveDateTime>(conn)?;
    Ok(last.into_iter().max().map(|at| at.and_utc()))
}

fn insert_row(conn: &mut AnyConn, row: &CaseRow) -> Stored<i64> {
    // The id is made by the database: a changeset of all columns but the id.
    let mut values = row.clone();
    values.id = next_id(conn)?;
    diesel::insert_into(cases::table).values(&values).execute(conn)?;
    Ok(values.id)
}

/// The next id of a case. On PostgreSQL from the sequence; on SQLite the largest ever given and
/// one.
fn next_id(conn: &mut AnyConn) -> Stored<i64> {
    #[derive(QueryableByName)]
    struct Next {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        id: i64,
    }
    let sql = match conn {
        AnyConn::Pg(_) => "SELECT nextval(pg_get_serial_sequence('cases', 'id')) AS id",
        AnyConn::Sqlite(_) => {
            "SELECT COALESCE((SELECT seq FROM sqlite_sequence WHERE name = 'cases'), 0) + 1 AS id"
        }
    };
    Ok(diesel::sql_query(sql).get_result::<Next>(conn)?.id)
}

fn append_event(
    tx: &mut Tx<'_>,
    keys: &CaseKeys,
    version: i64,
    step: &Step<'_>,
    at: Moment,
) -> Stored<()> {
    for text in step.texts {
        texts::insert(tx, keys, text)?;
    }
    diesel::insert_into(events::table)
        .values((
            events::case_id.eq(keys.id),
            events::version.eq(version),
            events::kind.eq(step.event.kind()),
            events::payload_version.eq(PAYLOAD_VERSION),
            events::actor_kind.eq(step.actor.kind.word()),
            events::actor_id.eq(step.actor.id),
            events::occurred_at.eq(step.occurred_at.naive_utc()),
            events::recorded_at.eq(at.naive_utc()),
            events::payload.eq(json(step.event)?),
        ))
        .execute(tx.conn)?;
    for mail in step.mails {
        outbox::insert(tx.conn, Some(keys.id), mail, at)?;
    }
    Ok(())
}

fn open_span(conn: &mut AnyConn, id: CaseId, at: Moment) -> Stored<()> {
    diesel::insert_into(case_spans::table)
        .values((case_spans::case_id.eq(id), case_spans::opened_at.eq(at.naive_utc())))
        .execute(conn)?;
    Ok(())
}

fn close_span(conn: &mut AnyConn, id: CaseId, at: Moment) -> Stored<()> {
    let open = case_spans::case_id.eq(id).and(case_spans::ended_at.is_null());
    diesel::update(case_spans::table.filter(open))
        .set(case_spans::ended_at.eq(Some(at.naive_utc())))
        .execute(conn)?;
    Ok(())
}

fn insert_deadline(
    conn: &mut AnyConn,
    id: CaseId,
    deadline: &Deadline,
    cause: &str,
    from: Moment,
) -> Stored<()> {
    diesel::insert_into(deadlines::table)
        .values((
            deadlines::case_id.eq(id),
            deadlines::clock.eq(&deadline.clock),
            deadlines::due_at.eq(deadline.due_at.naive_utc()),
            deadlines::cause.eq(cause),
            deadlines::from_at.eq(from.naive_utc()),
        ))
        .execute(conn)?;
    Ok(())
}

fn close_deadline(conn: &mut AnyConn, id: CaseId, at: Moment) -> Stored<()> {
    let open = deadlines::case_id.eq(id).and(deadlines::until_at.is_null());
    diesel::update(deadlines::table.filter(open))
        .set(deadlines::until_at.eq(Some(at.naive_utc())))
        .execute(conn)?;
    Ok(())
}

fn write_labels(conn: &mut AnyConn, id: CaseId, case: &Case) -> Stored<()> {
    for label in &case.labels {
        diesel::insert_into(case_labels::table)
            .values((
                case_labels::case_id.eq(id),
                case_labels::category.eq(&label.category),
                case_labels::scope.eq(label.scope.word()),
                case_labels::lead.eq(label.lead),
                case_labels::basis.eq(case.basis.word()),
            ))
            .execute(conn)?;
    }
    Ok(())
}

fn write_agencies(
    conn: &mut AnyConn,
    id: CaseId,
    old: Option<&Case>,
    case: &Case,
    at: Moment,
) -> Stored<()> {
    let mut roles = vec![("answers", case.agency)];
    match old {
        Some(_) => {
            let current = case_agencies::case_id
                .eq(id)
                .and(case_agencies::role.eq("answers"))
                .and(case_agencies::state.eq("current"));
            diesel::update(case_agencies::table.filter(current))
                .set(case_agencies::state.eq("former"))
                .execute(conn)?;
        }
        None => roles.push(("about", case.about)),
    }
    for (role, agency) in roles {
        let Some(agency) = agency else { continue };
        diesel::insert_into(case_agencies::table)
            .values((
                case_agencies::case_id.eq(id),
                case_agencies::agency_id.eq(agency),
                case_agencies::role.eq(role),
                case_agencies::state.eq("current"),
                case_agencies::since.eq(at.naive_utc()),
            ))
            .execute(conn)?;
    }
    Ok(())
}

fn write_readers(conn: &mut AnyConn, id: CaseId, case: &Case) -> Stored<()> {
    for user in &case.readers {
        diesel::insert_into(case_access::table)
            .values((case_access::case_id.eq(id), case_access::user_id.eq(user)))
            .execute(conn)?;
    }
    Ok(())
}

type EventRow = (i64, String, Option<i64>, NaiveDateTime, NaiveDateTime, String);

/// The events of a case, the first first.
pub fn events_of(conn: &mut AnyConn, id: CaseId) -> Stored<Vec<Recorded>> {
    let rows = events::table
        .filter(events::case_id.eq(id))
        .order(events::version)
        .select((
            events::version,
            events::actor_kind,
            events::actor_id,
            events::occurred_at,
            events::recorded_at,
            events::payload,
        ))
        .load::<EventRow>(conn)?;
    let mut out = Vec::with_capacity(rows.len());
    for (version, kind, actor_id, occurred, recorded, payload) in rows {
        out.push(Recorded {
            version,
            actor: Actor { kind: word(&kind)?, id: actor_id },
            occurred_at: occurred.and_utc(),
            recorded_at: recorded.and_utc(),
            event: unjson(&payload)?,
        });
    }
    Ok(out)
}

/// The ledger of a case's deadlines, the first first.
pub fn deadlines_of(conn: &mut AnyConn, id: CaseId) -> Stored<Vec<KeptDeadline>> {
    type Row = (String, NaiveDateTime, String, NaiveDateTime, Option<NaiveDateTime>);
    let rows = deadlines::table
        .filter(deadlines::case_id.eq(id))
        .order(deadlines::id)
        .select((
            deadlines::clock,
            deadlines::due_at,
            deadlines::cause,
            deadlines::from_at,
            deadlines::until_at,
        ))
        .load::<Row>(conn)?;
    let row = |(clock, due, cause, from, until): Row| KeptDeadline {
        clock,
        due_at: due.and_utc(),
        cause,
        from_at: from.and_utc(),
        until_at: until.map(|t| t.and_utc()),
    };
    Ok(rows.into_iter().map(row).collect())
}

/// Records that a user read a restricted case: a row and no event.
pub fn record_read(conn: &mut AnyConn, id: CaseId, user: i64, at: Moment) -> Stored<()> {
    diesel::insert_into(case_reads::table)
        .values((
            case_reads::case_id.eq(id),
            case_reads::user_id.eq(user),
            case_reads::read_at.eq(at.naive_utc()),
        ))
        .execute(conn)?;
    Ok(())
}

/// The next running number of a year.
pub fn next_number(conn: &mut AnyConn, year: i64) -> Stored<i64> {
    #[derive(QueryableByName)]
    struct Last {
        #[diesel(sql_type = diesel::sql_types::BigInt)]
        last: i64,
    }
    let sql = "INSERT INTO numbers (year, last) VALUES ($1, 1) \
        ON CONFLICT (year) DO UPDATE SET last = numbers.last + 1 RETURNING last";
    let last = diesel::sql_query(sql)
        .bind::<diesel::sql_types::BigInt, _>(year)
        .get_result::<Last>(conn)?;
    Ok(last.last)
}
