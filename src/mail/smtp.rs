//! One message over SMTP, step by step, so that it is known at which step a try ended: before the
//! content is handed over nothing was taken; afterwards only a reply tells.
//!
//! Connections are kept and reused. Small packets leave at once (no Nagle): the end of the content
//! would else wait for the server's delayed acknowledgement, 40 ms a mail.

use std::time::Duration;

use lettre::Address;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use tokio::net::TcpStream;
use tokio::sync::{Mutex, Semaphore};
use tokio::time::{Instant, timeout};

use super::message::Built;
use super::{Limits, Sent};

/// Servers close idle connections; those idle for longer are not tried again.
const IDLE_SECONDS: u64 = 30;
/// What is kept of a server's reply.
const REPLY_CHARS_MAX: usize = 300;
/// Replies about signing in (RFC 4954): a fault of the configuration, and no message's.
const SIGN_IN_CODES: [u16; 4] = [530, 534, 535, 538];

/// How a connection is protected.
#[derive(Clone)]
enum Security {
    Plain,
    StartTls(TlsParameters),
    Tls(TlsParameters),
}

/// A mail server as the URL names it.
pub(super) struct Server {
    host: String,
    port: u16,
    security: Security,
    credentials: Option<Credentials>,
}

impl Server {
    /// Reads `smtp://`, `smtps://` or `smtp+starttls://`, `user:password@` and `host:port`.
    pub(super) fn from_url(url: &str) -> Result<Server, String> {
        let (scheme, rest) = url.split_once("://").ok_or("it is no URL")?;
        let (user, place) = match rest.rsplit_once('@') {
            Some((user, place)) => (Some(user), place),
            None => (None, rest),
        };
        let place = place.trim_end_matches('/');
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
            _ => (place, None),
        };
        let host = host.trim_matches(['[', ']']).to_owned();
        let tls = || TlsParameters::new(host.clone()).map_err(|e| e.to_string());
        let (security, port_usual) = match scheme {
            "smtp" => (Security::Plain, 25),
            "smtp+starttls" => (Security::StartTls(tls()?), 587),
            "smtps" => (Security::Tls(tls()?), 465),
            other => return Err(format!("{other} is no scheme for mail")),
        };
        let port = match port {
            Some(port) => port.parse().map_err(|_| "the port is no number")?,
            None => port_usual,
        };
        let credentials = user.map(credentials).transpose()?;
        Ok(Server { host, port, security, credentials })
    }

    /// A connection that has said hello, is protected as asked for, and has signed in.
    async fn connect(&self, limit: Duration) -> Result<AsyncSmtpConnection, String> {
        let place = (self.host.as_str(), self.port);
        let hello = ClientId::default();
        let said = |e: Error| describe("connecting", &e);
        let mut conn = match &self.security {
            Security::Tls(tls) => {
                let tls = Some(tls.clone());
                AsyncSmtpConnection::connect_tokio1(place, Some(limit), &hello, tls, None)
                    .await
                    .map_err(said)?
            }
            Security::Plain | Security::StartTls(_) => {
                let failed = |e: std::io::Error| format!("connecting: {e}");
                let stream = TcpStream::connect(place).await.map_err(failed)?;
                stream.set_nodelay(true).map_err(failed)?;
                AsyncSmtpConnection::connect_with_transport(Box::new(stream), &hello)
                    .await
                    .map_err(said)?
            }
        };
        if let Security::StartTls(tls) = &self.security {
            let failed = |e: Error| describe("starting TLS", &e);
            conn.starttls(tls.clone(), &hello).await.map_err(failed)?;
        }
        if let Some(credentials) = &self.credentials {
            conn.auth(&[Mechanism::Plain, Mechanism::Login], credentials)
                .await
                .map_err(|e| describe("signing in, see DANGVAN_SMTP_URL", &e))?;
        }
        Ok(conn)
    }
}

/// A server and the connections to it.
pub(super) struct Smtp {
    server: Server,
    limits: Limits,
    idle: Mutex<Vec<(AsyncSmtpConnection, Instant)>>,
    permits: Semaphore,
}

/// A step before the content that failed. Nothing was taken.
enum Failed {
    /// The server answered.
    Reply(Error),
    /// The message cannot go through this server.
    Unfit(&'static str),
    Timeout,
}

impl Smtp {
    pub(super) fn new(server: Server, limits: Limits) -> Smtp {
        let permits = Semaphore::new(limits.connections_max.max(1));
        Smtp { server, limits, idle: Mutex::new(Vec::new()), permits }
    }

    /// Sends one message. Waits for a connection to be free, then for each step its own limit.
    pub(super) async fn send(&self, message: &Built) -> Sent {
        let Ok(_permit) = self.permits.acquire().await else {
            return Sent::TryLater("the service is stopping".to_owned());
        };
        let sent = self.talk(message).await;
        match sent {
            Sent::Accepted => Sent::Accepted,
            Sent::Refused(why) => Sent::Refused(without_addresses(&why, &message.to)),
            Sent::TryLater(why) => Sent::TryLater(without_addresses(&why, &message.to)),
            Sent::Uncertain(why) => Sent::Uncertain(without_addresses(&why, &message.to)),
        }
    }

