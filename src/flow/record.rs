//! The waist: the only way a case changes. Recording writes the event, the new row, the change mark
//! for the index and the notices for the outbox in one transaction.

use std::collections::BTreeSet;

use chrono::{Datelike, TimeDelta};

use super::{Context, FlowError};
use crate::clock::Moment;
use crate::domain::case::{Case, Status};
use crate::domain::deadline::day_of;
use crate::domain::event::{Actor, ActorKind, Event, Received};
use crate::domain::in_language;
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::letter::{LetterKind, Placeholder, Values};
use crate::domain::notice::{self, Notice, Recipient};
use crate::domain::pause;
use crate::domain::reporter::Reporter;
use crate::domain::scope::Flag;
use crate::domain::submission::Submission;
use crate::seal::{Uid, check_digit, hex, random};
use crate::store::cases::{CaseKeys, StoredCase};
use crate::store::history::{self, Step};
use crate::store::outbox::NewMail;
use crate::store::texts::{NewText, hash_of, insert_reporter};
use crate::store::{Tx, users};

mod accused;
mod files;

pub use accused::{away_from_accused, reopen};
pub use files::{hang, put, take_back_where_undone};

/// The kind of a text as it was sent, where it came in an old encoding: kept beside what was read
/// out of it, and neither judged nor indexed.
pub const ORIGINAL: &str = "original";

/// An event with the texts that come with it.
pub struct Change {
    pub event: Event,
    pub actor: Actor,
    /// When it happened in the world.
    pub occurred_at: Moment,
    pub texts: Vec<NewText>,
}

/// What a new case is made of beside its events.
pub struct NewCase<'a> {
    /// Made before, since the seals of its files name it.
    pub uid: Uid,
    pub submission: &'a Submission,
    pub actor: Actor,
    pub flags: BTreeSet<Flag>,
    /// Letters at the beginning: none for history from a file.
    pub notices: Vec<Notice>,
}

/// The receipt, where there is somebody to send it to.
pub fn receipt_for(submission: &Submission) -> Vec<Notice> {
    let has_address = !submission.anonymous && submission.reporter.email.is_some();
    if has_address { vec![notice::receipt()] } else { Vec::new() }
}

/// Records what happened to a case. Errors: `IllegalStep` where the case does not allow it,
/// `Conflict` where somebody was faster.
pub fn record(
    tx: &mut Tx<'_>,
    context: &Context,
    before: &StoredCase,
    change: Change,
) -> Result<StoredCase, FlowError> {
    let resumed = resumed(tx, context, before, &change)?;
    let before = resumed.as_ref().unwrap_or(before);
    let next = before.case.apply(&change.event, change.actor, change.occurred_at)?;
    let kind = change.actor.kind;
    let notices = notice::notices_for(&change.event, &before.case, &next, kind);
    let parts = Parts { keys: &before.keys, case: &next, event: &change.event };
    let mails = mails_for(tx, context, &parts, &notices)?;
    let step = Step {
        event: &change.event,
        actor: change.actor,
        occurred_at: change.occurred_at,
        texts: &change.texts,
        mails: &mails,
        supersedes: notice::superseded_by(&change.event, &before.case, &next, kind),
    };
    Ok(history::append(tx, before, &next, &step, context.now)?)
}

/// The case with its clock running again, where the step ends a pause.
fn resumed(
    tx: &mut Tx<'_>,
    context: &Context,
    before: &StoredCase,
    change: &Change,
) -> Result<Option<StoredCase>, FlowError> {
    if before.case.status != Status::NeedsInfo || !change.event.ends_pause() {
        return Ok(None);
    }
    let (actor, at) = (Actor::MACHINE, change.occurred_at);
    let event = pause::resumed(&context.rules, &before.case, at);
    let next = before.case.apply(&event, actor, at)?;
    let notices = notice::notices_for(&event, &before.case, &next, actor.kind);
    let parts = Parts { keys: &before.keys, case: &next, event: &event };
    let mails = mails_for(tx, context, &parts, &notices)?;
    let (texts, supersedes): (&[NewText], &[LetterKind]) = (&[], &[]);
    let step = Step { event: &event, actor, occurred_at: at, texts, mails: &mails, supersedes };
    Ok(Some(history::append(tx, before, &next, &step, context.now)?))
}

fn reporter(
    tx: &mut Tx<'_>,
    context: &Context,
    uid: Uid,
    submission: &Submission,
) -> Result<i64, FlowError> {
    let country = &context.rules.settings.phone_country_code;
    let reporter = match submission.anonymous {
        true => &Reporter::anonymous(submission.reporter.kind),
        false => &submission.reporter,
    };
    Ok(insert_reporter(tx, &uid, reporter, country)?)
}

