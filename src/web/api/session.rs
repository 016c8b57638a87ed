//! Signing in and out, who I am, my password.

use actix_web::cookie::{Cookie, SameSite, time::Duration};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use super::must_be_json;
use crate::domain::user::User;
use crate::domain::view;
use crate::flow::{FlowError, sign_in};
use crate::intake::fields::{Fields, Length};
use crate::store::sessions::ABSOLUTE_HOURS;
use crate::web::ask::Ask;
use crate::web::failure::Failure;
use crate::web::identity::{Signed, cookie_name};
use crate::web::limits::Limits;

/// Longer is no password and no address.
pub const TYPED: Length = Length { min: 1, max: 400 };

/// Signs in with fields of JSON or of the form; counts failures.
pub async fn open(
    ask: &Ask,
    limits: &Limits,
    mut fields: Fields,
) -> Result<(User, Cookie<'static>), Failure> {
    let email = fields.required_text("email", TYPED);
    let password = fields.required_text("password", TYPED);
    let (email, password) = fields.finish(email.zip(password))?;
    let now = ask.context.now;
    limits.may_sign_in(&email, &ask.client, now)?;
    match sign_in::sign_in(&ask.context, email.clone(), password).await {
        Ok((user, secret)) => Ok((user, cookie(ask, secret, ABSOLUTE_HOURS))),
        Err(FlowError::NotSignedIn) => {
            limits.sign_in_failed(&email, &ask.client, now);
            Err(FlowError::NotSignedIn.into())
        }
        Err(error) => Err(error.into()),
    }
}

fn cookie(ask: &Ask, secret: String, hours: i64) -> Cookie<'static> {
    let url = &ask.app.config.public_url;
    Cookie::build(cookie_name(url), secret)
        .path("/")
        .http_only(true)
        .secure(url.starts_with("https://"))
        .same_site(SameSite::Lax)
        .max_age(Duration::hours(hours))
        .finish()
}

/// `POST /api/v1/session`
pub async fn create(
    ask: Ask,
    limits: web::Data<Limits>,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Failure> {
    must_be_json(&request, &body)?;
    let (user, cookie) = open(&ask, &limits, Fields::of_json(&body)?).await?;
    Ok(HttpResponse::Created().cookie(cookie).json(me_json(&ask, &user)))
}

/// `DELETE /api/v1/session`
pub async fn delete(ask: Ask, signed: Signed) -> Result<HttpResponse, Failure> {
    Ok(HttpResponse::NoContent().cookie(close(&ask, signed).await?).finish())
}

/// Ends the session; the cookie returned removes the browser's.
pub async fn close(ask: &Ask, signed: Signed) -> Result<Cookie<'static>, Failure> {
    if let Some(secret) = signed.session {
        sign_in::sign_out(&ask.context, secret).await?;
    }
    Ok(cookie(ask, String::new(), 0))
}

/// `GET /api/v1/me`
pub async fn me(ask: Ask, signed: Signed) -> HttpResponse {
    HttpResponse::Ok().json(me_json(&ask, &signed.user))
}

/// `POST /api/v1/me/password`
pub async fn password(
    ask: Ask,
    signed: Signed,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Failure> {
    must_be_json(&request, &body)?;
    change_password(&ask, signed, Fields::of_json(&body)?).await?;
    Ok(HttpResponse::NoContent().finish())
}

/// Changes the own password from fields of JSON or of the form.
pub async fn change_password(ask: &Ask, signed: Signed, mut fields: Fields) -> Result<(), Failure> {
    let present = fields.required_text("password", TYPED);
    let new = fields.required_text("new_password", TYPED);
    let (present, new) = fields.finish(present.zip(new))?;
    let Signed { user, session } = signed;
    sign_in::change_password(&ask.context, user, present, new, session).await?;
    Ok(())
}

fn me_json(ask: &Ask, user: &User) -> serde_json::Value {
    json!({
        "id": user.id,
        "email": user.email,
        "name": user.name,
        "role": user.role,
        "agency": view::agency_name(&ask.context.rules, user.agency, &ask.language),
        "confidential": user.confidential,
        "must_change_password": user.must_change_password,
    })
}
