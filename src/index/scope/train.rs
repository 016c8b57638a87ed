//! A linear classifier with squared hinge loss, trained by dual coordinate descent (Hsieh et al.
//! 2008): exact, quick on sparse texts, and with a fixed order of visits the same on every
//! machine.

use super::vector::{Vector, place};

/// More visits of all texts change nothing that can be seen.
const ROUNDS_MAX: u32 = 40;
/// The size of a step below which a round ends the training.
const TOLERANCE: f32 = 0.05;

/// One side of one text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lesson<'a> {
    pub(crate) vector: &'a Vector,
    pub(crate) is_positive: bool,
    /// What an error costs.
    pub(crate) cost: f32,
}

struct State {
    alpha: f32,
    /// Squared length of the vector with its constant, and half the inverse cost.
    curvature: f32,
    slack: f32,
}

/// The weights by slot; the last one is the constant.
pub(crate) fn train(lessons: &[Lesson<'_>], slots: usize) -> Vec<f32> {
    let mut weights = vec![0.0_f32; slots + 1];
    let mut states: Vec<State> = lessons.iter().map(start).collect();
    let mut order: Vec<usize> = (0..lessons.len()).collect();
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    for _ in 0..ROUNDS_MAX {
        shuffle(&mut order, &mut random);
        let mut largest = 0.0_f32;
        for at in &order {
            if let (Some(lesson), Some(state)) = (lessons.get(*at), states.get_mut(*at)) {
                largest = largest.max(visit(lesson, state, &mut weights));
            }
        }
        if largest < TOLERANCE {
            break;
        }
    }
    weights
}

fn start(lesson: &Lesson<'_>) -> State {
    let square: f32 = lesson.vector.iter().map(|(_, value)| value * value).sum();
    let slack = 0.5 / lesson.cost.max(f32::MIN_POSITIVE);
    State { alpha: 0.0, curvature: square + 1.0 + slack, slack }
}

/// Moves the weights so that this text is right; says how far it was from that.
fn visit(lesson: &Lesson<'_>, state: &mut State, weights: &mut [f32]) -> f32 {
    let sign = if lesson.is_positive { 1.0 } else { -1.0 };
    let gradient = sign * score(lesson.vector, weights) - 1.0 + state.alpha * state.slack;
    let projected = if state.alpha > 0.0 { gradient } else { gradient.min(0.0) };
    if projected.abs() < 1e-6 {
        return 0.0;
    }
    let alpha = (state.alpha - gradient / state.curvature).max(0.0);
    let step = (alpha - state.alpha) * sign;
    state.alpha = alpha;
    for (slot, value) in lesson.vector {
        if let Some(weight) = weights.get_mut(place(*slot)) {
            *weight += step * value;
        }
    }
    if let Some(constant) = weights.last_mut() {
        *constant += step;
    }
    projected.abs()
}

/// The value of the vector under the weights.
pub(crate) fn score(vector: &Vector, weights: &[f32]) -> f32 {
    let mut sum = weights.last().copied().unwrap_or(0.0);
    for (slot, value) in vector {
        sum += weights.get(place(*slot)).copied().unwrap_or(0.0) * value;
    }
    sum
}

/// Fisher and Yates with a xorshift generator.
pub(crate) fn shuffle(order: &mut [usize], random: &mut u64) {
    for last in (1..order.len()).rev() {
        *random ^= *random << 13;
        *random ^= *random >> 7;
        *random ^= *random << 17;
        let bound = u64::try_from(last).unwrap_or(0) + 1;
        let other = usize::try_from(*random % bound).unwrap_or(0);
        order.swap(last, other);
    }
}
