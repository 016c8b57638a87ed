//! From outside shapes to what the domain understands. No input or output of its own: bytes in, a
//! submission or a step out, or every field that is wrong.

pub mod action;
pub mod administration;
pub mod edition;
pub mod fields;
pub mod history;
pub mod query;
pub mod rest;

use crate::domain::error::FieldError;
use crate::text::messages::Messages;

/// Why something could not be taken in.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum IntakeError {
    /// Not even the shape can be read; the reason is for programmers.
    #[error("it cannot be read: {0}")]
    Unreadable(String),
    /// The shape is right and fields are wrong.
    #[error("fields are wrong")]
    Invalid(Vec<FieldError>),
}

/// A wrong field in words: which, which rule, which limit, what to do.
pub fn field_message(messages: &Messages, language: &str, error: &FieldError) -> String {
    let last = error.field.rsplit('.').next().unwrap_or(&error.field);
    let field = messages
        .find(language, &format!("field-{last}"), &[])
        .unwrap_or_else(|| error.field.clone());
    let limit = error.limit.as_deref().unwrap_or("");
    let actual = error.actual.as_deref().unwrap_or("");
    let values = [("field", field.as_str()), ("limit", limit), ("actual", actual)];
    messages.say(language, &format!("rule-{}", error.rule), &values)
}
