//! The forms of a case's page: one for each step that may be taken now, with what was typed kept.

use super::choices::{self, Choice, Group};
use super::form::{Errors, Typed};
use super::kept::Kept;
use crate::domain::case::Verb;
use crate::domain::in_language;
use crate::domain::scope::Scope;
use crate::domain::user::User;
use crate::domain::view::CaseView;
use crate::web::api::desk::WITH_FILES;
use crate::web::ask::Ask;
use crate::web::query_words;

/// A field of a form.
pub struct Part {
    pub name: &'static str,
    pub label: String,
    /// `text`, `select`, `date` or `hidden`.
    pub kind: &'static str,
    pub value: String,
    pub groups: Vec<Group>,
}

/// A form that takes one step.
pub struct VerbForm {
    pub verb: &'static str,
    pub parts: Vec<Part>,
    pub is_open: bool,
    pub key: &'static str,
    /// What the step brings with it beside what it says.
    pub hint: String,
}

impl VerbForm {
    /// May files come with the step?
    pub fn takes_files(&self) -> bool {
        WITH_FILES.iter().any(|verb| verb.word() == self.verb)
    }

    /// The id of the field for files.
    pub fn files_id(&self) -> String {
        format!("{}-attachments", self.verb)
    }

    /// Of a form that did not come back.
    pub fn no_errors(&self) -> Errors {
        Errors::default()
    }

    pub fn no_files(&self) -> Vec<Kept> {
        Vec::new()
    }
}

/// One key confirms what the machine suggests.
pub fn confirm(ask: &Ask, case: &CaseView) -> Option<VerbForm> {
    let decision = case.decision.as_ref()?;
    let is_machine = decision.basis.word() == "machine" && case.item.status.is_open();
    let may = case.can.contains(&Verb::Decide) && is_machine;
    let scope = match decision.scope {
        Scope::Ask => decision.likely_scope.filter(|s| *s != Scope::Ask)?,
        scope => scope,
    };
    let category = decision.category.as_ref().or(decision.likely_category.as_ref());
    let fits = |c: &&String| ask.context.rules.category(c).is_some_and(|k| k.scope == scope);
    let mut parts = vec![hidden("scope", scope.word())];
    parts.extend(category.filter(fits).map(|c| hidden("category", c)));
    may.then_some(VerbForm { verb: "decide", parts, is_open: false, key: "c", hint: String::new() })
}

fn hidden(name: &'static str, value: &str) -> Part {
    let (label, groups) = (String::new(), Vec::new());
    Part { name, label, kind: "hidden", value: value.to_owned(), groups }
}

/// Every step that the reader may take, the likeliest first; `officers` may be given the case.
pub fn forms(
    ask: &Ask,
    case: &CaseView,
    officers: &[User],
    (came, typed): (&str, &Typed),
) -> Vec<VerbForm> {
    let mut out = Vec::new();
    for verb in Verb::ALL.iter().copied().filter(|v| case.can.contains(v)) {
        let mut parts = parts(ask, case, officers, verb);
        let is_open = came == verb.word();
        for part in parts.iter_mut().filter(|p| is_open && p.kind != "hidden") {
            part.value = typed.get(part.name).to_owned();
        }
        let hint = hint(ask, case, verb);
        out.push(VerbForm { verb: verb.word(), parts, is_open, key: key(verb), hint });
    }
    out
}

fn hint(ask: &Ask, case: &CaseView, verb: Verb) -> String {
    let waits = case.pending.as_ref().is_some_and(|pending| pending.what == "extension");
    match verb {
        Verb::Answer | Verb::Route if waits => ask.say("case-ends-extension"),
        Verb::Restrict if !case.item.restricted => ask.say("case-restrict-hint"),
        Verb::Route => case.suggested.as_ref().map_or_else(String::new, |suggested| {
            let rule = query_words::rule(ask, &suggested.rule);
            let names = [("agency", suggested.agency.name.as_str()), ("rule", &rule)];
            ask.tell("case-suggested", &names)
        }),
        _ => String::new(),
    }
}

fn key(verb: Verb) -> &'static str {
    match verb {
        Verb::Decide => "d",
        Verb::Route => "r",
        Verb::Answer => "a",
        Verb::Ask => "q",
        Verb::Note => "n",
        Verb::Approve => "p",
        _ => "",
    }
}

