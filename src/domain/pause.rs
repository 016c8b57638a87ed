//! The pause of a clock: while the citizen is asked nobody is late, and the due date moves by the
//! whole days that the clock stood.

use chrono_tz::Tz;

use super::case::{Case, Pending};
use super::deadline::{day_of, end_of_day};
use super::event::{ActorKind, Deadline, Event, Recorded};
use super::jurisdiction::Jurisdiction;
use crate::clock::Moment;

/// The end of a case's pause: its due date, and the date of an extension that waits for approval,
/// moved. A date that came with a file stands.
pub fn resumed(rules: &Jurisdiction, case: &Case, at: Moment) -> Event {
    let is_of_file = case.deadline.as_ref().is_some_and(|deadline| deadline.clock.is_empty());
    let days = if is_of_file { 0 } else { days_paused(case.paused_at, at, rules.settings.zone) };
    let extension = match &case.pending {
        Some(Pending::Extension { due_at, .. }) => Some(moved_date(rules, *due_at, days)),
        _ => None,
    };
    let deadline = case.deadline.clone().map(|deadline| moved(rules, deadline, days));
    Event::Resumed { deadline, extension }
}

/// A due date moved by so many days; it ends on a working day as every period does.
pub fn moved(rules: &Jurisdiction, deadline: Deadline, days: i64) -> Deadline {
    Deadline { due_at: moved_date(rules, deadline.due_at, days), ..deadline }
}

fn moved_date(rules: &Jurisdiction, date: Moment, days: i64) -> Moment {
    if days == 0 {
        return date;
    }
    let zone = rules.settings.zone;
    let day = day_of(date + chrono::TimeDelta::days(days), zone);
    end_of_day(rules.calendar.working_on_or_after(day), zone)
}

/// Whole days, and never fewer than none: a clock that ran backwards takes no time away.
fn days_paused(since: Option<Moment>, at: Moment, zone: Tz) -> i64 {
    let since = since.unwrap_or(at);
    (day_of(at, zone) - day_of(since, zone)).num_days().max(0)
}

/// How the clock of a case has run so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// The receipt, or the last reopening.
    pub since: Moment,
    /// Whole days of the pauses that are over.
    pub days_paused: i64,
    /// The date came with a file and no clock of ours ran.
    pub is_of_file: bool,
}

/// Reads from its events how the clock of a case has run.
pub fn run(events: &[Recorded], zone: Tz) -> Run {
    let mut run = Run { since: Moment::UNIX_EPOCH, days_paused: 0, is_of_file: false };
    let mut paused_at = None;
    for recorded in events {
        let at = recorded.occurred_at;
        match &recorded.event {
            Event::Received(_) => {
                let is_of_file = recorded.actor.kind == ActorKind::Import;
                run = Run { since: at, is_of_file, ..run };
            }
            Event::Reopened { .. } => run = Run { since: at, days_paused: 0, is_of_file: false },
            Event::Asked { .. } => paused_at = Some(at),
            Event::Resumed { .. } => run.days_paused += days_paused(paused_at.take(), at, zone),
            _ => {}
        }
    }
    run
}
