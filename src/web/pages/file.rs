//! Filing a case in four steps, without a script: earlier answers travel as hidden fields, and
//! nothing typed is lost.

use actix_web::http::header::{CACHE_CONTROL, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::choices::{self, Group};
use super::form::{Errors, Typed, is_mendable};
use super::frame::{Frame, is_own_form, see_other};
use super::kept::{self, Kept};
use crate::domain::case::Channel;
use crate::domain::event::Actor;
use crate::domain::in_language;
use crate::domain::proposal::Question;
use crate::domain::scope::{Flag, Scope};
use crate::domain::submission::Submission;
use crate::domain::view;
use crate::flow::receive::{RequestKey, decide, receive, repeated};
use crate::intake::IntakeError;
use crate::intake::attachment::FIELD;
use crate::intake::rest::{Door, submission};
use crate::seal::{Purpose, hex, random};
use crate::web::ask::Ask;
use crate::web::failure::{Failure, Kind};
use crate::web::limits::{Limited, Limits};
use crate::web::upload;

/// The fields of each step; the last step reviews.
const STEPS: [&[&str]; 3] = [
    &["text", "title", "procedure"],
    &["area", "agency"],
    &[
        "reporter.kind",
        "reporter.name",
        "reporter.email",
        "reporter.phone",
        "reporter.address",
        "anonymous",
        "hide_identity",
        "consent_publish",
    ],
];
const REVIEW: usize = 4;

/// What the review says before anything is sent.
struct Review {
    agency: Option<String>,
    due: Option<String>,
    is_in: bool,
    is_out: bool,
    guidance: Option<(String, String)>,
    warnings: Vec<String>,
    /// What was chosen, in words: name of the field, value, the step where it is changed.
    facts: Vec<(String, String, usize)>,
}

#[derive(Template)]
#[template(path = "file.html")]
struct Page<'a> {
    f: &'a Frame,
    step: usize,
    typed: &'a Typed,
    errors: &'a Errors,
    hidden: Vec<(String, String)>,
    kept: Vec<Kept>,
    signed: String,
    form: String,
    areas: Vec<Group>,
    agencies: Vec<Group>,
    procedures: Vec<Group>,
    review: Option<Review>,
    text_max: String,
}

/// `GET /file`
pub async fn start(ask: Ask, request: HttpRequest) -> Result<HttpResponse, Failure> {
    show(&ask, &request, &Typed::default(), 1, &Errors::default()).await
}

/// `POST /file`
pub async fn step(
    ask: Ask,
    limits: web::Data<Limits>,
    request: HttpRequest,
    payload: web::Payload,
) -> Result<HttpResponse, Failure> {
    let mut sent = upload::form(&request, payload).await?;
    let mut typed = Typed { pairs: std::mem::take(&mut sent.pairs) };
    let at: usize = typed.get("step").parse().unwrap_or(1).clamp(1, REVIEW);
    let mut errors = Errors::default();
    let earlier = hidden(&typed, at);
    let is_own = is_own_form(&ask, &request, typed.get("token"));
    if !is_own || sign(&ask, &earlier) != typed.get("signed") {
        errors.whole(ask.say("form-token"));
        return show(&ask, &request, &typed, at, &errors).await;
    }
    // Wherever the form goes, what was chosen in it goes along.
    let files = kept::take_in(&ask, &request, &limits, &mut typed, sent).await?;
    let go = typed.get("go");
    if !files.is_empty() {
        let errors = files.and(wrong_until(&ask, &typed, at));
        return show(&ask, &request, &typed, at, &errors).await;
    }
    if go == "back" {
        return show(&ask, &request, &typed, at.saturating_sub(1).max(1), &errors).await;
    }
    if go == "stay" {
        return show(&ask, &request, &typed, at, &errors).await;
    }
    if let Some(step) = go.strip_prefix("step").and_then(|n| n.parse().ok()) {
        return show(&ask, &request, &typed, usize::clamp(step, 1, REVIEW), &errors).await;
    }
    let errors = wrong_until(&ask, &typed, at);
    if !errors.is_empty() {
        let first = first_wrong(&errors, at);
        return show(&ask, &request, &typed, first, &errors).await;
    }
    if at < REVIEW {
        return show(&ask, &request, &typed, at + 1, &errors).await;
    }
    match send(&ask, &limits, &mut typed).await {
        Ok(code) => Ok(see_other(&format!("/track/{code}/receipt"))),
        Err(failure) if failure.kind == Kind::KeyReused => again(&ask, &request, typed).await,
        Err(failure) if is_mendable(&failure) => {
            let errors = Errors::of_failure(&ask, &failure);
            let step = if errors.has(FIELD) { 1 } else { REVIEW };
            show(&ask, &request, &typed, step, &errors).await
        }
        Err(failure) => Err(failure),
    }
}

