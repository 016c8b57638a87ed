//! What must hold across the files of a pack: every code that is named exists, nothing is missing
//! in a language, legal classes ask for marks, and there is enough to learn from.

use std::collections::{BTreeMap, BTreeSet};

use super::read::Tables;
use super::table::{Problems, Table};
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::scope::{Authority, Flag, Scope};
use crate::domain::taxonomy::{Direction, NEGATION};
use crate::text::personal::PersonalPatterns;

const SETTINGS_FILE: &str = "pack.toml";
/// Fewer texts teach nothing about a category.
const EXEMPLARS_MIN: usize = 3;
/// Fits every code.
const ANY: &str = "*";
const PROCEDURE_LEVELS: [&str; 3] = ["commune", "department", "external"];
const AGENCY_LEVELS: [&str; 5] = ["city", "department", "district", "commune", "external"];
const PERSONAL_KINDS: [&str; 3] = ["identity_number", "telephone", "email"];
const RULE_PLACES: [&str; 2] = ["@area", "@parent"];

type Known<'a> = BTreeSet<&'a str>;

/// Adds every fault to `problems`.
pub(super) fn validate(tables: &Tables, jurisdiction: &Jurisdiction, problems: &mut Problems) {
    settings(jurisdiction, problems);
    cues(&tables.cues, jurisdiction, problems);
    acts(&tables.acts, jurisdiction, problems);
    exemplars(jurisdiction, problems);
    unique_codes(tables, problems);
    ascending(&tables.areas, jurisdiction.areas.iter().map(|a| (a.id, a.parent)), problems);
    ascending(&tables.agencies, jurisdiction.agencies.iter().map(|a| (a.id, a.parent)), problems);
    references(tables, jurisdiction, problems);
}

fn settings(jurisdiction: &Jurisdiction, problems: &mut Problems) {
    let settings = &jurisdiction.settings;
    let prefix = &settings.number_prefix;
    let is_short = (2..=4).contains(&prefix.len());
    let languages: BTreeSet<&String> = settings.languages.iter().collect();
    let share = 0.0..=1.0;
    let agencies: Known<'_> = jurisdiction.agencies.iter().map(|a| a.code.as_str()).collect();
    for (column, is_right, message) in [
        ("version", settings.version > 0, "must be at least 1"),
        ("languages", !languages.is_empty(), "must name a language"),
        ("languages", languages.len() == settings.languages.len(), "names a language twice"),
        (
            "number_prefix",
            is_short && prefix.chars().all(|c| c.is_ascii_uppercase()),
            "must be 2 to 4 capital letters",
        ),
        (
            "phone_country_code",
            settings.phone_country_code.chars().all(|c| c.is_ascii_digit()),
            "must be digits",
        ),
        ("wanted_precision", share.contains(&settings.wanted_precision), "must be 0 to 1"),
        ("review_sample", share.contains(&settings.review_sample), "must be 0 to 1"),
        (
            "reception_agency",
            agencies.contains(settings.reception_agency.as_str()),
            "is no agency of the pack",
        ),
    ] {
        if !is_right {
            problems.add(SETTINGS_FILE, 0, column, message.to_owned());
        }
    }
    for language in &settings.languages {
        for (column, names) in [
            ("name", &settings.names),
            ("short_name", &settings.short_names),
            ("about", &settings.about),
            ("emergency", &settings.emergency),
        ] {
            if names.get(language).is_none_or(|text| text.trim().is_empty()) {
                problems.add(SETTINGS_FILE, 0, column, format!("is missing in {language}"));
            }
        }
    }
    for data in &settings.personal_data {
        if !PERSONAL_KINDS.contains(&data.kind.as_str()) {
            problems.add(SETTINGS_FILE, 0, "kind", format!("{:?} is not known", data.kind));
        }
        let pair = [(data.kind.clone(), data.pattern.clone())];
        if let Err(error) = PersonalPatterns::compile(&pair) {
            problems.add(SETTINGS_FILE, 0, "pattern", error.to_string());
        }
    }
}

fn cues(table: &Table, jurisdiction: &Jurisdiction, problems: &mut Problems) {
    let mut seen = BTreeSet::new();
    for (row, cue) in table.rows.iter().zip(&jurisdiction.cues) {
        let mut wrong = |column: &str, message: String| {
            problems.add(table.file, row.line, column, message);
        };
        let category = jurisdiction.category(&cue.category);
        match cue.direction {
            Direction::None if cue.category.is_empty() || cue.category == NEGATION => {}
            Direction::None => wrong("category", "speaks for no side and names none".to_owned()),
            Direction::Flag => {
                if let Err(error) = cue.category.parse::<Flag>() {
                    wrong("category", error.to_string());
                }
            }
            Direction::In | Direction::Out => {
                let scope = if cue.direction == Direction::In { Scope::In } else { Scope::Out };
                match category {
                    None => wrong("category", format!("there is no {:?}", cue.category)),
                    Some(found) if found.scope != scope => {
                        wrong("direction", format!("{} is {}", found.code, found.scope));
                    }
                    Some(found) if found.restricts && !cue.marks_required => {
                        wrong("marks", "a class that restricts asks for marks".to_owned());
                    }
                    Some(_) => {}
                }
            }
        }
        if !seen.insert((cue.phrase.clone(), cue.direction, cue.category.clone())) {
            wrong("phrase", format!("{:?} stands twice for the same", cue.phrase));
        }
    }
}