/// The first event but for its number, which `create` draws.
fn received(submission: &Submission, flags: BTreeSet<Flag>) -> Received {
    Received {
        number: String::new(),
        channel: submission.channel,
        external_id: submission.external_id.clone(),
        language: submission.language.clone(),
        reporter_kind: submission.reporter.kind,
        anonymous: submission.anonymous,
        hide_identity: submission.hide_identity,
        consent_publish: submission.consent_publish,
        about: submission.agency,
        area: submission.area,
        procedure: submission.procedure.clone(),
        flags,
        received_at: submission.received_at,
    }
}

/// The texts of a submission, as they are kept: the citizen's own, whoever typed them in.
fn texts_of(submission: &Submission, actor: Actor) -> Vec<NewText> {
    let author = match actor.kind {
        ActorKind::Import => ActorKind::Import,
        _ => ActorKind::Citizen,
    };
    let language = &submission.language;
    let text = |kind, body| NewText { kind, author, language: language.clone(), body };
    let mut out = vec![text("case", submission.text.clone())];
    out.extend(submission.title.clone().map(|title| text("title", title)));
    out.extend(submission.originals.iter().map(|sent| text(ORIGINAL, sent.clone())));
    let location = submission.location.map(|l| format!("{},{}", l.latitude, l.longitude));
    out.extend(location.map(|location| text("location", location)));
    out
}

/// Records a new case: the second entrance. Its number is drawn here; `then` are the events that
/// follow at once.
pub fn create(
    tx: &mut Tx<'_>,
    context: &Context,
    new: NewCase<'_>,
    then: Vec<Change>,
) -> Result<StoredCase, FlowError> {
    let NewCase { uid, submission, actor, flags, notices } = new;
    let reporter_id = reporter(tx, context, uid, submission)?;
    let mut received = received(submission, flags);
    let texts = texts_of(submission, actor);
    let zone = context.rules.settings.zone;
    let received_day = day_of(received.received_at, zone);
    received.number = next_number(tx, &context.rules, i64::from(received_day.year()))?;
    let mut case = Case::from_received(&received, actor);
    let keys = CaseKeys {
        id: 0,
        uid,
        code_hash: code_hash(tx, &uid),
        reporter_id,
        received_day,
        recorded_at: context.now,
    };
    let first = Event::Received(received);
    let mut wanted = vec![(&first, notices)];
    for change in &then {
        let next = case.apply(&change.event, change.actor, change.occurred_at)?;
        let notices = notice::notices_for(&change.event, &case, &next, change.actor.kind);
        wanted.push((&change.event, notices));
        case = next;
    }
    let mut mails = Vec::new();
    for (event, notices) in &wanted {
        let parts = Parts { keys: &keys, case: &case, event };
        mails.extend(mails_for(tx, context, &parts, notices)?);
    }
    let occurred_at = case.received_at;
    let mut steps = Vec::with_capacity(then.len() + 1);
    let supersedes: &'static [LetterKind] = &[];
    let (event, mails) = (&first, mails.as_slice());
    steps.push(Step { event, actor, occurred_at, texts: &texts, mails, supersedes });
    for change in &then {
        steps.push(Step {
            event: &change.event,
            actor: change.actor,
            occurred_at: change.occurred_at,
            texts: &change.texts,
            mails: &[],
            supersedes,
        });
    }
    Ok(history::create(tx, &keys, &case, &steps, context.now)?)
}

/// The keyed hash of a text in hexadecimal, as events name it.
pub fn text_hash(tx: &Tx<'_>, body: &str) -> String {
    hex(&hash_of(tx.seal, body))
}

/// The keyed hash under which a case's code is looked up.
pub fn code_hash(tx: &Tx<'_>, uid: &Uid) -> Vec<u8> {
    tx.seal.hash(crate::seal::Purpose::LookUp, tx.seal.code(uid).as_bytes())
}

fn next_number(tx: &mut Tx<'_>, rules: &Jurisdiction, year: i64) -> Result<String, FlowError> {
    let running = history::next_number(tx.conn, year)?;
    let digits = format!("{:02}{running:06}", year.rem_euclid(100));
    let prefix = &rules.settings.number_prefix;
    let (year, running) = digits.split_at_checked(2).unwrap_or((&digits, ""));
    Ok(format!("{prefix}{year}-{running}-{}", check_digit(&digits)))
}

struct Parts<'a> {
    keys: &'a CaseKeys,
    case: &'a Case,
    event: &'a Event,
}

