//! Kept searches: keep the list at hand, say when mail tells of new cases in it, keep it no longer.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use chrono::NaiveDate;

use super::desk::name_of;
use super::form::{Errors, Typed, taken};
use super::frame::{Frame, officer, see_other};
use crate::domain::figures::Figure;
use crate::domain::saved::{Alert, Look, Saved, SavedId};
use crate::domain::search::FACET_FIELDS;
use crate::domain::user::User;
use crate::flow::keep_search;
use crate::intake::{query, saved as intake};
use crate::web::api::pairs;
use crate::web::ask::Ask;
use crate::web::desk_list::{finder, today};
use crate::web::failure::{Failure, Kind};
use crate::web::limits::{Limited, Limits};
use crate::web::{form_url, query_words};

/// Where kept searches stand.
const HOME: &str = "/desk/saved";
/// The parameters of a list, in a form that has fields of its own.
const PREFIX: &str = "list.";

/// A kept search of the page.
struct Line {
    id: SavedId,
    name: String,
    said: String,
    alert: Alert,
    threshold: String,
    looked: Option<String>,
    is_broken: bool,
    errors: Errors,
}

/// A search that is to be kept.
struct New {
    /// Its parameters as hidden fields.
    pairs: Vec<(String, String)>,
    said: String,
    name: String,
    alert: String,
    threshold: String,
    /// It was kept until a moment ago.
    is_again: bool,
}

#[derive(Template)]
#[template(path = "saved.html")]
struct Page<'a> {
    f: &'a Frame,
    errors: &'a Errors,
    new: Option<New>,
    rows: Vec<Line>,
    alerts: Vec<(&'static str, String)>,
}

/// A search at the desk: its name and address.
pub struct Link {
    pub name: String,
    pub url: String,
    pub is_current: bool,
}

/// The officer's searches for the desk's margin, by name.
pub async fn links(
    ask: &Ask,
    user: &User,
    shown: &[(String, String)],
) -> Result<Vec<Link>, Failure> {
    let known = keep_search::list(&ask.context, user.id).await?;
    let shown = intake::kept(shown);
    let link = |one: Saved| Link {
        url: url(&one.wish.query),
        is_current: one.wish.query == shown,
        name: one.wish.name,
    };
    let mut links: Vec<Link> = known.into_iter().map(link).collect();
    links.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(links)
}

/// Where the list that stands there can be kept; nothing where it is all cases.
pub fn keep_url(shown: &[(String, String)]) -> Option<String> {
    let kept = intake::kept(shown);
    (!kept.is_empty()).then(|| format!("{HOME}?{}", form_url(&kept)))
}

fn url(query: &[(String, String)]) -> String {
    format!("/desk?{}", form_url(query))
}

/// `GET /desk/saved`; with the parameters of a list, a form that keeps it.
pub async fn list(ask: Ask, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let user = officer(&ask, &request).await?.user;
    let typed = Typed { pairs: pairs(&request)? };
    let query = intake::kept(&typed.pairs);
    page(&ask, &request, &user, &Came { typed, query, ..Came::default() }).await
}

/// `GET /desk/saved/{id}`: leads to the list, also from a mail.
pub async fn open(
    ask: Ask,
    request: HttpRequest,
    id: web::Path<SavedId>,
) -> Result<HttpResponse, Failure> {
    let user = officer(&ask, &request).await?.user;
    let known = keep_search::one(&ask.context, user.id, id.into_inner()).await?;
    Ok(see_other(&url(&known.wish.query)))
}

