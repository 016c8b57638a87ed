//! A failure as a page: what happened, what was kept, what to do, and the reference.

use actix_web::http::Method;
use actix_web::{HttpMessage, HttpRequest, HttpResponse, HttpResponseBuilder};
use askama::Template;

use super::form::Errors;
use super::frame::{Frame, see_other};
use crate::web::ask::Ask;
use crate::web::failure::{Failure, Kind};
use crate::web::identity::Known;

#[derive(Template)]
#[template(path = "failure.html")]
struct Page<'a> {
    f: &'a Frame,
    happened: String,
    errors: Errors,
    kept: String,
    todo: String,
    reference: &'a str,
}

/// The page; whoever must sign in or change a password first is led there.
pub fn page(
    ask: &Ask,
    request: &HttpRequest,
    failure: &Failure,
    builder: HttpResponseBuilder,
) -> HttpResponse {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    if failure.kind == Kind::Unauthorized && is_read {
        return see_other(&format!("/sign-in?next={}", request.path()));
    }
    if failure.kind == Kind::ChangePassword {
        return see_other("/password");
    }
    match body(ask, request, failure, builder) {
        Ok(response) => response,
        // The page itself failed: plain words are better than none.
        Err(_) => HttpResponse::build(failure.kind.status())
            .content_type("text/plain; charset=utf-8")
            .body(failure.title(&ask.context.messages, &ask.language)),
    }
}

fn body(
    ask: &Ask,
    request: &HttpRequest,
    failure: &Failure,
    builder: HttpResponseBuilder,
) -> Result<HttpResponse, Failure> {
    let known = request.extensions().get::<Known>().map(|known| known.0.clone());
    let frame = match known.filter(|user| !user.must_change_password) {
        Some(user) => Frame::of_desk(ask, request, "failure-title", &user)?,
        None => Frame::new(ask, request, "failure-title")?,
    };
    let was_sent = !matches!(*request.method(), Method::GET | Method::HEAD);
    let todo = match failure.kind {
        Kind::NotFound | Kind::Method => "failure-todo-address",
        Kind::MistypedCode | Kind::UnknownCode => "failure-todo-code",
        Kind::Unauthorized => "failure-todo-sign-in",
        Kind::Forbidden => "failure-todo-forbidden",
        Kind::IllegalStep | Kind::Stale => "failure-todo-reload",
        Kind::TooMany | Kind::Unavailable => "failure-todo-wait",
        Kind::TooLarge => "failure-todo-shorter",
        Kind::ForeignOrigin => "failure-todo-origin",
        _ => "failure-todo",
    };
    let errors = match failure.errors.is_empty() {
        true => Errors::default(),
        false => Errors::of_fields(ask, &failure.errors),
    };
    let page = Page {
        happened: failure.title(&ask.context.messages, &ask.language),
        errors,
        kept: ask.say(if was_sent { "failure-kept-sent" } else { "failure-kept-read" }),
        todo: ask.say(todo),
        reference: &ask.request_id,
        f: &frame,
    };
    frame.render(builder, &page)
}
