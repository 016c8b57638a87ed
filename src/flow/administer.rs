//! What administrators change: users, agencies' contacts, the machine's mode for a category. The
//! command line and the pages share it.

use super::{Context, FlowError};
use crate::auth::password::{self, Cost};
use crate::clock::Moment;
use crate::domain::administration::{Contacts, UserDraft};
use crate::domain::agency::AgencyId;
use crate::domain::error::{FieldError, Refusal, Rule};
use crate::domain::taxonomy::{Category, Mode};
use crate::domain::user::{User, UserId};
use crate::store::{StoreError, Tx, agencies, outbox, packs, sessions, users};

/// A password for one use, and its hash: shown once, never stored.
pub fn one_time_password() -> Result<(String, String), FlowError> {
    let secret = password::one_time_password()?;
    let hash = password::hash(&secret, Cost::SERVICE);
    Ok((secret, hash.map_err(|e| StoreError::Corrupt(e.to_string()))?))
}

/// Writes a new user. `Taken` where the address has one already.
pub fn insert_user(
    tx: &mut Tx<'_>,
    draft: UserDraft,
    language: String,
    (hash, is_one_time): (&str, bool),
    now: Moment,
) -> Result<UserId, FlowError> {
    let user = User {
        id: 0,
        email: draft.email,
        name: draft.name,
        role: draft.role,
        agency: draft.agency,
        confidential: draft.confidential,
        must_change_password: is_one_time,
        notify_triage: draft.notify_triage,
        language,
        disabled: false,
    };
    match users::insert(tx.conn, &user, hash, now) {
        Err(StoreError::Duplicate) => Err(FlowError::field(FieldError::new("email", Rule::Taken))),
        other => Ok(other?),
    }
}

/// Sets a one-time password and ends the user's sessions.
pub fn reset_password(tx: &mut Tx<'_>, user: UserId, hash: &str) -> Result<(), FlowError> {
    users::set_password(tx.conn, user, hash, true)?;
    Ok(sessions::end_others(tx.conn, user, None)?)
}

/// Adds a user; the one-time password is returned once.
pub async fn add_user(context: &Context, draft: UserDraft) -> Result<(UserId, String), FlowError> {
    let (secret, hash) = super::off_thread(one_time_password).await??;
    let (now, language) = (context.now, context.rules.default_language().to_owned());
    let added = context
        .store
        .write(move |tx| insert_user(tx, draft, language, (hash.as_str(), true), now))
        .await?;
    tracing::info!(user = added, "a user was added");
    Ok((added, secret))
}

/// Changes name, role, agency and rights; the address names the user and stays.
pub async fn change_user(
    context: &Context,
    by: UserId,
    id: UserId,
    draft: UserDraft,
) -> Result<(), FlowError> {
    let faults = draft.faults_of_own(by, id);
    if !faults.is_empty() {
        return Err(Refusal::Invalid(faults).into());
    }
    context
        .store
        .write(move |tx| {
            let known = users::by_id(tx.conn, id)?.user;
            let UserDraft { name, role, agency, confidential, notify_triage, .. } = draft;
            let user = User { name, role, agency, confidential, notify_triage, ..known };
            Ok::<_, FlowError>(users::update(tx.conn, &user)?)
        })
        .await?;
    tracing::info!(user = id, by, "a user was changed");
    Ok(())
}

/// Gives a user a new one-time password, returned once; the user's sessions end.
pub async fn new_password(context: &Context, id: UserId) -> Result<String, FlowError> {
    let (secret, hash) = super::off_thread(one_time_password).await??;
    context.store.write(move |tx| reset_password(tx, id, &hash)).await?;
    tracing::info!(user = id, "a one-time password was made");
    Ok(secret)
}

/// Ends a user's sessions and tokens, or lets the user in again; nobody shuts out themselves.
pub async fn set_disabled(
    context: &Context,
    by: UserId,
    id: UserId,
    disabled: bool,
) -> Result<(), FlowError> {
    if by == id {
        return Err(Refusal::Forbidden.into());
    }
    let now = context.now;
    context
        .store
        .write(move |tx| match disabled {
            true => Ok::<_, FlowError>(users::disable(tx.conn, id, now)?),
            false => Ok(users::enable(tx.conn, id)?),
        })
        .await?;
    tracing::info!(user = id, by, disabled, "a user was disabled or let in again");
    Ok(())
}

/// Writes an agency's contacts. Mails that had waited for an address are sent now; returns how
/// many.
pub async fn set_contacts(
    context: &Context,
    id: AgencyId,
    contacts: Contacts,
) -> Result<usize, FlowError> {
    let now = context.now;
    let waiting = context
        .store
        .write(move |tx| {
            let Contacts { email, phone, address } = contacts;
            agencies::set_contacts(tx.conn, id, [email, phone, address])?;
            packs::rules_changed(tx.conn)?;
            Ok::<_, FlowError>(outbox::agency_found(tx.conn, id, now)?)
        })
        .await?;
    tracing::info!(agency = id, waiting, "an agency's contacts were changed");
    Ok(waiting)
}

/// Sets what the machine may do by itself in these categories.
pub async fn set_modes(
    context: &Context,
    by: UserId,
    modes: Vec<(String, Mode)>,
) -> Result<(), FlowError> {
    let (rules, now) = (context.rules.clone(), context.now);
    context
        .store
        .write(move |tx| {
            for (code, mode) in modes {
                let known = rules.category(&code).ok_or(StoreError::NotFound)?;
                let mode_since = Some(now);
                let category = Category { mode, mode_since, fell_back: false, ..known.clone() };
                packs::replace(tx.conn, "category", &code, &category, Some(by), now)?;
            }
            Ok::<_, FlowError>(())
        })
        .await
}

/// Puts a mail that was refused, or had no address, back into the queue.
pub async fn send_again(context: &Context, id: i64) -> Result<(), FlowError> {
    let now = context.now;
    context.store.write(move |tx| Ok(outbox::send_again(tx.conn, id, now)?)).await
}
