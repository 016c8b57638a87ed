//! The officers' desk: the list, one case by role, the steps, the preview of a decision.

use actix_web::http::header::{ETAG, IF_MATCH};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::cases::limit_key;
use super::{must_be_json, pairs};
use crate::domain::attachment::NewFile;
use crate::domain::case::Verb;
use crate::domain::error::{FieldError, Refusal, Rule};
use crate::domain::in_language;
use crate::domain::proposal::Question;
use crate::domain::search::Facets;
use crate::domain::submission::{TEXT_MAX, TEXT_MIN};
use crate::domain::user::User;
use crate::domain::view::{self, CaseView, Lens, Nearest};
use crate::flow::handle::handle;
use crate::flow::receive::decide;
use crate::intake::attachment::FIELD;
use crate::intake::fields::{Fields, Length};
use crate::intake::{action, query};
use crate::store::cases::StoredCase;
use crate::store::{StoreError, history};
use crate::web::ask::Ask;
use crate::web::desk_list::{self, desk_list};
use crate::web::failure::{Failure, Kind};
use crate::web::files;
use crate::web::identity::Signed;
use crate::web::limits::{Limited, Limits};
use crate::web::upload;

/// `GET /api/v1/desk/cases`
pub async fn list(
    ask: Ask,
    signed: Signed,
    limits: web::Data<Limits>,
    request: HttpRequest,
) -> Result<HttpResponse, Failure> {
    ready(&signed.user)?;
    limits.count(Limited::Search, &limit_key(&ask, Some(&signed)))?;
    let asker = query::Asker {
        rules: &ask.context.rules,
        user: signed.user.id,
        today: desk_list::today(&ask),
        strict: true,
    };
    let query = query::desk_query(&pairs(&request)?, &asker).map_err(Failure::invalid)?;
    let list = desk_list(&ask, &signed.user, query).await?;
    Ok(HttpResponse::Ok().json(json!({
        "items": list.items,
        "total": list.total,
        "restricted": list.restricted,
        "facets": facets_json(&ask, &list.facets),
        "next_cursor": list.next_cursor,
        "read_as": list.read_as,
        "did_you_mean": list.did_you_mean,
        "index": {"behind_seconds": list.behind_seconds},
    })))
}

/// Whoever still has a one-time password must change it first.
pub fn ready(user: &User) -> Result<(), Failure> {
    if user.must_change_password {
        let error = FieldError::new("password", Rule::Required);
        return Err(Failure { errors: vec![error], ..Failure::new(Kind::ChangePassword) });
    }
    Ok(())
}

/// Facets with codes and names.
pub fn facets_json(ask: &Ask, facets: &Facets) -> Value {
    let mut out = serde_json::Map::new();
    for (field, counts) in facets {
        let mut values = Vec::new();
        for facet in counts {
            let (key, name) = named(ask, field, &facet.key);
            values.push(json!({"key": key, "name": name, "count": facet.count}));
        }
        out.insert((*field).to_owned(), json!(values));
    }
    Value::Object(out)
}

/// The code and the name of a facet's value.
pub fn named(ask: &Ask, field: &str, key: &str) -> (String, String) {
    let rules = &ask.context.rules;
    let (code, names) = match field {
        "agency" => {
            let agency = key.parse().ok().and_then(|id| rules.agency(id));
            (agency.map(|a| a.code.clone()), agency.map(|a| &a.names))
        }
        "area" => {
            let area = key.parse().ok().and_then(|id| rules.area(id));
            (area.map(|a| a.code.clone()), area.map(|a| &a.names))
        }
        "category" => (Some(key.to_owned()), rules.category(key).map(|c| &c.names)),
        "field" => {
            let field = rules.fields.iter().find(|field| field.code == key);
            (Some(key.to_owned()), field.map(|field| &field.names))
        }
        _ => return (key.to_owned(), ask.say(&format!("{field}-{key}"))),
    };
    let name = names.map(|n| in_language(n, &ask.language).to_owned());
    (code.unwrap_or_else(|| key.to_owned()), name.unwrap_or_else(|| key.to_owned()))
}

