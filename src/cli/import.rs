//! `dangvan import`: history from CSV or JSON lines. A bad line is reported and stops nothing,
//! unless `--strict`.

use std::collections::HashSet;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use super::{CliError, open, print, say};
use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::case::Channel;
use crate::domain::submission::Historical;
use crate::flow::import::{BATCH, Imported, Wishes, import, is_known};
use crate::intake::fields::Fields;
use crate::intake::history::history_line;
use crate::intake::{IntakeError, Unreadable, field_message, unreadable_message};

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
    let (mut sum, mut seen) = (Imported::default(), HashSet::new());
    let mut batch = Vec::new();
    let wishes = Wishes { notify: args.notify, learn: args.learn };
    let bar = super::progress("cases");
    let bad = walk(args, &app, &mut |one| {
        batch.push(one);
        if batch.len() >= BATCH {
            let full = std::mem::take(&mut batch);
            match args.dry_run {
                true => count(&app, &full, &mut seen, &mut sum)?,
                false => take(&app, full, wishes, &mut sum)?,
            }
            bar.set_position(sum.taken + sum.known);
        }
        Ok(())
    })?;
    match args.dry_run {
        true => count(&app, &batch, &mut seen, &mut sum)?,
        false => take(&app, batch, wishes, &mut sum)?,
    }
    bar.finish_and_clear();
    app.store.stop();
    let verb = if args.dry_run { "would be taken over" } else { "taken over" };
    print(&format!("{} {verb}, {} known already, {bad} bad", sum.taken, sum.known))?;
    if bad > 0 { Err(CliError::Faults(format!("{bad} lines are bad"))) } else { Ok(()) }
}

/// What would be taken: neither what is there nor what the file has named before.
fn count(
    app: &App,
    batch: &[Historical],
    seen: &mut HashSet<(Channel, String)>,
    sum: &mut Imported,
) -> Result<(), CliError> {
    for one in batch {
        let submission = &one.submission;
        let name = submission.external_id.clone().map(|id| (submission.channel, id));
        let is_repeated = name.is_some_and(|name| !seen.insert(name));
        match is_repeated || super::wait(is_known(&app.context(), one))?? {
            true => sum.known += 1,
            false => sum.taken += 1,
        }
    }
    Ok(())
}

fn take(
    app: &App,
    batch: Vec<Historical>,
    wishes: Wishes,
    sum: &mut Imported,
) -> Result<(), CliError> {
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
    match args.file.extension().is_some_and(|e| e.eq_ignore_ascii_case("csv")) {
        true => walk_csv(&args.file, &mut one)?,
        false => walk_lines(&args.file, &mut one)?,
    }
    Ok(bad)
}

type Each<'a> = dyn FnMut(u64, Result<Fields, IntakeError>) -> Result<(), CliError> + 'a;

/// A record is named by the line on which it begins: texts may have line breaks.
fn walk_csv(file: &Path, one: &mut Each<'_>) -> Result<(), CliError> {
    let unreadable = |e: csv::Error| CliError::Usage(e.to_string());
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(opened(file)?);
    let names = reader.headers().map_err(unreadable)?.clone();
    let mut lines = Lines::of(file)?;
    for record in reader.byte_records() {
        let record = record.map_err(unreadable)?;
        let number = lines.at(record.position().map_or(0, csv::Position::byte))?;
        let fields = csv::StringRecord::from_byte_record(record)
            .map_err(|_| IntakeError::Unreadable(Unreadable::NotUnicode))
            .map(|record| {
                let pairs = names.iter().zip(record.iter());
                let pairs: Vec<_> = pairs.map(|(n, v)| (n.to_owned(), v.to_owned())).collect();
                Fields::of_form(&pairs)
            });
        one(number, fields)?;
    }
    Ok(())
}

/// Says on which line a byte of the file stands, byte after byte. The reader of CSV counts the
/// second half of a line break, and empty lines, to the record after them.
struct Lines {
    file: BufReader<File>,
    byte: u64,
    line: u64,
}

impl Lines {
    fn of(file: &Path) -> Result<Lines, CliError> {
        Ok(Lines { file: BufReader::new(opened(file)?), byte: 0, line: 1 })
    }

    /// The line of the first byte from `byte` on that breaks none.
    fn at(&mut self, byte: u64) -> Result<u64, CliError> {
        loop {
            let next = self.file.fill_buf()?.first().copied();
            match next {
                Some(next) if self.byte < byte || matches!(next, b'\r' | b'\n') => {
                    self.line += u64::from(next == b'\n');
                    self.byte += 1;
                    self.file.consume(1);
                }
                _ => return Ok(self.line),
            }
        }
    }
}

/// A file that is not there is named.
fn opened(file: &Path) -> Result<File, CliError> {
    File::open(file).map_err(|error| CliError::Usage(format!("{}: {error}", file.display())))
}

fn walk_lines(file: &Path, one: &mut Each<'_>) -> Result<(), CliError> {
    let lines = BufReader::new(opened(file)?).split(b'\n');
    for (line, number) in lines.zip(1..) {
        let line = line?;
        if !line.trim_ascii().is_empty() {
            one(number, Fields::of_json(&line))?;
        }
    }
    Ok(())
}

fn say_bad(app: &App, number: u64, error: IntakeError) {
    let language = app.rules().jurisdiction.default_language().to_owned();
    match error {
        IntakeError::Unreadable(why) => {
            let message = unreadable_message(&app.messages, &language, &why);
            say(&format!("line {number}: {message}"));
        }
        IntakeError::Invalid(errors) => {
            for error in errors {
                let message = field_message(&app.messages, &language, &error);
                say(&format!("line {number}: {}: {message}", error.field));
            }
        }
    }
}
