//! `dangvan export`: every case that the filters let through, in the order of their receipt;
//! restricted cases and identities are left out. Says how many rows it wrote.

use std::io::Write;

use serde_json::{Value, json};

use super::{CliError, open, say};
use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::attachment::KeptFile;
use crate::domain::case::Status;
use crate::domain::in_language;
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::scope::Scope;
use crate::flow::FlowError;
use crate::store::cases::{self, CaseKeys, StoredCase};
use crate::store::{attachments, texts};

/// Arguments of `export`.
#[derive(Debug, Clone, clap::Args)]
pub struct ExportArgs {
    /// csv or jsonl
    #[arg(long, value_parser = ["csv", "jsonl"])]
    format: String,
    /// Only cases received on or after this day
    #[arg(long)]
    from: Option<chrono::NaiveDate>,
    /// Only cases received on or before this day
    #[arg(long)]
    to: Option<chrono::NaiveDate>,
    /// Only this scope: in, out or ask
    #[arg(long)]
    scope: Option<Scope>,
    /// Only this status
    #[arg(long)]
    status: Option<Status>,
    /// Only cases of this agency and those below it, by code
    #[arg(long)]
    agency: Option<String>,
}

const COLUMNS: [&str; 20] = [
    "number",
    "channel",
    "external_id",
    "received_at",
    "status",
    "scope",
    "authority",
    "category",
    "confidence",
    "flags",
    "agency",
    "agency_name",
    "area",
    "procedure",
    "due_at",
    "outcome",
    "outcome_at",
    "rating",
    "text",
    "attachments",
];

/// Cases are read in batches, each a read transaction of its own.
const BATCH: i64 = 500;

/// Writes the rows to standard output.
pub fn run(config: Config, args: &ExportArgs) -> Result<(), CliError> {
    if args.from.zip(args.to).is_some_and(|(from, to)| to < from) {
        return Err(CliError::Usage("--to is before --from".into()));
    }
    let (seal, store) = open::open(&config)?;
    let app = super::wait(App::assemble(config, Clock::System, seal, store))??;
    let rules = app.rules();
    let agencies = match &args.agency {
        Some(code) => {
            let found = rules.jurisdiction.agency_by_code(code, app.clock.now().date_naive());
            let found = found.ok_or_else(|| CliError::Usage("--agency: no such code".into()))?;
            Some(rules.jurisdiction.subtree(found.id))
        }
        None => None,
    };
    let mut out = std::io::BufWriter::new(std::io::stdout());
    if args.format == "csv" {
        writeln!(out, "{}", COLUMNS.join(","))?;
    }
    let (mut after, mut written, mut restricted) = (0, 0_u64, 0_u64);
    let bar = super::progress("rows");
    loop {
        let seal = app.seal.clone();
        let read = app.store.read(move |conn| {
            let ids = cases::ids_after(conn, after, BATCH)?;
            let stored = cases::by_ids(conn, &ids)?;
            let keys: Vec<CaseKeys> = stored.iter().map(|one| one.keys.clone()).collect();
            let files = attachments::of_cases(conn, &seal, &keys)?;
            let texts = texts::of_cases(conn, &seal, &ids)?;
            Ok::<_, FlowError>((ids.last().copied(), stored, texts, files))
        });
        let (last, stored, bodies, files) = super::wait(read)??;
        let Some(last) = last else { break };
        after = last;
        for one in stored.iter().filter(|one| is_wanted(args, agencies.as_deref(), one)) {
            if one.case.restricted {
                restricted += 1;
                continue;
            }
            let text = bodies.iter().find(|(id, t)| *id == one.keys.id && t.kind == "case");
            let text = text.map_or("", |(_, t)| &t.body);
            let files = files.iter().find(|(id, _)| *id == one.keys.id);
            let files = files.map_or_else(String::new, |(_, files)| kinds(files));
            let text = rules.patterns.mask(text);
            let row = row(&rules.jurisdiction, one, (&text, &files));
            write_row(&mut out, &args.format, &row)?;
            written += 1;
        }
        bar.set_position(written);
    }
    bar.finish_and_clear();
    out.flush()?;
    app.store.stop();
    say(&format!("{written} rows written, {restricted} restricted cases left out"));
    Ok(())
}

fn is_wanted(args: &ExportArgs, agencies: Option<&[i64]>, one: &StoredCase) -> bool {
    let (case, day) = (&one.case, one.keys.received_day);
    args.from.is_none_or(|from| day >= from)
        && args.to.is_none_or(|to| day <= to)
        && args.scope.is_none_or(|scope| scope == case.scope)
        && args.status.is_none_or(|status| status == case.status)
        && agencies.is_none_or(|ids| case.agency.is_some_and(|agency| ids.contains(&agency)))
}

/// The files by number and kind: what they are called may say who sent them.
fn kinds(files: &[KeptFile]) -> String {
    let kind = |file: &KeptFile| file.media_type.endings().first().copied().unwrap_or("");
    let named = files.iter().map(|file| format!("{}.{}", file.id, kind(file)));
    named.collect::<Vec<_>>().join(" ")
}

fn row(rules: &Jurisdiction, one: &StoredCase, (text, files): (&str, &str)) -> Vec<Value> {
    let case = &one.case;
    let agency = case.agency.and_then(|id| rules.agency(id));
    let flags: Vec<&str> = case.flags.iter().map(|f| f.word()).collect();
    let outcome = case.first_outcome.as_ref();
    vec![
        json!(case.number),
        json!(case.channel),
        json!(case.external_id),
        json!(case.received_at),
        json!(case.status),
        json!(case.scope),
        json!(case.authority),
        json!(case.category),
        json!(crate::domain::view::confidence(case.confidence_permille)),
        json!(flags.join(" ")),
        json!(agency.map(|a| &a.code)),
        json!(agency.map(|a| in_language(&a.names, rules.default_language()))),
        json!(case.area.and_then(|id| rules.area(id)).map(|a| &a.code)),
        json!(case.procedure),
        json!(case.due_at()),
        json!(outcome.map(|o| o.kind)),
        json!(outcome.map(|o| o.at)),
        json!(case.rating.map(|(score, _)| score)),
        json!(text),
        json!(files),
    ]
}

fn write_row(out: &mut dyn Write, format: &str, row: &[Value]) -> Result<(), CliError> {
    if format == "jsonl" {
        let pairs = COLUMNS.iter().zip(row).map(|(name, v)| ((*name).to_owned(), v.clone()));
        let object: serde_json::Map<String, Value> = pairs.collect();
        return Ok(writeln!(out, "{}", Value::Object(object))?);
    }
    let cells: Vec<String> = row.iter().map(cell).collect();
    let mut writer = csv::WriterBuilder::new().from_writer(out);
    writer.write_record(&cells).map_err(|e| CliError::Usage(e.to_string()))?;
    Ok(writer.flush()?)
}

/// A cell that a spreadsheet would take for a formula begins with an apostrophe.
fn cell(value: &Value) -> String {
    let text = match value {
        Value::Null => return String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{text}") } else { text }
}
