//! The programming interface for people: the OpenAPI document drawn as a page of our own, without a
//! script and without anything foreign. Nothing is said here that the document does not say.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde_json::Value;
use utoipa::openapi::path::{HttpMethod, Operation, Parameter, ParameterIn, PathItem};
use utoipa::openapi::schema::{AdditionalProperties, Components, Object, Schema};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{OpenApi, RefOr, Required};

use super::frame::Frame;
use crate::domain::user::Role;
use crate::web::ask::Ask;
use crate::web::failure::Failure;
use crate::web::openapi::Document;

mod answers;
mod words;

use answers::{Answer, Failing, Problem, answers, content, curl, problems};
use words::{Line, Part, Teller, parts};

/// Operations of one kind.
struct Group {
    name: String,
    says: String,
    operations: Vec<Told>,
}

/// An operation as it is drawn.
struct Told {
    anchor: String,
    method: &'static str,
    path: String,
    summary: String,
    text: Vec<Part>,
    who: String,
    parameters: Vec<Line>,
    body: Option<Vec<Line>>,
    answers: Vec<Answer>,
    errors: Vec<Failing>,
    curl: String,
}

/// A shape that others name.
struct Shape {
    name: String,
    says: Vec<Part>,
    lines: Vec<Line>,
    words: Vec<String>,
    is_closed: bool,
    sample: Option<String>,
}

#[derive(Template)]
#[template(path = "docs.html")]
struct Page<'a> {
    f: &'a Frame,
    about: Vec<Vec<Part>>,
    auth: Vec<(String, Vec<Part>)>,
    groups: Vec<Group>,
    shapes: Vec<Shape>,
    problems: Vec<Problem>,
}

/// `GET /api/docs`
pub async fn docs(
    ask: Ask,
    request: HttpRequest,
    document: web::Data<Document>,
) -> Result<HttpResponse, Failure> {
    let mut frame = Frame::new(&ask, &request, "docs-title")?;
    frame.is_wide = true;
    let api = &document.of(&ask.app).api;
    let none = Components::new();
    let components = api.components.as_ref().unwrap_or(&none);
    let teller = Teller { f: &frame, components };
    let about = api.info.description.as_deref().unwrap_or("");
    let page = Page {
        about: about.split("\n\n").map(parts).collect(),
        auth: auth(components),
        groups: groups(api, &teller),
        shapes: shapes(&teller),
        problems: problems(components),
        f: &frame,
    };
    frame.page(&page)
}

fn auth(components: &Components) -> Vec<(String, Vec<Part>)> {
    let mut out = Vec::new();
    for scheme in components.security_schemes.values() {
        let value = serde_json::to_value(scheme).unwrap_or_default();
        let says = value.get("description").and_then(Value::as_str).unwrap_or("");
        let shown = match value.get("name").and_then(Value::as_str) {
            Some(cookie) => format!("Cookie: {cookie}=…"),
            None => "Authorization: Bearer …".to_owned(),
        };
        out.push((shown, parts(says)));
    }
    out
}

fn groups(api: &OpenApi, teller: &Teller<'_>) -> Vec<Group> {
    let server = api.servers.iter().flatten().next().map_or("", |server| server.url.as_str());
    let mut out = Vec::new();
    for tag in api.tags.iter().flatten() {
        let mut operations = Vec::new();
        for (path, item) in &api.paths.paths {
            for (method, operation) in operations_of(item) {
                let tags = operation.tags.as_deref().unwrap_or_default();
                if tags.contains(&tag.name) {
                    operations.push(told(teller, server, path, method, operation));
                }
            }
        }
        let says = tag.description.clone().unwrap_or_default();
        out.push(Group { name: tag.name.clone(), says, operations });
    }
    out
}

