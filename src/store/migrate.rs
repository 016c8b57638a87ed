//! The embedded migrations: two folders with the same names, one per database.

use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::{AnyConn, StoreError, Stored};

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Brings the schema up to date.
pub(super) fn up(conn: &mut AnyConn) -> Stored<()> {
    let ran = match conn {
        AnyConn::Sqlite(c) => c.run_pending_migrations(SQLITE).map(|done| done.len()),
        AnyConn::Pg(c) => c.run_pending_migrations(POSTGRES).map(|done| done.len()),
    };
    let done = ran.map_err(|e| StoreError::Migration(e.to_string()))?;
    if done > 0 {
        tracing::info!(migrations = done, "the schema is up to date");
    }
    Ok(())
}

/// Takes every migration back.
pub(super) fn down(conn: &mut AnyConn) -> Stored<()> {
    let ran = match conn {
        AnyConn::Sqlite(c) => c.revert_all_migrations(SQLITE).map(|done| done.len()),
        AnyConn::Pg(c) => c.revert_all_migrations(POSTGRES).map(|done| done.len()),
    };
    ran.map_err(|e| StoreError::Migration(e.to_string())).map(|_| ())
}
