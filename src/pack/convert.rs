//! Rows → the nouns of the domain. A row with a fault is still made, with a word that is never
//! seen: any fault refuses the whole pack.

use super::codes::{Coded, afterwards, at_the_time, reference, references};
use super::table::{Problems, Table};
use crate::domain::agency::Agency;
use crate::domain::deadline::{Calendar, ClockChoice, ClockRule, Unit};
use crate::domain::jurisdiction::{Destination, NamedCode, Procedure};
use crate::domain::place::Area;
use crate::domain::routing::RoutingRule;
use crate::domain::scope::Scope;
use crate::domain::taxonomy::{
    Abbreviation, ActGroup, ActPattern, Answers, Category, Cue, Direction, Mode,
};
use crate::domain::truth::TruthRow;
use crate::text::{marked, tokens};

pub(super) fn categories(table: &Table, problems: &mut Problems) -> Vec<Category> {
    let mut out = Vec::new();
    for row in &table.rows {
        out.push(Category {
            code: table.required(row, "code", problems),
            scope: table.value(row, "scope", problems).unwrap_or(Scope::Ask),
            answers: table.value(row, "answers", problems).unwrap_or(Answers::Rule),
            mode: table.value(row, "mode", problems).unwrap_or(Mode::Suggest),
            restricts: table.yes(row, "restricts", problems),
            basis: table.cell(row, "basis").to_owned(),
            names: table.names(row, "name", problems),
            hints: table.names(row, "hint", problems),
            mode_since: None,
            fell_back: false,
        });
    }
    out
}

pub(super) fn cues(table: &Table, problems: &mut Problems) -> Vec<Cue> {
    let mut out = Vec::new();
    for row in &table.rows {
        let phrase = table.required(row, "phrase", problems);
        if phrase.to_lowercase() != phrase {
            let message = "phrases are written in lower case".to_owned();
            problems.add(table.file, row.line, "phrase", message);
        }
        out.push(Cue {
            phrase: marked(&phrase),
            direction: table.value(row, "direction", problems).unwrap_or(Direction::None),
            category: table.cell(row, "category").to_owned(),
            strong: table.either(row, "strength", "strong", &["weak"], problems),
            basis: table.cell(row, "basis").to_owned(),
            marks_required: table.either(row, "marks", "required", &["any"], problems),
            reasons: table.texts(row, "reason"),
        });
    }
    out
}

pub(super) fn acts(table: &Table, problems: &mut Problems) -> Vec<ActPattern> {
    let mut out = Vec::new();
    for row in &table.rows {
        out.push(ActPattern {
            act: table.required(row, "act", problems),
            group: table.value(row, "group", problems).unwrap_or(ActGroup::Other),
            pattern: table.required(row, "pattern", problems),
            names: table.texts(row, "name"),
        });
    }
    out
}

pub(super) fn abbreviations(table: &Table, problems: &mut Problems) -> Vec<Abbreviation> {
    let mut out = Vec::new();
    for row in &table.rows {
        let mut readings = vec![table.required(row, "expansion", problems)];
        readings.extend(table.list(row, "other_readings"));
        out.push(Abbreviation { short: table.required(row, "abbr", problems), readings });
    }
    out
}

/// How a word is spelled in a hurry, and the words that are meant.
pub(super) fn spellings(table: &Table, problems: &mut Problems) -> Vec<Abbreviation> {
    let mut out: Vec<Abbreviation> = Vec::new();
    for row in &table.rows {
        let typed = table.required(row, "typed", problems);
        let mut wrong = |column, message: String| {
            problems.add(table.file, row.line, column, message);
        };
        if tokens(&typed).len() != 1 {
            wrong("typed", format!("{typed:?} is not one word"));
        }
        if out.iter().any(|other| marked(&other.short) == marked(&typed)) {
            wrong("typed", format!("{typed:?} stands twice"));
        }
        let readings = table.list(row, "standard");
        if readings.is_empty() {
            wrong("standard", "must be given".to_owned());
        }
        out.push(Abbreviation { short: typed, readings });
    }
    out
}

pub(super) fn areas(table: &Table, coded: &[Coded], problems: &mut Problems) -> Vec<Area> {
    let mut out = Vec::new();
    for (row, own) in table.rows.iter().zip(coded) {
        let parent = |code: &str| at_the_time(coded, code, own);
        let successor = |code: &str| afterwards(coded, code, own);
        out.push(Area {
            id: own.id,
            code: own.code.clone(),
            level: table.required(row, "level", problems),
            parent: reference(table, row, "parent", parent, problems),
            names: table.names(row, "name", problems),
            valid_from: own.from,
            valid_to: own.to,
            successors: references(table, row, "successors", successor, problems),
        });
    }
    out
}

