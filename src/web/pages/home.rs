//! The front page and the public figures.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::chart::{Chart, chart};
use super::figures::{self, Kept, Months, SAMPLE_MIN, Year};
use super::frame::Frame;
use crate::domain::figures::{Summary, rate};
use crate::domain::in_language;
use crate::domain::scope::Scope;
use crate::store::figures::AgencyRow;
use crate::web::ask::Ask;
use crate::web::failure::Failure;

/// Where something belongs that does not belong here.
pub struct Elsewhere {
    pub matters: String,
    pub name: String,
    pub contact: String,
    pub is_number: bool,
    pub guidance: String,
}

#[derive(Template)]
#[template(path = "home.html")]
struct Home<'a> {
    f: &'a Frame,
    about: &'a str,
    months: Months,
    on_time: Option<f64>,
    belongs: Vec<String>,
    elsewhere: Vec<Elsewhere>,
}

/// `GET /`
pub async fn home(
    ask: Ask,
    request: HttpRequest,
    kept: web::Data<Kept>,
) -> Result<HttpResponse, Failure> {
    let frame = Frame::new(&ask, &request, "home-title")?;
    let months = kept.months(&ask).await?;
    let rules = &ask.context.rules;
    let own = rules.categories.iter().filter(|c| c.scope == Scope::In);
    let belongs = own.map(|c| in_language(&c.names, &ask.language).to_owned()).collect();
    let page = Home {
        about: in_language(&rules.settings.about, &ask.language),
        on_time: figures::answers_on_time(&months.this),
        months,
        belongs,
        elsewhere: elsewhere(&ask),
        f: &frame,
    };
    frame.page(&page)
}

/// Every destination of the pack with the matters that it takes.
fn elsewhere(ask: &Ask) -> Vec<Elsewhere> {
    let rules = &ask.context.rules;
    let mut out = Vec::new();
    for destination in &rules.destinations {
        let matters = destination.categories.iter().filter_map(|c| rules.category(c));
        let matters: Vec<&str> = matters
            .map(|c| in_language(&c.names, &ask.language))
            .filter(|n| !n.is_empty())
            .collect();
        if matters.is_empty() {
            continue;
        }
        out.push(Elsewhere {
            matters: matters.join(", "),
            name: in_language(&destination.names, &ask.language).to_owned(),
            is_number: is_number(&destination.contact),
            contact: destination.contact.clone(),
            guidance: in_language(&destination.guidance, &ask.language).to_owned(),
        });
    }
    out
}

/// Can the contact be called?
pub fn is_number(contact: &str) -> bool {
    !contact.is_empty() && contact.chars().all(|c| c.is_ascii_digit() || c == ' ' || c == '+')
}

/// A line of the public figures: this month, last month.
struct Line {
    name: String,
    this: String,
    last: String,
}

#[derive(Template)]
#[template(path = "statistics.html")]
struct Statistics<'a> {
    f: &'a Frame,
    this_period: String,
    last_period: String,
    lines: Vec<Line>,
    rule: String,
    chart: Chart,
    /// The months of the chart and their cases.
    by_month: Vec<(String, String)>,
    agencies: Vec<AgencyLine>,
    agency_rule: String,
    year_period: String,
}

/// What an agency was sent in the year, and what it did of it.
struct AgencyLine {
    name: String,
    received: String,
    answers: String,
    on_time: String,
    rating: String,
}

/// `GET /statistics`
pub async fn statistics(
    ask: Ask,
    request: HttpRequest,
    kept: web::Data<Kept>,
) -> Result<HttpResponse, Failure> {
    let frame = Frame::new(&ask, &request, "statistics-title")?;
    let Months { this, last } = kept.months(&ask).await?;
    let year = kept.year(&ask).await?;
    let bars: Vec<(&str, i64)> = year.months.iter().map(|(m, n)| (m.as_str(), *n)).collect();
    let day = |d| ask.context.messages.day(&ask.language, d);
    let page = Statistics {
        chart: chart(&frame, &bars),
        by_month: bars.iter().map(|(m, n)| ((*m).to_owned(), frame.number(n))).collect(),
        agencies: agencies(&ask, &frame, &year),
        agency_rule: frame.with("statistics-agency-rule", "min", &SAMPLE_MIN.to_string()),
        year_period: format!("{} – {}", day(year.from), day(year.to)),
        this_period: period(&frame, &this),
        last_period: period(&frame, &last),
        lines: lines(&frame, &this, &last),
        rule: frame.with("statistics-rule", "min", &SAMPLE_MIN.to_string()),
        f: &frame,
    };
    frame.page(&page)
}

