//! Schemas of lists to choose from, of reports, of who is signed in, of health.

use super::case::BEHIND;
use super::kit::{
    Member, anything, count, day, instant, list, map, may, must, named, number, or_null, record,
    share, text, whole, word, words_of, yes_no,
};
use super::samples::Samples;
use super::words::{Named, email};
use crate::domain::case::{Channel, OutcomeKind};
use crate::domain::figures::{Figure, Split, Step};
use crate::domain::scope::{Authority, Scope};

/// The schemas of this file.
pub fn schemas(samples: &Samples) -> Vec<Named> {
    let mut out = lists(samples);
    out.extend(reports());
    out.extend(series());
    out.extend(accuracy());
    out.extend(service());
    out
}

fn lists(samples: &Samples) -> Vec<Named> {
    let own = |sample: &str| must("code", text("").examples([sample]));
    let name = || must("name", text("In the reader's language."));
    let parent = || must("parent", or_null(text("The code of what it belongs to.")));
    let level = || must("level", text("What it is, in the pack's word."));
    let agency = vec![own(&samples.agency), name(), level(), parent()];
    let area = vec![own(&samples.area), name(), level(), parent()];
    let category = vec![
        own(&samples.category),
        name(),
        must("hint", text("What belongs to it.")),
        must("scope", named("Scope", "")),
        must("basis", text("The item of law or the rule.")),
    ];
    let procedure =
        vec![own(&samples.procedure), name(), must("field", text("The field that it belongs to."))];
    let all = |name| vec![must("items", list(named(name, ""), ""))];
    vec![
        ("Agency", record("An agency as of today.", agency).into()),
        ("Area", record("An area as of today.", area).into()),
        ("Category", record("A category of cases.", category).into()),
        ("Procedure", record("An administrative procedure.", procedure).into()),
        ("Agencies", record("All agencies.", all("Agency")).into()),
        ("Areas", record("All areas.", all("Area")).into()),
        ("Categories", record("All categories.", all("Category")).into()),
        ("Procedures", record("All procedures.", all("Procedure")).into()),
    ]
}

fn counts<'a>(words: impl Iterator<Item = &'a str>, says: &str) -> super::kit::Shape {
    let known: Vec<&str> = words.collect();
    map(count(""), &format!("{says} Members: {}.", known.join(", "))).into()
}

fn reports() -> Vec<Named> {
    let outcome = vec![
        must("count", count("")),
        must("on_time", count("Not after the due date as it then stood.")),
        must("late", count("")),
    ];
    let outcomes = words_of!(OutcomeKind).map(|kind| must(kind, named("OutcomeCount", "")));
    let rating = vec![
        must("mean", or_null(number("Null over nothing.").examples([4.5]))),
        must("count", count("")),
    ];
    let machine = vec![
        must("decided", count("")),
        must("confirmed", count("By officers, later.")),
        must("corrected", count("By officers, later.")),
    ];
    let summary = vec![
        must("from", day("")),
        must("to", day("Included.")),
        must("received", count("Cases received in the period.")),
        must("scope", counts(words_of!(Scope), "Of these, as decided now.")),
        must("authority", counts(words_of!(Authority), "Of these, as decided now.")),
        must("open", count("At the end of the period, or now.")),
        must("overdue", count("Of the open ones.")),
        must("no_due_date", count("Of the received ones.")),
        must("outcomes", record("First outcomes in the period.", outcomes.collect())),
        must("answered", count("All outcomes.")),
        must("on_time", count("")),
        must("late", count("")),
        must("on_time_rate", or_null(share("Null over nothing."))),
        must("median_days", or_null(days("From receipt to first outcome."))),
        must("p90_days", or_null(days("Nine of ten took no longer."))),
        must("reopened", count("Cases reopened in the period.")),
        must("unreviewed", count("Cases answered in the period without a second pair of eyes.")),
        must("rating", record("Ratings given in the period.", rating)),
        must("by_channel", counts(words_of!(Channel), "Received; none is left out as 0.")),
        must("machine", record("What the machine decided in the period.", machine)),
    ];
    vec![
        ("OutcomeCount", record("Outcomes of one kind.", outcome).into()),
        ("Summary", record("The figures of a period.", summary).into()),
    ]
}

fn days(says: &str) -> utoipa::openapi::schema::ObjectBuilder {
    number(&format!("{says} Calendar days, one decimal; null over nothing.")).examples([12.5])
}

