//! The truth table of routing: what officers expect to happen with each combination, compared with
//! what the rules do. Officers read a table, not rules.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::agency::{Agency, AgencyId};
use super::jurisdiction::Jurisdiction;
use super::routing::{RoutingQuestion, route};
use super::taxonomy::Answers;

/// One combination and the agency that is expected to answer.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TruthRow {
    pub category: String,
    /// A field of procedures; empty: none named.
    #[serde(default)]
    pub field: String,
    /// An area; empty: none named.
    #[serde(default)]
    pub area: String,
    /// The agency that the case is about; empty: none named.
    #[serde(default)]
    pub about: String,
    /// Who answers; empty: a person says.
    #[serde(default)]
    pub agency: String,
    /// The rule that says so. Told for the reader's sake, never compared.
    #[serde(default)]
    pub rule: String,
}

/// A combination that is routed otherwise than expected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TruthFault {
    pub expected: TruthRow,
    /// The code of the agency that would answer; empty: a person says.
    pub found: String,
    pub rule: String,
}

/// What the rules do with a combination: the agency's code and the rule; both empty where a person
/// says.
fn found(rules: &Jurisdiction, row: &TruthRow, day: NaiveDate) -> (String, String) {
    let id = |code: &str| rules.agency_in_force(code, day).map(|agency| agency.id);
    let question = RoutingQuestion {
        category: Some(row.category.as_str()),
        about: id(&row.about),
        area: rules.area_in_force(&row.area, day).map(|area| area.id),
        field: Some(row.field.as_str()).filter(|field| !field.is_empty()),
        day,
    };
    let code = |id: AgencyId| rules.agency(id).map(|agency| agency.code.clone());
    match route(rules, &question) {
        Some(route) => (code(route.agency).unwrap_or_default(), route.rule),
        None => (String::new(), String::new()),
    }
}

/// The rows of the table that are routed otherwise.
pub fn differences(rules: &Jurisdiction, table: &[TruthRow], day: NaiveDate) -> Vec<TruthFault> {
    let mut out = Vec::new();
    for expected in table {
        let (found, rule) = found(rules, expected, day);
        if found != expected.agency {
            out.push(TruthFault { expected: expected.clone(), found, rule });
        }
    }
    out
}

/// What the rules do with every combination that they tell apart: each category with each field and
/// area that a rule names, with none, and with a served one where a
/// rule hangs on it; and with one office of each
/// level where the answer hangs on the office.
pub fn walked(rules: &Jurisdiction, day: NaiveDate) -> Vec<TruthRow> {
    let named = |of: fn(&super::routing::RoutingRule) -> &String| {
        let mut codes: Vec<String> = vec![String::new()];
        let wanted = rules.rules.iter().map(of).filter(|code| *code != "*");
        for code in wanted.cloned() {
            if !codes.contains(&code) {
                codes.push(code);
            }
        }
        codes
    };
    let (fields, mut areas) = (named(|rule| &rule.field), named(|rule| &rule.area));
    if rules.rules.iter().any(|rule| rule.agency == "@area") {
        let served = rules.areas.iter().filter(|area| area.exists_on(day));
        let mut served = served.filter(|area| rules.agency_of_area(area.id, day).is_some());
        areas.extend(served.find(|a| !areas.contains(&a.code)).map(|area| area.code.clone()));
    }
    let abouts = one_of_each_level(rules, day);
    let mut out = Vec::new();
    for category in &rules.categories {
        let row = TruthRow { category: category.code.clone(), ..TruthRow::default() };
        if category.answers == Answers::Rule {
            for (field, area) in fields.iter().flat_map(|f| areas.iter().map(move |a| (f, a))) {
                out.push(TruthRow { field: field.clone(), area: area.clone(), ..row.clone() });
            }
        }
        let hangs = rules.rules.iter().any(|rule| rule.agency == "@parent");
        if category.answers != Answers::Rule || hangs {
            for about in &abouts {
                out.push(TruthRow { about: about.code.clone(), ..row.clone() });
            }
        }
    }
    for row in &mut out {
        (row.agency, row.rule) = found(rules, row, day);
    }
    out
}

fn one_of_each_level(rules: &Jurisdiction, day: NaiveDate) -> Vec<&Agency> {
    let mut out: Vec<&Agency> = Vec::new();
    for agency in rules.agencies.iter().filter(|agency| agency.exists_on(day)) {
        if !out.iter().any(|known| known.level == agency.level) {
            out.push(agency);
        }
    }
    out
}

/// What is wrong with a table: the row, from 1, and the column whose code is not known.
pub fn unknown_codes(
    rules: &Jurisdiction,
    table: &[TruthRow],
    day: NaiveDate,
) -> Vec<(usize, &'static str)> {
    let mut out = Vec::new();
    for (row, line) in table.iter().zip(1..) {
        let agency = |code: &str| code.is_empty() || rules.agency_in_force(code, day).is_some();
        let area = |code: &str| code.is_empty() || rules.area_in_force(code, day).is_some();
        let field = |code: &str| code.is_empty() || rules.fields.iter().any(|f| f.code == code);
        let known = [
            ("category", rules.category(&row.category).is_some()),
            ("field", field(&row.field)),
            ("area", area(&row.area)),
            ("about", agency(&row.about)),
            ("agency", agency(&row.agency)),
        ];
        out.extend(known.iter().filter(|(_, is_known)| !is_known).map(|(name, _)| (line, *name)));
    }
    out
}
