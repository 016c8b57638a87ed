//! What the service says about itself: log lines in JSON on standard error, and metrics.
//! Lines hold route patterns and numbers of rows, never paths with a code and never personal data.

pub mod metrics;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

/// Why no log can be written.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    #[error("DANGVAN_LOG: {0}")]
    Filter(String),
    #[error("the log is started already")]
    Started,
}

/// Starts the log of the process. `filter` holds directives as `info,dangvan=debug`.
pub fn start(filter: &str) -> Result<(), TelemetryError> {
    let filter =
        EnvFilter::builder().parse(filter).map_err(|e| TelemetryError::Filter(e.to_string()))?;
    let lines = tracing_subscriber::fmt::layer()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_writer(std::io::stderr);
    tracing_subscriber::registry()
        .with(filter)
        .with(lines)
        .try_init()
        .map_err(|_| TelemetryError::Started)
}
