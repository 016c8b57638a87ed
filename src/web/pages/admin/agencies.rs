//! Agencies' contacts: who has no address yet, and where it is given.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::{administrator, count, refresh, taken};
use crate::domain::agency::{Agency, AgencyId};
use crate::domain::in_language;
use crate::domain::user::User;
use crate::flow::administer;
use crate::intake::administration;
use crate::text::folded;
use crate::web::api::pairs;
use crate::web::ask::Ask;
use crate::web::desk_list::today;
use crate::web::failure::{Failure, Kind};
use crate::web::form_url;
use crate::web::pages::form::{Errors, Typed};
use crate::web::pages::frame::{Frame, see_other};

/// Rows of a page.
const PAGE: usize = 50;

struct Row {
    id: AgencyId,
    name: String,
    level: String,
    email: Option<String>,
    phone: Option<String>,
}

#[derive(Template)]
#[template(path = "admin_agencies.html")]
struct List<'a> {
    f: &'a Frame,
    q: &'a str,
    missing: bool,
    total: String,
    rows: Vec<Row>,
    more: Option<String>,
}

#[derive(Template)]
#[template(path = "admin_agency.html")]
struct One<'a> {
    f: &'a Frame,
    errors: &'a Errors,
    typed: &'a Typed,
    level: String,
    parent: Option<String>,
    code: &'a str,
    answers_unreviewed: bool,
}

/// `GET /admin/agencies?q=&missing=&page=`
pub async fn list(ask: Ask, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let admin = administrator(&ask, &request).await?;
    let frame = Frame::of_desk(&ask, &request, "admin-agencies", &admin)?;
    let asked = Typed { pairs: pairs(&request)? };
    let (q, missing) = (asked.get("q"), asked.is_on("missing"));
    let page: usize = asked.get("page").parse().unwrap_or(0);
    let day = today(&ask);
    let words: Vec<String> = folded(q).split_whitespace().map(str::to_owned).collect();
    let name = |a: &Agency| in_language(&a.names, &ask.language).to_owned();
    let fits = |a: &&Agency| {
        let folded = folded(&format!("{} {}", name(a), a.code));
        let has_words = words.iter().all(|w| folded.contains(w.as_str()));
        let is_wanted = !missing || (!a.is_external() && a.sendable_email().is_none());
        a.exists_on(day) && has_words && is_wanted
    };
    let found: Vec<&Agency> = ask.context.rules.agencies.iter().filter(fits).collect();
    let row = |a: &&Agency| Row {
        id: a.id,
        name: name(a),
        level: ask.say(&format!("level-{}", a.level)),
        email: a.sendable_email().map(str::to_owned),
        phone: a.phone.clone(),
    };
    let start = page.saturating_mul(PAGE);
    let has_more = found.len() > start.saturating_add(PAGE);
    let mut next = vec![("q".to_owned(), q.to_owned()), ("page".into(), (page + 1).to_string())];
    if missing {
        next.push(("missing".into(), "on".into()));
    }
    let list = List {
        q,
        missing,
        total: frame.number(&count(found.len())),
        rows: found.iter().skip(start).take(PAGE).map(row).collect(),
        more: has_more.then(|| format!("/admin/agencies?{}", form_url(&next))),
        f: &frame,
    };
    frame.page(&list)
}

/// `GET /admin/agencies/{id}`
pub async fn one(
    ask: Ask,
    request: HttpRequest,
    path: web::Path<AgencyId>,
) -> Result<HttpResponse, Failure> {
    let admin = administrator(&ask, &request).await?;
    one_page(&ask, &request, &admin, *path, None, &Errors::default())
}

/// `POST /admin/agencies/{id}`: writes the contacts.
pub async fn change(
    ask: Ask,
    request: HttpRequest,
    path: web::Path<AgencyId>,
    form: web::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Failure> {
    let admin = administrator(&ask, &request).await?;
    let typed = Typed { pairs: form.into_inner() };
    let done = write(&ask, *path, &typed);
    match taken(&ask, &request, &typed, done).await? {
        Ok(()) => Ok(see_other("/admin/agencies")),
        Err(errors) => one_page(&ask, &request, &admin, *path, Some(typed), &errors),
    }
}

async fn write(ask: &Ask, id: AgencyId, typed: &Typed) -> Result<(), Failure> {
    let contacts = administration::contacts(typed.fields(), &ask.context.rules)?;
    administer::set_contacts(&ask.context, id, contacts).await?;
    ask.app.nudge.notify_waiters();
    refresh(ask).await
}

fn one_page(
    ask: &Ask,
    request: &HttpRequest,
    admin: &User,
    id: AgencyId,
    typed: Option<Typed>,
    errors: &Errors,
) -> Result<HttpResponse, Failure> {
    let rules = &ask.context.rules;
    let agency = rules.agency(id).ok_or_else(|| Failure::new(Kind::NotFound))?;
    let name = |a: &Agency| in_language(&a.names, &ask.language).to_owned();
    let mut frame = Frame::of_desk(ask, request, "admin-agencies", admin)?;
    frame.title = name(agency);
    let page = One {
        errors,
        typed: &typed.unwrap_or_else(|| as_typed(agency)),
        level: ask.say(&format!("level-{}", agency.level)),
        parent: agency.parent.and_then(|p| rules.agency(p)).map(name),
        code: &agency.code,
        answers_unreviewed: agency.answers_unreviewed,
        f: &frame,
    };
    frame.form(errors, &page)
}

/// The contacts as the form would send them; a placeholder is shown as missing.
fn as_typed(agency: &Agency) -> Typed {
    let email = agency.sendable_email().unwrap_or_default().to_owned();
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let pairs = vec![
        ("email".to_owned(), email),
        ("phone".to_owned(), text(&agency.phone)),
        ("address".to_owned(), text(&agency.address)),
    ];
    Typed { pairs }
}
