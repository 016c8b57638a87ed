//! The steps of the desk: who may, whether the case allows it, what becomes of deadlines, and the
//! event that says so.

use chrono::NaiveDate;

use super::record::{self, Change, actor_of};
use super::{Changed, Context, FlowError};
use crate::domain::action::{Action, EXTENSION_MAX_DAYS, What};
use crate::domain::agency::AgencyId;
use crate::domain::attachment::NewFile;
use crate::domain::case::{Pending, Verb};
use crate::domain::deadline::{day_of, end_of_day};
use crate::domain::error::{FieldError, Refusal, Rule};
use crate::domain::event::Event;
use crate::domain::letter::LetterKind;
use crate::domain::proposal;
use crate::domain::routing::{RoutingQuestion, is_accused};
use crate::domain::user::{User, UserId, UserName};
use crate::store::attachments::PutFile;
use crate::store::cases::{self, StoredCase};
use crate::store::texts::NewText;
use crate::store::{Tx, examples, history, outbox, users};

mod decision;

use decision::{decide_event, decided_by_officer, may_be_learned};

/// Takes a step on a case as `user`. `revision` is what the user has read; an older one is refused
/// with what changed.
pub async fn handle(
    context: &Context,
    user: User,
    number: String,
    revision: i64,
    (action, files): (Action, Vec<NewFile>),
) -> Result<StoredCase, FlowError> {
    let put = match files.is_empty() {
        true => Vec::new(),
        false => put(context, &user, number.clone(), (action.verb(), files)).await?,
    };
    let (work, files) = (context.clone(), put.clone());
    let may_teach = matches!(action, Action::Decide(_) | Action::Restrict { .. });
    let done = context
        .store
        .write(move |tx| {
            let before = cases::by_number(tx.conn, &number)?;
            permit(&work, &user, &before, action.verb())?;
            if before.case.revision != revision {
                return Err(stale(tx, &before, revision)?);
            }
            let verb = action.verb();
            if !before.case.allows(verb) {
                let can = user.can(&before.case, &work.rules);
                return Err(Refusal::IllegalStep { verb, can }.into());
            }
            let after = step(tx, &work, &user, &before, action)?;
            let brought = (actor_of(&user).kind, files.as_slice());
            record::hang(tx, &work, &after, after.case.version, brought)?;
            Ok(after)
        })
        .await;
    record::take_back_where_undone(context, &put, &done).await;
    let stored = done?;
    if may_teach && !may_be_learned(&stored.case) {
        context.engine.forget(&stored.case.number);
    }
    Ok(stored)
}

/// Writes files for a case that the user may do this to.
async fn put(
    context: &Context,
    user: &User,
    number: String,
    (verb, files): (Verb, Vec<NewFile>),
) -> Result<Vec<PutFile>, FlowError> {
    let before = context.store.read(move |conn| cases::by_number(conn, &number)).await?;
    permit(context, user, &before, verb)?;
    record::put(context, &before.keys.uid, files).await
}

/// 404 for what the user may not know of, 403 for what the user may see and not do.
fn permit(
    context: &Context,
    user: &User,
    before: &StoredCase,
    verb: Verb,
) -> Result<(), FlowError> {
    if !user.may_see(&before.case, &context.rules) {
        return Err(Refusal::NotFound.into());
    }
    if !user.may(verb, &before.case, &context.rules) {
        return Err(Refusal::Forbidden.into());
    }
    Ok(())
}

/// What people did since the reader's revision.
fn stale(tx: &mut Tx<'_>, before: &StoredCase, revision: i64) -> Result<FlowError, FlowError> {
    let events = history::events_of(tx.conn, before.keys.id)?;
    let mut changed = Vec::new();
    let mut seen = 0;
    for recorded in events.iter().filter(|e| e.actor.is_person()) {
        seen += 1;
        if seen <= revision {
            continue;
        }
        let by = match recorded.actor.id {
            Some(id) => users::by_id(tx.conn, id)?.user.name,
            None => recorded.actor.kind.to_string(),
        };
        changed.push(Changed { field: recorded.event.kind(), by, at: recorded.recorded_at });
    }
    Ok(FlowError::Stale(changed))
}