/// The case as the user may see it; reading a restricted one is recorded.
pub async fn view_of(
    ask: &Ask,
    user: &User,
    number: String,
) -> Result<(StoredCase, CaseView), Failure> {
    let (stored, file) = files::by_number(&ask.context, number).await?;
    if !user.may_see(&stored.case, &ask.context.rules) {
        return Err(Refusal::NotFound.into());
    }
    if stored.case.restricted {
        let (id, by, now) = (stored.keys.id, user.id, ask.context.now);
        let record =
            move |tx: &mut crate::store::Tx<'_>| history::record_read(tx.conn, id, by, now);
        ask.context.store.write::<_, StoreError, _>(record).await?;
    }
    let patterns = ask.context.patterns.clone();
    let mask = move |text: &str| patterns.mask(text);
    let zone = ask.context.rules.settings.zone;
    let due = stored.case.due_at().map(|d| d.with_timezone(&zone).date_naive());
    let sentence = due.map(|day| {
        let day = ask.context.messages.day(&ask.language, day);
        ask.tell("due-sentence", &[("day", &day)])
    });
    let lens = Lens {
        rules: &ask.context.rules,
        language: &ask.language,
        now: ask.context.now,
        deadline_sentence: sentence,
        mask: &mask,
    };
    let view = view::case(stored.keys.id, &file, user, &lens);
    Ok((stored, view))
}

fn with_etag(view: &CaseView) -> HttpResponse {
    HttpResponse::Ok().insert_header((ETAG, format!("\"{}\"", view.revision))).json(view)
}

/// `GET /api/v1/desk/cases/{number}`
pub async fn read(
    ask: Ask,
    signed: Signed,
    path: web::Path<String>,
) -> Result<HttpResponse, Failure> {
    ready(&signed.user)?;
    let (_, view) = view_of(&ask, &signed.user, path.into_inner()).await?;
    Ok(with_etag(&view))
}

/// `POST /api/v1/desk/cases/{number}/{verb}`
pub async fn step(
    ask: Ask,
    signed: Signed,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    payload: web::Payload,
) -> Result<HttpResponse, Failure> {
    ready(&signed.user)?;
    let (number, verb) = path.into_inner();
    let verb: Verb = verb.parse().map_err(|_| Failure::new(Kind::NotFound))?;
    let body = upload::body(&ask, &request, payload, "step").await?;
    let revision = revision(&request)?;
    let said = (Fields::of_json(&body.json)?, body.files);
    take_step(&ask, &signed.user, &number, revision, verb, said).await?;
    match view_of(&ask, &signed.user, number).await {
        Ok((_, view)) => Ok(with_etag(&view)),
        // The step itself took the case out of sight: restricted, or routed to another agency.
        Err(failure) if failure.kind == Kind::NotFound => Ok(HttpResponse::NoContent().finish()),
        Err(failure) => Err(failure),
    }
}

/// The revision of `If-Match` (RFC 9110, 13.1.1): one strong tag.
fn revision(request: &HttpRequest) -> Result<i64, Failure> {
    let header = request.headers().get(IF_MATCH).and_then(|v| v.to_str().ok());
    let tag = header.ok_or_else(|| Failure::new(Kind::IfMatch))?;
    // A tag that is none of ours matches nothing.
    Ok(tag.trim().trim_matches('"').parse().unwrap_or(-1))
}

/// Steps that files may come with.
pub const WITH_FILES: [Verb; 3] = [Verb::Answer, Verb::Ask, Verb::Note];

