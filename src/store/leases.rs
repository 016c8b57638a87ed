//! Row leases for tasks that one process at a time may run, and when each task last succeeded.

use chrono::{NaiveDateTime, TimeDelta};
use diesel::prelude::*;

use super::schema::leases;
use super::{AnyConn, Stored};
use crate::clock::Moment;

/// The name under which a probe writes; no task has it.
const PROBE: &str = "probe";
/// A lease holds this long unless it is renewed.
pub const LEASE_SECONDS: i64 = 60;

/// Takes or renews the lease; `false` when another process holds it.
pub fn take(conn: &mut AnyConn, name: &str, holder: &str, now: Moment) -> Stored<bool> {
    let until = (now + TimeDelta::seconds(LEASE_SECONDS)).naive_utc();
    let found = leases::table
        .find(name)
        .select((leases::holder, leases::until_at))
        .first::<(String, NaiveDateTime)>(conn)
        .optional()?;
    match found {
        Some((other, held)) if other != holder && held > now.naive_utc() => return Ok(false),
        Some(_) => {
            diesel::update(leases::table.find(name))
                .set((leases::holder.eq(holder), leases::until_at.eq(until)))
                .execute(conn)?;
        }
        None => {
            diesel::insert_into(leases::table)
                .values((
                    leases::name.eq(name),
                    leases::holder.eq(holder),
                    leases::until_at.eq(until),
                ))
                .execute(conn)?;
        }
    }
    Ok(true)
}

/// Notes that the task has succeeded.
pub fn succeeded(conn: &mut AnyConn, name: &str, now: Moment) -> Stored<()> {
    diesel::update(leases::table.find(name))
        .set(leases::last_success_at.eq(Some(now.naive_utc())))
        .execute(conn)?;
    Ok(())
}

/// A case takes about as much room as this: its row, its texts, its letters, their indexes.
const PROBE_BYTES: usize = 32 * 1024;

/// Writes as much as a case, in a place where it is written over the next time.
pub fn probe(conn: &mut AnyConn, now: Moment) -> Stored<()> {
    let filler = (leases::holder.eq("-".repeat(PROBE_BYTES)), leases::until_at.eq(now.naive_utc()));
    let changed = diesel::update(leases::table.find(PROBE)).set(filler.clone()).execute(conn)?;
    if changed == 0 {
        diesel::insert_into(leases::table)
            .values((leases::name.eq(PROBE), filler))
            .execute(conn)?;
    }
    Ok(())
}

/// Lets a lease go, at a stop.
pub fn release(conn: &mut AnyConn, holder: &str, now: Moment) -> Stored<()> {
    diesel::update(leases::table.filter(leases::holder.eq(holder)))
        .set(leases::until_at.eq(now.naive_utc()))
        .execute(conn)?;
    Ok(())
}