    async fn talk(&self, message: &Built) -> Sent {
        let mut conn = match self.opened(message).await {
            Ok(conn) => conn,
            Err(sent) => return sent,
        };
        match timeout(self.limits.reply, conn.message(&message.bytes)).await {
            Ok(Ok(_)) => {
                self.idle.lock().await.push((conn, Instant::now()));
                Sent::Accepted
            }
            Ok(Err(error)) if error.status().is_some() => from_reply("the content", &error),
            Ok(Err(error)) => Sent::Uncertain(describe("waiting for the last reply", &error)),
            Err(_) => Sent::Uncertain(format!(
                "no reply to the content within {} s",
                self.limits.reply.as_secs()
            )),
        }
    }

    /// A connection that has taken sender and recipient and waits for the content.
    async fn opened(&self, message: &Built) -> Result<AsyncSmtpConnection, Sent> {
        if let Some(mut conn) = self.idle().await {
            match self.introduce(&mut conn, message).await {
                Ok(()) => return Ok(conn),
                Err(Failed::Reply(e)) if e.is_permanent() => {
                    return Err(from_reply("the recipient", &e));
                }
                // The server has closed a kept connection, or wants another one: nothing was sent.
                Err(_) => drop(conn),
            }
        }
        let connecting = timeout(self.limits.connect, self.server.connect(self.limits.connect));
        let mut conn = match connecting.await {
            Ok(Ok(conn)) => conn,
            Ok(Err(why)) => return Err(Sent::TryLater(why)),
            Err(_) => {
                let seconds = self.limits.connect.as_secs();
                return Err(Sent::TryLater(format!("connecting: no answer within {seconds} s")));
            }
        };
        match self.introduce(&mut conn, message).await {
            Ok(()) => Ok(conn),
            Err(Failed::Reply(error)) => Err(from_reply("the recipient", &error)),
            Err(Failed::Unfit(why)) => Err(Sent::Refused(why.to_owned())),
            Err(Failed::Timeout) => {
                Err(Sent::TryLater("no reply to the sender or the recipient".to_owned()))
            }
        }
    }

    /// The connection used last, unless it has been idle for too long.
    async fn idle(&self) -> Option<AsyncSmtpConnection> {
        let mut idle = self.idle.lock().await;
        let limit = Duration::from_secs(IDLE_SECONDS);
        idle.retain(|(_, since)| since.elapsed() < limit);
        idle.pop().map(|(conn, _)| conn)
    }

    async fn introduce(
        &self,
        conn: &mut AsyncSmtpConnection,
        message: &Built,
    ) -> Result<(), Failed> {
        let steps = async {
            let mut parameters = Vec::new();
            if !is_ascii(&message.to) || !is_ascii(&message.from) {
                if !conn.server_info().supports_feature(Extension::SmtpUtfEight) {
                    return Err(Failed::Unfit("the mail server takes ASCII addresses only"));
                }
                parameters.push(MailParameter::SmtpUtfEight);
            }
            let mail = Mail::new(Some(message.from.clone()), parameters);
            conn.command(mail).await.map_err(Failed::Reply)?;
            let recipient = Rcpt::new(message.to.clone(), Vec::new());
            conn.command(recipient).await.map_err(Failed::Reply)?;
            conn.command(Data).await.map_err(Failed::Reply)?;
            Ok(())
        };
        timeout(self.limits.reply, steps).await.unwrap_or(Err(Failed::Timeout))
    }
}

/// A reply 5xx is for ever, unless it is about signing in; all else may pass.
fn from_reply(step: &str, error: &Error) -> Sent {
    let code = error.status().map(u16::from);
    match code {
        Some(code) if SIGN_IN_CODES.contains(&code) => {
            Sent::TryLater(describe("signing in, see DANGVAN_SMTP_URL", error))
        }
        Some(_) if error.is_permanent() => Sent::Refused(describe(step, error)),
        _ => Sent::TryLater(describe(step, error)),
    }
}

fn describe(step: &str, error: &Error) -> String {
    format!("{step}: {error}")
}

fn is_ascii(address: &Address) -> bool {
    AsRef::<str>::as_ref(address).is_ascii()
}

/// `user:password`, each percent-encoded.
fn credentials(user: &str) -> Result<Credentials, String> {
    let (name, password) = user.split_once(':').ok_or("a user without a password")?;
    Ok(Credentials::new(decoded(name)?, decoded(password)?))
}

fn decoded(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        bytes.extend_from_slice(before.as_bytes());
        let (digits, tail) = after.split_at_checked(2).unwrap_or((after, ""));
        let byte = crate::seal::unhex(digits).filter(|b| b.len() == 1);
        bytes.extend(byte.ok_or("a % without two hexadecimal digits")?);
        rest = tail;
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8(bytes).map_err(|_| "user or password is not UTF-8".to_owned())
}

/// Servers repeat addresses in their replies; what is stored of a reply names nobody.
fn without_addresses(text: &str, recipient: &Address) -> String {
    let local = recipient.user().to_lowercase();
    let ends = |c: char| c.is_whitespace() || "<>()[]{}\"'`,;:".contains(c);
    let mut out = String::with_capacity(text.len());
    for piece in text.split_inclusive(ends) {
        let word = piece.trim_end_matches(ends);
        let names = word.contains('@') || word.trim_end_matches('.').to_lowercase() == local;
        out.push_str(if names { "…" } else { word });
        out.push_str(piece.get(word.len()..).unwrap_or_default());
    }
    let clean = |c: char| if c.is_control() { ' ' } else { c };
    out.chars().map(clean).take(REPLY_CHARS_MAX).collect()
}
