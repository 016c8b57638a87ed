//! The packs that are shipped are right, and a wrong pack says where.

use std::collections::BTreeSet;
use std::path::Path;

use dangvan::domain::letter::LetterKind;
use dangvan::pack::{PackError, embedded_names, read_dir, read_embedded};
use dangvan::text::tokens;

/// A copy of the small pack with a file changed by `edit`.
fn read_changed(file: &str, edit: impl Fn(&str) -> String) -> Vec<PackError> {
    let folder = tempfile::tempdir().unwrap();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("index/packs/plain");
    copy(&from, folder.path());
    let path = folder.path().join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, edit(&text)).unwrap();
    read_dir(folder.path()).err().unwrap_or_default()
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn every_embedded_pack_is_right() {
    assert!(embedded_names().contains(&"plain".to_owned()));
    for name in embedded_names() {
        let pack = match read_embedded(&name) {
            Ok(pack) => pack,
            Err(errors) => panic!("{name}: {} faults, first: {:#?}", errors.len(), &errors[..1]),
        };
        let letters = LetterKind::ALL.len() * pack.settings.languages.len();
        assert_eq!(pack.letters.len(), letters, "{name}");
        assert!(pack.agencies.iter().zip(1..).all(|(agency, id)| agency.id == id), "{name}");
        for agency in &pack.agencies {
            assert!(agency.parent.is_none_or(|id| pack.agency(id).is_some()), "{name}");
        }
    }
    assert_eq!(read_embedded("nowhere").unwrap_err().len(), 1);
}

#[test]
fn a_fault_is_named_by_file_line_and_column() {
    let plain = |text: &str| text.to_owned();
    assert_eq!(read_changed("taxonomy.tsv", plain), []);
    let errors = read_changed("taxonomy.tsv", |text| text.replacen("\tsame\t", "\tnobody\t", 1));
    assert_eq!(errors.len(), 1);
    assert_eq!(
        (errors[0].file.as_str(), errors[0].line, errors[0].column.as_str()),
        ("taxonomy.tsv", 2, "answers")
    );
    let errors = read_changed("agencies.tsv", |text| text.replace("\ttown-council\t", "\tmars\t"));
    assert!(errors.iter().all(|e| e.column == "parent" && e.line > 2), "{errors:?}");
    let errors = read_changed("cues.tsv", |text| text.replace("\trequired", "\tany"));
    assert!(errors.iter().any(|e| e.column == "marks"), "{errors:?}");
    let errors = read_changed("pack.toml", |text| text.replace("version = 1", "version = \"1\""));
    assert_eq!((errors[0].file.as_str(), errors[0].line), ("pack.toml", 2));
    let errors = read_changed("letters/answer.en.txt", |text| format!("{text}\n\n{{desk_url}}\n"));
    assert_eq!(errors[0].column, "desk_url");
    let errors = read_changed("exemplars/fee.jsonl", |_| String::new());
    assert_eq!(errors[0].file, "exemplars/fee.jsonl");
    let errors = read_changed("acts.tsv", |text| text.replacen("\\b(", "\\b((", 1));
    assert_eq!((errors[0].column.as_str(), errors[0].line), ("pattern", 3));
    let errors = read_changed("fields.tsv", |text| text.replace('n', "n\u{303}"));
    assert!(errors.iter().any(|e| e.message.contains("NFC")));
}

/// The exemplars were written for the pack: no run of ten words of theirs stands in the texts that
/// it is measured with, where these are beside the project.
#[test]
fn no_exemplar_stands_in_what_it_is_measured_with() {
    let measured = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/pakn-dev.jsonl");
    let Ok(measured) = std::fs::read_to_string(measured) else { return };
    let runs = |text: &str| -> BTreeSet<Vec<String>> {
        let words: Vec<String> = tokens(text).into_iter().map(|t| t.folded).collect();
        words.windows(10).map(<[String]>::to_vec).collect()
    };
    let mut taught = BTreeSet::new();
    for exemplar in read_embedded("hcmc").unwrap().exemplars {
        taught.extend(runs(&exemplar.text));
    }
    for line in measured.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let shared: Vec<_> =
            runs(line["text"].as_str().unwrap()).intersection(&taught).cloned().collect();
        assert_eq!(shared, Vec::<Vec<String>>::new());
    }
}
