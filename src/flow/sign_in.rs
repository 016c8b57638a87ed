//! Signing in and out: sessions, tokens, the own password.

use super::{Context, FlowError};
use crate::auth::password::{self, Cost};
use crate::auth::token;
use crate::domain::error::{FieldError, Rule};
use crate::domain::user::{User, UserId};
use crate::store::{AnyConn, StoreError, Stored, sessions, users};

/// How long a new password may be, in characters.
pub const NEW_PASSWORD_CHARS: (usize, usize) = (password::CHARS_MIN, password::CHARS_MAX);

/// Opens a session; the secret is returned once. Unknown, disabled and wrong take the same time and
/// say the same.
pub async fn sign_in(
    context: &Context,
    email: String,
    password: String,
) -> Result<(User, String), FlowError> {
    let found = context.store.read(move |conn| users::by_email(conn, &email)).await;
    let found = found.map_err(|e: StoreError| FlowError::Store(e))?;
    let hash = found.as_ref().map(|f| f.password_hash.clone());
    let right =
        super::off_thread(move || password::verify(&password, hash.as_deref(), Cost::SERVICE))
            .await?;
    let user = found.map(|f| f.user).filter(|user| right && !user.disabled);
    let user = user.ok_or(FlowError::NotSignedIn)?;
    let secret = token::new_token()?;
    let hash = token::token_hash(context.store.seal(), &secret);
    let (id, now) = (user.id, context.now);
    context
        .store
        .write(move |tx| Ok::<_, FlowError>(sessions::open(tx.conn, &hash, id, now)?))
        .await?;
    Ok((user, secret))
}

/// Ends a session.
pub async fn sign_out(context: &Context, secret: String) -> Result<(), FlowError> {
    let hash = token::token_hash(context.store.seal(), &secret);
    context.store.write(move |tx| Ok(sessions::end(tx.conn, &hash)?)).await
}

/// Whose session it is, if it is alive.
pub async fn user_of_session(context: &Context, secret: String) -> Result<Option<User>, FlowError> {
    let hash = token::token_hash(context.store.seal(), &secret);
    let (key, now) = (hash.clone(), context.now);
    let found = context
        .store
        .read(move |conn| match sessions::find(conn, &key, now)? {
            Some((id, is_stale)) => Ok::<_, FlowError>(Some((user(conn, id)?, is_stale))),
            None => Ok(None),
        })
        .await?;
    let Some((user, is_stale)) = found else { return Ok(None) };
    if is_stale {
        let touched = context.store.write(move |tx| sessions::touch(tx.conn, &hash, now));
        match touched.await {
            // A full disk keeps nobody from reading; the moment is written with the next request.
            Err(error) if error.is_temporary() => {
                tracing::warn!(%error, "the time of a session's last request was not written");
            }
            other => other?,
        }
    }
    Ok(Some(user))
}

/// Whose API token it is, if it is alive.
pub async fn user_of_token(context: &Context, secret: String) -> Result<Option<User>, FlowError> {
    let hash = token::token_hash(context.store.seal(), &secret);
    let now = context.now;
    context
        .store
        .read(move |conn| match sessions::find_token(conn, &hash, now)? {
            Some(id) => Ok(Some(user(conn, id)?)),
            None => Ok(None),
        })
        .await
}

fn user(conn: &mut AnyConn, id: UserId) -> Stored<User> {
    Ok(users::by_id(conn, id)?.user)
}

/// Changes the own password: the present one must be right; other sessions end.
pub async fn change_password(
    context: &Context,
    user: User,
    present: String,
    new: String,
    keep_session: Option<String>,
) -> Result<(), FlowError> {
    password::check("new_password", &new, &user.email, &user.name).map_err(FlowError::field)?;
    if new == present {
        return Err(FlowError::field(FieldError::new("new_password", Rule::Unchanged)));
    }
    let id = user.id;
    let stored =
        context.store.read(move |conn| Ok::<_, FlowError>(users::by_id(conn, id)?)).await?;
    let hashed = super::off_thread(move || {
        if !password::verify(&present, Some(&stored.password_hash), Cost::SERVICE) {
            return Ok(None);
        }
        password::hash(&new, Cost::SERVICE).map(Some)
    })
    .await?;
    let hashed = hashed.map_err(|e| StoreError::Corrupt(e.to_string()))?;
    let wrong = || FlowError::field(FieldError::new("password", Rule::WrongPassword));
    let hash = hashed.ok_or_else(wrong)?;
    let keep = keep_session.map(|secret| token::token_hash(context.store.seal(), &secret));
    context
        .store
        .write(move |tx| {
            users::set_password(tx.conn, id, &hash, false)?;
            Ok(sessions::end_others(tx.conn, id, keep.as_deref())?)
        })
        .await
}
