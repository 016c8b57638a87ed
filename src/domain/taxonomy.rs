//! Categories, cues and abbreviations: what the pack says the world is made of.

use serde::{Deserialize, Serialize};

use super::Names;
use super::scope::Scope;
use crate::clock::Moment;

super::words! {
    /// Which office answers a case of the category.
    Answers {
        /// The office that the case is about.
        Same = "same",
        /// The parent of that office, never the office itself.
        Above = "above",
        /// What the routing table says.
        Rule = "rule",
    }
}

super::words! {
    /// What the machine may do by itself with a confident decision of the category.
    Mode { Automatic = "automatic", Suggest = "suggest", }
}

/// A category of the pack's taxonomy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Category {
    pub code: String,
    pub scope: Scope,
    pub answers: Answers,
    pub mode: Mode,
    /// A decision for this category restricts the case at once.
    pub restricts: bool,
    /// The item of law or the regime.
    pub basis: String,
    pub names: Names,
    pub hints: Names,
    /// When the mode was set last; only decisions after it say how right the machine is in it.
    #[serde(default)]
    pub mode_since: Option<Moment>,
    /// The machine was not right often enough, and only suggests since.
    #[serde(default)]
    pub fell_back: bool,
}

super::words! {
    /// Where a cue pulls; `none` is for names of procedures and offices, which speak for neither
    /// side.
    Direction { In = "in", Out = "out", Flag = "flag", None = "none", }
}

/// The category of cues of direction `none` that negate the cue after them.
pub const NEGATION: &str = "negation";

/// A phrase that speaks for a side, a category or a flag.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cue {
    /// Lower case, NFC.
    pub phrase: String,
    pub direction: Direction,
    /// A category; a flag's word where the direction is `flag`; empty or [`NEGATION`] where it is
    /// `none`.
    pub category: String,
    /// A weak cue decides nothing alone.
    pub strong: bool,
    pub basis: String,
    /// Counts only when typed with its marks: legal classes always do.
    pub marks_required: bool,
    pub reasons: Names,
}

super::words! {
    /// What an act of speech says about a text; `part` only gives a pattern a name.
    ActGroup {
        Asking = "asking",
        Grievance = "grievance",
        Other = "other",
        Part = "part",
    }
}

/// A pattern for an act of speech: what a text does, whatever it is about. It asks, tells of a
/// result not given, of papers beyond the list, thanks. Several patterns may catch the same act.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ActPattern {
    pub act: String,
    pub group: ActGroup,
    /// In the syntax of the `regex` crate, over folded words with one space between them; `?` and
    /// `.` stand as words of their own. `{name}` stands for the part of that name.
    pub pattern: String,
    pub names: Names,
}

impl ActPattern {
    /// The pattern with the parts that it names put in.
    pub fn whole(&self, all: &[ActPattern]) -> String {
        let mut out = self.pattern.clone();
        for part in all.iter().filter(|p| p.group == ActGroup::Part) {
            out = out.replace(&format!("{{{}}}", part.act), &format!("(?:{})", part.pattern));
        }
        out
    }
}

/// A short form with its readings: all are searched, none decides a legal class.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Abbreviation {
    pub short: String,
    pub readings: Vec<String>,
}

/// A kind of personal data that is found in free text and masked where the text leaves the desk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PersonalData {
    pub kind: String,
    /// In the syntax of the `regex` crate.
    pub pattern: String,
}
