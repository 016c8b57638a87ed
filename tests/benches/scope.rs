//! How well the scope engine judges what its writers have not taught it: the default pack's
//! exemplars, five-fold over writers, no writer on both sides; then with a quarter, half and all of
//! the others to learn from. `cargo bench --bench scope [-- --curve]`.

#![allow(
    clippy::as_conversions,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "a trial that cannot go on must stop, and counts are small"
)]

use dangvan::domain::jurisdiction::Jurisdiction;
use dangvan::domain::scope::{Example, Flag, Judgement, Scope};
use dangvan::index::scope::Engine;
use dangvan::pack;

/// Folds over writers.
const FOLDS: usize = 5;

/// One text of a fold that was not taught, and what the engine said of it.
struct Tried {
    example: Example,
    judgement: Judgement,
}

fn main() {
    let rules = pack::read_embedded("hcmc").unwrap();
    let mut names: Vec<String> = rules.exemplars.iter().map(|e| e.writer.clone()).collect();
    names.sort();
    names.dedup();
    let fold = |e: &Example| names.iter().position(|n| *n == e.writer).unwrap_or(0) % FOLDS;
    println!("{} exemplars, {} writers, {FOLDS} folds", rules.exemplars.len(), names.len());
    if std::env::args().any(|a| a == "--shift") {
        shift(&rules);
        return;
    }
    let curve = std::env::args().any(|a| a == "--curve");
    let shares: &[usize] = if curve { &[4, 2, 1] } else { &[1] };
    for share in shares {
        let mut tried = Vec::new();
        for at in 0..FOLDS {
            tried.extend(one_fold(&rules, *share, &|e| fold(e) == at));
        }
        println!("learned from 1/{share} of the others:");
        report(&tried);
    }
}

/// The first writer's short texts against the others' long ones, both ways: another way of writing
/// is what real texts are.
fn shift(rules: &Jurisdiction) {
    for (name, is_first) in
        [("taught by the others, tried on the first", true), ("the other way", false)]
    {
        println!("{name}:");
        report(&one_fold(rules, 1, &|e| (e.writer == "first") == is_first));
    }
}

fn one_fold(rules: &Jurisdiction, share: usize, hidden: &dyn Fn(&Example) -> bool) -> Vec<Tried> {
    let (held, taught): (Vec<Example>, Vec<Example>) =
        rules.exemplars.iter().cloned().partition(|e| hidden(e));
    let taught = taught.into_iter().step_by(share).collect();
    let engine = Engine::build(&Jurisdiction { exemplars: taught, ..rules.clone() }, &[], None);
    let engine = engine.unwrap();
    let judge = |example: Example| Tried { judgement: engine.judge(None, &example.text), example };
    held.into_iter().filter(|e| e.scope != Scope::Ask).map(judge).collect()
}

fn report(tried: &[Tried]) {
    let p = |t: &Tried| t.judgement.scores["in"];
    let is_in = |t: &Tried| t.example.scope == Scope::In;
    let asks = |t: &&Tried| is_in(t) || t.example.category == "question";
    let auroc = |of: &[&Tried]| area(of.iter().map(|t| (p(t), is_in(t))).collect());
    let all: Vec<&Tried> = tried.iter().collect();
    let hard: Vec<&Tried> = tried.iter().filter(asks).collect();
    println!(
        "  in against out: AUROC {:.3}; against questions alone {:.3}",
        auroc(&all),
        auroc(&hard)
    );
    let count = |f: &dyn Fn(&Tried) -> bool| tried.iter().filter(|t| f(t)).count();
    let decided = count(&|t| t.judgement.scope != Scope::Ask);
    let right = count(&|t| t.judgement.scope == t.example.scope);
    println!(
        "  coverage {:.3}, selective accuracy {:.3}",
        part(decided, tried.len()),
        part(right, decided)
    );
    let category = count(&|t| t.judgement.category.as_ref() == Some(&t.example.category));
    println!("  category accuracy {:.3}", part(category, tried.len()));
    let is_denunciation = |t: &Tried| t.example.category == "denunciation";
    let flagged = |t: &Tried| t.judgement.flags.contains(&Flag::DenunciationSuspected);
    let caught = part(count(&|t| is_denunciation(t) && flagged(t)), count(&is_denunciation));
    let others = count(&|t| !is_denunciation(t));
    let wrongly = part(count(&|t| !is_denunciation(t) && flagged(t)), others);
    println!("  denunciations flagged {caught:.3}, others flagged {wrongly:.3}");
    let questions = count(&|t| t.example.category == "question");
    let taken = count(&|t| t.example.category == "question" && t.judgement.scope == Scope::In);
    println!("  questions judged in by the machine {:.3}", part(taken, questions));
    println!("  ECE {:.3}", calibration_error(tried.iter().map(|t| (p(t), is_in(t))).collect()));
}

fn part(some: usize, all: usize) -> f64 {
    some as f64 / all.max(1) as f64
}

/// The share of pairs in which the one that is in stands above, ties halved.
fn area(mut values: Vec<(f64, bool)>) -> f64 {
    values.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (mut below, mut sum, mut at) = (0.0, 0.0, 0);
    while at < values.len() {
        let same = values[at..].iter().take_while(|v| v.0 == values[at].0).count();
        let ins = values[at..at + same].iter().filter(|v| v.1).count() as f64;
        let outs = same as f64 - ins;
        sum += ins * (below + outs / 2.0);
        below += outs;
        at += same;
    }
    let ins = values.iter().filter(|v| v.1).count() as f64;
    sum / (ins * below).max(1.0)
}

/// Ten bins of equal width over the confidence of the likelier side.
fn calibration_error(values: Vec<(f64, bool)>) -> f64 {
    let mut bins = [(0.0, 0.0, 0.0); 10];
    for (p, is_in) in &values {
        let confidence = p.max(1.0 - p);
        let bin = &mut bins[((confidence * 10.0) as usize).min(9)];
        bin.0 += confidence;
        bin.1 += f64::from(u8::from((*p >= 0.5) == *is_in));
        bin.2 += 1.0;
    }
    bins.iter().map(|b| (b.0 - b.1).abs()).sum::<f64>() / values.len().max(1) as f64
}
