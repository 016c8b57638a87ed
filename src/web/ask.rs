//! What a handler knows of the request: the app, the reader's language, the request's id, the
//! client's address.

use std::future::{Ready, ready};
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use actix_web::dev::Payload;
use actix_web::http::header::{ACCEPT_LANGUAGE, HeaderMap};
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};

use super::failure::{Failure, Kind};
use crate::app::App;
use crate::flow::Context;
use crate::flow::receive::Taken;

/// The cookie that remembers the chosen language.
pub const LANGUAGE_COOKIE: &str = "language";

/// Set once per request by `guard`.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// A request's surroundings.
#[derive(Clone)]
pub struct Ask {
    pub app: Arc<App>,
    pub context: Context,
    pub language: String,
    pub request_id: String,
    /// For rate limits only: never logged, never stored.
    pub client: String,
}

impl Ask {
    /// A message in the reader's language.
    pub fn say(&self, id: &str) -> String {
        self.context.messages.say(&self.language, id, &[])
    }

    /// A case was taken: it is counted, unless it was there already, and the worker is woken.
    pub fn has_taken(&self, taken: &Taken) {
        if !taken.is_repetition {
            self.app.metrics.received(taken.stored.case.channel.word());
        }
        self.app.nudge.notify_waiters();
    }

    /// A message with values.
    pub fn tell(&self, id: &str, values: &[(&str, &str)]) -> String {
        self.context.messages.say(&self.language, id, values)
    }
}

impl FromRequest for Ask {
    type Error = Failure;
    type Future = Ready<Result<Ask, Failure>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(of(request))
    }
}

/// The surroundings of a request.
pub fn of(request: &HttpRequest) -> Result<Ask, Failure> {
    let app = request.app_data::<web::Data<App>>().ok_or_else(|| Failure::new(Kind::Internal))?;
    let app = app.clone().into_inner();
    let context = app.context();
    let languages = &context.rules.settings.languages;
    let language = language_of(request, languages);
    let request_id = request.extensions().get::<RequestId>().map(|id| id.0.clone());
    let client = client(request, &app);
    Ok(Ask { app, context, language, request_id: request_id.unwrap_or_default(), client })
}

/// By choice (`?language=`, cookie), else by the browser, else the pack's first language.
fn language_of(request: &HttpRequest, languages: &[String]) -> String {
    let known = |wanted: &str| languages.iter().find(|l| l.as_str() == wanted).cloned();
    let asked = request.query_string().split('&').find_map(|p| p.strip_prefix("language="));
    let cookie = request.cookie(LANGUAGE_COOKIE).map(|c| c.value().to_owned());
    asked
        .and_then(known)
        .or_else(|| cookie.as_deref().and_then(known))
        .or_else(|| accepted(request.headers(), languages))
        .or_else(|| languages.first().cloned())
        .unwrap_or_else(|| "en".to_owned())
}

/// The first of the browser's languages that the pack has, in the browser's order of preference
/// (RFC 9110, 12.5.4).
fn accepted(headers: &HeaderMap, languages: &[String]) -> Option<String> {
    let header = headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?;
    let mut wanted: Vec<(f32, &str)> = Vec::new();
    for part in header.split(',') {
        let (tag, quality) = part.split_once(";q=").unwrap_or((part, "1"));
        let primary = tag.trim().split('-').next().unwrap_or("");
        wanted.push((quality.trim().parse().unwrap_or(0.0), primary));
    }
    wanted.sort_by(|a, b| b.0.total_cmp(&a.0));
    wanted.iter().find_map(|(_, tag)| languages.iter().find(|l| l.as_str() == *tag).cloned())
}

/// Does an address belong to a machine of one's own (RFC 1918, RFC 4193, loopback)?
fn is_private(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_private() || v4.is_loopback(),
        IpAddr::V6(v6) => v6.is_unique_local() || v6.is_loopback(),
    }
}

fn is_forwarded(request: &HttpRequest) -> bool {
    ["x-forwarded-for", "forwarded"].iter().any(|name| request.headers().contains_key(*name))
}

/// The address that counts for rate limits: the peer's, or the one a trusted proxy names; IPv6 by
/// its /64.
fn client(request: &HttpRequest, app: &App) -> String {
    let Some(peer) = request.peer_addr().map(|a| a.ip()) else { return "local".to_owned() };
    let is_proxy = |a: &IpAddr| app.config.trusted_proxies.iter().any(|n| n.contains(*a));
    let mut address = peer;
    if app.config.trusted_proxies.is_empty() && is_private(&peer) && is_forwarded(request) {
        app.proxy_forgotten.store(true, Ordering::Relaxed);
    }
    if is_proxy(&peer) {
        let forwarded = request.headers().get("x-forwarded-for").and_then(|v| v.to_str().ok());
        // The last address that is none of our proxies: what stands before it anybody may have
        // written.
        let named = forwarded.unwrap_or("").rsplit(',');
        let mut named = named.filter_map(|a| a.trim().parse::<IpAddr>().ok());
        address = named.find(|a| !is_proxy(a)).unwrap_or(peer);
    }
    match address {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}
