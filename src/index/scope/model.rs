//! The learned part: is it in scope, and which category; trained from labelled texts, calibrated
//! on texts that the trained part had not seen.

use std::collections::BTreeMap;
use std::panic::resume_unwind;

use super::calibrate::{Logistic, fit_sharpness, sigmoid, softmax, threshold};
use super::features::hash;
use super::linear::{Labelled, LinearModel, Recipe};
use super::neighbours::{Neighbours, vote};
use super::parallel::each;
use super::reading::{Reader, Reading};
use super::train::shuffle;
use super::vector::BlockWeights;
use crate::domain::scope::Scope;
use crate::domain::taxonomy::{Category, Direction};

/// The recipe's number: it is part of the model's name, and a model of another recipe is made
/// anew.
pub const RECIPE: u32 = 3;
/// Texts are judged by models that learned from the other parts.
const PARTS: usize = 5;
/// Fewer hands cannot be told apart from one another.
const WRITERS_MIN: usize = 3;
/// Neighbours that are asked.
pub(crate) const NEIGHBOURS: usize = 8;
/// Decisions are held to more than what the pack wants: real texts are harder than exemplars. Of
/// what may be wrong, this share is taken off; with half of it, texts written in another way than
/// those learned (`cargo bench --bench scope -- --shift`) fell short by a point and a half.
const CAUTION: f64 = 0.6;

/// In against out. How long a text is says how its writer wrote exemplars, not what it is about.
const SCOPE_RECIPE: Recipe = Recipe {
    bits: 18,
    blocks: BlockWeights {
        marked: 1.0,
        folded: 1.0,
        pairs: 1.0,
        pieces: 1.0,
        places: 1.0,
        acts: 0.5,
        length: 0.0,
    },
    cost: 0.3,
    balance: 0.5,
};

/// Each category against the others. Pieces of words cost most of the size and add nothing here.
const CATEGORY_RECIPE: Recipe = Recipe {
    bits: 16,
    blocks: BlockWeights {
        marked: 1.0,
        folded: 1.0,
        pairs: 1.0,
        pieces: 0.0,
        places: 1.0,
        acts: 0.5,
        length: 0.0,
    },
    cost: 1.0,
    balance: 0.5,
};

/// A text to learn from; `Ask` teaches nothing and is left out before.
pub(crate) struct Taught {
    pub(crate) reading: Reading,
    pub(crate) scope: Scope,
    pub(crate) category: usize,
    /// Its place among the neighbours.
    pub(crate) place: usize,
    pub(crate) writer: String,
}

/// The sides as the pack knows them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Model {
    /// Of recipe, pack and texts.
    pub(crate) digest: u64,
    pub(crate) scope: LinearModel,
    pub(crate) category: LinearModel,
    /// Of the categories' values.
    pub(crate) sharpness: f64,
    pub(crate) combiner: Logistic,
    /// The least confidence to decide on `in` and on `out`; above 1: never.
    pub(crate) thresholds: [f64; 2],
}

/// What the model says of a text.
pub(crate) struct Opinion {
    /// Log-odds of `in`, and what each of [`Opinion::inputs`] adds to it.
    pub(crate) value: f64,
    pub(crate) inputs: Vec<f64>,
    pub(crate) categories: Vec<f64>,
}

/// The names of the inputs by place.
pub(crate) const INPUT_CUES: [usize; 2] = [2, 3];
pub(crate) const INPUT_VOTE: usize = 4;
/// Whither each input may pull.
const DIRECTIONS: [f64; 5] = [1.0, 1.0, 1.0, -1.0, 1.0];

/// Values of one text, judged without having been learned.
struct Unseen {
    margin: f64,
    categories: Vec<f32>,
    vote: f64,
}

