//! The outbox goes out: leased, resolved to an address and a body at the last moment, sent, and
//! written down how it ended. Nothing is dropped silently, nothing deleted after a number of tries.

use chrono::TimeDelta;

use super::{Context, FlowError, record};
use crate::clock::{Clock, Moment};
use crate::domain::in_language;
use crate::domain::letter::{LetterKind, Placeholder, Values};
use crate::domain::saved::Saved;
use crate::mail::render::{Composed, Frame, compose};
use crate::mail::{Outgoing, Sent, Transport, is_deliverable, spool};
use crate::store::cases::StoredCase;
use crate::store::outbox::{self, MailRow, MailState, Tried};
use crate::store::{AnyConn, StoreError, Stored, agencies, cases, saved, texts, users};

/// So many mails are under way at a time.
pub const BATCH: usize = 16;

/// What is needed to write one letter.
struct Order {
    row: MailRow,
    stored: Option<StoredCase>,
    /// `None`: there is no address that could be written to.
    address: Option<String>,
    name: String,
    text: Option<String>,
    /// The recipient may no longer know of the case.
    is_withheld: bool,
    /// The kept search that the mail tells of.
    search: Option<Saved>,
    /// Of the case's first mail, so that mail programs keep a case together.
    first_id: Option<String>,
}

/// Who sends, and with which patience.
pub struct Sender<'a> {
    pub transport: &'a Transport,
    /// This process, in leases.
    pub holder: &'a str,
    pub from: &'a str,
    /// A try may take long: when it ended is read when it has.
    pub clock: &'a Clock,
}

/// Sends what is due, one batch; returns how many were taken.
pub async fn step(context: &Context, sender: &Sender<'_>) -> Result<usize, FlowError> {
    let (holder, now) = (sender.holder.to_owned(), context.now);
    let limit = i64::try_from(BATCH).unwrap_or(1);
    let own = holder.clone();
    let is_due = context.store.read(move |conn| outbox::is_due(conn, &own, now)).await;
    if !is_due.map_err(|e: StoreError| FlowError::Store(e))? {
        return Ok(0);
    }
    let rows = context
        .store
        .write(move |tx| Ok::<_, FlowError>(outbox::lease(tx.conn, &holder, now, limit)?))
        .await?;
    let taken = rows.len();
    let mut running = Vec::with_capacity(taken);
    for row in rows {
        running.push(one(context, sender, row));
    }
    for finished in join_all(running).await {
        finished?;
    }
    Ok(taken)
}

