//! The forms of administration: a user, an agency's contacts, the categories' modes.

use super::IntakeError;
use super::fields::Fields;
use super::rest;
use crate::clock::Moment;
use crate::domain::administration::{Contacts, UserDraft};
use crate::domain::deadline::day_of;
use crate::domain::error::Rule;
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::submission::{ADDRESS_MAX, NAME_MAX};
use crate::domain::taxonomy::Mode;
use crate::domain::user::Role;

/// What stands before a category's code in the name of its field.
pub const MODE_PREFIX: &str = "mode.";

/// Reads a user.
pub fn user(
    mut fields: Fields,
    rules: &Jurisdiction,
    now: Moment,
) -> Result<UserDraft, IntakeError> {
    let day = day_of(now, rules.settings.zone);
    let f = &mut fields;
    let email = f.line("email", NAME_MAX);
    let name = f.line("name", NAME_MAX);
    let role: Option<Role> = f.word("role");
    let agency = f.code("agency", |code| rules.agency_in_force(code, day).map(|a| a.id));
    let confidential = f.boolean("confidential").unwrap_or(false);
    let notify_triage = f.boolean("notify_triage").unwrap_or(false);
    let given = [("email", email.is_some()), ("name", name.is_some()), ("role", role.is_some())];
    for (field, is_given) in given {
        if !is_given && !f.errors.iter().any(|e| e.field == field) {
            f.wrong(field, Rule::Required);
        }
    }
    let draft = email.zip(name).zip(role).map(|((email, name), role)| UserDraft {
        email: email.to_lowercase(),
        name,
        role,
        agency,
        confidential,
        notify_triage,
    });
    if let Some(draft) = &draft {
        f.errors.extend(draft.faults());
    }
    fields.finish(draft)
}

/// Reads an agency's contacts; an empty field removes what stood there.
pub fn contacts(mut fields: Fields, rules: &Jurisdiction) -> Result<Contacts, IntakeError> {
    let email = rest::email(&mut fields, "email");
    let phone = rest::phone(&mut fields, "phone", rules);
    let address = fields.line("address", ADDRESS_MAX);
    fields.finish(Some(Contacts { email, phone, address }))
}

/// Reads the modes that differ from what stands: (category's code, mode).
pub fn modes(mut fields: Fields, rules: &Jurisdiction) -> Result<Vec<(String, Mode)>, IntakeError> {
    let mut changed = Vec::new();
    for category in &rules.categories {
        let name = format!("{MODE_PREFIX}{}", category.code);
        match fields.word::<Mode>(&name) {
            // What restricts a case is decided by people alone.
            Some(Mode::Automatic) if category.restricts => {
                fields.wrong(&name, Rule::NotAllowedHere)
            }
            Some(mode) if mode != category.mode => changed.push((category.code.clone(), mode)),
            _ => {}
        }
    }
    fields.finish(Some(changed))
}
