//! How fast officers teach the engine: it starts without exemplars, with the pack's cues and acts
//! alone, hears 1,000 decisions in their order, and is trained anew after each hundred. The stream
//! is of one half of the writers and the texts that are judged of the other half; then the halves
//! change places. Both are written as JSON lines, so that others can be taught the same.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::Path;

use dangvan::domain::jurisdiction::Jurisdiction;
use dangvan::domain::scope::{Example, Scope};
use dangvan::index::scope::Engine;
use serde_json::{Value, json};

use crate::figures::Figures;
use crate::random::Random;
use crate::{tried, writers};

const DECISIONS: usize = 1_000;
const STEP: usize = 100;

pub fn run(rules: &Jurisdiction, out: Option<&Path>) {
    let names = writers(rules);
    let half = |e: &Example| names.iter().position(|n| *n == e.writer).unwrap_or(0) % 2;
    for (name, taught) in [("one", 0), ("other", 1)] {
        let sided = rules.exemplars.iter().filter(|e| e.scope != Scope::Ask).cloned();
        let (stream, test): (Vec<Example>, Vec<Example>) = sided.partition(|e| half(e) == taught);
        let stream = decisions(stream);
        println!("{name}: {} decisions, {} texts to judge", stream.len(), test.len());
        println!("  learned  AUROC  side right  category right");
        let mut rows = Vec::new();
        for count in (STEP..=stream.len()).step_by(STEP) {
            let bare = Jurisdiction { exemplars: Vec::new(), ..rules.clone() };
            let engine = Engine::build(&bare, &stream[..count], None).unwrap();
            let f = Figures::of(&tried(&engine, test.clone()));
            println!("  {count:7}  {:.3}  {:10.3}  {:14.3}", f.auroc, f.accuracy, f.category);
            rows.push(json!({"learned": count, "auroc": f.auroc, "accuracy": f.accuracy}));
        }
        if let Some(out) = out {
            let folder = out.join(name);
            fs::create_dir_all(&folder).unwrap();
            write(&folder.join("stream.jsonl"), stream.iter().map(line));
            write(&folder.join("test.jsonl"), test.iter().map(line));
            write(&folder.join("engine.jsonl"), rows.into_iter());
        }
    }
}

/// Shuffled, and as an officer's decisions on cases: each with a number, and of no known hand.
fn decisions(mut texts: Vec<Example>) -> Vec<Example> {
    Random::new(20_261_125).shuffle(&mut texts);
    texts.truncate(DECISIONS);
    for (at, text) in texts.iter_mut().enumerate() {
        text.number = Some(format!("S-{at:06}"));
        text.writer = String::new();
    }
    texts
}

fn line(example: &Example) -> Value {
    json!({"text": example.text, "scope": example.scope, "category": example.category})
}

fn write(path: &Path, lines: impl Iterator<Item = Value>) {
    let mut file = BufWriter::new(File::create(path).unwrap());
    lines.for_each(|line| writeln!(file, "{line}").unwrap());
    file.flush().unwrap();
}