/// Takes a step of the desk; the page and the API alike.
pub async fn take_step(
    ask: &Ask,
    user: &User,
    number: &str,
    revision: i64,
    verb: Verb,
    (fields, files): (Fields, Vec<NewFile>),
) -> Result<StoredCase, Failure> {
    if !files.is_empty() && !WITH_FILES.contains(&verb) {
        return Err(Failure::invalid(vec![FieldError::new(FIELD, Rule::NotAllowedHere)]));
    }
    let action = action::desk_action(verb, fields, &ask.context.rules, ask.context.now);
    let action = action.ok_or_else(|| Failure::new(Kind::NotFound))??;
    let stored =
        handle(&ask.context, user.clone(), number.to_owned(), revision, (action, files)).await?;
    ask.app.nudge.notify_waiters();
    Ok(stored)
}

/// `POST /api/v1/desk/preview`
pub async fn preview(
    ask: Ask,
    signed: Signed,
    limits: web::Data<Limits>,
    request: HttpRequest,
    body: web::Bytes,
) -> Result<HttpResponse, Failure> {
    ready(&signed.user)?;
    limits.count(Limited::Search, &limit_key(&ask, Some(&signed)))?;
    must_be_json(&request, &body)?;
    let mut fields = Fields::of_json(&body)?;
    // Tried as it would be taken in.
    let _ = fields.convert(&["text"]);
    let text = fields.required_text("text", Length { min: TEXT_MIN, max: TEXT_MAX });
    let text = fields.finish(text)?;
    let question = Question { text, ..Question::default() };
    let proposal = decide(&ask.context, question, ask.context.now).await?;
    let judgement = &proposal.judgement;
    let nearest = Nearest {
        cases: &files::cases_of_neighbours(&ask.context, &judgement.neighbours).await?,
        user: &signed.user,
        rules: &ask.context.rules,
        mask: &|text| ask.context.patterns.mask(text),
    };
    let near = || nearest.route(&judgement.neighbours, desk_list::today(&ask));
    let agency = proposal.route.clone().or_else(near).and_then(|route| {
        let name = view::agency_name(&ask.context.rules, Some(route.agency), &ask.language)?;
        let confidence = if route.is_certain { 1.0 } else { judgement.confidence };
        Some(json!({
            "code": name.code, "name": name.name, "confidence": confidence, "rule": route.rule,
        }))
    });
    Ok(HttpResponse::Ok().json(json!({
        "scope": judgement.scope,
        "category": judgement.category,
        "labels": judgement.labels,
        "confidence": judgement.confidence,
        "scores": judgement.scores,
        "reasons": nearest.reasons(&judgement.reasons),
        "neighbours": nearest.neighbours(&judgement.neighbours),
        "agency": agency,
        "flags": judgement.flags,
        "model": judgement.model,
    })))
}

/// `GET /api/v1/desk/cases/{number}/similar`
pub async fn similar(
    ask: Ask,
    signed: Signed,
    limits: web::Data<Limits>,
    path: web::Path<String>,
) -> Result<HttpResponse, Failure> {
    ready(&signed.user)?;
    limits.count(Limited::Search, &limit_key(&ask, Some(&signed)))?;
    let (stored, view) = view_of(&ask, &signed.user, path.into_inner()).await?;
    let items = similar_items(&ask, &signed.user, stored.keys.id, &view.text).await?;
    Ok(HttpResponse::Ok().json(json!({"items": items})))
}

/// Cases that are like a text, of those that the user may see.
pub async fn similar_items(
    ask: &Ask,
    user: &User,
    id: i64,
    text: &str,
) -> Result<Vec<view::Item>, Failure> {
    let Some(index) = ask.app.index() else { return Ok(Vec::new()) };
    let (sight, text) = (user.sight(&ask.context.rules), text.to_owned());
    let found = web::block(move || index.similar(&text, &sight, Some(id), SIMILAR_MAX)).await;
    let found = found.map_err(|_| Failure::new(Kind::Unavailable))?;
    let found = found.map_err(|e| Failure::from(crate::flow::FlowError::Index(e)))?;
    let ids: Vec<i64> = found.iter().map(|(id, _)| *id).collect();
    desk_list::items_of(ask, user, ids).await
}

/// As many as a person looks at.
pub const SIMILAR_MAX: usize = 5;