impl Model {
    /// Trains on `texts`. The neighbours hold the same texts.
    pub(crate) fn train(
        texts: &[Taught],
        categories: &[Category],
        (reader, neighbours): (&Reader, &Neighbours),
        wanted_precision: f64,
    ) -> Model {
        let digest = digest(texts, categories);
        let unseen = unseen(texts, categories.len(), neighbours);
        let labels: Vec<usize> = texts.iter().map(|text| text.category).collect();
        let values: Vec<Vec<f32>> = unseen.iter().map(|u| u.categories.clone()).collect();
        let sharpness = fit_sharpness(&values, &labels);
        let mut inputs = Vec::with_capacity(texts.len());
        for (text, unseen) in texts.iter().zip(&unseen) {
            let categories_p = softmax(&unseen.categories, sharpness);
            let own = (unseen.margin, in_share(&categories_p, categories));
            inputs.push(inputs_of(reader, &text.reading, own, unseen.vote));
        }
        let is_in: Vec<bool> = texts.iter().map(|text| text.scope == Scope::In).collect();
        let combiner = Logistic::fit(&inputs, &is_in, &DIRECTIONS);
        let thresholds = [Scope::In, Scope::Out].map(|side| {
            let wanted = wanted_precision + CAUTION * (1.0 - wanted_precision);
            side_threshold(&combiner, &inputs, &is_in, side, wanted)
        });
        let (scope, category) = fitted(texts, categories.len(), |_| true);
        Model { digest, scope, category, sharpness, combiner, thresholds }
    }

    /// The opinion on a text, given how its neighbours vote.
    pub(crate) fn opinion(
        &self,
        reading: &Reading,
        reader: &Reader,
        categories: &[Category],
        vote: f64,
    ) -> Opinion {
        let vector = self.scope.weigher.vector(&reading.hits);
        let margin = self.scope.margins(&vector).first().copied().map_or(0.0, f64::from);
        let vector = self.category.weigher.vector(&reading.hits);
        let probabilities = softmax(&self.category.margins(&vector), self.sharpness);
        let own = (margin, in_share(&probabilities, categories));
        let inputs = inputs_of(reader, reading, own, vote);
        let value = self.combiner.value(&inputs);
        let weighted = inputs.iter().zip(&self.combiner.weights).map(|(x, weight)| x * weight);
        Opinion { value, inputs: weighted.collect(), categories: probabilities }
    }
}

fn inputs_of(
    reader: &Reader,
    reading: &Reading,
    (margin, share): (f64, f64),
    vote: f64,
) -> Vec<f64> {
    vec![
        margin,
        share,
        reader.evidence(reading, Direction::In),
        reader.evidence(reading, Direction::Out),
        vote,
    ]
}

/// The log-odds of the categories that are in scope.
fn in_share(probabilities: &[f64], categories: &[Category]) -> f64 {
    let pairs = probabilities.iter().zip(categories);
    let inside: f64 = pairs.filter(|(_, c)| c.scope == Scope::In).map(|(p, _)| p).sum();
    let inside = inside.clamp(0.005, 0.995);
    (inside / (1.0 - inside)).ln()
}

fn side_threshold(
    combiner: &Logistic,
    inputs: &[Vec<f64>],
    is_in: &[bool],
    side: Scope,
    wanted: f64,
) -> f64 {
    let mut decisions = Vec::new();
    for (input, is_in) in inputs.iter().zip(is_in) {
        let p = sigmoid(combiner.value(input));
        if side == Scope::In && p >= 0.5 {
            decisions.push((p, *is_in));
        } else if side == Scope::Out && p < 0.5 {
            decisions.push((1.0 - p, !is_in));
        }
    }
    threshold(&decisions, wanted).unwrap_or(2.0)
}

/// Both models, from the texts that `is_taught` names by place.
fn fitted(
    texts: &[Taught],
    columns: usize,
    is_taught: impl Fn(usize) -> bool,
) -> (LinearModel, LinearModel) {
    let taught = texts.iter().enumerate().filter(|(at, _)| is_taught(*at)).map(|(_, text)| text);
    let taught: Vec<&Taught> = taught.collect();
    let labelled = |label: fn(&Taught) -> usize| -> Vec<Labelled<'_>> {
        taught
            .iter()
            .map(|text| Labelled { hits: &text.reading.hits, label: label(text) })
            .collect()
    };
    let side = labelled(|text| usize::from(text.scope != Scope::In));
    let category = labelled(|text| text.category);
    std::thread::scope(|scope| {
        let side = scope.spawn(|| LinearModel::train(&side, 1, &SCOPE_RECIPE));
        let category = LinearModel::train(&category, columns, &CATEGORY_RECIPE);
        (side.join().unwrap_or_else(|cause| resume_unwind(cause)), category)
    })
}

