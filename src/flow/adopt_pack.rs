//! The first start on an empty database: the pack becomes rows, and the first administrator is
//! made.

use super::FlowError;
use crate::clock::Moment;
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::letter::Letter;
use crate::domain::user::{Role, User};
use crate::store::{Store, packs, users};

/// The address of the first administrator.
pub const FIRST_ADMIN: &str = "admin@localhost";

/// Gives a database that an older release filled the letters that this one writes and it lacks, as
/// the pack has them. Returns how many were added.
pub fn add_letters(store: &Store, pack: &Jurisdiction, now: Moment) -> Result<usize, FlowError> {
    let letters = pack.letters.clone();
    store.write_blocking(move |tx| {
        let missing = packs::missing_letters(tx.conn)?;
        let is_missing = |l: &Letter| missing.contains(&(l.kind, l.language.clone()));
        let added: Vec<Letter> = letters.into_iter().filter(is_missing).collect();
        if !added.is_empty() {
            packs::add_letters(tx.conn, &added, now)?;
        }
        Ok(added.len())
    })
}

/// Fills the database from the pack if it is empty. `password_hash` is the first administrator's
/// one-time password's. Returns whether it was empty: two processes may try at the same time, and
/// one of them fills it.
pub fn adopt(
    store: &Store,
    pack: Jurisdiction,
    password_hash: String,
    now: Moment,
) -> Result<bool, FlowError> {
    store.write_blocking(move |tx| {
        if packs::installation(tx.conn)?.is_some() {
            return Ok(false);
        }
        packs::fill(tx.conn, &pack, now)?;
        let admin = User {
            id: 0,
            email: FIRST_ADMIN.to_owned(),
            name: "Administrator".to_owned(),
            role: Role::Admin,
            agency: None,
            // Until somebody has the right, the first administrator does; `/admin` asks for one.
            confidential: true,
            must_change_password: true,
            notify_triage: false,
            language: pack.default_language().to_owned(),
            disabled: false,
        };
        users::insert(tx.conn, &admin, &password_hash, now)?;
        Ok(true)
    })
}
