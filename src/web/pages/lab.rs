//! The rule lab: what would change for past cases if a cue, a line of routing or a threshold did,
//! before it does; published from a day, rolled back in one step.

mod changes;
mod trial;

use std::collections::BTreeSet;

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::choices::{self, Choice, Group};
use super::form::{Errors, Typed, taken};
use super::frame::{Frame, officer, see_other};
use crate::domain::edition::{Edition, EditionId, EditionState, Trial};
use crate::domain::truth::{TruthRow, walked};
use crate::domain::user::User;
use crate::flow::lab;
use crate::intake::edition as intake;
use crate::store::cases::{self, StoredCase};
use crate::store::users as stored;
use crate::web::ask::Ask;
use crate::web::desk_list::today;
use crate::web::failure::{Failure, Kind};

/// Where the lab stands.
const HOME: &str = "/desk/lab";
/// A page that waits for a trial looks again after so many seconds.
const LOOK_AGAIN: &str = "3";

struct Row {
    id: EditionId,
    name: String,
    state: EditionState,
    changes: i64,
    by: String,
    at: String,
    from: String,
}

#[derive(Template)]
#[template(path = "lab.html")]
struct List<'a> {
    f: &'a Frame,
    errors: &'a Errors,
    typed: &'a Typed,
    rows: Vec<Row>,
    /// Rows of the truth table, and those that the rules of today do not follow.
    truth: (i64, i64),
}

#[derive(Template)]
#[template(path = "lab_edition.html")]
struct One<'a> {
    f: &'a Frame,
    errors: &'a Errors,
    typed: &'a Typed,
    edition: Edition,
    changes: Vec<String>,
    trial: Option<trial::Shown>,
    /// The rules have changed since the trial.
    is_stale: bool,
    made: String,
    published: Option<String>,
    may_publish: bool,
    /// Also one whose trial was cut off.
    may_try: bool,
    phrases: Vec<String>,
    directions: Vec<(&'static str, String)>,
    /// Categories and, for cues that flag, flags.
    towards: Vec<Group>,
    categories: Vec<Group>,
    fields: Vec<Group>,
    areas: Vec<Group>,
    agencies: Vec<Group>,
    languages: Vec<String>,
    expected: String,
}

/// Whoever may try rules.
async fn tester(ask: &Ask, request: &HttpRequest) -> Result<User, Failure> {
    let signed = officer(ask, request).await?;
    if !signed.user.may_try_rules() {
        return Err(Failure::new(Kind::Forbidden));
    }
    Ok(signed.user)
}

/// `GET /desk/lab`
pub async fn list(ask: Ask, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let user = tester(&ask, &request).await?;
    list_page(&ask, &request, &user, &Typed::default(), &Errors::default()).await
}

