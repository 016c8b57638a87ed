//! From values to probabilities that keep their word, and from probabilities to decisions that
//! are right as often as the pack wants. All of it is fitted to texts that the judged model had
//! not seen.

/// Sweeps of the fit; it changes no more long before.
const SWEEPS: u32 = 200;
/// Keeps the weights small where there is little to learn from.
const RIDGE: f64 = 1.0;

/// Logistic regression over a few inputs and a constant.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Logistic {
    /// The last one is the constant.
    pub(crate) weights: Vec<f64>,
}

impl Logistic {
    /// Fits by Newton steps along one input after the other. An input with a direction, `1` or
    /// `-1`, never pulls against it: what is given as a reason for a side must speak for it,
    /// however the inputs overlap. `0` leaves an input free.
    pub(crate) fn fit(inputs: &[Vec<f64>], is_positive: &[bool], directions: &[f64]) -> Logistic {
        let width = inputs.first().map_or(0, Vec::len) + 1;
        let mut fitted = Logistic { weights: vec![0.0; width] };
        let mut values = vec![0.0_f64; inputs.len()];
        for _ in 0..SWEEPS {
            let mut largest = 0.0_f64;
            for at in 0..width {
                let weight = fitted.weights.get(at).copied().unwrap_or(0.0);
                let ridge = if at + 1 == width { 0.0 } else { RIDGE };
                let (mut slope, mut bend) = (ridge * weight, ridge + 1e-9);
                for ((input, value), positive) in inputs.iter().zip(&values).zip(is_positive) {
                    let x = input.get(at).copied().unwrap_or(1.0);
                    let p = sigmoid(*value);
                    slope += x * (p - f64::from(u8::from(*positive)));
                    bend += x * x * p * (1.0 - p);
                }
                let step = (-slope / bend).clamp(-2.0, 2.0);
                let direction = directions.get(at).copied().unwrap_or(0.0);
                let step = if (weight + step) * direction < 0.0 { -weight } else { step };
                if let Some(weight) = fitted.weights.get_mut(at) {
                    *weight += step;
                }
                for (input, value) in inputs.iter().zip(&mut values) {
                    *value += step * input.get(at).copied().unwrap_or(1.0);
                }
                largest = largest.max(step.abs());
            }
            if largest < 1e-5 {
                break;
            }
        }
        fitted
    }

    /// The log-odds.
    pub(crate) fn value(&self, input: &[f64]) -> f64 {
        let with_constant = input.iter().copied().chain(std::iter::once(1.0));
        self.weights.iter().zip(with_constant).map(|(weight, x)| weight * x).sum()
    }

    pub(crate) fn probability(&self, input: &[f64]) -> f64 {
        sigmoid(self.value(input))
    }
}

pub(crate) fn sigmoid(value: f64) -> f64 {
    1.0 / (1.0 + (-value).exp())
}

/// Probabilities in proportion to the powers of the values; they sum to 1.
pub(crate) fn softmax(values: &[f32], sharpness: f64) -> Vec<f64> {
    let largest = values.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers = values.iter().map(|value| (f64::from(value - largest) * sharpness).exp());
    let powers: Vec<f64> = powers.collect();
    let sum: f64 = powers.iter().sum();
    powers.into_iter().map(|power| power / sum).collect()
}

/// The sharpness under which the labels are likeliest.
pub(crate) fn fit_sharpness(values: &[Vec<f32>], labels: &[usize]) -> f64 {
    let likelihood = |sharpness: f64| -> f64 {
        let one = |(values, label): (&Vec<f32>, &usize)| {
            softmax(values, sharpness).get(*label).map_or(0.0, |p| p.max(1e-9).ln())
        };
        values.iter().zip(labels).map(one).sum()
    };
    let mut best = (f64::NEG_INFINITY, 1.0);
    for step in 1..=40_u32 {
        let sharpness = 0.25 * f64::from(step);
        let value = likelihood(sharpness);
        if value > best.0 {
            best = (value, sharpness);
        }
    }
    best.1
}

/// The least confidence from which on decisions are right often enough; `None` where none are. Of
/// decisions with their confidence and whether they were right.
pub(crate) fn threshold(decisions: &[(f64, bool)], wanted: f64) -> Option<f64> {
    let mut sorted = decisions.to_vec();
    sorted.sort_by(|one, other| other.0.total_cmp(&one.0));
    let (mut all, mut right) = (0.0, 0.0);
    let mut least = None;
    for (confidence, is_right) in sorted {
        all += 1.0;
        right += f64::from(u8::from(is_right));
        // A few texts prove nothing: one imagined error is counted along.
        if right / (all + 1.0) >= wanted {
            least = Some(confidence);
        }
    }
    least
}