/// `POST /desk/saved`
pub async fn keep(
    ask: Ask,
    limits: web::Data<Limits>,
    request: HttpRequest,
    form: web::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Failure> {
    let user = officer(&ask, &request).await?.user;
    let (list, own): (Vec<_>, Vec<_>) =
        form.into_inner().into_iter().partition(|(name, _)| name.starts_with(PREFIX));
    let plain = |(name, value): (String, String)| (name.replacen(PREFIX, "", 1), value);
    let query = intake::kept(&list.into_iter().map(plain).collect::<Vec<_>>());
    let typed = Typed { pairs: own };
    limits.count(Limited::Search, &format!("user {}", user.id))?;
    let kept = async {
        let wish = intake::wish(typed.fields(), query.clone())?;
        let look = look(&ask, &user, &wish.query).await?;
        Ok(keep_search::keep(&ask.context, user.id, wish, look).await?)
    };
    match taken(&ask, &request, &typed, kept).await? {
        Ok(_) => Ok(see_other(&url(&query))),
        Err(errors) => {
            page(&ask, &request, &user, &Came { typed, query, errors, changed: None }).await
        }
    }
}

/// `POST /desk/saved/{id}/{verb}`
pub async fn step(
    ask: Ask,
    limits: web::Data<Limits>,
    request: HttpRequest,
    path: web::Path<(SavedId, String)>,
    form: web::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Failure> {
    let user = officer(&ask, &request).await?.user;
    let (id, verb) = path.into_inner();
    let typed = Typed { pairs: form.into_inner() };
    limits.count(Limited::Search, &format!("user {}", user.id))?;
    let done = act(&ask, &user, id, &verb, &typed);
    match taken(&ask, &request, &typed, done).await? {
        Ok(to) => Ok(see_other(&to)),
        Err(errors) => {
            let came = Came { typed, errors, changed: Some(id), ..Came::default() };
            page(&ask, &request, &user, &came).await
        }
    }
}

async fn act(
    ask: &Ask,
    user: &User,
    id: SavedId,
    verb: &str,
    typed: &Typed,
) -> Result<String, Failure> {
    match verb {
        "alert" => {
            let alert = intake::alert(typed.fields())?;
            let known = keep_search::one(&ask.context, user.id, id).await?;
            let look = look(ask, user, &known.wish.query).await?;
            keep_search::set_alert(&ask.context, user.id, id, alert, look).await?;
            Ok(HOME.to_owned())
        }
        // What was kept stands in the form that keeps it again.
        "remove" => {
            let wish = keep_search::remove(&ask.context, user.id, id).await?;
            let mut again = wish.query;
            again.push(("name".to_owned(), wish.name));
            again.push(("alert".to_owned(), wish.alert.word().to_owned()));
            let threshold = wish.threshold.map(|n| ("threshold".to_owned(), n.to_string()));
            again.extend(threshold);
            again.push(("again".to_owned(), "on".to_owned()));
            Ok(format!("{HOME}?{}", form_url(&again)))
        }
        _ => Err(Failure::new(Kind::NotFound)),
    }
}

/// What the search holds now: nothing of it will be told as news.
async fn look(ask: &Ask, user: &User, pairs: &[(String, String)]) -> Result<Option<Look>, Failure> {
    let (rules, today) = (&ask.context.rules, today(ask));
    let asker = query::Asker { rules, user: user.id, today, strict: false };
    let query = query::desk_query(pairs, &asker).map_err(Failure::invalid)?;
    Ok(finder(ask).look(user, query, None).await?)
}

/// With what a request came to the page.
#[derive(Default)]
struct Came {
    typed: Typed,
    query: Vec<(String, String)>,
    errors: Errors,
    /// The search whose change was not taken.
    changed: Option<SavedId>,
}

async fn page(
    ask: &Ask,
    request: &HttpRequest,
    user: &User,
    came: &Came,
) -> Result<HttpResponse, Failure> {
    let mut frame = Frame::of_desk(ask, request, "saved-title", user)?;
    if !came.errors.is_empty() {
        frame.at_address(HOME);
    }
    let known = keep_search::list(&ask.context, user.id).await?;
    let rows = known.into_iter().map(|one| line(ask, &frame, one, came)).collect();
    let new = (!came.query.is_empty()).then(|| New {
        said: said(ask, &came.query),
        name: came.typed.get("name").to_owned(),
        alert: came.typed.get("alert").to_owned(),
        threshold: came.typed.get("threshold").to_owned(),
        is_again: came.typed.is_on("again"),
        pairs: came.query.iter().map(|(n, v)| (format!("{PREFIX}{n}"), v.clone())).collect(),
    });
    let alerts = Alert::ALL.iter().map(|a| (a.word(), frame.word("alert", a.word()))).collect();
    frame.form(&came.errors, &Page { f: &frame, errors: &came.errors, new, rows, alerts })
}

fn line(ask: &Ask, frame: &Frame, one: Saved, came: &Came) -> Line {
    let is_changed = came.changed == Some(one.id);
    let threshold = match is_changed {
        true => came.typed.get("threshold").to_owned(),
        false => one.wish.threshold.map_or(String::new(), |n| n.to_string()),
    };
    let typed = came.typed.get("alert").parse().ok().filter(|_| is_changed);
    Line {
        id: one.id,
        said: said(ask, &one.wish.query),
        alert: typed.unwrap_or(one.wish.alert),
        threshold,
        looked: one.looked_at.map(|at| frame.at(&at)),
        is_broken: one.is_broken,
        errors: if is_changed { came.errors.clone() } else { Errors::default() },
        name: one.wish.name,
    }
}

/// The parameters of a list in words.
fn said(ask: &Ask, query: &[(String, String)]) -> String {
    let day = |value: &str| {
        let day: Option<NaiveDate> = value.parse().ok();
        day.map_or_else(|| value.to_owned(), |day| ask.context.messages.day(&ask.language, day))
    };
    let one = |(name, value): &(String, String)| {
        let (is_not, code) = match value.strip_prefix('-') {
            Some(rest) if FACET_FIELDS.contains(&name.as_str()) => (true, rest),
            _ => (false, value.as_str()),
        };
        let said = match name.as_str() {
            "q" => format!("“{value}”"),
            "queue" => ask.say(&format!("queue-{value}")),
            "figure" => Figure::parse(value)
                .map_or_else(|| value.clone(), |figure| query_words::figure(ask, figure)),
            "from" => ask.tell("saved-from", &[("day", &day(value))]),
            "to" => ask.tell("saved-to", &[("day", &day(value))]),
            "due" => ask.say(&format!("saved-due-{value}")),
            "assigned" if value == "me" => ask.say("queue-mine"),
            "assigned" => format!("{}: {value}", ask.say("field-assigned")),
            field => {
                format!("{}: {}", ask.say(&format!("search-{field}")), name_of(ask, field, code))
            }
        };
        if is_not { ask.tell("read-as-without", &[("words", &said)]) } else { said }
    };
    query.iter().map(one).collect::<Vec<_>>().join(" · ")
}
