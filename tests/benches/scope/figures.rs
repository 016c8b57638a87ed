//! What a trial of the engine counts.

use dangvan::domain::scope::{Example, Flag, Judgement, Scope};

/// A text that was not taught, and what the engine said of it.
pub struct Tried {
    pub example: Example,
    pub judgement: Judgement,
}

impl Tried {
    fn p(&self) -> f64 {
        self.judgement.scores["in"]
    }

    fn is_in(&self) -> bool {
        self.example.scope == Scope::In
    }

    fn is_question(&self) -> bool {
        self.example.category == "question"
    }

    fn is_denunciation(&self) -> bool {
        self.example.category == "denunciation"
    }
}

/// The figures of a trial.
pub struct Figures {
    pub auroc: f64,
    /// In against questions alone, the hardest of what is out.
    pub auroc_questions: f64,
    /// The likelier side is right, sure or not.
    pub accuracy: f64,
    pub category: f64,
    pub coverage: f64,
    pub selective: f64,
    pub ece: f64,
    pub denunciations_flagged: f64,
    pub others_flagged: f64,
    pub questions_taken: f64,
}

impl Figures {
    pub fn of(tried: &[Tried]) -> Figures {
        let count = |f: &dyn Fn(&Tried) -> bool| tried.iter().filter(|t| f(t)).count();
        let share = |some: &dyn Fn(&Tried) -> bool, of: &dyn Fn(&Tried) -> bool| {
            part(count(&|t| some(t) && of(t)), count(of))
        };
        let values = |of: &dyn Fn(&Tried) -> bool| -> Vec<(f64, bool)> {
            tried.iter().filter(|t| of(t)).map(|t| (t.p(), t.is_in())).collect()
        };
        let all = |_: &Tried| true;
        let decided = |t: &Tried| t.judgement.scope != Scope::Ask;
        let flagged = |t: &Tried| t.judgement.flags.contains(&Flag::DenunciationSuspected);
        Figures {
            auroc: area(values(&all)),
            auroc_questions: area(values(&|t| t.is_in() || t.is_question())),
            accuracy: share(&|t| t.judgement.likely == t.example.scope, &all),
            category: share(&|t| t.judgement.category.as_ref() == Some(&t.example.category), &all),
            coverage: share(&decided, &all),
            selective: share(&|t| t.judgement.scope == t.example.scope, &decided),
            ece: calibration_error(&values(&all)),
            denunciations_flagged: share(&flagged, &Tried::is_denunciation),
            others_flagged: share(&flagged, &|t| !t.is_denunciation()),
            questions_taken: share(&|t| t.judgement.scope == Scope::In, &Tried::is_question),
        }
    }

    pub fn print(&self) {
        let (all, questions) = (self.auroc, self.auroc_questions);
        println!("  in against out: AUROC {all:.3}; against questions alone {questions:.3}");
        println!("  coverage {:.3}, selective accuracy {:.3}", self.coverage, self.selective);
        println!("  side right {:.3}, category right {:.3}", self.accuracy, self.category);
        let (own, others) = (self.denunciations_flagged, self.others_flagged);
        println!("  denunciations flagged {own:.3}, others flagged {others:.3}");
        println!("  questions judged in by the machine {:.3}", self.questions_taken);
        println!("  ECE {:.3}", self.ece);
    }
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
fn calibration_error(values: &[(f64, bool)]) -> f64 {
    let mut bins = [(0.0, 0.0); 10];
    for (p, is_in) in values {
        let confidence = p.max(1.0 - p);
        let bin = &mut bins[((confidence * 10.0) as usize).min(9)];
        bin.0 += confidence;
        bin.1 += f64::from(u8::from((*p >= 0.5) == *is_in));
    }
    bins.iter().map(|b| (b.0 - b.1).abs()).sum::<f64>() / values.len().max(1) as f64
}
