//! Documents ↔ domain. Two halves: the engine that judges a text, with its measurement; and the
//! full-text index of the desk, which is made from the database and may be deleted at any time.

mod audit;
mod bootstrap;
pub mod document;
pub mod evaluate;
mod facets;
mod metrics;
pub mod place;
pub mod query;
mod schema;
pub mod scope;
pub mod search;
mod store;

pub use audit::Audit;
pub use store::Index;

/// What can go wrong here.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    #[error("a pattern of the pack: {0}")]
    Pattern(#[from] crate::text::personal::BadPattern),
    #[error("{path}: {reason}")]
    File { path: String, reason: String },
    #[error("{path}, line {line}: {reason}")]
    Line { path: String, line: usize, reason: String },
    #[error("the full-text index: {0}")]
    Tantivy(#[from] tantivy::TantivyError),
    #[error("the full-text index was opened for reading alone")]
    ReadOnly,
    #[error("there is no index of this database")]
    Missing,
    /// A cursor that is none of ours.
    #[error("the cursor cannot be read")]
    BadCursor,
}

impl IndexError {
    /// Another process writes this index.
    pub fn is_lock(&self) -> bool {
        matches!(self, IndexError::Tantivy(tantivy::TantivyError::LockFailure(..)))
    }
}
