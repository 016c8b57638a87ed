//! The operations of citizens and of programs that file for them.

use utoipa::openapi::Required;
use utoipa::openapi::path::Parameter;

use super::kit::text_of;
use super::requests;
use super::route::{Access, Answer, Route, answer, header, in_path, posts, reads};
use super::samples::Samples;
use crate::domain::case::Verb;
use crate::web::api::cases::KEY_MAX;
use crate::web::failure::Kind;

pub const GROUP: &str = "Citizens";

/// The operations.
pub fn routes(samples: &Samples) -> Vec<Route> {
    let mut out = vec![file(samples), follow(samples), add_files(samples)];
    out.extend(files(samples));
    for verb in Verb::OF_CITIZENS {
        out.extend(step(verb, samples));
    }
    out
}

fn code(samples: &Samples) -> Parameter {
    let says = "The code of the receipt. Case, spaces, hyphens and the letters I, L, O are \
        forgiven.";
    in_path("code", samples.code, says)
}

fn file(samples: &Samples) -> Route {
    let says = "Makes a repetition harmless: the same key with the same body is one case for \
        seven days and is answered in the same way.";
    let key = text_of(1, KEY_MAX, "").examples(["letter 4711"]);
    let key = header("Idempotency-Key", Required::False, key, says);
    let location = ("Location", "The address of the case by its code.");
    let receipt = Answer {
        headers: vec![location],
        ..answer(201, "Filed", "Stored for good; this is the receipt.")
    };
    Route {
        text: "The case is stored, judged and, where a rule names the agency, forwarded before \
            the answer. No account is needed. With a token of triage or an administrator it is \
            a case taken at the counter, on the telephone or by letter: then `channel` and \
            `received_at` may be given. At most 60 cases at once, then 20 a minute."
            .to_owned(),
        access: Access::Either,
        parameters: vec![key],
        body: Some(requests::submission(samples)),
        answers: vec![receipt],
        problems: vec![Kind::KeyReused, Kind::TooMany],
        ..posts(GROUP, "/api/v1/cases", "fileCase", "File a case")
    }
}

fn by_code() -> Vec<Kind> {
    vec![Kind::MistypedCode, Kind::UnknownCode, Kind::TooMany, Kind::Unavailable, Kind::Internal]
}

fn follow(samples: &Samples) -> Route {
    Route {
        text: "What its reporter may see of it, by the secret code. At most 30 look-ups a minute."
            .to_owned(),
        parameters: vec![code(samples)],
        answers: vec![answer(200, "CitizenCase", "The case as it stands.")],
        problems: by_code(),
        ..reads(GROUP, "/api/v1/cases/{code}", "followCase", "Follow a case")
    }
}

fn add_files(samples: &Samples) -> Route {
    Route {
        text:
            "With a word or without, to whoever works on the case. While it is open, or answered. \
            At most 50 files hang on a case."
                .to_owned(),
        parameters: vec![code(samples)],
        body: Some(requests::files()),
        answers: vec![answer(200, "CitizenCase", "The case with the files.")],
        problems: by_code().into_iter().chain([Kind::IllegalStep]).collect(),
        ..posts(GROUP, "/api/v1/cases/{code}/files", "addFiles", "Send files to a case")
    }
}

fn files(samples: &Samples) -> [Route; 2] {
    let path = "/api/v1/cases/{code}/attachments/{id}";
    let route = |path: &str, id: &str, summary: &str, kind, says| Route {
        text: "The own files, and those of what was written to the citizen. At most 120 a minute."
            .to_owned(),
        parameters: vec![code(samples), file_id()],
        answers: vec![bytes(kind, says)],
        problems: by_code().into_iter().chain([Kind::NotFound]).collect(),
        ..reads(GROUP, path, id, summary)
    };
    let preview = format!("{path}/preview");
    [
        route(path, "readFile", "Download a file", DOWNLOAD, SAYS_DOWNLOAD),
        route(&preview, "previewFile", "Look at a picture", PICTURE, SAYS_PICTURE),
    ]
}

/// The media types of files, and what is said of them.
pub const DOWNLOAD: &str = "application/octet-stream";
pub const PICTURE: &str = "image/jpeg";
pub const SAYS_DOWNLOAD: &str =
    "The bytes, whatever the type: for a download and never to be shown.";
pub const SAYS_PICTURE: &str = "A small picture that the service has drawn.";

/// An answer of bytes.
pub fn bytes(kind: &'static str, says: &'static str) -> Answer {
    let name = ("Content-Disposition", "What the file is called (RFC 6266).");
    Answer { headers: vec![name], ..answer(200, kind, says) }
}

/// The id of a file.
pub fn file_id() -> Parameter {
    in_path("id", "1", "An id of `attachments`.")
}

fn step(verb: Verb, samples: &Samples) -> Option<Route> {
    let (id, summary, text) = words(verb)?;
    let mut problems = by_code();
    problems.push(Kind::IllegalStep);
    let path = format!("/api/v1/cases/{{code}}/{verb}");
    Some(Route {
        text: text.to_owned(),
        parameters: vec![code(samples)],
        body: Some(requests::citizen_step(verb)?),
        answers: vec![answer(200, "CitizenCase", "The case after the step.")],
        problems,
        ..posts(GROUP, &path, id, summary)
    })
}

/// Id, summary and meaning of a citizen's step.
fn words(verb: Verb) -> Option<(&'static str, &'static str, &'static str)> {
    Some(match verb {
        Verb::Message => (
            "writeMessage",
            "Write to whoever works on the case",
            "Answers a question too: then the clock runs again. While the case is open, or \
             answered.",
        ),
        Verb::Contact => (
            "changeContact",
            "Correct the contact",
            "Of a case that was filed with a name; an anonymous case stays anonymous.",
        ),
        Verb::Rating => (
            "rateAnswer",
            "Rate the answer",
            "After an answer, a referral or a refusal. The latest rating counts.",
        ),
        Verb::Reopen => (
            "reopenCase",
            "Reopen the case",
            "After an answer, a referral or a refusal. The clock starts anew.",
        ),
        Verb::Withdraw => ("withdrawCase", "Withdraw the case", "While it is open."),
        Verb::Decide
        | Verb::Route
        | Verb::Accept
        | Verb::Return
        | Verb::Ask
        | Verb::Answer
        | Verb::Approve
        | Verb::ReturnAnswer
        | Verb::Extend
        | Verb::Refer
        | Verb::Refuse
        | Verb::Note
        | Verb::Assign
        | Verb::Restrict
        | Verb::Resend
        | Verb::Close => return None,
    })
}
