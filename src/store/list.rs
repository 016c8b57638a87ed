//! The desk's list from the database: filters, queues, figures, exact totals, facets, stable
//! paging. Conditions are SQL text made of enum words, ids, dates and quoted codes, since their
//! number is open; nothing typed goes in unquoted.

mod facets;

use chrono::{DateTime, NaiveDate};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable};

use super::figures::Span;
use super::outbox::ENDED_UNSENT;
use super::{AnyConn, Stored};
use crate::clock::Moment;
use crate::domain::case::{CaseId, Status};
use crate::domain::scope::Flag;
use crate::domain::search::{Due, Facets, Filters, Queue, Sight, Sort};

/// What is asked for.
#[derive(Debug, Clone)]
pub struct ListRequest {
    pub filters: Filters,
    pub sight: Sight,
    /// Only these cases, beside the filters.
    pub only: Option<Vec<CaseId>>,
    /// A figure's condition, made by `figures::condition`.
    pub figure: Option<String>,
    pub sort: Sort,
    pub limit: usize,
    pub cursor: Option<String>,
    pub now: Moment,
    /// Today's and the coming week's bounds in the pack's zone.
    pub days: Days,
}

/// The instants that *today* and *this week* mean, in the pack's zone.
#[derive(Debug, Clone, Copy)]
pub struct Days {
    pub today: Span,
    pub week: Span,
}

/// A page of the list.
#[derive(Debug, Clone, Default)]
pub struct ListAnswer {
    pub ids: Vec<CaseId>,
    pub total: i64,
    /// Cases that the figure counts and the reader may not see.
    pub restricted: i64,
    pub facets: Facets,
    pub next_cursor: Option<String>,
}

/// A cursor that is none of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadCursor;

/// One page with total and, if wanted, facets.
pub fn list(
    conn: &mut AnyConn,
    request: &ListRequest,
    with_facets: bool,
) -> Stored<Result<ListAnswer, BadCursor>> {
    let mut answer = match page(conn, request)? {
        Ok(answer) => answer,
        Err(bad) => return Ok(Err(bad)),
    };
    answer.total = count(conn, &conditions(request, None))?;
    if request.figure.is_some() {
        answer.restricted = count(conn, &unseen(request))?;
    }
    if with_facets {
        answer.facets = facets::facets(conn, request)?;
    }
    Ok(Ok(answer))
}

/// The same page without what has to read all that is found: neither total nor facets.
pub fn page(conn: &mut AnyConn, request: &ListRequest) -> Stored<Result<ListAnswer, BadCursor>> {
    let order = Order::of(request);
    let mut page = conditions(request, None);
    if let Some(cursor) = &request.cursor {
        match order.after(cursor) {
            Some(condition) => page.push(condition),
            None => return Ok(Err(BadCursor)),
        }
    }
    let limit = request.limit;
    let mut rows = order.page(conn, &page, limit + 1)?;
    let mut answer = ListAnswer::default();
    if rows.len() > limit {
        rows.truncate(limit);
        answer.next_cursor = rows.last().map(|row| format!("{}.{}.{}", row.rank, row.key, row.id));
    }
    answer.ids = rows.into_iter().map(|row| row.id).collect();
    Ok(Ok(answer))
}

/// How many cases stand in a queue for this reader.
pub fn queue_count(conn: &mut AnyConn, request: &ListRequest, queue: Queue) -> Stored<i64> {
    let mut request = request.clone();
    request.filters = Filters { queue: Some(queue), ..Filters::default() };
    count(conn, &conditions(&request, None))
}

/// When the next open case is due that the reader may see: what an empty queue says.
pub fn next_due(conn: &mut AnyConn, request: &ListRequest) -> Stored<Option<Moment>> {
    #[derive(QueryableByName)]
    struct Row {
        #[diesel(sql_type = Nullable<diesel::sql_types::Timestamp>)]
        due: Option<chrono::NaiveDateTime>,
    }
    let due = format!("paused_at IS NULL AND due_at >= {}", time(request.now));
    let mut all = vec![sight(&request.sight), open(), due];
    all.extend(request.only.as_deref().map(|ids| one_of("id", ids.iter())));
    let sql = format!("SELECT MIN(due_at) AS due FROM cases WHERE {}", all.join(" AND "));
    let row = diesel::sql_query(sql).get_result::<Row>(conn)?;
    Ok(row.due.map(|t| t.and_utc()))
}

/// A text literal: quotes doubled, so that nothing typed can leave it.
pub(super) fn quote(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''").replace('\0', ""))
}

/// An instant as both databases hold it.
pub(super) fn time(at: Moment) -> String {
    quote(&at.naive_utc().format("%F %T%.f").to_string())
}

/// A calendar day as both databases hold it.
pub(super) fn date(day: NaiveDate) -> String {
    quote(&day.format("%F").to_string())
}

