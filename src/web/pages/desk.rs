//! The desk: queues with what is left, search, filters, rows. Unknown parameters are ignored here.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::case::{self, Seen};
use super::form::Errors;
use super::frame::{Frame, officer};
use super::pieces::{Piece, pieces};
use super::saved;
use crate::domain::search::{DeskQuery, Queue};
use crate::domain::user::User;
use crate::domain::view::Item;
use crate::intake::query;
use crate::web::api::{desk, pairs};
use crate::web::ask::Ask;
use crate::web::desk_list::{self, DeskList, desk_list};
use crate::web::failure::{Failure, Kind};
use crate::web::form_url;
use crate::web::limits::{Limited, Limits};

/// A facet shows no more values than this.
const VALUES_MAX: usize = 30;
/// The parameters that narrow the list and travel with every link.
const KEPT: [&str; 8] = ["q", "queue", "figure", "from", "to", "sort", "due", "pane"];

struct QueueLine {
    word: &'static str,
    name: String,
    count: String,
    is_current: bool,
}

struct Value {
    key: String,
    name: String,
    count: String,
    is_on: bool,
    /// Left out.
    is_off: bool,
}

struct FacetLine {
    field: String,
    name: String,
    values: Vec<Value>,
    is_open: bool,
}

struct Row {
    item: Item,
    words: Vec<Piece>,
    /// This list with the case beside it.
    beside: String,
    is_selected: bool,
}

/// The case that is read beside the list, and where the keys lead from it.
struct Pane {
    seen: Seen,
    /// Where a confirmation leads: to the next case of the list, else to its first.
    back: String,
    close: String,
    earlier: Option<String>,
    later: Option<String>,
}

#[derive(Template)]
#[template(path = "desk.html")]
struct Page<'a> {
    /// What was done just now to a case that is out of sight since.
    done: Option<String>,
    f: &'a Frame,
    errors: &'a Errors,
    q: String,
    queues: Vec<QueueLine>,
    facets: Vec<FacetLine>,
    /// Parameters beside `q` and the facets, for the search form.
    kept: Vec<(String, String)>,
    list: DeskList,
    total: String,
    rows: Vec<Row>,
    more: Option<String>,
    next_due: Option<String>,
    is_narrowed: bool,
    pane: Option<Pane>,
    /// Kept searches, and where this list can be kept.
    saved: Vec<saved::Link>,
    keep_url: Option<String>,
    /// This list with its first case beside it.
    beside: String,
    /// The search that was probably meant, and its address.
    meant: Option<(String, String)>,
}

/// `GET /desk`
pub async fn list(
    ask: Ask,
    limits: web::Data<Limits>,
    request: HttpRequest,
) -> Result<HttpResponse, Failure> {
    let signed = officer(&ask, &request).await?;
    let user = &signed.user;
    limits.count(Limited::Search, &format!("user {}", user.id))?;
    let pairs = pairs(&request)?;
    let asker = query::Asker {
        rules: &ask.context.rules,
        user: user.id,
        today: desk_list::today(&ask),
        strict: false,
    };
    let (query, wrong) = query::read(&pairs, &asker);
    let mut errors = Errors::of_fields(&ask, &wrong);
    let frame = Frame::of_desk(&ask, &request, "desk-title", user)?;
    let queue = query.filters.queue;
    let q = query.q.clone();
    let mut list = listed_all(&ask, user, query, &mut errors).await?;
    let counts = desk_list::queue_counts(&ask, user).await?;
    let line = |one: &Queue| QueueLine {
        word: one.word(),
        name: frame.word("queue", one.word()),
        count: frame.number(&counts.get(one.word()).copied().unwrap_or(0)),
        is_current: queue == Some(*one),
    };
    let next_due = next_due(&ask, &frame, user, &list).await?;
    let filled = pairs.iter().filter(|(_, value)| !value.trim().is_empty());
    let filled: Vec<(String, String)> = filled.cloned().collect();
    let items = std::mem::take(&mut list.items);
    let mut rows: Vec<Row> = items.into_iter().map(|item| row(&filled, item)).collect();
    let pane = pane(&ask, &frame, user, &filled, &mut rows).await?;
    let page = Page {
        done: case::done(&ask, &request),
        q,
        queues: Queue::ALL.iter().map(line).collect(),
        facets: facets(&ask, &frame, &list, &filled),
        kept: kept(&filled),
        more: list.next_cursor.as_deref().map(|cursor| with(&filled, "cursor", cursor)),
        is_narrowed: filled
            .iter()
            .any(|(name, _)| !["language", "pane", "case"].contains(&name.as_str())),
        saved: saved::links(&ask, user, &filled).await?,
        keep_url: saved::keep_url(&filled),
        beside: beside(&filled, None),
        meant: list.did_you_mean.take().map(|meant| (with(&filled, "q", &meant), meant)),
        pane,
        total: frame.number(&i64::try_from(list.total).unwrap_or(i64::MAX)),
        list,
        rows,
        next_due,
        errors: &errors,
        f: &frame,
    };
    frame.form(&errors, &page)
}

/// The list; of a page that there is not, or an officer whom nobody knows, the list without it.
async fn listed_all(
    ask: &Ask,
    user: &User,
    query: DeskQuery,
    errors: &mut Errors,
) -> Result<DeskList, Failure> {
    match desk_list(ask, user, query.clone()).await {
        Err(failure) if failure.kind == Kind::Invalid => {
            errors.list.extend(Errors::of_failure(ask, &failure).list);
            let rest = DeskQuery { cursor: None, assigned_to: Vec::new(), ..query };
            desk_list(ask, user, rest).await
        }
        list => list,
    }
}

