//! The changes of an edition in sentences, and the forms that make them.

use super::super::choices::{self, Choice, Group};
use super::super::form::Typed;
use super::super::frame::Frame;
use super::count;
use crate::domain::Names;
use crate::domain::edition::{Edition, RuleChange, Thresholds, applied};
use crate::domain::in_language;
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::routing::RoutingRule;
use crate::domain::scope::Flag;
use crate::domain::taxonomy::{Cue, Direction, NEGATION};
use crate::web::ask::Ask;
use crate::web::desk_list::today;

/// Each change as a sentence.
pub fn sentences(ask: &Ask, frame: &Frame, changes: &[RuleChange]) -> Vec<String> {
    changes.iter().map(|change| sentence(ask, frame, change)).collect()
}

fn sentence(ask: &Ask, frame: &Frame, change: &RuleChange) -> String {
    match change {
        RuleChange::PutCue { cue } => {
            let direction = frame.word("direction", cue.direction.word());
            let strength = if cue.strong { "lab-strong" } else { "lab-weak" };
            let toward = toward(ask, &cue.category);
            let marks = if cue.marks_required { ask.say("lab-with-marks") } else { String::new() };
            let values = [
                ("phrase", cue.phrase.as_str()),
                ("direction", direction.as_str()),
                ("toward", toward.as_str()),
                ("strength", &ask.say(strength)),
                ("marks", marks.as_str()),
            ];
            ask.tell("lab-said-cue", &values)
        }
        RuleChange::RemoveCue { phrase } => frame.with("lab-said-no-cue", "phrase", phrase),
        RuleChange::PutRule { rule } => said_rule(ask, rule),
        RuleChange::RemoveRule { priority } => {
            frame.with("lab-said-no-rule", "priority", &priority.to_string())
        }
        RuleChange::SetThresholds { thresholds } => {
            let share = |value: Option<f64>| match value {
                Some(value) => frame.percent(&value),
                None => ask.say("lab-learned"),
            };
            let (yes, no) = (share(thresholds.yes), share(thresholds.no));
            ask.tell("lab-said-thresholds", &[("in", yes.as_str()), ("out", no.as_str())])
        }
        RuleChange::SetTruth { rows } => {
            frame.with("lab-said-truth", "n", &frame.number(&count(rows.len())))
        }
    }
}

fn said_rule(ask: &Ask, rule: &RoutingRule) -> String {
    let (rules, day) = (&ask.context.rules, today(ask));
    let named = |code: &str, names: Option<&Names>| match (code, names) {
        ("*", _) => ask.say("lab-any"),
        ("@area", _) => ask.say("lab-at-area"),
        ("@parent", _) => ask.say("lab-at-parent"),
        (_, Some(names)) => in_language(names, &ask.language).to_owned(),
        (code, None) => code.to_owned(),
    };
    let field = rules.fields.iter().find(|field| field.code == rule.field).map(|f| &f.names);
    let area = rules.area_by_code(&rule.area, day).map(|area| &area.names);
    let agency = rules.agency_by_code(&rule.agency, day).map(|agency| &agency.names);
    let category = rules.category(&rule.category).map(|category| &category.names);
    let priority = rule.priority.to_string();
    let (category, field) = (named(&rule.category, category), named(&rule.field, field));
    let (area, agency) = (named(&rule.area, area), named(&rule.agency, agency));
    let values = [
        ("priority", priority.as_str()),
        ("category", category.as_str()),
        ("field", field.as_str()),
        ("area", area.as_str()),
        ("agency", agency.as_str()),
    ];
    ask.tell("lab-said-rule", &values)
}

/// A category's name, a flag's, or the code itself.
fn toward(ask: &Ask, code: &str) -> String {
    if let Some(category) = ask.context.rules.category(code) {
        return in_language(&category.names, &ask.language).to_owned();
    }
    match code.parse::<Flag>() {
        Ok(flag) => ask.say(&format!("flag-{flag}")),
        Err(_) if code == NEGATION => ask.say("lab-negation"),
        Err(_) => code.to_owned(),
    }
}

