//! Officers come and go: signing in and out, the own password.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::form::{Errors, Typed, is_mendable};
use super::frame::{Frame, is_own_form, see_other};
use crate::domain::user::User;
use crate::web::api::session;
use crate::web::ask::Ask;
use crate::web::failure::{Failure, Kind};
use crate::web::identity::{self, Signed};
use crate::web::limits::Limits;

#[derive(Template)]
#[template(path = "sign_in.html")]
struct SignIn<'a> {
    f: &'a Frame,
    errors: &'a Errors,
    email: &'a str,
    next: &'a str,
}

#[derive(Template)]
#[template(path = "password.html")]
struct Password<'a> {
    f: &'a Frame,
    errors: &'a Errors,
    must: bool,
}

/// Only a path of this site is led to.
fn safe(next: &str) -> &str {
    let is_own = next.starts_with('/') && !next.starts_with("//") && !next.contains('\\');
    if is_own { next } else { "/desk" }
}

/// `GET /sign-in`
pub async fn form(ask: Ask, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let frame = Frame::new(&ask, &request, "sign-in-title")?;
    let pairs = crate::web::api::pairs(&request)?;
    let typed = Typed { pairs };
    let next = safe(typed.get("next"));
    frame.page(&SignIn { f: &frame, errors: &Errors::default(), email: "", next })
}

/// `POST /sign-in`
pub async fn sign_in(
    ask: Ask,
    limits: web::Data<Limits>,
    request: HttpRequest,
    form: web::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Failure> {
    let typed = Typed { pairs: form.into_inner() };
    let next = safe(typed.get("next")).to_owned();
    let mut errors = Errors::default();
    if is_own_form(&ask, &request, typed.get("token")) {
        match session::open(&ask, &limits, typed.fields()).await {
            Ok((user, cookie)) => return Ok(arrived(&user, &next, cookie)),
            Err(failure) if failure.kind == Kind::Unauthorized => {
                errors.whole(ask.say("sign-in-wrong"));
            }
            Err(failure) if is_mendable(&failure) => {
                errors = Errors::of_failure(&ask, &failure);
            }
            Err(failure) => return Err(failure),
        }
    } else {
        errors.whole(ask.say("form-token"));
    }
    let frame = Frame::new(&ask, &request, "sign-in-title")?;
    let page = SignIn { f: &frame, errors: &errors, email: typed.get("email"), next: &next };
    frame.form(&errors, &page)
}

fn arrived(user: &User, next: &str, cookie: actix_web::cookie::Cookie<'_>) -> HttpResponse {
    let to = if user.must_change_password { "/password" } else { next };
    let mut response = see_other(to);
    // A cookie that cannot be set leaves the officer at the sign-in page, which says so.
    if let Err(error) = response.add_cookie(&cookie) {
        tracing::error!(%error, "the session's cookie cannot be set");
    }
    response
}

/// `POST /sign-out`
pub async fn sign_out(
    ask: Ask,
    signed: Signed,
    request: HttpRequest,
    form: web::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Failure> {
    let typed = Typed { pairs: form.into_inner() };
    if !is_own_form(&ask, &request, typed.get("token")) {
        return Err(Failure::new(Kind::ForeignOrigin));
    }
    let cookie = session::close(&ask, signed).await?;
    let mut response = see_other("/");
    if let Err(error) = response.add_cookie(&cookie) {
        tracing::error!(%error, "the session's cookie cannot be removed");
    }
    Ok(response)
}

/// `GET /password`
pub async fn password(ask: Ask, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let signed = identity::maybe(&ask, &request).await?;
    let signed = signed.ok_or_else(|| Failure::new(Kind::Unauthorized))?;
    password_page(&ask, &request, &signed.user, &Errors::default())
}

/// `POST /password`
pub async fn change(
    ask: Ask,
    signed: Signed,
    request: HttpRequest,
    form: web::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Failure> {
    let typed = Typed { pairs: form.into_inner() };
    let user = signed.user.clone();
    let mut errors = Errors::default();
    if is_own_form(&ask, &request, typed.get("token")) {
        match session::change_password(&ask, signed, typed.fields()).await {
            Ok(()) => return Ok(see_other("/desk")),
            Err(failure) if is_mendable(&failure) => {
                errors = Errors::of_failure(&ask, &failure);
            }
            Err(failure) => return Err(failure),
        }
    } else {
        errors.whole(ask.say("form-token"));
    }
    password_page(&ask, &request, &user, &errors)
}

fn password_page(
    ask: &Ask,
    request: &HttpRequest,
    user: &User,
    errors: &Errors,
) -> Result<HttpResponse, Failure> {
    let mut frame = Frame::of_desk(ask, request, "password-title", user)?;
    frame.is_desk = false;
    let page = Password { f: &frame, errors, must: user.must_change_password };
    frame.form(errors, &page)
}
