//! The forms of the rule lab: a change of a cue, a line of routing, the thresholds, the truth table
//! as CSV (RFC 4180).

use chrono::NaiveDate;

use super::IntakeError;
use super::fields::{Fields, Length};
use crate::domain::Names;
use crate::domain::edition::{RuleChange, Thresholds};
use crate::domain::error::{FieldError, Rule};
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::routing::RoutingRule;
use crate::domain::taxonomy::{Cue, Direction};
use crate::domain::truth::{TruthRow, unknown_codes};

/// A name, a basis, a reason.
const LINE_MAX: usize = 200;
/// A table longer than this is a mistake.
const CSV: Length = Length { min: 1, max: 400_000 };
const TRUTH_ROWS_MAX: usize = 20_000;
const PRIORITY_MAX: i64 = 1_000_000;
/// So many unknown codes of a table are named one by one.
const FAULTS_MAX: usize = 20;

/// The name of a new edition.
pub fn name(mut fields: Fields) -> Result<String, IntakeError> {
    let name = fields.line("name", LINE_MAX);
    if name.is_none() && fields.errors.is_empty() {
        fields.wrong("name", Rule::Required);
    }
    fields.finish(name)
}

/// Reads the change that the verb of the form names; `None` for another verb.
pub fn change(
    verb: &str,
    fields: Fields,
    rules: &Jurisdiction,
    day: NaiveDate,
) -> Option<Result<RuleChange, IntakeError>> {
    Some(match verb {
        "put_cue" => cue(fields, rules),
        "remove_cue" => phrase(fields),
        "put_rule" => rule(fields, rules),
        "remove_rule" => priority(fields),
        "thresholds" => thresholds(fields),
        "truth" => truth(fields, rules, day),
        _ => return None,
    })
}

/// From which day an edition shall be in force; nothing: at once.
pub fn from_day(mut fields: Fields) -> Result<Option<NaiveDate>, IntakeError> {
    let day = match fields.take("valid_from") {
        Some(serde_json::Value::String(text)) if !text.trim().is_empty() => {
            let day = text.trim().parse().ok();
            if day.is_none() {
                fields.wrong("valid_from", Rule::NotDate);
            }
            day
        }
        _ => None,
    };
    fields.finish(Some(day))
}

fn required<T>(fields: &mut Fields, name: &str, value: Option<T>) -> Option<T> {
    if value.is_none() && !fields.errors.iter().any(|e| e.field == name) {
        fields.wrong(name, Rule::Required);
    }
    value
}

/// A text in each language of the pack: `reason_vi`, `reason_en`.
fn names(fields: &mut Fields, stem: &str, rules: &Jurisdiction) -> Names {
    let mut out = Names::new();
    for language in &rules.settings.languages {
        if let Some(text) = fields.line(&format!("{stem}_{language}"), LINE_MAX) {
            out.insert(language.clone(), text);
        }
    }
    out
}

fn cue(mut fields: Fields, rules: &Jurisdiction) -> Result<RuleChange, IntakeError> {
    let f = &mut fields;
    let phrase = f.line("phrase", LINE_MAX).map(|phrase| phrase.to_lowercase());
    let phrase = required(f, "phrase", phrase);
    let direction: Option<Direction> = f.word("direction");
    let direction = required(f, "direction", direction);
    let category = f.line("toward", LINE_MAX).unwrap_or_default();
    let strong = f.boolean("strong").unwrap_or(false);
    let marks_required = f.boolean("marks_required").unwrap_or(false);
    let basis = f.line("basis", LINE_MAX).unwrap_or_default();
    let reasons = names(f, "reason", rules);
    let cue = phrase.zip(direction).map(|(phrase, direction)| Cue {
        phrase,
        direction,
        category,
        strong,
        basis,
        marks_required,
        reasons,
    });
    fields.finish(cue.map(|cue| RuleChange::PutCue { cue }))
}

