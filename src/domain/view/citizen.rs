//! The case as its reporter sees it, by the code.

use serde::Serialize;

use super::{
    AnswerView, AttachmentView, MessageView, RatingView, agency_name, answer, files, messages,
    rating,
};
use crate::clock::Moment;
use crate::domain::agency::AgencyName;
use crate::domain::case::{Status, Verb};
use crate::domain::event::{ActorKind, Event, Recorded};
use crate::domain::file::File;
use crate::domain::in_language;
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::scope::Scope;

/// A line of the citizen's story.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CitizenEvent {
    pub at: Moment,
    pub kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agency: Option<String>,
}

/// The case as its reporter sees it, by the code.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CitizenView {
    pub number: String,
    pub status: Status,
    pub scope: Scope,
    pub category: Option<String>,
    pub agency: Option<AgencyName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    pub text: String,
    pub received_at: Moment,
    pub due_at: Option<Moment>,
    pub next: String,
    pub events: Vec<CitizenEvent>,
    pub messages: Vec<MessageView>,
    /// The own files, and those of answers and questions.
    pub attachments: Vec<AttachmentView>,
    pub answer: Option<AnswerView>,
    pub rating: Option<RatingView>,
    pub can: Vec<Verb>,
}

/// The case for its reporter. `next` is the sentence that says what happens now.
pub fn citizen(file: &File, rules: &Jurisdiction, language: &str, next: String) -> CitizenView {
    let case = &file.case;
    let mut events = Vec::new();
    for recorded in file.events.iter().filter(|e| e.event.is_public()) {
        // The machine's decision is what the receipt said; only people's later decisions are news.
        let is_news = recorded.actor.kind != ActorKind::Machine
            || matches!(recorded.event, Event::Routed { .. } | Event::TakenBack { .. });
        if is_news {
            events.push(citizen_event(recorded, file, rules, language));
        }
    }
    let can = case.can().into_iter().filter(|v| Verb::OF_CITIZENS.contains(v));
    CitizenView {
        number: case.number.clone(),
        status: case.status,
        scope: case.scope,
        category: case.category.clone(),
        agency: agency_name(rules, case.agency, language),
        title: file.text("title").map(str::to_owned),
        text: file.text("case").unwrap_or("").to_owned(),
        received_at: case.received_at,
        due_at: case.due_at().filter(|_| case.status.is_open()),
        next,
        events,
        messages: messages(file, &str::to_owned),
        attachments: files::for_citizen(file),
        answer: told(file, rules, language),
        rating: rating(file, &str::to_owned),
        can: can.collect(),
    }
}

/// The answer, or where the case belongs, or why it was not accepted, with the officer's words.
fn told(file: &File, rules: &Jurisdiction, language: &str) -> Option<AnswerView> {
    let answer = answer(file, &str::to_owned)?;
    let last = file.events.iter().rev().find(|e| {
        matches!(e.event, Event::Referred { .. } | Event::Refused { .. } | Event::Answered { .. })
    });
    let said = last.and_then(|e| outcome(&e.event, rules, language));
    let parts = [said, Some(answer.text).filter(|text| !text.is_empty())];
    let text = parts.into_iter().flatten().collect::<Vec<_>>().join("\n\n");
    Some(AnswerView { text, at: answer.at })
}

/// What the pack says of a destination or of a reason for refusal.
fn outcome(event: &Event, rules: &Jurisdiction, language: &str) -> Option<String> {
    let lines = match event {
        Event::Referred { destination, .. } => {
            let found = rules.destination(destination)?;
            let name = in_language(&found.names, language);
            let name = match found.contact.trim() {
                "" => name.to_owned(),
                contact => format!("{name}: {contact}"),
            };
            [name, in_language(&found.guidance, language).to_owned()]
        }
        Event::Refused { reason_code, .. } => {
            let found = rules.refusal(reason_code)?;
            [in_language(&found.names, language).to_owned(), found.basis.clone()]
        }
        _ => return None,
    };
    let filled = lines.into_iter().filter(|line| !line.is_empty());
    Some(filled.collect::<Vec<_>>().join("\n"))
}

fn citizen_event(
    recorded: &Recorded,
    file: &File,
    rules: &Jurisdiction,
    language: &str,
) -> CitizenEvent {
    let agency = match &recorded.event {
        Event::Routed { agency, .. } => agency_name(rules, Some(*agency), language),
        _ => None,
    };
    // An officer's reason for a decision, a route or a reopening is the desk's own; what was
    // written to the citizen is not.
    let for_citizen = match recorded.event {
        Event::Decided(_) | Event::Routed { .. } => false,
        Event::Reopened { .. } => recorded.actor.kind == ActorKind::Citizen,
        _ => true,
    };
    let text = recorded.event.text_hash().filter(|_| for_citizen);
    CitizenEvent {
        at: recorded.occurred_at,
        kind: recorded.event.kind(),
        text: text.and_then(|h| file.text_by_hash(h)).map(|t| t.body.clone()),
        agency: agency.map(|a| a.name),
    }
}
