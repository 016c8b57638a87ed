//! What a trial found, as the page shows it.

use std::collections::BTreeMap;

use super::super::frame::Frame;
use super::count;
use crate::domain::edition::{Moved, Outcome, Trial};
use crate::domain::in_language;
use crate::domain::truth::TruthFault;
use crate::web::ask::Ask;
use crate::web::desk_list::today;

/// So many cases that move are shown; the counts are of all.
const SHOWN: usize = 100;
/// So many wrong rows of the truth table are shown.
const TRUTH_SHOWN: usize = 50;

/// A category or an agency: cases before and after, and the difference with its sign.
pub struct Line {
    pub name: String,
    pub before: String,
    pub after: String,
    pub difference: String,
}

/// A case that moves.
pub struct Case {
    pub number: String,
    pub before: String,
    pub after: String,
    pub officer: String,
}

/// All of it in words.
pub struct Shown {
    pub said: Vec<String>,
    pub is_worse: bool,
    pub sides: Vec<[String; 3]>,
    pub categories: Vec<Line>,
    pub agencies: Vec<Line>,
    pub moved: Vec<Case>,
    pub truth: Vec<[String; 3]>,
    pub truth_total: i64,
}

/// Makes it.
pub fn shown(ask: &Ask, frame: &Frame, trial: &Trial) -> Shown {
    let category = |code: &str| match ask.context.rules.category(code) {
        Some(known) => in_language(&known.names, &ask.language).to_owned(),
        None => ask.say("lab-no-category"),
    };
    let agency = |code: &str| match ask.context.rules.agency_by_code(code, today(ask)) {
        Some(known) => in_language(&known.names, &ask.language).to_owned(),
        None => ask.say("lab-no-agency"),
    };
    Shown {
        said: said(ask, frame, trial),
        is_worse: trial.exemplars.1 < trial.exemplars.0 || trial.officers.1 > trial.officers.0,
        sides: sides(frame, &trial.sides),
        categories: lines(frame, &trial.categories, &category),
        agencies: lines(frame, &trial.agencies, &agency),
        moved: trial.moved.iter().take(SHOWN).map(|moved| case(ask, frame, moved)).collect(),
        truth: trial.truth.iter().take(TRUTH_SHOWN).map(|fault| wrong(ask, fault)).collect(),
        truth_total: count(trial.truth.len()),
    }
}

fn said(ask: &Ask, frame: &Frame, trial: &Trial) -> Vec<String> {
    let (cases, moved) = (frame.number(&trial.cases), frame.number(&trial.moved_total));
    let mut out =
        vec![ask.tell("lab-found", &[("cases", cases.as_str()), ("moved", moved.as_str())])];
    let (right, wrong) = trial.officers;
    if right + wrong > 0 {
        let (right, wrong) = (frame.number(&right), frame.number(&wrong));
        let values = [("right", right.as_str()), ("wrong", wrong.as_str())];
        out.push(ask.tell("lab-found-officers", &values));
    }
    let share = |permille: i64| frame.decimal(&(f64::from(small(permille)) / 10.0));
    let (before, after) = (share(trial.exemplars.0), share(trial.exemplars.1));
    let values = [("before", before.as_str()), ("after", after.as_str())];
    out.push(ask.tell("lab-found-exemplars", &values));
    if trial.truth.is_empty() {
        out.push(ask.say("lab-found-truth"));
    }
    out
}

fn small(n: i64) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

fn sides(frame: &Frame, sides: &BTreeMap<String, i64>) -> Vec<[String; 3]> {
    let word = |word: &str| frame.word("scope", word);
    let row = |(side, cases): (&String, &i64)| {
        let (before, after) = side.split_once(' ').unwrap_or((side, side));
        [word(before), word(after), frame.number(cases)]
    };
    sides.iter().map(row).collect()
}

/// Those that change, by how much.
fn lines(
    frame: &Frame,
    table: &BTreeMap<String, (i64, i64)>,
    name: &dyn Fn(&str) -> String,
) -> Vec<Line> {
    let mut changed: Vec<_> = table.iter().filter(|(_, (before, after))| before != after).collect();
    changed.sort_by_key(|(_, (before, after))| std::cmp::Reverse((after - before).abs()));
    let line = |(code, (before, after)): (&String, &(i64, i64))| {
        let difference = after - before;
        let sign = if difference > 0 { "+" } else { "−" };
        Line {
            name: name(code),
            before: frame.number(before),
            after: frame.number(after),
            difference: format!("{sign}{}", frame.number(&difference.abs())),
        }
    };
    changed.into_iter().map(line).collect()
}

fn case(ask: &Ask, frame: &Frame, moved: &Moved) -> Case {
    let officer = moved.officer.map_or(String::new(), |scope| frame.word("scope", scope.word()));
    Case {
        number: moved.number.clone(),
        before: outcome(ask, frame, &moved.before),
        after: outcome(ask, frame, &moved.after),
        officer,
    }
}

fn outcome(ask: &Ask, frame: &Frame, outcome: &Outcome) -> String {
    let rules = &ask.context.rules;
    let mut out = frame.word("scope", outcome.scope.word());
    let share = f64::from(small(outcome.confidence_permille)) / 1000.0;
    out.push_str(&format!(" {}", frame.percent(&share)));
    let category = outcome.category.as_deref().and_then(|code| rules.category(code));
    let agency = outcome.agency.and_then(|id| rules.agency(id));
    let names = [category.map(|known| &known.names), agency.map(|known| &known.names)];
    for names in names.into_iter().flatten() {
        out.push_str(" · ");
        out.push_str(in_language(names, &ask.language));
    }
    out
}

fn wrong(ask: &Ask, fault: &TruthFault) -> [String; 3] {
    let row = &fault.expected;
    let parts = [&row.category, &row.field, &row.area, &row.about];
    let asked: Vec<&str> = parts.iter().map(|p| p.as_str()).filter(|p| !p.is_empty()).collect();
    let agency = |code: &str, rule: &str| match (code.is_empty(), rule.is_empty()) {
        (true, _) => ask.say("lab-no-agency"),
        (false, true) => code.to_owned(),
        (false, false) => format!("{code} ({rule})"),
    };
    [asked.join(" · "), agency(&row.agency, ""), agency(&fault.found, &fault.rule)]
}
