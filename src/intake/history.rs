//! A line of history: a submission with what became of it in another system. JSON lines, and CSV
//! rows whose columns have the same names, dotted for inner fields.

use super::IntakeError;
use super::fields::Fields;
use super::rest::{self, Door};
use crate::clock::Moment;
use crate::domain::case::{Channel, Status};
use crate::domain::deadline::{day_of, end_of_day};
use crate::domain::error::Rule;
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::scope::Scope;
use crate::domain::submission::{Historical, Submission};

/// Reads one line. `received_at` and the like may be days: the end of the day, in the pack's zone.
pub fn history_line(
    mut fields: Fields,
    rules: &Jurisdiction,
    now: Moment,
) -> Result<Historical, IntakeError> {
    let f = &mut fields;
    let channel = f.word("channel").unwrap_or(Channel::Import);
    let external_id = rest::external_id(f);
    let received_at = moment(f, "received_at", rules);
    let scope: Option<Scope> = f.word("scope");
    let category = f.code("category", |code| rules.category(code).map(|c| c.code.clone()));
    let status = f.word("status").unwrap_or(Status::Received);
    let due_at = moment(f, "due_at", rules);
    let answered_at = moment(f, "answered_at", rules);
    let rating = f.whole("rating", 1, 5);
    f.default_word("reporter.kind", "individual");
    let language = rules.default_language().to_owned();
    let received_at = received_at.unwrap_or(now);
    if received_at > now {
        f.wrong("received_at", Rule::InFuture);
    }
    if answered_at.is_some_and(|at| at > now) {
        f.wrong("answered_at", Rule::InFuture);
    } else if let Some(at) = answered_at.filter(|at| *at < received_at) {
        let day = |at| day_of(at, rules.settings.zone).to_string();
        f.break_limit("answered_at", Rule::TooEarly, &day(received_at), &day(at));
    }
    let of_category = category.as_deref().and_then(|c| rules.category(c)).map(|c| c.scope);
    if scope.is_some_and(|scope| of_category.is_some_and(|other| other != scope)) {
        f.wrong("category", Rule::ScopeMismatch);
    }
    let door = Door {
        rules,
        now: received_at,
        channel,
        may_say_channel: false,
        is_history: true,
        language: &language,
    };
    let submission = rest::submission(f, &door).map(|submission| {
        // The agency of a historical case is the one that had to answer it.
        Submission { channel, external_id, received_at, ..submission }
    });
    let line = submission.map(|submission| Historical {
        agency: submission.agency,
        submission,
        scope: scope.or(of_category),
        category,
        status,
        due_at,
        answered_at,
        rating,
    });
    fields.finish(line)
}

/// An instant, or a day: its end in the pack's zone.
fn moment(fields: &mut Fields, name: &str, rules: &Jurisdiction) -> Option<Moment> {
    if fields.is_day(name) {
        return fields.day(name).map(|day| end_of_day(day, rules.settings.zone));
    }
    fields.instant(name)
}
