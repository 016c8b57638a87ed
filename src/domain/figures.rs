//! The figures of the reports: their names and what each counts. A number is a link to exactly the cases it counts.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::agency::AgencyId;
use super::case::{Channel, OutcomeKind};
use super::scope::{Authority, Scope};

/// A number of the summary, by the name that `figure=` takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    Received,
    Scope(Scope),
    Authority(Authority),
    Open,
    Overdue,
    NoDueDate,
    Outcome(OutcomeKind, OutcomePart),
    Answered(OutcomePart),
    Reopened,
    Rated,
    ByChannel(Channel),
    MachineDecided,
    MachineConfirmed,
    MachineCorrected,
}

super::words! {
    /// All outcomes, those on time, those late.
    OutcomePart { Count = "count", OnTime = "on_time", Late = "late", }
}

impl Figure {
    /// Reads `received`, `scope.in`, `outcomes.answer.late`, `machine.corrected` …; `None` for any other name.
    pub fn parse(name: &str) -> Option<Figure> {
        let parts: Vec<&str> = name.split('.').collect();
        Some(match parts.as_slice() {
            ["received"] => Figure::Received,
            ["scope", scope] => Figure::Scope(scope.parse().ok()?),
            ["authority", authority] => Figure::Authority(authority.parse().ok()?),
            ["open"] => Figure::Open,
            ["overdue"] => Figure::Overdue,
            ["no_due_date"] => Figure::NoDueDate,
            ["outcomes", kind] => Figure::Outcome(kind.parse().ok()?, OutcomePart::Count),
            ["outcomes", kind, part] => Figure::Outcome(kind.parse().ok()?, part.parse().ok()?),
            ["answered"] => Figure::Answered(OutcomePart::Count),
            ["on_time"] => Figure::Answered(OutcomePart::OnTime),
            ["late"] => Figure::Answered(OutcomePart::Late),
            ["reopened"] => Figure::Reopened,
            ["rating", "count"] | ["rating"] => Figure::Rated,
            ["by_channel", channel] => Figure::ByChannel(channel.parse().ok()?),
            ["machine", "decided"] => Figure::MachineDecided,
            ["machine", "confirmed"] => Figure::MachineConfirmed,
            ["machine", "corrected"] => Figure::MachineCorrected,
            _ => return None,
        })
    }
}

/// The period and the agencies that a report is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    /// Both days included, in the pack's zone.
    pub from: NaiveDate,
    pub to: NaiveDate,
    /// `None`: all agencies.
    pub agencies: Option<Vec<AgencyId>>,
}

/// Outcomes of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutcomeCount {
    pub count: i64,
    pub on_time: i64,
    pub late: i64,
}

super::words! {
    /// How a series is cut into periods.
    Step { Day = "day", Week = "week", Month = "month", }
}

super::words! {
    /// What a series is split by.
    Split {
        Scope = "scope",
        Authority = "authority",
        Agency = "agency",
        Category = "category",
        Area = "area",
        Channel = "channel",
        Status = "status",
    }
}
