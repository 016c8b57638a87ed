//! Letters to messages, and messages to the world: SMTP, or files where no server is configured.
//! What is to be sent, to whom and when is the outbox's affair; nothing is retried here.

mod message;
pub mod render;
mod smtp;
pub mod spool;
pub mod transport;

use crate::clock::Moment;

pub use transport::{Limits, Transport, TransportError};

/// A message that is ready to leave. The same on every try: its id, and the time it was written.
#[derive(Clone, PartialEq, Eq)]
pub struct Outgoing {
    /// With or without angle brackets; never another one for the same mail.
    pub message_id: String,
    /// An address, or `Name <address>`.
    pub from: String,
    pub to: String,
    pub subject: String,
    pub text: String,
    pub html: String,
    pub language: String,
    /// Nobody's out-of-office note should come back (RFC 3834).
    pub auto_submitted: bool,
    /// The first Message-ID of the case, so that mail programs keep a case together.
    pub references: Option<String>,
    pub written_at: Moment,
}

impl std::fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Outgoing({})", self.message_id)
    }
}

/// How a try to send ended. The texts are for operators and hold no address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// The server has taken it, or the file is on disk.
    Accepted,
    /// The server will never take it: a reply 5xx that is about this message.
    Refused(String),
    /// Nothing was taken: a reply 4xx, the network, or a fault of the configuration.
    TryLater(String),
    /// The whole message was handed over, or a part, and no reply came: it may have arrived.
    Uncertain(String),
}

/// Can this address be written to? Placeholders under `.invalid` (RFC 2606) cannot.
pub fn is_deliverable(address: &str) -> bool {
    message::mailbox(address).is_some()
}
