//! What is measured of an engine: its shares of every category, and how much of labelled texts it
//! has right.

use std::collections::BTreeMap;

use super::Engine;
use super::calibrate::sigmoid;
use crate::domain::scope::{Example, Scope};

impl Engine {
    /// The probability of every category; they sum to 1.
    pub fn category_scores(&self, text: &str) -> BTreeMap<String, f64> {
        let weighed = self.weigh(&self.reader.read(text), None);
        let p = sigmoid(weighed.value);
        let sum = |side: Scope| -> f64 {
            let pairs = self.categories.iter().zip(&weighed.categories);
            pairs.filter(|(c, _)| c.scope == side).map(|(_, share)| share).sum()
        };
        let (inside, outside) = (sum(Scope::In).max(1e-12), sum(Scope::Out).max(1e-12));
        let mut out = BTreeMap::new();
        for (category, share) in self.categories.iter().zip(&weighed.categories) {
            let side = if category.scope == Scope::In { p / inside } else { (1.0 - p) / outside };
            out.insert(category.code.clone(), share * side);
        }
        out
    }

    /// The share of labelled texts that are given their side, whether or not it is sure; 1 of none.
    pub fn share_right(&self, examples: &[Example]) -> f64 {
        let sided = examples.iter().filter(|e| e.scope != Scope::Ask);
        let (mut right, mut all) = (0_u32, 0_u32);
        for example in sided {
            let value = self.weigh(&self.reader.read(&example.text), None).value;
            all += 1;
            right += u32::from((value >= 0.0) == (example.scope == Scope::In));
        }
        if all == 0 { 1.0 } else { f64::from(right) / f64::from(all) }
    }

    /// How near what was learned lies to its nearest by other hands, on average; of a sample, since
    /// it is looked at by people. `None` where nothing is of a known hand.
    pub fn usual_nearness(&self) -> Option<f64> {
        *self.nearness.get_or_init(|| self.read().usual_nearness())
    }
}
