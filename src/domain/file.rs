//! The file of a case: everything that is kept of it, before anybody's eyes. Who may see what of it
//! is `view`'s.

use std::collections::BTreeMap;

use super::attachment::KeptFile;
use super::case::Case;
use super::event::{ActorKind, Recorded};
use super::reporter::Reporter;
use super::scope::{Authority, Basis, Neighbour, Reason, Scope};
use super::user::UserId;
use crate::clock::Moment;

/// A decision with everything that it rests on.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    pub basis: Basis,
    pub user: Option<UserId>,
    pub scope: Scope,
    pub authority: Authority,
    pub category: Option<String>,
    pub confidence_permille: Option<i64>,
    pub model: Option<String>,
    pub grounds: Grounds,
    pub decided_at: Moment,
    /// Of a machine's decision, said later by an officer: `confirmed`, `corrected`.
    pub verdict: Option<String>,
}

/// What quotes the text, and is sealed like it.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Grounds {
    pub reasons: Vec<Reason>,
    pub neighbours: Vec<Neighbour>,
    pub scores: BTreeMap<String, f64>,
    /// The likeliest side and category, also where the decision is `ask`.
    pub likely: Option<(Scope, Option<String>)>,
}

/// A text as it was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptText {
    pub kind: String,
    pub author: ActorKind,
    pub language: String,
    pub body: String,
    /// The keyed hash that events name it by, in hexadecimal.
    pub hash: String,
}

/// A deadline of the ledger: what, until when, why, and from when to when it held.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptDeadline {
    pub clock: String,
    pub due_at: Moment,
    pub cause: String,
    pub from_at: Moment,
    pub until_at: Option<Moment>,
}

/// A mail of the case as it is shown: to whom, not to which address.
#[derive(Debug, Clone, PartialEq)]
pub struct KeptMail {
    pub id: i64,
    /// `reporter`, or the name of the agency or user.
    pub to: String,
    pub kind: String,
    pub state: String,
    pub attempts: i64,
    pub last_error: Option<String>,
    pub created_at: Moment,
}

/// Everything that is kept of a case.
#[derive(Debug, Clone)]
pub struct File {
    pub case: Case,
    pub texts: Vec<KeptText>,
    pub attachments: Vec<KeptFile>,
    pub reporter: Reporter,
    pub events: Vec<Recorded>,
    pub mails: Vec<KeptMail>,
    pub decisions: Vec<Decision>,
    pub deadlines: Vec<KeptDeadline>,
    /// Other cases of the same reporter.
    pub related: Vec<Case>,
    /// The cases that decisions name as their nearest, as they stand now.
    pub neighbours: Vec<Case>,
    pub user_names: BTreeMap<UserId, String>,
}

impl File {
    /// The first text of a kind.
    pub fn text(&self, kind: &str) -> Option<&str> {
        self.texts.iter().find(|t| t.kind == kind).map(|t| t.body.as_str())
    }

    /// The text that an event names.
    pub fn text_by_hash(&self, hash: &str) -> Option<&KeptText> {
        self.texts.iter().find(|t| t.hash == hash)
    }
}
