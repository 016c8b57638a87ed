//! What stands around every request: its id, the log line, security headers, the check of origin,
//! and the words of a failure. No handler sets these itself.

use actix_web::body::{BoxBody, EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, HeaderName, HeaderValue, ORIGIN,
    RETRY_AFTER,
};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpResponse, web};

use super::ask::{self, RequestId};
use super::failure::{Failure, Kind};
use super::{identity, pages};
use crate::app::App;
use crate::seal::{hex, random};

/// Nothing foreign, nothing inline.
const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
    font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; \
    frame-ancestors 'none'";

/// Around everything: id, origin, headers, failure, log.
pub async fn guard(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<EitherBody<impl MessageBody>>, actix_web::Error> {
    let started = std::time::Instant::now();
    let id = random::<8>().map_or_else(|_| "-".to_owned(), |bytes| hex(&bytes));
    request.extensions_mut().insert(RequestId(id.clone()));
    let method = request.method().clone();
    // The request may not be cloned before it is routed; afterwards the response holds it.
    let response = match check_origin(&request) {
        Ok(()) => next.call(request).await?.map_into_left_body(),
        Err(failure) => {
            let response = words(request.request(), &failure);
            request.into_response(response).map_into_right_body()
        }
    };
    let mut response = spoken(response);
    set_headers(&mut response, &id);
    // The pattern and never the path: a path may hold a code.
    let route = response.request().match_pattern().unwrap_or_else(|| "-".to_owned());
    let status = response.status().as_u16();
    let micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
    tracing::info!(request_id = %id, method = %method, route = %route, status, micros, "request");
    if let Some(app) = response.request().app_data::<web::Data<App>>() {
        app.metrics.request(method.as_str(), &route, status, started.elapsed());
    }
    Ok(response)
}

/// A failure that a handler returned, or the server itself, gets its words here.
fn spoken<B: MessageBody>(
    response: ServiceResponse<EitherBody<B>>,
) -> ServiceResponse<EitherBody<B>> {
    let status = response.status();
    // The server's own errors are plain text: words of its own and not of the reader's language.
    let kind = response.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let has_words = kind.is_some_and(|kind| !kind.starts_with("text/plain"));
    if has_words || !(status.is_client_error() || status.is_server_error()) {
        return response;
    }
    let failure = response.response().error().and_then(|e| e.as_error::<Failure>()).cloned();
    let failure = failure.unwrap_or_else(|| Failure::new(Kind::of_status(status)));
    let spoken = words(response.request(), &failure);
    response.into_response(spoken).map_into_right_body()
}

fn words(http: &actix_web::HttpRequest, failure: &Failure) -> HttpResponse<BoxBody> {
    let mut builder = HttpResponse::build(failure.kind.status());
    if let Some(seconds) = failure.retry_after_seconds {
        builder.insert_header((RETRY_AFTER, seconds.to_string()));
    }
    let Ok(ask) = ask::of(http) else { return builder.finish() };
    if failure.kind == Kind::Internal {
        tracing::error!(request_id = %ask.request_id, "a request failed inside");
    }
    if http.path().starts_with("/api") || http.path().starts_with("/health") {
        let body = failure.body(&ask.context.messages, &ask.language, &ask.request_id);
        return builder.content_type("application/problem+json").body(body.to_string());
    }
    pages::failure::page(&ask, http, failure, builder)
}

fn set_headers<B>(response: &mut ServiceResponse<B>, id: &str) {
    let fixed: [(&'static str, &str); 7] = [
        ("content-security-policy", CSP),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "same-origin"),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("permissions-policy", "geolocation=(self), camera=(), microphone=()"),
        ("x-request-id", id),
    ];
    for (name, value) in fixed {
        // A file says for itself that nothing in it may run.
        if name == CONTENT_SECURITY_POLICY.as_str() && response.headers().contains_key(name) {
            continue;
        }
        if let Ok(value) = HeaderValue::from_str(value) {
            response.headers_mut().insert(HeaderName::from_static(name), value);
        }
    }
    // Whoever does not say otherwise shows cases and codes.
    if !response.headers().contains_key(CACHE_CONTROL) {
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// On unsafe methods: the browser's own word (`Sec-Fetch-Site`), else the origin against the host.
/// Bearer requests carry no ambient right and are exempt; so is what comes from no browser and
/// without a cookie.
fn check_origin(request: &ServiceRequest) -> Result<(), Failure> {
    let is_safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if is_safe || identity::bearer(request.request()).is_some() {
        return Ok(());
    }
    let header = |name: &str| request.headers().get(name).and_then(|v| v.to_str().ok());
    let foreign = Err(Failure::new(Kind::ForeignOrigin));
    let same = header(ORIGIN.as_str()).map(|origin| is_own(request, origin));
    match (header("sec-fetch-site"), same) {
        (_, Some(false)) => foreign,
        (Some("same-origin" | "none"), _) | (None, Some(true)) => Ok(()),
        (Some(_), Some(true)) => Ok(()),
        (Some(_), None) => foreign,
        (None, None) if request.headers().contains_key(COOKIE) => foreign,
        (None, None) => Ok(()),
    }
}

fn is_own(request: &ServiceRequest, origin: &str) -> bool {
    let host = request.connection_info().host().to_owned();
    let public = request.app_data::<web::Data<App>>().map(|a| a.config.public_url.clone());
    let of_public = public.is_some_and(|url| url.trim_end_matches('/') == origin);
    of_public || origin.split_once("://").is_some_and(|(_, rest)| rest == host)
}
