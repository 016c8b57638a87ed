//! Following a case by its code: the receipt, the state, and the steps that its sender may take.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::form::{Errors, Typed, is_mendable};
use super::frame::{Frame, is_own_form, see_other};
use super::kept::{self, Kept};
use crate::domain::case::{Status, Verb};
use crate::domain::view::CitizenView;
use crate::index::query::is_number;
use crate::seal::{TypedCode, read_code};
use crate::web::api::attachments::named;
use crate::web::api::cases;
use crate::web::ask::Ask;
use crate::web::failure::{Failure, Kind};
use crate::web::limits::{Limited, Limits};
use crate::web::upload;

#[derive(Template)]
#[template(path = "track_box.html")]
struct CodeBox<'a> {
    f: &'a Frame,
    code: &'a str,
    errors: &'a Errors,
}

#[derive(Template)]
#[template(path = "receipt.html")]
struct Receipt<'a> {
    f: &'a Frame,
    code: &'a str,
    case: &'a CitizenView,
    url: String,
}

#[derive(Template)]
#[template(path = "track.html")]
struct Page<'a> {
    f: &'a Frame,
    code: &'a str,
    case: &'a CitizenView,
    /// 1 to 5.
    at: usize,
    errors: &'a Errors,
    typed: &'a Typed,
    verb: &'a str,
    /// Files of a form that came back.
    kept: Vec<Kept>,
}

impl Page<'_> {
    fn can(&self, verb: &str) -> bool {
        self.case.can.iter().any(|v| v.word() == verb)
    }

    /// What was typed into this verb's form, where it came back.
    fn typed_in(&self, verb: &str, name: &str) -> &str {
        if self.verb == verb { self.typed.get(name) } else { "" }
    }
}

/// `GET /track`
pub async fn code_box(ask: Ask, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let frame = Frame::new(&ask, &request, "track-title")?;
    frame.page(&CodeBox { f: &frame, code: "", errors: &Errors::default() })
}

