//! The same submission twice is one case: keys of requests, kept as keyed hashes.

use chrono::{NaiveDateTime, TimeDelta};
use diesel::prelude::*;

use super::schema::idempotency;
use super::{AnyConn, Stored};
use crate::clock::Moment;
use crate::domain::case::CaseId;

/// A key is kept this long.
pub const KEPT_DAYS: i64 = 7;

/// The case that a key stands for, with the hash of the request that made it.
pub fn find(conn: &mut AnyConn, key: &[u8]) -> Stored<Option<(Vec<u8>, CaseId)>> {
    let row = idempotency::table
        .find(key)
        .select((idempotency::request_hash, idempotency::case_id))
        .first(conn)
        .optional()?;
    Ok(row)
}

/// Remembers a key, in the transaction of the case.
pub fn insert(
    conn: &mut AnyConn,
    key: &[u8],
    request: &[u8],
    case: CaseId,
    at: Moment,
) -> Stored<()> {
    diesel::insert_into(idempotency::table)
        .values((
            idempotency::key_hash.eq(key),
            idempotency::request_hash.eq(request),
            idempotency::case_id.eq(case),
            idempotency::created_at.eq(at.naive_utc()),
        ))
        .execute(conn)?;
    Ok(())
}

/// Forgets keys that are old enough.
pub fn sweep(conn: &mut AnyConn, now: Moment) -> Stored<usize> {
    let before: NaiveDateTime = (now - TimeDelta::days(KEPT_DAYS)).naive_utc();
    Ok(diesel::delete(idempotency::table.filter(idempotency::created_at.lt(before)))
        .execute(conn)?)
}
