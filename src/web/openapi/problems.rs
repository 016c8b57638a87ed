//! The ways to fail as answers of the document: one for each set of problem types that an operation
//! gives under one status, with an example of each as the service words it.

use serde_json::Value;
use utoipa::openapi::content::ContentBuilder;
use utoipa::openapi::example::{Example, ExampleBuilder};
use utoipa::openapi::header::HeaderBuilder;
use utoipa::openapi::{Ref, Response, ResponseBuilder};

use super::kit::count;
use crate::clock::Moment;
use crate::domain::case::Verb;
use crate::domain::error::{FieldError, Rule};
use crate::domain::submission::TEXT_MIN;
use crate::flow::Changed;
use crate::text::messages::Messages;
use crate::web::failure::{Failure, Kind};

/// The media type of failures.
pub const PROBLEM: &str = "application/problem+json";
const LANGUAGE: &str = "en";
/// What an example names.
const WAIT_SECONDS: u64 = 30;
const REQUEST_ID: &str = "5d41402abc4b2a76";

/// The kinds of one status together; the statuses rise.
pub fn by_status(kinds: &[Kind]) -> Vec<Vec<Kind>> {
    let mut out: std::collections::BTreeMap<u16, Vec<Kind>> = std::collections::BTreeMap::new();
    for kind in kinds {
        out.entry(kind.status().as_u16()).or_default().push(*kind);
    }
    out.into_values().collect()
}

/// The name of the answer for kinds of one status: `MistypedCodeOrUnknownCode`.
pub fn name(kinds: &[Kind]) -> String {
    let names: Vec<String> = kinds.iter().map(|kind| camel(kind.word())).collect();
    names.join("Or")
}

fn camel(word: &str) -> String {
    let mut out = String::new();
    for part in word.split('-') {
        let mut letters = part.chars();
        out.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        out.push_str(letters.as_str());
    }
    out
}

/// The answer for kinds of one status.
pub fn response(kinds: &[Kind], messages: &Messages, now: Moment) -> Response {
    let mut says = Vec::new();
    let mut examples = Vec::new();
    for kind in kinds {
        let failure = sample(*kind, now);
        let title = failure.title(messages, LANGUAGE);
        says.push(format!("`{kind}`: {title}"));
        let body = failure.body(messages, LANGUAGE, REQUEST_ID);
        examples.push((kind.word(), example(&title, body)));
    }
    let content = ContentBuilder::new()
        .schema(Some(Ref::from_schema_name("Problem")))
        .examples_from_iter(examples)
        .build();
    let mut out = ResponseBuilder::new().description(says.join("\n\n")).content(PROBLEM, content);
    let waits = |kind: &Kind| matches!(kind, Kind::TooMany | Kind::Unavailable);
    if kinds.iter().any(waits) {
        let header = HeaderBuilder::new()
            .schema(Some(count("")))
            .description(Some("Seconds to wait."))
            .build();
        out = out.header("Retry-After", header);
    }
    out.build()
}

fn example(summary: &str, body: Value) -> Example {
    ExampleBuilder::new().summary(summary).value(Some(body)).build()
}

/// A failure as it may happen.
fn sample(kind: Kind, now: Moment) -> Failure {
    let plain = Failure::new(kind);
    match kind {
        Kind::Invalid => {
            let limit = TEXT_MIN.to_string();
            Failure::invalid(vec![FieldError::limit("text", Rule::TooShort, &limit, "3")])
        }
        Kind::ChangePassword => {
            let errors = vec![FieldError::new("password", Rule::Required)];
            Failure { errors, ..plain }
        }
        Kind::IllegalStep => Failure { can: vec![Verb::Decide.word(), Verb::Note.word()], ..plain },
        Kind::Stale => {
            let changed = vec![Changed { field: "noted", by: "An".to_owned(), at: now }];
            Failure { changed, ..plain }
        }
        Kind::TooMany | Kind::Unavailable => {
            Failure { retry_after_seconds: Some(WAIT_SECONDS), ..plain }
        }
        _ => plain,
    }
}