/// `POST /desk/lab`: begins a draft.
pub async fn begin(
    ask: Ask,
    request: HttpRequest,
    form: web::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Failure> {
    let user = tester(&ask, &request).await?;
    let typed = Typed { pairs: form.into_inner() };
    let begun = async {
        let name = intake::name(typed.fields())?;
        Ok(lab::begin(&ask.context, name, user.id).await?)
    };
    match taken(&ask, &request, &typed, begun).await? {
        Ok(id) => Ok(see_other(&format!("{HOME}/{id}"))),
        Err(errors) => list_page(&ask, &request, &user, &typed, &errors).await,
    }
}

async fn list_page(
    ask: &Ask,
    request: &HttpRequest,
    user: &User,
    typed: &Typed,
    errors: &Errors,
) -> Result<HttpResponse, Failure> {
    let frame = Frame::of_desk(ask, request, "lab-title", user)?;
    let officers = ask.context.store.read(stored::all).await?;
    let rules = &ask.context.rules;
    let faults = crate::domain::edition::truth_faults(rules, today(ask)).len();
    let row = |edition: Edition| Row {
        id: edition.id,
        state: edition.state,
        changes: count(edition.changes.len()),
        by: name_of(&officers, edition.made_by),
        at: frame.at(&edition.made_at),
        from: edition.valid_from.map_or(String::new(), |day| day_words(&frame, day)),
        name: edition.name,
    };
    let page = List {
        errors,
        typed,
        rows: lab::list(&ask.context).await?.into_iter().map(row).collect(),
        truth: (count(rules.truth.len()), count(faults)),
        f: &frame,
    };
    frame.form(errors, &page)
}

/// `GET /desk/lab/{id}`; `?cue=` and `?rule=` fill the forms with what stands.
pub async fn one(
    ask: Ask,
    request: HttpRequest,
    id: web::Path<EditionId>,
) -> Result<HttpResponse, Failure> {
    let user = tester(&ask, &request).await?;
    let edition = lab::one(&ask.context, id.into_inner()).await?;
    let asked = crate::web::api::pairs(&request)?;
    let typed = changes::standing(&ask.context.rules, &edition, &asked);
    one_page(&ask, &request, &user, edition, &typed, &Errors::default()).await
}

/// `POST /desk/lab/{id}/{verb}`
pub async fn step(
    ask: Ask,
    request: HttpRequest,
    path: web::Path<(EditionId, String)>,
    form: web::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Failure> {
    let user = tester(&ask, &request).await?;
    let (id, verb) = path.into_inner();
    let typed = Typed { pairs: form.into_inner() };
    let done = act(&ask, &user, id, &verb, &typed);
    match taken(&ask, &request, &typed, done).await? {
        Ok(()) if verb == "discard" => Ok(see_other(HOME)),
        Ok(()) => Ok(see_other(&format!("{HOME}/{id}"))),
        Err(errors) => {
            let edition = lab::one(&ask.context, id).await?;
            one_page(&ask, &request, &user, edition, &typed, &errors).await
        }
    }
}

async fn act(
    ask: &Ask,
    user: &User,
    id: EditionId,
    verb: &str,
    typed: &Typed,
) -> Result<(), Failure> {
    let context = &ask.context;
    if let Some(change) = intake::change(verb, typed.fields(), &context.rules, today(ask)) {
        return Ok(lab::add(context, id, change?).await?);
    }
    match verb {
        "remove" => {
            let place = typed.get("place").parse().map_err(|_| Failure::new(Kind::NotFound))?;
            lab::remove(context, id, place).await?;
        }
        "try" => {
            lab::ask_trial(context, id).await?;
            ask.app.nudge.notify_waiters();
        }
        "discard" => lab::discard(context, id).await?,
        "publish" | "roll_back" if !user.may_administer() => {
            return Err(Failure::new(Kind::Forbidden));
        }
        "publish" => {
            let from = intake::from_day(typed.fields())?;
            lab::publish(context, id, user.id, from).await?;
            super::admin::refresh(ask).await?;
        }
        "roll_back" => {
            lab::roll_back(context, id, user.id).await?;
            super::admin::refresh(ask).await?;
        }
        _ => return Err(Failure::new(Kind::NotFound)),
    }
    Ok(())
}

async fn one_page(
    ask: &Ask,
    request: &HttpRequest,
    user: &User,
    mut edition: Edition,
    typed: &Typed,
    errors: &Errors,
) -> Result<HttpResponse, Failure> {
    if let Some(trial) = &mut edition.trial {
        keep_seen(ask, user, trial).await?;
    }
    let mut frame = Frame::of_desk(ask, request, "lab-title", user)?;
    frame.at_address(&format!("{HOME}/{}", edition.id));
    let officers = ask.context.store.read(stored::all).await?;
    let rules = &ask.context.rules;
    let waits = matches!(edition.state, EditionState::Waiting | EditionState::Trying);
    let published = edition.published_at.zip(edition.published_by);
    let tried_on = edition.trial.as_ref().map(|trial| trial.rules_version);
    let page = One {
        errors,
        typed,
        changes: changes::sentences(ask, &frame, &edition.changes),
        trial: edition.trial.as_ref().map(|found| trial::shown(ask, &frame, found)),
        is_stale: edition.is_open() && tried_on.is_some_and(|on| on != rules.rules_version),
        made: format!("{} · {}", name_of(&officers, edition.made_by), frame.at(&edition.made_at)),
        published: published
            .map(|(at, by)| format!("{} · {}", name_of(&officers, by), frame.at(&at))),
        may_publish: user.may_administer(),
        may_try: (waits || edition.is_open()) && !edition.changes.is_empty(),
        phrases: rules.cues.iter().map(|cue| cue.phrase.clone()).collect(),
        directions: changes::directions(&frame),
        towards: changes::towards(ask),
        categories: choices::categories(ask),
        fields: changes::fields(ask),
        areas: choices::areas(ask),
        agencies: offices(ask),
        languages: rules.settings.languages.clone(),
        expected: csv_of(&rules.truth)?,
        edition,
        f: &frame,
    };
    let status = match errors.is_empty() {
        true => StatusCode::OK,
        false => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let mut builder = HttpResponse::build(status);
    if waits {
        builder.insert_header(("refresh", LOOK_AGAIN));
    }
    frame.render(builder, &page)
}

/// Leaves out the cases that are out of the reader's sight since the trial.
async fn keep_seen(ask: &Ask, user: &User, trial: &mut Trial) -> Result<(), Failure> {
    let numbers: Vec<String> = trial.moved.iter().map(|moved| moved.number.clone()).collect();
    let read = ask.context.store.read(move |conn| cases::by_numbers(conn, &numbers));
    let known: Vec<StoredCase> = read.await?;
    let rules = &ask.context.rules;
    let seen = known.iter().map(|stored| &stored.case).filter(|case| user.may_see(case, rules));
    let seen: BTreeSet<&str> = seen.map(|case| case.number.as_str()).collect();
    trial.moved.retain(|moved| seen.contains(moved.number.as_str()));
    Ok(())
}

/// Agencies, and the two places that a rule can name instead.
fn offices(ask: &Ask) -> Vec<Group> {
    let place = |code: &str, id: &str| Choice { code: code.to_owned(), name: ask.say(id) };
    let options = vec![place("@area", "lab-at-area"), place("@parent", "lab-at-parent")];
    let mut out = vec![Group { name: ask.say("lab-at"), options }];
    out.extend(choices::agencies(ask));
    out
}

/// `GET /desk/lab/truth.csv`: what the rules of today do with every combination.
pub async fn truth(ask: Ask, request: HttpRequest) -> Result<HttpResponse, Failure> {
    tester(&ask, &request).await?;
    let rows = walked(&ask.context.rules, today(&ask));
    Ok(file(csv_of(&rows)?, "truth.csv"))
}

/// `GET /desk/lab/expected.csv`: what they are expected to do.
pub async fn expected(ask: Ask, request: HttpRequest) -> Result<HttpResponse, Failure> {
    tester(&ask, &request).await?;
    Ok(file(csv_of(&ask.context.rules.truth)?, "expected.csv"))
}

fn file(body: String, name: &str) -> HttpResponse {
    let disposition = format!("attachment; filename=\"{name}\"");
    HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header(("content-disposition", disposition))
        .body(body)
}

fn csv_of(rows: &[TruthRow]) -> Result<String, Failure> {
    let failed = |error: String| {
        tracing::error!(%error, "the truth table cannot be written");
        Failure::new(Kind::Internal)
    };
    let mut writer = csv::Writer::from_writer(Vec::new());
    for row in rows {
        writer.serialize(row).map_err(|e| failed(e.to_string()))?;
    }
    let bytes = writer.into_inner().map_err(|e| failed(e.to_string()))?;
    String::from_utf8(bytes).map_err(|e| failed(e.to_string()))
}

fn name_of(officers: &[User], id: i64) -> String {
    officers.iter().find(|user| user.id == id).map_or(String::new(), |user| user.name.clone())
}

fn day_words(frame: &Frame, day: chrono::NaiveDate) -> String {
    frame.ask.context.messages.day(frame.language(), day)
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
