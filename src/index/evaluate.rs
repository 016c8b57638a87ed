//! Measures the engine on a file of labelled texts, with the pack as shipped or trained on
//! another file alone.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use serde::Serialize;
use serde_json::{Map, Value};

use super::IndexError;
pub use super::bootstrap::Intervals;
use super::bootstrap::intervals;
pub use super::metrics::{AskFigures, Figures, LabelFigures};
use super::metrics::{Judged, figures};
use super::scope::Engine;
use super::scope::generic::GenericEngine;
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::scope::{Flag, Scope};
use crate::text::encodings;

/// The label that the pack judges by when not told.
const SCOPE_LABEL: &str = "scope";
const CATEGORY_LABEL: &str = "category";

/// A labelled text.
struct Line {
    text: String,
    label: String,
    group: String,
}

/// What is written for a line of the test file.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// The likeliest label, never `ask`.
    pub label: String,
    /// The same, or `ask` where the engine would leave it to an officer.
    pub decided: String,
    pub confidence: f64,
    pub scores: BTreeMap<String, f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flags: Option<Vec<Flag>>,
}

/// The figures as a whole and by the values of a field.
#[derive(Debug, Clone, Serialize)]
pub struct Evaluation {
    #[serde(flatten)]
    pub figures: Figures,
    pub texts_per_second: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<BTreeMap<String, Figures>>,
    /// Of all texts, under the name of the empty string, and of each value of `by`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub intervals: Option<BTreeMap<String, Intervals>>,
    /// One for each line of the test file, in its order.
    #[serde(skip)]
    pub outcomes: Vec<Outcome>,
}

/// Where the texts are and what is asked of them.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    pub test: &'a Path,
    /// Learn from this file alone, without the pack.
    pub train: Option<&'a Path>,
    pub label: &'a str,
    /// Figures for each value of this field too.
    pub by: Option<&'a str>,
    /// Also how sure the figures are.
    pub with_intervals: bool,
}

/// Judges every line of the test file; `progress` is told how many are done.
pub fn evaluate(
    question: &Question<'_>,
    jurisdiction: &Jurisdiction,
    mut progress: impl FnMut(u64),
) -> Result<Evaluation, IndexError> {
    let judge = Judge::prepare(question, jurisdiction)?;
    let lines = read(question.test, question.label, question.by)?;
    let start = Instant::now();
    let mut outcomes: Vec<Outcome> = Vec::with_capacity(lines.len());
    for (line, done) in lines.iter().zip(1..) {
        outcomes.push(judge.judge(&line.text));
        progress(done);
    }
    let seconds = start.elapsed().as_secs_f64();
    let mut judged = Vec::with_capacity(lines.len());
    for (line, outcome) in lines.iter().zip(&outcomes) {
        judged.push(Judged {
            gold: line.label.clone(),
            label: outcome.label.clone(),
            is_decided: outcome.decided != Scope::Ask.word(),
            confidence: outcome.confidence,
            scores: outcome.scores.clone(),
        });
    }
    let mut groups: BTreeMap<String, Vec<&Judged>> = BTreeMap::new();
    for (line, judged) in lines.iter().zip(&judged).filter(|_| question.by.is_some()) {
        groups.entry(line.group.clone()).or_default().push(judged);
    }
    let of = |group: &Vec<&Judged>| figures(group);
    let by = groups.iter().map(|(value, group)| (value.clone(), of(group)));
    let by = question.by.is_some().then(|| by.collect());
    let all: Vec<&Judged> = judged.iter().collect();
    let intervals = question.with_intervals.then(|| {
        let whole = std::iter::once((String::new(), &all));
        let parts = whole.chain(groups.iter().map(|(value, group)| (value.clone(), group)));
        parts.map(|(value, group)| (value, intervals(group))).collect()
    });
    let count = u32::try_from(lines.len()).unwrap_or(u32::MAX);
    Ok(Evaluation {
        figures: figures(&all),
        texts_per_second: f64::from(count) / seconds.max(1e-9),
        by,
        intervals,
        outcomes,
    })
}

