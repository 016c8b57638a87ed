//! The leaders' figures: period and agency stand in the URL, and each number leads to exactly the
//! cases it counts.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::{Days, Months, NaiveDate};

use super::choices::{self, Choice, Group};
use super::frame::{Frame, officer};
use crate::domain::case::OutcomeKind;
use crate::domain::figures::{Figure, OutcomePart, Split, Step, Summary, rate};
use crate::flow::report;
use crate::store::figures::SeriesRow;
use crate::web::api::reports::{Asked, asked, frame_for};
use crate::web::api::{desk, pairs};
use crate::web::ask::Ask;
use crate::web::desk_list::today;
use crate::web::failure::Failure;
use crate::web::field_words;
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
    link_before: String,
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
    /// Nothing where no filter holds exactly these cases.
    link: Option<String>,
}

/// Where the numbers lead: both periods, and the office they are of.
struct Links {
    agency: String,
    now: (NaiveDate, NaiveDate),
    before: (NaiveDate, NaiveDate),
}

impl Links {
    fn to(&self, figure: Figure, (from, to): (NaiveDate, NaiveDate)) -> String {
        link(figure, (from, to), &[("agency", &self.agency)])
    }
}

/// The desk's list of what a figure counts in a period.
fn link(figure: Figure, (from, to): (NaiveDate, NaiveDate), more: &[(&str, &str)]) -> String {
    let mut pairs = vec![("figure".to_owned(), figure.name())];
    pairs.push(("from".into(), from.to_string()));
    pairs.push(("to".into(), to.to_string()));
    for (name, value) in more.iter().filter(|(_, value)| !value.is_empty()) {
        pairs.push(((*name).to_owned(), (*value).to_owned()));
    }
    format!("/desk?{}", form_url(&pairs))
}

