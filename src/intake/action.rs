//! Steps of the desk and of the citizen: the body that goes with a verb.

use chrono::NaiveDate;
use serde_json::Value;

use super::IntakeError;
use super::fields::{Fields, Length};
use super::rest;
use crate::clock::Moment;
use crate::domain::action::{
    Action, CitizenAction, Decide, RATING_MAX, RATING_MIN, STEP_TEXT_MAX, Written,
};
use crate::domain::case::Verb;
use crate::domain::deadline::day_of;
use crate::domain::error::Rule;
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::scope::{Flag, Label, Scope};
use crate::domain::user::UserName;

/// A text that must be there.
pub const WRITTEN: Length = Length { min: 1, max: STEP_TEXT_MAX };
const MAYBE: Length = Length { min: 0, max: STEP_TEXT_MAX };

/// Reads the body of a desk step. `None` where the verb is none of the desk's.
pub fn desk_action(
    verb: Verb,
    mut fields: Fields,
    rules: &Jurisdiction,
    now: Moment,
) -> Option<Result<Action, IntakeError>> {
    let f = &mut fields;
    let day = day_of(now, rules.settings.zone);
    let action = match verb {
        Verb::Decide => decide(f, rules).map(Action::Decide),
        Verb::Route => route(f, rules, day),
        Verb::Accept => Some(Action::Accept),
        Verb::Return => f.required_text("reason", WRITTEN).map(|reason| Action::Return { reason }),
        Verb::Ask => f.required_text("text", WRITTEN).map(|text| Action::Ask { text }),
        Verb::Answer => f.required_text("text", WRITTEN).map(|text| Action::Answer { text }),
        Verb::Approve => required(f, "what", |f, n| f.word(n)).map(|what| Action::Approve { what }),
        Verb::ReturnAnswer => {
            f.required_text("reason", WRITTEN).map(|reason| Action::ReturnAnswer { reason })
        }
        Verb::Extend => {
            let due_day = required(f, "due_at", |f, name| f.day(name));
            let reason = f.required_text("reason", WRITTEN);
            due_day.zip(reason).map(|(due_day, reason)| Action::Extend { due_day, reason })
        }
        Verb::Refer => {
            let destination = required(f, "destination", |f, name| {
                f.code(name, |code| rules.destination(code).map(|d| d.code.clone()))
            });
            let text = f.text("text", MAYBE);
            destination.map(|destination| Action::Refer { destination, text })
        }
        Verb::Refuse => {
            let reason_code = required(f, "reason_code", |f, name| {
                f.code(name, |code| rules.refusal(code).map(|r| r.code.clone()))
            });
            let text = f.text("text", MAYBE);
            reason_code.map(|reason_code| Action::Refuse { reason_code, text })
        }
        Verb::Note => f.required_text("text", WRITTEN).map(|text| Action::Note { text }),
        Verb::Assign => assign(f),
        Verb::Restrict => restrict(f),
        Verb::Resend => {
            let what = f.line("what", 20);
            if what.as_deref().is_some_and(|w| w != "receipt") {
                f.wrong("what", Rule::UnknownCode);
            }
            Some(Action::Resend)
        }
        Verb::Close => Some(Action::Close),
        Verb::Reopen => f.required_text("reason", WRITTEN).map(|reason| Action::Reopen { reason }),
        Verb::Message | Verb::Contact | Verb::Rating | Verb::Withdraw => return None,
    };
    Some(fields.finish(action))
}

/// A field that must be there, whatever its type.
fn required<T>(
    fields: &mut Fields,
    name: &str,
    take: impl FnOnce(&mut Fields, &str) -> Option<T>,
) -> Option<T> {
    let before = fields.errors.len();
    let found = take(fields, name);
    if found.is_none() && fields.errors.len() == before {
        fields.wrong(name, Rule::Required);
    }
    found
}

fn decide(fields: &mut Fields, rules: &Jurisdiction) -> Option<Decide> {
    let scope: Option<Scope> = required(fields, "scope", |f, name| f.word(name));
    if scope == Some(Scope::Ask) {
        fields.wrong("scope", Rule::NotAllowedHere);
    }
    let category = fields.code("category", |code| rules.category(code).map(|c| c.code.clone()));
    let authority = fields.word("authority");
    let labels = labels(fields, rules, category.as_deref());
    let flags = flags(fields);
    let reason = fields.text("reason", MAYBE);
    Some(Decide { scope: scope?, category, authority, labels, flags, reason })
}

