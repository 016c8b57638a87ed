//! How right the machine is, measured by what officers said of its decisions afterwards.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::Serialize;

use super::figures::rate;

/// Confidence is looked at in so many steps of thousandths.
pub const BIN_PERMILLE: i64 = 50;
/// The normal quantile of a 95 % interval.
const Z: f64 = 1.959_964;

/// Decisions of the machine that have something in common, counted.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Tally {
    /// All of them.
    pub decided: i64,
    /// Those that chose a side.
    pub sure: i64,
    /// Of the sure ones, those that an officer has decided since.
    pub reviewed: i64,
    /// Of the reviewed, those whose side the officer left.
    pub right: i64,
    /// And whose category too.
    pub confirmed: i64,
    /// Sum of the confidence of the reviewed, in thousandths.
    pub confidence: i64,
    /// How near the nearest learned text was: how many say so, and the sum in thousandths.
    pub measured: i64,
    pub nearness: i64,
}

impl Tally {
    /// Takes up another tally.
    pub fn add(&mut self, other: &Tally) {
        self.decided += other.decided;
        self.sure += other.sure;
        self.reviewed += other.reviewed;
        self.right += other.right;
        self.confirmed += other.confirmed;
        self.confidence += other.confidence;
        self.measured += other.measured;
        self.nearness += other.nearness;
    }

    /// In shares.
    pub fn share(&self) -> Share {
        let interval = interval(self.right, self.reviewed);
        Share {
            decided: self.decided,
            sure: self.sure,
            coverage: rate(self.sure, self.decided),
            reviewed: self.reviewed,
            right: self.right,
            accuracy: rate(self.right, self.reviewed),
            low: interval.map(|(low, _)| low),
            high: interval.map(|(_, high)| high),
            category_accuracy: rate(self.confirmed, self.reviewed),
            nearness: rate(self.nearness, self.measured * 1000),
        }
    }
}

/// The numbers of a group; shares are 0 to 1, null over nothing.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Share {
    pub decided: i64,
    pub sure: i64,
    pub coverage: Option<f64>,
    pub reviewed: i64,
    pub right: i64,
    pub accuracy: Option<f64>,
    /// The 95 % interval of the accuracy (Wilson 1927).
    pub low: Option<f64>,
    pub high: Option<f64>,
    pub category_accuracy: Option<f64>,
    /// The mean likeness to the nearest learned text.
    pub nearness: Option<f64>,
}

/// A step of the reliability diagram.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Bin {
    pub from: f64,
    pub to: f64,
    pub count: i64,
    /// What the machine said on average.
    pub confidence: f64,
    /// What was right of it.
    pub accuracy: f64,
}

/// What an officer decided, and how often others saw it otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OfficerLine {
    pub name: String,
    pub decisions: i64,
    /// The machine had chosen a side.
    pub after_machine: i64,
    /// And the officer chose the other one.
    pub against_machine: i64,
    /// Another officer chose the other side afterwards.
    pub overruled: i64,
}

/// The accuracy of a period.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Accuracy {
    pub from: NaiveDate,
    pub to: NaiveDate,
    pub all: Share,
    /// The expected calibration error of the reviewed; null over nothing.
    pub ece: Option<f64>,
    pub bins: Vec<Bin>,
    pub by_category: BTreeMap<String, Share>,
    pub by_channel: BTreeMap<String, Share>,
    /// By month of receipt.
    pub by_month: BTreeMap<String, Share>,
    /// The mean likeness of what was learned to its own nearest by other hands: what `nearness` is
    /// compared with.
    pub learned_nearness: Option<f64>,
    /// The share that automatic decisions are to have right.
    pub wanted: f64,
    /// For those who may know how an officer decides; else null.
    pub officers: Option<Vec<OfficerLine>>,
}

/// The steps of the diagram from tallies by the lower end of their confidence, and the expected
/// calibration error.
pub fn calibration(by_bin: &BTreeMap<i64, Tally>) -> (Vec<Bin>, Option<f64>) {
    let all: i64 = by_bin.values().map(|tally| tally.reviewed).sum();
    let mut bins = Vec::new();
    let mut error = 0.0;
    for (low, tally) in by_bin {
        let confidence = rate(tally.confidence, tally.reviewed * 1000);
        let (Some(confidence), Some(accuracy), Some(weight)) =
            (confidence, rate(tally.right, tally.reviewed), rate(tally.reviewed, all))
        else {
            continue;
        };
        error += weight * (confidence - accuracy).abs();
        let end = |permille: i64| rate(permille, 1000).unwrap_or(0.0);
        bins.push(Bin {
            from: end(*low),
            to: end((low + BIN_PERMILLE).min(1000)),
            count: tally.reviewed,
            confidence,
            accuracy,
        });
    }
    let ece = (!bins.is_empty()).then_some(error);
    (bins, ece)
}

/// The 95 % interval of a share (Wilson, Journal of the American Statistical Association 22, 1927).
fn interval(part: i64, whole: i64) -> Option<(f64, f64)> {
    let p = rate(part, whole)?;
    let n = f64::from(i32::try_from(whole).ok()?);
    let middle = p + Z * Z / (2.0 * n);
    let reach = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    Some((((middle - reach) / scale).max(0.0), ((middle + reach) / scale).min(1.0)))
}
