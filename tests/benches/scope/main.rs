//! How well the scope engine judges what its writers have not taught it: the default pack's
//! exemplars, five-fold over writers, no writer on both sides. `cargo bench --bench scope`, and
//! after `--`:
//!
//! * `--curve`: with a quarter, half and all of the others to learn from;
//! * `--shift`: one way of writing teaches, another is tried;
//! * `--ablation`: each source alone, and each left out;
//! * `--stream [--out DIR]`: officers' decisions in their order, trained anew after each hundred;
//! * `--speed`: decisions a second with 20,000 examples, and training on 50,000 texts.

#![allow(
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a trial that cannot go on must stop, and counts are small"
)]

mod ablation;
mod figures;
#[path = "../random.rs"]
mod random;
mod speed;
mod stream;

use std::path::PathBuf;

use dangvan::domain::jurisdiction::Jurisdiction;
use dangvan::domain::scope::{Example, Scope};
use dangvan::index::scope::{Engine, Sources};
use dangvan::pack;
use figures::{Figures, Tried};

/// Folds over writers.
const FOLDS: usize = 5;

fn main() {
    let rules = pack::read_embedded("hcmc").unwrap();
    println!("{} exemplars, {} writers", rules.exemplars.len(), writers(&rules).len());
    let args: Vec<String> = std::env::args().collect();
    let has = |name: &str| args.iter().any(|a| a == name);
    if has("--ablation") {
        ablation::run(&rules);
    } else if has("--stream") {
        let out = args.iter().position(|a| a == "--out").and_then(|at| args.get(at + 1));
        stream::run(&rules, out.map(PathBuf::from).as_deref());
    } else if has("--speed") {
        speed::run(&rules);
    } else if has("--shift") {
        shift(&rules);
    } else {
        let shares: &[usize] = if has("--curve") { &[4, 2, 1] } else { &[1] };
        for share in shares {
            println!("learned from 1/{share} of the others, {FOLDS} folds:");
            Figures::of(&folds(&rules, Sources::ALL, *share)).print();
        }
    }
}

fn writers(rules: &Jurisdiction) -> Vec<String> {
    let mut names: Vec<String> = rules.exemplars.iter().map(|e| e.writer.clone()).collect();
    names.sort();
    names.dedup();
    names
}

/// Every exemplar judged by an engine that knows none of its writer's.
fn folds(rules: &Jurisdiction, sources: Sources, share: usize) -> Vec<Tried> {
    let names = writers(rules);
    let fold = |e: &Example| names.iter().position(|n| *n == e.writer).unwrap_or(0) % FOLDS;
    let one = |at| one_fold(rules, sources, share, &|e| fold(e) == at);
    (0..FOLDS).flat_map(one).collect()
}

/// The first writer's short texts against the others' long ones, both ways: another way of writing
/// is what real texts are.
fn shift(rules: &Jurisdiction) {
    for (name, is_first) in
        [("taught by the others, tried on the first", true), ("the other way", false)]
    {
        println!("{name}:");
        let hidden = |e: &Example| (e.writer == "first") == is_first;
        Figures::of(&one_fold(rules, Sources::ALL, 1, &hidden)).print();
    }
}

fn one_fold(
    rules: &Jurisdiction,
    sources: Sources,
    share: usize,
    hidden: &dyn Fn(&Example) -> bool,
) -> Vec<Tried> {
    let (held, taught): (Vec<Example>, Vec<Example>) =
        rules.exemplars.iter().cloned().partition(|e| hidden(e));
    let taught = taught.into_iter().step_by(share).collect();
    let rules = Jurisdiction { exemplars: taught, ..rules.clone() };
    tried(&Engine::build_from(sources, &rules, &[]).unwrap(), held)
}

/// Judges the texts that have a side.
fn tried(engine: &Engine, held: Vec<Example>) -> Vec<Tried> {
    let judge = |example: Example| Tried { judgement: engine.judge(None, &example.text), example };
    held.into_iter().filter(|e| e.scope != Scope::Ask).map(judge).collect()
}
