//! The public figures, computed at most once a minute: the front page must not cost a report each
//! time it is opened.

use std::sync::Mutex;

use chrono::{Datelike, Days, NaiveDate, TimeDelta};

use crate::clock::Moment;
use crate::domain::case::OutcomeKind;
use crate::domain::figures::{OutcomeCount, Summary, rate};
use crate::flow::report;
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

/// The figures as last computed.
#[derive(Debug, Default)]
pub struct Kept(Mutex<Option<(Moment, Months)>>);

impl Kept {
    /// The figures, from memory where they are fresh.
    pub async fn months(&self, ask: &Ask) -> Result<Months, Failure> {
        let now = ask.context.now;
        if let Ok(kept) = self.0.lock()
            && let Some((at, months)) = kept.as_ref()
            && (TimeDelta::zero()..TimeDelta::seconds(KEPT_SECONDS)).contains(&(now - *at))
        {
            return Ok(months.clone());
        }
        let today = today(ask);
        let first = today.with_day(1).unwrap_or(today);
        let end = first.checked_sub_days(Days::new(1)).unwrap_or(first);
        let start = end.with_day(1).unwrap_or(end);
        let months =
            Months { this: of(ask, first, today).await?, last: of(ask, start, end).await? };
        if let Ok(mut kept) = self.0.lock() {
            *kept = Some((now, months.clone()));
        }
        Ok(months)
    }
}

async fn of(ask: &Ask, from: NaiveDate, to: NaiveDate) -> Result<Summary, Failure> {
    let frame = report::frame(&ask.context.rules, (from, to), None, ask.context.now);
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
