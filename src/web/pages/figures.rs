//! The public figures, computed at most once a minute: the front page must not cost a report each
//! time it is opened.

use std::sync::Mutex;

use chrono::{Datelike, Days, Months as OfMonths, NaiveDate, TimeDelta};

use crate::clock::Moment;
use crate::domain::case::OutcomeKind;
use crate::domain::figures::{OutcomeCount, Split, Step, Summary, rate};
use crate::flow::report;
use crate::store::figures::{AgencyRow, Frame};
use crate::web::ask::Ask;
use crate::web::desk_list::today;
use crate::web::failure::Failure;

/// Figures are at most this old.
const KEPT_SECONDS: i64 = 60;
/// Below this many cases no rate is printed: it would say more of chance than of an office.
pub const SAMPLE_MIN: i64 = 20;

/// This month and the month before.
#[derive(Debug, Clone)]
pub struct Months {
    pub this: Summary,
    pub last: Summary,
}

/// The last twelve months: what came in by month, and each agency's figures.
#[derive(Debug, Clone)]
pub struct Year {
    pub from: NaiveDate,
    pub to: NaiveDate,
    /// The month, as the series names it, and its cases.
    pub months: Vec<(String, i64)>,
    pub agencies: Vec<AgencyRow>,
}

/// Figures as last computed, and when.
type Fresh<T> = Mutex<Option<(Moment, T)>>;

/// The figures as last computed.
#[derive(Debug, Default)]
pub struct Kept {
    months: Fresh<Months>,
    year: Fresh<Year>,
}

fn fresh<T: Clone>(kept: &Fresh<T>, now: Moment) -> Option<T> {
    let kept = kept.lock().ok()?;
    let (at, figures) = kept.as_ref()?;
    let is_fresh = (TimeDelta::zero()..TimeDelta::seconds(KEPT_SECONDS)).contains(&(now - *at));
    is_fresh.then(|| figures.clone())
}

fn keep<T: Clone>(kept: &Fresh<T>, now: Moment, figures: &T) {
    if let Ok(mut kept) = kept.lock() {
        *kept = Some((now, figures.clone()));
    }
}

impl Kept {
    /// The figures, from memory where they are fresh.
    pub async fn months(&self, ask: &Ask) -> Result<Months, Failure> {
        let now = ask.context.now;
        if let Some(months) = fresh(&self.months, now) {
            return Ok(months);
        }
        let today = today(ask);
        let first = today.with_day(1).unwrap_or(today);
        let end = first.checked_sub_days(Days::new(1)).unwrap_or(first);
        let start = end.with_day(1).unwrap_or(end);
        let months =
            Months { this: of(ask, first, today).await?, last: of(ask, start, end).await? };
        keep(&self.months, now, &months);
        Ok(months)
    }

    /// The last twelve months, this one included, from memory where they are fresh.
    pub async fn year(&self, ask: &Ask) -> Result<Year, Failure> {
        let now = ask.context.now;
        if let Some(year) = fresh(&self.year, now) {
            return Ok(year);
        }
        let to = today(ask);
        let first = to.with_day(1).unwrap_or(to);
        let from = first.checked_sub_months(OfMonths::new(11)).unwrap_or(first);
        let frame = Frame::new(&ask.context.rules, (from, to), None, now);
        let rows = report::series(&ask.context, frame.clone(), Step::Month, Split::Scope).await?;
        let mut months: Vec<(String, i64)> = Vec::new();
        for back in (0..12).rev() {
            let month = first.checked_sub_months(OfMonths::new(back)).unwrap_or(first);
            let period = month.format("%Y-%m").to_string();
            let count = rows.iter().filter(|row| row.period == period).map(|row| row.count).sum();
            months.push((period, count));
        }
        let agencies = report::by_agency(&ask.context, frame).await?;
        let year = Year { from, to, months, agencies };
        keep(&self.year, now, &year);
        Ok(year)
    }
}

async fn of(ask: &Ask, from: NaiveDate, to: NaiveDate) -> Result<Summary, Failure> {
    let frame = Frame::new(&ask.context.rules, (from, to), None, ask.context.now);
    Ok(report::summary(&ask.context, frame).await?)
}

/// First answers of a period.
pub fn answers(summary: &Summary) -> OutcomeCount {
    summary.outcomes.get(&OutcomeKind::Answer).copied().unwrap_or_default()
}

/// The share of answers on time, where there are enough of them.
pub fn answers_on_time(summary: &Summary) -> Option<f64> {
    let answers = answers(summary);
    let whole = answers.on_time + answers.late;
    if whole < SAMPLE_MIN { None } else { rate(answers.on_time, whole) }
}

/// The mean rating, where there are enough of them.
pub fn mean_rating(summary: &Summary) -> Option<f64> {
    summary.rating.mean.filter(|_| summary.rating.count >= SAMPLE_MIN)
}