/// `POST /track`: the code stays out of logs of proxies until it is known to be one.
pub async fn open(
    ask: Ask,
    limits: web::Data<Limits>,
    request: HttpRequest,
    form: web::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Failure> {
    let typed = Typed { pairs: form.into_inner() };
    let code = typed.get("code");
    let found = match (limits.count(Limited::LookUp, &ask.client), read_code(code)) {
        (Err(failure), _) => Err(failure),
        (Ok(()), TypedCode::Mistyped) => Err(Failure::new(Kind::MistypedCode)),
        (Ok(()), TypedCode::Good(good)) => {
            cases::view_by_code(&ask, code).await.map(|_| good.clone())
        }
    };
    match found {
        Ok(good) => Ok(see_other(&format!("/track/{good}"))),
        Err(failure) => unknown(&ask, &request, code, &failure),
    }
}

fn unknown(
    ask: &Ask,
    request: &HttpRequest,
    code: &str,
    failure: &Failure,
) -> Result<HttpResponse, Failure> {
    let frame = Frame::new(ask, request, "track-title")?;
    let mut errors = Errors::default();
    let is_code_wrong = matches!(failure.kind, Kind::MistypedCode | Kind::UnknownCode);
    let message = match is_code_wrong && is_number(code.trim()) {
        true => ask.say("track-is-number"),
        false => failure.title(&ask.context.messages, &ask.language),
    };
    errors.list.push(super::form::Wrong { field: "code".into(), message });
    let status = failure.kind.status();
    let page = frame.page_with(status, &CodeBox { f: &frame, code, errors: &errors })?;
    Ok(failure.mark(page))
}

/// `GET /track/{code}`
pub async fn read(
    ask: Ask,
    limits: web::Data<Limits>,
    request: HttpRequest,
    path: web::Path<String>,
) -> Result<HttpResponse, Failure> {
    limits.count(Limited::LookUp, &ask.client)?;
    match cases::view_by_code(&ask, &path).await {
        Ok(case) => {
            let (errors, typed) = (Errors::default(), Typed::default());
            page(&ask, &request, (&path, &case), (&errors, &typed, ""))
        }
        Err(failure) if failure.kind.status() == StatusCode::NOT_FOUND => {
            unknown(&ask, &request, &path, &failure)
        }
        Err(failure) => Err(failure),
    }
}

/// `GET /track/{code}/receipt`
pub async fn receipt(
    ask: Ask,
    limits: web::Data<Limits>,
    request: HttpRequest,
    path: web::Path<String>,
) -> Result<HttpResponse, Failure> {
    limits.count(Limited::LookUp, &ask.client)?;
    let case = cases::view_by_code(&ask, &path).await?;
    let frame = Frame::new(&ask, &request, "receipt-title")?;
    let url = format!("{}/track/{}", ask.context.public_url, path.as_str());
    frame.page(&Receipt { f: &frame, code: &path, case: &case, url })
}

/// `POST /track/{code}/{verb}`
pub async fn step(
    ask: Ask,
    limits: web::Data<Limits>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    payload: web::Payload,
) -> Result<HttpResponse, Failure> {
    let (code, word) = path.into_inner();
    let mut sent = upload::form(&request, payload).await?;
    let mut typed = Typed { pairs: std::mem::take(&mut sent.pairs) };
    let verb: Verb = word.parse().map_err(|_| Failure::new(Kind::NotFound))?;
    limits.count(Limited::LookUp, &ask.client)?;
    let mut errors = Errors::default();
    if is_own_form(&ask, &request, typed.get("token")) {
        let taken = take(&ask, &limits, &request, (&code, verb), (&mut typed, sent)).await;
        match taken {
            Ok(None) => return Ok(see_other(&format!("/track/{code}"))),
            Ok(Some(wrong)) => errors = wrong,
            Err(failure) if is_mendable(&failure) => {
                errors = Errors::of_failure(&ask, &failure);
                let case = cases::view_by_code(&ask, &code).await?;
                return page(&ask, &request, (&code, &case), (&errors, &typed, &word));
            }
            Err(failure) => return Err(failure),
        }
    }
    if errors.is_empty() {
        errors.whole(ask.say("form-token"));
    }
    let case = cases::view_by_code(&ask, &code).await?;
    page(&ask, &request, (&code, &case), (&errors, &typed, &word))
}

/// Takes the step with the files that came with it, or says what is wrong with them.
async fn take(
    ask: &Ask,
    limits: &Limits,
    request: &HttpRequest,
    (code, verb): (&str, Verb),
    (typed, sent): (&mut Typed, upload::Sent),
) -> Result<Option<Errors>, Failure> {
    // Whoever does not know the code leaves nothing here.
    cases::view_by_code(ask, code).await?;
    let wrong = kept::take_in(ask, request, limits, typed, sent).await?;
    if !wrong.is_empty() {
        return Ok(Some(wrong));
    }
    let files = kept::load(ask, typed).await?;
    let mut fields = typed.fields();
    if !files.is_empty() {
        named(&mut fields, files.iter().map(|file| file.name.as_str()));
    }
    cases::take_step(ask, code, verb, (fields, files)).await?;
    kept::forget(ask, typed).await;
    Ok(None)
}

fn page(
    ask: &Ask,
    request: &HttpRequest,
    (code, case): (&str, &CitizenView),
    (errors, typed, verb): (&Errors, &Typed, &str),
) -> Result<HttpResponse, Failure> {
    let mut frame = Frame::new(ask, request, "track-title")?;
    frame.title = format!("{} {}", frame.title, case.number);
    frame.at_address(&format!("/track/{code}"));
    let at = match case.status {
        Status::Received => 1,
        Status::Forwarded => 2,
        Status::InProgress | Status::NeedsInfo | Status::AnswerReview => 3,
        Status::Answered | Status::Referred | Status::Refused => 4,
        Status::Closed | Status::Withdrawn => 5,
    };
    let kept = kept::of(ask, typed);
    let page = Page { f: &frame, code, case, at, errors, typed, verb, kept };
    frame.form(errors, &page)
}
