//! The operations of the officers' desk.

use utoipa::openapi::Required;
use utoipa::openapi::path::Parameter;

use super::citizens::{DOWNLOAD, PICTURE, SAYS_DOWNLOAD, SAYS_PICTURE, bytes, file_id};
use super::figures::figure_names;
use super::kit::{Shape, day, list, named, text, text_of, whole, word, words_of};
use super::requests;
use super::route::{Access, Answer, Route, answer, header, in_path, posts, query, reads};
use super::samples::Samples;
use super::words::code;
use crate::domain::case::Verb;
use crate::domain::search::{Due, LIMIT_DEFAULT, LIMIT_MAX, Queue, Sort};
use crate::domain::user::{Role, roles_of};
use crate::intake::query::Q_MAX;
use crate::web::api::desk::{SIMILAR_MAX, WITH_FILES};
use crate::web::failure::Kind;

pub const GROUP: &str = "Desk";

/// The operations.
pub fn routes(samples: &Samples) -> Vec<Route> {
    let mut out = vec![list_cases(samples), read_case(samples), similar(samples), preview()];
    out.extend(files(samples));
    for verb in Verb::ALL {
        out.extend(step(*verb, samples));
    }
    out
}

fn number(samples: &Samples) -> Parameter {
    in_path("number", &samples.number, "The public number of the case.")
}

fn list_cases(samples: &Samples) -> Route {
    let mut parameters = words();
    parameters.extend(filters(samples));
    parameters.extend(pages());
    Route {
        text:
            "A filter given twice means any of its values; a value behind a hyphen (`scope=-out`) \
            is left out; different filters must all hold. \
            The list holds what the role may see. An unknown parameter is refused by name. At \
            most 60 lists a minute."
                .to_owned(),
        access: Access::Officers(Role::ALL),
        parameters,
        answers: vec![answer(200, "DeskList", "A page of the list, with counts by field.")],
        problems: vec![Kind::Invalid, Kind::TooMany],
        ..reads(GROUP, "/api/v1/desk/cases", "listCases", "List and search cases")
    }
}

fn words() -> Vec<Parameter> {
    let says = "All words must occur; if no case has all, any, and `read_as` says so. `\"a \
        phrase\"`, `-word`, `a OR b`, `name:value`; a number or part of it; one e-mail address \
        or telephone number for roles that see identity. Never an error.";
    vec![query("q", text_of(0, Q_MAX, "").examples(["receipt date"]), says)]
}

/// A filter that may be given more than once.
fn filter(name: &str, value: impl Into<Shape>, says: &str) -> Parameter {
    query(name, list(value, ""), says)
}

fn filters(samples: &Samples) -> Vec<Parameter> {
    let names = figure_names();
    let figures = word(names.iter().map(String::as_str), "");
    let categories = code("/api/v1/categories", &samples.category, "");
    let agencies = code("/api/v1/agencies", &samples.agency, "With every agency below it.");
    let areas = code("/api/v1/areas", &samples.area, "");
    vec![
        filter("scope", named("Scope", ""), ""),
        filter("authority", named("Authority", ""), ""),
        filter("category", categories, ""),
        filter("status", named("Status", ""), ""),
        filter("flag", named("Flag", ""), ""),
        filter("agency", agencies, ""),
        filter("area", areas, ""),
        filter("channel", named("Channel", ""), ""),
        filter("assigned", text(""), "An officer's e-mail address or id, or `me`."),
        query("due", word(words_of!(Due), ""), "Open cases by their due date."),
        query("queue", word(words_of!(Queue), ""), "A queue of the desk."),
        query(
            "figure",
            figures,
            "Exactly the cases that this number of the summary counts, with `from`, `to` and \
             `agency` as there.",
        ),
        query("from", day(""), "Received on this day or later."),
        query("to", day(""), "Received on this day or earlier."),
    ]
}

fn pages() -> Vec<Parameter> {
    let unless_told = Some(LIMIT_DEFAULT.into());
    let limit = whole("").minimum(Some(1)).maximum(Some(LIMIT_MAX)).default(unless_told);
    vec![
        query("sort", word(words_of!(Sort), ""), "A minus: the latest first."),
        query("limit", limit, "Cases on a page."),
        query("cursor", text(""), "`next_cursor` of the page before."),
    ]
}

const TAG: (&str, &str) = ("ETag", "The revision of the case, for `If-Match`.");

fn read_case(samples: &Samples) -> Route {
    Route {
        text: "As the role may see it: names and contacts are left out, texts masked, where it \
            may not. A case that one may not know of is not found. Each reading of a restricted \
            case is recorded."
            .to_owned(),
        access: Access::Officers(Role::ALL),
        parameters: vec![number(samples)],
        answers: vec![Answer { headers: vec![TAG], ..answer(200, "Case", "The case.") }],
        problems: vec![Kind::NotFound],
        ..reads(GROUP, "/api/v1/desk/cases/{number}", "readCase", "Read a case")
    }
}

