//! Days and spans of days as people type them into a search: `2026`, `2026-03`, `12/04/2026`,
//! `2026-01..2026-03`, `..2026-06-30`.

use chrono::{Days, Months, NaiveDate};

/// Days from and to, both included; a missing end is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DaySpan {
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
}

/// Reads a span; `None` where it is none, or ends before it begins.
pub fn span(typed: &str) -> Option<DaySpan> {
    let typed = typed.trim();
    let span = match typed.split_once("..") {
        Some(("", "")) => return None,
        Some((from, to)) => {
            let end = |text: &str| match text.trim() {
                "" => Some(None),
                text => period(text).map(Some),
            };
            let (from, to) = (end(from)?, end(to)?);
            DaySpan { from: from.map(|(first, _)| first), to: to.map(|(_, last)| last) }
        }
        None => {
            let (first, last) = period(typed)?;
            DaySpan { from: Some(first), to: Some(last) }
        }
    };
    let is_backward = span.from.zip(span.to).is_some_and(|(from, to)| to < from);
    (!is_backward).then_some(span)
}

/// The first and last day of a year, a month or a day.
fn period(text: &str) -> Option<(NaiveDate, NaiveDate)> {
    let parts: Vec<&str> = if text.contains('/') {
        text.split('/').rev().collect()
    } else {
        text.split('-').collect()
    };
    let number = |text: &&str| text.parse::<u32>().ok().filter(|_| text.len() <= 4);
    let numbers: Vec<u32> = parts.iter().map(number).collect::<Option<_>>()?;
    let (year, rest) = numbers.split_first()?;
    let year = i32::try_from(*year).ok().filter(|year| (1900..=2200).contains(year))?;
    match rest {
        [] => Some((NaiveDate::from_ymd_opt(year, 1, 1)?, NaiveDate::from_ymd_opt(year, 12, 31)?)),
        [month] => {
            let first = NaiveDate::from_ymd_opt(year, *month, 1)?;
            Some((first, (first + Months::new(1)).checked_sub_days(Days::new(1))?))
        }
        [month, day] => NaiveDate::from_ymd_opt(year, *month, *day).map(|day| (day, day)),
        _ => None,
    }
}
