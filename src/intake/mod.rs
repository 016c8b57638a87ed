//! From outside shapes to what the domain understands. No input or output of its own: bytes in, a submission or a step
//! out, or every field that is wrong.

pub mod action;
pub mod fields;
pub mod query;
pub mod rest;

use crate::domain::error::FieldError;

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