/// `column IN (…)` for ids.
pub(super) fn one_of<'a>(column: &str, ids: impl Iterator<Item = &'a i64>) -> String {
    let ids: Vec<String> = ids.map(i64::to_string).collect();
    if ids.is_empty() { "1 = 0".to_owned() } else { format!("{column} IN ({})", ids.join(", ")) }
}

fn words(column: &str, words: impl Iterator<Item = impl AsRef<str>>) -> Option<String> {
    let words: Vec<String> = words.map(|w| quote(w.as_ref())).collect();
    (!words.is_empty()).then(|| format!("{column} IN ({})", words.join(", ")))
}

/// Cases that somebody still has to act on.
pub(super) fn open() -> String {
    let open = Status::ALL.iter().filter(|s| s.is_open());
    words("status", open.map(|s| s.word())).unwrap_or_default()
}

/// The reader's part: a restricted case is for the confidential and for whom it names, whatever the
/// agency.
fn sight(sight: &Sight) -> String {
    let within = match &sight.agencies {
        None => "NOT restricted".to_owned(),
        Some(ids) => format!("NOT restricted AND {}", one_of("agency_id", ids.iter())),
    };
    let named = format!("id IN (SELECT case_id FROM case_access WHERE user_id = {})", sight.user);
    let restricted = if sight.confidential { "restricted".to_owned() } else { named };
    format!("(({within}) OR (restricted AND {restricted}))")
}

/// What the figure counts under the same filters, and this reader may not see.
fn unseen(request: &ListRequest) -> Vec<String> {
    let mut out = narrowing(request, None);
    out.push("restricted".to_owned());
    if let Some(agencies) = &request.sight.agencies {
        out.push(one_of("agency_id", agencies.iter()));
    }
    out.push(format!("NOT {}", sight(&request.sight)));
    out
}

/// All conditions but the one of the field `without`.
fn conditions(request: &ListRequest, without: Option<&str>) -> Vec<String> {
    let mut out = vec![sight(&request.sight)];
    out.extend(narrowing(request, without));
    out
}

fn narrowing(request: &ListRequest, without: Option<&str>) -> Vec<String> {
    let filters = &request.filters;
    let mut out = Vec::new();
    for (field, condition) in by_value(filters) {
        if without != Some(field) {
            out.extend(condition);
        }
    }
    for (field, condition) in filters.without.as_deref().map(by_value).into_iter().flatten() {
        if without != Some(field) {
            // What has no value is none of these.
            out.extend(condition.map(|condition| format!("({condition}) IS NOT TRUE")));
        }
    }
    out.extend(filters.due.map(|due| due_condition(due, request)));
    out.extend(filters.queue.map(|queue| queue_condition(queue, request)));
    out.extend(filters.from.map(|day| format!("received_day >= {}", date(day))));
    out.extend(filters.to.map(|day| format!("received_day <= {}", date(day))));
    out.extend(request.only.as_deref().map(|ids| one_of("id", ids.iter())));
    out.extend(request.figure.clone());
    out
}

