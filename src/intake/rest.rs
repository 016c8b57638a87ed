//! A case as it is filed: JSON of the API, the fields of the form, a line of an import. The same
//! rules for all.

use super::IntakeError;
use super::fields::{Fields, Length};
use crate::clock::Moment;
use crate::domain::case::Channel;
use crate::domain::deadline::day_of;
use crate::domain::error::Rule;
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::place::Location;
use crate::domain::reporter::{Reporter, ReporterKind, e164, looks_like_email};
use crate::domain::submission::{
    ADDRESS_MAX, EXTERNAL_ID_MAX, NAME_MAX, Submission, TEXT_MAX, TEXT_MIN, TITLE_MAX,
};

/// A language code is short.
pub const LANGUAGE_MAX: usize = 8;

/// What the reader of a submission must know.
pub struct Door<'a> {
    pub rules: &'a Jurisdiction,
    pub now: Moment,
    /// The channel of whoever may not name another.
    pub channel: Channel,
    /// An officer at the counter may say channel and day of receipt.
    pub may_say_channel: bool,
    /// History may name an office or an area that is gone.
    pub is_history: bool,
    /// Of the reader's request, where the submission names none.
    pub language: &'a str,
}

/// Reads the body of `POST /api/v1/cases`.
pub fn submission_of_json(body: &[u8], door: &Door<'_>) -> Result<Submission, IntakeError> {
    let mut fields = Fields::of_json(body)?;
    let submission = submission(&mut fields, door);
    fields.finish(submission)
}

/// Takes a submission's fields. `None` where something that must be there is not, and the errors
/// say what.
pub fn submission(fields: &mut Fields, door: &Door<'_>) -> Option<Submission> {
    let rules = door.rules;
    let day = day_of(door.now, rules.settings.zone);
    let originals = fields.convert(&["title", "text"]);
    let text = fields.required_text("text", Length { min: TEXT_MIN, max: TEXT_MAX });
    let title = fields.line("title", TITLE_MAX);
    let language = fields.line("language", LANGUAGE_MAX);
    let anonymous = fields.boolean("anonymous").unwrap_or(false);
    let reporter = reporter(fields, rules);
    let area = fields.code("area", |code| match door.is_history {
        true => rules.area_by_code(code, day).map(|a| a.id),
        false => rules.area_in_force(code, day).map(|a| a.id),
    });
    let agency = fields.code("agency", |code| match door.is_history {
        true => rules.agency_by_code(code, day).map(|a| a.id),
        false => rules.agency_in_force(code, day).map(|a| a.id),
    });
    let procedure = fields.code("procedure", |code| rules.procedure(code).map(|p| p.code.clone()));
    let location = location(fields);
    let hide_identity = fields.boolean("hide_identity").unwrap_or(false);
    let consent_publish = fields.boolean("consent_publish").unwrap_or(false);
    let (channel, received_at) = channel_and_time(fields, door);
    Some(Submission {
        text: text?,
        originals,
        title,
        language: language.unwrap_or_else(|| door.language.to_owned()),
        reporter: reporter?,
        area,
        agency,
        procedure,
        location,
        anonymous,
        hide_identity,
        consent_publish,
        channel,
        external_id: None,
        received_at,
    })
}

fn channel_and_time(fields: &mut Fields, door: &Door<'_>) -> (Channel, Moment) {
    let channel: Option<Channel> = fields.word("channel");
    let received_at = fields.instant("received_at");
    if !door.may_say_channel {
        for (name, given) in
            [("channel", channel.is_some()), ("received_at", received_at.is_some())]
        {
            if given {
                fields.wrong(name, Rule::NotAllowedHere);
            }
        }
        return (door.channel, door.now);
    }
    if received_at.is_some_and(|at| at > door.now) {
        fields.wrong("received_at", Rule::InFuture);
    }
    (channel.unwrap_or(door.channel), received_at.unwrap_or(door.now))
}

fn reporter(fields: &mut Fields, rules: &Jurisdiction) -> Option<Reporter> {
    let Some(mut inner) = fields.object("reporter") else {
        fields.wrong("reporter.kind", Rule::Required);
        return None;
    };
    let before = inner.errors.len();
    let kind: Option<ReporterKind> = inner.word("kind");
    if kind.is_none() && inner.errors.len() == before {
        inner.wrong("kind", Rule::Required);
    }
    let name = inner.line("name", NAME_MAX);
    let email = email(&mut inner, "email");
    let phone = phone(&mut inner, "phone", rules);
    let address = inner.line("address", ADDRESS_MAX);
    fields.absorb(inner);
    Some(Reporter { kind: kind?, name, email, phone, address })
}

/// An e-mail address that could be one.
pub fn email(fields: &mut Fields, name: &str) -> Option<String> {
    let email = fields.line(name, NAME_MAX)?;
    if !looks_like_email(&email) {
        fields.wrong(name, Rule::NotEmail);
        return None;
    }
    Some(email)
}

/// A telephone number that could be one, kept as it was typed.
pub fn phone(fields: &mut Fields, name: &str, rules: &Jurisdiction) -> Option<String> {
    let phone = fields.line(name, NAME_MAX)?;
    if e164(&phone, &rules.settings.phone_country_code).is_none() {
        fields.wrong(name, Rule::NotPhone);
        return None;
    }
    Some(phone)
}

fn location(fields: &mut Fields) -> Option<Location> {
    let mut inner = fields.object("location")?;
    let mut degrees = |name: &str, max: f64| {
        let before = inner.errors.len();
        let found = inner.number(name, -max, max);
        if found.is_none() && inner.errors.len() == before {
            inner.wrong(name, Rule::Required);
        }
        found
    };
    let (latitude, longitude) = (degrees("latitude", 90.0), degrees("longitude", 180.0));
    fields.absorb(inner);
    latitude.zip(longitude).map(|(latitude, longitude)| Location { latitude, longitude })
}

/// The id of another system.
pub fn external_id(fields: &mut Fields) -> Option<String> {
    fields.line("external_id", EXTERNAL_ID_MAX)
}