enum Judge {
    Scope(Box<Engine>),
    Category(Box<Engine>),
    Trained(Box<GenericEngine>),
}

impl Judge {
    fn prepare(question: &Question<'_>, jurisdiction: &Jurisdiction) -> Result<Judge, IndexError> {
        let failed = |path: &Path, reason: String| IndexError::File {
            path: path.display().to_string(),
            reason,
        };
        if let Some(path) = question.train {
            let lines = read(path, question.label, None)?;
            let pairs = lines.into_iter().map(|line| (line.text, line.label));
            let taught: Vec<(String, String)> =
                pairs.filter(|(_, label)| label != Scope::Ask.word()).collect();
            let engine = GenericEngine::train(&taught);
            let reason = "there are not two labels to learn".to_owned();
            return engine.map(|e| Judge::Trained(Box::new(e))).ok_or(failed(path, reason));
        }
        let engine = Box::new(Engine::build(jurisdiction, &[], None)?);
        match question.label {
            SCOPE_LABEL => Ok(Judge::Scope(engine)),
            CATEGORY_LABEL => Ok(Judge::Category(engine)),
            other => {
                let reason = format!(
                    "the pack judges by {SCOPE_LABEL} or {CATEGORY_LABEL}, not by {other:?}; \
                     other labels must be learned from a file"
                );
                Err(failed(question.test, reason))
            }
        }
    }

    fn judge(&self, text: &str) -> Outcome {
        match self {
            Judge::Trained(engine) => {
                let verdict = engine.judge(text);
                outcome(verdict.scores, &verdict.label, verdict.is_decided, None)
            }
            Judge::Scope(engine) => {
                let judgement = engine.judge(None, text);
                let is_decided = judgement.scope != Scope::Ask;
                let flags = Some(judgement.flags.into_iter().collect());
                outcome(judgement.scores, judgement.likely.word(), is_decided, flags)
            }
            Judge::Category(engine) => {
                let judgement = engine.judge(None, text);
                let scores = engine.category_scores(text);
                let best = scores.iter().max_by(|one, other| one.1.total_cmp(other.1));
                let label = best.map(|(label, _)| label.clone()).unwrap_or_default();
                let is_decided = judgement.scope != Scope::Ask;
                let flags = Some(judgement.flags.into_iter().collect());
                outcome(scores, &label, is_decided, flags)
            }
        }
    }
}

fn outcome(
    scores: BTreeMap<String, f64>,
    label: &str,
    is_decided: bool,
    flags: Option<Vec<Flag>>,
) -> Outcome {
    Outcome {
        label: label.to_owned(),
        decided: if is_decided { label } else { Scope::Ask.word() }.to_owned(),
        confidence: scores.get(label).copied().unwrap_or(0.0),
        scores,
        flags,
    }
}

fn read(path: &Path, label: &str, by: Option<&str>) -> Result<Vec<Line>, IndexError> {
    let name = path.display().to_string();
    let file = std::fs::read_to_string(path)
        .map_err(|error| IndexError::File { path: name.clone(), reason: error.to_string() })?;
    let mut out = Vec::new();
    for (at, line) in file.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let wrong = |reason: String| IndexError::Line { path: name.clone(), line: at + 1, reason };
        let object: Map<String, Value> =
            serde_json::from_str(line).map_err(|error| wrong(error.to_string()))?;
        let field = |field: &str| {
            word(object.get(field)).ok_or_else(|| wrong(format!("the field {field:?} is missing")))
        };
        out.push(Line {
            text: as_filed(field("text")?),
            label: field(label)?,
            group: by.and_then(|by| word(object.get(by))).unwrap_or_default(),
        });
    }
    Ok(out)
}

/// Old encodings are read as they are at receipt.
fn as_filed(text: String) -> String {
    match encodings::converted(&text) {
        Some((_, read)) => read,
        None => text,
    }
}

/// A value as a word; labels may be numbers.
fn word(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}
