//! `dangvan report`: the summary of a period.

use chrono::NaiveDate;

use super::{CliError, open, print};
use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::figures::Summary;
use crate::flow::report::summary;
use crate::store::figures::Frame;

/// Arguments of `report`.
#[derive(Debug, Clone, clap::Args)]
pub struct ReportArgs {
    /// The first day, in the pack's zone
    #[arg(long)]
    from: NaiveDate,
    /// The last day
    #[arg(long)]
    to: NaiveDate,
    /// text or json
    #[arg(long, default_value = "text", value_parser = ["text", "json"])]
    format: String,
}

/// Prints the summary.
pub fn run(config: Config, args: &ReportArgs) -> Result<(), CliError> {
    if args.to < args.from {
        return Err(CliError::Usage("--to is before --from".into()));
    }
    let (seal, store) = open::open(&config)?;
    let app = super::wait(App::assemble(config, Clock::System, seal, store))??;
    let context = app.context();
    let frame = Frame::new(&context.rules, (args.from, args.to), None, context.now);
    let found = super::wait(summary(&context, frame))??;
    app.store.stop();
    match args.format.as_str() {
        "json" => {
            let json = serde_json::to_string_pretty(&found);
            print(&json.map_err(|e| CliError::Usage(e.to_string()))?)
        }
        _ => print(&text(&found)),
    }
}

fn text(found: &Summary) -> String {
    let number = |value: Option<f64>, decimals: usize| {
        value.map_or_else(|| "-".to_owned(), |v| format!("{v:.decimals$}"))
    };
    let mut lines = vec![
        format!("{} to {}", found.from, found.to),
        format!("received            {}", found.received),
    ];
    for (scope, count) in &found.scope {
        lines.push(format!("  scope {scope:<13} {count}"));
    }
    for (authority, count) in &found.authority {
        lines.push(format!("  authority {authority:<9} {count}"));
    }
    for (channel, count) in &found.by_channel {
        lines.push(format!("  channel {channel:<11} {count}"));
    }
    lines.push(format!("open                {}", found.open));
    lines.push(format!("overdue             {}", found.overdue));
    lines.push(format!("without due date    {}", found.no_due_date));
    for (kind, one) in &found.outcomes {
        lines
            .push(format!("{kind:<19} {} ({} on time, {} late)", one.count, one.on_time, one.late));
    }
    let rate = found.on_time_rate.map(|rate| rate * 100.0);
    lines.push(format!("on time             {} %", number(rate, 2)));
    lines.push(format!("median days         {}", number(found.median_days, 1)));
    lines.push(format!("p90 days            {}", number(found.p90_days, 1)));
    lines.push(format!("reopened            {}", found.reopened));
    lines.push(format!("unreviewed          {}", found.unreviewed));
    let rating = &found.rating;
    lines.push(format!("rating              {} ({})", number(rating.mean, 2), rating.count));
    let machine = &found.machine;
    lines.push(format!(
        "machine             {} decided, {} confirmed, {} corrected",
        machine.decided, machine.confirmed, machine.corrected
    ));
    lines.join("\n")
}
