//! A pack from its files, in the order in which they refer to one another.

use serde::Deserialize;

use super::codes::coded;
use super::source::Source;
use super::table::{Problems, Shape, Table, check_composed};
use super::{PackError, convert, shapes, validate};
use crate::domain::Names;
use crate::domain::edition::Thresholds;
use crate::domain::jurisdiction::{Jurisdiction, Settings};
use crate::domain::letter::{Letter, LetterKind};
use crate::domain::scope::{Example, Scope};
use crate::domain::taxonomy::PersonalData;

const SETTINGS_FILE: &str = "pack.toml";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SettingsFile {
    id: String,
    version: i64,
    zone: chrono_tz::Tz,
    languages: Vec<String>,
    number_prefix: String,
    phone_country_code: String,
    wanted_precision: f64,
    review_sample: f64,
    reception_agency: String,
    name: Names,
    short_name: Names,
    about: Names,
    emergency: Names,
    #[serde(default)]
    personal_data: Vec<PersonalData>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExemplarLine {
    text: String,
    scope: Scope,
    category: String,
    /// Who speaks, for whoever extends the exemplars.
    #[serde(default, rename = "voice")]
    _voice: String,
    /// Who wrote it: trials keep a writer's texts on one side.
    #[serde(default)]
    writer: String,
    language: String,
    #[serde(default)]
    ask: bool,
}

/// The tables of a pack.
pub(super) struct Tables {
    pub(super) taxonomy: Table,
    pub(super) cues: Table,
    pub(super) acts: Table,
    pub(super) abbreviations: Table,
    pub(super) spellings: Table,
    pub(super) areas: Table,
    pub(super) agencies: Table,
    pub(super) fields: Table,
    pub(super) procedures: Table,
    pub(super) rules: Table,
    pub(super) truth: Table,
    pub(super) clocks: Table,
    pub(super) clock_map: Table,
    pub(super) calendar: Table,
    pub(super) refusals: Table,
    pub(super) destinations: Table,
}

/// Reads and checks everything.
pub(super) fn read(source: &Source) -> Result<Jurisdiction, Vec<PackError>> {
    let mut problems = Problems::default();
    let Some(settings) = settings(source, &mut problems) else { return Err(problems.0) };
    let tables = tables(source, &settings.languages, &mut problems);
    let area_codes = coded(&tables.areas, &mut problems);
    let agency_codes = coded(&tables.agencies, &mut problems);
    let p = &mut problems;
    let jurisdiction = Jurisdiction {
        rules_version: 1,
        categories: convert::categories(&tables.taxonomy, p),
        cues: convert::cues(&tables.cues, p),
        acts: convert::acts(&tables.acts, p),
        abbreviations: convert::abbreviations(&tables.abbreviations, p),
        spellings: convert::spellings(&tables.spellings, p),
        exemplars: exemplars(source, p),
        areas: convert::areas(&tables.areas, &area_codes, p),
        agencies: convert::agencies(&tables.agencies, (&agency_codes, &area_codes), p),
        fields: convert::named_codes(&tables.fields, p),
        procedures: convert::procedures(&tables.procedures, p),
        rules: convert::rules(&tables.rules, p),
        truth: convert::truth(&tables.truth, p),
        clocks: convert::clocks(&tables.clocks, p),
        clock_choices: convert::clock_choices(&tables.clock_map, p),
        calendar: convert::calendar(&tables.calendar, p),
        refusals: convert::named_codes(&tables.refusals, p),
        destinations: convert::destinations(&tables.destinations, p),
        letters: letters(source, &settings.languages, p),
        settings,
    };
    validate::validate(&tables, &jurisdiction, &mut problems);
    if problems.0.is_empty() { Ok(jurisdiction) } else { Err(problems.0) }
}

fn settings(source: &Source, problems: &mut Problems) -> Option<Settings> {
    let text = match source.read(SETTINGS_FILE) {
        Ok(text) => text,
        Err(message) => {
            problems.add(SETTINGS_FILE, 0, "", message);
            return None;
        }
    };
    check_composed(SETTINGS_FILE, &text, problems);
    match toml::from_str::<SettingsFile>(&text) {
        Ok(file) => Some(Settings {
            id: file.id,
            version: file.version,
            zone: file.zone,
            languages: file.languages,
            number_prefix: file.number_prefix,
            phone_country_code: file.phone_country_code,
            wanted_precision: file.wanted_precision,
            thresholds: Thresholds::default(),
            review_sample: file.review_sample,
            reception_agency: file.reception_agency,
            names: file.name,
            short_names: file.short_name,
            about: file.about,
            emergency: file.emergency,
            personal_data: file.personal_data,
        }),
        Err(error) => {
            let start = error.span().map_or(0, |span| span.start);
            let line = text.get(..start).map_or(0, |before| before.split('\n').count());
            problems.add(SETTINGS_FILE, line, "", error.message().to_owned());
            None
        }
    }
}

fn tables(source: &Source, languages: &[String], problems: &mut Problems) -> Tables {
    let mut read = |shape: &Shape| Table::read(source, shape, languages, problems);
    Tables {
        taxonomy: read(&shapes::TAXONOMY),
        cues: read(&shapes::CUES),
        acts: read(&shapes::ACTS),
        abbreviations: read(&shapes::ABBREVIATIONS),
        spellings: read(&shapes::SPELLINGS),
        areas: read(&shapes::AREAS),
        agencies: read(&shapes::AGENCIES),
        fields: read(&shapes::FIELDS),
        procedures: read(&shapes::PROCEDURES),
        rules: read(&shapes::RULES),
        truth: read(&shapes::TRUTH),
        clocks: read(&shapes::CLOCKS),
        clock_map: read(&shapes::CLOCK_MAP),
        calendar: read(&shapes::CALENDAR),
        refusals: read(&shapes::REFUSALS),
        destinations: read(&shapes::DESTINATIONS),
    }
}

/// A line's fault is kept apart from its text: what cannot be read is never learned from.
fn exemplars(source: &Source, problems: &mut Problems) -> Vec<Example> {
    let mut out = Vec::new();
    for name in source.list("exemplars", ".jsonl") {
        let path = format!("exemplars/{name}");
        let text = match source.read(&path) {
            Ok(text) => text,
            Err(message) => {
                problems.add(&path, 0, "", message);
                continue;
            }
        };
        check_composed(&path, &text, problems);
        for (at, line) in text.lines().enumerate() {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            match serde_json::from_str::<ExemplarLine>(line) {
                Ok(line) if line.text.trim().is_empty() => {
                    problems.add(&path, at + 1, "text", "must be given".to_owned());
                }
                Ok(line) => out.push(Example {
                    number: None,
                    text: line.text,
                    language: line.language,
                    scope: if line.ask { Scope::Ask } else { line.scope },
                    category: line.category,
                    writer: line.writer,
                }),
                Err(error) => problems.add(&path, at + 1, "", error.to_string()),
            }
        }
    }
    out
}

fn letters(source: &Source, languages: &[String], problems: &mut Problems) -> Vec<Letter> {
    let mut out = Vec::new();
    for kind in LetterKind::ALL {
        for language in languages {
            let path = format!("letters/{kind}.{language}.txt");
            match source.read(&path) {
                Ok(text) => out.extend(letter(*kind, language, &path, &text, problems)),
                Err(message) => problems.add(&path, 0, "", message),
            }
        }
    }
    out
}

fn letter(
    kind: LetterKind,
    language: &str,
    path: &str,
    text: &str,
    problems: &mut Problems,
) -> Option<Letter> {
    check_composed(path, text, problems);
    let (head, body) = text.split_once('\n').unwrap_or((text, ""));
    let Some(subject) = head.strip_prefix("Subject: ").filter(|s| !s.trim().is_empty()) else {
        problems.add(path, 1, "Subject", "the first line is \"Subject: …\"".to_owned());
        return None;
    };
    let paragraphs = body.split("\n\n").map(|p| p.trim().to_owned()).filter(|p| !p.is_empty());
    let letter = Letter {
        kind,
        language: language.to_owned(),
        subject: subject.trim().to_owned(),
        paragraphs: paragraphs.collect(),
    };
    if letter.paragraphs.is_empty() {
        problems.add(path, 2, "", "the letter has no body".to_owned());
    }
    if let Err(error) = letter.check() {
        let name = format!("{{{}}}", error.name);
        let line = text.lines().position(|line| line.contains(&name)).map_or(0, |at| at + 1);
        problems.add(path, line, &error.name, error.to_string());
    }
    Some(letter)
}
