//! Which category: the likeliest of the side, the others that a text holds, and when one that
//! restricts may be named at all.

use super::flags;
use super::reading::Reading;
use super::{Engine, Weighed};
use crate::domain::scope::{Label, Scope};
use crate::domain::taxonomy::{Category, Cue, Direction};

/// From this likeness on it is the same text, and the officer's category is taken.
const SAME: f64 = 0.9;
/// A further category is named from this probability on.
const LABEL_SHARE: f64 = 0.2;

impl Engine {
    /// The likeliest category of the side. One that restricts needs a cue of its own, read with
    /// its marks.
    pub(super) fn category(
        &self,
        reading: &Reading,
        weighed: &Weighed,
        side: Scope,
    ) -> Option<&Category> {
        let same = weighed.near.iter().find(|near| {
            near.similarity >= SAME && near.example.number.is_some() && near.example.scope == side
        });
        let decided = same.and_then(|near| {
            self.categories.iter().find(|c| c.code == near.example.category && !c.restricts)
        });
        decided.or_else(|| {
            self.likeliest(weighed, |category| {
                category.scope == side && self.is_allowed(category, reading)
            })
        })
    }

    pub(super) fn is_restricted_likeliest(&self, weighed: &Weighed, side: Scope) -> bool {
        self.likeliest(weighed, |category| category.scope == side).is_some_and(|c| c.restricts)
    }

    fn likeliest(
        &self,
        weighed: &Weighed,
        is_possible: impl Fn(&Category) -> bool,
    ) -> Option<&Category> {
        let mut best: Option<(&Category, f64)> = None;
        for (category, share) in self.categories.iter().zip(&weighed.categories) {
            if is_possible(category) && best.is_none_or(|(_, most)| *share > most) {
                best = Some((category, *share));
            }
        }
        best.map(|(category, _)| category)
    }

    fn is_allowed(&self, category: &Category, reading: &Reading) -> bool {
        let speaks = |cue: &Cue| cue.direction != Direction::Flag && cue.category == category.code;
        !category.restricts
            || reading.cues.iter().any(|found| self.cues.get(found.cue).is_some_and(speaks))
    }

    /// Is it a category that restricts, and does a strong cue of it stand in the text with all its
    /// marks?
    pub(super) fn is_spoken_out(&self, category: Option<&Category>, reading: &Reading) -> bool {
        let Some(category) = category.filter(|category| category.restricts) else { return false };
        let names = |cue: &Cue| {
            cue.strong && cue.direction == Direction::Out && cue.category == category.code
        };
        let mut exact = reading.cues.iter().filter(|found| found.is_exact);
        exact.any(|found| self.cues.get(found.cue).is_some_and(names))
    }

    /// The probability of all categories that restrict, and whether one of their cues was read.
    pub(super) fn category_share(&self, weighed: &Weighed) -> flags::Restricted<'_> {
        let pairs = self.categories.iter().zip(&weighed.categories);
        let restricting = pairs.filter(|(category, _)| category.restricts);
        let share = restricting.clone().map(|(_, share)| share).sum();
        flags::Restricted { share, codes: restricting.map(|(c, _)| c.code.as_str()).collect() }
    }

    pub(super) fn labels(
        &self,
        lead: Option<&Category>,
        weighed: &Weighed,
        reading: &Reading,
    ) -> Vec<Label> {
        let label = |category: &Category, lead| Label {
            category: category.code.clone(),
            scope: category.scope,
            lead,
        };
        let mut out: Vec<Label> = lead.map(|category| label(category, true)).into_iter().collect();
        for (category, share) in self.categories.iter().zip(&weighed.categories) {
            let is_lead = lead.is_some_and(|lead| lead.code == category.code);
            if *share >= LABEL_SHARE && !is_lead && self.is_allowed(category, reading) {
                out.push(label(category, false));
            }
        }
        out
    }
}