pub(super) fn agencies(
    table: &Table,
    (coded, areas): (&[Coded], &[Coded]),
    problems: &mut Problems,
) -> Vec<Agency> {
    let mut out = Vec::new();
    for (row, own) in table.rows.iter().zip(coded) {
        let parent = |code: &str| at_the_time(coded, code, own);
        let successor = |code: &str| afterwards(coded, code, own);
        // The ids of areas and agencies are of different tables: no row is beside itself here.
        let beside = Coded { id: 0, code: own.code.clone(), from: own.from, to: own.to, line: 0 };
        let area = |code: &str| at_the_time(areas, code, &beside);
        out.push(Agency {
            id: own.id,
            code: own.code.clone(),
            level: table.required(row, "level", problems),
            parent: reference(table, row, "parent", parent, problems),
            names: table.names(row, "name", problems),
            email: table.optional(row, "email"),
            phone: table.optional(row, "phone"),
            address: table.optional(row, "address"),
            area: reference(table, row, "area", area, problems),
            fields: table.list(row, "fields"),
            answers_unreviewed: table.yes(row, "answers_unreviewed", problems),
            valid_from: own.from,
            valid_to: own.to,
            successors: references(table, row, "successors", successor, problems),
        });
    }
    out
}

pub(super) fn named_codes(table: &Table, problems: &mut Problems) -> Vec<NamedCode> {
    let mut out = Vec::new();
    for row in &table.rows {
        out.push(NamedCode {
            code: table.required(row, "code", problems),
            basis: table.cell(row, "basis").to_owned(),
            names: table.names(row, "name", problems),
        });
    }
    out
}

pub(super) fn procedures(table: &Table, problems: &mut Problems) -> Vec<Procedure> {
    let mut out = Vec::new();
    for row in &table.rows {
        out.push(Procedure {
            code: table.required(row, "code", problems),
            field: table.required(row, "field", problems),
            level: table.required(row, "level", problems),
            names: table.names(row, "name", problems),
        });
    }
    out
}

pub(super) fn rules(table: &Table, problems: &mut Problems) -> Vec<RoutingRule> {
    let mut out = Vec::new();
    for row in &table.rows {
        out.push(RoutingRule {
            priority: table.value(row, "priority", problems).unwrap_or(0),
            category: table.required(row, "category", problems),
            field: table.required(row, "field", problems),
            area: table.required(row, "area", problems),
            agency: table.required(row, "agency", problems),
            notes: table.texts(row, "note"),
            valid_from: table.day(row, "valid_from", problems),
            valid_to: table.day(row, "valid_to", problems),
        });
    }
    // A stable sort: of rules with one priority the first in the file wins.
    out.sort_by_key(|rule| rule.priority);
    out
}

pub(super) fn truth(table: &Table, problems: &mut Problems) -> Vec<TruthRow> {
    let mut out = Vec::new();
    for row in &table.rows {
        let cell = |column: &str| table.cell(row, column).to_owned();
        out.push(TruthRow {
            category: table.required(row, "category", problems),
            field: cell("field"),
            area: cell("area"),
            about: cell("about"),
            agency: cell("agency"),
            rule: cell("rule"),
        });
    }
    out
}

pub(super) fn clocks(table: &Table, problems: &mut Problems) -> Vec<ClockRule> {
    let mut out = Vec::new();
    for row in &table.rows {
        let limit = table.value(row, "limit", problems).unwrap_or(0);
        if limit == 0 {
            problems.add(table.file, row.line, "limit", "must be at least 1".to_owned());
        }
        out.push(ClockRule {
            code: table.required(row, "code", problems),
            limit,
            unit: table.value(row, "unit", problems).unwrap_or(Unit::CalendarDay),
            trigger: table.required(row, "trigger", problems),
            verified: table.either(row, "verified", "yes", &["no"], problems),
            basis: table.cell(row, "basis").to_owned(),
            names: table.names(row, "name", problems),
            valid_from: table.day(row, "valid_from", problems),
            valid_to: table.day(row, "valid_to", problems),
        });
    }
    out
}

pub(super) fn clock_choices(table: &Table, problems: &mut Problems) -> Vec<ClockChoice> {
    let mut out = Vec::new();
    for row in &table.rows {
        out.push(ClockChoice {
            scope: table.required(row, "scope", problems),
            authority: table.required(row, "authority", problems),
            category: table.required(row, "category", problems),
            clock: table.required(row, "clock", problems),
        });
    }
    out
}

pub(super) fn calendar(table: &Table, problems: &mut Problems) -> Calendar {
    let mut out = Calendar::default();
    for row in &table.rows {
        let is_off = table.either(row, "kind", "off", &["work"], problems);
        let is_provisional = table.yes(row, "provisional", problems);
        let Some(day) = table.value(row, "date", problems) else { continue };
        if out.days.insert(day, is_off).is_some() {
            problems.add(table.file, row.line, "date", format!("{day} stands twice"));
        }
        if is_provisional {
            out.provisional.push(day);
        }
    }
    out.provisional.sort();
    out
}

pub(super) fn destinations(table: &Table, problems: &mut Problems) -> Vec<Destination> {
    let mut out = Vec::new();
    for row in &table.rows {
        out.push(Destination {
            code: table.required(row, "code", problems),
            categories: table.list(row, "categories"),
            names: table.names(row, "name", problems),
            contact: table.cell(row, "contact").to_owned(),
            guidance: table.names(row, "guidance", problems),
        });
    }
    out
}
