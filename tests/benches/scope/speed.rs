//! How fast the engine judges with as many examples as it keeps, and how long it trains on many
//! texts. The texts are the pack's exemplars over and over, each time with other words left out and
//! other figures.

use std::time::Instant;

use dangvan::domain::jurisdiction::Jurisdiction;
use dangvan::domain::scope::Example;
use dangvan::index::scope::{Engine, Sources};

use crate::random::Random;

const EXAMPLES: usize = 20_000;
const JUDGED: usize = 2_000;
const TRAINED: usize = 50_000;
/// The machine has other things to do too.
const ROUNDS: usize = 5;

pub fn run(rules: &Jurisdiction) {
    let mut random = Random::new(7);
    let model = Engine::build(rules, &[], None).unwrap().model_bytes();
    let officers = varied(rules, EXAMPLES - rules.exemplars.len(), &mut random);
    let texts: Vec<String> =
        varied(rules, JUDGED, &mut random).into_iter().map(|e| e.text).collect();
    let words: usize = texts.iter().map(|text| text.split_whitespace().count()).sum();
    println!("{JUDGED} texts of {} words on average, on one core:", words / texts.len());
    let engine = Engine::build(rules, &officers, Some(&model)).unwrap();
    decide("cues, acts, model and nearest of 20,000", &engine, &texts);
    let without = Sources { neighbours: false, ..Sources::ALL };
    decide("cues, acts and model", &Engine::build_from(without, rules, &[]).unwrap(), &texts);
    drop(engine);
    let exemplars = varied(rules, TRAINED, &mut random);
    let many = Jurisdiction { exemplars, ..rules.clone() };
    let mut seconds = Vec::new();
    for _ in 0..2 {
        let start = Instant::now();
        Engine::build(&many, &[], None).unwrap();
        seconds.push(start.elapsed().as_secs_f64());
    }
    println!("training on {TRAINED} texts: {:.1} s and {:.1} s", seconds[0], seconds[1]);
}

fn decide(name: &str, engine: &Engine, texts: &[String]) {
    let (mut rates, mut lasts) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let mut each = Vec::with_capacity(texts.len());
        let round = Instant::now();
        for text in texts {
            let start = Instant::now();
            std::hint::black_box(engine.judge(None, text));
            each.push(start.elapsed().as_secs_f64() * 1e3);
        }
        rates.push(texts.len() as f64 / round.elapsed().as_secs_f64());
        each.sort_by(f64::total_cmp);
        lasts.push(each[each.len() * 99 / 100]);
    }
    rates.sort_by(f64::total_cmp);
    lasts.sort_by(f64::total_cmp);
    let (low, middle, high) = (rates[0], rates[ROUNDS / 2], rates[ROUNDS - 1]);
    print!("  {name}: {middle:.0} a second ({low:.0} to {high:.0} in {ROUNDS} rounds), ");
    println!("p99 {:.2} ms", lasts[ROUNDS / 2]);
}

/// So many texts, as decisions on cases.
fn varied(rules: &Jurisdiction, count: usize, random: &mut Random) -> Vec<Example> {
    let mut out = Vec::with_capacity(count);
    for (at, example) in rules.exemplars.iter().cycle().take(count).enumerate() {
        let text = random.other_words(&example.text);
        out.push(Example { number: Some(format!("V-{at:06}")), text, ..example.clone() });
    }
    out
}
