//! A text read once for all that judge it: tokens, cues, features.

use super::acts::{ActMatch, Acts};
use super::cues::{CueMatch, CueMatcher};
use super::features::{Act, Hit, hits};
use super::sources::Sources;
use crate::domain::taxonomy::{Cue, Direction};
use crate::text::{Token, nfc, tokens};

/// What is known of a text before it is judged.
pub(crate) struct Reading {
    pub(crate) text: String,
    pub(crate) tokens: Vec<Token>,
    pub(crate) cues: Vec<CueMatch>,
    pub(crate) acts: Vec<ActMatch>,
    pub(crate) hits: Vec<Hit>,
}

/// Reads texts with the cues of a pack.
pub(crate) struct Reader {
    matcher: CueMatcher,
    pub(crate) acts: Acts,
    /// What the model is told of each cue: its direction and its category.
    names: Vec<[String; 2]>,
    weights: Vec<(Direction, f64)>,
    has_words: bool,
}

/// A weak cue against a strong one.
const WEAK: f64 = 0.3;
/// More cues than these of one side say no more.
const EVIDENCE_MAX: f64 = 3.0;

impl Reader {
    /// Reads by `sources`; what is off is as if the pack did not hold it.
    pub(crate) fn new(cues: &[Cue], acts: Acts, sources: Sources) -> Reader {
        let cues = if sources.cues { cues } else { &[] };
        let name = |cue: &Cue| {
            [format!("cue {}", cue.direction), format!("cue {} {}", cue.direction, cue.category)]
        };
        let weight = |cue: &Cue| (cue.direction, if cue.strong { 1.0 } else { WEAK });
        Reader {
            matcher: CueMatcher::new(cues),
            acts: if sources.acts { acts } else { Acts::default() },
            names: cues.iter().map(name).collect(),
            weights: cues.iter().map(weight).collect(),
            has_words: sources.words,
        }
    }

    pub(crate) fn read(&self, text: &str) -> Reading {
        let text = nfc(text);
        let tokens = tokens(&text);
        let cues = self.matcher.find(&tokens);
        let mut acts = Vec::with_capacity(cues.len() * 2);
        for found in &cues {
            let first = u32::try_from(found.first).unwrap_or(0);
            let last = u32::try_from(found.last).unwrap_or(0);
            for name in self.names.get(found.cue).into_iter().flatten() {
                acts.push(Act { name, first, last });
            }
        }
        let (found, features) = self.acts.read(&text, &tokens);
        acts.extend(features);
        // Of no words there are no features but the acts.
        let (line, words) =
            if self.has_words { (text.as_str(), tokens.as_slice()) } else { ("", &[][..]) };
        let hits = hits(line, words, &acts);
        Reading { text, tokens, cues, acts: found, hits }
    }

    /// The weight of the cues of a side.
    pub(crate) fn evidence(&self, reading: &Reading, side: Direction) -> f64 {
        let found = reading.cues.iter().filter_map(|found| self.weights.get(found.cue));
        let weights = found.filter(|(direction, _)| *direction == side).map(|(_, weight)| weight);
        weights.sum::<f64>().min(EVIDENCE_MAX)
    }
}
