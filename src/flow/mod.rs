//! The verbs: one file, one transaction each. No verb calls another; each leaves rows and the next
//! finds them. The one exception is the waist, `record`, through which every case changes.

pub mod accuracy;
pub mod administer;
pub mod adopt_pack;
pub mod check;
pub mod citizen;
pub mod deliver;
pub mod fall_back;
pub mod find;
pub mod handle;
pub mod import;
pub mod keep_search;
pub mod lab;
pub mod learn;
pub mod receive;
pub mod record;
pub mod report;
pub mod sign_in;
pub mod sweep;
pub mod sync_index;
pub mod watch_clock;

use std::sync::Arc;

use crate::clock::Moment;
use crate::domain::error::{FieldError, Refusal};
use crate::domain::jurisdiction::Jurisdiction;
use crate::index::IndexError;
use crate::index::query::FieldWord;
use crate::index::scope::Engine;
use crate::seal::SealError;
use crate::store::files::Files;
use crate::store::{MayBeDown, Store, StoreError};
use crate::text::messages::Messages;
use crate::text::personal::PersonalPatterns;

/// What the verbs need of the world, built by the assembly for each call.
#[derive(Clone)]
pub struct Context {
    pub store: Store,
    /// Where the bytes of attachments lie.
    pub files: Files,
    pub rules: Arc<Jurisdiction>,
    pub engine: Arc<Engine>,
    /// Finds identity and telephone numbers in free text.
    pub patterns: Arc<PersonalPatterns>,
    pub messages: Arc<Messages>,
    /// How the fields of a search may be called, in every language.
    pub field_words: Arc<[FieldWord]>,
    /// The domain of Message-IDs.
    pub mail_domain: Arc<str>,
    /// Where people reach the service, without a slash at the end.
    pub public_url: Arc<str>,
    pub now: Moment,
}

/// Why a verb did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    #[error(transparent)]
    Refusal(#[from] Refusal),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Index(#[from] IndexError),
    #[error(transparent)]
    Seal(#[from] SealError),
    /// The case has changed since it was read: what, by whom, when.
    #[error("the case has changed since it was read")]
    Stale(Vec<Changed>),
    /// A known Idempotency-Key with another body.
    #[error("the key was used for another request")]
    KeyReused,
    #[error("wrong address or password")]
    NotSignedIn,
}

impl FlowError {
    /// One wrong field.
    pub fn field(error: FieldError) -> FlowError {
        FlowError::Refusal(Refusal::Invalid(vec![error]))
    }
}

impl MayBeDown for FlowError {
    fn database_is_down(&self) -> Option<&str> {
        match self {
            FlowError::Store(error) => error.database_is_down(),
            _ => None,
        }
    }
}

/// Something that changed since the reader's revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// The kind of the event.
    pub field: &'static str,
    pub by: String,
    pub at: Moment,
}

/// Runs work that keeps a core busy for more than a moment away from the async threads.
async fn off_thread<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, FlowError> {
    let span = tracing::Span::current();
    tokio::task::spawn_blocking(move || span.in_scope(work))
        .await
        .map_err(|e| FlowError::Store(StoreError::Unavailable(e.to_string())))
}
