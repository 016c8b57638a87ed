//! The pause of a clock: while the citizen is asked nobody is late, and the due date moves by the
//! whole days that the clock stood.

use chrono_tz::Tz;

use super::case::Case;
use super::deadline::{day_of, end_of_day};
use super::event::{Actor, ActorKind, Deadline, Event, Recorded};
use super::jurisdiction::Jurisdiction;
use crate::clock::Moment;

/// The due date of a paused case at the end of its pause.
pub fn resumed(rules: &Jurisdiction, case: &Case, at: Moment) -> Option<Deadline> {
    let days = days_paused(case, at, rules.settings.zone);
    case.deadline.clone().map(|deadline| moved(rules, deadline, days))
}

/// A due date moved by so many days; it ends on a working day as every period does.
pub fn moved(rules: &Jurisdiction, deadline: Deadline, days: i64) -> Deadline {
    if days == 0 {
        return deadline;
    }
    let zone = rules.settings.zone;
    let day = day_of(deadline.due_at + chrono::TimeDelta::days(days), zone);
    let due_at = end_of_day(rules.calendar.working_on_or_after(day), zone);
    Deadline { due_at, ..deadline }
}

/// Whole days, and never fewer than none: a clock that ran backwards takes no time away.
fn days_paused(case: &Case, at: Moment, zone: Tz) -> i64 {
    let since = case.paused_at.unwrap_or(at);
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
                let is_of_file = matches!(recorded.actor, Actor { kind: ActorKind::Import, .. });
                run = Run { since: at, is_of_file, ..run };
            }
            Event::Reopened { .. } => run = Run { since: at, days_paused: 0, is_of_file: false },
            Event::Asked { .. } => paused_at = Some(at),
            Event::Resumed { .. } => {
                let since: Moment = paused_at.take().unwrap_or(at);
                run.days_paused += (day_of(at, zone) - day_of(since, zone)).num_days().max(0);
            }
            _ => {}
        }
    }
    run
}