fn step(
    tx: &mut Tx<'_>,
    context: &Context,
    user: &User,
    before: &StoredCase,
    action: Action,
) -> Result<StoredCase, FlowError> {
    let decided = match &action {
        Action::Decide(decide) => Some(decide.clone()),
        _ => None,
    };
    let (event, text) = event_of(tx, context, user, before, action)?;
    let author = actor_of(user);
    let texts = text.map(|(kind, body)| NewText {
        kind,
        author: author.kind,
        language: context.rules.language_or_default(&before.case.language).to_owned(),
        body,
    });
    let change = Change {
        event,
        actor: author,
        occurred_at: context.now,
        texts: texts.into_iter().collect(),
    };
    let is_reopened = matches!(change.event, Event::Reopened { .. });
    let after = match is_reopened {
        true => record::reopen(tx, context, before, change)?,
        false => record::record(tx, context, before, change)?,
    };
    match decided {
        Some(_) => {
            let after = decided_by_officer(tx, context, user, before, after)?;
            record::away_from_accused(tx, context, after, author)
        }
        None => {
            if after.case.restricted && !before.case.restricted {
                examples::remove_example(tx.conn, after.keys.id)?;
            }
            Ok(after)
        }
    }
}

type EventAndText = (Event, Option<(&'static str, String)>);

fn event_of(
    tx: &mut Tx<'_>,
    context: &Context,
    user: &User,
    before: &StoredCase,
    action: Action,
) -> Result<EventAndText, FlowError> {
    let hash = |tx: &Tx<'_>, body: &str| record::text_hash(tx, body);
    let optional = |tx: &Tx<'_>, body: &Option<String>| body.as_deref().map(|b| hash(tx, b));
    Ok(match action {
        Action::Decide(decide) => {
            (decide_event(tx, context, before, &decide)?, reason(decide.reason))
        }
        Action::Route { agency, reason: why } => {
            must_not_be_accused(context, before, agency)?;
            let text = optional(tx, &why);
            (Event::Routed { agency, rule: "officer".into(), text }, reason(why))
        }
        Action::Accept => (Event::Accepted {}, None),
        Action::Return { reason: why } => {
            (Event::Returned { text: hash(tx, &why) }, Some(("reason", why)))
        }
        Action::Ask { text } => (Event::Asked { text: hash(tx, &text) }, Some(("question", text))),
        Action::Answer { text } => answer_event(tx, context, user, before, text)?,
        Action::Approve { what } => (approve_event(context, user, before, what)?, None),
        Action::ReturnAnswer { reason: why } => {
            (Event::AnswerReturned { text: hash(tx, &why) }, Some(("reason", why)))
        }
        Action::Extend { due_day, reason: why } => {
            extend_event(tx, context, user, before, due_day, why)?
        }
        Action::Refer { destination, text } => {
            let hashed = optional(tx, &text);
            (Event::Referred { destination, text: hashed }, text.map(|t| ("answer", t)))
        }
        Action::Refuse { reason_code, text } => {
            let hashed = optional(tx, &text);
            (Event::Refused { reason_code, text: hashed }, text.map(|t| ("answer", t)))
        }
        Action::Note { text } => (Event::Noted { text: hash(tx, &text) }, Some(("note", text))),
        Action::Assign { user: to } => {
            (Event::Assigned { user: may_be_assigned(tx, context, before, to)? }, None)
        }
        Action::Restrict { restricted, reason: why, readers } => {
            let readers = known(tx, readers, &before.case.readers)?;
            (Event::Restricted { restricted, readers, text: hash(tx, &why) }, Some(("reason", why)))
        }
        Action::Resend => (resend(tx, context, before)?, None),
        Action::Close => (Event::Closed {}, None),
        Action::Reopen { reason: why } => {
            let case = &before.case;
            let decision = (case.scope, case.authority, case.category.as_deref());
            let deadline = proposal::deadline(&context.rules, decision, context.now);
            (Event::Reopened { text: hash(tx, &why), deadline }, Some(("reason", why)))
        }
    })
}

/// The office that a case accuses answers it as little when an officer routes it.
fn must_not_be_accused(
    context: &Context,
    before: &StoredCase,
    agency: AgencyId,
) -> Result<(), FlowError> {
    let (case, rules) = (&before.case, &context.rules);
    let day = day_of(context.now, rules.settings.zone);
    let question = RoutingQuestion::of(rules, case, case.category.as_deref(), day);
    match is_accused(rules, &question, agency) {
        true => Err(FlowError::field(FieldError::new("agency", Rule::Accused))),
        false => Ok(()),
    }
}

fn reason(text: Option<String>) -> Option<(&'static str, String)> {
    text.map(|t| ("reason", t))
}

/// An answer goes to review unless the agency's answers need none, or nobody else may approve it.
fn answer_event(
    tx: &mut Tx<'_>,
    context: &Context,
    user: &User,
    before: &StoredCase,
    text: String,
) -> Result<EventAndText, FlowError> {
    let agency = before.case.agency.and_then(|id| context.rules.agency(id));
    let waived = agency.is_some_and(|a| a.answers_unreviewed);
    let alone = !somebody_else_may_approve(tx, context, user, before)?;
    let (takes_effect, unreviewed) = (waived || alone, alone && !waived);
    let hashed = record::text_hash(tx, &text);
    Ok((Event::Answered { text: hashed, takes_effect, unreviewed }, Some(("answer", text))))
}

fn somebody_else_may_approve(
    tx: &mut Tx<'_>,
    context: &Context,
    user: &User,
    before: &StoredCase,
) -> Result<bool, FlowError> {
    Ok(users::all(tx.conn)?.iter().any(|other| {
        other.id != user.id
            && !other.disabled
            && other.may(Verb::Approve, &before.case, &context.rules)
    }))
}

fn approve_event(
    context: &Context,
    user: &User,
    before: &StoredCase,
    what: What,
) -> Result<Event, FlowError> {
    let verb = Verb::Approve;
    let can = || user.can(&before.case, &context.rules);
    let illegal = || Refusal::IllegalStep { verb, can: can() };
    let (by, event) = match (what, before.case.pending.clone().ok_or_else(illegal)?) {
        (What::Answer, Pending::Answer { text, by }) => (by, Event::AnswerApproved { text }),
        (What::Extension, Pending::Extension { due_at, text, by }) => {
            (by, Event::ExtensionApproved { due_at, text })
        }
        _ => return Err(illegal().into()),
    };
    // Nobody approves what they wrote, whatever the role.
    if by == Some(user.id) {
        return Err(Refusal::Forbidden.into());
    }
    Ok(event)
}

fn extend_event(
    tx: &mut Tx<'_>,
    context: &Context,
    user: &User,
    before: &StoredCase,
    due_day: NaiveDate,
    why: String,
) -> Result<EventAndText, FlowError> {
    let zone = context.rules.settings.zone;
    let due_at = end_of_day(context.rules.calendar.working_on_or_after(due_day), zone);
    let too_far = (due_day - day_of(context.now, zone)).num_days() > EXTENSION_MAX_DAYS;
    if before.case.due_at().is_some_and(|old| due_at <= old) {
        let limit = before.case.due_at().map(|d| day_of(d, zone).to_string());
        let mut error = FieldError::new("due_at", Rule::NotInPast);
        error.limit = limit;
        return Err(FlowError::field(error));
    }
    if too_far {
        let limit = EXTENSION_MAX_DAYS.to_string();
        return Err(FlowError::field(FieldError::limit("due_at", Rule::OutOfRange, &limit, "")));
    }
    let takes_effect = !somebody_else_may_approve(tx, context, user, before)?;
    let text = record::text_hash(tx, &why);
    Ok((Event::ExtensionAsked { due_at, text, takes_effect }, Some(("reason", why))))
}

/// A case is assigned to somebody who may work on it.
fn may_be_assigned(
    tx: &mut Tx<'_>,
    context: &Context,
    before: &StoredCase,
    to: Option<UserName>,
) -> Result<Option<UserId>, FlowError> {
    let Some(name) = to else { return Ok(None) };
    let unknown = || FlowError::field(FieldError::new("user", Rule::UnknownCode));
    let users = users::all(tx.conn)?;
    let other = name.find(&users).ok_or_else(unknown)?;
    match other.may_be_given(&before.case, &context.rules) {
        true => Ok(Some(other.id)),
        false => Err(unknown()),
    }
}

/// Each reader once, and only users that there are; one who may sign in no more is not added.
fn known(
    tx: &mut Tx<'_>,
    named: Vec<UserName>,
    present: &[UserId],
) -> Result<Vec<UserId>, FlowError> {
    let users = users::all(tx.conn)?;
    let mut readers = Vec::new();
    for name in named {
        let found = name.find(&users).filter(|u| !u.disabled || present.contains(&u.id));
        let unknown = || FlowError::field(FieldError::new("readers", Rule::UnknownCode));
        let id = found.ok_or_else(unknown)?.id;
        if !readers.contains(&id) {
            readers.push(id);
        }
    }
    Ok(readers)
}

/// Sends the citizen's receipt once more, under a Message-ID of its own.
fn resend(tx: &mut Tx<'_>, context: &Context, before: &StoredCase) -> Result<Event, FlowError> {
    let uid: crate::seal::Uid = crate::seal::random()?;
    let language = &before.case.language;
    let mail = outbox::NewMail {
        message_id: format!("{}@{}", crate::seal::hex(&uid), context.mail_domain),
        recipient_kind: "reporter",
        recipient_id: before.keys.reporter_id,
        letter: LetterKind::Receipt,
        parameters: record::values_now(context, before, LetterKind::Receipt, language),
        text_hash: None,
        language: language.clone(),
        not_before: context.now,
    };
    if before.case.anonymous {
        return Err(FlowError::field(FieldError::new("what", Rule::NotAllowedHere)));
    }
    outbox::insert(tx.conn, Some(before.keys.id), &mail, context.now)?;
    Ok(Event::Resent { what: "receipt".into() })
}