fn parts(ask: &Ask, case: &CaseView, officers: &[User], verb: Verb) -> Vec<Part> {
    let text = |name: &'static str, label: &str| Part {
        name,
        label: ask.say(label),
        kind: "text",
        value: String::new(),
        groups: Vec::new(),
    };
    let pick = |name: &'static str, label: &str, value: &str, groups: Vec<Group>| Part {
        name,
        label: ask.say(label),
        kind: "select",
        value: value.to_owned(),
        groups,
    };
    match verb {
        Verb::Decide => {
            let category = case.item.category.clone().unwrap_or_default();
            vec![
                pick("scope", "case-scope", case.item.scope.word(), scopes(ask)),
                pick("category", "field-category", &category, choices::categories(ask)),
                text("reason", "case-reason"),
            ]
        }
        Verb::Route => {
            let suggested = case.suggested.as_ref().map(|s| &s.agency);
            let agency = case.item.agency.as_ref().or(suggested);
            let value = agency.map_or("", |a| a.code.as_str());
            vec![
                pick("agency", "field-agency", value, choices::agencies(ask)),
                text("reason", "case-reason"),
            ]
        }
        Verb::Return | Verb::ReturnAnswer | Verb::Reopen => vec![text("reason", "field-reason")],
        Verb::Ask => vec![text("text", "case-question")],
        Verb::Answer => vec![text("text", "case-answer")],
        Verb::Note => vec![text("text", "case-note")],
        Verb::Approve => vec![hidden("what", case.pending.as_ref().map_or("answer", |p| p.what))],
        Verb::Extend => {
            let day = Part { kind: "date", ..text("due_at", "field-due_at") };
            vec![day, text("reason", "field-reason")]
        }
        Verb::Refer => vec![
            pick("destination", "case-destination", "", destinations(ask, case)),
            text("text", "case-words"),
        ],
        Verb::Refuse => {
            vec![pick("reason_code", "field-reason", "", refusals(ask)), text("text", "case-words")]
        }
        Verb::Assign => vec![pick("user", "case-officer", "", people(ask, officers))],
        Verb::Restrict => {
            let other = if case.item.restricted { "false" } else { "true" };
            vec![hidden("restricted", other), text("reason", "field-reason")]
        }
        Verb::Resend => vec![hidden("what", "receipt")],
        _ => Vec::new(),
    }
}

fn one(name: String, options: Vec<Choice>) -> Vec<Group> {
    vec![Group { name, options }]
}

fn scopes(ask: &Ask) -> Vec<Group> {
    let choice = |s: Scope| Choice { code: s.word().into(), name: ask.say(&format!("scope-{s}")) };
    one(ask.say("case-scope"), vec![choice(Scope::In), choice(Scope::Out)])
}

fn destinations(ask: &Ask, case: &CaseView) -> Vec<Group> {
    let rules = &ask.context.rules;
    let fits = |codes: &[String]| case.item.category.as_ref().is_some_and(|c| codes.contains(c));
    let (mut likely, mut others) = (Vec::new(), Vec::new());
    for destination in &rules.destinations {
        let name = in_language(&destination.names, &ask.language).to_owned();
        let choice = Choice { code: destination.code.clone(), name };
        if fits(&destination.categories) { likely.push(choice) } else { others.push(choice) }
    }
    let mut out = one(ask.say("case-likely"), likely);
    out.extend(one(ask.say("case-others"), others));
    out.retain(|group| !group.options.is_empty());
    out
}

fn refusals(ask: &Ask) -> Vec<Group> {
    let choice = |r: &crate::domain::jurisdiction::NamedCode| {
        let name = format!("{} {}", r.code, in_language(&r.names, &ask.language));
        Choice { code: r.code.clone(), name }
    };
    one(ask.say("field-reason"), ask.context.rules.refusals.iter().map(choice).collect())
}

fn people(ask: &Ask, officers: &[User]) -> Vec<Group> {
    let choice = |u: &User| Choice { code: u.id.to_string(), name: u.name.clone() };
    one(ask.say("case-officer"), officers.iter().map(choice).collect())
}
