//! What an operation answers: what goes well, what fails, and a call that can be copied.

use serde_json::Value;
use utoipa::openapi::path::{Operation, Parameter, ParameterIn};
use utoipa::openapi::request_body::RequestBody;
use utoipa::openapi::schema::Components;
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{Content, RefOr, Required, Response};

use super::words::{Part, parts};
use crate::web::openapi::{PROBLEM, sample};

/// A status with what it means.
pub struct Answer {
    pub status: String,
    pub says: Vec<Part>,
    /// The shape of its body.
    pub name: Option<String>,
    pub headers: Vec<String>,
}

/// A status with its problem types.
pub struct Failing {
    pub status: String,
    pub kinds: Vec<String>,
}

/// A way to fail.
pub struct Problem {
    pub word: String,
    pub kind: String,
    pub status: String,
    pub title: String,
}

/// What goes well and what fails, by status.
pub fn answers(components: &Components, operation: &Operation) -> (Vec<Answer>, Vec<Failing>) {
    let (mut well, mut failing) = (Vec::new(), Vec::new());
    for (status, response) in &operation.responses.responses {
        let Some(response) = response_of(components, response) else { continue };
        if let Some(RefOr::T(content)) = response.content.get(PROBLEM) {
            let kinds = content.examples.keys().cloned().collect();
            failing.push(Failing { status: status.clone(), kinds });
            continue;
        }
        let name = response.content.values().next().and_then(|content| match content {
            RefOr::T(Content { schema: Some(RefOr::Ref(named)), .. }) => {
                named.ref_location.rsplit('/').next().map(str::to_owned)
            }
            _ => None,
        });
        well.push(Answer {
            status: status.clone(),
            says: parts(&response.description),
            name,
            headers: response.headers.keys().cloned().collect(),
        });
    }
    (well, failing)
}

fn response_of<'a>(
    components: &'a Components,
    response: &'a RefOr<Response>,
) -> Option<&'a Response> {
    match response {
        RefOr::T(response) => Some(response),
        RefOr::Ref(named) => {
            let name = named.ref_location.rsplit('/').next()?;
            response_of(components, components.responses.get(name)?)
        }
    }
}

/// Every way to fail, by status.
pub fn problems(components: &Components) -> Vec<Problem> {
    let mut out: Vec<Problem> = Vec::new();
    for response in components.responses.values().filter_map(|r| response_of(components, r)) {
        let Some(RefOr::T(content)) = response.content.get(PROBLEM) else { continue };
        for (word, example) in &content.examples {
            let RefOr::T(example) = example else { continue };
            let body = example.value.clone().unwrap_or_default();
            let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or("").to_owned();
            if out.iter().any(|known| known.word == *word) {
                continue;
            }
            let status = body.get("status").map(Value::to_string).unwrap_or_default();
            out.push(Problem {
                word: word.clone(),
                kind: text("type"),
                status,
                title: text("title"),
            });
        }
    }
    out.sort_by(|a, b| (&a.status, &a.word).cmp(&(&b.status, &b.word)));
    out
}

/// The JSON body of a request.
pub fn content(operation: &Operation) -> Option<&Content> {
    let RefOr::T(body) = operation.request_body.as_ref()? else { return None };
    match body.content.values().next()? {
        RefOr::T(content) => Some(content),
        RefOr::Ref(_) => None,
    }
}

/// A call on the command line, line by line.
pub fn curl(
    components: &Components,
    address: &str,
    method: &str,
    parameters: &[&Parameter],
    operation: &Operation,
) -> String {
    let mut address = address.to_owned();
    let mut lines = Vec::new();
    let needs = operation.security.as_deref().unwrap_or_default();
    if !needs.is_empty() && !needs.contains(&SecurityRequirement::default()) {
        lines.push("-H 'authorization: Bearer TOKEN'".to_owned());
    }
    for parameter in parameters {
        let Some(shape) = &parameter.schema else { continue };
        let value = sample(shape, components);
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        match parameter.parameter_in {
            ParameterIn::Path => {
                address = address.replace(&format!("{{{}}}", parameter.name), &value);
            }
            ParameterIn::Header if parameter.required == Required::True => {
                lines.push(format!("-H '{}: {value}'", parameter.name.to_lowercase()));
            }
            _ => {}
        }
    }
    if let Some(body) = content(operation).and_then(|content| content.example.as_ref()) {
        lines.push("-H 'content-type: application/json'".to_owned());
        lines.push(format!("-d '{}'", body.to_string().replace('\'', "'\\''")));
    }
    let is_of_parts = |body: &RequestBody| !body.content.contains_key("application/json");
    if let Some(RefOr::T(body)) = &operation.request_body
        && is_of_parts(body)
    {
        lines.push("-F 'attachments=@photo.jpg'".to_owned());
    }
    let way = if method == "GET" { String::new() } else { format!("-X {method} ") };
    let mut out = format!("curl -s {way}'{address}'");
    for line in lines {
        out.push_str(" \\\n  ");
        out.push_str(&line);
    }
    out
}
