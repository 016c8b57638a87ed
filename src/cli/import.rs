//! `dangvan import`: history from CSV or JSON lines. A bad line is reported and stops nothing,
//! unless `--strict`.

use std::io::BufRead;
use std::path::PathBuf;

use super::{CliError, open, print, say};
use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::submission::Historical;
use crate::flow::import::{BATCH, Imported, Wishes, import, is_known};
use crate::intake::fields::Fields;
use crate::intake::history::history_line;
use crate::intake::{IntakeError, field_message};

/// Arguments of `import`.
#[derive(Debug, Clone, clap::Args)]
pub struct ImportArgs {
    /// A file that ends in .csv or .jsonl
    file: PathBuf,
    /// Say what would happen and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Import nothing when any line is bad
    #[arg(long)]
    strict: bool,
    /// Send receipts
    #[arg(long)]
    notify: bool,
    /// Learn from the labels of the file
    #[arg(long)]
    learn: bool,
}

/// Runs the import.
pub fn run(config: Config, args: &ImportArgs) -> Result<(), CliError> {
    let (seal, store) = open::open(&config)?;
    let app = super::wait(App::assemble(config, Clock::System, seal, store))??;
    let bad = match args.strict {
        true => walk(args, &app, &mut |_| Ok(()))?,
        false => 0,
    };
    if bad > 0 {
        return Err(CliError::Faults(format!("nothing was imported: {bad} lines are bad")));
    }
    let mut sum = Imported::default();
    let mut batch = Vec::new();
    let wishes = Wishes { notify: args.notify, learn: args.learn };
    let bar = super::progress("cases");
    let bad = walk(args, &app, &mut |one| {
        batch.push(one);
        if batch.len() >= BATCH {
            take(&app, std::mem::take(&mut batch), args, wishes, &mut sum)?;
            bar.set_position(sum.taken + sum.known);
        }
        Ok(())
    })?;
    take(&app, batch, args, wishes, &mut sum)?;
    bar.finish_and_clear();
    app.store.stop();
    let verb = if args.dry_run { "would be taken over" } else { "taken over" };
    print(&format!("{} {verb}, {} known already, {bad} bad", sum.taken, sum.known))?;
    if bad > 0 { Err(CliError::Faults(format!("{bad} lines are bad"))) } else { Ok(()) }
}

fn take(
    app: &App,
    batch: Vec<Historical>,
    args: &ImportArgs,
    wishes: Wishes,
    sum: &mut Imported,
) -> Result<(), CliError> {
    if args.dry_run {
        for one in &batch {
            match super::wait(is_known(&app.context(), one))?? {
                true => sum.known += 1,
                false => sum.taken += 1,
            }
        }
        return Ok(());
    }
    let done = super::wait(import(&app.context(), batch, wishes))??;
    sum.taken += done.taken;
    sum.known += done.known;
    Ok(())
}

/// Reads every line; good ones are handed on, bad ones said with number, field and reason.
fn walk(
    args: &ImportArgs,
    app: &App,
    each: &mut dyn FnMut(Historical) -> Result<(), CliError>,
) -> Result<u64, CliError> {
    let rules = app.rules().jurisdiction;
    let now = app.clock.now();
    let mut bad = 0;
    let mut one = |number: u64, fields: Result<Fields, IntakeError>| -> Result<(), CliError> {
        match fields.and_then(|fields| history_line(fields, &rules, now)) {
            Ok(line) => each(line),
            Err(error) => {
                bad += 1;
                say_bad(app, number, error);
                Ok(())
            }
        }
    };
    let file = std::fs::File::open(&args.file)?;
    let is_csv = args.file.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv"));
    if is_csv {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(file);
        let unreadable = |e: csv::Error| CliError::Usage(e.to_string());
        let names = reader.headers().map_err(unreadable)?.clone();
        for (record, number) in reader.records().zip(2..) {
            let record = record.map_err(unreadable)?;
            let pairs = names.iter().zip(record.iter());
            let pairs: Vec<_> = pairs.map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
            one(number, Ok(Fields::of_form(&pairs)))?;
        }
    } else {
        for (line, number) in std::io::BufReader::new(file).lines().zip(1..) {
            let line = line?;
            if !line.trim().is_empty() {
                one(number, Fields::of_json(line.as_bytes()))?;
            }
        }
    }
    Ok(bad)
}

fn say_bad(app: &App, number: u64, error: IntakeError) {
    match error {
        IntakeError::Unreadable(why) => say(&format!("line {number}: {why}")),
        IntakeError::Invalid(errors) => {
            let language = app.rules().jurisdiction.default_language().to_owned();
            for error in errors {
                let message = field_message(&app.messages, &language, &error);
                say(&format!("line {number}: {}: {message}", error.field));
            }
        }
    }
}
