//! Deadlines: clocks with their basis, the calendar, and the arithmetic of days. No limit of any
//! law stands here.

use std::collections::BTreeMap;

use chrono::{Datelike, Days, NaiveDate, NaiveTime, TimeZone, Weekday};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use super::Names;
use super::agency::valid_on;
use super::scope::{Authority, Scope};
use crate::clock::Moment;

super::words! {
    /// What a limit counts.
    Unit {
        CalendarDay = "calendar_day",
        WorkingDay = "working_day",
        WorkingHour = "working_hour",
    }
}

/// No deadline is counted further than this many days ahead: a wrong calendar must not loop for
/// ever.
const DAYS_AHEAD_MAX: u32 = 3_660;

/// A clock of the pack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClockRule {
    pub code: String,
    pub limit: u32,
    pub unit: Unit,
    /// What starts it, for people.
    pub trigger: String,
    /// Read in the text of the act, or in a secondary source; `false` where taken over from memory.
    pub verified: bool,
    pub basis: String,
    pub names: Names,
    pub valid_from: Option<NaiveDate>,
    pub valid_to: Option<NaiveDate>,
}

/// Which clock runs: the first line that fits.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClockChoice {
    /// `*` or a word.
    pub scope: String,
    pub authority: String,
    pub category: String,
    pub clock: String,
}

/// The days that differ from the week's rule.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Calendar {
    /// `true`: a day off; `false`: a working day in spite of the weekend.
    pub days: BTreeMap<NaiveDate, bool>,
    /// Days that are not decreed yet.
    pub provisional: Vec<NaiveDate>,
}

impl Calendar {
    /// Do offices work on that day?
    pub fn is_working(&self, day: NaiveDate) -> bool {
        match self.days.get(&day) {
            Some(off) => !off,
            None => !matches!(day.weekday(), Weekday::Sat | Weekday::Sun),
        }
    }

    /// The day itself if offices work, else the next one on which they do.
    pub fn working_on_or_after(&self, day: NaiveDate) -> NaiveDate {
        let mut day = day;
        for _ in 0..DAYS_AHEAD_MAX {
            if self.is_working(day) {
                break;
            }
            day = next(day);
        }
        day
    }

    /// The last day of a period of `limit` days that an event on `day` starts. The day of the event
    /// is not counted; a period that ends on a day off ends on the next working day.
    pub fn last_day(&self, day: NaiveDate, limit: u32, unit: Unit) -> NaiveDate {
        match unit {
            Unit::CalendarDay => {
                let last = day.checked_add_days(Days::new(u64::from(limit))).unwrap_or(day);
                self.working_on_or_after(last)
            }
            Unit::WorkingDay => self.after_working_days(day, limit),
            // Eight working hours are a day; a part of a day ends with the day.
            Unit::WorkingHour => self.after_working_days(day, limit.div_ceil(8)),
        }
    }

    fn after_working_days(&self, day: NaiveDate, limit: u32) -> NaiveDate {
        let (mut day, mut left) = (day, limit);
        for _ in 0..DAYS_AHEAD_MAX {
            if left == 0 {
                break;
            }
            day = next(day);
            if self.is_working(day) {
                left -= 1;
            }
        }
        day
    }

    /// Working days after `from` up to and with `to`; negative when `to` is before `from`.
    pub fn working_days_between(&self, from: NaiveDate, to: NaiveDate) -> i64 {
        if to < from {
            return -self.working_days_between(to, from);
        }
        let (mut day, mut count) = (from, 0);
        while day < to && count < i64::from(DAYS_AHEAD_MAX) {
            day = next(day);
            if self.is_working(day) {
                count += 1;
            }
        }
        count
    }
}

/// The end of `day` in the pack's zone: the last microsecond before the next day begins.
pub fn end_of_day(day: NaiveDate, zone: Tz) -> Moment {
    start_of_day(next(day), zone) - chrono::TimeDelta::microseconds(1)
}

/// The first instant of `day` in the pack's zone.
pub fn start_of_day(day: NaiveDate, zone: Tz) -> Moment {
    let midnight = day.and_time(NaiveTime::MIN);
    match zone.from_local_datetime(&midnight).earliest() {
        Some(local) => local.to_utc(),
        // A day that begins with a change of the clocks: the first instant that exists is an hour
        // later.
        None => zone
            .from_local_datetime(&(midnight + chrono::TimeDelta::hours(1)))
            .earliest()
            .map_or_else(|| midnight.and_utc(), |local| local.to_utc()),
    }
}

/// The calendar day of an instant in the pack's zone.
pub fn day_of(at: Moment, zone: Tz) -> NaiveDate {
    at.with_timezone(&zone).date_naive()
}

fn next(day: NaiveDate) -> NaiveDate {
    day.succ_opt().unwrap_or(day)
}

/// The clock for a decision, from the pack's table.
pub fn choose_clock<'a>(
    choices: &[ClockChoice],
    clocks: &'a [ClockRule],
    (scope, authority, category): (Scope, Authority, Option<&str>),
    day: NaiveDate,
) -> Option<&'a ClockRule> {
    let fits = |pattern: &str, word: &str| pattern == "*" || pattern == word;
    let choice = choices.iter().find(|c| {
        fits(&c.scope, scope.word())
            && fits(&c.authority, authority.word())
            && fits(&c.category, category.unwrap_or(""))
    })?;
    clocks.iter().find(|c| c.code == choice.clock && valid_on(c.valid_from, c.valid_to, day))
}
