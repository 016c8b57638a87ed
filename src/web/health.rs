//! Is the service alive; can a case be taken; which part is not well and why.

use std::time::Duration;

use actix_web::HttpResponse;
use serde_json::{Value, json};

use super::ask::Ask;
use super::failure::{Failure, Kind};
use super::mail_words;
use crate::app::disk::{self, Room};
use crate::clock::Moment;
use crate::flow::{FlowError, sync_index, watch_clock};
use crate::store::outbox;
use crate::store::outbox::MailState;

/// Mail older than this should have left.
const UNSENT_SECONDS: i64 = 900;
/// So many tries of a mail may fail before the server is said to be away: a minute and a half.
const MAIL_TRIES: i64 = 3;
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
    pub disk: Option<String>,
    pub worker: Option<String>,
    /// Nothing where no index is open, or the database does not say.
    pub behind_seconds: Option<i64>,
    pub oldest_unsent: Option<Moment>,
    /// Those that somebody waits for, or should look at.
    pub mails: Vec<(MailState, i64)>,
    /// Nothing where the disk does not say.
    pub room: Option<Room>,
}

impl Health {
    /// Every part by its name, with what is wrong with it.
    pub fn parts(&self) -> [(&'static str, Option<&String>); 6] {
        [
            ("database", self.database.as_ref()),
            ("index", self.index.as_ref()),
            ("mail", self.mail.as_ref()),
            ("clock", self.clock.as_ref()),
            ("disk", self.disk.as_ref()),
            ("worker", self.worker.as_ref()),
        ]
    }
}

/// Looks at every part; a sentence where one is not well.
pub async fn health(ask: &Ask) -> Health {
    let mut out = Health {
        database: None,
        index: None,
        mail: None,
        clock: None,
        disk: None,
        worker: worker(ask),
        behind_seconds: None,
        oldest_unsent: None,
        mails: Vec::new(),
        room: None,
    };
    match disk::room(&ask.app.config.data) {
        Ok(room) => {
            out.disk = room.is_short().then(|| short(ask, room));
            out.room = Some(room);
        }
        Err(error) => out.disk = Some(ask.tell("health-disk-away", &[("why", &error.to_string())])),
    }
    match tokio::time::timeout(DATABASE_WAIT, database(ask)).await {
        Ok(Ok(said)) => tell(ask, said, &mut out),
        Ok(Err(error)) => out.database = Some(error.to_string()),
        Err(_) => {
            let seconds = DATABASE_WAIT.as_secs().to_string();
            out.database = Some(ask.tell("health-no-answer", &[("seconds", &seconds)]));
        }
    }
    out
}

fn short(ask: &Ask, room: Room) -> String {
    let megabytes = (room.free / 1_000_000).to_string();
    ask.tell("health-disk", &[("megabytes", &megabytes)])
}

/// The tasks that have not succeeded for long.
fn worker(ask: &Ask) -> Option<String> {
    let stale = ask.app.tasks.stale(ask.context.now);
    let longest = stale.iter().map(|(_, seconds)| *seconds).max()?;
    let names: Vec<String> =
        stale.iter().map(|(name, _)| ask.say(&format!("task-{name}"))).collect();
    let minutes = (longest / 60).to_string();
    Some(ask.tell("health-worker", &[("tasks", &names.join(", ")), ("minutes", &minutes)]))
}

/// What the database says of itself and of the others.
struct Said {
    oldest_unsent: Option<Moment>,
    mails: Vec<(MailState, i64)>,
    /// Why nothing leaves.
    mail_failing: Option<String>,
    clock_behind: Option<i64>,
    index_behind: Option<i64>,
}

/// Can a case be written, and be read? How do the outbox, the clock and the index stand? Whatever
/// cannot be read of these is a fault of the database, and never taken for well.
async fn database(ask: &Ask) -> Result<Said, FlowError> {
    let (store, now) = (&ask.context.store, ask.context.now);
    store.probe(now).await?;
    let outbox = move |conn: &mut _| {
        let failing = outbox::failing(conn, MAIL_TRIES)?;
        let mails = outbox::counts(conn, &outbox::at_hand())?;
        Ok::<_, FlowError>((outbox::oldest_unsent(conn, now)?, mails, failing))
    };
    let (oldest_unsent, mails, mail_failing) = store.read(outbox).await?;
    let index_behind = match ask.app.index() {
        Some(index) => Some(sync_index::behind(store, &index, now).await?),
        None => None,
    };
    let clock_behind = watch_clock::behind(&ask.context).await?;
    Ok(Said { oldest_unsent, mails, mail_failing, clock_behind, index_behind })
}

fn tell(ask: &Ask, said: Said, out: &mut Health) {
    let seconds = |id: &str, n: i64| ask.tell(id, &[("seconds", &n.to_string())]);
    out.clock = said.clock_behind.map(|n| seconds("health-clock", n));
    let late = said.oldest_unsent.map(|at| (ask.context.now - at).num_seconds());
    let late = late.filter(|n| *n > UNSENT_SECONDS);
    let late = late.map(|n| ask.tell("health-mail", &[("minutes", &(n / 60).to_string())]));
    let failing = said.mail_failing.filter(|why| mail_words::is_of_way_out(why)).map(|why| {
        let why = mail_words::of(&ask.context.messages, &ask.language, &why);
        ask.tell("health-mail-failing", &[("why", &why)])
    });
    out.mail = failing.or(late);
    out.index = match said.index_behind {
        None => Some(ask.say("health-no-index")),
        Some(n) => (n > BEHIND_SECONDS).then(|| seconds("health-behind", n)),
    };
    out.behind_seconds = said.index_behind;
    out.oldest_unsent = said.oldest_unsent;
    out.mails = said.mails;
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
    let mut parts = serde_json::Map::new();
    for (name, fault) in health.parts() {
        parts.insert(name.to_owned(), part(fault));
    }
    if let (Some(Value::Object(mail)), Some(at)) = (parts.get_mut("mail"), health.oldest_unsent) {
        mail.insert("oldest_unsent".into(), json!(at));
    }
    if let Some(Value::Object(index)) = parts.get_mut("index") {
        index.insert("behind_seconds".into(), json!(health.behind_seconds));
    }
    let down = health.database.is_some();
    let degraded = health.parts().iter().any(|(_, fault)| fault.is_some());
    let status = match (down, degraded) {
        (true, _) => "down",
        (false, true) => "degraded",
        (false, false) => "ok",
    };
    let answer = HttpResponse::Ok().json(json!({"status": status, "parts": parts}));
    if down { Failure::new(Kind::Unavailable).mark(answer) } else { answer }
}
