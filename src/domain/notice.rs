//! Who must hear of an event: the rule from events to letters. No address and no text stands here.

use super::agency::AgencyId;
use super::case::{Case, Status};
use super::event::{ActorKind, Event};
use super::letter::LetterKind;
use super::user::UserId;

/// Mail that an officer causes waits this long, so that a slip can be mended before anybody reads
/// it.
pub const OFFICER_WAIT_SECONDS: i64 = 60;

/// To whom a letter goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Recipient {
    Reporter,
    Agency(AgencyId),
    User(UserId),
    /// Every triage officer who asked for it.
    Triage,
}

/// A letter to be written, before anybody's address is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub recipient: Recipient,
    pub letter: LetterKind,
    /// The keyed hash of the text that it carries, in hexadecimal.
    pub text: Option<String>,
    pub wait_seconds: i64,
}

/// The letters that an event causes, seen from the case after it. Restricted and held cases are
/// told to nobody but their reporter.
pub fn notices_for(event: &Event, before: &Case, next: &Case, actor: ActorKind) -> Vec<Notice> {
    let wait_seconds = match actor {
        ActorKind::Import => return Vec::new(),
        ActorKind::Officer | ActorKind::Agency => OFFICER_WAIT_SECONDS,
        _ => 0,
    };
    let text = event.text_hash().map(str::to_owned);
    let notice = |recipient, letter| Notice { recipient, letter, text: text.clone(), wait_seconds };
    // What an officer notes for the desk is not the citizen's.
    let wordless = |letter| Notice { text: None, ..notice(Recipient::Reporter, letter) };
    let mut out = Vec::new();
    match event {
        Event::Routed { agency, .. } => {
            // At receipt the receipt itself says who answers; later the citizen is told.
            if actor != ActorKind::Machine || next.reopened_count > 0 {
                out.push(wordless(LetterKind::Forwarded));
            }
            if !next.restricted {
                out.push(notice(Recipient::Agency(*agency), LetterKind::AgencyNotice));
            }
        }
        // The step that ends a pause may take it back at once and say more.
        Event::Decided(_) | Event::Resumed { .. } if date_changed(event, before, next, actor) => {
            out.push(wordless(said_of_date(next)));
        }
        // Whoever was said to answer does so no longer.
        Event::TakenBack { to_triage: true } if next.status.is_open() => {
            out.push(wordless(said_of_date(next)));
        }
        Event::Restricted { restricted: false, .. } if before.restricted => {
            out.extend(told_again(next, wait_seconds));
        }
        Event::Asked { .. } => out.push(notice(Recipient::Reporter, LetterKind::Ask)),
        Event::CitizenWrote { .. } | Event::Withdrawn { .. } => {
            out.extend(worker_of(next).map(|r| notice(r, LetterKind::CitizenWrote)));
        }
        Event::Answered { takes_effect: true, .. } | Event::AnswerApproved { .. } => {
            out.push(notice(Recipient::Reporter, LetterKind::Answer));
        }
        Event::ExtensionAsked { takes_effect: true, .. } | Event::ExtensionApproved { .. } => {
            out.push(notice(Recipient::Reporter, LetterKind::Extension));
        }
        Event::Referred { .. } => out.push(notice(Recipient::Reporter, LetterKind::Referral)),
        Event::Refused { .. } => out.push(notice(Recipient::Reporter, LetterKind::Refusal)),
        Event::Reopened { .. } => {
            let by_citizen = actor == ActorKind::Citizen;
            let own = notice(Recipient::Reporter, LetterKind::Reopened);
            out.push(if by_citizen { own } else { wordless(LetterKind::Reopened) });
            let worker = worker_of(next).filter(|_| actor != ActorKind::Agency);
            out.extend(worker.map(|r| notice(r, said_to_worker(by_citizen))));
        }
        _ => {}
    }
    if waits_for_triage(before, next) {
        out.push(notice(Recipient::Triage, LetterKind::TriageNotice));
    }
    out
}

fn said_of_date(next: &Case) -> LetterKind {
    if next.agency.is_some() { LetterKind::Forwarded } else { LetterKind::Update }
}

