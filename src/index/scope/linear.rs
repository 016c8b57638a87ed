//! A linear model over hashed features: one column of weights for each label, against all the
//! others.

use super::features::Hit;
use super::train::{Lesson, train};
use super::vector::{BlockWeights, Vector, Weigher, place};

/// How a model is made. Chosen by cross-validation on training texts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Recipe {
    /// There are two to this power slots.
    pub(crate) bits: u32,
    pub(crate) blocks: BlockWeights,
    pub(crate) cost: f32,
    /// 0: every text costs the same; 1: every label does.
    pub(crate) balance: f32,
}

/// Weights and what is needed to make vectors for them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct LinearModel {
    pub(crate) columns: usize,
    pub(crate) weigher: Weigher,
    /// Slot by slot, in each the columns; the constants come last.
    pub(crate) weights: Vec<f32>,
}

/// A text as the trainer takes it: its features and its label.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Labelled<'a> {
    pub(crate) hits: &'a [Hit],
    pub(crate) label: usize,
}

impl LinearModel {
    /// Trains `columns` labels; with one column, label 0 against all others.
    pub(crate) fn train(texts: &[Labelled<'_>], columns: usize, recipe: &Recipe) -> LinearModel {
        let all = texts.iter().map(|text| text.hits);
        let weigher = Weigher::count(all, recipe.bits, recipe.blocks);
        let vectors: Vec<Vector> = texts.iter().map(|text| weigher.vector(text.hits)).collect();
        let slots = 1_usize << recipe.bits;
        let mut weights = vec![0.0_f32; (slots + 1) * columns];
        let labels: Vec<usize> = (0..columns).collect();
        let workers = std::thread::available_parallelism().map_or(1, usize::from);
        let share = columns.div_ceil(workers).max(1);
        std::thread::scope(|scope| {
            let mut running = Vec::new();
            for part in labels.chunks(share) {
                let vectors = &vectors;
                running.push(scope.spawn(move || {
                    let one = |label: &usize| column(texts, vectors, *label, slots, recipe);
                    part.iter().map(one).collect::<Vec<Vec<f32>>>()
                }));
            }
            let trained = running.into_iter().flat_map(|worker| worker.join().unwrap_or_default());
            for (label, column) in trained.enumerate() {
                let places = weights.iter_mut().skip(label).step_by(columns);
                for (weight, value) in places.zip(column) {
                    *weight = short(value);
                }
            }
        });
        let mut weigher = weigher;
        weigher.rarity.iter_mut().for_each(|value| *value = short(*value));
        LinearModel { columns, weigher, weights }
    }

    /// The value of each column.
    pub(crate) fn margins(&self, vector: &Vector) -> Vec<f32> {
        let constants = self.row(self.weigher.rarity.len());
        let mut out = constants.to_vec();
        for (slot, value) in vector {
            for (sum, weight) in out.iter_mut().zip(self.row(place(*slot))) {
                *sum += weight * value;
            }
        }
        out
    }

    /// The weights of a slot, one for each column.
    pub(crate) fn row(&self, slot: usize) -> &[f32] {
        let start = slot * self.columns;
        self.weights.get(start..start + self.columns).unwrap_or_default()
    }
}

fn column(
    texts: &[Labelled<'_>],
    vectors: &[Vector],
    label: usize,
    slots: usize,
    recipe: &Recipe,
) -> Vec<f32> {
    let positive = texts.iter().filter(|text| text.label == label).count();
    let share = |count: usize| {
        let part = whole(texts.len()) / (2.0 * whole(count).max(1.0));
        recipe.cost * part.powf(recipe.balance)
    };
    let costs = (share(positive), share(texts.len() - positive));
    let lessons = texts.iter().zip(vectors).map(|(text, vector)| {
        let is_positive = text.label == label;
        let cost = if is_positive { costs.0 } else { costs.1 };
        Lesson { vector, is_positive, cost }
    });
    train(&lessons.collect::<Vec<_>>(), slots)
}

/// A count as a number to reckon with; exact up to 65,535, and counts beyond are as good as that.
pub(crate) fn whole(count: usize) -> f32 {
    u16::try_from(count).map_or(65_535.0, f32::from)
}

/// What sixteen bits keep of a number: the model is stored so, and judges the same before and
/// after.
pub(crate) fn short(value: f32) -> f32 {
    f32::from_bits(value.to_bits() & 0xffff_0000)
}