fn operations_of(item: &PathItem) -> Vec<(HttpMethod, &Operation)> {
    let all = [
        (HttpMethod::Get, item.get.as_ref()),
        (HttpMethod::Post, item.post.as_ref()),
        (HttpMethod::Delete, item.delete.as_ref()),
    ];
    all.into_iter().filter_map(|(method, found)| Some((method, found?))).collect()
}

fn told(
    teller: &Teller<'_>,
    server: &str,
    path: &str,
    method: HttpMethod,
    operation: &Operation,
) -> Told {
    let method = match method {
        HttpMethod::Post => "POST",
        HttpMethod::Delete => "DELETE",
        _ => "GET",
    };
    let parameters = operation.parameters.iter().flatten().filter_map(|p| match p {
        RefOr::T(parameter) => Some(parameter),
        RefOr::Ref(_) => None,
    });
    let parameters: Vec<&Parameter> = parameters.collect();
    let (answers, errors) = answers(teller.components, operation);
    let address = format!("{server}{path}");
    Told {
        anchor: operation.operation_id.clone().unwrap_or_default(),
        method,
        path: path.to_owned(),
        summary: operation.summary.clone().unwrap_or_default(),
        text: parts(operation.description.as_deref().unwrap_or("")),
        who: who(teller.f, operation),
        parameters: parameters.iter().filter_map(|p| line(teller, p)).collect(),
        body: body(operation).map(|object| teller.members(object)),
        answers,
        errors,
        curl: curl(teller.components, &address, method, &parameters, operation),
    }
}

fn who(f: &Frame, operation: &Operation) -> String {
    let roles = operation.extensions.as_ref().and_then(|all| all.get("x-roles"));
    if let Some(Value::Array(roles)) = roles {
        if roles.len() == Role::ALL.len() {
            return f.t("docs-who-officers");
        }
        let names = roles.iter().filter_map(Value::as_str).map(|role| f.word("role", role));
        return names.collect::<Vec<_>>().join(", ");
    }
    let needs = operation.security.as_deref().unwrap_or_default();
    match needs {
        [] => f.t("docs-who-open"),
        all if all.contains(&SecurityRequirement::default()) => f.t("docs-who-either"),
        _ => f.t("docs-who-signed"),
    }
}

fn line(teller: &Teller<'_>, parameter: &Parameter) -> Option<Line> {
    let place = match parameter.parameter_in {
        ParameterIn::Path => "docs-in-path",
        ParameterIn::Header => "docs-in-header",
        ParameterIn::Cookie => "docs-in-cookie",
        _ => "docs-in-query",
    };
    let shape = parameter.schema.as_ref()?;
    let says = parameter.description.as_deref().unwrap_or_else(|| teller.says(shape));
    Some(Line {
        name: parameter.name.clone(),
        is_required: parameter.required == Required::True,
        place: teller.f.t(place),
        kind: teller.kind(shape),
        says: parts(says),
    })
}

fn body(operation: &Operation) -> Option<&Object> {
    match content(operation)?.schema.as_ref()? {
        RefOr::T(Schema::Object(object)) => Some(object),
        _ => None,
    }
}

/// Every shape that has a name and members, and every list of words.
fn shapes(teller: &Teller<'_>) -> Vec<Shape> {
    let mut out = Vec::new();
    for (name, shape) in &teller.components.schemas {
        let RefOr::T(Schema::Object(object)) = shape else { continue };
        let example = object.examples.first().filter(|_| !object.properties.is_empty());
        let sample = example.and_then(|value| serde_json::to_string_pretty(value).ok());
        let words = object.enum_values.iter().flatten().filter_map(Value::as_str);
        let refuses = AdditionalProperties::FreeForm(false);
        out.push(Shape {
            name: name.clone(),
            says: parts(object.description.as_deref().unwrap_or("")),
            lines: teller.members(object),
            words: words.map(str::to_owned).collect(),
            is_closed: object.additional_properties.as_deref() == Some(&refuses),
            sample,
        });
    }
    out.retain(|shape| !shape.lines.is_empty() || !shape.words.is_empty());
    out
}
