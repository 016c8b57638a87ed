//! How a query was read and what a figure counts, in the reader's words.

use chrono::NaiveDate;

use super::ask::Ask;
use crate::domain::figures::{Figure, OutcomePart};
use crate::domain::in_language;
use crate::index::query::ReadAs;

/// How the query was understood, in the reader's words.
pub fn read_as(ask: &Ask, read: &ReadAs) -> String {
    let mut parts = Vec::new();
    if !read.words.is_empty() {
        let id = if read.any { "read-as-any" } else { "read-as-words" };
        parts.push(ask.tell(id, &[("words", &read.words.join(", "))]));
    }
    for phrase in &read.phrases {
        parts.push(ask.tell("read-as-phrase", &[("words", phrase)]));
    }
    for word in &read.excluded {
        parts.push(ask.tell("read-as-without", &[("words", word)]));
    }
    let mut named = Vec::new();
    for (field, value, without) in &read.fields {
        named.push((field, shown_value(ask, field, value), *without));
    }
    for (field, span, without) in &read.days {
        let day = |day: Option<NaiveDate>| {
            day.map_or_else(|| "…".to_owned(), |day| ask.context.messages.day(&ask.language, day))
        };
        named.push((field, format!("{} – {}", day(span.from), day(span.to)), *without));
    }
    for (field, value, without) in named {
        let said = format!("{}: {value}", ask.say(&format!("search-{field}")));
        parts.push(match without {
            true => ask.tell("read-as-without", &[("words", &said)]),
            false => said,
        });
    }
    if let Some(number) = &read.number {
        parts.push(ask.tell("read-as-number", &[("words", number)]));
    }
    if parts.is_empty() { ask.say("read-as-all") } else { parts.join(" · ") }
}

fn shown_value(ask: &Ask, field: &str, value: &str) -> String {
    let rules = &ask.context.rules;
    let names = match field {
        "category" => rules.category(value).map(|c| &c.names),
        "agency" => value.parse().ok().and_then(|id| rules.agency(id)).map(|a| &a.names),
        "area" => value.parse().ok().and_then(|id| rules.area(id)).map(|a| &a.names),
        _ => return ask.say(&format!("{field}-{value}")),
    };
    names.map_or_else(|| value.to_owned(), |n| in_language(n, &ask.language).to_owned())
}

/// A figure of the reports in words.
pub fn figure(ask: &Ask, figure: Figure) -> String {
    let of = |field: &str, word: &str| {
        format!("{}: {}", ask.say(&format!("search-{field}")), ask.say(&format!("{field}-{word}")))
    };
    let part = |whole: String, part: OutcomePart| match part {
        OutcomePart::Count => whole,
        other => format!("{whole}, {}", ask.say(&format!("figure-part-{other}"))),
    };
    match figure {
        Figure::Scope(scope) => of("scope", scope.word()),
        Figure::Authority(authority) => of("authority", authority.word()),
        Figure::ByChannel(channel) => of("channel", channel.word()),
        Figure::Outcome(kind, of) => part(ask.say(&format!("figure-outcome-{kind}")), of),
        Figure::Answered(of) => part(ask.say("figure-outcomes"), of),
        Figure::Dated => ask.say("figure-dated"),
        Figure::Received => ask.say("figure-received"),
        Figure::Open => ask.say("figure-open"),
        Figure::Overdue => ask.say("figure-overdue-all"),
        Figure::NoDueDate => ask.say("figure-no-due-date"),
        Figure::Reopened => ask.say("figure-reopened"),
        Figure::Rated => ask.say("figure-rated"),
        Figure::MachineDecided => ask.say("figure-machine-decided"),
        Figure::MachineConfirmed => ask.say("figure-machine-confirmed"),
        Figure::MachineCorrected => ask.say("figure-machine-corrected"),
        Figure::Unreviewed => ask.say("figure-unreviewed"),
    }
}

/// The rule by which an agency was or would be chosen.
pub fn rule(ask: &Ask, rule: &str) -> String {
    match rule.split_once(':') {
        Some((_, line)) => ask.tell("rule-table", &[("line", line)]),
        None => ask.say(&format!("rule-{rule}")),
    }
}
