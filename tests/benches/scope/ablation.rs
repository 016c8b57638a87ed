//! What each source of the engine is worth: by itself, and by what is missing without it.

use dangvan::domain::jurisdiction::Jurisdiction;
use dangvan::index::scope::Sources;

use crate::figures::Figures;
use crate::folds;

pub fn run(rules: &Jurisdiction) {
    let (all, none) = (Sources::ALL, Sources::NONE);
    let rows = [
        ("all", all),
        ("cues alone", Sources { cues: true, ..none }),
        ("words alone", Sources { words: true, ..none }),
        ("acts alone", Sources { acts: true, ..none }),
        ("neighbours alone", Sources { neighbours: true, ..none }),
        ("without cues", Sources { cues: false, ..all }),
        ("without words", Sources { words: false, ..all }),
        ("without acts", Sources { acts: false, ..all }),
        ("without neighbours", Sources { neighbours: false, ..all }),
    ];
    println!("{:18}  AUROC  category  selective  coverage    ECE", "");
    for (name, sources) in rows {
        let f = Figures::of(&folds(rules, sources, 1));
        print!("{name:18}  {:.3}  {:8.3}  {:9.3}", f.auroc, f.category, f.selective);
        println!("  {:8.3}  {:.3}", f.coverage, f.ece);
    }
}
