//! Everything that one jurisdiction is made of, as the database holds it today: the rules a case is
//! judged by.

use chrono::NaiveDate;
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::Names;
use super::agency::{Agency, AgencyId, valid_on};
use super::deadline::{Calendar, ClockChoice, ClockRule};
use super::edition::Thresholds;
use super::letter::{Letter, LetterKind};
use super::place::{Area, AreaId};
use super::routing::RoutingRule;
use super::scope::{Example, Scope};
use super::taxonomy::{Abbreviation, ActPattern, Category, Cue, Mode, PersonalData};
use super::truth::TruthRow;

/// The settings of a pack that are neither tables nor letters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    pub id: String,
    /// Grows with every edition of the pack.
    pub version: i64,
    pub zone: Tz,
    /// The first is the default.
    pub languages: Vec<String>,
    pub number_prefix: String,
    pub phone_country_code: String,
    /// Automatic decisions must be right this often, 0 to 1.
    pub wanted_precision: f64,
    /// From which confidence on the machine decides, where an edition of the rules has set it.
    #[serde(default)]
    pub thresholds: Thresholds,
    /// The share of automatic decisions that is reviewed, 0 to 1.
    pub review_sample: f64,
    /// Takes what nobody else answers.
    pub reception_agency: String,
    pub names: Names,
    pub short_names: Names,
    pub about: Names,
    pub emergency: Names,
    pub personal_data: Vec<PersonalData>,
}

/// A code with its names, its basis and nothing else: fields, refusal reasons.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NamedCode {
    pub code: String,
    #[serde(default)]
    pub basis: String,
    pub names: Names,
}

/// An administrative procedure.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Procedure {
    pub code: String,
    pub field: String,
    pub level: String,
    pub names: Names,
}

/// Where an out-of-scope case belongs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Destination {
    pub code: String,
    pub categories: Vec<String>,
    pub names: Names,
    pub contact: String,
    pub guidance: Names,
}

/// The rules as they stand.
#[derive(Debug, Clone)]
pub struct Jurisdiction {
    /// Grows with every change of a row.
    pub rules_version: i64,
    pub settings: Settings,
    pub categories: Vec<Category>,
    pub cues: Vec<Cue>,
    pub acts: Vec<ActPattern>,
    pub abbreviations: Vec<Abbreviation>,
    /// Words as they are spelled in a hurry: for searches, as abbreviations are.
    pub spellings: Vec<Abbreviation>,
    pub exemplars: Vec<Example>,
    pub areas: Vec<Area>,
    pub agencies: Vec<Agency>,
    pub fields: Vec<NamedCode>,
    pub procedures: Vec<Procedure>,
    /// By priority.
    pub rules: Vec<RoutingRule>,
    /// What routing is expected to do.
    pub truth: Vec<TruthRow>,
    pub clocks: Vec<ClockRule>,
    pub clock_choices: Vec<ClockChoice>,
    pub calendar: Calendar,
    pub refusals: Vec<NamedCode>,
    pub destinations: Vec<Destination>,
    pub letters: Vec<Letter>,
}

impl Jurisdiction {
    /// The language of whoever has not chosen one.
    pub fn default_language(&self) -> &str {
        self.settings.languages.first().map_or("en", String::as_str)
    }

