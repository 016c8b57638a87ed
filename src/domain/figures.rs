//! The figures of the reports: their names and what each counts. A number is a link to exactly the
//! cases it counts.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

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
    /// Outcomes with a due date: what the rate on time is of.
    Dated,
    Reopened,
    Rated,
    ByChannel(Channel),
    MachineDecided,
    MachineConfirmed,
    MachineCorrected,
    Unreviewed,
}

super::words! {
    /// All outcomes, those on time, those late.
    OutcomePart { Count = "count", OnTime = "on_time", Late = "late", }
}

impl Figure {
    /// Reads `received`, `scope.in`, `outcomes.answer.late`, `machine.corrected` …; `None` for any
    /// other name.
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
            ["on_time_rate"] => Figure::Dated,
            // A number of days leads to the cases that it is computed over.
            ["answered" | "median_days" | "p90_days"] => Figure::Answered(OutcomePart::Count),
            ["on_time"] => Figure::Answered(OutcomePart::OnTime),
            ["late"] => Figure::Answered(OutcomePart::Late),
            ["reopened"] => Figure::Reopened,
            ["rating", "count" | "mean"] | ["rating"] => Figure::Rated,
            ["by_channel", channel] => Figure::ByChannel(channel.parse().ok()?),
            ["machine", "decided"] => Figure::MachineDecided,
            ["machine", "confirmed"] => Figure::MachineConfirmed,
            ["machine", "corrected"] => Figure::MachineCorrected,
            ["unreviewed"] => Figure::Unreviewed,
            _ => return None,
        })
    }

    /// The name that `parse` reads.
    pub fn name(self) -> String {
        match self {
            Figure::Received => "received".into(),
            Figure::Scope(scope) => format!("scope.{scope}"),
            Figure::Authority(authority) => format!("authority.{authority}"),
            Figure::Open => "open".into(),
            Figure::Overdue => "overdue".into(),
            Figure::NoDueDate => "no_due_date".into(),
            Figure::Outcome(kind, part) => format!("outcomes.{kind}.{part}"),
            Figure::Answered(OutcomePart::Count) => "answered".into(),
            Figure::Answered(part) => part.to_string(),
            Figure::Dated => "on_time_rate".into(),
            Figure::Reopened => "reopened".into(),
            Figure::Rated => "rating.count".into(),
            Figure::ByChannel(channel) => format!("by_channel.{channel}"),
            Figure::MachineDecided => "machine.decided".into(),
            Figure::MachineConfirmed => "machine.confirmed".into(),
            Figure::MachineCorrected => "machine.corrected".into(),
            Figure::Unreviewed => "unreviewed".into(),
        }
    }

    /// The names of numbers that are no count, each for the cases that it is computed over.
    pub const COMPUTED: [&str; 4] = ["on_time_rate", "median_days", "p90_days", "rating.mean"];

    /// Every figure, as they are read: what came in, what is left, what came of it.
    pub fn all() -> Vec<Figure> {
        let mut out = vec![Figure::Received];
        out.extend(Scope::ALL.iter().map(|scope| Figure::Scope(*scope)));
        out.extend(Authority::ALL.iter().map(|authority| Figure::Authority(*authority)));
        out.extend(Channel::ALL.iter().map(|channel| Figure::ByChannel(*channel)));
        out.extend([Figure::Open, Figure::Overdue, Figure::NoDueDate]);
        out.extend(OutcomePart::ALL.iter().map(|part| Figure::Answered(*part)));
        for kind in OutcomeKind::ALL {
            out.extend(OutcomePart::ALL.iter().map(|part| Figure::Outcome(*kind, *part)));
        }
        out.extend([Figure::Unreviewed, Figure::Reopened, Figure::Rated]);
        out.extend([Figure::MachineDecided, Figure::MachineConfirmed, Figure::MachineCorrected]);
        out
    }
}

/// Outcomes of one kind.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutcomeCount {
    pub count: i64,
    pub on_time: i64,
    pub late: i64,
}

impl OutcomeCount {
    /// One of its numbers.
    pub fn part(self, part: OutcomePart) -> i64 {
        match part {
            OutcomePart::Count => self.count,
            OutcomePart::OnTime => self.on_time,
            OutcomePart::Late => self.late,
        }
    }
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
        /// Of the procedure.
        Field = "field",
        Area = "area",
        Channel = "channel",
        Status = "status",
    }
}

/// The leaders' summary, all numbers of one read.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Summary {
    pub from: NaiveDate,
    pub to: NaiveDate,
    pub received: i64,
    pub scope: BTreeMap<Scope, i64>,
    pub authority: BTreeMap<Authority, i64>,
    pub open: i64,
    pub overdue: i64,
    pub no_due_date: i64,
    pub outcomes: BTreeMap<OutcomeKind, OutcomeCount>,
    pub answered: i64,
    pub on_time: i64,
    pub late: i64,
    /// Of answers, referrals and refusals with a due date; null over nothing.
    pub on_time_rate: Option<f64>,
    /// Calendar days from receipt to first outcome, one decimal; null over nothing.
    pub median_days: Option<f64>,
    pub p90_days: Option<f64>,
    pub reopened: i64,
    /// Answers that took effect without a second pair of eyes.
    pub unreviewed: i64,
    pub rating: Rating,
    pub by_channel: BTreeMap<Channel, i64>,
    pub machine: Machine,
}

impl Summary {
    /// The number that a figure is.
    pub fn number(&self, figure: Figure) -> i64 {
        match figure {
            Figure::Received => self.received,
            Figure::Scope(scope) => self.scope.get(&scope).copied().unwrap_or(0),
            Figure::Authority(of) => self.authority.get(&of).copied().unwrap_or(0),
            Figure::Open => self.open,
            Figure::Overdue => self.overdue,
            Figure::NoDueDate => self.no_due_date,
            Figure::Outcome(kind, part) => {
                self.outcomes.get(&kind).map_or(0, |outcome| outcome.part(part))
            }
            Figure::Answered(OutcomePart::Count) => self.answered,
            Figure::Answered(OutcomePart::OnTime) => self.on_time,
            Figure::Answered(OutcomePart::Late) => self.late,
            Figure::Dated => self.on_time + self.late,
            Figure::Reopened => self.reopened,
            Figure::Rated => self.rating.count,
            Figure::ByChannel(channel) => self.by_channel.get(&channel).copied().unwrap_or(0),
            Figure::MachineDecided => self.machine.decided,
            Figure::MachineConfirmed => self.machine.confirmed,
            Figure::MachineCorrected => self.machine.corrected,
            Figure::Unreviewed => self.unreviewed,
        }
    }
}

/// Ratings given in the period.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Rating {
    pub mean: Option<f64>,
    pub count: i64,
}

/// Machine decisions of the period and what officers later said of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Machine {
    pub decided: i64,
    pub confirmed: i64,
    pub corrected: i64,
}

/// A share; `None` over nothing.
pub fn rate(part: i64, whole: i64) -> Option<f64> {
    let whole = f64::from(i32::try_from(whole).ok().filter(|w| *w > 0)?);
    Some(f64::from(i32::try_from(part).ok()?) / whole)
}
