//! One case at the desk: where it stands, what the machine thinks and why, the next actions, the
//! whole story.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::case_forms::{VerbForm, confirm, forms};
use super::form::{Errors, Typed, is_mendable};
use super::frame::{Frame, is_own_form, officer, see_other};
use super::kept::{self, Kept};
use super::pieces::{Piece, pieces};
use crate::domain::case::Verb;
use crate::domain::in_language;
use crate::domain::scope::{Neighbour, Reason, ReasonKind, Scope};
use crate::domain::user::User;
use crate::domain::view::{CaseView, DecisionView, Item};
use crate::flow::Changed;
use crate::intake::fields::Fields;
use crate::store::cases::StoredCase;
use crate::store::users;
use crate::web::api::desk;
use crate::web::ask::Ask;
use crate::web::failure::{Failure, Kind};
use crate::web::limits::Limits;
use crate::web::upload;

/// From this confidence the machine is said to be sure; below the next, unsure.
const SURE: f64 = 0.9;
const LIKELY: f64 = 0.7;
/// Steps that stand beside what waits for them.
const APPROVING: [&str; 2] = ["approve", "return-answer"];

/// What the machine, or an officer, says of the case, in words.
pub(super) struct Suggestion {
    pub is_machine: bool,
    pub scope: &'static str,
    pub category: String,
    /// Where the machine asks: the side it leans to.
    pub leaning: String,
    pub confidence: Option<(String, String)>,
    pub by: String,
    pub reasons: Vec<(String, String)>,
    pub neighbours: Vec<(Option<String>, String, String, String)>,
    pub model: String,
    /// The one key that confirms it.
    pub confirm: Option<VerbForm>,
}

/// A case as it is read: the text marked, the decision in words.
pub(super) struct Seen {
    pub case: CaseView,
    pub text: Vec<Piece>,
    pub suggestion: Option<Suggestion>,
    /// What the machine had said, where an officer has decided since.
    pub before: Option<Suggestion>,
}

/// The case in the words of the frame's language.
pub(super) fn seen(ask: &Ask, frame: &Frame, case: CaseView) -> Seen {
    Seen {
        text: marked(&case),
        suggestion: case
            .decision
            .as_ref()
            .map(|d| Suggestion { confirm: confirm(ask, &case), ..suggestion(ask, frame, d) }),
        before: before(&case).map(|d| suggestion(ask, frame, d)),
        case,
    }
}

#[derive(Template)]
#[template(path = "case.html")]
struct Page<'a> {
    f: &'a Frame,
    seen: &'a Seen,
    case: &'a CaseView,
    /// Approving what waits, or sending it back.
    approval: Vec<VerbForm>,
    forms: Vec<VerbForm>,
    similar: Vec<Item>,
    errors: &'a Errors,
    changed: &'a [Changed],
    /// What was done just now.
    done: Option<String>,
    procedure: Option<String>,
    /// Files of a form that came back.
    kept: Vec<Kept>,
}

/// What came back with a form that could not be taken.
#[derive(Default)]
struct Came {
    typed: Typed,
    verb: String,
    errors: Errors,
    changed: Vec<Changed>,
}

/// `GET /desk/cases/{number}`
pub async fn read(
    ask: Ask,
    request: HttpRequest,
    path: web::Path<String>,
) -> Result<HttpResponse, Failure> {
    let signed = officer(&ask, &request).await?;
    page(&ask, &request, &signed.user, &path, &Came::default()).await
}

/// `POST /desk/cases/{number}/{verb}`
pub async fn step(
    ask: Ask,
    limits: web::Data<Limits>,
    request: HttpRequest,
    path: web::Path<(String, String)>,
    payload: web::Payload,
) -> Result<HttpResponse, Failure> {
    let signed = officer(&ask, &request).await?;
    let (number, word) = path.into_inner();
    let mut sent = upload::form(&request, payload).await?;
    let typed = Typed { pairs: std::mem::take(&mut sent.pairs) };
    let verb: Verb = word.parse().map_err(|_| Failure::new(Kind::NotFound))?;
    let mut came = Came { typed, verb: word, ..Came::default() };
    if is_own_form(&ask, &request, came.typed.get("token")) {
        let revision = came.typed.get("revision").parse().unwrap_or(-1);
        let mut fields = came.typed.fields();
        if verb == Verb::Assign && came.typed.get("user").is_empty() {
            fields.empty("user");
        }
        let said = (revision, verb, fields);
        match take(&ask, &limits, &request, (&signed.user, &number), said, (&mut came.typed, sent))
            .await
        {
            Ok(Err(wrong)) => came.errors = wrong,
            Ok(Ok(stored)) => {
                let next = match signed.user.may_see(&stored.case, &ask.context.rules) {
                    true => after(came.typed.get("next"), &number, verb),
                    // The step itself took the case out of sight.
                    false => format!("/desk?done={verb}"),
                };
                return Ok(see_other(&next));
            }
            Err(failure) if is_mendable(&failure) => {
                came.errors = Errors::of_failure(&ask, &failure);
                came.changed = failure.changed.clone();
                return page(&ask, &request, &signed.user, &number, &came).await;
            }
            Err(failure) => return Err(failure),
        }
    }
    if came.errors.is_empty() {
        came.errors.whole(ask.say("form-token"));
    }
    page(&ask, &request, &signed.user, &number, &came).await
}

