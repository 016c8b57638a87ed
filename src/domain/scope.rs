//! The judgement on a text: in scope, out of scope, or a question for an officer; and what it rests
//! on.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

super::words! {
    /// Is the case about administrative regulations and how procedures are carried out?
    Scope { In = "in", Out = "out", Ask = "ask", }
}

super::words! {
    /// The second, separate question: must an agency of this installation answer?
    Authority { Own = "own", Other = "other", Unknown = "unknown", }
}

super::words! {
    /// Who decided.
    Basis { Machine = "machine", Officer = "officer", Import = "import", }
}

super::words! {
    /// Flags stand beside scope and say whether a case can be taken as it is. None refuses anything
    /// by itself.
    Flag {
        Anonymous = "anonymous",
        Incomplete = "incomplete",
        Repeat = "repeat",
        Settled = "settled",
        ForeignLanguage = "foreign_language",
        PersonalData = "personal_data",
        Urgent = "urgent",
        DenunciationSuspected = "denunciation_suspected",
    }
}

super::words! {
    /// Where a reason comes from.
    ReasonKind { Cue = "cue", Neighbour = "neighbour", Model = "model", Law = "law", }
}

/// A phrase of the text and where it pulls. `offset` and `length` count Unicode scalars of the NFC
/// text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reason {
    pub kind: ReasonKind,
    pub phrase: String,
    pub offset: usize,
    pub length: usize,
    /// `in`, `out`, a category or a flag.
    pub toward: String,
    /// Share of the evidence, 0 to 1.
    pub weight: f64,
    /// The item of law or the regime, where the pack names one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub basis: Option<String>,
    /// The pack's plain sentence by language, where there is one.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub why: super::Names,
}

/// A labelled text that is like this one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Neighbour {
    /// The case's number; `None` for an exemplar of the pack.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub number: Option<String>,
    pub text: String,
    pub scope: Scope,
    pub category: String,
    /// 0 to 1; 1 for the same text.
    pub similarity: f64,
}

/// One of the categories of a case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Label {
    pub category: String,
    pub scope: Scope,
    pub lead: bool,
}

/// What the engine says of a text.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// `ask` where the engine would leave it to an officer.
    pub scope: Scope,
    /// The likeliest side, never `ask`: what an officer sees as the suggestion.
    pub likely: Scope,
    /// The likeliest category of that side.
    pub category: Option<String>,
    /// The lead and, where the text holds more, the others.
    pub labels: Vec<Label>,
    /// Calibrated probability of `likely`, 0 to 1.
    pub confidence: f64,
    /// `in` and `out`, summing to 1.
    pub scores: BTreeMap<String, f64>,
    /// By weight, the strongest first.
    pub reasons: Vec<Reason>,
    pub neighbours: Vec<Neighbour>,
    pub flags: BTreeSet<Flag>,
    /// The name of the recipe and the data it was trained on.
    pub model: String,
}

/// A text with its label, to learn from: an exemplar of the pack, or an officer's decision.
#[derive(Debug, Clone, PartialEq)]
pub struct Example {
    /// The case's number; `None` for an exemplar of the pack.
    pub number: Option<String>,
    pub text: String,
    pub language: String,
    /// `Ask` where two readers would disagree.
    pub scope: Scope,
    pub category: String,
    /// Who wrote it: texts of one hand are alike, and a model is tried on hands that it has not
    /// seen. Empty for citizens' own texts.
    pub writer: String,
}