fn said_to_worker(by_citizen: bool) -> LetterKind {
    if by_citizen { LetterKind::CitizenWrote } else { LetterKind::AgencyNotice }
}

/// Whoever was to know of a case before it was restricted may do so again.
fn told_again(next: &Case, wait_seconds: i64) -> Vec<Notice> {
    let Some(agency) = next.agency.filter(|_| is_with_agency(next)) else { return Vec::new() };
    let notice = |recipient, letter| Notice { recipient, letter, text: None, wait_seconds };
    vec![
        notice(Recipient::Agency(agency), LetterKind::AgencyNotice),
        notice(Recipient::Reporter, LetterKind::Forwarded),
    ]
}

/// The receipt, written with the first event: it leaves at once.
pub fn receipt() -> Notice {
    Notice {
        recipient: Recipient::Reporter,
        letter: LetterKind::Receipt,
        text: None,
        wait_seconds: 0,
    }
}

/// The notice to triage for a new case that waits for a decision.
pub fn triage() -> Notice {
    Notice {
        recipient: Recipient::Triage,
        letter: LetterKind::TriageNotice,
        text: None,
        wait_seconds: 0,
    }
}

/// What need not be said any more once a case has ended.
const OVERTAKEN: &[LetterKind] = &[
    LetterKind::Forwarded,
    LetterKind::Update,
    LetterKind::Ask,
    LetterKind::Extension,
    LetterKind::AgencyNotice,
    LetterKind::CitizenWrote,
];

/// What is said of the way that a case takes.
const WAYS: &[LetterKind] = &[
    LetterKind::Forwarded,
    LetterKind::Update,
    LetterKind::AgencyNotice,
    LetterKind::CitizenWrote,
];

/// Letters not sent yet that the event makes wrong: they are taken back.
pub fn superseded_by(
    event: &Event,
    before: &Case,
    next: &Case,
    actor: ActorKind,
) -> &'static [LetterKind] {
    if next.restricted && !before.restricted {
        return WAYS;
    }
    match event {
        Event::Answered { takes_effect: true, .. }
        | Event::AnswerApproved { .. }
        | Event::Referred { .. }
        | Event::Refused { .. }
        | Event::Withdrawn { .. } => OVERTAKEN,
        Event::CitizenWrote { .. } => &[LetterKind::Ask],
        Event::Routed { .. } => {
            &[LetterKind::Forwarded, LetterKind::Update, LetterKind::AgencyNotice]
        }
        // Only where a new one takes its place.
        Event::Decided(_) if date_changed(event, before, next, actor) => {
            &[LetterKind::Forwarded, LetterKind::Update]
        }
        Event::TakenBack { .. } => WAYS,
        Event::Returned { .. } => &[LetterKind::Forwarded, LetterKind::AgencyNotice],
        Event::AnswerReturned { .. } => &[LetterKind::Answer],
        Event::Reopened { .. } => &[LetterKind::Answer, LetterKind::Referral, LetterKind::Refusal],
        _ => &[],
    }
}

/// The assignee, else the agency; a restricted case is told to nobody by mail but its assignee.
fn worker_of(case: &Case) -> Option<Recipient> {
    match (case.assigned_to, case.agency) {
        (Some(user), _) => Some(Recipient::User(user)),
        (None, Some(agency)) if !case.restricted => Some(Recipient::Agency(agency)),
        _ => None,
    }
}

/// The receipt named a date and somebody who is not the machine has moved it; while the clock
/// stands no date is named.
fn date_changed(event: &Event, before: &Case, next: &Case, actor: ActorKind) -> bool {
    let is_news = actor != ActorKind::Machine || matches!(event, Event::Resumed { .. });
    let may_be_told = next.status.is_open() && !next.restricted && next.paused_at.is_none();
    let has_moved = next.due_at().is_some() && before.due_at() != next.due_at();
    is_news && may_be_told && has_moved
}

fn is_with_agency(case: &Case) -> bool {
    case.status.is_open() && case.agency.is_some() && !case.restricted
}

fn waits_for_triage(before: &Case, next: &Case) -> bool {
    next.needs_decision && !before.needs_decision && next.status == Status::Received
}
