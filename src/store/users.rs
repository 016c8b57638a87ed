//! Users: officers, leaders, overseers, administrators.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::cases::word;
use super::schema::{sessions, tokens, users};
use super::{AnyConn, Stored};
use crate::clock::Moment;
use crate::domain::user::{User, UserId};

#[derive(Queryable)]
struct UserRow {
    id: i64,
    email: String,
    name: String,
    role: String,
    agency_id: Option<i64>,
    confidential: bool,
    password_hash: String,
    must_change_password: bool,
    notify_triage: bool,
    language: String,
    _created_at: NaiveDateTime,
    disabled_at: Option<NaiveDateTime>,
}

/// A user with the hash of the password.
#[derive(Debug, Clone)]
pub struct StoredUser {
    pub user: User,
    pub password_hash: String,
}

fn stored(row: UserRow) -> Stored<StoredUser> {
    let user = User {
        id: row.id,
        email: row.email,
        name: row.name,
        role: word(&row.role)?,
        agency: row.agency_id,
        confidential: row.confidential,
        must_change_password: row.must_change_password,
        notify_triage: row.notify_triage,
        language: row.language,
        disabled: row.disabled_at.is_some(),
    };
    Ok(StoredUser { user, password_hash: row.password_hash })
}

/// Adds a user; the id of `user` is ignored. `Duplicate` when the address is taken.
pub fn insert(conn: &mut AnyConn, user: &User, password_hash: &str, at: Moment) -> Stored<UserId> {
    let id = diesel::insert_into(users::table)
        .values((
            users::email.eq(&user.email),
            users::name.eq(&user.name),
            users::role.eq(user.role.word()),
            users::agency_id.eq(user.agency),
            users::confidential.eq(user.confidential),
            users::password_hash.eq(password_hash),
            users::must_change_password.eq(user.must_change_password),
            users::notify_triage.eq(user.notify_triage),
            users::language.eq(&user.language),
            users::created_at.eq(at.naive_utc()),
        ))
        .returning(users::id)
        .get_result(conn)?;
    Ok(id)
}

/// Writes what an administrator may change of a user; not the password.
pub fn update(conn: &mut AnyConn, user: &User) -> Stored<()> {
    diesel::update(users::table.find(user.id))
        .set((
            users::name.eq(&user.name),
            users::role.eq(user.role.word()),
            users::agency_id.eq(user.agency),
            users::confidential.eq(user.confidential),
            users::notify_triage.eq(user.notify_triage),
            users::language.eq(&user.language),
        ))
        .execute(conn)?;
    Ok(())
}

/// Sets a password's hash.
pub fn set_password(conn: &mut AnyConn, id: UserId, hash: &str, must_change: bool) -> Stored<()> {
    diesel::update(users::table.find(id))
        .set((users::password_hash.eq(hash), users::must_change_password.eq(must_change)))
        .execute(conn)?;
    Ok(())
}

/// Ends a user's sessions and tokens; the rows stay.
pub fn disable(conn: &mut AnyConn, id: UserId, at: Moment) -> Stored<()> {
    diesel::update(users::table.find(id))
        .set(users::disabled_at.eq(Some(at.naive_utc())))
        .execute(conn)?;
    diesel::delete(sessions::table.filter(sessions::user_id.eq(id))).execute(conn)?;
    diesel::update(tokens::table.filter(tokens::user_id.eq(id).and(tokens::revoked_at.is_null())))
        .set(tokens::revoked_at.eq(Some(at.naive_utc())))
        .execute(conn)?;
    Ok(())
}

/// Lets a disabled user in again.
pub fn enable(conn: &mut AnyConn, id: UserId) -> Stored<()> {
    diesel::update(users::table.find(id))
        .set(users::disabled_at.eq(None::<NaiveDateTime>))
        .execute(conn)?;
    Ok(())
}

/// By e-mail, in lower case.
pub fn by_email(conn: &mut AnyConn, email: &str) -> Stored<Option<StoredUser>> {
    let row = users::table
        .filter(users::email.eq(email.to_lowercase()))
        .first::<UserRow>(conn)
        .optional()?;
    row.map(stored).transpose()
}

/// By id.
pub fn by_id(conn: &mut AnyConn, id: UserId) -> Stored<StoredUser> {
    stored(users::table.find(id).first::<UserRow>(conn)?)
}

/// All users, by name.
pub fn all(conn: &mut AnyConn) -> Stored<Vec<User>> {
    let rows = users::table.order((users::name, users::id)).load::<UserRow>(conn)?;
    rows.into_iter().map(|row| stored(row).map(|s| s.user)).collect()
}

/// Triage officers and administrators who asked for mail about cases that wait for a decision.
pub fn to_notify(conn: &mut AnyConn) -> Stored<Vec<User>> {
    let rows = users::table
        .filter(users::notify_triage.eq(true).and(users::disabled_at.is_null()))
        .order(users::id)
        .load::<UserRow>(conn)?;
    rows.into_iter().map(|row| stored(row).map(|s| s.user)).collect()
}
