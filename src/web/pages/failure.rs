//! A failure as a page.

use actix_web::{HttpResponse, HttpResponseBuilder};

use crate::web::ask::Ask;
use crate::web::failure::Failure;

/// What happened, what to do, and the reference.
pub fn page(ask: &Ask, failure: &Failure, mut builder: HttpResponseBuilder) -> HttpResponse {
    let title = failure.title(&ask.context.messages, &ask.language);
    builder.content_type("text/plain; charset=utf-8").body(format!("{title}\n{}", ask.request_id))
}
