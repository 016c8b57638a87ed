//! A linear classifier with squared hinge loss, trained by dual coordinate descent (Hsieh et al.
//! 2008): exact, quick on sparse texts, and with a fixed order of visits the same on every
//! machine.

use super::vector::{Vector, place};

/// More visits of all texts change nothing that can be seen.
const ROUNDS_MAX: u32 = 40;
/// The size of a step below which a round ends the training.
const TOLERANCE: f32 = 0.05;

/// A text and its label.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lesson<'a> {
    pub(crate) vector: &'a Vector,
    pub(crate) label: usize,
}

/// A label against all the others, and what an error costs on either side.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    pub(crate) label: usize,
    pub(crate) own_cost: f32,
    pub(crate) other_cost: f32,
}

/// A column under way. Columns know nothing of one another: they go through the texts together,
/// since a text that is at hand for one is at hand for all.
#[derive(Clone, Copy)]
struct Progress {
    label: usize,
    /// Half the inverse cost.
    own_slack: f32,
    other_slack: f32,
    /// The largest step of the round.
    largest: f32,
    is_done: bool,
}

struct State<const W: usize> {
    alpha: [f32; W],
    /// Squared length of the vector.
    square: f32,
}

/// The weights of at most `W` columns by slot; the last row holds the constants.
pub(crate) fn train<const W: usize>(
    lessons: &[Lesson<'_>],
    columns: &[Column],
    slots: usize,
) -> Vec<[f32; W]> {
    let mut weights = vec![[0.0_f32; W]; slots + 1];
    let mut states: Vec<State<W>> = lessons.iter().map(start).collect();
    let mut progress: [Progress; W] =
        std::array::from_fn(|at| columns.get(at).map_or(Progress::NONE, Progress::of));
    let mut order: Vec<usize> = (0..lessons.len()).collect();
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    for _ in 0..ROUNDS_MAX {
        shuffle(&mut order, &mut random);
        for at in &order {
            if let (Some(lesson), Some(state)) = (lessons.get(*at), states.get_mut(*at)) {
                visit(lesson, state, &mut progress, &mut weights);
            }
        }
        for column in &mut progress {
            column.is_done |= column.largest < TOLERANCE;
            column.largest = 0.0;
        }
        if progress.iter().all(|column| column.is_done) {
            break;
        }
    }
    weights
}

impl Progress {
    /// In place of a column.
    const NONE: Progress = Progress {
        label: usize::MAX,
        own_slack: 1.0,
        other_slack: 1.0,
        largest: 0.0,
        is_done: true,
    };

    fn of(column: &Column) -> Progress {
        let slack = |cost: f32| 0.5 / cost.max(f32::MIN_POSITIVE);
        Progress {
            label: column.label,
            own_slack: slack(column.own_cost),
            other_slack: slack(column.other_cost),
            is_done: false,
            ..Progress::NONE
        }
    }

    /// The step that makes this text right.
    fn step(&mut self, label: usize, score: f32, alpha: &mut f32, square: f32) -> f32 {
        let is_own = label == self.label;
        let (sign, slack) = if is_own { (1.0, self.own_slack) } else { (-1.0, self.other_slack) };
        let gradient = sign * score - 1.0 + *alpha * slack;
        let projected = if *alpha > 0.0 { gradient } else { gradient.min(0.0) };
        if self.is_done || projected.abs() < 1e-6 {
            return 0.0;
        }
        self.largest = self.largest.max(projected.abs());
        let before = *alpha;
        *alpha = (before - gradient / (square + 1.0 + slack)).max(0.0);
        (*alpha - before) * sign
    }
}

fn start<const W: usize>(lesson: &Lesson<'_>) -> State<W> {
    State { alpha: [0.0; W], square: lesson.vector.iter().map(|(_, value)| value * value).sum() }
}

/// Moves the weights so that this text is right.
fn visit<const W: usize>(
    lesson: &Lesson<'_>,
    state: &mut State<W>,
    progress: &mut [Progress; W],
    weights: &mut [[f32; W]],
) {
    let scores = scores(lesson.vector, weights);
    let mut steps = [0.0_f32; W];
    let columns = progress.iter_mut().zip(scores).zip(&mut state.alpha);
    for (((column, score), alpha), step) in columns.zip(&mut steps) {
        *step = column.step(lesson.label, score, alpha, state.square);
    }
    if steps.iter().all(|step| *step == 0.0) {
        return;
    }
    for (slot, value) in lesson.vector {
        if let Some(row) = weights.get_mut(place(*slot)) {
            row.iter_mut().zip(steps).for_each(|(weight, step)| *weight += step * value);
        }
    }
    if let Some(constants) = weights.last_mut() {
        constants.iter_mut().zip(steps).for_each(|(constant, step)| *constant += step);
    }
}

/// The value of the vector in each column.
fn scores<const W: usize>(vector: &Vector, weights: &[[f32; W]]) -> [f32; W] {
    let mut sums = weights.last().copied().unwrap_or([0.0; W]);
    for (slot, value) in vector {
        if let Some(row) = weights.get(place(*slot)) {
            sums.iter_mut().zip(row).for_each(|(sum, weight)| *sum += weight * value);
        }
    }
    sums
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
