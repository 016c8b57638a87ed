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
    if actor == ActorKind::Import {
        return Vec::new();
    }
    let wait_seconds = if actor == ActorKind::Officer || actor == ActorKind::Agency {
        OFFICER_WAIT_SECONDS
    } else {
        0
    };
    let text = event.text_hash().map(str::to_owned);
    let notice = |recipient, letter| Notice { recipient, letter, text: text.clone(), wait_seconds };
    // What an officer notes for the desk is not the citizen's.
    let wordless = |letter| Notice { text: None, ..notice(Recipient::Reporter, letter) };
    let mut out = Vec::new();
    match event {
        Event::Routed { agency, .. } => {
            // At receipt the receipt itself says who answers; later the citizen is told.
            if actor != ActorKind::Machine {
                out.push(wordless(LetterKind::Forwarded));
            }
            if !next.restricted {
                out.push(notice(Recipient::Agency(*agency), LetterKind::AgencyNotice));
            }
        }
        Event::Decided(_) if date_changed(before, next, actor) => {
            out.push(wordless(LetterKind::Forwarded));
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
        Event::Reopened { .. } if actor == ActorKind::Citizen => {
            out.push(notice(Recipient::Reporter, LetterKind::Reopened));
            out.extend(worker_of(next).map(|r| notice(r, LetterKind::CitizenWrote)));
        }
        Event::Reopened { .. } => {
            out.push(wordless(LetterKind::Reopened));
            let worker = worker_of(next).filter(|_| actor == ActorKind::Officer);
            out.extend(worker.map(|r| notice(r, LetterKind::AgencyNotice)));
        }
        _ => {}
    }
    if waits_for_triage(before, next) {
        out.push(notice(Recipient::Triage, LetterKind::TriageNotice));
    }
    out
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

/// Letters not sent yet that the event makes wrong: they are taken back.
pub fn superseded_by(
    event: &Event,
    before: &Case,
    next: &Case,
    actor: ActorKind,
) -> &'static [LetterKind] {
    if next.restricted && !before.restricted {
        return &[LetterKind::Forwarded, LetterKind::AgencyNotice, LetterKind::CitizenWrote];
    }
    match event {
        Event::Routed { .. } => &[LetterKind::Forwarded, LetterKind::AgencyNotice],
        // Only where a new one takes its place.
        Event::Decided(_) if date_changed(before, next, actor) => &[LetterKind::Forwarded],
        Event::Returned { .. } => &[LetterKind::Forwarded, LetterKind::AgencyNotice],
        Event::AnswerReturned { .. } => &[LetterKind::Answer],
        Event::Reopened { .. } => &[LetterKind::Answer, LetterKind::Referral, LetterKind::Refusal],
        Event::Withdrawn { .. } => &[LetterKind::Forwarded, LetterKind::Ask],
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

/// The receipt named a date and somebody who is not the machine has moved it.
fn date_changed(before: &Case, next: &Case, actor: ActorKind) -> bool {
    actor != ActorKind::Machine
        && next.status.is_open()
        && next.agency.is_some()
        && !next.restricted
        && before.due_at() != next.due_at()
}

fn waits_for_triage(before: &Case, next: &Case) -> bool {
    next.needs_decision && !before.needs_decision && next.status == Status::Received
}
