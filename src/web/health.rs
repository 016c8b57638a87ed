//! Is the service alive; can a case be taken; which part is not well and why.

use std::time::Duration;

use actix_web::HttpResponse;
use serde_json::{Value, json};

use super::ask::Ask;
use crate::clock::Moment;
use crate::flow::{sync_index, watch_clock};
use crate::store::outbox::MailState;
use crate::store::{StoreError, outbox};

/// Mail older than this should have left.
const UNSENT_SECONDS: i64 = 900;
/// An index further behind than this is not well.
const BEHIND_SECONDS: i64 = 60;

/// `GET /health/live`
pub async fn live() -> HttpResponse {
    HttpResponse::Ok().json(json!({"status": "ok"}))
}

/// A database that does not answer within this is said to be down.
const DATABASE_WAIT: Duration = Duration::from_secs(5);

/// What is known of the parts.
pub struct Health {
    pub database: Option<String>,
    pub index: Option<String>,
    pub mail: Option<String>,
    pub clock: Option<String>,
    pub behind_seconds: i64,
    pub oldest_unsent: Option<Moment>,
    pub mails: Vec<(MailState, i64)>,
}

/// Looks at every part; a sentence where one is not well.
pub async fn health(ask: &Ask) -> Health {
    let now = ask.context.now;
    let mut out = Health {
        database: None,
        index: None,
        mail: None,
        clock: None,
        behind_seconds: 0,
        oldest_unsent: None,
        mails: Vec::new(),
    };
    match tokio::time::timeout(DATABASE_WAIT, database(ask)).await {
        Ok(Ok((oldest, counts))) => {
            out.oldest_unsent = oldest;
            out.mails = counts;
        }
        Ok(Err(error)) => {
            out.database = Some(error.to_string());
            return out;
        }
        Err(_) => {
            let seconds = DATABASE_WAIT.as_secs().to_string();
            out.database = Some(ask.tell("health-no-answer", &[("seconds", &seconds)]));
            return out;
        }
    }
    let behind = watch_clock::behind(&ask.context).await.unwrap_or(None);
    out.clock =
        behind.map(|seconds| ask.tell("health-clock", &[("seconds", &seconds.to_string())]));
    let late = out.oldest_unsent.map(|at| (now - at).num_seconds());
    out.mail = late
        .filter(|s| *s > UNSENT_SECONDS)
        .map(|seconds| ask.tell("health-mail", &[("minutes", &(seconds / 60).to_string())]));
    match ask.app.index() {
        None => out.index = Some(ask.say("health-no-index")),
        Some(index) => {
            let behind = sync_index::behind(&ask.context.store, &index, now).await.unwrap_or(0);
            out.behind_seconds = behind;
            out.index = (behind > BEHIND_SECONDS)
                .then(|| ask.tell("health-behind", &[("seconds", &behind.to_string())]));
        }
    }
    out
}

type Mails = (Option<Moment>, Vec<(MailState, i64)>);

/// Can a case be written, and be read? How the outbox stands.
async fn database(ask: &Ask) -> Result<Mails, StoreError> {
    let (store, now) = (&ask.context.store, ask.context.now);
    store.probe(now).await?;
    store.read(move |conn| Ok((outbox::oldest_unsent(conn, now)?, outbox::counts(conn)?))).await
}

fn part(fault: Option<&String>) -> Value {
    match fault {
        None => json!({"status": "ok"}),
        Some(why) => json!({"status": "degraded", "why": why}),
    }
}

/// `GET /health/ready`: 200 whenever a case can be taken.
pub async fn ready(ask: Ask) -> HttpResponse {
    let health = health(&ask).await;
    let others = [&health.index, &health.mail, &health.clock];
    let degraded = others.iter().any(|part| part.is_some());
    let mut mail = part(health.mail.as_ref());
    if let (Value::Object(map), Some(at)) = (&mut mail, health.oldest_unsent) {
        map.insert("oldest_unsent".into(), json!(at));
    }
    let mut index = part(health.index.as_ref());
    if let Value::Object(map) = &mut index {
        map.insert("behind_seconds".into(), json!(health.behind_seconds));
    }
    let down = health.database.is_some();
    let status = match (down, degraded) {
        (true, _) => "down",
        (false, true) => "degraded",
        (false, false) => "ok",
    };
    let body = json!({
        "status": status,
        "parts": {
            "database": part(health.database.as_ref()),
            "index": index,
            "mail": mail,
            "clock": part(health.clock.as_ref()),
        },
    });
    if down { HttpResponse::ServiceUnavailable().json(body) } else { HttpResponse::Ok().json(body) }
}
