//! The leaders' figures: one read, so that all numbers are of the same moment.

use std::collections::BTreeMap;

use super::{Context, FlowError};
use crate::domain::case::{Channel, OutcomeKind};
use crate::domain::figures::{Figure, Machine, Rating, Split, Step, Summary, rate};
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::scope::{Authority, Scope};
use crate::store::AnyConn;
use crate::store::figures::{self, AgencyRow, Frame, ReceivedGroup, SeriesRow};

/// The summary of a period.
pub async fn summary(context: &Context, frame: Frame) -> Result<Summary, FlowError> {
    context.store.read(move |conn| summarise(conn, &frame)).await
}

fn summarise(conn: &mut AnyConn, frame: &Frame) -> Result<Summary, FlowError> {
    let received = figures::received_groups(conn, frame)?;
    let of = |is: &dyn Fn(&ReceivedGroup) -> bool| -> i64 {
        received.iter().filter(|group| is(group)).map(|group| group.count).sum()
    };
    let scope = Scope::ALL.iter().map(|word| (*word, of(&|g| g.scope == word.word()))).collect();
    let authority =
        Authority::ALL.iter().map(|word| (*word, of(&|g| g.authority == word.word()))).collect();
    let channels = Channel::ALL.iter().map(|word| (*word, of(&|g| g.channel == word.word())));
    let by_channel = channels.filter(|(_, count)| *count > 0).collect();
    let groups = figures::outcome_groups(conn, frame)?;
    let of_kind = |kind: &OutcomeKind| (*kind, figures::outcomes(&groups, Some(*kind)));
    let sum = figures::outcomes(&groups, None);
    let days = figures::outcome_days(&groups);
    let mut number = |figure| figures::number(conn, figure, frame);
    let rating_count = number(Figure::Rated)?;
    let machine = Machine {
        decided: number(Figure::MachineDecided)?,
        confirmed: number(Figure::MachineConfirmed)?,
        corrected: number(Figure::MachineCorrected)?,
    };
    Ok(Summary {
        from: frame.from,
        to: frame.to,
        received: of(&|_| true),
        scope,
        authority,
        open: number(Figure::Open)?,
        overdue: number(Figure::Overdue)?,
        no_due_date: received.iter().map(|group| group.no_due_date).sum(),
        outcomes: OutcomeKind::ALL.iter().map(of_kind).collect(),
        answered: sum.count,
        on_time: sum.on_time,
        late: sum.late,
        on_time_rate: rate(sum.on_time, sum.on_time + sum.late),
        median_days: days.map(|(median, _)| tenths(median)),
        p90_days: days.map(|(_, p90)| tenths(p90)),
        reopened: number(Figure::Reopened)?,
        unreviewed: number(Figure::Unreviewed)?,
        rating: Rating { mean: figures::rating_mean(conn, frame)?, count: rating_count },
        by_channel,
        machine,
    })
}

fn tenths(value: i64) -> f64 {
    i32::try_from(value).map_or(0.0, |v| f64::from(v) / 10.0)
}

/// A series of a period.
pub async fn series(
    context: &Context,
    frame: Frame,
    by: Step,
    split: Split,
) -> Result<Vec<SeriesRow>, FlowError> {
    let rows: Result<_, FlowError> =
        context.store.read(move |conn| Ok(figures::series(conn, &frame, by, split)?)).await;
    match split {
        Split::Field => Ok(by_field(&context.rules, rows?)),
        _ => rows,
    }
}

/// Rows of procedures as rows of the fields that these belong to.
fn by_field(rules: &Jurisdiction, rows: Vec<SeriesRow>) -> Vec<SeriesRow> {
    let mut sums: BTreeMap<(String, Option<String>), i64> = BTreeMap::new();
    for SeriesRow { period, key, count } in rows {
        let field = key.and_then(|code| rules.field_of(&code).map(str::to_owned));
        *sums.entry((period, field)).or_default() += count;
    }
    let row = |((period, key), count)| SeriesRow { period, key, count };
    let mut out: Vec<SeriesRow> = sums.into_iter().map(row).collect();
    // The sort is stable: within a period the largest first, and of equals by key.
    out.sort_by(|a, b| a.period.cmp(&b.period).then(b.count.cmp(&a.count)));
    out
}

/// What each agency was sent in a period, and what it did of it.
pub async fn by_agency(context: &Context, frame: Frame) -> Result<Vec<AgencyRow>, FlowError> {
    context.store.read(move |conn| Ok(figures::by_agency(conn, &frame)?)).await
}