/// Every text judged by models that had not seen it.
fn unseen(texts: &[Taught], columns: usize, neighbours: &Neighbours) -> Vec<Unseen> {
    let parts = parts_of(texts);
    let mut hidden = vec![usize::MAX; texts.iter().map(|t| t.place + 1).max().unwrap_or(0)];
    for (text, part) in texts.iter().zip(&parts) {
        if let Some(entry) = hidden.get_mut(text.place) {
            *entry = *part;
        }
    }
    let mut out: Vec<(usize, Unseen)> = Vec::with_capacity(texts.len());
    for part in 0..PARTS {
        let (scope, category) = fitted(texts, columns, |at| parts.get(at) != Some(&part));
        let of_part = texts.iter().enumerate().filter(|(at, _)| parts.get(*at) == Some(&part));
        let of_part: Vec<(usize, &Taught)> = of_part.collect();
        out.extend(each(&of_part, |(at, text)| {
            let hits = &text.reading.hits;
            let margins = scope.margins(&scope.weigher.vector(hits));
            let is_hidden = |place: usize| hidden.get(place).is_none_or(|p| *p == part);
            let near = neighbours.nearest(&text.reading.tokens, NEIGHBOURS, is_hidden);
            let unseen = Unseen {
                margin: margins.first().copied().map_or(0.0, f64::from),
                categories: category.margins(&category.weigher.vector(hits)),
                vote: vote(&near),
            };
            (*at, unseen)
        }));
    }
    out.sort_by_key(|(at, _)| *at);
    out.into_iter().map(|(_, unseen)| unseen).collect()
}

/// The part of each text: one hand's texts stand in one part, so that what is measured is how well
/// other people's texts are judged. Texts without a writer are drawn.
fn parts_of(texts: &[Taught]) -> Vec<usize> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for text in texts.iter().filter(|text| !text.writer.is_empty()) {
        *counts.entry(text.writer.as_str()).or_default() += 1;
    }
    let mut drawn = parts(texts.len());
    if counts.len() < WRITERS_MIN {
        return drawn;
    }
    let mut writers: Vec<(&str, usize)> = counts.into_iter().collect();
    writers.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let mut sizes = [0_usize; PARTS];
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for (writer, count) in writers {
        let smallest = sizes.iter().enumerate().min_by_key(|(at, size)| (**size, *at));
        let part = smallest.map_or(0, |(at, _)| at);
        if let Some(size) = sizes.get_mut(part) {
            *size += count;
        }
        places.insert(writer, part);
    }
    for (text, part) in texts.iter().zip(&mut drawn) {
        *part = places.get(text.writer.as_str()).copied().unwrap_or(*part);
    }
    drawn
}

/// The part of each text, drawn with a fixed seed.
pub(crate) fn parts(count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    let mut random = 0x1234_5678_9abc_def1;
    shuffle(&mut order, &mut random);
    let mut out: Vec<(usize, usize)> =
        order.into_iter().enumerate().map(|(at, text)| (text, at % PARTS)).collect();
    out.sort_unstable();
    out.into_iter().map(|(_, part)| part).collect()
}

/// Names what a model was made of.
pub(crate) fn digest(texts: &[Taught], categories: &[Category]) -> u64 {
    let mut all: u64 = hash(&[&RECIPE.to_le_bytes()]);
    for category in categories {
        all =
            hash(&[&all.to_le_bytes(), category.code.as_bytes(), category.scope.word().as_bytes()]);
    }
    for text in texts {
        let category = text.category.to_le_bytes();
        let parts = [&all.to_le_bytes(), text.reading.text.as_bytes(), category.as_slice()];
        all = hash(&parts);
        for found in &text.reading.cues {
            all = hash(&[&all.to_le_bytes(), &found.cue.to_le_bytes()]);
        }
    }
    all
}
