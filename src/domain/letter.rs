//! Letters: what the service writes to people, as pack data with a closed list of placeholders.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

super::words! {
    /// The kinds of letters.
    LetterKind {
        Receipt = "receipt",
        Forwarded = "forwarded",
        /// Looked at, due on another day than was said, and with no agency yet.
        Update = "update",
        AgencyNotice = "agency_notice",
        CitizenWrote = "citizen_wrote",
        TriageNotice = "triage_notice",
        Ask = "ask",
        Answer = "answer",
        Referral = "referral",
        Refusal = "refusal",
        Extension = "extension",
        Reopened = "reopened",
        /// News of a search that an officer keeps; of no case.
        Alert = "alert",
    }
}

impl LetterKind {
    /// Does it go to the citizen, who alone may read the code?
    pub fn is_for_citizen(self) -> bool {
        !matches!(
            self,
            LetterKind::AgencyNotice
                | LetterKind::CitizenWrote
                | LetterKind::TriageNotice
                | LetterKind::Alert
        )
    }
}

super::words! {
    /// What a letter may name. An unknown placeholder is refused when a letter is saved.
    Placeholder {
        Number = "number",
        Code = "code",
        TrackUrl = "track_url",
        DeskUrl = "desk_url",
        Agency = "agency",
        Due = "due",
        DueSentence = "due_sentence",
        Received = "received",
        Scope = "scope",
        Category = "category",
        Text = "text",
        Reason = "reason",
        Basis = "basis",
        Destination = "destination",
        Guidance = "guidance",
        Contact = "contact",
        City = "city",
        Name = "name",
        /// The name of a kept search.
        Search = "search",
        /// How many cases are new in it, how many there are, and how many were waited for.
        New = "new",
        Total = "total",
        Threshold = "threshold",
    }
}

impl Placeholder {
    /// The code opens a case: only a citizen's letter may hold it; officers' links only officers'.
    /// An alert is of a search and of no case.
    pub fn is_allowed_in(self, letter: LetterKind) -> bool {
        match self {
            Placeholder::Code | Placeholder::TrackUrl => letter.is_for_citizen(),
            Placeholder::DeskUrl => !letter.is_for_citizen(),
            Placeholder::Name | Placeholder::City => true,
            Placeholder::Search
            | Placeholder::New
            | Placeholder::Total
            | Placeholder::Threshold => letter == LetterKind::Alert,
            _ => letter != LetterKind::Alert,
        }
    }
}

/// A letter in one language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    pub kind: LetterKind,
    pub language: String,
    pub subject: String,
    pub paragraphs: Vec<String>,
}

/// What is filled in.
pub type Values = BTreeMap<Placeholder, String>;

/// A placeholder that a letter may not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{{{name}}} is not a placeholder that the letter {kind} may hold")]
pub struct BadPlaceholder {
    pub name: String,
    pub kind: LetterKind,
}

impl Letter {
    /// Refuses placeholders that are unknown or not for this reader.
    pub fn check(&self) -> Result<(), BadPlaceholder> {
        for text in std::iter::once(&self.subject).chain(&self.paragraphs) {
            for piece in pieces(text) {
                let Piece::Placeholder(name) = piece else { continue };
                let allowed = name
                    .parse::<Placeholder>()
                    .is_ok_and(|placeholder| placeholder.is_allowed_in(self.kind));
                if !allowed {
                    return Err(BadPlaceholder { name: name.to_owned(), kind: self.kind });
                }
            }
        }
        Ok(())
    }

    /// Subject and paragraphs filled in. A paragraph all of whose placeholders are empty is left
    /// out.
    pub fn fill(&self, values: &Values) -> (String, Vec<String>) {
        let subject = fill(&self.subject, values).0;
        let mut out = Vec::new();
        for paragraph in &self.paragraphs {
            let (text, wanted, found) = fill(paragraph, values);
            if wanted == 0 || found > 0 {
                out.push(text);
            }
        }
        (subject.replace(['\r', '\n'], " "), out)
    }
}

enum Piece<'a> {
    Text(&'a str),
    Placeholder(&'a str),
}

/// Splits at `{word}`; a brace that holds no word is text.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let named = after.split_once('}').filter(|(name, _)| {
            !name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_')
        });
        out.push(Piece::Text(before));
        match named {
            Some((name, tail)) => {
                out.push(Piece::Placeholder(name));
                rest = tail;
            }
            None => {
                out.push(Piece::Text("{"));
                rest = after;
            }
        }
    }
    out.push(Piece::Text(rest));
    out
}

fn fill(text: &str, values: &Values) -> (String, usize, usize) {
    let (mut out, mut wanted, mut found) = (String::with_capacity(text.len()), 0, 0);
    for piece in pieces(text) {
        match piece {
            Piece::Text(text) => out.push_str(text),
            Piece::Placeholder(name) => {
                wanted += 1;
                let value = name.parse().ok().and_then(|p: Placeholder| values.get(&p));
                if let Some(value) = value.filter(|v| !v.is_empty()) {
                    found += 1;
                    out.push_str(value);
                }
            }
        }
    }
    (out, wanted, found)
}
