//! The embedded migrations: two folders with the same names, one per database.

use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{AnyConn, StoreError, Stored, conn, dialect};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Brings the schema up to date. Of several processes that start together one migrates, in one
/// transaction; the others wait for it and find nothing left to do.
pub(super) fn up(conn: &mut AnyConn) -> Stored<()> {
    let begin = match conn {
        AnyConn::Sqlite(_) => "BEGIN IMMEDIATE",
        AnyConn::Pg(_) => "BEGIN",
    };
    conn::begin_with(conn, begin)?;
    let ran = dialect::lock_changes(conn).and_then(|()| run(conn));
    conn::end(conn, ran.is_ok())?;
    let done = ran?;
    if done > 0 {
        tracing::info!(migrations = done, "the schema is up to date");
    }
    Ok(())
}

fn run(conn: &mut AnyConn) -> Stored<usize> {
    let ran = match conn {
        AnyConn::Sqlite(c) => c.run_pending_migrations(SQLITE).map(|done| done.len()),
        AnyConn::Pg(c) => c.run_pending_migrations(POSTGRES).map(|done| done.len()),
    };
    ran.map_err(|e| StoreError::Migration(e.to_string()))
}

/// Takes every migration back.
pub(super) fn down(conn: &mut AnyConn) -> Stored<()> {
    let ran = match conn {
        AnyConn::Sqlite(c) => c.revert_all_migrations(SQLITE).map(|done| done.len()),
        AnyConn::Pg(c) => c.revert_all_migrations(POSTGRES).map(|done| done.len()),
    };
    ran.map_err(|e| StoreError::Migration(e.to_string())).map(|_| ())
}
