//! A linear model over hashed features: one column of weights for each label, against all the
//! others.

use super::features::Hit;
use super::parallel::each;
use super::train::{Column, Lesson, train};
use super::vector::{BlockWeights, Vector, Weigher, place};

/// So many columns are trained at a time: as many as one row of a processor's numbers holds.
const TOGETHER: usize = 8;

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
        let mut weigher = Weigher::count(all, recipe.bits, recipe.blocks);
        let vectors = each(texts, |text| weigher.vector(text.hits));
        let lessons = texts.iter().zip(&vectors);
        let lessons = lessons.map(|(text, vector)| Lesson { vector, label: text.label });
        let lessons: Vec<Lesson<'_>> = lessons.collect();
        let labels: Vec<Column> = (0..columns).map(|label| column(texts, label, recipe)).collect();
        let slots = 1_usize << recipe.bits;
        let weights = match columns {
            1 => together::<1>(&lessons, &labels, slots),
            _ => together::<TOGETHER>(&lessons, &labels, slots),
        };
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

/// Trains the columns, `W` at a time, and lays them side by side.
fn together<const W: usize>(lessons: &[Lesson<'_>], columns: &[Column], slots: usize) -> Vec<f32> {
    let groups: Vec<&[Column]> = columns.chunks(W).collect();
    let trained = each(&groups, |group| train::<W>(lessons, group, slots));
    let mut weights = vec![0.0_f32; (slots + 1) * columns.len()];
    for (group, first) in trained.iter().zip((0..).step_by(W)) {
        for (row, values) in weights.chunks_exact_mut(columns.len()).zip(group) {
            for (weight, value) in row.iter_mut().skip(first).zip(values) {
                *weight = short(*value);
            }
        }
    }
    weights
}

fn column(texts: &[Labelled<'_>], label: usize, recipe: &Recipe) -> Column {
    let own = texts.iter().filter(|text| text.label == label).count();
    let cost = |count: usize| {
        let part = whole(texts.len()) / (2.0 * whole(count).max(1.0));
        recipe.cost * part.powf(recipe.balance)
    };
    Column { label, own_cost: cost(own), other_cost: cost(texts.len() - own) }
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