/// The form was sent before with other words: as a new form it may be sent as another case.
async fn again(
    ask: &Ask,
    request: &HttpRequest,
    mut typed: Typed,
) -> Result<HttpResponse, Failure> {
    typed.pairs.retain(|(name, _)| name != "form");
    let mut errors = Errors::default();
    errors.whole(ask.say("file-again"));
    show(ask, request, &typed, REVIEW, &errors).await
}

/// The step where the first error can be mended.
fn first_wrong(errors: &Errors, at: usize) -> usize {
    let wrong = |fields: &&&[&str]| fields.iter().any(|name| errors.has(name));
    let found = STEPS.iter().zip(1..).find(|(fields, _)| wrong(fields));
    found.map_or(at, |(_, step)| step)
}

/// The fields of all other steps, which travel along.
fn hidden(typed: &Typed, step: usize) -> Vec<(String, String)> {
    let mut out = Vec::new();
    for (fields, number) in STEPS.iter().zip(1..) {
        if number == step {
            continue;
        }
        for name in *fields {
            let value = typed.get(name);
            if !value.is_empty() {
                out.push(((*name).to_owned(), value.to_owned()));
            }
        }
    }
    out
}

fn sign(ask: &Ask, pairs: &[(String, String)]) -> String {
    let mut all = "draft".to_owned();
    for (name, value) in pairs {
        // Browsers send line ends as CRLF, whatever stood in the field.
        let value = value.replace("\r\n", "\n");
        all.push_str(&format!("\n{name} {} {value}", value.len()));
    }
    hex(&ask.app.seal.hash(Purpose::Request, all.as_bytes()))
}

fn read(ask: &Ask, typed: &Typed) -> Result<Submission, IntakeError> {
    let names: Vec<&str> = STEPS.iter().flat_map(|fields| fields.iter().copied()).collect();
    let is_anonymous = typed.is_on("anonymous");
    let who = |n: &str| n.starts_with("reporter.") && n != "reporter.kind";
    let mut kept = typed.clone();
    kept.pairs.retain(|(n, _)| names.contains(&n.as_str()) && !(is_anonymous && who(n)));
    let door = Door {
        rules: &ask.context.rules,
        now: ask.context.now,
        channel: Channel::Web,
        may_say_channel: false,
        is_history: false,
        language: &ask.language,
    };
    let mut fields = kept.fields();
    let read = submission(&mut fields, &door);
    fields.finish(read)
}

/// What is wrong in the steps so far.
fn wrong_until(ask: &Ask, typed: &Typed, step: usize) -> Errors {
    let Err(IntakeError::Invalid(mut wrong)) = read(ask, typed) else { return Errors::default() };
    let so_far: Vec<&str> =
        STEPS.iter().take(step).flat_map(|fields| fields.iter().copied()).collect();
    wrong.retain(|e| so_far.contains(&e.field.as_str()));
    Errors::of_fields(ask, &wrong)
}

/// Stores the case; the same form twice is one case.
async fn send(ask: &Ask, limits: &Limits, typed: &mut Typed) -> Result<String, Failure> {
    let submission = read(ask, typed).map_err(Failure::from)?;
    limits.count(Limited::Submit, &ask.client)?;
    let mut said = sign(ask, &hidden(typed, REVIEW));
    kept::of(ask, typed).iter().for_each(|kept| said.push_str(&kept.draft));
    let form = typed.get("form");
    let seal = &ask.app.seal;
    let key = RequestKey {
        key: seal.hash(Purpose::Request, format!("form {form}").as_bytes()),
        request: seal.hash(Purpose::Request, said.as_bytes()),
    };
    // Files of a form that was taken before wait no more.
    if let Some(stored) = repeated(&ask.context, &key).await? {
        return Ok(seal.code(&stored.keys.uid));
    }
    let files = kept::load(ask, typed).await?;
    let came = (submission, files);
    let taken = receive(&ask.context, came, Actor::CITIZEN, Some(key)).await?;
    kept::forget(ask, typed).await;
    ask.has_taken(&taken);
    Ok(seal.code(&taken.stored.keys.uid))
}

