//! Schemas of words, and of the small shapes that others are made of.

use utoipa::openapi::schema::{ObjectBuilder, Schema};

use super::kit::{
    count, instant, list, may, must, named, number, or_null, record, sent, share, text, text_in,
    text_of, whole, word, words_of, yes_no,
};
use super::samples::Samples;
use crate::domain::case::{Channel, Status, Verb};
use crate::domain::error::Rule;
use crate::domain::event::ActorKind;
use crate::domain::reporter::{EMAIL_MAX, ReporterKind};
use crate::domain::scope::{Authority, Basis, Flag, ReasonKind, Scope};
use crate::domain::submission::{ADDRESS_MAX, NAME_MAX};
use crate::domain::user::Role;
use crate::web::failure::Kind;

/// A schema with its name.
pub type Named = (&'static str, Schema);

/// The schemas of this file.
pub fn schemas(samples: &Samples) -> Vec<Named> {
    let mut out = words();
    out.extend(people(samples));
    out.extend(judgement(samples));
    out.extend(problems());
    out
}

fn words() -> Vec<Named> {
    let desk = Verb::ALL.iter().filter(|verb| verb.is_of_desk()).map(|verb| verb.word());
    let citizens = Verb::OF_CITIZENS.iter().map(|verb| verb.word());
    let one = |name, schema: ObjectBuilder| (name, schema.into());
    vec![
        one("Status", word(words_of!(Status), "Where a case stands.")),
        one("Scope", word(words_of!(Scope), "In scope, out of scope, or for an officer to say.")),
        one("Authority", word(words_of!(Authority), "Must an agency of this town answer?")),
        one("Basis", word(words_of!(Basis), "Who decided.")),
        one("Flag", word(words_of!(Flag), "Stands beside the scope and refuses nothing.")),
        one("Channel", word(words_of!(Channel), "How a case came in.")),
        one("ReporterKind", word(words_of!(ReporterKind), "What the reporter is.")),
        one("Role", word(words_of!(Role), "What somebody is to the service.")),
        one("DeskStep", word(desk, "A step of the desk.")),
        one("CitizenStep", word(citizens, "A step of the citizen.")),
    ]
}

/// The code of a list that another operation gives.
pub fn code(list: &str, sample: &str, says: &str) -> ObjectBuilder {
    text(&format!("{says}{}A code of `{list}`.", if says.is_empty() { "" } else { " " }))
        .examples([sample])
}

/// An e-mail address.
pub fn email(says: &str) -> ObjectBuilder {
    text_in("email", says).max_length(Some(NAME_MAX.min(EMAIL_MAX))).examples(["sam@example.org"])
}

/// A telephone number.
pub fn phone(says: &str) -> ObjectBuilder {
    text_of(0, NAME_MAX, says).examples(["090 123 4567"])
}

fn people(samples: &Samples) -> Vec<Named> {
    let agency = vec![
        must("code", text("").examples([samples.agency.as_str()])),
        must("name", text("In the reader's language.").examples([samples.agency_name.as_str()])),
    ];
    let reporter = vec![
        must("kind", named("ReporterKind", "")),
        may("name", text_of(0, NAME_MAX, "").examples(["Sam Sample"])),
        may("email", email("For the receipt and the answer.")),
        may("phone", phone("As it is dialled here, or with + and the code of the country.")),
        may("address", text_of(0, ADDRESS_MAX, "").examples(["12 Sample Street"])),
    ];
    let location = vec![
        must("latitude", number("").minimum(Some(-90)).maximum(Some(90)).examples([10.5])),
        must("longitude", number("").minimum(Some(-180)).maximum(Some(180)).examples([106.5])),
    ];
    vec![
        ("AgencyName", record("An agency.", agency).into()),
        ("Reporter", sent("Who filed; all but the kind may be missing.", reporter).into()),
        ("Location", sent("A point on the map, in degrees (WGS 84).", location).into()),
    ]
}

fn judgement(samples: &Samples) -> Vec<Named> {
    let category = || code("/api/v1/categories", &samples.category, "");
    let label = vec![
        must("category", category()),
        must("scope", named("Scope", "")),
        must("lead", yes_no("The one category that leads.")),
    ];
    let reason = vec![
        must("kind", word(words_of!(ReasonKind), "Where the reason comes from.")),
        must("phrase", text("The words of the text.").examples(["nothing came of it"])),
        must("offset", count("Where they begin, in Unicode scalars of the text as answered.")),
        must("length", count("In Unicode scalars.")),
        must("toward", text("`in`, `out`, a category or a flag.").examples(["in"])),
        must("weight", share("Share of the evidence.")),
        may("basis", text("The item of law or the rule, where there is one.")),
        may("why", super::kit::map(text(""), "A plain sentence by language.")),
    ];
    let neighbour = vec![
        may("number", text("The case; missing for an example of the pack and for agencies.")),
        must("text", text("With identity and telephone numbers masked.")),
        must("scope", named("Scope", "")),
        must("category", category()),
        must("similarity", share("1 for the same text.")),
    ];
    vec![
        ("Label", record("One of the categories of a case.", label).into()),
        ("Reason", record("A phrase of the text and where it pulls.", reason).into()),
        ("Neighbour", record("A decided text that is like this one.", neighbour).into()),
    ]
}

fn problems() -> Vec<Named> {
    let types: Vec<String> = Kind::ALL.iter().map(|kind| kind.type_url()).collect();
    let types = types.iter().map(String::as_str);
    let error = vec![
        must("field", text("Of an object within: `reporter.email`.").examples(["text"])),
        must("rule", word(words_of!(Rule), "Which rule it breaks.")),
        may("limit", text("What the rule allows.").examples(["10"])),
        must("message", text("For people, in the reader's language.")),
        may("file", text("The name of the file that it is about.")),
    ];
    let changed = vec![
        must("field", text("What happened: the kind of the event.").examples(["noted"])),
        must("by", text(&by())),
        must("at", instant("")),
    ];
    let problem = vec![
        must("type", word(types, "Tells problems apart; programs look at this.")),
        must("title", text("For people, in the reader's language.")),
        must("status", whole("The status of the answer.").examples([422])),
        must("detail", text("More for people or programmers.")),
        must("errors", list(named("FieldError", ""), "Every wrong field.")),
        must("request_id", text("Quote this when you ask: it stands in the log.")),
        may("can", list(named("Step", ""), "With `illegal-step`: what is possible.")),
        may("changed", list(named("Changed", ""), "With `stale`: what others did.")),
    ];
    let steps = word(words_of!(Verb), "A step of the desk or of the citizen.");
    vec![
        ("Step", steps.into()),
        ("FieldError", record("What is wrong with one field.", error).into()),
        ("Changed", record("What somebody did since you read the case.", changed).into()),
        ("Problem", record("Why a request failed (RFC 9457).", problem).into()),
    ]
}

/// Who did something, in the words of the interface.
pub fn by() -> String {
    let actors: Vec<&str> = words_of!(ActorKind).collect();
    format!("The officer's name, else one of: {}.", actors.join(", "))
}

/// Something that may be null because nobody has said it yet.
pub fn category_or_null(samples: &Samples) -> super::kit::Shape {
    or_null(code("/api/v1/categories", &samples.category, ""))
}
