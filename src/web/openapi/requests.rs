//! What is sent: the body of each operation with its limits, and an example that can be sent as it
//! stands.

use serde_json::{Value, json};
use utoipa::openapi::schema::{ObjectBuilder, Schema};

use super::kit::{
    Member, Shape, day, instant, list, may, must, named, officer, or_null, sent, text, text_of,
    whole, word, words_of, yes_no,
};
use super::samples::Samples;
use super::words::{code, email, phone};
use crate::domain::action::{EXTENSION_MAX_DAYS, RATING_MAX, RATING_MIN, STEP_TEXT_MAX, What};
use crate::domain::case::{Channel, Verb};
use crate::domain::scope::Scope;
use crate::domain::submission::{TEXT_MAX, TEXT_MIN, TITLE_MAX};
use crate::flow::sign_in::NEW_PASSWORD_CHARS;
use crate::intake::action::WRITTEN;
use crate::intake::rest::LANGUAGE_MAX;
use crate::web::api::session::TYPED;

/// A body with an example.
pub struct Body {
    pub schema: Schema,
    pub example: Value,
    /// Nothing in it must be there.
    pub may_be_empty: bool,
    /// As parts with files: the name of the part that holds the JSON.
    pub part: Option<&'static str>,
    /// Without files it is nothing.
    pub needs_files: bool,
}

fn body(says: &str, members: Vec<Member>, example: Value) -> Body {
    let may_be_empty = members.iter().all(|member| !member.is_required());
    let schema = sent(says, members).into();
    Body { schema, example, may_be_empty, part: None, needs_files: false }
}

impl Body {
    /// Files may come with it.
    pub fn with_files(self, part: &'static str) -> Body {
        Body { part: Some(part), ..self }
    }
}

/// Files that the citizen sends later.
pub fn files() -> Body {
    let says = "Without it the names of the files are the message.";
    let message = body(says, vec![may("text", maybe(""))], json!({}));
    Body { part: Some("message"), needs_files: true, ..message }
}

/// What somebody must write.
fn written(says: &str) -> ObjectBuilder {
    text_of(WRITTEN.min, WRITTEN.max, says)
}

/// What somebody may write.
fn maybe(says: &str) -> ObjectBuilder {
    text_of(0, STEP_TEXT_MAX, says)
}

/// A rating.
pub fn score() -> ObjectBuilder {
    whole("").minimum(Some(RATING_MIN)).maximum(Some(RATING_MAX)).examples([4])
}

/// A case as it is filed.
pub fn submission(samples: &Samples) -> Body {
    let codes = |list, sample: &str, says| code(list, sample, says);
    let members = vec![
        must("text", text_of(TEXT_MIN, TEXT_MAX, "What happened. Counted after NFC and trimming.")),
        must("reporter", named("Reporter", "")),
        may("title", text_of(0, TITLE_MAX, "")),
        may("language", text_of(0, LANGUAGE_MAX, "Of the text; else the request's language.")),
        may("agency", codes("/api/v1/agencies", &samples.agency, "The office it is about.")),
        may("area", codes("/api/v1/areas", &samples.area, "Where.")),
        may("procedure", codes("/api/v1/procedures", &samples.procedure, "Of which procedure.")),
        may("location", named("Location", "")),
        may("anonymous", yes_no("Nothing of the reporter is kept, even if sent.")),
        may("hide_identity", yes_no("Kept for mail, never shown to an agency.")),
        may("consent_publish", yes_no("The answer may be published.")),
        may("channel", word(words_of!(Channel), "Triage and administrators only.")),
        may("received_at", instant("Not in the future. Triage and administrators only.")),
    ];
    let example = json!({
        "text": "I handed in my form eight weeks ago; the date on the receipt has passed and \
            nobody tells me when I get the result.",
        "reporter": {"kind": "individual", "name": "Sam Sample", "email": "sam@example.org"},
        "agency": samples.agency,
    });
    body("A case as it is filed.", members, example).with_files("case")
}

/// The body of a citizen's step.
pub fn citizen_step(verb: Verb) -> Option<Body> {
    Some(match verb {
        Verb::Message => body(
            "",
            vec![must("text", written("To whoever works on the case."))],
            json!({"text": "I found the receipt: it says the fourth floor."}),
        ),
        Verb::Rating => body(
            "",
            vec![must("score", score()), may("text", maybe("Why."))],
            json!({"score": RATING_MAX, "text": "It was settled within a week."}),
        ),
        Verb::Reopen => body(
            "",
            vec![must("reason", written("What the answer leaves open."))],
            json!({"reason": "The office was closed on the day that you named."}),
        ),
        Verb::Withdraw => body("", vec![may("reason", maybe("Why."))], json!({})),
        Verb::Contact => body(
            "What is not given stays as it is.",
            vec![
                may("email", email("")),
                may("phone", phone("")),
                may("hide_identity", yes_no("No agency may see who filed.")),
            ],
            json!({"email": "sam@example.org"}),
        ),
        _ => return None,
    })
}

