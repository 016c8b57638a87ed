//! The bytes of files: only as a download, whatever they are; only the small pictures that we have
//! drawn ourselves are shown. For the citizen by the code, for officers by what they may see; the
//! pages and the API alike.

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::Value;

use super::cases::{code_hash, limit_key, unknown_code};
use super::desk::{ready, view_of};
use crate::domain::case::Verb;
use crate::domain::error::{FieldError, Rule};
use crate::domain::view::{self, AttachmentView};
use crate::intake::attachment::FIELD;
use crate::intake::fields::Fields;
use crate::seal::Uid;
use crate::store::files::Part;
use crate::web::ask::Ask;
use crate::web::failure::{Failure, Kind};
use crate::web::identity::{self, Signed};
use crate::web::limits::{Limited, Limits};
use crate::web::{files, upload};

/// Should a browser show it all the same, it does nothing there.
const INERT: &str = "default-src 'none'; sandbox";

/// `GET /api/v1/cases/{code}/attachments/{id}`, `GET /track/{code}/attachments/{id}`
pub async fn of_code(
    ask: Ask,
    limits: web::Data<Limits>,
    path: web::Path<(String, i64)>,
) -> Result<HttpResponse, Failure> {
    for_citizen(&ask, &limits, path.into_inner(), Part::Whole).await
}

/// The same with `/preview` behind it.
pub async fn preview_of_code(
    ask: Ask,
    limits: web::Data<Limits>,
    path: web::Path<(String, i64)>,
) -> Result<HttpResponse, Failure> {
    for_citizen(&ask, &limits, path.into_inner(), Part::Preview).await
}

/// `GET /api/v1/desk/cases/{number}/attachments/{id}`, `GET /desk/cases/{number}/attachments/{id}`
pub async fn of_number(
    ask: Ask,
    signed: Signed,
    path: web::Path<(String, i64)>,
) -> Result<HttpResponse, Failure> {
    for_desk(&ask, &signed, path.into_inner(), Part::Whole).await
}

/// The same with `/preview` behind it.
pub async fn preview_of_number(
    ask: Ask,
    signed: Signed,
    path: web::Path<(String, i64)>,
) -> Result<HttpResponse, Failure> {
    for_desk(&ask, &signed, path.into_inner(), Part::Preview).await
}

async fn for_citizen(
    ask: &Ask,
    limits: &Limits,
    (code, id): (String, i64),
    part: Part,
) -> Result<HttpResponse, Failure> {
    limits.count(Limited::File, &ask.client)?;
    let hash = code_hash(ask, &code)?;
    let (stored, file) = files::by_code(&ask.context, hash).await.map_err(unknown_code)?;
    let view = view::citizen(&file, &ask.context.rules, &ask.language, String::new());
    send(ask, &stored.keys.uid, (&view.attachments, id), part).await
}

async fn for_desk(
    ask: &Ask,
    signed: &Signed,
    (number, id): (String, i64),
    part: Part,
) -> Result<HttpResponse, Failure> {
    ready(&signed.user)?;
    let (stored, view) = view_of(ask, &signed.user, number).await?;
    send(ask, &stored.keys.uid, (&view.attachments, id), part).await
}

async fn send(
    ask: &Ask,
    case: &Uid,
    (all, id): (&[AttachmentView], i64),
    part: Part,
) -> Result<HttpResponse, Failure> {
    let found = all.iter().find(|one| one.id == id && (one.preview || part == Part::Whole));
    let found = found.ok_or_else(|| Failure::new(Kind::NotFound))?;
    let bytes = ask.app.files.get(case, &found.kept, part).await.map_err(|error| {
        tracing::error!(%error, file = id, "the bytes of a file cannot be read; see dangvan check");
        Failure::new(Kind::Unavailable)
    })?;
    let (kind, disposition) = match part {
        Part::Whole => ("application/octet-stream", disposition(&found.name)),
        Part::Preview => ("image/jpeg", "inline".to_owned()),
    };
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, kind))
        .insert_header((CONTENT_DISPOSITION, disposition))
        .insert_header((CONTENT_SECURITY_POLICY, INERT))
        .body(bytes))
}

/// The name twice (RFC 6266): in ASCII for old clients, and as it is.
fn disposition(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || " ._-()".contains(c) { c } else { '_' };
    let ascii: String = crate::text::folded(name).chars().map(plain).collect();
    let mut whole = String::new();
    super::super::escape(&mut whole, name);
    format!("attachment; filename=\"{ascii}\"; filename*=UTF-8''{whole}")
}

/// `POST /api/v1/cases/{code}/files`
pub async fn add(
    ask: Ask,
    limits: web::Data<Limits>,
    request: HttpRequest,
    path: web::Path<String>,
    payload: web::Payload,
) -> Result<HttpResponse, Failure> {
    let signed = identity::maybe(&ask, &request).await?;
    let key = limit_key(&ask, signed.as_ref());
    limits.count(Limited::LookUp, &key)?;
    limits.count(Limited::Submit, &key)?;
    if !upload::has_parts(&request) {
        return Err(Failure::new(Kind::UnsupportedType));
    }
    let body = upload::body(&ask, &request, payload, "message").await?;
    if body.files.is_empty() {
        return Err(Failure::invalid(vec![FieldError::new(FIELD, Rule::Required)]));
    }
    let mut fields = Fields::of_json(&body.json)?;
    named(&mut fields, body.files.iter().map(|file| file.name.as_str()));
    let files = body.files;
    super::cases::take_step(&ask, &path, Verb::Message, (fields, files)).await?;
    let view = super::cases::view_by_code(&ask, &path).await?;
    Ok(HttpResponse::Ok().json(view))
}

/// Whoever sends files and says nothing has said what they are called.
pub fn named<'a>(fields: &mut Fields, names: impl Iterator<Item = &'a str>) {
    let names: Vec<&str> = names.collect();
    let text =
        fields.take("text").filter(|text| text.as_str().is_none_or(|t| !t.trim().is_empty()));
    let text = text.unwrap_or_else(|| Value::String(names.join(", ")));
    fields.put("text", text);
}