/// The directions of a cue.
pub fn directions(frame: &Frame) -> Vec<(&'static str, String)> {
    let all = Direction::ALL.iter().map(|direction| direction.word());
    all.map(|word| (word, frame.word("direction", word))).collect()
}

/// What a cue can speak for.
pub fn towards(ask: &Ask) -> Vec<Group> {
    let mut out = choices::categories(ask);
    let flag = |flag: &Flag| Choice {
        code: flag.word().to_owned(),
        name: ask.say(&format!("flag-{flag}")),
    };
    out.push(Group { name: ask.say("lab-flags"), options: Flag::ALL.iter().map(flag).collect() });
    let negation = Choice { code: NEGATION.to_owned(), name: ask.say("lab-negation") };
    out.push(Group { name: ask.say("direction-none"), options: vec![negation] });
    out
}

/// The fields of procedures.
pub fn fields(ask: &Ask) -> Vec<Group> {
    let option = |field: &crate::domain::jurisdiction::NamedCode| Choice {
        code: field.code.clone(),
        name: in_language(&field.names, &ask.language).to_owned(),
    };
    let options = ask.context.rules.fields.iter().map(option).collect();
    vec![Group { name: ask.say("lab-field"), options }]
}

/// What stands, as the forms would send it: the cue or the line that is asked for, the thresholds.
pub fn standing(rules: &Jurisdiction, edition: &Edition, asked: &[(String, String)]) -> Typed {
    let rules = applied(rules, &edition.changes);
    let wanted = |name: &str| asked.iter().find(|(n, _)| n == name).map(|(_, v)| v.to_lowercase());
    let mut pairs = thresholds(&rules.settings.thresholds);
    if let Some(phrase) = wanted("cue") {
        let known = rules.cues.iter().find(|cue| cue.phrase == phrase);
        pairs.extend(known.map_or_else(|| vec![pair("phrase", &phrase)], cue));
    }
    if let Some(priority) = wanted("rule") {
        let known = rules.rules.iter().find(|rule| rule.priority.to_string() == priority);
        pairs.extend(known.map_or_else(|| vec![pair("priority", &priority)], rule));
    }
    Typed { pairs }
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

fn thresholds(thresholds: &Thresholds) -> Vec<(String, String)> {
    let both = [("threshold_in", thresholds.yes), ("threshold_out", thresholds.no)];
    let set = both.into_iter().filter_map(|(name, value)| Some((name, value?)));
    set.map(|(name, value)| pair(name, &format!("{:.1}", value * 100.0))).collect()
}

fn cue(cue: &Cue) -> Vec<(String, String)> {
    let mut out = vec![
        pair("phrase", &cue.phrase),
        pair("direction", cue.direction.word()),
        pair("toward", &cue.category),
        pair("basis", &cue.basis),
    ];
    for (name, is_on) in [("strong", cue.strong), ("marks_required", cue.marks_required)] {
        if is_on {
            out.push(pair(name, "on"));
        }
    }
    out.extend(cue.reasons.iter().map(|(l, text)| pair(&format!("reason_{l}"), text)));
    out
}

fn rule(rule: &RoutingRule) -> Vec<(String, String)> {
    let day = |day: Option<chrono::NaiveDate>| day.map_or(String::new(), |day| day.to_string());
    let mut out = vec![
        pair("priority", &rule.priority.to_string()),
        pair("category", &rule.category),
        pair("field", &rule.field),
        pair("area", &rule.area),
        pair("agency", &rule.agency),
        pair("rule_from", &day(rule.valid_from)),
        pair("rule_to", &day(rule.valid_to)),
    ];
    out.extend(rule.notes.iter().map(|(l, text)| pair(&format!("note_{l}"), text)));
    out
}
