//! The engine without a pack: the same features, whatever the labels are. It serves to measure
//! the engine on texts of any kind. The label `oos` means that none of the others fits.

use std::collections::BTreeMap;

use super::acts::Acts;
use super::calibrate::{Logistic, fit_sharpness, softmax, threshold};
use super::features::Hit;
use super::linear::{Labelled, LinearModel, Recipe};
use super::model::parts;
use super::reading::Reader;
use super::sources::Sources;
use super::vector::BlockWeights;

/// The label of what belongs to no label.
pub(crate) const OUTSIDE: &str = "oos";
/// Decisions are to be right this often; else the text is left to a person.
const WANTED_PRECISION: f64 = 0.95;
/// Up to so many labels are few.
const LABELS_FEW: usize = 20;

/// For few labels. Chosen by cross-validation on training texts, as the pack's.
const FEW: Recipe = Recipe {
    bits: 18,
    blocks: BlockWeights {
        marked: 1.0,
        folded: 0.5,
        pairs: 1.0,
        pieces: 0.4,
        places: 0.5,
        acts: 0.3,
        length: 0.5,
    },
    cost: 0.2,
    balance: 0.65,
};

/// For many labels, each of few texts: chosen likewise. With fewer slots, since the weights would
/// take too much memory.
const MANY: Recipe =
    Recipe { bits: 16, blocks: BlockWeights { pieces: 0.7, ..FEW.blocks }, cost: 0.3, ..FEW };

/// A text's label with every label's probability.
pub(crate) struct Verdict {
    pub(crate) label: String,
    pub(crate) is_decided: bool,
    pub(crate) scores: BTreeMap<String, f64>,
}

/// What was learned from labelled texts alone.
pub(crate) struct GenericEngine {
    reader: Reader,
    labels: Vec<String>,
    model: LinearModel,
    sharpness: f64,
    outside: Option<(usize, Logistic)>,
    threshold: f64,
}

impl GenericEngine {
    /// Learns from pairs of text and label. `None` where there are not two labels.
    pub(crate) fn train(pairs: &[(String, String)]) -> Option<GenericEngine> {
        let mut labels: Vec<String> = pairs.iter().map(|(_, label)| label.clone()).collect();
        labels.sort();
        labels.dedup();
        if labels.len() < 2 {
            return None;
        }
        let reader = Reader::new(&[], Acts::default(), Sources::ALL);
        let hits: Vec<Vec<Hit>> = pairs.iter().map(|(text, _)| reader.read(text).hits).collect();
        let golds = pairs.iter().map(|(_, label)| labels.binary_search(label).unwrap_or(0));
        let golds: Vec<usize> = golds.collect();
        let recipe = if labels.len() > LABELS_FEW { MANY } else { FEW };
        let unseen = unseen(&hits, &golds, labels.len(), &recipe);
        let model = LinearModel::train(&labelled(&hits, &golds), labels.len(), &recipe);
        let outside = labels.iter().position(|label| label == OUTSIDE).map(|at| {
            let inputs: Vec<Vec<f64>> = unseen.iter().map(|m| outside_inputs(m, at)).collect();
            let is_outside: Vec<bool> = golds.iter().map(|gold| *gold == at).collect();
            (at, Logistic::fit(&inputs, &is_outside, &[]))
        });
        let sharpness = fit_sharpness(&unseen, &golds);
        let mut engine =
            GenericEngine { reader, labels, model, sharpness, outside, threshold: 2.0 };
        let mut decisions = Vec::with_capacity(golds.len());
        for (margins, gold) in unseen.iter().zip(&golds) {
            let (best, confidence) = likeliest(&engine.probabilities(margins));
            decisions.push((confidence, best == *gold));
        }
        engine.threshold = threshold(&decisions, WANTED_PRECISION).unwrap_or(2.0);
        Some(engine)
    }

    pub(crate) fn judge(&self, text: &str) -> Verdict {
        let hits = self.reader.read(text).hits;
        let margins = self.model.margins(&self.model.weigher.vector(&hits));
        let probabilities = self.probabilities(&margins);
        let (best, confidence) = likeliest(&probabilities);
        Verdict {
            label: self.labels.get(best).cloned().unwrap_or_default(),
            is_decided: confidence >= self.threshold,
            scores: self.labels.iter().cloned().zip(probabilities).collect(),
        }
    }

    fn probabilities(&self, margins: &[f32]) -> Vec<f64> {
        let Some((at, outside)) = &self.outside else { return softmax(margins, self.sharpness) };
        let p = outside.probability(&outside_inputs(margins, *at));
        let mut others = softmax(margins, self.sharpness);
        let inside: f64 = 1.0 - others.get(*at).copied().unwrap_or(0.0);
        for (label, share) in others.iter_mut().enumerate() {
            *share = if label == *at { p } else { *share / inside.max(1e-12) * (1.0 - p) };
        }
        others
    }
}

/// How strongly it says that nothing fits, how strongly the best fits, and by how much more than
/// the next.
fn outside_inputs(margins: &[f32], at: usize) -> Vec<f64> {
    let own = margins.get(at).copied().unwrap_or(0.0);
    let (mut best, mut next) = (f32::NEG_INFINITY, f32::NEG_INFINITY);
    for (label, margin) in margins.iter().enumerate() {
        if label != at {
            next = next.max(best.min(*margin));
            best = best.max(*margin);
        }
    }
    let gap = if next.is_finite() { best - next } else { best };
    vec![f64::from(own), f64::from(best), f64::from(gap)]
}

fn likeliest(probabilities: &[f64]) -> (usize, f64) {
    let mut best = (0, f64::NEG_INFINITY);
    for (label, p) in probabilities.iter().enumerate() {
        if *p > best.1 {
            best = (label, *p);
        }
    }
    best
}

fn labelled<'a>(hits: &'a [Vec<Hit>], golds: &[usize]) -> Vec<Labelled<'a>> {
    hits.iter().zip(golds).map(|(hits, gold)| Labelled { hits, label: *gold }).collect()
}

/// The values of every text under a model that had not seen it.
fn unseen(hits: &[Vec<Hit>], golds: &[usize], labels: usize, recipe: &Recipe) -> Vec<Vec<f32>> {
    let parts = parts(hits.len());
    let all = labelled(hits, golds);
    let mut out: Vec<Vec<f32>> = vec![Vec::new(); hits.len()];
    let count = parts.iter().max().map_or(0, |last| last + 1);
    for part in 0..count {
        let texts = all.iter().zip(&parts).filter(|(_, other)| **other != part);
        let texts: Vec<Labelled<'_>> = texts.map(|(text, _)| *text).collect();
        let model = LinearModel::train(&texts, labels, recipe);
        for ((text, other), margins) in all.iter().zip(&parts).zip(&mut out) {
            if *other == part {
                *margins = model.margins(&model.weigher.vector(text.hits));
            }
        }
    }
    out
}
