//! From outside shapes to what the domain understands. No input or output of its own: bytes in, a
//! submission or a step out, or every field that is wrong.

pub mod action;
pub mod administration;
pub mod attachment;
pub mod edition;
pub mod fields;
pub mod history;
pub mod query;
pub mod rest;
pub mod saved;

use crate::domain::error::{FieldError, Rule};
use crate::text::messages::Messages;

/// Why something could not be taken in.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum IntakeError {
    /// Not even the shape can be read.
    #[error("it cannot be read: {0:?}")]
    Unreadable(Unreadable),
    /// The shape is right and fields are wrong.
    #[error("fields are wrong")]
    Invalid(Vec<FieldError>),
}

/// Why not even the shape can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unreadable {
    /// No JSON from here on.
    Json { line: usize, column: usize },
    /// JSON, and no object.
    NoObject,
    /// Not in Unicode.
    NotUnicode,
    /// Parts of which one has no beginning, or no end.
    Parts,
}

/// What cannot be read, in words, with the place.
pub fn unreadable_message(messages: &Messages, language: &str, why: &Unreadable) -> String {
    let (id, line, column) = match why {
        Unreadable::Json { line, column } => ("unreadable-json", *line, *column),
        Unreadable::NoObject => ("unreadable-no-object", 0, 0),
        Unreadable::NotUnicode => ("unreadable-not-unicode", 0, 0),
        Unreadable::Parts => ("unreadable-parts", 0, 0),
    };
    let (line, column) = (line.to_string(), column.to_string());
    messages.say(language, id, &[("line", &line), ("column", &column)])
}

/// A wrong field in words: which, which rule, which limit, what to do.
pub fn field_message(messages: &Messages, language: &str, error: &FieldError) -> String {
    let last = error.field.rsplit('.').next().unwrap_or(&error.field);
    let field = messages
        .find(language, &format!("field-{last}"), &[])
        .unwrap_or_else(|| error.field.clone());
    let limit = error.limit.as_deref().unwrap_or("");
    let of_type = messages.find(language, &format!("type-{limit}"), &[]);
    let limit = match (error.rule, &of_type) {
        (Rule::WrongType, Some(said)) => said,
        _ => limit,
    };
    let actual = error.actual.as_deref().unwrap_or("");
    let values = [("field", field.as_str()), ("limit", limit), ("actual", actual)];
    // A rule may have words of its own for one field.
    if let Some(own) = messages.find(language, &format!("rule-{}-{last}", error.rule), &values) {
        return own;
    }
    // Codes are chosen from a list; where it is short, the message names it.
    let id = match (error.rule, limit.is_empty()) {
        (Rule::UnknownCode, false) => "rule-unknown_word".to_owned(),
        (rule, _) => format!("rule-{rule}"),
    };
    messages.say(language, &id, &values)
}