#[derive(Template)]
#[template(path = "reports.html")]
struct Page<'a> {
    f: &'a Frame,
    /// May the reader see how right the machine is?
    may_measure: bool,
    from: NaiveDate,
    to: NaiveDate,
    before: String,
    /// The chosen agency's code; empty: all.
    agency: String,
    agencies: Vec<Group>,
    steps: Vec<Choice>,
    splits: Vec<Choice>,
    by: &'static str,
    split: &'static str,
    cards: Vec<Card>,
    figures: Vec<Card>,
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
    // The same office in both periods, whatever its code has meant before.
    let earlier = frame_for(&ask, &signed.user, (start, end), asked.agency);
    let agency = asked.agency.and_then(|id| ask.context.rules.agency(id));
    let agency = agency.map(|agency| agency.code.clone()).unwrap_or_default();
    let links = Links { agency: agency.clone(), now: (from, to), before: (start, end) };
    let before = report::summary(&ask.context, earlier).await?;
    let now = report::summary(&ask.context, asked.frame.clone()).await?;
    let rows = report::series(&ask.context, asked.frame.clone(), asked.by, asked.split).await?;
    let day = |d| ask.context.messages.day(&ask.language, d);
    let (bars, most) = bars(&frame, &rows);
    let page = Page {
        may_measure: signed.user.may_read_accuracy(),
        from,
        to,
        before: format!("{} – {}", day(start), day(end)),
        agencies: choices::agencies(&ask),
        steps: Step::ALL.iter().map(|s| choice(&frame, "step", s.word())).collect(),
        splits: Split::ALL.iter().map(|s| choice(&frame, "search", s.word())).collect(),
        by: asked.by.word(),
        split: asked.split.word(),
        cards: cards(&frame, &links, &now, &before),
        figures: figures(&ask, &frame, &links, (&now, &before)),
        lines: rows.iter().map(|row| line(&ask, &frame, &asked, &links, row)).collect(),
        agency,
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
fn cards(f: &Frame, links: &Links, now: &Summary, before: &Summary) -> Vec<Card> {
    let mut out = Vec::new();
    let mut card = |id: &str, figure: Figure, n: Option<i64>, of: &dyn Fn(&Summary) -> String| {
        let sample = n.map_or_else(String::new, |n| f.with("reports-of", "n", &f.number(&n)));
        out.push(Card {
            name: f.t(id),
            value: of(now),
            before: of(before),
            sample,
            link: links.to(figure, links.now),
            link_before: links.to(figure, links.before),
        });
    };
    let none = || "–".to_owned();
    let answers = |s: &Summary| s.outcomes.get(&OutcomeKind::Answer).copied().unwrap_or_default();
    let dated = answers(now).on_time + answers(now).late;
    let on_time = Figure::Outcome(OutcomeKind::Answer, OutcomePart::OnTime);
    card("figure-on-time", on_time, Some(dated), &|s| {
        let one = answers(s);
        rate(one.on_time, one.on_time + one.late).map_or_else(none, |share| f.percent(&share))
    });
    card("figure-received", Figure::Received, None, &|s| f.number(&s.received));
    card("figure-open", Figure::Open, None, &|s| f.number(&s.open));
    card("figure-overdue", Figure::Overdue, None, &|s| f.number(&s.overdue));
    let answered = Figure::Answered(OutcomePart::Count);
    card("figure-median", answered, Some(now.answered), &|s| {
        s.median_days.map_or_else(none, |days| f.with("days", "days", &f.decimal(&days)))
    });
    card("figure-rating", Figure::Rated, Some(now.rating.count), &|s| {
        s.rating.mean.map_or_else(none, |mean| f.with("of-five", "mean", &f.decimal(&mean)))
    });
    out
}

/// Every number of the summary; a channel that brought nothing is left out.
fn figures(ask: &Ask, f: &Frame, links: &Links, (now, before): (&Summary, &Summary)) -> Vec<Card> {
    let mut out = Vec::new();
    for figure in Figure::all() {
        let (value, earlier) = (now.number(figure), before.number(figure));
        if matches!(figure, Figure::ByChannel(_)) && value == 0 && earlier == 0 {
            continue;
        }
        out.push(Card {
            name: field_words::figure(ask, figure),
            value: f.number(&value),
            before: f.number(&earlier),
            sample: String::new(),
            link: links.to(figure, links.now),
            link_before: links.to(figure, links.before),
        });
    }
    out
}

fn line(ask: &Ask, f: &Frame, asked: &Asked, links: &Links, row: &SeriesRow) -> Line {
    let named = row.key.as_deref().map(|key| desk::named(ask, asked.split.word(), key));
    let days = days_of(&row.period, asked.by, links.now);
    let filter = row.key.as_deref().zip(named.as_ref());
    let filter = filter.filter(|(key, (code, _))| is_filter(ask, asked.split, key, code));
    let link = days.zip(filter).map(|(days, (_, (code, _)))| {
        // An office's own filter takes the place of the one that was chosen.
        let agency = if asked.split == Split::Agency { "" } else { links.agency.as_str() };
        link(Figure::Received, days, &[(asked.split.word(), code), ("agency", agency)])
    });
    let name = named.map_or_else(|| f.t("file-none"), |(_, name)| name);
    Line { period: row.period.clone(), name, count: f.number(&row.count), link }
}

/// Does the desk's filter on this code hold exactly the cases of the key? An office with others
/// below it does not, nor a code that another has today.
fn is_filter(ask: &Ask, split: Split, key: &str, code: &str) -> bool {
    let (rules, today) = (&ask.context.rules, today(ask));
    let id: Option<i64> = key.parse().ok();
    match split {
        Split::Agency => id.is_some_and(|id| {
            let is_same = rules.agency_by_code(code, today).is_some_and(|found| found.id == id);
            is_same && rules.subtree(id).len() == 1
        }),
        Split::Area => rules.area_by_code(code, today).map(|found| found.id) == id,
        Split::Category => rules.category(code).is_some(),
        Split::Scope | Split::Authority | Split::Channel | Split::Status => true,
    }
}

/// The days of a row's period that lie within the report's.
fn days_of(
    period: &str,
    by: Step,
    (from, to): (NaiveDate, NaiveDate),
) -> Option<(NaiveDate, NaiveDate)> {
    let first: NaiveDate = match by {
        Step::Month => format!("{period}-01").parse().ok()?,
        Step::Day | Step::Week => period.parse().ok()?,
    };
    let last = match by {
        Step::Day => first,
        Step::Week => first.checked_add_days(Days::new(6))?,
        Step::Month => first.checked_add_months(Months::new(1))?.pred_opt()?,
    };
    Some((first.max(from), last.min(to)))
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
