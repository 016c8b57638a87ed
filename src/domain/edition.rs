//! An edition of the rules: changes that are tried on past cases before they are published on a
//! day, and that can be rolled back.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::agency::AgencyId;
use super::error::{FieldError, Rule};
use super::jurisdiction::Jurisdiction;
use super::routing::RoutingRule;
use super::scope::Scope;
use super::taxonomy::{Cue, Direction, NEGATION};
use super::truth::{TruthFault, TruthRow, differences};
use super::user::UserId;
use crate::clock::Moment;

/// The row's id.
pub type EditionId = i64;

/// A threshold below one half would decide against the engine's own judgement.
pub const THRESHOLD_MIN: f64 = 0.5;

super::words! {
    /// How far an edition is.
    EditionState {
        Draft = "draft",
        /// The trial was asked for and waits for the worker.
        Waiting = "waiting",
        Trying = "trying",
        Tried = "tried",
        /// Published from a day to come.
        Scheduled = "scheduled",
        Published = "published",
        RolledBack = "rolled_back",
        Discarded = "discarded",
    }
}

/// From which confidence on the machine decides by itself; `None`: what the training found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Thresholds {
    #[serde(rename = "in")]
    pub yes: Option<f64>,
    #[serde(rename = "out")]
    pub no: Option<f64>,
}

/// One change of the rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "change", rename_all = "snake_case")]
pub enum RuleChange {
    /// Adds the cue, or replaces the one with that phrase.
    PutCue {
        cue: Cue,
    },
    RemoveCue {
        phrase: String,
    },
    /// Adds the line of the routing table, or replaces the one of that priority.
    PutRule {
        rule: RoutingRule,
    },
    RemoveRule {
        priority: i64,
    },
    SetThresholds {
        thresholds: Thresholds,
    },
    /// Replaces the whole table of what routing is expected to do.
    SetTruth {
        rows: Vec<TruthRow>,
    },
}

/// The parts of the rules that an edition can change, whole: what is kept to roll back.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Changeable {
    pub cues: Vec<Cue>,
    pub rules: Vec<RoutingRule>,
    pub thresholds: Thresholds,
    pub truth: Vec<TruthRow>,
}

/// What the machine says of a case by one set of rules.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    pub scope: Scope,
    pub category: Option<String>,
    pub agency: Option<AgencyId>,
    pub confidence_permille: i64,
}

impl Outcome {
    /// Is it another answer, whatever the confidence?
    pub fn differs(&self, other: &Outcome) -> bool {
        (self.scope, &self.category, self.agency) != (other.scope, &other.category, other.agency)
    }
}

/// A case of which the two sets of rules say different things.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Moved {
    pub number: String,
    pub before: Outcome,
    pub after: Outcome,
    /// What an officer had decided of it.
    pub officer: Option<Scope>,
}

/// So many cases that move are kept by number; the counts are of all.
pub const MOVED_KEPT: usize = 500;

/// What the trial of an edition found.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    /// The rules that it was compared with: a trial on other rules says nothing of these.
    pub rules_version: i64,
    pub tried_at: Option<Moment>,
    /// So many cases were judged twice, the newest that are not restricted.
    pub cases: i64,
    pub moved: Vec<Moved>,
    pub moved_total: i64,
    /// `before after` as words to the number of cases, also of those that stay.
    pub sides: BTreeMap<String, i64>,
    /// By category or agency code: cases before, after.
    pub categories: BTreeMap<String, (i64, i64)>,
    pub agencies: BTreeMap<String, (i64, i64)>,
    /// Of the cases that change side and that an officer had decided: now right, now wrong.
    pub officers: (i64, i64),
    /// The share of the pack's own texts that get their side, in thousandths: before, after.
    pub exemplars: (i64, i64),
    pub truth: Vec<TruthFault>,
}

impl Trial {
    /// Counts one case; `code` names an agency.
    pub fn count(&mut self, case: Moved, counted: impl Fn(AgencyId) -> Option<String>) {
        self.cases += 1;
        let side = format!("{} {}", case.before.scope, case.after.scope);
        *self.sides.entry(side).or_default() += 1;
        let both = [(&case.before, true), (&case.after, false)];
        for (outcome, is_before) in both {
            let agency = outcome.agency.and_then(&counted);
            let category = outcome.category.clone();
            let places = [(&mut self.categories, category), (&mut self.agencies, agency)];
            for (table, code) in places {
                let entry = table.entry(code.unwrap_or_default()).or_default();
                *(if is_before { &mut entry.0 } else { &mut entry.1 }) += 1;
            }
        }
        if case.before.scope != case.after.scope
            && let Some(officer) = case.officer
        {
            self.officers.0 += i64::from(case.after.scope == officer);
            self.officers.1 += i64::from(case.before.scope == officer);
        }
        if case.before.differs(&case.after) {
            self.moved_total += 1;
            if self.moved.len() < MOVED_KEPT {
                self.moved.push(case);
            }
        }
    }
}

/// A set of changes on its way.
#[derive(Debug, Clone, PartialEq)]
pub struct Edition {
    pub id: EditionId,
    pub name: String,
    pub state: EditionState,
    pub changes: Vec<RuleChange>,
    pub trial: Option<Trial>,
    /// What it replaced, once it is published.
    pub before: Option<Changeable>,
    pub valid_from: Option<NaiveDate>,
    pub made_by: UserId,
    pub made_at: Moment,
    pub published_by: Option<UserId>,
    pub published_at: Option<Moment>,
}

