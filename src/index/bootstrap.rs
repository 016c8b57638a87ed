//! How sure the figures of an evaluation are: percentile intervals of the bootstrap (Efron 1979),
//! the texts drawn anew with replacement, always in the same way.

use serde::Serialize;

use super::metrics::{Figures, Judged, figures};

/// Draws of all the texts.
const DRAWS: usize = 1_000;
/// Of so many draws one is cut off at each end: a fortieth is 2.5 %.
const CUT_ONE_IN: usize = 40;
/// Where the draws begin: the same texts give the same intervals.
const SEED: u64 = 0x9E37_79B9_7F4A_7C15;

/// The 95 % intervals of the figures; null where a figure is.
#[derive(Debug, Clone, Serialize)]
pub struct Intervals {
    pub accuracy: Option<[f64; 2]>,
    pub coverage: Option<[f64; 2]>,
    pub selective_accuracy: Option<[f64; 2]>,
    pub auroc: Option<[f64; 2]>,
    pub ece: Option<[f64; 2]>,
}

/// Draws the texts and says between which values the figures lie.
pub(super) fn intervals(all: &[&Judged]) -> Intervals {
    let mut random = SEED;
    let mut drawn: Vec<Figures> = Vec::with_capacity(DRAWS);
    for _ in 0..DRAWS {
        let sample = std::iter::repeat_with(|| all.get(below(&mut random, all.len())).copied());
        let sample: Vec<&Judged> = sample.take(all.len()).flatten().collect();
        drawn.push(figures(&sample));
    }
    let of =
        |figure: fn(&Figures) -> Option<f64>| middle(drawn.iter().filter_map(figure).collect());
    Intervals {
        accuracy: of(|f| f.accuracy),
        coverage: of(|f| f.coverage),
        selective_accuracy: of(|f| f.selective_accuracy),
        auroc: of(|f| f.auroc),
        ece: of(|f| f.ece),
    }
}

/// What is left when the same share of both ends is taken away.
fn middle(mut values: Vec<f64>) -> Option<[f64; 2]> {
    values.sort_by(f64::total_cmp);
    let away = values.len() / CUT_ONE_IN;
    let low = values.get(away)?;
    let high = values.iter().rev().nth(away)?;
    Some([*low, *high])
}

/// A number below `limit`: SplitMix64 (Steele, Lea and Flood 2014), then by multiplication (Lemire
/// 2019).
fn below(state: &mut u64, limit: usize) -> usize {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^= z >> 31;
    let wide = u128::from(z) * u128::try_from(limit).unwrap_or(0);
    usize::try_from(wide >> 64).unwrap_or(0)
}
