//! The leaders' figures: period and agency stand in the URL, and each number leads to exactly the
//! cases it counts.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use chrono::{Days, Months, NaiveDate};

use super::chart::{Chart, chart};
use super::choices::{self, Choice, Group};
use super::form::{Errors, Typed};
use super::frame::{Frame, officer};
use crate::domain::case::OutcomeKind;
use crate::domain::figures::{Figure, OutcomePart, Split, Step, Summary, rate};
use crate::flow::report;
use crate::store::figures::SeriesRow;
use crate::web::api::reports::{Asked, frame_for, read};
use crate::web::api::{desk, pairs};
use crate::web::ask::Ask;
use crate::web::desk_list::today;
use crate::web::failure::Failure;
use crate::web::form_url;
use crate::web::query_words;

struct Card {
    name: String,
    value: String,
    before: String,
    /// Against the period before; nothing where there is nothing to compare.
    change: String,
    sample: String,
    link: String,
    link_before: String,
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
    /// As typed, where that was no period.
    from: String,
    to: String,
    errors: &'a Errors,
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
    chart: Chart,
    lines: Vec<Line>,
}

/// `GET /reports`
pub async fn reports(ask: Ask, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let signed = officer(&ask, &request).await?;
    let frame = Frame::of_desk(&ask, &request, "reports-title", &signed.user)?;
    let typed = Typed { pairs: pairs(&request)? };
    let (asked, wrong) = read(&ask, &signed.user, &typed.pairs, false);
    let errors = Errors::of_fields(&ask, &wrong);
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
    let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
    for row in &rows {
        *sums.entry(&row.period).or_default() += row.count;
    }
    let sums: Vec<(&str, i64)> = sums.into_iter().collect();
    let page = Page {
        may_measure: signed.user.may_read_accuracy(),
        from: typed_or(&typed, &errors, "from", from),
        to: typed_or(&typed, &errors, "to", to),
        before: format!("{} – {}", day(start), day(end)),
        agencies: choices::agencies(&ask),
        steps: Step::ALL.iter().map(|s| choice(&frame, "step", s.word())).collect(),
        splits: Split::ALL.iter().map(|s| choice(&frame, "search", s.word())).collect(),
        by: asked.by.word(),
        split: asked.split.word(),
        cards: cards(&frame, &links, &now, &before),
        figures: figures(&ask, &frame, &links, (&now, &before)),
        lines: rows.iter().map(|row| line(&ask, &frame, &asked, &links, row)).collect(),
        chart: chart(&frame, &sums),
        agency,
        errors: &errors,
        f: &frame,
    };
    frame.form(&errors, &page)
}

/// What was typed stands where it was typed while anything is wrong; else the day that counts.
fn typed_or(typed: &Typed, errors: &Errors, name: &str, day: NaiveDate) -> String {
    let typed = Some(typed.get(name)).filter(|text| !errors.is_empty() && !text.is_empty());
    typed.map_or_else(|| day.to_string(), str::to_owned)
}

fn choice(f: &Frame, kind: &str, word: &str) -> Choice {
    Choice { code: word.to_owned(), name: f.word(kind, word) }
}

/// A number of the summary, and how it is said.
struct Measure<'a> {
    value: &'a dyn Fn(&Summary) -> Option<f64>,
    said: &'a dyn Fn(f64) -> String,
}

/// Six figures with the period before, the sample they rest on, and the cases they count.
fn cards(f: &Frame, links: &Links, now: &Summary, before: &Summary) -> Vec<Card> {
    let mut out = Vec::new();
    let none = || "–".to_owned();
    let mut card = |id: &str, figure: Figure, n: Option<i64>, of: &Measure<'_>| {
        let sample = n.map_or_else(String::new, |n| f.with("reports-of", "n", &f.number(&n)));
        let shown = |s: &Summary| (of.value)(s).map_or_else(none, |value| (of.said)(value));
        let change = (of.value)(now).zip((of.value)(before)).map(|(now, before)| now - before);
        out.push(Card {
            name: f.t(id),
            value: shown(now),
            before: shown(before),
            change: change.map(|by| f.change(by, of.said)).unwrap_or_default(),
            sample,
            link: links.to(figure, links.now),
            link_before: links.to(figure, links.before),
        });
    };
    let answers = |s: &Summary| s.outcomes.get(&OutcomeKind::Answer).copied().unwrap_or_default();
    let dated = answers(now).on_time + answers(now).late;
    let on_time = Figure::Outcome(OutcomeKind::Answer, OutcomePart::OnTime);
    let share = |s: &Summary| rate(answers(s).on_time, answers(s).on_time + answers(s).late);
    let whole = &|value: f64| f.whole(value);
    let days = &|value: f64| f.with("days", "days", &f.decimal(&value));
    let of_five = &|value: f64| f.with("of-five", "mean", &f.decimal(&value));
    let percent = &|value: f64| f.percent(&value);
    card("figure-on-time", on_time, Some(dated), &Measure { value: &share, said: percent });
    let counts = [
        ("figure-received", Figure::Received),
        ("figure-open", Figure::Open),
        ("figure-overdue", Figure::Overdue),
    ];
    for (id, figure) in counts {
        let value = |s: &Summary| i32::try_from(s.number(figure)).ok().map(f64::from);
        card(id, figure, None, &Measure { value: &value, said: whole });
    }
    let answered = Figure::Answered(OutcomePart::Count);
    let median = Measure { value: &|s| s.median_days, said: days };
    card("figure-median", answered, Some(now.answered), &median);
    let mean = Measure { value: &|s| s.rating.mean, said: of_five };
    card("figure-rating", Figure::Rated, Some(now.rating.count), &mean);
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
            name: query_words::figure(ask, figure),
            value: f.number(&value),
            before: f.number(&earlier),
            change: f.change(difference(value, earlier), &|value| f.whole(value)),
            sample: String::new(),
            link: links.to(figure, links.now),
            link_before: links.to(figure, links.before),
        });
    }
    out
}

fn difference(now: i64, before: i64) -> f64 {
    i32::try_from(now - before).map_or(0.0, f64::from)
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
        // No filter of the desk is by field.
        Split::Field => false,
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
