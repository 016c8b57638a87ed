//! A row that is written over and over: whether the database can write as much as a case.

use diesel::prelude::*;

use super::schema::leases;
use super::{AnyConn, Stored};
use crate::clock::Moment;

/// The name of the row.
const PROBE: &str = "probe";
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
