//! Searches that officers keep, and what an alert has last seen of them. Name and words are sealed:
//! both may name a citizen.

use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::cases::{json, unjson, word};
use super::schema::saved_searches;
use super::{AnyConn, StoreError, Stored, Tx};
use crate::clock::Moment;
use crate::domain::saved::{Held, Saved, SavedId, Wish};
use crate::domain::user::UserId;
use crate::seal::{Kind, Place, Seal, Uid, random};

#[derive(Queryable, Selectable)]
#[diesel(table_name = saved_searches)]
struct Row {
    id: i64,
    user_id: i64,
    uid: Vec<u8>,
    sealed: Vec<u8>,
    alert: String,
    threshold: Option<i64>,
    held: Option<String>,
    is_over: bool,
    is_broken: bool,
    looked_at: Option<NaiveDateTime>,
    look_at: Option<NaiveDateTime>,
}

#[derive(Serialize, Deserialize)]
struct Words {
    name: String,
    query: Vec<(String, String)>,
}

/// It belongs to no case: its own id stands in that place.
fn place(uid: &Uid) -> Place<'_> {
    Place { table: "saved_searches", case: uid, row: uid }
}

impl Row {
    fn saved(self, seal: &Seal) -> Stored<Saved> {
        let uid = self.uid.as_slice().try_into();
        let uid: Uid = uid.map_err(|_| StoreError::Corrupt("a saved search's uid".to_owned()))?;
        let words: Words = unjson(&seal.open_text(&place(&uid), &self.sealed)?)?;
        let held: Option<Held> = self.held.as_deref().map(unjson).transpose()?;
        Ok(Saved {
            id: self.id,
            user: self.user_id,
            wish: Wish {
                name: words.name,
                query: words.query,
                alert: word(&self.alert)?,
                threshold: self.threshold,
            },
            held,
            is_over: self.is_over,
            looked_at: self.looked_at.map(|at| at.and_utc()),
            look_at: self.look_at.map(|at| at.and_utc()),
            is_broken: self.is_broken,
        })
    }
}

/// Keeps a search with what it holds now; the id of `saved` is ignored.
pub fn insert(tx: &mut Tx<'_>, saved: &Saved, now: Moment) -> Stored<SavedId> {
    let uid: Uid = random()?;
    let (name, query) = (saved.wish.name.clone(), saved.wish.query.clone());
    let words = json(&Words { name, query })?;
    diesel::insert_into(saved_searches::table)
        .values((
            saved_searches::user_id.eq(saved.user),
            saved_searches::uid.eq(uid.to_vec()),
            saved_searches::sealed.eq(tx.seal.seal(Kind::Text, &place(&uid), words.as_bytes())?),
            saved_searches::alert.eq(saved.wish.alert.word()),
            saved_searches::threshold.eq(saved.wish.threshold),
            saved_searches::held.eq(saved.held.as_ref().map(json).transpose()?),
            saved_searches::is_over.eq(saved.is_over),
            saved_searches::is_broken.eq(saved.is_broken),
            saved_searches::made_at.eq(now.naive_utc()),
            saved_searches::looked_at.eq(saved.looked_at.map(|at| at.naive_utc())),
            saved_searches::look_at.eq(saved.look_at.map(|at| at.naive_utc())),
        ))
        .execute(tx.conn)?;
    let own = saved_searches::table.filter(saved_searches::uid.eq(uid.to_vec()));
    Ok(own.select(saved_searches::id).first(tx.conn)?)
}

/// An officer's searches, the oldest first.
pub fn of_user(conn: &mut AnyConn, seal: &Seal, user: UserId) -> Stored<Vec<Saved>> {
    let rows = saved_searches::table
        .filter(saved_searches::user_id.eq(user))
        .order(saved_searches::id)
        .select(Row::as_select())
        .load::<Row>(conn)?;
    rows.into_iter().map(|row| row.saved(seal)).collect()
}

/// A search of that officer's.
pub fn own(conn: &mut AnyConn, seal: &Seal, user: UserId, id: SavedId) -> Stored<Saved> {
    let row = saved_searches::table
        .filter(saved_searches::id.eq(id).and(saved_searches::user_id.eq(user)))
        .select(Row::as_select())
        .first(conn)
        .optional()?;
    row.ok_or(StoreError::NotFound)?.saved(seal)
}

/// Searches that are to be looked at, the longest due first. One that cannot be read stands in the
/// log and hides no other.
pub fn due(conn: &mut AnyConn, seal: &Seal, now: Moment, limit: i64) -> Stored<Vec<Saved>> {
    let rows = saved_searches::table
        .filter(saved_searches::look_at.le(now.naive_utc()))
        .order((saved_searches::look_at, saved_searches::id))
        .limit(limit)
        .select(Row::as_select())
        .load::<Row>(conn)?;
    let mut out = Vec::with_capacity(rows.len());
    for row in rows {
        let id = row.id;
        match row.saved(seal) {
            Ok(saved) => out.push(saved),
            Err(error) => tracing::error!(%error, search = id, "a kept search cannot be read"),
        }
    }
    Ok(out)
}

/// Writes another alert, and what the search holds now.
pub fn change(conn: &mut AnyConn, saved: &Saved) -> Stored<()> {
    let row = saved_searches::id.eq(saved.id).and(saved_searches::user_id.eq(saved.user));
    diesel::update(saved_searches::table.filter(row))
        .set((
            saved_searches::alert.eq(saved.wish.alert.word()),
            saved_searches::threshold.eq(saved.wish.threshold),
            saved_searches::held.eq(saved.held.as_ref().map(json).transpose()?),
            saved_searches::is_over.eq(saved.is_over),
            saved_searches::is_broken.eq(saved.is_broken),
            saved_searches::looked_at.eq(saved.looked_at.map(|at| at.naive_utc())),
            saved_searches::look_at.eq(saved.look_at.map(|at| at.naive_utc())),
        ))
        .execute(conn)?;
    Ok(())
}

/// Writes what a look has found, if the look is still due: nobody else has looked or changed the
/// alert since. Whether it was.
pub fn looked(conn: &mut AnyConn, saved: &Saved, was_due: Moment) -> Stored<bool> {
    let due = saved_searches::look_at.eq(Some(was_due.naive_utc()));
    let row = saved_searches::table.filter(saved_searches::id.eq(saved.id)).filter(due);
    if row.select(saved_searches::id).first::<i64>(conn).optional()?.is_none() {
        return Ok(false);
    }
    change(conn, saved)?;
    Ok(true)
}

/// Keeps it no longer; whether it was there.
pub fn remove(conn: &mut AnyConn, user: UserId, id: SavedId) -> Stored<bool> {
    let own = saved_searches::id.eq(id).and(saved_searches::user_id.eq(user));
    Ok(diesel::delete(saved_searches::table.filter(own)).execute(conn)? == 1)
}
