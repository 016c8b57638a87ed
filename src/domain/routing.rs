//! Who answers: never the office that is accused of conduct; else the table by category, field and
//! area.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::agency::{Agency, AgencyId, valid_on};
use super::case::Case;
use super::event::Event;
use super::jurisdiction::Jurisdiction;
use super::place::AreaId;
use super::taxonomy::Answers;

/// Texts less like than this say nothing of where a case belongs.
const LIKE: f64 = 0.3;

/// A line of the routing table.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RoutingRule {
    pub priority: i64,
    /// `*` or a code.
    pub category: String,
    pub field: String,
    pub area: String,
    /// A code, `@area` or `@parent`.
    pub agency: String,
    pub notes: super::Names,
    pub valid_from: Option<NaiveDate>,
    pub valid_to: Option<NaiveDate>,
}

/// An agency chosen, and by which rule: what a person reads beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub agency: AgencyId,
    /// `same`, `above`, `rule:<priority>` or `neighbours`.
    pub rule: String,
    /// A rule or the citizen named the agency; a likeness is a suggestion only.
    pub is_certain: bool,
}

/// What routing looks at.
#[derive(Debug, Clone, Copy)]
pub struct RoutingQuestion<'a> {
    pub category: Option<&'a str>,
    pub about: Option<AgencyId>,
    pub area: Option<AreaId>,
    /// The field of the procedure that the case is about.
    pub field: Option<&'a str>,
    pub day: NaiveDate,
}

impl<'a> RoutingQuestion<'a> {
    /// Of a case, were it of this category.
    pub fn of(
        rules: &'a Jurisdiction,
        case: &'a Case,
        category: Option<&'a str>,
        day: NaiveDate,
    ) -> RoutingQuestion<'a> {
        RoutingQuestion {
            category,
            about: case.about,
            area: case.area,
            field: case.procedure.as_deref().and_then(|code| rules.field_of(code)),
            day,
        }
    }
}

/// Who answers, by the pack's rules. `None`: a triage officer says.
pub fn route(jurisdiction: &Jurisdiction, question: &RoutingQuestion<'_>) -> Option<Route> {
    let category = jurisdiction.category(question.category?)?;
    match category.answers {
        Answers::Same => named(jurisdiction, question).map(|a| certain(a.id, "same")),
        Answers::Above => named(jurisdiction, question)
            .and_then(|about| about.parent)
            .and_then(|parent| in_force(jurisdiction, parent, question.day))
            .map(|agency| certain(agency.id, "above")),
        Answers::Rule => by_table(jurisdiction, question),
    }
}

/// Does a case of the category accuse this office? It answers none of those that are about its own
/// conduct.
pub fn is_accused(
    jurisdiction: &Jurisdiction,
    question: &RoutingQuestion<'_>,
    agency: AgencyId,
) -> bool {
    let category = question.category.and_then(|code| jurisdiction.category(code));
    let is_of_conduct = category.is_some_and(|category| category.answers == Answers::Above);
    let is_named = || named(jurisdiction, question).is_some_and(|about| about.id == agency);
    is_of_conduct && (question.about == Some(agency) || is_named())
}

/// What takes a case away from the office that it accuses, and to where the rules say; nothing
/// where another one has it, or none.
pub fn away_from_accused(jurisdiction: &Jurisdiction, case: &Case, day: NaiveDate) -> Vec<Event> {
    let question = RoutingQuestion::of(jurisdiction, case, case.category.as_deref(), day);
    if !case.agency.is_some_and(|agency| is_accused(jurisdiction, &question, agency)) {
        return Vec::new();
    }
    let onward = route(jurisdiction, &question);
    let mut out = vec![Event::TakenBack { to_triage: onward.is_none() }];
    out.extend(onward.map(|Route { agency, rule, .. }| Event::Routed { agency, rule, text: None }));
    out
}

/// Where decided cases that are like this one went, each with its likeness of 0 to 1: the agency
/// with the most. A suggestion only.
pub fn by_neighbours(
    jurisdiction: &Jurisdiction,
    near: impl Iterator<Item = (AgencyId, f64)>,
    day: NaiveDate,
) -> Option<Route> {
    let mut votes: BTreeMap<AgencyId, f64> = BTreeMap::new();
    for (agency, likeness) in near.filter(|(_, likeness)| *likeness >= LIKE) {
        if jurisdiction.agency(agency).is_some_and(|a| a.exists_on(day)) {
            *votes.entry(agency).or_default() += likeness;
        }
    }
    let (agency, _) = votes.into_iter().max_by(|(_, one), (_, other)| one.total_cmp(other))?;
    Some(Route { agency, rule: "neighbours".to_owned(), is_certain: false })
}

/// The office that the case is about as it stands today: its successor where it was dissolved and
/// has one.
fn named<'a>(jurisdiction: &'a Jurisdiction, question: &RoutingQuestion<'_>) -> Option<&'a Agency> {
    in_force(jurisdiction, question.about?, question.day)
}

/// Follows successors transitively; a split unit has no single successor and is left to a person.
fn in_force(jurisdiction: &Jurisdiction, id: AgencyId, day: NaiveDate) -> Option<&Agency> {
    let mut agency = jurisdiction.agency(id)?;
    // More steps than this would be a circle of successors.
    for _ in 0..8 {
        if agency.exists_on(day) {
            return Some(agency);
        }
        match agency.successors.as_slice() {
            [only] => agency = jurisdiction.agency(*only)?,
            _ => return None,
        }
    }
    None
}

fn by_table(jurisdiction: &Jurisdiction, question: &RoutingQuestion<'_>) -> Option<Route> {
    let field = question.field.unwrap_or("");
    let area = question.area.and_then(|id| jurisdiction.area(id)).map_or("", |a| a.code.as_str());
    let fits = |pattern: &str, word: &str| pattern == "*" || pattern == word;
    for rule in &jurisdiction.rules {
        let applies = valid_on(rule.valid_from, rule.valid_to, question.day)
            && fits(&rule.category, question.category.unwrap_or(""))
            && fits(&rule.field, field)
            && fits(&rule.area, area);
        if !applies {
            continue;
        }
        // A rule whose office cannot be found here (no area given) leaves the case to the next
        // rule.
        if let Some(agency) = rule_agency(jurisdiction, rule, question) {
            return Some(certain(agency, &format!("rule:{}", rule.priority)));
        }
    }
    None
}

fn rule_agency(
    jurisdiction: &Jurisdiction,
    rule: &RoutingRule,
    question: &RoutingQuestion<'_>,
) -> Option<AgencyId> {
    let agency = match rule.agency.as_str() {
        "@area" => jurisdiction.agency_of_area(question.area?, question.day)?,
        "@parent" => {
            let about = named(jurisdiction, question)?;
            in_force(jurisdiction, about.parent?, question.day)?
        }
        code => jurisdiction.agency_in_force(code, question.day)?,
    };
    Some(agency.id)
}

fn certain(agency: AgencyId, rule: &str) -> Route {
    Route { agency, rule: rule.to_owned(), is_certain: true }
}
