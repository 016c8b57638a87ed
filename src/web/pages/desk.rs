//! The desk: queues with what is left, search, filters, rows. Unknown parameters are ignored here.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::frame::{Frame, officer};
use super::pieces::{Piece, pieces};
use crate::domain::search::Queue;
use crate::domain::view::Item;
use crate::intake::query;
use crate::web::api::{desk, pairs};
use crate::web::ask::Ask;
use crate::web::desk_list::{self, DeskList, desk_list};
use crate::web::failure::Failure;
use crate::web::form_url;
use crate::web::limits::{Limited, Limits};

/// A facet shows no more values than this.
const VALUES_MAX: usize = 30;
/// The parameters that narrow the list and travel with every link.
const KEPT: [&str; 7] = ["q", "queue", "figure", "from", "to", "sort", "due"];

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
}

#[derive(Template)]
#[template(path = "desk.html")]
struct Page<'a> {
    f: &'a Frame,
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
    let query = query::desk_query(&pairs, &asker).map_err(Failure::invalid)?;
    let frame = Frame::of_desk(&ask, &request, "desk-title", user)?;
    let queue = query.filters.queue;
    let q = query.q.clone();
    let mut list = desk_list(&ask, user, query).await?;
    let counts = desk_list::queue_counts(&ask, user).await?;
    let line = |one: &Queue| QueueLine {
        word: one.word(),
        name: frame.word("queue", one.word()),
        count: frame.number(&counts.get(one.word()).copied().unwrap_or(0)),
        is_current: queue == Some(*one),
    };
    let next_due = match list.items.is_empty() {
        true => desk_list::next_due(&ask, user).await?.map(|due| frame.due(&due).words),
        false => None,
    };
    let rows = std::mem::take(&mut list.items).into_iter().map(row).collect();
    let filled = pairs.iter().filter(|(_, value)| !value.trim().is_empty());
    let filled: Vec<(String, String)> = filled.cloned().collect();
    let page = Page {
        q,
        queues: Queue::ALL.iter().map(line).collect(),
        facets: facets(&ask, &frame, &list, &filled),
        kept: filled
            .iter()
            .filter(|(name, _)| name != "q" && KEPT.contains(&name.as_str()))
            .cloned()
            .collect(),
        more: list.next_cursor.as_deref().map(|cursor| with_cursor(&filled, cursor)),
        is_narrowed: filled.iter().any(|(name, _)| name != "language"),
        total: frame.number(&i64::try_from(list.total).unwrap_or(i64::MAX)),
        list,
        rows,
        next_due,
        f: &frame,
    };
    frame.page(&page)
}

fn row(item: Item) -> Row {
    let marks = item.highlights.iter().map(|(offset, length)| (*offset, *length, "")).collect();
    Row { words: pieces(&item.excerpt, marks), item }
}

fn with_cursor(filled: &[(String, String)], cursor: &str) -> String {
    let kept = filled.iter().filter(|(name, _)| name != "cursor");
    let mut kept: Vec<(String, String)> = kept.cloned().collect();
    kept.push(("cursor".into(), cursor.into()));
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
        let mut values = Vec::new();
        for facet in counts.iter().take(VALUES_MAX) {
            let (key, name) = desk::named(ask, field, &facet.key);
            let is_on = filled.iter().any(|(n, v)| n == field && *v == key);
            let count = i64::try_from(facet.count).unwrap_or(i64::MAX);
            values.push(Value { key, name, count: frame.number(&count), is_on });
        }
        if values.is_empty() {
            continue;
        }
        out.push(FacetLine {
            is_open: values.iter().any(|v| v.is_on),
            name: frame.word("search", field),
            field: (*field).to_owned(),
            values,
        });
    }
    out
}
