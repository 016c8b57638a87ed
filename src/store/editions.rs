//! Editions of the rules: a row each, with its changes, what its trial found and what it replaced.

use diesel::prelude::*;

use super::cases::{json, unjson, word};
use super::schema::{cases, editions};
use super::{AnyConn, StoreError, Stored};
use crate::clock::Moment;
use crate::domain::case::CaseId;
use crate::domain::edition::{Changeable, Edition, EditionId, EditionState, RuleChange, Trial};
use crate::domain::user::UserId;

#[derive(Queryable, Selectable)]
#[diesel(table_name = editions)]
struct Row {
    id: i64,
    name: String,
    state: String,
    changes: String,
    trial: Option<String>,
    before: Option<String>,
    valid_from: Option<chrono::NaiveDate>,
    made_by: i64,
    made_at: chrono::NaiveDateTime,
    published_by: Option<i64>,
    published_at: Option<chrono::NaiveDateTime>,
}

impl Row {
    fn edition(self) -> Stored<Edition> {
        let trial: Option<Trial> = self.trial.as_deref().map(unjson).transpose()?;
        let before: Option<Changeable> = self.before.as_deref().map(unjson).transpose()?;
        Ok(Edition {
            id: self.id,
            name: self.name,
            state: word(&self.state)?,
            changes: unjson(&self.changes)?,
            trial,
            before,
            valid_from: self.valid_from,
            made_by: self.made_by,
            made_at: self.made_at.and_utc(),
            published_by: self.published_by,
            published_at: self.published_at.map(|at| at.and_utc()),
        })
    }
}

/// A new draft without a change.
pub fn insert(conn: &mut AnyConn, name: &str, by: UserId, at: Moment) -> Stored<EditionId> {
    diesel::insert_into(editions::table)
        .values((
            editions::name.eq(name),
            editions::state.eq(EditionState::Draft.word()),
            editions::changes.eq(json(&Vec::<RuleChange>::new())?),
            editions::made_by.eq(by),
            editions::made_at.eq(at.naive_utc()),
        ))
        .execute(conn)?;
    Ok(editions::table.select(editions::id).order(editions::id.desc()).first(conn)?)
}

/// One edition.
pub fn by_id(conn: &mut AnyConn, id: EditionId) -> Stored<Edition> {
    let row = editions::table.find(id).select(Row::as_select()).first(conn).optional()?;
    row.ok_or(StoreError::NotFound)?.edition()
}

/// Those that are not discarded, the newest first.
pub fn list(conn: &mut AnyConn, limit: i64) -> Stored<Vec<Edition>> {
    let rows = editions::table
        .filter(editions::state.ne(EditionState::Discarded.word()))
        .order(editions::id.desc())
        .limit(limit)
        .select(Row::as_select())
        .load::<Row>(conn)?;
    rows.into_iter().map(Row::edition).collect()
}

/// The oldest edition in that state.
pub fn first_in(conn: &mut AnyConn, state: EditionState) -> Stored<Option<Edition>> {
    let found = editions::table
        .filter(editions::state.eq(state.word()))
        .order(editions::id)
        .select(Row::as_select())
        .first(conn)
        .optional()?;
    found.map(Row::edition).transpose()
}

/// The one that was published last and still stands.
pub fn last_published(conn: &mut AnyConn) -> Stored<Option<EditionId>> {
    let found = editions::table
        .filter(editions::state.eq(EditionState::Published.word()))
        .order((editions::published_at.desc(), editions::id.desc()))
        .select(editions::id)
        .first(conn)
        .optional()?;
    Ok(found)
}

/// Writes what may change of an edition, if it is still in the state `was`; whether it was.
pub fn update(conn: &mut AnyConn, edition: &Edition, was: EditionState) -> Stored<bool> {
    let row = editions::id.eq(edition.id).and(editions::state.eq(was.word()));
    let trial = edition.trial.as_ref().map(json).transpose()?;
    let before = edition.before.as_ref().map(json).transpose()?;
    let changed = diesel::update(editions::table.filter(row))
        .set((
            editions::state.eq(edition.state.word()),
            editions::changes.eq(json(&edition.changes)?),
            editions::trial.eq(trial),
            editions::before.eq(before),
            editions::valid_from.eq(edition.valid_from),
            editions::published_by.eq(edition.published_by),
            editions::published_at.eq(edition.published_at.map(|at| at.naive_utc())),
        ))
        .execute(conn)?;
    Ok(changed == 1)
}

/// The newest cases that everybody at the desk may know of, at most `limit`, before that id.
pub fn cases_before(conn: &mut AnyConn, before: CaseId, limit: i64) -> Stored<Vec<CaseId>> {
    let ids = cases::table
        .filter(cases::id.lt(before).and(cases::restricted.eq(false)))
        .order(cases::id.desc())
        .limit(limit)
        .select(cases::id)
        .load(conn)?;
    Ok(ids)
}