fn files(samples: &Samples) -> [Route; 2] {
    let path = "/api/v1/desk/cases/{number}/attachments/{id}";
    let route = |path: &str, id: &str, summary: &str, kind, says| Route {
        text:
            "A file that the case names for you. Where you may not know who wrote, the citizen's \
            files are not found: they may say it."
                .to_owned(),
        access: Access::Officers(Role::ALL),
        parameters: vec![number(samples), file_id()],
        answers: vec![bytes(kind, says)],
        problems: vec![Kind::NotFound],
        ..reads(GROUP, path, id, summary)
    };
    let preview = format!("{path}/preview");
    [
        route(path, "readCaseFile", "Download a file", DOWNLOAD, SAYS_DOWNLOAD),
        route(&preview, "previewCaseFile", "Look at a picture", PICTURE, SAYS_PICTURE),
    ]
}

fn similar(samples: &Samples) -> Route {
    let path = "/api/v1/desk/cases/{number}/similar";
    Route {
        text: format!("At most {SIMILAR_MAX}, of those that the role may see."),
        access: Access::Officers(Role::ALL),
        parameters: vec![number(samples)],
        answers: vec![answer(200, "SimilarCases", "The cases.")],
        problems: vec![Kind::NotFound, Kind::TooMany],
        ..reads(GROUP, path, "similarCases", "Cases like this one")
    }
}

fn preview() -> Route {
    Route {
        text: "What would be decided of a text, without storing it.".to_owned(),
        access: Access::Officers(Role::ALL),
        body: Some(requests::preview()),
        answers: vec![answer(200, "Preview", "The decision with its reasons.")],
        problems: vec![Kind::TooMany],
        ..posts(GROUP, "/api/v1/desk/preview", "previewDecision", "Try a decision")
    }
}

fn step(verb: Verb, samples: &Samples) -> Option<Route> {
    let (id, summary, meaning) = told(verb)?;
    let says = "The `ETag` of the case as you read it. If somebody was faster, the answer is \
        `stale` and says what changed.";
    let revision = header("If-Match", Required::True, text("").examples(["\"1\""]), says);
    let after = Answer { headers: vec![TAG], ..answer(200, "Case", "The case after the step.") };
    let says = "The step was taken and took the case out of your sight.";
    let gone = Answer { status: 204, says, schema: None, headers: Vec::new() };
    let path = format!("/api/v1/desk/cases/{{number}}/{verb}");
    Some(Route {
        text: meaning.to_owned(),
        access: Access::Officers(roles_of(verb)),
        parameters: vec![number(samples), revision],
        body: requests::desk_step(verb, samples).map(|body| match WITH_FILES.contains(&verb) {
            true => body.with_files("step"),
            false => body,
        }),
        answers: vec![after, gone],
        problems: vec![
            Kind::Forbidden,
            Kind::NotFound,
            Kind::IllegalStep,
            Kind::Stale,
            Kind::IfMatch,
        ],
        ..posts(GROUP, &path, id, summary)
    })
}

/// Id, summary and meaning of a step of the desk.
fn told(verb: Verb) -> Option<(&'static str, &'static str, &'static str)> {
    Some(match verb {
        Verb::Decide => (
            "decideCase",
            "Decide scope and category",
            "Stands beside the machine's decision, says whether that was right, and is learned \
             from. A category that restricts cases restricts this one at once.",
        ),
        Verb::Route => ("routeCase", "Route to an agency", "The agency is told by mail."),
        Verb::Accept => ("acceptCase", "Accept", "The agency takes the case up."),
        Verb::Return => ("returnCase", "Hand back", "Not ours: back to triage, before an answer."),
        Verb::Ask => ("askCitizen", "Ask the citizen", "The clock stands until the reply."),
        Verb::Answer => (
            "answerCase",
            "Answer",
            "Waits for approval unless the pack waives it for the agency or nobody else may \
             approve; then it takes effect at once.",
        ),
        Verb::Approve => {
            ("approve", "Approve an answer or an extension", "Nobody approves what they wrote.")
        }
        Verb::ReturnAnswer => ("returnAnswer", "Send an answer back", "It is written anew."),
        Verb::Extend => ("extendDeadline", "Ask for a later due date", "Effective when approved."),
        Verb::Refer => ("referCase", "Refer elsewhere", "With a letter that says where and how."),
        Verb::Refuse => ("refuseCase", "Refuse", "With a reason of the pack."),
        Verb::Note => ("noteCase", "Write a note", "The citizen does not see it."),
        Verb::Assign => ("assignCase", "Assign to an officer", "To one who may work on it."),
        Verb::Restrict => (
            "restrictCase",
            "Restrict or open to others",
            "A restricted case is read by the confidential and by whom it names, and by nobody \
             else, whatever the role.",
        ),
        Verb::Resend => ("resendReceipt", "Send the receipt again", "Not of anonymous cases."),
        Verb::Close => ("closeCase", "Close", "After an answer, a referral or a refusal."),
        Verb::Reopen => ("reopenFromDesk", "Reopen", "The clock starts anew."),
        Verb::Message | Verb::Contact | Verb::Rating | Verb::Withdraw => return None,
    })
}
