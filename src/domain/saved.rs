//! Searches that an officer keeps, and when mail tells of new cases in them.

use std::collections::BTreeSet;

use chrono::{Days, NaiveDate, TimeDelta};
use serde::{Deserialize, Serialize};

use super::case::CaseId;
use super::deadline::{day_of, start_of_day};
use super::jurisdiction::Jurisdiction;
use super::user::UserId;
use crate::clock::Moment;

/// A kept search.
pub type SavedId = i64;

/// An officer keeps at most so many searches: each with an alert is asked again and again.
pub const SAVED_MAX: usize = 50;
/// The newest cases of a search that are remembered, to tell new ones from those already told of.
pub const HELD_MAX: usize = 1_000;
/// A search whose alert comes at once is looked at this often.
pub const AT_ONCE_SECONDS: i64 = 60;
/// Daily and weekly alerts are made at this hour of the pack's zone, before the working day begins.
const HOUR: i64 = 7;

super::words! {
    /// When mail tells of a kept search.
    Alert {
        None = "none",
        /// Within a minute or two of a new case.
        AtOnce = "at_once",
        /// On each working day, where there is something new.
        Daily = "daily",
        /// On the first working day of each week, where there is something new.
        Weekly = "weekly",
        /// When the search holds so many cases; again only after it has held fewer.
        Threshold = "threshold",
    }
}

/// What an officer says of a search that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    pub name: String,
    /// The parameters of the desk's list, as in its address, decoded.
    pub query: Vec<(String, String)>,
    pub alert: Alert,
    /// With `Alert::Threshold`: the number of cases, at least 1.
    pub threshold: Option<i64>,
}

/// A kept search with what was last seen in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Saved {
    pub id: SavedId,
    pub user: UserId,
    pub wish: Wish,
    /// What was there at the last look; nothing before the first.
    pub held: Option<Held>,
    /// Was the threshold reached at the last look?
    pub is_over: bool,
    pub looked_at: Option<Moment>,
    /// When to look next; nothing without an alert.
    pub look_at: Option<Moment>,
    /// Its words are no longer understood: it names what is gone.
    pub is_broken: bool,
}

/// What a search held: its newest cases, at most `HELD_MAX`, and whether these were all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Held {
    pub ids: BTreeSet<CaseId>,
    pub is_all: bool,
}

/// What is in a search now: its newest cases, at most `HELD_MAX`, and how many there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    pub ids: Vec<CaseId>,
    pub total: i64,
    /// The ids are all of them.
    pub is_all: bool,
}

/// What an alert tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct News {
    /// Cases that were not there at the last look.
    pub new: i64,
    pub total: i64,
}

impl Saved {
    /// Takes a look into account: what it holds, when the next is due, and what there is to tell.
    /// The first look tells nothing of what was there when the search was kept.
    pub fn look(&mut self, look: &Look, rules: &Jurisdiction, now: Moment) -> Option<News> {
        let is_first = self.held.is_none();
        let new = self.held.as_ref().map_or(0, |held| count_new(held, look));
        let was_over = self.is_over;
        self.is_over = self.wish.threshold.is_some_and(|wanted| look.total >= wanted);
        self.held = Some(Held { ids: look.ids.iter().copied().collect(), is_all: look.is_all });
        self.looked_at = Some(now);
        self.look_at = next_look(self.wish.alert, rules, now);
        self.is_broken = false;
        let is_told = match self.wish.alert {
            Alert::None => false,
            Alert::AtOnce | Alert::Daily | Alert::Weekly => new > 0,
            Alert::Threshold => self.is_over && !was_over && !is_first,
        };
        is_told.then_some(News { new, total: look.total })
    }
}

/// Cases that were not held before. Of a search with more cases than are remembered only those
/// that were filed after all of them: others may have been there out of sight.
fn count_new(held: &Held, look: &Look) -> i64 {
    let newest = held.ids.last().copied().filter(|_| !held.is_all || !look.is_all);
    let is_new = |id: &&CaseId| !held.ids.contains(id) && newest.is_none_or(|known| **id > known);
    i64::try_from(look.ids.iter().filter(is_new).count()).unwrap_or(i64::MAX)
}

/// When a search with this alert is looked at after `now`.
pub fn next_look(alert: Alert, rules: &Jurisdiction, now: Moment) -> Option<Moment> {
    let zone = rules.settings.zone;
    let today = day_of(now, zone);
    match alert {
        Alert::None => None,
        Alert::AtOnce | Alert::Threshold => Some(now + TimeDelta::seconds(AT_ONCE_SECONDS)),
        Alert::Daily => {
            let on = |day| rules.calendar.working_on_or_after(day);
            let first = morning(on(today), zone);
            Some(if first > now { first } else { morning(on(after(today, 1)), zone) })
        }
        Alert::Weekly => {
            let on = |monday| morning(rules.calendar.working_on_or_after(monday), zone);
            let monday = today.week(chrono::Weekday::Mon).first_day();
            let first = on(monday);
            Some(if first > now { first } else { on(after(monday, 7)) })
        }
    }
}

fn after(day: NaiveDate, days: u64) -> NaiveDate {
    day.checked_add_days(Days::new(days)).unwrap_or(day)
}

fn morning(day: NaiveDate, zone: chrono_tz::Tz) -> Moment {
    start_of_day(day, zone) + TimeDelta::hours(HOUR)
}