/// The body of a step of the desk.
pub fn desk_step(verb: Verb, samples: &Samples) -> Option<Body> {
    let text = |says: &str, example: &str| {
        body("", vec![must("text", written(says))], json!({ "text": example }))
    };
    let reason = |says: &str, example: &str| {
        body("", vec![must("reason", written(says))], json!({ "reason": example }))
    };
    Some(match verb {
        Verb::Decide => decide(samples),
        Verb::Route => route(samples),
        Verb::Accept | Verb::Close => body("", vec![], json!({})),
        Verb::Return => reason("Why it is not yours.", "Another office keeps these files."),
        Verb::Ask => text("To the citizen.", "Which day stands on your receipt?"),
        Verb::Answer => text("To the citizen.", "Your form is ready; please bring the receipt."),
        Verb::Approve => body(
            "",
            vec![must("what", word(words_of!(What), "What waits for approval."))],
            json!({"what": What::Answer}),
        ),
        Verb::ReturnAnswer => reason("What to mend.", "Please say on which day."),
        Verb::Extend => extend(samples),
        Verb::Refer => refer(samples),
        Verb::Refuse => refuse(samples),
        Verb::Note => text("For the desk alone.", "Called the office; they look for the file."),
        Verb::Assign => body(
            "",
            vec![may("user", or_null(officer("Who works on it; null: nobody.")))],
            json!({"user": "admin@localhost"}),
        ),
        Verb::Restrict => restrict(),
        Verb::Resend => body(
            "",
            vec![may("what", word(["receipt"], "There is one kind."))],
            json!({"what": "receipt"}),
        ),
        Verb::Reopen => reason("Why.", "The answer was about another case."),
        Verb::Message | Verb::Contact | Verb::Rating | Verb::Withdraw => return None,
    })
}

fn decide(samples: &Samples) -> Body {
    let sides = words_of!(Scope).filter(|side| *side != Scope::Ask.word());
    let category = || code("/api/v1/categories", &samples.category, "");
    let members = vec![
        must("scope", word(sides, "")),
        may("category", code("/api/v1/categories", &samples.category, "Of the same scope.")),
        may("authority", named("Authority", "")),
        may("labels", list(category(), "Further categories; the lead is added.")),
        may("flags", list(named("Flag", ""), "Replace the ones that stand.")),
        may("reason", maybe("For the desk alone.")),
    ];
    let example = json!({"scope": Scope::In, "category": samples.category});
    body("What is not given stays as it is.", members, example)
}

fn route(samples: &Samples) -> Body {
    let members = vec![
        must("agency", code("/api/v1/agencies", &samples.agency, "Who answers.")),
        may("reason", maybe("For the desk alone.")),
    ];
    body("", members, json!({"agency": samples.agency}))
}

fn extend(samples: &Samples) -> Body {
    let limit = format!(
        "After the present due date and at most {EXTENSION_MAX_DAYS} days from today; a day off \
         becomes the next working day. An instant counts as its day."
    );
    let members =
        vec![must("due_at", day(&limit)), must("reason", written("The citizen is told."))];
    let example = json!({"due_at": samples.due_day, "reason": "A survey of the place is needed."});
    body("", members, example)
}

fn refer(samples: &Samples) -> Body {
    let destination =
        text("A code of the pack's destinations.").examples([samples.destination.as_str()]);
    let members = vec![must("destination", destination), may("text", maybe("To the citizen."))];
    body("", members, json!({"destination": samples.destination}))
}

fn refuse(samples: &Samples) -> Body {
    let reason = text("A code of the pack's refusal reasons.").examples([samples.refusal.as_str()]);
    let members = vec![must("reason_code", reason), may("text", maybe("To the citizen."))];
    body("", members, json!({"reason_code": samples.refusal}))
}

fn restrict() -> Body {
    let readers: Shape = list(officer(""), "Who may read it beside the confidential.").into();
    let members = vec![
        must("restricted", yes_no("")),
        must("reason", written("For the desk alone.")),
        may("readers", readers),
    ];
    let example = json!({"restricted": true, "reason": "The text names an official."});
    body("", members, example)
}

/// The body of `POST /api/v1/desk/preview`.
pub fn preview() -> Body {
    let members = vec![must("text", text_of(TEXT_MIN, TEXT_MAX, "Nothing of it is stored."))];
    body("", members, json!({"text": "My form was handed in and nothing came of it."}))
}

/// The body of `POST /api/v1/session`.
pub fn sign_in() -> Body {
    let members = vec![
        must("email", text_of(TYPED.min, TYPED.max, "")),
        must("password", text_of(TYPED.min, TYPED.max, "")),
    ];
    body("", members, json!({"email": "an@city.example", "password": "seven brave otters"}))
}

/// The body of `POST /api/v1/me/password`.
pub fn change_password() -> Body {
    let (min, max) = NEW_PASSWORD_CHARS;
    let members = vec![
        must("password", text_of(TYPED.min, TYPED.max, "The present one.")),
        must("new_password", text_of(min, max, "Neither common nor made of your name.")),
    ];
    let example = json!({"password": "seven brave otters", "new_password": "nine quiet herons"});
    body("", members, example)
}
