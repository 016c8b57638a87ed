//! What happens to a case: the event, who did it, and when. Payloads hold ids, codes, dates and
//! hashes; never free text and never identity, so that an erased person leaves no trace in them.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::agency::AgencyId;
use super::case::{Channel, Status, Verb};
use super::place::AreaId;
use super::reporter::ReporterKind;
use super::scope::{Authority, Basis, Flag, Label, Scope};
use super::user::UserId;
use crate::clock::Moment;

/// The version of the payloads' form, kept with each event.
pub const PAYLOAD_VERSION: i64 = 1;

super::words! {
    /// Who caused an event.
    ActorKind {
        Citizen = "citizen",
        Officer = "officer",
        Agency = "agency",
        Machine = "machine",
        Import = "import",
    }
}

/// Who caused an event, with the user's id where it is a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Actor {
    pub kind: ActorKind,
    pub id: Option<UserId>,
}

impl Actor {
    pub const CITIZEN: Actor = Actor { kind: ActorKind::Citizen, id: None };
    pub const MACHINE: Actor = Actor { kind: ActorKind::Machine, id: None };
    pub const IMPORT: Actor = Actor { kind: ActorKind::Import, id: None };

    /// Does the event count as a person's, for the revision that an officer's `If-Match` names?
    pub fn is_person(self) -> bool {
        !matches!(self.kind, ActorKind::Machine | ActorKind::Import)
    }
}

/// A due date set or moved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Deadline {
    pub clock: String,
    pub due_at: Moment,
}

/// The first event: the case as it came in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Received {
    pub number: String,
    pub channel: Channel,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub external_id: Option<String>,
    pub language: String,
    pub reporter_kind: ReporterKind,
    pub anonymous: bool,
    pub hide_identity: bool,
    pub consent_publish: bool,
    pub about: Option<AgencyId>,
    pub area: Option<AreaId>,
    pub procedure: Option<String>,
    pub flags: BTreeSet<Flag>,
    pub received_at: Moment,
}

/// A decision on scope, authority and category; the machine's, an officer's or a file's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decided {
    pub basis: Basis,
    pub scope: Scope,
    pub authority: Authority,
    pub category: Option<String>,
    pub labels: Vec<Label>,
    pub flags: BTreeSet<Flag>,
    pub confidence_permille: Option<i64>,
    /// An officer must look at the case.
    pub needs_decision: bool,
    /// The category restricts the case at once.
    pub restricts: bool,
    pub deadline: Option<Deadline>,
    /// The officer's reason, for the desk.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub text: Option<String>,
}

/// Everything that can happen. `text` names a sealed row by its keyed hash, in hexadecimal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Event {
    Received(Received),
    Decided(Decided),
    Routed {
        agency: AgencyId,
        rule: String,
        text: Option<String>,
    },
    Accepted {},
    /// The agency hands the case back: not ours.
    Returned {
        text: String,
    },
    /// The case accuses the office that has it, which must not answer: it is taken away.
    TakenBack {
        /// No rule names another one: a triage officer must.
        to_triage: bool,
    },
    Asked {
        text: String,
    },
    /// The citizen need not be waited for any more: the clock goes on from the moved date. Comes
    /// before the event that ends the pause.
    Resumed {
        deadline: Option<Deadline>,
        /// The date of an extension that waits for approval, moved alike.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        extension: Option<Moment>,
    },
    CitizenWrote {
        text: String,
    },
    ContactChanged {
        hide_identity: Option<bool>,
        flags: BTreeSet<Flag>,
    },
    /// An answer, written; it waits for approval unless `takes_effect`.
    Answered {
        text: String,
        takes_effect: bool,
        unreviewed: bool,
    },
    AnswerApproved {
        text: String,
    },
    AnswerReturned {
        text: String,
    },
    ExtensionAsked {
        due_at: Moment,
        text: String,
        takes_effect: bool,
    },
    ExtensionApproved {
        due_at: Moment,
        text: String,
    },
    Referred {
        destination: String,
        text: Option<String>,
    },
    Refused {
        reason_code: String,
        text: Option<String>,
    },
    Noted {
        text: String,
    },
    Assigned {
        user: Option<UserId>,
    },
    Restricted {
        restricted: bool,
        readers: Vec<UserId>,
        text: String,
    },
    Resent {
        what: String,
    },
    Closed {},
    Reopened {
        text: String,
        deadline: Option<Deadline>,
    },
    Withdrawn {
        text: Option<String>,
    },
    Rated {
        score: i64,
        text: Option<String>,
    },
    /// A file says where the case stood and not how or on which day it came there.
    Stood {
        status: Status,
    },
}