/// Runs futures side by side on this task.
async fn join_all<F: Future>(futures: Vec<F>) -> Vec<F::Output> {
    let mut pinned: Vec<_> = futures.into_iter().map(|f| (Box::pin(f), None)).collect();
    std::future::poll_fn(|cx| {
        let mut waiting = false;
        for (future, done) in &mut pinned {
            if done.is_none() {
                match future.as_mut().poll(cx) {
                    std::task::Poll::Ready(output) => *done = Some(output),
                    std::task::Poll::Pending => waiting = true,
                }
            }
        }
        if waiting { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
    })
    .await;
    pinned.into_iter().filter_map(|(_, done)| done).collect()
}

async fn one(context: &Context, sender: &Sender<'_>, row: MailRow) -> Result<(), FlowError> {
    let (id, attempts) = (row.id, row.attempts);
    let unsent = |state, error: String| {
        let not_before = sender.clock.now();
        Tried { state, error: Some(error), not_before, attempts }
    };
    let order = match order(context, row).await {
        Ok(order) => order,
        Err(error) => {
            let tried = unsent(MailState::Refused, unreadable(id, error)?);
            return finish(context, sender, id, tried, None).await;
        }
    };
    let (outgoing, kept) = match write_letter(context, sender.from, &order) {
        Ok(letter) => letter,
        Err(Unwritten { state, why }) => {
            return finish(context, sender, id, unsent(state, why), None).await;
        }
    };
    let sent = sender.transport.send(&outgoing).await;
    let tried = tried(sender.clock.now(), sent, attempts);
    let uid = order.stored.as_ref().map(|s| s.keys.uid);
    let kept = uid.map(|uid| (uid, kept)).filter(|_| tried.state == MailState::Sent);
    finish(context, sender, id, tried, kept).await
}

/// What is wrong with a mail that cannot be put together: it will be no better the next time, so
/// that somebody has to look at it. A database that is away says nothing of the mail.
fn unreadable(id: i64, error: StoreError) -> Result<String, FlowError> {
    match error {
        StoreError::Corrupt(_) | StoreError::Seal(_) | StoreError::NotFound => {
            tracing::error!(%error, mail = id, "a mail cannot be put together");
            Ok("what the mail is made of cannot be read".to_owned())
        }
        other => Err(other.into()),
    }
}

async fn finish(
    context: &Context,
    sender: &Sender<'_>,
    id: i64,
    tried: Tried,
    kept: Option<(crate::seal::Uid, String)>,
) -> Result<(), FlowError> {
    let (holder, now) = (sender.holder.to_owned(), sender.clock.now());
    // What a transport says of a failure names no address, and nothing of the letter.
    if let Some(why) = tried.error.as_deref().filter(|_| tried.state != MailState::Superseded) {
        let (state, attempts) = (tried.state, tried.attempts);
        tracing::warn!(mail = id, %state, attempts, why, "a mail could not be delivered");
    }
    let written = context.store.write(move |tx| {
        outbox::finish(tx.conn, id, &holder, &tried, now)?;
        if let Some((uid, message)) = &kept {
            outbox::keep_sent(tx, uid, id, message, now)?;
        }
        Ok::<_, StoreError>(())
    });
    match written.await {
        // The lease ran out and another process has the mail: what it finds stands.
        Err(StoreError::Conflict) => Ok(()),
        other => Ok(other?),
    }
}

/// 30 s after the end of the try, then each time twice as long up to 4 h; a refusal for good is
/// not tried again.
fn tried(ended: Moment, sent: Sent, attempts: i64) -> Tried {
    let attempts = attempts + 1;
    let later = ended + TimeDelta::seconds(outbox::wait_seconds(attempts));
    let (state, error, not_before) = match sent {
        Sent::Accepted => (MailState::Sent, None, ended),
        Sent::Refused(why) => (MailState::Refused, Some(why), ended),
        Sent::TryLater(why) => (MailState::Queued, Some(why), later),
        Sent::Uncertain(why) => (MailState::Uncertain, Some(why), later),
    };
    Tried { state, error, not_before, attempts }
}

async fn order(context: &Context, row: MailRow) -> Stored<Order> {
    let (seal, rules) = (context.store.seal().clone(), context.rules.clone());
    let order = context.store.read(move |conn| {
        let stored = row.case_id.map(|id| cases::by_id(conn, id)).transpose()?;
        let (address, name) = address(conn, &seal, &rules, &row, stored.as_ref())?;
        let text = match (&row.text_hash, &stored) {
            (Some(hash), Some(stored)) => {
                let kept = texts::of_case(conn, &seal, stored.keys.id)?;
                kept.into_iter().find(|t| &t.hash == hash).map(|t| t.body)
            }
            _ => None,
        };
        let first_id = match &stored {
            Some(stored) => outbox::first_message_id(conn, stored.keys.id, &row)?,
            None => None,
        };
        let address = address.filter(|a| is_deliverable(a));
        let search = search(conn, &seal, &row)?;
        let is_withheld = match &stored {
            Some(stored) => !may_know(conn, &rules, &row, stored)?,
            None => row.letter == LetterKind::Alert && search.is_none(),
        };
        let order = Order { row, stored, address, name, text, is_withheld, search, first_id };
        Ok::<_, StoreError>(order)
    });
    order.await
}

/// The search that an alert tells of; nothing once the officer keeps it no longer, or is shut out.
fn search(conn: &mut AnyConn, seal: &crate::seal::Seal, row: &MailRow) -> Stored<Option<Saved>> {
    let id = row.parameters.get(&Placeholder::Search).and_then(|id| id.parse().ok());
    let Some(id) = id.filter(|_| row.letter == LetterKind::Alert) else { return Ok(None) };
    if users::by_id(conn, row.recipient_id)?.user.disabled {
        return Ok(None);
    }
    match saved::own(conn, seal, row.recipient_id, id) {
        Ok(known) => Ok(Some(known)),
        Err(StoreError::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

/// May the recipient still know of the case? What became of it since the mail was caused counts: a
/// restricted case is no agency's, and one that went elsewhere is another's.
fn may_know(
    conn: &mut AnyConn,
    rules: &crate::domain::jurisdiction::Jurisdiction,
    row: &MailRow,
    stored: &StoredCase,
) -> Stored<bool> {
    let case = &stored.case;
    Ok(match row.recipient_kind.as_str() {
        "agency" => !case.restricted && case.agency == Some(row.recipient_id),
        "user" => {
            let user = users::by_id(conn, row.recipient_id)?.user;
            user.may_see(case, rules)
        }
        _ => true,
    })
}

/// Address and name of the recipient, as they are now: erased people get nothing.
fn address(
    conn: &mut AnyConn,
    seal: &crate::seal::Seal,
    rules: &crate::domain::jurisdiction::Jurisdiction,
    row: &MailRow,
    stored: Option<&StoredCase>,
) -> Stored<(Option<String>, String)> {
    match (row.recipient_kind.as_str(), stored) {
        ("reporter", Some(stored)) => {
            let keys = &stored.keys;
            let reporter = texts::reporter(conn, seal, &keys.uid, keys.reporter_id)?;
            Ok((reporter.email, reporter.name.unwrap_or_default()))
        }
        ("agency", _) => {
            let agency = rules.agency(row.recipient_id);
            // From the row: the rules at hand may be older than an address just given.
            let address = agencies::email_of(conn, row.recipient_id)?;
            let name = agency.map(|a| in_language(&a.names, &row.language).to_owned());
            Ok((address, name.unwrap_or_default()))
        }
        ("user", _) => {
            let user = users::by_id(conn, row.recipient_id)?.user;
            let address = Some(user.email).filter(|_| !user.disabled);
            Ok((address, user.name))
        }
        _ => Ok((None, String::new())),
    }
}

type Letter = (Outgoing, String);

/// Why there is no letter to send.
struct Unwritten {
    state: MailState,
    why: String,
}

/// The letter as a message, and the copy that is kept of it with code and link blanked.
fn write_letter(context: &Context, from: &str, order: &Order) -> Result<Letter, Unwritten> {
    let row = &order.row;
    if order.is_withheld {
        let why = match row.letter {
            LetterKind::Alert => "the search is kept no longer, or its officer was shut out",
            _ => "the recipient may no longer know of the case",
        };
        let why = why.to_owned();
        return Err(Unwritten { state: MailState::Superseded, why });
    }
    let to = order.address.as_ref().ok_or_else(|| Unwritten {
        state: MailState::NoAddress,
        why: "no address that could be written to".to_owned(),
    })?;
    let refused = |why| Unwritten { state: MailState::Refused, why };
    let letter = context.rules.letter(row.letter, &row.language);
    let letter = letter.ok_or_else(|| refused(format!("there is no letter {}", row.letter)))?;
    let values = values(context, order);
    let code = values.get(&Placeholder::Code).cloned();
    let link = values.get(&Placeholder::TrackUrl).cloned();
    let Composed { subject, text, html } = compose(letter, &values, &frame(context, row))
        .map_err(|e| refused(format!("the letter {} cannot be written: {e}", row.letter)))?;
    let outgoing = Outgoing {
        message_id: row.message_id.clone(),
        from: from.to_owned(),
        to: to.clone(),
        subject,
        text,
        html,
        language: row.language.clone(),
        auto_submitted: true,
        references: order.first_id.clone(),
        written_at: row.created_at,
    };
    let kept = spool::kept_copy(&outgoing, code.as_deref(), link.as_deref());
    Ok((outgoing, kept))
}

fn frame(context: &Context, row: &MailRow) -> Frame {
    let say = |id: &str| context.messages.say(&row.language, id, &[]);
    let city = in_language(&context.rules.settings.names, &row.language).to_owned();
    let button = if row.letter.is_for_citizen() { "mail-button-track" } else { "mail-button-desk" };
    Frame {
        city,
        footer: vec![say("mail-footer")],
        button: say(button),
        language: row.language.clone(),
    }
}

/// What was fixed when the mail was caused, and what only the moment of sending may know: code,
/// texts, name.
fn values(context: &Context, order: &Order) -> Values {
    let (row, rules) = (&order.row, &context.rules);
    let mut values = row.parameters.clone();
    let language = &row.language;
    values.insert(Placeholder::City, in_language(&rules.settings.names, language).to_owned());
    values.insert(Placeholder::Name, order.name.clone());
    if let Some(stored) = &order.stored {
        let case = &stored.case;
        if row.recipient_kind == "agency" {
            // It may have waited for an address: what is due now counts, not what was then.
            values.extend(record::values_now(context, stored, row.letter, language));
        }
        values.insert(Placeholder::Number, case.number.clone());
        let zone = rules.settings.zone;
        let day = case.received_at.with_timezone(&zone).date_naive();
        values.insert(Placeholder::Received, context.messages.day(language, day));
        if row.letter == LetterKind::Receipt {
            let code = context.store.seal().code(&stored.keys.uid);
            let link = format!("{}/track/{code}", context.public_url);
            values.insert(Placeholder::Code, code);
            values.insert(Placeholder::TrackUrl, link);
        }
        if !row.letter.is_for_citizen() {
            let link = format!("{}/desk/cases/{}", context.public_url, case.number);
            values.insert(Placeholder::DeskUrl, link);
        }
    }
    if let Some(known) = &order.search {
        values.insert(Placeholder::Search, known.wish.name.clone());
        let link = format!("{}/desk/saved/{}", context.public_url, known.id);
        values.insert(Placeholder::DeskUrl, link);
    }
    if let Some(text) = &order.text {
        let text = match row.letter.is_for_citizen() {
            true => text.clone(),
            // What leaves the desk for an agency's mailbox is masked.
            false => context.patterns.mask(text),
        };
        values.entry(Placeholder::Text).or_insert(text.clone());
        values.entry(Placeholder::Reason).or_insert(text);
    }
    values
}

/// Gives back the leases of this process, at a stop, or of all, at a start on a database of one's
/// own.
pub async fn give_back(context: &Context, holder: Option<String>) -> Result<usize, FlowError> {
    context.store.write(move |tx| Ok(outbox::give_back(tx.conn, holder.as_deref())?)).await
}

/// Holds the leases of this process while it sends.
pub async fn renew(context: &Context, holder: &str) -> Result<(), FlowError> {
    let (holder, now) = (holder.to_owned(), context.now);
    context.store.write(move |tx| Ok(outbox::renew(tx.conn, &holder, now)?)).await
}
