//! The way out: a mail server, or a folder of files. One try, one of four ends.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::message::{BuildError, build};
use super::smtp::{Server, Smtp};
use super::{Outgoing, Sent, spool};

/// What a transport may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Mails under way at the same time, each on a connection of its own.
    pub connections_max: usize,
    /// For a connection with greeting, TLS and sign-in.
    pub connect: Duration,
    /// For sender and recipient, and again for the content: servers slow strangers down, and look
    /// for viruses before they answer.
    pub reply: Duration,
}

impl Limits {
    /// What the service uses.
    pub const SERVICE: Limits = Limits {
        connections_max: 16,
        connect: Duration::from_secs(20),
        reply: Duration::from_secs(60),
    };
}

/// Why there is no way out.
#[derive(Debug, thiserror::Error)]
#[error("DANGVAN_SMTP_URL: {0}")]
pub struct TransportError(String);

/// Where mails go.
pub enum Transport {
    Smtp(Box<SmtpTransport>),
    /// `.eml` files in this folder, for trial use: they are the delivery itself, codes and all.
    Files(PathBuf),
}

/// Connections to a mail server.
pub struct SmtpTransport(Smtp);

impl Transport {
    /// To the server of `smtp_url`, else into `folder`. Nothing is connected yet.
    pub fn new(
        smtp_url: Option<&str>,
        folder: &Path,
        limits: Limits,
    ) -> Result<Transport, TransportError> {
        match smtp_url {
            Some(url) => {
                let server = Server::from_url(url).map_err(TransportError)?;
                Ok(Transport::Smtp(Box::new(SmtpTransport(Smtp::new(server, limits)))))
            }
            None => Ok(Transport::Files(folder.to_owned())),
        }
    }

    /// Tries once to send.
    pub async fn send(&self, outgoing: &Outgoing) -> Sent {
        let built = match build(outgoing) {
            Ok(built) => built,
            Err(BuildError::Recipient) => {
                return Sent::Refused("the recipient's address cannot be written to".to_owned());
            }
            Err(BuildError::Sender) => {
                return Sent::TryLater("DANGVAN_MAIL_FROM is no address".to_owned());
            }
            Err(BuildError::Other(why)) => return Sent::Refused(why),
        };
        match self {
            Transport::Smtp(smtp) => smtp.0.send(&built).await,
            Transport::Files(folder) => to_file(folder, outgoing, built.bytes).await,
        }
    }
}

/// Off the threads that serve requests, since it waits for the disk.
async fn to_file(folder: &Path, outgoing: &Outgoing, bytes: Vec<u8>) -> Sent {
    let (folder, id) = (folder.to_owned(), outgoing.message_id.clone());
    let written_at = outgoing.written_at;
    let writing =
        tokio::task::spawn_blocking(move || spool::write(&folder, written_at, &id, &bytes));
    match writing.await {
        Ok(Ok(_)) => Sent::Accepted,
        Ok(Err(e)) => Sent::TryLater(format!("writing the file: {e}")),
        Err(e) => Sent::TryLater(format!("writing the file: {e}")),
    }
}