/// Each pattern can be read once its parts are put in; a part that is not there cannot.
fn acts(table: &Table, jurisdiction: &Jurisdiction, problems: &mut Problems) {
    for (row, act) in table.rows.iter().zip(&jurisdiction.acts) {
        let text = act.whole(&jurisdiction.acts);
        if let Err(error) = PersonalPatterns::compile(&[(act.act.clone(), text)]) {
            problems.add(table.file, row.line, "pattern", error.reason);
        }
    }
}

fn exemplars(jurisdiction: &Jurisdiction, problems: &mut Problems) {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for example in &jurisdiction.exemplars {
        *counts.entry(example.category.as_str()).or_default() += 1;
        let start: String = example.text.chars().take(40).collect();
        match jurisdiction.category(&example.category) {
            None => {
                let message = format!("there is no {:?} ({start}…)", example.category);
                problems.add("exemplars", 0, "category", message);
            }
            Some(found) if example.scope != Scope::Ask && example.scope != found.scope => {
                let message = format!("{} is {} ({start}…)", found.code, found.scope);
                problems.add("exemplars", 0, "scope", message);
            }
            Some(_) => {}
        }
    }
    for category in &jurisdiction.categories {
        let count = counts.get(category.code.as_str()).copied().unwrap_or(0);
        if count < EXEMPLARS_MIN {
            let file = format!("exemplars/{}.jsonl", category.code);
            problems.add(&file, 0, "", format!("{count} texts; at least {EXEMPLARS_MIN} teach"));
        }
    }
}

/// Codes of areas, agencies and clocks are unique at a time only; those of the other tables for
/// good.
fn unique_codes(tables: &Tables, problems: &mut Problems) {
    let single = [
        &tables.taxonomy,
        &tables.fields,
        &tables.procedures,
        &tables.refusals,
        &tables.destinations,
    ];
    for table in single {
        let mut seen = BTreeSet::new();
        for row in &table.rows {
            let code = table.cell(row, "code");
            if !seen.insert(code) {
                problems.add(table.file, row.line, "code", format!("{code:?} stands twice"));
            }
        }
    }
}

/// Nobody stands above itself.
fn ascending(
    table: &Table,
    parents: impl Iterator<Item = (i64, Option<i64>)>,
    problems: &mut Problems,
) {
    let parents: BTreeMap<i64, Option<i64>> = parents.collect();
    for (row, id) in table.rows.iter().zip(1_i64..) {
        let mut at = parents.get(&id).copied().flatten();
        let mut steps = 0;
        while let Some(above) = at {
            steps += 1;
            if above == id || steps > parents.len() {
                let message = "stands above itself".to_owned();
                problems.add(table.file, row.line, "parent", message);
                break;
            }
            at = parents.get(&above).copied().flatten();
        }
    }
}

fn references(tables: &Tables, jurisdiction: &Jurisdiction, problems: &mut Problems) {
    let categories: Known<'_> = jurisdiction.categories.iter().map(|c| c.code.as_str()).collect();
    let fields: Known<'_> = jurisdiction.fields.iter().map(|f| f.code.as_str()).collect();
    let areas: Known<'_> = jurisdiction.areas.iter().map(|a| a.code.as_str()).collect();
    let clocks: Known<'_> = jurisdiction.clocks.iter().map(|c| c.code.as_str()).collect();
    let agencies = jurisdiction.agencies.iter().map(|a| a.code.as_str());
    let offices: Known<'_> = agencies.chain(RULE_PLACES).collect();
    let scopes: Known<'_> = Scope::ALL.iter().map(|s| s.word()).collect();
    let authorities: Known<'_> = Authority::ALL.iter().map(|a| a.word()).collect();
    for (table, column, known) in [
        (&tables.agencies, "level", &AGENCY_LEVELS.into_iter().collect()),
        (&tables.agencies, "fields", &fields),
        (&tables.procedures, "field", &fields),
        (&tables.procedures, "level", &PROCEDURE_LEVELS.into_iter().collect()),
        (&tables.rules, "category", &categories),
        (&tables.rules, "field", &fields),
        (&tables.rules, "area", &areas),
        (&tables.rules, "agency", &offices),
        (&tables.truth, "category", &categories),
        (&tables.truth, "field", &fields),
        (&tables.truth, "area", &areas),
        (&tables.truth, "about", &offices),
        (&tables.truth, "agency", &offices),
        (&tables.clock_map, "scope", &scopes),
        (&tables.clock_map, "authority", &authorities),
        (&tables.clock_map, "category", &categories),
        (&tables.clock_map, "clock", &clocks),
        (&tables.destinations, "categories", &categories),
    ] {
        for row in &table.rows {
            for code in table.list(row, column) {
                if code != ANY && !known.contains(code.as_str()) {
                    problems.add(table.file, row.line, column, format!("there is no {code:?}"));
                }
            }
        }
    }
}