/// Takes the step with the files that come with it, or says what is wrong with them.
async fn take(
    ask: &Ask,
    limits: &Limits,
    request: &HttpRequest,
    (user, number): (&User, &str),
    (revision, verb, fields): (i64, Verb, Fields),
    (typed, sent): (&mut Typed, upload::Sent),
) -> Result<Result<StoredCase, Errors>, Failure> {
    let wrong = kept::take_in(ask, request, limits, typed, sent).await?;
    if !wrong.is_empty() {
        return Ok(Err(wrong));
    }
    let files = kept::load(ask, typed).await?;
    let stored = desk::take_step(ask, user, number, revision, verb, (fields, files)).await?;
    kept::forget(ask, typed).await;
    Ok(Ok(stored))
}

/// Back to the list where the form stood there, else to the case, which says what was done.
fn after(next: &str, number: &str, verb: Verb) -> String {
    let is_list = next == "/desk" || next.starts_with("/desk?");
    if is_list { next.to_owned() } else { format!("/desk/cases/{number}?done={verb}") }
}

/// The step that led to the page, if one did.
pub(super) fn done(ask: &Ask, request: &HttpRequest) -> Option<String> {
    let query = web::Query::<Vec<(String, String)>>::from_query(request.query_string()).ok()?;
    let (_, word) = query.iter().find(|(name, _)| name == "done")?;
    let verb: Verb = word.parse().ok()?;
    Some(ask.tell("case-done", &[("step", &ask.say(&format!("verb-{verb}")))]))
}

async fn page(
    ask: &Ask,
    request: &HttpRequest,
    user: &User,
    number: &str,
    came: &Came,
) -> Result<HttpResponse, Failure> {
    let (stored, case) = desk::view_of(ask, user, number.to_owned()).await?;
    let similar = desk::similar_items(ask, user, stored.keys.id, &case.text).await?;
    let mut officers = ask.context.store.read(users::all).await?;
    officers.retain(|other| other.may_be_given(&stored.case, &ask.context.rules));
    let mut frame = Frame::of_desk(ask, request, "case-title", user)?;
    frame.title = case.item.number.clone();
    frame.at_address(&format!("/desk/cases/{}", case.item.number));
    let typed = (came.verb.as_str(), &came.typed);
    let procedure = case.procedure.as_deref().and_then(|p| ask.context.rules.procedure(p));
    let all = forms(ask, &case, &officers, typed);
    let of_approval = |form: &VerbForm| case.pending.is_some() && APPROVING.contains(&form.verb);
    let (approval, forms) = all.into_iter().partition(of_approval);
    let seen = seen(ask, &frame, case);
    let page = Page {
        approval,
        forms,
        similar,
        errors: &came.errors,
        changed: &came.changed,
        done: done(ask, request).filter(|_| came.verb.is_empty()),
        procedure: procedure.map(|p| in_language(&p.names, &ask.language).to_owned()),
        kept: kept::of(ask, &came.typed),
        case: &seen.case,
        seen: &seen,
        f: &frame,
    };
    frame.form(&came.errors, &page)
}

fn before(case: &CaseView) -> Option<&DecisionView> {
    let is_machine = |d: &&DecisionView| d.basis.word() == "machine";
    let last = case.decision.as_ref().filter(|last| !is_machine(last))?;
    case.decisions.iter().rev().find(is_machine).filter(|d| d.decided_at <= last.decided_at)
}

/// The text with the machine's reasons marked where they stand.
fn marked(case: &CaseView) -> Vec<Piece> {
    let reasons = case.decision.iter().flat_map(|d| &d.reasons);
    let in_text = reasons.filter(|r| r.length > 0);
    let class = |toward: &str| match toward {
        "in" => "in",
        "out" => "out",
        _ => "",
    };
    pieces(&case.text, in_text.map(|r| (r.offset, r.length, class(&r.toward))).collect())
}

fn suggestion(ask: &Ask, f: &Frame, decision: &DecisionView) -> Suggestion {
    let rules = &ask.context.rules;
    let name = |code: &str| {
        let found = rules.category(code);
        found.map_or(code.to_owned(), |c| in_language(&c.names, &ask.language).to_owned())
    };
    let category = decision.category.as_ref().or(decision.likely_category.as_ref());
    let sure = |p: f64| match p {
        p if p >= SURE => "sure-high",
        p if p >= LIKELY => "sure-middle",
        _ => "sure-low",
    };
    let reason = |r: &Reason| {
        let why = in_language(&r.why, &ask.language);
        let basis = r.basis.as_deref().unwrap_or("");
        let said = if why.is_empty() { basis } else { why };
        let toward =
            match ask.context.messages.find(&ask.language, &format!("scope-{}", r.toward), &[]) {
                Some(word) => word,
                None => name(&r.toward),
            };
        (r.phrase.clone(), format!("→ {toward} {said}").trim().to_owned())
    };
    let of_words = |r: &&Reason| r.kind != ReasonKind::Neighbour && !r.phrase.is_empty();
    let near = |n: &Neighbour| {
        let scope = f.word("scope", n.scope.word());
        (n.number.clone(), n.text.clone(), scope, f.percent(&n.similarity))
    };
    Suggestion {
        is_machine: decision.basis.word() == "machine",
        scope: decision.scope.word(),
        leaning: match decision.likely_scope.filter(|_| decision.scope == Scope::Ask) {
            Some(scope) => f.with("case-leaning", "scope", &f.word("scope", scope.word())),
            None => String::new(),
        },
        category: category.map(|c| name(c)).unwrap_or_default(),
        confidence: decision.confidence.map(|p| (f.t(sure(p)), f.percent(&p))),
        by: decision.by.clone().unwrap_or_default(),
        reasons: decision.reasons.iter().filter(of_words).map(reason).collect(),
        neighbours: decision.neighbours.iter().map(near).collect(),
        model: decision.model.clone().unwrap_or_default(),
        confirm: None,
    }
}