impl Edition {
    /// May its changes still be changed?
    pub fn is_open(&self) -> bool {
        matches!(self.state, EditionState::Draft | EditionState::Tried)
    }
}

/// The rules as they would be with the changes.
pub fn applied(rules: &Jurisdiction, changes: &[RuleChange]) -> Jurisdiction {
    let mut out = rules.clone();
    for change in changes {
        match change {
            RuleChange::PutCue { cue } => {
                put(&mut out.cues, cue.clone(), |one| one.phrase == cue.phrase)
            }
            RuleChange::RemoveCue { phrase } => out.cues.retain(|cue| cue.phrase != *phrase),
            RuleChange::PutRule { rule } => {
                put(&mut out.rules, rule.clone(), |one| one.priority == rule.priority);
                out.rules.sort_by_key(|rule| rule.priority);
            }
            RuleChange::RemoveRule { priority } => {
                out.rules.retain(|rule| rule.priority != *priority)
            }
            RuleChange::SetThresholds { thresholds } => out.settings.thresholds = *thresholds,
            RuleChange::SetTruth { rows } => out.truth = rows.clone(),
        }
    }
    out
}

fn put<T>(list: &mut Vec<T>, item: T, is_same: impl Fn(&T) -> bool) {
    match list.iter_mut().find(|one| is_same(one)) {
        Some(place) => *place = item,
        None => list.push(item),
    }
}

impl Jurisdiction {
    /// What an edition can change, as it stands.
    pub fn changeable(&self) -> Changeable {
        Changeable {
            cues: self.cues.clone(),
            rules: self.rules.clone(),
            thresholds: self.settings.thresholds,
            truth: self.truth.clone(),
        }
    }
}

impl RuleChange {
    /// What is wrong with it beside the rules as they would be before it.
    pub fn faults(&self, rules: &Jurisdiction, day: NaiveDate) -> Vec<FieldError> {
        let fault = |field: &str, rule| vec![FieldError::new(field, rule)];
        let unknown = |field: &str| fault(field, Rule::UnknownCode);
        match self {
            RuleChange::PutCue { cue } => cue_faults(cue, rules),
            RuleChange::RemoveCue { phrase } => {
                let is_known = rules.cues.iter().any(|cue| cue.phrase == *phrase);
                if is_known { Vec::new() } else { unknown("phrase") }
            }
            RuleChange::PutRule { rule } => rule_faults(rule, rules, day),
            RuleChange::RemoveRule { priority } => {
                let is_known = rules.rules.iter().any(|rule| rule.priority == *priority);
                if is_known { Vec::new() } else { unknown("priority") }
            }
            RuleChange::SetThresholds { thresholds } => {
                let pairs = [("threshold_in", thresholds.yes), ("threshold_out", thresholds.no)];
                let is_out = |value: &f64| !(THRESHOLD_MIN..=1.0).contains(value);
                let mut out = Vec::new();
                for (field, value) in pairs {
                    if let Some(value) = value.filter(is_out) {
                        let percent = format!("{:.1} %", value * 100.0);
                        let fault =
                            FieldError::limit(field, Rule::OutOfRange, "50–100 %", &percent);
                        out.push(fault);
                    }
                }
                out
            }
            RuleChange::SetTruth { .. } => Vec::new(),
        }
    }
}

/// A cue names a category of its side, a flag names a flag, and a name speaks for neither.
fn cue_faults(cue: &Cue, rules: &Jurisdiction) -> Vec<FieldError> {
    let category = rules.category(&cue.category);
    let wrong = match cue.direction {
        Direction::In | Direction::Out => match category {
            None => Some(Rule::UnknownCode),
            Some(known) if known.scope.word() != cue.direction.word() => Some(Rule::ScopeMismatch),
            // What restricts a case is named with its marks or not at all.
            Some(known) if known.restricts && !cue.marks_required => {
                return vec![FieldError::new("marks_required", Rule::Required)];
            }
            Some(_) => None,
        },
        Direction::Flag => {
            let is_flag = cue.category.parse::<super::scope::Flag>().is_ok();
            (!is_flag).then_some(Rule::UnknownCode)
        }
        Direction::None => {
            let is_known = cue.category.is_empty() || cue.category == NEGATION;
            (!is_known).then_some(Rule::UnknownCode)
        }
    };
    wrong.map(|rule| FieldError::new("toward", rule)).into_iter().collect()
}

fn rule_faults(rule: &RoutingRule, rules: &Jurisdiction, day: NaiveDate) -> Vec<FieldError> {
    let mut out = Vec::new();
    let mut check = |field: &str, is_known: bool| {
        if !is_known {
            out.push(FieldError::new(field, Rule::UnknownCode));
        }
    };
    let any = |pattern: &str| pattern == "*";
    check("category", any(&rule.category) || rules.category(&rule.category).is_some());
    check("field", any(&rule.field) || rules.fields.iter().any(|f| f.code == rule.field));
    check("area", any(&rule.area) || rules.area_in_force(&rule.area, day).is_some());
    let is_place = matches!(rule.agency.as_str(), "@area" | "@parent");
    check("agency", is_place || rules.agency_in_force(&rule.agency, day).is_some());
    out
}

/// Where the changed rules would not route as the table of expectations says.
pub fn truth_faults(rules: &Jurisdiction, day: NaiveDate) -> Vec<TruthFault> {
    differences(rules, &rules.truth, day)
}
