//! From `Outgoing` to a message in the form of RFC 5322: 7-bit, plain text and HTML.

use std::time::SystemTime;

use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::{Address, Message};

use super::Outgoing;

/// A message and its envelope.
pub(super) struct Built {
    pub(super) from: Address,
    pub(super) to: Address,
    pub(super) bytes: Vec<u8>,
}

/// Why a message cannot be built.
pub(super) enum BuildError {
    /// The recipient's address is none that can be written to.
    Recipient,
    /// The sender is configured wrongly.
    Sender,
    Other(String),
}

/// The address, unless it is malformed or a placeholder.
pub(super) fn mailbox(text: &str) -> Option<Mailbox> {
    let mailbox: Mailbox = text.trim().parse().ok()?;
    let domain = mailbox.email.domain().to_ascii_lowercase();
    let placeholder = domain == "invalid" || domain.ends_with(".invalid");
    (!placeholder).then_some(mailbox)
}

pub(super) fn build(outgoing: &Outgoing) -> Result<Built, BuildError> {
    let to = mailbox(&outgoing.to).ok_or(BuildError::Recipient)?;
    let from: Mailbox = outgoing.from.parse().map_err(|_| BuildError::Sender)?;
    let (from_address, to_address) = (from.email.clone(), to.email.clone());
    let mut builder = Message::builder()
        .message_id(Some(bracketed(&outgoing.message_id)))
        .date(SystemTime::from(outgoing.written_at))
        .from(from)
        .to(to)
        .subject(outgoing.subject.as_str())
        .raw_header(header("Content-Language", &outgoing.language)?);
    if outgoing.auto_submitted {
        builder = builder
            .raw_header(header("Auto-Submitted", "auto-generated")?)
            .raw_header(header("X-Auto-Response-Suppress", "All")?);
    }
    if let Some(first) = &outgoing.references {
        let first = bracketed(first);
        builder = builder.in_reply_to(first.clone()).references(first);
    }
    let parts = MultiPart::alternative_plain_html(outgoing.text.clone(), outgoing.html.clone());
    let message = builder.multipart(parts).map_err(|e| BuildError::Other(e.to_string()))?;
    Ok(Built { from: from_address, to: to_address, bytes: message.formatted() })
}

fn bracketed(id: &str) -> String {
    format!("<{}>", id.trim_matches(['<', '>']))
}

fn header(name: &str, value: &str) -> Result<HeaderValue, BuildError> {
    let name = HeaderName::new_from_ascii(name.to_owned())
        .map_err(|_| BuildError::Other(format!("{name} is no name of a header")))?;
    Ok(HeaderValue::new(name, value.to_owned()))
}