impl Event {
    /// The kind in one word, as it stands in the database and in answers.
    pub fn kind(&self) -> &'static str {
        match self {
            Event::Received(_) => "received",
            Event::Decided(_) => "decided",
            Event::Routed { .. } => "routed",
            Event::Accepted {} => "accepted",
            Event::Returned { .. } => "returned",
            Event::TakenBack { .. } => "taken_back",
            Event::Asked { .. } => "asked",
            Event::Resumed { .. } => "resumed",
            Event::CitizenWrote { .. } => "citizen_wrote",
            Event::ContactChanged { .. } => "contact_changed",
            Event::Answered { .. } => "answered",
            Event::AnswerApproved { .. } => "answer_approved",
            Event::AnswerReturned { .. } => "answer_returned",
            Event::ExtensionAsked { .. } => "extension_asked",
            Event::ExtensionApproved { .. } => "extension_approved",
            Event::Referred { .. } => "referred",
            Event::Refused { .. } => "refused",
            Event::Noted { .. } => "noted",
            Event::Assigned { .. } => "assigned",
            Event::Restricted { .. } => "restricted",
            Event::Resent { .. } => "resent",
            Event::Closed {} => "closed",
            Event::Reopened { .. } => "reopened",
            Event::Withdrawn { .. } => "withdrawn",
            Event::Rated { .. } => "rated",
            Event::Stood { .. } => "stood",
        }
    }

    /// The step that the event is; `None` for what is no step of the desk or the citizen.
    pub fn verb(&self) -> Option<Verb> {
        Some(match self {
            Event::Received(_)
            | Event::Resumed { .. }
            | Event::TakenBack { .. }
            | Event::Stood { .. } => return None,
            Event::Decided(_) => Verb::Decide,
            Event::Routed { .. } => Verb::Route,
            Event::Accepted {} => Verb::Accept,
            Event::Returned { .. } => Verb::Return,
            Event::Asked { .. } => Verb::Ask,
            Event::CitizenWrote { .. } => Verb::Message,
            Event::ContactChanged { .. } => Verb::Contact,
            Event::Answered { .. } => Verb::Answer,
            Event::AnswerApproved { .. } | Event::ExtensionApproved { .. } => Verb::Approve,
            Event::AnswerReturned { .. } => Verb::ReturnAnswer,
            Event::ExtensionAsked { .. } => Verb::Extend,
            Event::Referred { .. } => Verb::Refer,
            Event::Refused { .. } => Verb::Refuse,
            Event::Noted { .. } => Verb::Note,
            Event::Assigned { .. } => Verb::Assign,
            Event::Restricted { .. } => Verb::Restrict,
            Event::Resent { .. } => Verb::Resend,
            Event::Closed {} => Verb::Close,
            Event::Reopened { .. } => Verb::Reopen,
            Event::Withdrawn { .. } => Verb::Withdraw,
            Event::Rated { .. } => Verb::Rating,
        })
    }

    /// May the citizen see that it happened?
    pub fn is_public(&self) -> bool {
        !matches!(
            self,
            Event::Noted { .. }
                | Event::Assigned { .. }
                | Event::Restricted { .. }
                | Event::Resent { .. }
                | Event::Resumed { .. }
                | Event::AnswerReturned { .. }
                | Event::Returned { .. }
                | Event::ExtensionAsked { takes_effect: false, .. }
                | Event::Answered { takes_effect: false, .. }
        )
    }

    /// Does the step end a pause in which the city was not to act?
    pub fn ends_pause(&self) -> bool {
        matches!(
            self,
            Event::CitizenWrote { .. }
                | Event::Routed { .. }
                | Event::Returned { .. }
                | Event::TakenBack { .. }
                | Event::Answered { .. }
                | Event::Referred { .. }
                | Event::Refused { .. }
        )
    }

    /// The keyed hash of the text that belongs to it, in hexadecimal.
    pub fn text_hash(&self) -> Option<&str> {
        match self {
            Event::Returned { text }
            | Event::Asked { text }
            | Event::CitizenWrote { text }
            | Event::Answered { text, .. }
            | Event::AnswerApproved { text }
            | Event::AnswerReturned { text }
            | Event::ExtensionAsked { text, .. }
            | Event::ExtensionApproved { text, .. }
            | Event::Noted { text }
            | Event::Restricted { text, .. }
            | Event::Reopened { text, .. } => Some(text),
            Event::Routed { text, .. }
            | Event::Referred { text, .. }
            | Event::Refused { text, .. }
            | Event::Withdrawn { text }
            | Event::Rated { text, .. }
            | Event::Decided(Decided { text, .. }) => text.as_deref(),
            _ => None,
        }
    }
}

/// An event as it stands in a case's history.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    pub version: i64,
    pub actor: Actor,
    /// When it happened in the world.
    pub occurred_at: Moment,
    /// When it was written.
    pub recorded_at: Moment,
    pub event: Event,
}
