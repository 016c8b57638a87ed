//! Who is asking: an officer by session or token.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpMessage, HttpRequest};

use super::ask::{self, Ask};
use super::failure::{Failure, Kind};
use crate::domain::user::User;
use crate::flow::sign_in;

/// The cookie over TLS; the prefix binds it to this host and path.
const COOKIE_TLS: &str = "__Host-session";
/// The cookie over plain HTTP, for a trial on one's own machine.
const COOKIE_PLAIN: &str = "session";

/// The session cookie's name for how the service is reached.
pub fn cookie_name(public_url: &str) -> &'static str {
    if public_url.starts_with("https://") { COOKIE_TLS } else { COOKIE_PLAIN }
}

/// Who asks, for the page of a failure: it stands in the same frame as the pages around it.
pub struct Known(pub User);

/// A signed-in user.
#[derive(Debug, Clone)]
pub struct Signed {
    pub user: User,
    /// The session's secret; `None` with a token.
    pub session: Option<String>,
}

impl FromRequest for Signed {
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Signed, Failure>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let ask = ask::of(&request)?;
            match maybe(&ask, &request).await? {
                Some(signed) => Ok(signed),
                None => Err(Failure::new(Kind::Unauthorized)),
            }
        })
    }
}

/// Who is asking, if somebody has signed in. A token that is not known is refused; a session that
/// has ended is not there.
pub async fn maybe(ask: &Ask, request: &HttpRequest) -> Result<Option<Signed>, Failure> {
    if let Some(token) = bearer(request) {
        let user = sign_in::user_of_token(&ask.context, token.to_owned()).await?;
        let mut user = user.ok_or_else(|| Failure::new(Kind::Unauthorized))?;
        // A token is no password: whoever has one need not change anything first.
        user.must_change_password = false;
        return Ok(Some(Signed { user, session: None }));
    }
    let name = cookie_name(&ask.app.config.public_url);
    let Some(secret) = request.cookie(name).map(|c| c.value().to_owned()) else {
        return Ok(None);
    };
    let user = sign_in::user_of_session(&ask.context, secret.clone()).await?;
    if let Some(user) = &user {
        request.extensions_mut().insert(Known(user.clone()));
    }
    Ok(user.map(|user| Signed { user, session: Some(secret) }))
}

/// The token of `Authorization: Bearer` (RFC 6750).
pub fn bearer(request: &HttpRequest) -> Option<&str> {
    let header = request.headers().get(AUTHORIZATION)?.to_str().ok()?;
    header.strip_prefix("Bearer ").map(str::trim)
}