/// Of an empty list: when the next case is due.
async fn next_due(
    ask: &Ask,
    frame: &Frame,
    user: &User,
    list: &DeskList,
) -> Result<Option<String>, Failure> {
    if !list.items.is_empty() {
        return Ok(None);
    }
    Ok(desk_list::next_due(ask, user).await?.map(|due| frame.due(&due).words))
}

fn kept(filled: &[(String, String)]) -> Vec<(String, String)> {
    let kept = filled.iter().filter(|(name, _)| name != "q" && KEPT.contains(&name.as_str()));
    kept.cloned().collect()
}

fn row(filled: &[(String, String)], item: Item) -> Row {
    let marks = item.highlights.iter().map(|(offset, length)| (*offset, *length, "")).collect();
    Row {
        words: pieces(&item.excerpt, marks),
        beside: beside(filled, Some(&item.number)),
        is_selected: false,
        item,
    }
}

/// The address of this list with a case, or its first one, beside it.
fn beside(filled: &[(String, String)], number: Option<&str>) -> String {
    let mut kept: Vec<(String, String)> = listed(filled);
    kept.push(("pane".into(), "on".into()));
    kept.extend(number.map(|number| ("case".to_owned(), number.to_owned())));
    format!("/desk?{}", form_url(&kept))
}

/// What makes the list, without what stands beside it.
fn listed(filled: &[(String, String)]) -> Vec<(String, String)> {
    filled.iter().filter(|(name, _)| name != "pane" && name != "case").cloned().collect()
}

/// The case beside the list: the one asked for, else the first.
async fn pane(
    ask: &Ask,
    frame: &Frame,
    user: &User,
    filled: &[(String, String)],
    rows: &mut [Row],
) -> Result<Option<Pane>, Failure> {
    if !filled.iter().any(|(name, _)| name == "pane") {
        return Ok(None);
    }
    let asked = filled.iter().find(|(name, _)| name == "case").map(|(_, number)| number.clone());
    let place = rows.iter().position(|r| Some(&r.item.number) == asked.as_ref());
    let first = rows.first().map(|r| r.item.number.clone());
    let Some(number) = asked.filter(|_| place.is_some()).or(first) else { return Ok(None) };
    let place = place.unwrap_or(0);
    let at = |n: Option<usize>| n.and_then(|n| rows.get(n)).map(|r| r.beside.clone());
    let (earlier, later) = (at(place.checked_sub(1)), at(place.checked_add(1)));
    let (_, case) = desk::view_of(ask, user, number).await?;
    if let Some(row) = rows.get_mut(place) {
        row.is_selected = true;
    }
    Ok(Some(Pane {
        seen: case::seen(ask, frame, case),
        back: later.clone().unwrap_or_else(|| beside(filled, None)),
        close: format!("/desk?{}", form_url(&listed(filled))),
        earlier,
        later,
    }))
}

/// The address of this list with another value of a parameter.
fn with(filled: &[(String, String)], name: &str, value: &str) -> String {
    let kept = filled.iter().filter(|(known, _)| known != name && known != "cursor");
    let mut kept: Vec<(String, String)> = kept.cloned().collect();
    kept.push((name.into(), value.into()));
    format!("/desk?{}", form_url(&kept))
}

fn facets(
    ask: &Ask,
    frame: &Frame,
    list: &DeskList,
    filled: &[(String, String)],
) -> Vec<FacetLine> {
    let mut out = Vec::new();
    for (field, counts) in &list.facets {
        let mut chosen: Vec<&str> = filled
            .iter()
            .filter(|(name, _)| name == field)
            .map(|(_, value)| value.trim())
            .collect();
        let mut values = Vec::new();
        for (place, facet) in counts.iter().enumerate() {
            let (key, name) = desk::named(ask, field, &facet.key);
            let (is_on, is_off) = taken_out(&mut chosen, &key);
            if place < VALUES_MAX || is_on || is_off {
                let count = i64::try_from(facet.count).unwrap_or(i64::MAX);
                values.push(Value { key, name, count: frame.number(&count), is_on, is_off });
            }
        }
        // What was chosen and holds nothing stays chosen until it is taken away.
        while let Some(first) = chosen.first() {
            let key = first.trim_start_matches('-').to_owned();
            let (is_on, is_off) = taken_out(&mut chosen, &key);
            let name = name_of(ask, field, &key);
            values.push(Value { key, name, count: frame.number(&0), is_on, is_off });
        }
        if values.is_empty() {
            continue;
        }
        out.push(FacetLine {
            is_open: values.iter().any(|v| v.is_on || v.is_off),
            name: frame.word("search", field),
            field: (*field).to_owned(),
            values,
        });
    }
    out
}

/// Whether the value is chosen, and whether it is left out; it is then done with.
fn taken_out(chosen: &mut Vec<&str>, key: &str) -> (bool, bool) {
    let is_off = |value: &str| value.strip_prefix('-').is_some_and(|value| value == key);
    let found = (chosen.contains(&key), chosen.iter().any(|value| is_off(value)));
    chosen.retain(|value| *value != key && !is_off(value));
    found
}

/// The name of a filter's value, by the code that the filter takes.
pub(super) fn name_of(ask: &Ask, field: &str, code: &str) -> String {
    let (rules, today) = (&ask.context.rules, desk_list::today(ask));
    let id = match field {
        "agency" => rules.agency_by_code(code, today).map(|agency| agency.id),
        "area" => rules.area_by_code(code, today).map(|area| area.id),
        _ => None,
    };
    desk::named(ask, field, &id.map_or_else(|| code.to_owned(), |id| id.to_string())).1
}
