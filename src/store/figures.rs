//! The figures of the reports as conditions on cases: the number and the list behind it come from
//! the same text.

use chrono::NaiveDate;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Double, Nullable, Text};

use super::list::{count, date, one_of, quote, time};
use super::{AnyConn, Stored};
use crate::clock::Moment;
use crate::domain::agency::AgencyId;
use crate::domain::case::OutcomeKind;
use crate::domain::deadline::{end_of_day, start_of_day};
use crate::domain::figures::{Figure, OutcomeCount, OutcomePart, Split, Step};
use crate::domain::jurisdiction::Jurisdiction;

/// Two instants, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub from: Moment,
    pub to: Moment,
}

/// A period of a report: days in the pack's zone, and the instants that they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    pub from: NaiveDate,
    pub to: NaiveDate,
    pub span: Span,
    /// The end of the period, or now when that is earlier: what `open` and `overdue` are asked of.
    pub as_of: Moment,
    /// `None`: all agencies.
    pub agencies: Option<Vec<AgencyId>>,
}

impl Frame {
    /// The instants of a period in the pack's zone.
    pub fn new(
        rules: &Jurisdiction,
        (from, to): (NaiveDate, NaiveDate),
        agencies: Option<Vec<AgencyId>>,
        now: Moment,
    ) -> Frame {
        let zone = rules.settings.zone;
        let span = Span { from: start_of_day(from, zone), to: end_of_day(to, zone) };
        Frame { from, to, span, as_of: span.to.min(now), agencies }
    }
}

/// The condition on `cases` that a figure counts.
pub fn condition(figure: Figure, frame: &Frame) -> String {
    let mut all = vec![of_figure(figure, frame)];
    if let Some(agencies) = &frame.agencies {
        all.push(one_of("agency_id", agencies.iter()));
    }
    format!("({})", all.join(" AND "))
}

/// How many cases a figure counts.
pub fn number(conn: &mut AnyConn, figure: Figure, frame: &Frame) -> Stored<i64> {
    count(conn, &[condition(figure, frame)])
}

fn of_figure(figure: Figure, frame: &Frame) -> String {
    let received = received(frame);
    match figure {
        Figure::Received => received,
        Figure::Scope(scope) => format!("{received} AND scope = {}", quote(scope.word())),
        Figure::Authority(authority) => {
            format!("{received} AND authority = {}", quote(authority.word()))
        }
        Figure::ByChannel(channel) => format!("{received} AND channel = {}", quote(channel.word())),
        Figure::NoDueDate => {
            format!("{received} AND due_at IS NULL AND first_outcome_due_at IS NULL")
        }
        Figure::Open => was_open(frame.as_of),
        Figure::Overdue => format!("{} AND {}", was_open(frame.as_of), was_overdue(frame.as_of)),
        Figure::Outcome(kind, part) => {
            format!("first_outcome_kind = {} AND {}", quote(kind.word()), outcome(part, frame))
        }
        Figure::Answered(part) => {
            format!("first_outcome_kind IS NOT NULL AND {}", outcome(part, frame))
        }
        Figure::Dated => {
            format!("first_outcome_due_at IS NOT NULL AND {}", outcome(OutcomePart::Count, frame))
        }
        Figure::Reopened => format!(
            "id IN (SELECT case_id FROM events WHERE kind = 'reopened' AND {})",
            within("occurred_at", frame.span)
        ),
        // What the event says stays true of its day, also after the case was reopened.
        Figure::Unreviewed => format!(
            "id IN (SELECT case_id FROM events WHERE kind = 'answered' \
             AND payload LIKE '%\"unreviewed\":true%' AND {})",
            within("occurred_at", frame.span)
        ),
        Figure::Rated => within("rated_at", frame.span),
        Figure::MachineDecided => machine(frame, ""),
        Figure::MachineConfirmed => machine(frame, " AND verdict = 'confirmed'"),
        Figure::MachineCorrected => machine(frame, " AND verdict = 'corrected'"),
    }
}

fn received(frame: &Frame) -> String {
    format!("received_day BETWEEN {} AND {}", date(frame.from), date(frame.to))
}

pub(super) fn within(column: &str, span: Span) -> String {
    format!("{column} >= {} AND {column} <= {}", time(span.from), time(span.to))
}

fn was_open(at: Moment) -> String {
    let at = time(at);
    format!(
        "id IN (SELECT case_id FROM case_spans WHERE opened_at <= {at} \
         AND (ended_at IS NULL OR ended_at > {at}))"
    )
}

/// The due date that held then was past then.
fn was_overdue(at: Moment) -> String {
    let at = time(at);
    format!(
        "id IN (SELECT case_id FROM deadlines WHERE from_at <= {at} \
         AND (until_at IS NULL OR until_at > {at}) AND due_at < {at})"
    )
}