fn phrase(mut fields: Fields) -> Result<RuleChange, IntakeError> {
    let phrase = fields.line("phrase", LINE_MAX).map(|phrase| phrase.to_lowercase());
    let phrase = required(&mut fields, "phrase", phrase);
    fields.finish(phrase.map(|phrase| RuleChange::RemoveCue { phrase }))
}

fn rule(mut fields: Fields, rules: &Jurisdiction) -> Result<RuleChange, IntakeError> {
    let f = &mut fields;
    let priority = f.whole("priority", 0, PRIORITY_MAX);
    let priority = required(f, "priority", priority);
    let any = |f: &mut Fields, name: &str| f.line(name, LINE_MAX).unwrap_or_else(|| "*".into());
    let (category, field, area) = (any(f, "category"), any(f, "field"), any(f, "area"));
    let agency = f.line("agency", LINE_MAX);
    let agency = required(f, "agency", agency);
    let notes = names(f, "note", rules);
    let (valid_from, valid_to) = (day(f, "rule_from"), day(f, "rule_to"));
    let rule = priority.zip(agency).map(|(priority, agency)| RoutingRule {
        priority,
        category,
        field,
        area,
        agency,
        notes,
        valid_from,
        valid_to,
    });
    fields.finish(rule.map(|rule| RuleChange::PutRule { rule }))
}

/// A day that may be left empty.
fn day(fields: &mut Fields, name: &str) -> Option<NaiveDate> {
    let text = fields.line(name, LINE_MAX)?;
    let day = text.parse().ok();
    if day.is_none() {
        fields.wrong(name, Rule::NotDate);
    }
    day
}

fn priority(mut fields: Fields) -> Result<RuleChange, IntakeError> {
    let priority = fields.whole("priority", 0, PRIORITY_MAX);
    let priority = required(&mut fields, "priority", priority);
    fields.finish(priority.map(|priority| RuleChange::RemoveRule { priority }))
}

/// In percent, with a comma or a point; empty: as the training found.
fn thresholds(mut fields: Fields) -> Result<RuleChange, IntakeError> {
    let mut share = |name: &str| {
        let text = fields.line(name, LINE_MAX)?;
        let number: Option<f64> = text.trim_end_matches('%').trim().replace(',', ".").parse().ok();
        if number.is_none() {
            fields.wrong(name, Rule::WrongType);
        }
        number.map(|percent| percent / 100.0)
    };
    let thresholds = Thresholds { yes: share("threshold_in"), no: share("threshold_out") };
    fields.finish(Some(RuleChange::SetThresholds { thresholds }))
}

fn truth(
    mut fields: Fields,
    rules: &Jurisdiction,
    day: NaiveDate,
) -> Result<RuleChange, IntakeError> {
    let text = fields.text("rows", CSV);
    let text = required(&mut fields, "rows", text);
    let rows = text.map(|text| rows(&text, &mut fields)).unwrap_or_default();
    for (row, column) in unknown_codes(rules, &rows, day).into_iter().take(FAULTS_MAX) {
        let line = (row + 1).to_string();
        fields.errors.push(FieldError::limit("rows", Rule::UnknownCode, column, &line));
    }
    fields.finish(Some(RuleChange::SetTruth { rows }))
}

fn rows(text: &str, fields: &mut Fields) -> Vec<TruthRow> {
    let mut out = Vec::new();
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
    for row in reader.deserialize::<TruthRow>() {
        match row {
            Ok(row) => out.push(row),
            Err(error) => {
                let why = error.to_string();
                fields.errors.push(FieldError::limit("rows", Rule::WrongType, "CSV", &why));
                break;
            }
        }
        if out.len() > TRUTH_ROWS_MAX {
            let limit = TRUTH_ROWS_MAX.to_string();
            fields.errors.push(FieldError::limit("rows", Rule::TooLong, &limit, ""));
            break;
        }
    }
    out
}