fn period(f: &Frame, summary: &Summary) -> String {
    let day = |d| f.ask.context.messages.day(&f.ask.language, d);
    format!("{} – {}", day(summary.from), day(summary.to))
}

/// A line for each agency that was sent enough cases; the others stand together, and what no agency
/// has yet stands apart.
fn agencies(ask: &Ask, f: &Frame, year: &Year) -> Vec<AgencyLine> {
    let mut out = Vec::new();
    let mut others: Option<AgencyRow> = None;
    let mut none = None;
    for row in &year.agencies {
        let Some(id) = row.agency else {
            none = Some(agency_line(f, f.t("statistics-no-agency"), row));
            continue;
        };
        if row.received >= SAMPLE_MIN {
            let agency = ask.context.rules.agency(id);
            let name = agency.map(|a| in_language(&a.names, &ask.language).to_owned());
            out.push(agency_line(f, name.unwrap_or_default(), row));
            continue;
        }
        let mut sum = others.take().unwrap_or_default();
        sum.received += row.received;
        sum.answers += row.answers;
        sum.on_time += row.on_time;
        sum.late += row.late;
        sum.rated += row.rated;
        sum.stars += row.stars;
        others = Some(sum);
    }
    out.extend(others.map(|sum| agency_line(f, f.t("statistics-others"), &sum)));
    out.extend(none);
    out
}

fn agency_line(f: &Frame, name: String, row: &AgencyRow) -> AgencyLine {
    let dated = row.on_time + row.late;
    let enough = |part: i64, of: i64| rate(part, of).filter(|_| of >= SAMPLE_MIN);
    let few = || f.t("statistics-few");
    AgencyLine {
        name,
        received: f.number(&row.received),
        answers: f.number(&row.answers),
        on_time: enough(row.on_time, dated).map_or_else(few, |share| f.percent(&share)),
        rating: enough(row.stars, row.rated)
            .map_or_else(few, |mean| f.with("of-five", "mean", &f.decimal(&mean))),
    }
}

fn lines(f: &Frame, this: &Summary, last: &Summary) -> Vec<Line> {
    let mut out = Vec::new();
    let mut line = |id: &str, of: &dyn Fn(&Summary) -> String| {
        out.push(Line { name: f.t(id), this: of(this), last: of(last) });
    };
    let few = || f.t("statistics-few");
    let scope = |s: &Summary, scope| f.number(&s.scope.get(&scope).copied().unwrap_or(0));
    line("figure-received", &|s| f.number(&s.received));
    line("figure-in", &|s| scope(s, Scope::In));
    line("figure-out", &|s| scope(s, Scope::Out));
    line("figure-ask", &|s| scope(s, Scope::Ask));
    line("figure-answers", &|s| f.number(&figures::answers(s).count));
    line("figure-on-time", &|s| {
        figures::answers_on_time(s).map_or_else(few, |share| f.percent(&share))
    });
    line("figure-median", &|s| match s.median_days.filter(|_| s.answered >= SAMPLE_MIN) {
        Some(days) => f.with("days", "days", &f.decimal(&days)),
        None => few(),
    });
    line("figure-rating", &|s| match figures::mean_rating(s) {
        Some(mean) => f.with("of-five", "mean", &f.decimal(&mean)),
        None => few(),
    });
    line("figure-open", &|s| f.number(&s.open));
    line("figure-overdue", &|s| f.number(&s.overdue));
    out
}