fn outcome(part: OutcomePart, frame: &Frame) -> String {
    let taken = within("first_outcome_at", frame.span);
    match part {
        OutcomePart::Count => taken,
        OutcomePart::OnTime => format!("{taken} AND first_outcome_at <= first_outcome_due_at"),
        OutcomePart::Late => format!("{taken} AND first_outcome_at > first_outcome_due_at"),
    }
}

fn machine(frame: &Frame, verdict: &str) -> String {
    let decided = within("decided_at", frame.span);
    format!("id IN (SELECT case_id FROM decisions WHERE basis = 'machine' AND {decided}{verdict})")
}

/// Cases received with the same scope, authority and channel.
#[derive(Debug, Clone, QueryableByName)]
pub struct ReceivedGroup {
    #[diesel(sql_type = Text)]
    pub scope: String,
    #[diesel(sql_type = Text)]
    pub authority: String,
    #[diesel(sql_type = Text)]
    pub channel: String,
    #[diesel(sql_type = BigInt)]
    pub count: i64,
    #[diesel(sql_type = BigInt)]
    pub no_due_date: i64,
}

/// What was received, in one reading: the numbers of `Received`, `Scope`, `Authority`, `ByChannel`
/// and `NoDueDate` are sums of it.
pub fn received_groups(conn: &mut AnyConn, frame: &Frame) -> Stored<Vec<ReceivedGroup>> {
    let sql = format!(
        "SELECT scope, authority, channel, COUNT(*) AS count, COUNT(CASE WHEN due_at IS NULL \
         AND first_outcome_due_at IS NULL THEN 1 END) AS no_due_date \
         FROM cases WHERE {} GROUP BY scope, authority, channel",
        condition(Figure::Received, frame)
    );
    Ok(diesel::sql_query(sql).load(conn)?)
}

/// Outcomes of the same kind after the same time.
#[derive(Debug, Clone, QueryableByName)]
pub struct OutcomeGroup {
    #[diesel(sql_type = Text)]
    pub kind: String,
    /// Days from receipt, in tenths.
    #[diesel(sql_type = BigInt)]
    pub tenths: i64,
    #[diesel(sql_type = BigInt)]
    pub count: i64,
    #[diesel(sql_type = BigInt)]
    pub on_time: i64,
    #[diesel(sql_type = BigInt)]
    pub late: i64,
}

/// First outcomes in one reading, the fastest first: the numbers of `Outcome` and `Answered` are
/// sums of it.
pub fn outcome_groups(conn: &mut AnyConn, frame: &Frame) -> Stored<Vec<OutcomeGroup>> {
    let sql = format!(
        "SELECT first_outcome_kind AS kind, COALESCE(first_outcome_tenths, 0) AS tenths, \
         COUNT(*) AS count, \
         COUNT(CASE WHEN first_outcome_at <= first_outcome_due_at THEN 1 END) AS on_time, \
         COUNT(CASE WHEN first_outcome_at > first_outcome_due_at THEN 1 END) AS late \
         FROM cases WHERE {} GROUP BY first_outcome_kind, first_outcome_tenths ORDER BY 2",
        condition(Figure::Answered(OutcomePart::Count), frame)
    );
    Ok(diesel::sql_query(sql).load(conn)?)
}

/// The outcomes of a kind, or of all.
pub fn outcomes(groups: &[OutcomeGroup], kind: Option<OutcomeKind>) -> OutcomeCount {
    let mut out = OutcomeCount::default();
    for group in groups.iter().filter(|group| kind.is_none_or(|kind| group.kind == kind.word())) {
        out.count += group.count;
        out.on_time += group.on_time;
        out.late += group.late;
    }
    out
}

/// Days from receipt to first outcome in tenths: the median, of an even number the mean of the two
/// in the middle, and the 90th percentile (nearest rank); `None` of nothing.
pub fn outcome_days(groups: &[OutcomeGroup]) -> Option<(i64, i64)> {
    let total: i64 = groups.iter().map(|group| group.count).sum();
    let at = |rank: i64| {
        let mut passed = 0;
        let found = groups.iter().find(|group| {
            passed += group.count;
            passed > rank
        });
        found.map(|group| group.tenths)
    };
    let (low, high) = (at((total - 1) / 2)?, at(total / 2)?);
    // Nearest rank: the smallest value that at least the share of all values does not exceed.
    let p90 = at((total * 90 + 99) / 100 - 1)?;
    // Half a tenth counts as one.
    Some(((low + high + 1) / 2, p90))
}

