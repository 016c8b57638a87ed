//! The operations that are neither the citizens' nor the desk's: lists to choose from, reports, who
//! is signed in, how the service is.

use utoipa::openapi::path::{HttpMethod, Parameter};

use super::kit::{day, word, words_of};
use super::requests;
use super::route::{Access, Answer, Route, answer, posts, query, reads};
use super::samples::Samples;
use super::words::code;
use crate::domain::figures::{Split, Step};
use crate::domain::user::Role;
use crate::web::api::reports::{BY_DEFAULT, DAYS_MAX, SPLIT_DEFAULT};
use crate::web::failure::Kind;

pub const LISTS: &str = "Lists";
pub const REPORTS: &str = "Reports";
pub const ACCOUNT: &str = "Account";
pub const SERVICE: &str = "Service";

/// The operations.
pub fn routes(samples: &Samples) -> Vec<Route> {
    let mut out = lists();
    out.extend(reports(samples));
    out.extend(account());
    out.extend(service());
    out
}

fn lists() -> Vec<Route> {
    let one = |path: &str, id: &str, schema, summary: &str| Route {
        answers: vec![answer(200, schema, "All of them, in the reader's language.")],
        problems: vec![Kind::Internal],
        ..reads(LISTS, path, id, summary)
    };
    vec![
        one("/api/v1/agencies", "listAgencies", "Agencies", "Agencies that exist today"),
        one("/api/v1/areas", "listAreas", "Areas", "Areas that exist today"),
        one("/api/v1/categories", "listCategories", "Categories", "Categories of cases"),
        one("/api/v1/procedures", "listProcedures", "Procedures", "Administrative procedures"),
    ]
}

fn reports(samples: &Samples) -> Vec<Route> {
    let plain = period(samples);
    let mut cut = period(samples);
    let by = word(words_of!(Step), "").default(Some(BY_DEFAULT.word().into()));
    let split = word(words_of!(Split), "").default(Some(SPLIT_DEFAULT.word().into()));
    cut.extend([query("by", by, "The length of a period."), query("split", split, "By what.")]);
    let text = "Days are days of the pack's time zone. Restricted cases are counted.";
    let report = |path: &str, id: &str, schema, summary: &str, parameters| Route {
        text: text.to_owned(),
        access: Access::Officers(Role::ALL),
        parameters,
        answers: vec![answer(200, schema, "The figures.")],
        problems: vec![Kind::Invalid],
        ..reads(REPORTS, path, id, summary)
    };
    vec![
        report("/api/v1/reports/summary", "summary", "Summary", "Figures of a period", plain),
        report("/api/v1/reports/series", "series", "Series", "Cases received over time", cut),
        accuracy(samples),
    ]
}

fn period(samples: &Samples) -> Vec<Parameter> {
    let says = "With every agency below it, within what the role may see.";
    let agency = code("/api/v1/agencies", &samples.agency, says);
    let last = format!("The last day, included; today unless told. At most {DAYS_MAX} days.");
    vec![
        query("from", day(""), "The first day; of this month unless told."),
        query("to", day(""), &last),
        query("agency", agency, ""),
    ]
}

fn accuracy(samples: &Samples) -> Route {
    let readers = &[Role::Triage, Role::Leader, Role::Oversight, Role::Admin];
    Route {
        text: "Measured by what officers decided afterwards. Intervals are of 95 %.".to_owned(),
        access: Access::Officers(readers),
        parameters: period(samples),
        answers: vec![answer(200, "Accuracy", "The figures.")],
        problems: vec![Kind::Invalid, Kind::Forbidden],
        ..reads(REPORTS, "/api/v1/reports/accuracy", "accuracy", "How right the machine is")
    }
}

fn account() -> Vec<Route> {
    let done = |says| Answer { status: 204, says, schema: None, headers: Vec::new() };
    let cookie = ("Set-Cookie", "The session.");
    let sign_in = Route {
        text: "For browsers; programs send a token. Failed tries are limited: 10 of an account \
            from an address, 100 of an address, in 15 minutes."
            .to_owned(),
        body: Some(requests::sign_in()),
        answers: vec![Answer { headers: vec![cookie], ..answer(201, "Me", "Signed in.") }],
        problems: vec![Kind::Unauthorized, Kind::TooMany, Kind::Unavailable, Kind::Internal],
        ..posts(ACCOUNT, "/api/v1/session", "signIn", "Sign in")
    };
    let sign_out = Route {
        method: HttpMethod::Delete,
        text: "Ends the session of the cookie; a token stays valid.".to_owned(),
        access: Access::Signed,
        answers: vec![done("Signed out; the cookie is removed.")],
        ..reads(ACCOUNT, "/api/v1/session", "signOut", "Sign out")
    };
    let me = Route {
        access: Access::Signed,
        answers: vec![answer(200, "Me", "You.")],
        ..reads(ACCOUNT, "/api/v1/me", "me", "Who is signed in")
    };
    let password = Route {
        text: "Every other session of yours ends.".to_owned(),
        access: Access::Signed,
        body: Some(requests::change_password()),
        answers: vec![done("Changed.")],
        ..posts(ACCOUNT, "/api/v1/me/password", "changePassword", "Change your password")
    };
    vec![sign_in, sign_out, me, password]
}

fn service() -> Vec<Route> {
    let live = Route {
        answers: vec![answer(200, "Live", "It answers.")],
        ..reads(SERVICE, "/health/live", "live", "Is the process alive?")
    };
    let down = answer(503, "Ready", "No case can be taken.");
    let ready = Route {
        answers: vec![answer(200, "Ready", "A case can be taken."), down],
        problems: vec![Kind::Internal],
        ..reads(SERVICE, "/health/ready", "ready", "Can a case be taken?")
    };
    let document = Route {
        text: "`/api/docs` is the same for people.".to_owned(),
        answers: vec![answer(200, "OpenApi", "An OpenAPI 3.1 document.")],
        problems: vec![Kind::Internal],
        ..reads(SERVICE, "/api/openapi.json", "openApi", "This document")
    };
    vec![live, ready, document]
}