/// Further categories of the case; the lead is the decision's own category.
fn labels(fields: &mut Fields, rules: &Jurisdiction, lead: Option<&str>) -> Option<Vec<Label>> {
    let mut out = Vec::new();
    for value in fields.list("labels")? {
        let code = value.as_str().or_else(|| value.get("category").and_then(Value::as_str));
        match code.and_then(|c| rules.category(c)) {
            Some(category) => out.push(Label {
                category: category.code.clone(),
                scope: category.scope,
                lead: Some(category.code.as_str()) == lead,
            }),
            None => fields.wrong("labels", Rule::UnknownCode),
        }
    }
    let lead = lead.and_then(|c| rules.category(c)).filter(|_| !out.iter().any(|l| l.lead));
    out.extend(lead.map(|c| Label { category: c.code.clone(), scope: c.scope, lead: true }));
    Some(out)
}

fn flags(fields: &mut Fields) -> Option<Vec<Flag>> {
    let mut out = Vec::new();
    for value in fields.list("flags")? {
        match value.as_str().and_then(|word| word.parse().ok()) {
            Some(flag) => out.push(flag),
            None => fields.wrong("flags", Rule::UnknownCode),
        }
    }
    Some(out)
}

fn route(fields: &mut Fields, rules: &Jurisdiction, day: NaiveDate) -> Option<Action> {
    let agency = required(fields, "agency", |f, name| {
        f.code(name, |code| rules.agency_in_force(code, day).map(|a| a.id))
    });
    let reason = fields.text("reason", MAYBE);
    agency.map(|agency| Action::Route { agency, reason })
}

fn assign(fields: &mut Fields) -> Option<Action> {
    // Nobody is a choice too, and is said.
    if !fields.has("user") {
        fields.wrong("user", Rule::Required);
        return None;
    }
    let named = fields.take("user").map(|value| user_name(&value).ok_or(Rule::UnknownCode));
    let named = named.transpose().map_err(|rule| fields.wrong("user", rule));
    named.ok().map(|user| Action::Assign { user })
}

fn restrict(fields: &mut Fields) -> Option<Action> {
    let restricted = required(fields, "restricted", |f, name| f.boolean(name));
    let reason = fields.required_text("reason", WRITTEN);
    let mut readers = Vec::new();
    for value in fields.list("readers").unwrap_or_default() {
        match user_name(&value) {
            Some(name) => readers.push(name),
            None => fields.wrong("readers", Rule::UnknownCode),
        }
    }
    let (restricted, reason) = restricted.zip(reason)?;
    Some(Action::Restrict { restricted, reason, readers })
}

/// An officer by id or e-mail address; a form sends either as a text.
fn user_name(value: &Value) -> Option<UserName> {
    if let Some(id) = value.as_i64() {
        return Some(UserName::Id(id));
    }
    let text = value.as_str()?.trim();
    let email = || text.contains('@').then(|| text.to_lowercase());
    text.parse().ok().map(UserName::Id).or_else(|| email().map(UserName::Email))
}

/// A citizen's text.
fn written(fields: &mut Fields, name: &str, length: Length) -> Option<Written> {
    let original = fields.convert(&[name]).pop();
    fields.text(name, length).map(|text| Written { text, original })
}

/// Reads the body of a citizen's step. `None` where the verb is none of the citizen's.
pub fn citizen_action(
    verb: Verb,
    mut fields: Fields,
    rules: &Jurisdiction,
) -> Option<Result<CitizenAction, IntakeError>> {
    let f = &mut fields;
    let action = match verb {
        Verb::Message => required(f, "text", |f, n| written(f, n, WRITTEN))
            .map(|text| CitizenAction::Message { text }),
        Verb::Rating => {
            let score = required(f, "score", |f, name| f.whole(name, RATING_MIN, RATING_MAX));
            let text = written(f, "text", MAYBE);
            score.map(|score| CitizenAction::Rating { score, text })
        }
        Verb::Reopen => {
            let reason = required(f, "reason", |f, n| written(f, n, WRITTEN));
            reason.map(|reason| CitizenAction::Reopen { reason })
        }
        Verb::Withdraw => Some(CitizenAction::Withdraw { reason: written(f, "reason", MAYBE) }),
        // Nothing said is nothing changed, and no event.
        Verb::Contact if f.says_nothing() => {
            f.wrong("email", Rule::Required);
            None
        }
        Verb::Contact => {
            let email = rest::email(f, "email");
            let phone = rest::phone(f, "phone", rules);
            let hide_identity = f.boolean("hide_identity");
            Some(CitizenAction::Contact { email, phone, hide_identity })
        }
        _ => return None,
    };
    Some(fields.finish(action))
}
