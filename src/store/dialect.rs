//! What the two databases say differently, and nothing else.

use diesel::RunQueryDsl;
use diesel::sql_types::{BigInt, Text};

use super::{AnyConn, Stored};

/// The name of the advisory lock that makes the change log's order the order of commits.
const CHANGES_LOCK: i64 = 0x6461_6e67_7661_6e01;

/// On PostgreSQL, holds the lock of the change log to the end of the transaction; SQLite has one
/// writer anyway.
pub(super) fn lock_changes(conn: &mut AnyConn) -> Stored<()> {
    if let AnyConn::Pg(_) = conn {
        diesel::sql_query("SELECT pg_advisory_xact_lock($1)")
            .bind::<BigInt, _>(CHANGES_LOCK)
            .execute(conn)?;
    }
    Ok(())
}

/// Does the database's message speak of the disk? Neither database gives these a kind of their own.
pub(super) fn is_disk(message: &str) -> bool {
    ["disk is full", "disk I/O error", "No space left", "could not extend", "readonly database"]
        .iter()
        .any(|sign| message.contains(sign))
}

/// Gives PostgreSQL's sequences the place after explicitly inserted ids.
pub(super) fn after_explicit_ids(conn: &mut AnyConn, table: &str) -> Stored<()> {
    if let AnyConn::Pg(_) = conn {
        let sql = format!(
            "SELECT setval(pg_get_serial_sequence($1, 'id'), \
             COALESCE((SELECT MAX(id) FROM {table}), 1))"
        );
        diesel::sql_query(sql).bind::<Text, _>(table).execute(conn)?;
    }
    Ok(())
}