async fn show(
    ask: &Ask,
    request: &HttpRequest,
    typed: &Typed,
    step: usize,
    errors: &Errors,
) -> Result<HttpResponse, Failure> {
    let mut frame = Frame::new(ask, request, &format!("file-title-{step}"))?;
    frame.carries = true;
    let form = match typed.get("form") {
        "" => hex(&random::<16>().map_err(|_| Failure::new(Kind::Internal))?),
        known => known.to_owned(),
    };
    let review = match step == REVIEW {
        true => review(ask, &frame, typed).await?,
        false => None,
    };
    let hidden = hidden(typed, step);
    let lists = |wanted: bool, list: fn(&Ask) -> Vec<Group>| match wanted {
        true => list(ask),
        false => Vec::new(),
    };
    let page = Page {
        step,
        typed,
        errors,
        signed: sign(ask, &hidden),
        hidden,
        kept: kept::of(ask, typed),
        form,
        procedures: lists(step == 1, choices::procedures),
        areas: lists(step == 2, choices::areas),
        agencies: lists(step == 2, choices::agencies),
        review,
        text_max: frame.number(&20_000),
        f: &frame,
    };
    let mut page = frame.form(errors, &page)?;
    // The browser may keep a step for its own Back, which cannot be asked for again by a form's
    // address; it asks anew in every other case.
    page.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    Ok(page)
}

/// Who will probably answer and by when, and what one should know before sending.
async fn review(ask: &Ask, f: &Frame, typed: &Typed) -> Result<Option<Review>, Failure> {
    let Ok(submission) = read(ask, typed) else { return Ok(None) };
    let rules = &ask.context.rules;
    let question = Question {
        text: submission.text.clone(),
        title: submission.title.clone(),
        about: submission.agency,
        area: submission.area,
        procedure: submission.procedure.clone(),
        flags: Default::default(),
    };
    let proposal = decide(&ask.context, question, ask.context.now).await?;
    let decided = &proposal.decided;
    let route = proposal.route.as_ref().filter(|_| decided.scope != Scope::Out);
    let agency = view::agency_name(rules, route.map(|r| r.agency), &ask.language);
    let is_out = decided.scope == Scope::Out;
    let category = decided.category.as_deref().filter(|_| is_out);
    let destination = category.and_then(|c| rules.destination_for(c));
    let guidance = destination.map(|d| {
        let name = in_language(&d.names, &ask.language).to_owned();
        (name, in_language(&d.guidance, &ask.language).to_owned())
    });
    let mut warnings = Vec::new();
    for (flag, id) in [
        (Flag::DenunciationSuspected, "file-warn-denunciation"),
        (Flag::Urgent, "file-warn-urgent"),
        (Flag::PersonalData, "file-warn-personal"),
    ] {
        let is_plain = decided.restricts && flag == Flag::DenunciationSuspected;
        if decided.flags.contains(&flag) {
            warnings.push(ask.say(if is_plain { "file-warn-restricted" } else { id }));
        }
    }
    Ok(Some(Review {
        agency: agency.map(|a| a.name),
        due: decided.deadline.as_ref().map(|d| f.due(&d.due_at).words),
        is_in: decided.scope == Scope::In,
        is_out,
        guidance,
        warnings,
        facts: facts(ask, f, typed, &submission),
    }))
}

fn facts(
    ask: &Ask,
    f: &Frame,
    typed: &Typed,
    submission: &Submission,
) -> Vec<(String, String, usize)> {
    let (rules, language) = (&ask.context.rules, ask.language.as_str());
    let mut out = Vec::new();
    let mut fact = |id: &str, value: Option<String>, step: usize| {
        let value = value.unwrap_or_else(|| ask.say("file-none"));
        out.push((ask.say(id), value, step));
    };
    let name = |names| in_language(names, language).to_owned();
    fact("file-title", submission.title.clone(), 1);
    let files = kept::of(ask, typed);
    let files: Vec<String> =
        files.iter().map(|one| format!("{} ({})", one.name, f.size(&one.size))).collect();
    fact("files-title", (!files.is_empty()).then(|| files.join(", ")), 1);
    let procedure = submission.procedure.as_deref().and_then(|p| rules.procedure(p));
    fact("file-procedure", procedure.map(|p| name(&p.names)), 1);
    fact("file-area", submission.area.and_then(|a| rules.area(a)).map(|a| name(&a.names)), 2);
    let about = submission.agency.and_then(|a| rules.agency(a));
    fact("file-agency", about.map(|a| name(&a.names)), 2);
    fact("file-kind", Some(ask.say(&format!("kind-{}", submission.reporter.kind))), 3);
    let consent = if submission.consent_publish { "file-consent-yes" } else { "file-consent-no" };
    fact("file-consent-short", Some(ask.say(consent)), 3);
    if submission.anonymous {
        fact("file-identity", Some(ask.say("file-anonymous-short")), 3);
        return out;
    }
    let reporter = &submission.reporter;
    fact("field-name", reporter.name.clone(), 3);
    fact("field-email", reporter.email.clone(), 3);
    fact("field-phone", reporter.phone.clone(), 3);
    fact("field-address", reporter.address.clone(), 3);
    if typed.is_on("hide_identity") {
        fact("file-identity", Some(ask.say("file-hide-short")), 3);
    }
    out
}