    /// A language of the pack, else its default.
    pub fn language_or_default<'a>(&'a self, wanted: &str) -> &'a str {
        let found = self.settings.languages.iter().find(|l| l.as_str() == wanted);
        found.map_or_else(|| self.default_language(), String::as_str)
    }

    pub fn category(&self, code: &str) -> Option<&Category> {
        self.categories.iter().find(|c| c.code == code)
    }

    /// What the machine may do with the category; what is unknown is only suggested.
    pub fn mode(&self, category: Option<&str>) -> Mode {
        category.and_then(|c| self.category(c)).map_or(Mode::Suggest, |c| c.mode)
    }

    pub fn agency(&self, id: AgencyId) -> Option<&Agency> {
        self.agencies.iter().find(|a| a.id == id)
    }

    /// The agency with that code that exists on that day: what something new may name.
    pub fn agency_in_force(&self, code: &str, day: NaiveDate) -> Option<&Agency> {
        self.agencies.iter().find(|a| a.code == code && a.exists_on(day))
    }

    /// The agency with that code on that day, else the first that ever had it, since history is
    /// read by codes of its own time.
    pub fn agency_by_code(&self, code: &str, day: NaiveDate) -> Option<&Agency> {
        let mut same = self.agencies.iter().filter(|a| a.code == code);
        let first = same.next()?;
        if first.exists_on(day) {
            return Some(first);
        }
        same.find(|a| a.exists_on(day)).or(Some(first))
    }

    pub fn area(&self, id: AreaId) -> Option<&Area> {
        self.areas.iter().find(|a| a.id == id)
    }

    /// The area with that code that exists on that day: what something new may name.
    pub fn area_in_force(&self, code: &str, day: NaiveDate) -> Option<&Area> {
        self.areas.iter().find(|a| a.code == code && a.exists_on(day))
    }

    /// The area with that code on that day, else the first that ever had it.
    pub fn area_by_code(&self, code: &str, day: NaiveDate) -> Option<&Area> {
        let mut same = self.areas.iter().filter(|a| a.code == code);
        let first = same.next()?;
        if first.exists_on(day) {
            return Some(first);
        }
        same.find(|a| a.exists_on(day)).or(Some(first))
    }

    /// The office that serves an area; of a dissolved area with one successor, that one's.
    pub fn agency_of_area(&self, area: AreaId, day: NaiveDate) -> Option<&Agency> {
        let mut area = self.area(area)?;
        for _ in 0..8 {
            let office = self.agencies.iter().find(|a| a.area == Some(area.id) && a.exists_on(day));
            if office.is_some() {
                return office;
            }
            match area.successors.as_slice() {
                [only] => area = self.area(*only)?,
                _ => return None,
            }
        }
        None
    }

    pub fn procedure(&self, code: &str) -> Option<&Procedure> {
        self.procedures.iter().find(|p| p.code == code)
    }

    pub fn field_of(&self, procedure: &str) -> Option<&str> {
        self.procedure(procedure).map(|p| p.field.as_str())
    }

    pub fn refusal(&self, code: &str) -> Option<&NamedCode> {
        self.refusals.iter().find(|r| r.code == code)
    }

    pub fn destination(&self, code: &str) -> Option<&Destination> {
        self.destinations.iter().find(|d| d.code == code)
    }

    /// Does a decision for this side and category restrict the case at once, whoever decides?
    pub fn restricts(&self, scope: Scope, category: Option<&str>) -> bool {
        let category = category.and_then(|code| self.category(code));
        scope == Scope::Out && category.is_some_and(|category| category.restricts)
    }

    /// Where a case of the category belongs, if the pack names a place.
    pub fn destination_for(&self, category: &str) -> Option<&Destination> {
        self.destinations.iter().find(|d| d.categories.iter().any(|c| c == category))
    }

    pub fn clock(&self, code: &str, day: NaiveDate) -> Option<&ClockRule> {
        let valid = |c: &&ClockRule| valid_on(c.valid_from, c.valid_to, day);
        self.clocks.iter().filter(|c| c.code == code).find(valid)
    }

    /// The letter in the reader's language, else in the default one.
    pub fn letter(&self, kind: LetterKind, language: &str) -> Option<&Letter> {
        let of =
            |language: &str| self.letters.iter().find(|l| l.kind == kind && l.language == language);
        of(language).or_else(|| of(self.default_language()))
    }

    /// The agency and all that stand below it, itself first.
    pub fn subtree(&self, root: AgencyId) -> Vec<AgencyId> {
        let mut out = vec![root];
        let mut at = 0;
        while let Some(parent) = out.get(at).copied() {
            at += 1;
            for agency in &self.agencies {
                if agency.parent == Some(parent) && !out.contains(&agency.id) {
                    out.push(agency.id);
                }
            }
        }
        out
    }

    /// The agency and all that stand above it, itself first.
    pub fn ancestors(&self, id: AgencyId) -> Vec<AgencyId> {
        let mut out = vec![id];
        let mut at = self.agency(id);
        while let Some(parent) = at.and_then(|a| a.parent).filter(|p| !out.contains(p)) {
            out.push(parent);
            at = self.agency(parent);
        }
        out
    }
}
