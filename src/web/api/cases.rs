//! What citizens and programs do: file a case, follow it by its code, write, rate, reopen,
//! withdraw.

use actix_web::http::header::LOCATION;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use super::must_be_json;
use crate::domain::attachment::NewFile;
use crate::domain::case::{Channel, Status, Verb};
use crate::domain::error::{FieldError, Rule};
use crate::domain::event::Actor;
use crate::domain::scope::Scope;
use crate::domain::user::Role;
use crate::domain::view;
use crate::flow::citizen;
use crate::flow::receive::{RequestKey, receive};
use crate::flow::record::actor_of;
use crate::intake::fields::Fields;
use crate::intake::{action, rest};
use crate::seal::{Purpose, TypedCode, read_code};
use crate::store::cases::StoredCase;
use crate::web::ask::Ask;
use crate::web::failure::{Failure, Kind};
use crate::web::files;
use crate::web::identity::{self, Signed};
use crate::web::limits::{Limited, Limits};
use crate::web::upload;

/// An Idempotency-Key is not longer than this.
pub const KEY_MAX: usize = 200;

/// `POST /api/v1/cases`
pub async fn create(
    ask: Ask,
    limits: web::Data<Limits>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Failure> {
    let signed = identity::maybe(&ask, &request).await?;
    let key = limit_key(&ask, signed.as_ref());
    limits.count(Limited::Submit, &key)?;
    let body = upload::body(&ask, &request, payload, "case").await?;
    let clerk = signed.as_ref().filter(|s| matches!(s.user.role, Role::Triage | Role::Admin));
    let door = rest::Door {
        rules: &ask.context.rules,
        now: ask.context.now,
        channel: Channel::Api,
        may_say_channel: clerk.is_some(),
        is_history: false,
        language: &ask.language,
    };
    let submission = rest::submission_of_json(&body.json, &door)?;
    let key = request_key(&ask, &request, &body.said, signed.as_ref())?;
    let actor = clerk.map_or(Actor::CITIZEN, |s| actor_of(&s.user));
    let taken = receive(&ask.context, (submission, body.files), actor, key).await?;
    ask.has_taken(&taken);
    Ok(created(&ask, &taken.stored))
}

/// Whom a limit counts: the account, else the address.
pub fn limit_key(ask: &Ask, signed: Option<&Signed>) -> String {
    signed.map_or_else(|| ask.client.clone(), |s| format!("user {}", s.user.id))
}

/// The keyed hashes of an Idempotency-Key and of what was sent with it. The key belongs to who
/// sends it.
fn request_key(
    ask: &Ask,
    request: &HttpRequest,
    body: &[u8],
    signed: Option<&Signed>,
) -> Result<Option<RequestKey>, Failure> {
    let Some(value) = request.headers().get("idempotency-key") else { return Ok(None) };
    let wrong = |rule| {
        let (limit, actual) = (KEY_MAX.to_string(), value.len().to_string());
        Failure::invalid(vec![FieldError::limit("Idempotency-Key", rule, &limit, &actual)])
    };
    let text = value.to_str().map_err(|_| wrong(Rule::ControlCharacters))?.trim();
    if text.is_empty() || text.len() > KEY_MAX {
        return Err(wrong(if text.is_empty() { Rule::Required } else { Rule::TooLong }));
    }
    let who = signed.map_or(0, |s| s.user.id);
    let seal = &ask.app.seal;
    Ok(Some(RequestKey {
        key: seal.hash(Purpose::Request, format!("key {who} {text}").as_bytes()),
        request: seal.hash(Purpose::Request, body),
    }))
}

fn created(ask: &Ask, stored: &StoredCase) -> HttpResponse {
    let case = &stored.case;
    let code = ask.app.seal.code(&stored.keys.uid);
    let track_url = format!("{}/track/{code}", ask.context.public_url);
    let agency = view::agency_name(&ask.context.rules, case.agency, &ask.language);
    let body = json!({
        "number": case.number,
        "code": code,
        "status": case.status,
        "scope": case.scope,
        "category": case.category,
        "agency": agency,
        "due_at": case.due_at(),
        "next": next_sentence(ask, stored),
        "track_url": track_url,
    });
    HttpResponse::Created().insert_header((LOCATION, format!("/api/v1/cases/{code}"))).json(body)
}

/// The sentence that says what happens now, in the reader's language.
pub fn next_sentence(ask: &Ask, stored: &StoredCase) -> String {
    let case = &stored.case;
    let rules = &ask.context.rules;
    let zone = rules.settings.zone;
    let day = case
        .due_at()
        .map(|due| ask.context.messages.day(&ask.language, due.with_timezone(&zone).date_naive()));
    let due = day.map_or_else(String::new, |day| ask.tell("due-sentence", &[("day", &day)]));
    let agency = view::agency_name(rules, case.agency, &ask.language);
    let agency = agency.map_or_else(String::new, |a| a.name);
    let id = match case.status {
        Status::Received if case.is_held() || case.restricted => "next-held".to_owned(),
        Status::Received if case.scope == Scope::Out => "next-received-out".to_owned(),
        status => format!("next-{status}"),
    };
    ask.tell(&id, &[("agency", &agency), ("due", &due)])
}

/// The keyed hash of a typed code; a slip of the keyboard is told apart from an unknown code.
pub fn code_hash(ask: &Ask, typed: &str) -> Result<Vec<u8>, Failure> {
    match read_code(typed) {
        TypedCode::Good(code) => Ok(ask.app.seal.hash(Purpose::LookUp, code.as_bytes())),
        TypedCode::Mistyped => Err(Failure::new(Kind::MistypedCode)),
    }
}

pub(super) fn unknown_code(failure: Failure) -> Failure {
    match failure.kind {
        Kind::NotFound => Failure::new(Kind::UnknownCode),
        _ => failure,
    }
}

/// The citizen's view of the case with that code.
pub async fn view_by_code(ask: &Ask, typed: &str) -> Result<view::CitizenView, Failure> {
    let hash = code_hash(ask, typed)?;
    let (stored, file) = files::by_code(&ask.context, hash).await.map_err(unknown_code)?;
    let next = next_sentence(ask, &stored);
    Ok(view::citizen(&file, &ask.context.rules, &ask.language, next))
}

/// `GET /api/v1/cases/{code}`
pub async fn read(
    ask: Ask,
    limits: web::Data<Limits>,
    request: HttpRequest,
    path: web::Path<String>,
) -> Result<HttpResponse, Failure> {
    let signed = identity::maybe(&ask, &request).await?;
    limits.count(Limited::LookUp, &limit_key(&ask, signed.as_ref()))?;
    let view = view_by_code(&ask, &path).await?;
    Ok(HttpResponse::Ok().json(view))
}

/// `POST /api/v1/cases/{code}/{messages|rating|reopen|withdraw|contact}`
pub async fn step(
    ask: Ask,
    limits: web::Data<Limits>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    body: web::Bytes,
) -> Result<HttpResponse, Failure> {
    let (code, verb) = path.into_inner();
    let signed = identity::maybe(&ask, &request).await?;
    limits.count(Limited::LookUp, &limit_key(&ask, signed.as_ref()))?;
    must_be_json(&request, &body)?;
    let verb: Verb = verb.parse().map_err(|_| Failure::new(Kind::NotFound))?;
    let fields = Fields::of_json(&body)?;
    take_step(&ask, &code, verb, (fields, Vec::new())).await?;
    let view = view_by_code(&ask, &code).await?;
    Ok(HttpResponse::Ok().json(view))
}

/// Takes a citizen's step; the form and the API alike.
pub async fn take_step(
    ask: &Ask,
    code: &str,
    verb: Verb,
    (fields, files): (Fields, Vec<NewFile>),
) -> Result<StoredCase, Failure> {
    let hash = code_hash(ask, code)?;
    let action = action::citizen_action(verb, fields, &ask.context.rules);
    let action = action.ok_or_else(|| Failure::new(Kind::NotFound))??;
    let stored = citizen::step(&ask.context, hash, (action, files)).await;
    let stored = stored.map_err(|e| unknown_code(e.into()))?;
    ask.app.nudge.notify_waiters();
    Ok(stored)
}
