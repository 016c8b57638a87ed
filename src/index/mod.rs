//! Documents ↔ domain: the engine that judges a text, and its measurement. The full text index of
//! the desk is the other half of this module's matter.

pub mod evaluate;
mod metrics;
pub mod scope;

/// What can go wrong here.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    #[error("a pattern of the pack: {0}")]
    Pattern(#[from] crate::text::personal::BadPattern),
    #[error("{path}: {reason}")]
    File { path: String, reason: String },
    #[error("{path}, line {line}: {reason}")]
    Line { path: String, line: usize, reason: String },
}
