//! Personal data in free text: found by the patterns of the pack, and masked where a text leaves
//! the desk.

use regex::Regex;

/// What stands in the place of what is masked, whatever its length was.
const MASK: &str = "▒▒▒";

/// A pattern that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the pattern {pattern:?} of {kind:?} cannot be read: {reason}")]
pub struct BadPattern {
    pub kind: String,
    pub pattern: String,
    pub reason: String,
}

/// A place in a text that holds personal data; Unicode scalars.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonalSpan {
    pub kind: String,
    pub offset: usize,
    pub length: usize,
}

/// Patterns, read once.
#[derive(Debug, Clone, Default)]
pub struct PersonalPatterns {
    patterns: Vec<(String, Regex)>,
}

/// A match as the `regex` crate counts it: in bytes.
struct Found<'a> {
    kind: &'a str,
    start: usize,
    end: usize,
}

impl PersonalPatterns {
    /// Reads pairs of kind and pattern.
    pub fn compile(pairs: &[(String, String)]) -> Result<PersonalPatterns, BadPattern> {
        let mut patterns = Vec::with_capacity(pairs.len());
        for (kind, pattern) in pairs {
            let regex = Regex::new(pattern).map_err(|error| BadPattern {
                kind: kind.clone(),
                pattern: pattern.clone(),
                reason: error.to_string(),
            })?;
            patterns.push((kind.clone(), regex));
        }
        Ok(PersonalPatterns { patterns })
    }

    /// Every place, in order and without overlaps; of two that overlap the earlier, of two there
    /// the longer.
    pub fn find(&self, text: &str) -> Vec<PersonalSpan> {
        let mut out = Vec::new();
        let (mut byte, mut offset) = (0, 0);
        for found in self.matches(text) {
            offset += count(text, byte, found.start);
            let length = count(text, found.start, found.end);
            out.push(PersonalSpan { kind: found.kind.to_owned(), offset, length });
            offset += length;
            byte = found.end;
        }
        out
    }

    /// The text with every such place hidden.
    pub fn mask(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut byte = 0;
        for found in self.matches(text) {
            out.push_str(text.get(byte..found.start).unwrap_or_default());
            out.push_str(MASK);
            byte = found.end;
        }
        out.push_str(text.get(byte..).unwrap_or_default());
        out
    }

    fn matches<'a>(&'a self, text: &str) -> Vec<Found<'a>> {
        let mut all: Vec<Found<'a>> = Vec::new();
        for (kind, regex) in &self.patterns {
            for found in regex.find_iter(text) {
                all.push(Found { kind, start: found.start(), end: found.end() });
            }
        }
        all.sort_by_key(|f| (f.start, usize::MAX - f.end));
        let mut end = 0;
        all.retain(|found| {
            let is_free = found.start >= end && found.end > found.start;
            if is_free {
                end = found.end;
            }
            is_free
        });
        all
    }
}

fn count(text: &str, from: usize, to: usize) -> usize {
    text.get(from..to).map_or(0, |part| part.chars().count())
}
