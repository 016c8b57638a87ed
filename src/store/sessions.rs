//! Sessions and API tokens, by the keyed hash of their secret.

use chrono::{NaiveDateTime, TimeDelta};
use diesel::prelude::*;

use super::schema::{sessions, tokens, users};
use super::{AnyConn, Stored};
use crate::clock::Moment;
use crate::domain::user::UserId;

/// A session ends after this long without a request.
pub const IDLE_HOURS: i64 = 10;
/// A session ends after this long in any case.
pub const ABSOLUTE_HOURS: i64 = 72;
/// The time of the last request is written at most this often.
const SEEN_EVERY_SECONDS: i64 = 60;

/// Opens a session.
pub fn open(conn: &mut AnyConn, hash: &[u8], user: UserId, now: Moment) -> Stored<()> {
    let expires = now + TimeDelta::hours(ABSOLUTE_HOURS);
    diesel::insert_into(sessions::table)
        .values((
            sessions::token_hash.eq(hash),
            sessions::user_id.eq(user),
            sessions::created_at.eq(now.naive_utc()),
            sessions::seen_at.eq(now.naive_utc()),
            sessions::expires_at.eq(expires.naive_utc()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Whose session it is, and whether the time of the last request should be written.
pub fn find(conn: &mut AnyConn, hash: &[u8], now: Moment) -> Stored<Option<(UserId, bool)>> {
    let row = sessions::table
        .inner_join(users::table.on(users::id.eq(sessions::user_id)))
        .filter(sessions::token_hash.eq(hash).and(users::disabled_at.is_null()))
        .select((sessions::user_id, sessions::seen_at, sessions::expires_at))
        .first::<(i64, NaiveDateTime, NaiveDateTime)>(conn)
        .optional()?;
    Ok(row.and_then(|(user, seen, expires)| {
        let idle = now - seen.and_utc();
        let alive = expires.and_utc() > now && idle < TimeDelta::hours(IDLE_HOURS);
        // A moment ahead was written by a clock that ran ahead: it would stretch the idle time.
        let is_stale = idle.abs() > TimeDelta::seconds(SEEN_EVERY_SECONDS);
        alive.then_some((user, is_stale))
    }))
}

/// Writes that the session is in use.
pub fn touch(conn: &mut AnyConn, hash: &[u8], now: Moment) -> Stored<()> {
    diesel::update(sessions::table.filter(sessions::token_hash.eq(hash)))
        .set(sessions::seen_at.eq(now.naive_utc()))
        .execute(conn)?;
    Ok(())
}

/// Ends a session.
pub fn end(conn: &mut AnyConn, hash: &[u8]) -> Stored<()> {
    diesel::delete(sessions::table.filter(sessions::token_hash.eq(hash))).execute(conn)?;
    Ok(())
}

/// Ends all sessions of a user but one.
pub fn end_others(conn: &mut AnyConn, user: UserId, keep: Option<&[u8]>) -> Stored<()> {
    let of_user = sessions::user_id.eq(user);
    match keep {
        Some(hash) => {
            let others = of_user.and(sessions::token_hash.ne(hash));
            diesel::delete(sessions::table.filter(others)).execute(conn)?
        }
        None => diesel::delete(sessions::table.filter(of_user)).execute(conn)?,
    };
    Ok(())
}

/// Removes what has expired.
pub fn sweep(conn: &mut AnyConn, now: Moment) -> Stored<usize> {
    let idle = (now - TimeDelta::hours(IDLE_HOURS)).naive_utc();
    let dead = sessions::expires_at.le(now.naive_utc()).or(sessions::seen_at.le(idle));
    Ok(diesel::delete(sessions::table.filter(dead)).execute(conn)?)
}

/// Adds an API token.
pub fn add_token(
    conn: &mut AnyConn,
    hash: &[u8],
    user: UserId,
    now: Moment,
    expires_at: Option<Moment>,
) -> Stored<()> {
    diesel::insert_into(tokens::table)
        .values((
            tokens::token_hash.eq(hash),
            tokens::user_id.eq(user),
            tokens::created_at.eq(now.naive_utc()),
            tokens::expires_at.eq(expires_at.map(|t| t.naive_utc())),
        ))
        .execute(conn)?;
    Ok(())
}

/// Whose token it is.
pub fn find_token(conn: &mut AnyConn, hash: &[u8], now: Moment) -> Stored<Option<UserId>> {
    let alive = tokens::revoked_at
        .is_null()
        .and(tokens::expires_at.is_null().or(tokens::expires_at.gt(Some(now.naive_utc()))));
    let user = tokens::table
        .inner_join(users::table.on(users::id.eq(tokens::user_id)))
        .filter(tokens::token_hash.eq(hash).and(users::disabled_at.is_null()))
        .filter(alive)
        .select(tokens::user_id)
        .first(conn)
        .optional()?;
    Ok(user)
}
