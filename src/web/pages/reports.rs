//! The leaders' figures: period and agency stand in the URL, and each number leads to exactly the
//! cases it counts.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::{Days, NaiveDate};

use super::choices::{self, Choice, Group};
use super::frame::{Frame, officer};
use crate::domain::case::OutcomeKind;
use crate::domain::figures::{Split, Step, Summary, rate};
use crate::flow::report;
use crate::store::figures::SeriesRow;
use crate::web::api::reports::{Asked, asked, frame_for};
use crate::web::api::{desk, pairs};
use crate::web::ask::Ask;
use crate::web::failure::Failure;
use crate::web::form_url;

/// The chart's inside, in units of its own.
const CHART_WIDTH: i64 = 640;
const CHART_HEIGHT: i64 = 180;
/// More bars than this cannot be read; the table holds every row.
const BARS_MAX: usize = 40;

struct Card {
    name: String,
    value: String,
    before: String,
    sample: String,
    link: String,
}

struct Bar {
    x: i64,
    y: i64,
    width: i64,
    height: i64,
    title: String,
}

struct Line {
    period: String,
    name: String,
    count: String,
}

#[derive(Template)]
#[template(path = "reports.html")]
struct Page<'a> {
    f: &'a Frame,
    from: NaiveDate,
    to: NaiveDate,
    before: String,
    agency: String,
    agencies: Vec<Group>,
    steps: Vec<Choice>,
    splits: Vec<Choice>,
    by: &'static str,
    split: &'static str,
    cards: Vec<Card>,
    bars: Vec<Bar>,
    most: String,
    lines: Vec<Line>,
}

/// `GET /reports`
pub async fn reports(ask: Ask, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let signed = officer(&ask, &request).await?;
    let frame = Frame::of_desk(&ask, &request, "reports-title", &signed.user)?;
    let asked = asked(&ask, &signed.user, &pairs(&request)?, false)?;
    let (from, to) = (asked.frame.from, asked.frame.to);
    let length = u64::try_from((to - from).num_days()).unwrap_or(0);
    let end = from.checked_sub_days(Days::new(1)).unwrap_or(from);
    let start = end.checked_sub_days(Days::new(length)).unwrap_or(end);
    let rules = &ask.context.rules;
    let chosen = asked.agency.as_deref();
    let agency = chosen.and_then(|code| rules.agency_by_code(code, to)).map(|a| a.id);
    let earlier = frame_for(&ask, &signed.user, (start, end), agency);
    let before = report::summary(&ask.context, earlier).await?;
    let now = report::summary(&ask.context, asked.frame.clone()).await?;
    let rows = report::series(&ask.context, asked.frame.clone(), asked.by, asked.split).await?;
    let day = |d| ask.context.messages.day(&ask.language, d);
    let (bars, most) = bars(&frame, &rows);
    let page = Page {
        from,
        to,
        before: format!("{} – {}", day(start), day(end)),
        agencies: choices::agencies(&ask),
        steps: Step::ALL.iter().map(|s| choice(&frame, "step", s.word())).collect(),
        splits: Split::ALL.iter().map(|s| choice(&frame, "search", s.word())).collect(),
        by: asked.by.word(),
        split: asked.split.word(),
        cards: cards(&frame, &asked, &now, &before),
        lines: rows.iter().map(|row| line(&ask, &frame, asked.split, row)).collect(),
        agency: asked.agency.unwrap_or_default(),
        bars,
        most,
        f: &frame,
    };
    frame.page(&page)
}

fn choice(f: &Frame, kind: &str, word: &str) -> Choice {
    Choice { code: word.to_owned(), name: f.word(kind, word) }
}

/// Six figures with the period before, the sample they rest on, and the cases they count.
fn cards(f: &Frame, asked: &Asked, now: &Summary, before: &Summary) -> Vec<Card> {
    let mut out = Vec::new();
    let link = |figure: &str| {
        let mut pairs = vec![("figure".to_owned(), figure.to_owned())];
        pairs.push(("from".into(), asked.frame.from.to_string()));
        pairs.push(("to".into(), asked.frame.to.to_string()));
        pairs.extend(asked.agency.iter().map(|code| ("agency".to_owned(), code.clone())));
        format!("/desk?{}", form_url(&pairs))
    };
    let mut card = |id: &str, figure: &str, n: Option<i64>, of: &dyn Fn(&Summary) -> String| {
        let sample = n.map_or_else(String::new, |n| f.with("reports-of", "n", &f.number(&n)));
        let (value, before) = (of(now), of(before));
        out.push(Card { name: f.t(id), value, before, sample, link: link(figure) });
    };
    let none = || "–".to_owned();
    let answers = |s: &Summary| s.outcomes.get(&OutcomeKind::Answer).copied().unwrap_or_default();
    let dated = answers(now).on_time + answers(now).late;
    card("figure-on-time", "outcomes.answer.on_time", Some(dated), &|s| {
        let one = answers(s);
        rate(one.on_time, one.on_time + one.late).map_or_else(none, |share| f.percent(&share))
    });
    card("figure-received", "received", None, &|s| f.number(&s.received));
    card("figure-open", "open", None, &|s| f.number(&s.open));
    card("figure-overdue", "overdue", None, &|s| f.number(&s.overdue));
    card("figure-median", "answered", Some(now.answered), &|s| {
        s.median_days.map_or_else(none, |days| f.with("days", "days", &f.decimal(&days)))
    });
    card("figure-rating", "rating", Some(now.rating.count), &|s| {
        s.rating.mean.map_or_else(none, |mean| f.with("of-five", "mean", &f.decimal(&mean)))
    });
    out
}

fn line(ask: &Ask, f: &Frame, split: Split, row: &SeriesRow) -> Line {
    let name = match row.key.as_deref() {
        Some(key) => desk::named(ask, split.word(), key).1,
        None => f.t("file-none"),
    };
    Line { period: row.period.clone(), name, count: f.number(&row.count) }
}

/// One bar for each period, and what the tallest stands for.
fn bars(f: &Frame, rows: &[SeriesRow]) -> (Vec<Bar>, String) {
    let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
    for row in rows {
        *sums.entry(&row.period).or_default() += row.count;
    }
    let skipped = sums.len().saturating_sub(BARS_MAX);
    let shown: Vec<(&str, i64)> = sums.into_iter().skip(skipped).collect();
    let most = shown.iter().map(|(_, count)| *count).max().unwrap_or(0).max(1);
    let room = CHART_WIDTH / i64::try_from(shown.len().max(1)).unwrap_or(1);
    let width = (room - 4).clamp(4, 60);
    let mut out = Vec::new();
    for (place, (period, count)) in (0..).zip(shown) {
        let height = count * CHART_HEIGHT / most;
        let title = format!("{period}: {}", f.number(&count));
        out.push(Bar { x: place * room + 2, y: CHART_HEIGHT - height, width, height, title });
    }
    (out, f.number(&most))
}