/// The conditions of the fields that take several values.
fn by_value(filters: &Filters) -> [(&'static str, Option<String>); 9] {
    let ids = |column: &str, ids: &[i64]| (!ids.is_empty()).then(|| one_of(column, ids.iter()));
    [
        ("scope", words("scope", filters.scope.iter().map(|w| w.word()))),
        ("authority", words("authority", filters.authority.iter().map(|w| w.word()))),
        ("category", words("category", filters.category.iter())),
        ("status", words("status", filters.status.iter().map(|w| w.word()))),
        ("channel", words("channel", filters.channel.iter().map(|w| w.word()))),
        ("flag", flags(&filters.flag)),
        ("agency", ids("agency_id", &filters.agency)),
        ("area", ids("area_id", &filters.area)),
        ("assigned", ids("assigned_to", &filters.assigned)),
    ]
}

fn flags(flags: &[Flag]) -> Option<String> {
    let any: Vec<String> = flags.iter().map(|f| has_flag(*f)).collect();
    (!any.is_empty()).then(|| format!("({})", any.join(" OR ")))
}

fn has_flag(flag: Flag) -> String {
    format!("flags LIKE '% {flag} %'")
}

fn due_condition(due: Due, request: &ListRequest) -> String {
    // Nothing is due of a case whose sender is asked.
    let running = format!("{} AND paused_at IS NULL", open());
    let within = |span: Span| {
        format!("{running} AND due_at >= {} AND due_at <= {}", time(span.from), time(span.to))
    };
    match due {
        Due::Overdue => format!("{running} AND due_at < {}", time(request.now)),
        Due::Today => within(request.days.today),
        Due::Week => within(request.days.week),
    }
}

fn queue_condition(queue: Queue, request: &ListRequest) -> String {
    match queue {
        Queue::Decide => format!("needs_decision AND {}", open()),
        Queue::Today => due_condition(Due::Today, request),
        Queue::Overdue => due_condition(Due::Overdue, request),
        Queue::Approve => "(pending IS NOT NULL OR status = 'answer_review')".to_owned(),
        Queue::Returned => "returned".to_owned(),
        Queue::CitizenWrote => "citizen_wrote".to_owned(),
        Queue::MailFailed => {
            let failed = words("state", ENDED_UNSENT.iter().map(|s| s.word())).unwrap_or_default();
            format!("id IN (SELECT case_id FROM outbox WHERE {failed} AND case_id IS NOT NULL)")
        }
        Queue::Mine => format!("assigned_to = {} AND {}", request.sight.user, open()),
    }
}

#[derive(QueryableByName)]
struct PageRow {
    #[diesel(sql_type = BigInt)]
    id: i64,
    #[diesel(sql_type = BigInt)]
    rank: i64,
    /// Microseconds since 1970.
    #[diesel(sql_type = BigInt)]
    key: i64,
}

/// The order of a list: rank, time, id, all in one direction, so that a page ends at one row value.
struct Order {
    rank: &'static str,
    column: &'static str,
    /// Stands for a missing due date: after all others.
    missing: Moment,
    is_down: bool,
}

impl Order {
    fn of(request: &ListRequest) -> Order {
        let is_decide = request.filters.queue == Some(Queue::Decide);
        // Suspected denunciations stand first in the queue of decisions.
        let rank = match is_decide && request.sort == Sort::Relevance {
            true => "CASE WHEN flags LIKE '% denunciation_suspected %' THEN 0 ELSE 1 END",
            false => "0",
        };
        let (column, is_down) = match request.sort {
            Sort::Relevance if is_decide => ("received_at", false),
            Sort::Relevance if request.filters.queue.is_some() => ("due_at", false),
            Sort::Relevance | Sort::ReceivedDown => ("received_at", true),
            Sort::Received => ("received_at", false),
            Sort::Due => ("due_at", false),
            Sort::DueDown => ("due_at", true),
        };
        let missing = DateTime::from_timestamp(253_370_764_800, 0).unwrap_or_default();
        Order { rank, column, missing, is_down }
    }

    /// What is sorted by, as an index has it.
    fn value(&self) -> String {
        if self.column == "received_at" {
            return self.column.to_owned();
        }
        format!("COALESCE({}, {})", self.column, time(self.missing))
    }

    /// The condition for rows after a cursor; `None` where it is none of ours.
    fn after(&self, cursor: &str) -> Option<String> {
        let mut parts = cursor.split('.').map(|part| part.parse::<i64>().ok());
        let (rank, key, id) = (parts.next()??, parts.next()??, parts.next()??);
        let at = DateTime::from_timestamp_micros(key).filter(|_| parts.next().is_none())?;
        let sign = if self.is_down { "<" } else { ">" };
        let (value, at) = (self.value(), time(at));
        Some(format!("({}, {value}, id) {sign} ({rank}, {at}, {id})", self.rank))
    }

    fn page(&self, conn: &mut AnyConn, all: &[String], limit: usize) -> Stored<Vec<PageRow>> {
        let direction = if self.is_down { "DESC" } else { "ASC" };
        let micros = match conn {
            AnyConn::Pg(_) => format!(
                "CAST(EXTRACT(EPOCH FROM COALESCE({}, TIMESTAMP {})) * 1000000 AS BIGINT)",
                self.column,
                time(self.missing)
            ),
            // SQLite's fractions end at milliseconds: the whole seconds and the digits of the text
            // behind the dot.
            AnyConn::Sqlite(_) => {
                let value = self.value();
                format!(
                    "CAST(strftime('%s', {value}) AS INTEGER) * 1000000 + \
                     CAST(substr(substr({value}, 21) || '000000', 1, 6) AS INTEGER)"
                )
            }
        };
        let (rank, value) = (self.rank, self.value());
        let sql = format!(
            "SELECT id, CAST({rank} AS BIGINT) AS rank, {micros} AS key FROM cases WHERE {} \
             ORDER BY {rank} {direction}, {value} {direction}, id {direction} LIMIT {limit}",
            all.join(" AND "),
        );
        let sql =
            sql.replace("ORDER BY 0 ASC, ", "ORDER BY ").replace("ORDER BY 0 DESC, ", "ORDER BY ");
        Ok(diesel::sql_query(sql).load::<PageRow>(conn)?)
    }
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// How many cases fulfil all conditions.
pub(super) fn count(conn: &mut AnyConn, all: &[String]) -> Stored<i64> {
    let sql = format!("SELECT COUNT(*) AS count FROM cases WHERE {}", all.join(" AND "));
    Ok(diesel::sql_query(sql).get_result::<Count>(conn)?.count)
}