/// The mean of the ratings given in the period; `None` of nothing.
pub fn rating_mean(conn: &mut AnyConn, frame: &Frame) -> Stored<Option<f64>> {
    #[derive(QueryableByName)]
    struct Mean {
        #[diesel(sql_type = Nullable<Double>)]
        mean: Option<f64>,
    }
    let rated = condition(Figure::Rated, frame);
    let sql =
        format!("SELECT CAST(AVG(rating) AS DOUBLE PRECISION) AS mean FROM cases WHERE {rated}");
    Ok(diesel::sql_query(sql).get_result::<Mean>(conn)?.mean)
}

/// A row of a series: the first day of the period, the value it is split by, how many cases were
/// received.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct SeriesRow {
    #[diesel(sql_type = Text)]
    pub period: String,
    /// Ids for agencies and areas.
    #[diesel(sql_type = Nullable<Text>)]
    pub key: Option<String>,
    #[diesel(sql_type = BigInt)]
    pub count: i64,
}

/// Cases received, by period and value.
pub fn series(
    conn: &mut AnyConn,
    frame: &Frame,
    step: Step,
    split: Split,
) -> Stored<Vec<SeriesRow>> {
    let period = match (step, &conn) {
        (Step::Day, AnyConn::Pg(_)) => "to_char(received_day, 'YYYY-MM-DD')",
        (Step::Week, AnyConn::Pg(_)) => "to_char(date_trunc('week', received_day), 'YYYY-MM-DD')",
        (Step::Month, AnyConn::Pg(_)) => "to_char(received_day, 'YYYY-MM')",
        (Step::Day, AnyConn::Sqlite(_)) => "received_day",
        // The Monday on or before the day: Sunday is 0.
        (Step::Week, AnyConn::Sqlite(_)) => "date(received_day, 'weekday 0', '-6 days')",
        (Step::Month, AnyConn::Sqlite(_)) => "strftime('%Y-%m', received_day)",
    };
    let column = match split {
        Split::Scope => "scope",
        Split::Authority => "authority",
        Split::Agency => "agency_id",
        Split::Category => "category",
        // What field a procedure belongs to is the rules'.
        Split::Field => "procedure_code",
        Split::Area => "area_id",
        Split::Channel => "channel",
        Split::Status => "status",
    };
    let received = condition(Figure::Received, frame);
    let sql = format!(
        "SELECT {period} AS period, CAST({column} AS TEXT) AS key, COUNT(*) AS count FROM cases \
         WHERE {received} GROUP BY 1, {column} ORDER BY 1, 3 DESC, 2"
    );
    Ok(diesel::sql_query(sql).load::<SeriesRow>(conn)?)
}

/// What an office was sent and what it did of it in a period.
#[derive(Debug, Clone, Default, PartialEq, QueryableByName)]
pub struct AgencyRow {
    #[diesel(sql_type = Nullable<BigInt>)]
    pub agency: Option<i64>,
    #[diesel(sql_type = BigInt)]
    pub received: i64,
    /// First answers, and those of them with a due date that were on time and late.
    #[diesel(sql_type = BigInt)]
    pub answers: i64,
    #[diesel(sql_type = BigInt)]
    pub on_time: i64,
    #[diesel(sql_type = BigInt)]
    pub late: i64,
    #[diesel(sql_type = BigInt)]
    pub rated: i64,
    /// The sum of the ratings.
    #[diesel(sql_type = BigInt)]
    pub stars: i64,
}

/// The figures of each agency that has any.
pub fn by_agency(conn: &mut AnyConn, frame: &Frame) -> Stored<Vec<AgencyRow>> {
    let answer = |part| of_figure(Figure::Outcome(OutcomeKind::Answer, part), frame);
    let (received, rated) = (received(frame), of_figure(Figure::Rated, frame));
    let all = answer(OutcomePart::Count);
    let sum = |condition: &str, of: &str| {
        format!("CAST(SUM(CASE WHEN {condition} THEN {of} ELSE 0 END) AS BIGINT)")
    };
    let sql = format!(
        "SELECT agency_id AS agency, {} AS received, {} AS answers, {} AS on_time, {} AS late, \
         {} AS rated, {} AS stars FROM cases WHERE ({received}) OR ({all}) OR ({rated}) \
         GROUP BY agency_id ORDER BY 2 DESC, 1",
        sum(&received, "1"),
        sum(&all, "1"),
        sum(&answer(OutcomePart::OnTime), "1"),
        sum(&answer(OutcomePart::Late), "1"),
        sum(&rated, "1"),
        sum(&rated, "rating"),
    );
    Ok(diesel::sql_query(sql).load::<AgencyRow>(conn)?)
}