fn mails_for(
    tx: &mut Tx<'_>,
    context: &Context,
    parts: &Parts<'_>,
    notices: &[Notice],
) -> Result<Vec<NewMail>, FlowError> {
    let mut out = Vec::new();
    for notice in notices {
        for (kind, id, language) in recipients(tx, context, parts, notice.recipient)? {
            let uid: Uid = random()?;
            out.push(NewMail {
                message_id: format!("{}@{}", hex(&uid), context.mail_domain),
                recipient_kind: kind,
                recipient_id: id,
                letter: notice.letter,
                parameters: values(context, parts, notice.letter, &language),
                text_hash: notice.text.clone(),
                not_before: context.now + TimeDelta::seconds(notice.wait_seconds),
                language,
            });
        }
    }
    Ok(out)
}

type Address = (&'static str, i64, String);

fn recipients(
    tx: &mut Tx<'_>,
    context: &Context,
    parts: &Parts<'_>,
    recipient: Recipient,
) -> Result<Vec<Address>, FlowError> {
    let default = context.rules.default_language().to_owned();
    Ok(match recipient {
        Recipient::Reporter if parts.case.anonymous => Vec::new(),
        Recipient::Reporter => {
            vec![("reporter", parts.keys.reporter_id, parts.case.language.clone())]
        }
        Recipient::Agency(id) => vec![("agency", id, default)],
        Recipient::User(id) => {
            let user = users::by_id(tx.conn, id)?.user;
            match parts.case.agency.filter(|_| !user.may_be_given(parts.case, &context.rules)) {
                // Who was given the case may no longer work on it: then its agency hears of it.
                Some(agency) if !parts.case.restricted => vec![("agency", agency, default)],
                _ => vec![("user", id, user.language)],
            }
        }
        Recipient::Triage => {
            let mut out = Vec::new();
            for user in users::to_notify(tx.conn)? {
                // A restricted case is told of only to those who may know of it.
                if !parts.case.restricted || user.confidential {
                    out.push(("user", user.id, user.language));
                }
            }
            out
        }
    })
}

/// What the letter may name, as it stood when the event was recorded: no text, no identity.
fn values(context: &Context, parts: &Parts<'_>, letter: LetterKind, language: &str) -> Values {
    let (rules, case) = (&context.rules, parts.case);
    let mut out = Values::new();
    let answering = case.agency.and_then(|id| rules.agency(id));
    let reception =
        rules.agency_by_code(&rules.settings.reception_agency, context.now.date_naive());
    // A receipt names who answers, and nobody where that is still to be decided.
    let speaking = if letter == LetterKind::Receipt { None } else { reception };
    if let Some(agency) = answering.or(speaking) {
        out.insert(Placeholder::Agency, in_language(&agency.names, language).to_owned());
    }
    if let Some(due) = case.due_at() {
        let day =
            context.messages.day(language, due.with_timezone(&rules.settings.zone).date_naive());
        let sentence = context.messages.say(language, "due-sentence", &[("day", &day)]);
        out.insert(Placeholder::DueSentence, sentence);
        out.insert(Placeholder::Due, day);
    }
    if let Some(category) = case.category.as_deref().and_then(|c| rules.category(c)) {
        out.insert(Placeholder::Category, in_language(&category.names, language).to_owned());
    }
    let scope = context.messages.say(language, &format!("scope-{}", case.scope), &[]);
    out.insert(Placeholder::Scope, scope);
    match parts.event {
        Event::Referred { destination, .. } => {
            if let Some(destination) = rules.destination(destination) {
                let name = in_language(&destination.names, language).to_owned();
                out.insert(Placeholder::Destination, name);
                let guidance = in_language(&destination.guidance, language).to_owned();
                out.insert(Placeholder::Guidance, guidance);
                out.insert(Placeholder::Contact, destination.contact.clone());
            }
        }
        Event::Refused { reason_code, .. } => {
            if let Some(reason) = rules.refusal(reason_code) {
                let name = in_language(&reason.names, language).to_owned();
                out.insert(Placeholder::Reason, name);
                out.insert(Placeholder::Basis, reason.basis.clone());
            }
        }
        _ => {}
    }
    out
}

/// Whose act it is: an agency officer's is the agency's.
pub fn actor_of(user: &crate::domain::user::User) -> Actor {
    let kind = match user.role {
        crate::domain::user::Role::Agency => ActorKind::Agency,
        _ => ActorKind::Officer,
    };
    Actor { kind, id: Some(user.id) }
}

/// What a letter may name of a case as it stands now.
pub fn values_now(
    context: &Context,
    stored: &StoredCase,
    letter: LetterKind,
    language: &str,
) -> Values {
    let parts = Parts { keys: &stored.keys, case: &stored.case, event: &Event::Accepted {} };
    values(context, &parts, letter, language)
}
