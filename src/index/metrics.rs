//! Figures of a judgement against the labels that people gave.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::scope::generic::OUTSIDE;
use crate::domain::scope::Scope;

/// Bins of equal width over the confidence, for the calibration error.
const BINS: u32 = 10;

/// A text judged.
#[derive(Debug, Clone)]
pub(super) struct Judged {
    pub(super) gold: String,
    pub(super) label: String,
    pub(super) is_decided: bool,
    pub(super) confidence: f64,
    pub(super) scores: BTreeMap<String, f64>,
}

/// How a label fared.
#[derive(Debug, Clone, Default, Serialize)]
pub struct LabelFigures {
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
    pub support: u64,
}

/// Lines that two readers would judge differently.
#[derive(Debug, Clone, Default, Serialize)]
pub struct AskFigures {
    pub n: u64,
    /// The share that the engine leaves to an officer.
    pub left_to_officer: Option<f64>,
}

/// All figures; what is of nothing is null.
#[derive(Debug, Clone, Serialize)]
pub struct Figures {
    /// Lines; those labelled `ask` are among them and in no other figure but `ask`.
    pub n: u64,
    pub accuracy: Option<f64>,
    pub macro_f1: Option<f64>,
    pub weighted_f1: Option<f64>,
    pub per_label: BTreeMap<String, LabelFigures>,
    /// The share that the engine decides by itself.
    pub coverage: Option<f64>,
    /// Of those, how many are right.
    pub selective_accuracy: Option<f64>,
    pub auroc: Option<f64>,
    /// Expected calibration error, ten bins of equal width.
    pub ece: Option<f64>,
    /// Gold label to given label to count.
    pub confusion: BTreeMap<String, BTreeMap<String, u64>>,
    pub ask: AskFigures,
}

/// The figures of these texts.
pub(super) fn figures(all: &[&Judged]) -> Figures {
    let is_ask = |judged: &&&Judged| judged.gold == Scope::Ask.word();
    let asked: Vec<&Judged> = all.iter().filter(is_ask).copied().collect();
    let clear: Vec<&Judged> = all.iter().filter(|j| !is_ask(j)).copied().collect();
    let mut confusion: BTreeMap<String, BTreeMap<String, u64>> = BTreeMap::new();
    for judged in &clear {
        let row = confusion.entry(judged.gold.clone()).or_default();
        *row.entry(judged.label.clone()).or_default() += 1;
    }
    let per_label = per_label(&confusion);
    let f1 = per_label.values().map(|label| label.f1);
    let weighted = per_label.values().map(|label| label.f1 * float(label.support));
    let decided: Vec<&Judged> = clear.iter().filter(|j| j.is_decided).copied().collect();
    let left = asked.iter().filter(|j| !j.is_decided).count();
    Figures {
        n: count(all.len()),
        accuracy: ratio(right(&clear), clear.len()),
        macro_f1: mean(f1.sum(), count(per_label.len())),
        weighted_f1: mean(weighted.sum(), count(clear.len())),
        coverage: ratio(decided.len(), clear.len()),
        selective_accuracy: ratio(right(&decided), decided.len()),
        auroc: auroc(&clear),
        ece: calibration_error(&clear),
        per_label,
        confusion,
        ask: AskFigures { n: count(asked.len()), left_to_officer: ratio(left, asked.len()) },
    }
}

fn per_label(
    confusion: &BTreeMap<String, BTreeMap<String, u64>>,
) -> BTreeMap<String, LabelFigures> {
    let given = confusion.values().flat_map(BTreeMap::keys);
    let labels: BTreeSet<&String> = confusion.keys().chain(given).collect();
    let mut out = BTreeMap::new();
    for label in labels {
        let cell = |row: &BTreeMap<String, u64>| row.get(label).copied().unwrap_or(0);
        let hits = confusion.get(label).map_or(0, cell);
        let support: u64 = confusion.get(label).map_or(0, |row| row.values().sum());
        let claimed: u64 = confusion.values().map(cell).sum();
        let of = |whole: u64| if whole == 0 { 0.0 } else { float(hits) / float(whole) };
        let f1 = 2.0 * float(hits) / float(support + claimed).max(1.0);
        let figures = LabelFigures { precision: of(claimed), recall: of(support), f1, support };
        out.insert(label.clone(), figures);
    }
    out
}

fn right(judged: &[&Judged]) -> usize {
    judged.iter().filter(|j| j.label == j.gold).count()
}

/// Of `oos` against the rest where there is one; of two labels the one against the other; else
/// the mean over the labels of one against the rest.
fn auroc(judged: &[&Judged]) -> Option<f64> {
    let golds: BTreeSet<&str> = judged.iter().map(|j| j.gold.as_str()).collect();
    let area = |label: &str| {
        let pairs =
            judged.iter().map(|j| (j.scores.get(label).copied().unwrap_or(0.0), j.gold == label));
        area_under(pairs.collect())
    };
    if golds.contains(OUTSIDE) {
        // The area for 1 - p over texts that are inside is the area for p over those that are
        // outside.
        return area(OUTSIDE);
    }
    if golds.len() == 2 {
        return golds.first().and_then(|label| area(label));
    }
    let areas: Vec<f64> = golds.iter().filter_map(|label| area(label)).collect();
    mean(areas.iter().sum(), count(areas.len()))
}

/// The probability that a positive scores higher than a negative; equal scores count half.
fn area_under(mut pairs: Vec<(f64, bool)>) -> Option<f64> {
    pairs.sort_by(|one, other| one.0.total_cmp(&other.0));
    let positives = pairs.iter().filter(|(_, positive)| *positive).count();
    let negatives = pairs.len() - positives;
    let (mut below, mut area) = (0.0, 0.0);
    for same in pairs.chunk_by(|one, other| one.0 == other.0) {
        let up = float(count(same.iter().filter(|(_, positive)| *positive).count()));
        let down = float(count(same.len())) - up;
        area += up * (below + down / 2.0);
        below += down;
    }
    let all = float(count(positives)) * float(count(negatives));
    (all > 0.0).then(|| area / all)
}

fn calibration_error(judged: &[&Judged]) -> Option<f64> {
    let mut error = 0.0;
    for bin in 0..BINS {
        let low = f64::from(bin) / f64::from(BINS);
        let high = f64::from(bin + 1) / f64::from(BINS);
        let is_last = bin + 1 == BINS;
        let inside: Vec<&Judged> = judged
            .iter()
            .filter(|j| j.confidence >= low && (j.confidence < high || is_last))
            .copied()
            .collect();
        let confidence: f64 = inside.iter().map(|j| j.confidence).sum();
        error += (confidence - float(count(right(&inside)))).abs();
    }
    mean(error, count(judged.len()))
}

fn ratio(part: usize, whole: usize) -> Option<f64> {
    mean(float(count(part)), count(whole))
}

fn mean(sum: f64, number: u64) -> Option<f64> {
    (number > 0).then(|| sum / float(number))
}

fn count(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

fn float(number: u64) -> f64 {
    u32::try_from(number).map_or(f64::from(u32::MAX), f64::from)
}