fn series() -> Vec<Named> {
    let row = vec![
        must("period", text("The first day, or the month.").examples(["2026-11"])),
        must("key", or_null(text("The value that it is split by; null where there is none."))),
        must("name", or_null(text("The value in the reader's language."))),
        must("count", count("Cases received.")),
    ];
    let series = vec![
        must("by", word(words_of!(Step), "")),
        must("split", word(words_of!(Split), "")),
        must("rows", list(named("SeriesRow", ""), "By period; periods without a case are absent.")),
    ];
    vec![
        ("SeriesRow", record("A number of a series.", row).into()),
        ("Series", record("Cases received, by period and value.", series).into()),
    ]
}

fn accuracy() -> Vec<Named> {
    let part = || {
        vec![
            must("decided", count("Decisions of the machine.")),
            must("sure", count("Those that chose a side.")),
            must("coverage", or_null(share(""))),
            must("reviewed", count("Of the sure ones, those an officer has decided since.")),
            must("right", count("Of the reviewed, those whose side the officer left.")),
            must("accuracy", or_null(share(""))),
            must("low", or_null(share("Of the interval."))),
            must("high", or_null(share("Of the interval."))),
            must("category_accuracy", or_null(share(""))),
            must("nearness", or_null(share("Mean likeness to the nearest learned text."))),
        ]
    };
    let bin = vec![
        must("from", share("")),
        must("to", share("")),
        must("count", count("")),
        must("confidence", share("Said on average.")),
        must("accuracy", share("Right of it.")),
    ];
    let officer = vec![
        must("name", text("")),
        must("decisions", count("")),
        must("after_machine", count("The machine had chosen a side.")),
        must("against_machine", count("And the officer chose the other.")),
        must("overruled", count("Another officer chose the other side afterwards.")),
    ];
    let of = |says: &str| map(named("AccuracyShare", ""), says);
    let all = vec![
        must("from", day("")),
        must("to", day("")),
        must("all", named("AccuracyShare", "")),
        must("ece", or_null(share("Expected calibration error."))),
        must("bins", list(named("AccuracyBin", ""), "The reliability diagram.")),
        must("by_category", of("")),
        must("by_channel", of("")),
        must("by_month", of("By month of receipt.")),
        must("learned_nearness", or_null(share("Of the learned texts among themselves."))),
        must("wanted", share("To be right of automatic decisions.")),
        must("officers", or_null(list(named("OfficerLine", ""), "For leaders and admins."))),
    ];
    vec![
        ("AccuracyShare", record("Numbers of a group.", part()).into()),
        ("AccuracyBin", record("A step of confidence.", bin).into()),
        ("OfficerLine", record("What an officer decided.", officer).into()),
        ("Accuracy", record("How right the machine is.", all).into()),
    ]
}

fn service() -> Vec<Named> {
    let me = vec![
        must("id", whole("").examples([1])),
        must("email", email("")),
        must("name", text("")),
        must("role", named("Role", "")),
        must("agency", or_null(named("AgencyName", ""))),
        must("confidential", yes_no("May read restricted cases.")),
        must("must_change_password", yes_no("Nothing else works before.")),
    ];
    let states = || word(["ok", "degraded"], "");
    let part = |more: Option<Member>| {
        let mut members = vec![must("status", states()), may("why", text("In words."))];
        members.extend(more);
        record("", members)
    };
    let oldest = may("oldest_unsent", instant("When the oldest mail that waits was made."));
    let parts = vec![
        must("database", part(None)),
        must("clock", part(None)),
        must("index", part(Some(must("behind_seconds", or_null(count(BEHIND)))))),
        must("mail", part(Some(oldest))),
        must("disk", part(None)),
        must("worker", part(None)),
    ];
    let ready = vec![
        must("status", word(["ok", "degraded", "down"], "`down`: no case can be taken.")),
        must("parts", record("", parts)),
    ];
    let free = || map(anything(), "");
    let document = vec![
        must("openapi", text("The version of the form.").examples(["3.1.0"])),
        must("info", free()),
        must("servers", list(free(), "")),
        must("paths", free()),
        must("components", free()),
        must("tags", list(free(), "")),
    ];
    vec![
        ("OpenApi", record("An OpenAPI document.", document).into()),
        ("Me", record("Who is signed in.", me).into()),
        ("Live", record("The process answers.", vec![must("status", word(["ok"], ""))]).into()),
        ("Ready", record("How each part is.", ready).into()),
    ]
}

/// Every number of the summary by the name that `figure=` takes.
pub fn figure_names() -> Vec<String> {
    let counts = Figure::all().into_iter().map(Figure::name);
    counts.chain(Figure::COMPUTED.map(str::to_owned)).collect()
}
