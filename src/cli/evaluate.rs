//! `dangvan evaluate`: how good is the engine on these texts? No database is touched.

use std::io::{self, Write};
use std::path::PathBuf;

use super::CliError;
use crate::config::Config;
use crate::flow::FlowError;
use crate::index::evaluate::{Evaluation, Question, evaluate};

/// Arguments of `evaluate`.
#[derive(Debug, Clone, clap::Args)]
pub struct EvaluateArgs {
    /// Labelled texts to judge, a JSON object a line.
    #[arg(long, value_name = "F.jsonl")]
    pub test: PathBuf,
    /// Learn from this file alone, without the pack.
    #[arg(long, value_name = "F.jsonl")]
    pub train: Option<PathBuf>,
    /// The field that holds the label.
    #[arg(long, value_name = "FIELD", default_value = "scope")]
    pub label: String,
    /// Figures for each value of this field too.
    #[arg(long, value_name = "FIELD")]
    pub by: Option<String>,
    /// Also the 95 % intervals of the figures (bootstrap, 1,000 draws).
    #[arg(long)]
    pub intervals: bool,
    /// Write a line for each line that was judged.
    #[arg(long, value_name = "P.jsonl")]
    pub out: Option<PathBuf>,
    /// One JSON object instead of a table.
    #[arg(long)]
    pub json: bool,
}

/// Judges and prints the figures.
pub fn run(args: &EvaluateArgs, config: &Config) -> Result<(), CliError> {
    let pack = &super::open::read_pack(config)?;
    let out = &mut io::stdout();
    let question = Question {
        test: &args.test,
        train: args.train.as_deref(),
        label: &args.label,
        by: args.by.as_deref(),
        with_intervals: args.intervals,
    };
    let bar = super::progress("texts");
    let evaluation = evaluate(&question, pack, |done| bar.set_position(done));
    bar.finish_and_clear();
    let evaluation = evaluation.map_err(FlowError::Index)?;
    if let Some(path) = &args.out {
        let mut file = io::BufWriter::new(std::fs::File::create(path)?);
        for outcome in &evaluation.outcomes {
            serde_json::to_writer(&mut file, outcome).map_err(io::Error::from)?;
            writeln!(file)?;
        }
        file.flush()?;
    }
    if args.json {
        serde_json::to_writer(&mut *out, &evaluation).map_err(io::Error::from)?;
        writeln!(out)?;
    } else {
        write_table(&evaluation, out)?;
    }
    Ok(())
}

fn write_table(evaluation: &Evaluation, out: &mut dyn Write) -> io::Result<()> {
    let groups = evaluation.by.iter().flatten().map(|(value, figures)| (value.as_str(), figures));
    writeln!(out, "texts  accuracy  macro-F1  coverage  selective  auroc    ece")?;
    for (name, f) in std::iter::once(("", &evaluation.figures)).chain(groups) {
        let cell = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.3}"));
        let cells = [f.accuracy, f.macro_f1, f.coverage, f.selective_accuracy, f.auroc, f.ece];
        let [accuracy, macro_f1, coverage, selective, auroc, ece] = cells.map(cell);
        write!(out, "{:>5}  {accuracy:>8}  {macro_f1:>8}  {coverage:>8}  ", f.n)?;
        writeln!(out, "{selective:>9}  {auroc:>5}  {ece:>5}  {name}")?;
    }
    for (name, i) in evaluation.intervals.iter().flatten() {
        let cell = |of: Option<[f64; 2]>| {
            of.map_or("-".to_owned(), |[low, high]| format!("{low:.3} to {high:.3}"))
        };
        let cells = [i.coverage, i.selective_accuracy, i.auroc, i.ece].map(cell);
        let [coverage, selective, auroc, ece] = cells;
        writeln!(
            out,
            "95 %: coverage {coverage}, selective {selective}, auroc {auroc}, ece {ece}  {name}"
        )?;
    }
    writeln!(out, "{:.0} texts a second", evaluation.texts_per_second)
}
