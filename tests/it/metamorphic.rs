//! What a search must do whatever is searched for: tried with words of the pack's own texts over an
//! index of them.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use dangvan::domain::search::{Filters, Sight, Sort};
use dangvan::index::Index;
use dangvan::index::document::CaseDocument;
use dangvan::index::query::ReadAs;
use dangvan::index::search::SearchRequest;
use dangvan::pack;
use dangvan::text::{folded, marked, tokens};
use unicode_normalization::UnicodeNormalization;

use crate::harness::start;

struct Corpus {
    index: Index,
    texts: Vec<String>,
}

/// An index of every third exemplar.
fn corpus() -> &'static Corpus {
    static CORPUS: OnceLock<Corpus> = OnceLock::new();
    CORPUS.get_or_init(|| {
        let rules = pack::read_embedded("hcmc").unwrap();
        let texts: Vec<String> =
            rules.exemplars.iter().step_by(3).map(|e| e.text.clone()).collect();
        let index = Index::open(None, &[7; 16], &rules).unwrap();
        let documents = texts.iter().zip(1_i64..).map(|(text, id)| document(id, text));
        index.apply(documents.collect(), Vec::new(), 1).unwrap();
        Corpus { index, texts }
    })
}

fn document(id: i64, text: &str) -> CaseDocument {
    let word = |word: &str| word.to_owned();
    CaseDocument {
        case_id: id,
        number: format!("DV26-{id:06}-0"),
        texts: vec![text.to_owned()],
        status: word("received"),
        scope: word("in"),
        authority: word("own"),
        category: None,
        labels: Vec::new(),
        flags: Vec::new(),
        agency: None,
        agency_path: Vec::new(),
        area: None,
        channel: word("web"),
        assigned_to: None,
        queues: Vec::new(),
        received_at: start(),
        received_day: start().date_naive(),
        due_at: None,
        is_paused: false,
        is_open: true,
        restricted: false,
        readers: Vec::new(),
    }
}

fn found(q: &str) -> (Vec<i64>, ReadAs) {
    let request = SearchRequest {
        q: q.to_owned(),
        filters: Filters::default(),
        sight: Sight { user: 1, confidential: true, agencies: None },
        sort: Sort::Relevance,
        limit: 5_000,
        cursor: None,
        now: start(),
        today: start().date_naive(),
        zone: chrono_tz::Asia::Ho_Chi_Minh,
        only: None,
        with_facets: false,
    };
    let answer = corpus().index.search(&request, &[]).unwrap();
    assert_eq!(answer.ids.len() as u64, answer.total, "{q}");
    (answer.ids, answer.read_as)
}

fn set(ids: &[i64]) -> BTreeSet<i64> {
    ids.iter().copied().collect()
}

/// Words that stand side by side in the texts, one, two and three of them.
fn queries() -> Vec<Vec<String>> {
    let mut out = Vec::new();
    for (n, text) in corpus().texts.iter().enumerate().step_by(7) {
        let words: Vec<String> = tokens(text).into_iter().map(|t| t.marked).collect();
        let words: Vec<String> =
            words.into_iter().filter(|w| w.chars().all(char::is_alphabetic)).collect();
        let at = (n * 5) % words.len().max(1);
        for length in 1..=3 {
            out.extend(words.get(at..at + length).map(<[String]>::to_vec));
        }
    }
    assert!(out.len() > 300, "{}", out.len());
    out
}

#[test]
fn however_the_same_words_are_written() {
    for words in queries() {
        let q = words.join(" ");
        let (ids, _) = found(&q);
        assert!(!ids.is_empty(), "{q} stands in a text");
        let nfd: String = q.nfd().collect();
        assert_eq!(found(&nfd).0, ids, "NFD: {q}");
        assert_eq!(found(&q.to_uppercase()).0, ids, "upper case: {q}");
        let mut turned = words.clone();
        turned.reverse();
        assert_eq!(set(&found(&turned.join(" ")).0), set(&ids), "turned: {q}");
        let bare = folded(&q);
        assert!(set(&found(&bare).0).is_superset(&set(&ids)), "without marks: {q}");
    }
}

#[test]
fn one_more_word_never_finds_more() {
    for words in queries().into_iter().filter(|w| w.len() > 1) {
        let (all, read) = found(&words.join(" "));
        let (fewer, _) = found(&words[..words.len() - 1].join(" "));
        // Where no case has all, any counts, and it is said.
        assert!(read.any || set(&fewer).is_superset(&set(&all)), "{words:?}");
    }
}

/// With marks ranks above without: a case that has the words as typed stands before every case that
/// has them with other marks or none.
#[test]
fn as_typed_stands_first() {
    let texts = &corpus().texts;
    for words in queries() {
        let q = words.join(" ");
        if folded(&q) == marked(&q) {
            continue;
        }
        let (ids, read) = found(&q);
        let has = |id: &i64| {
            let text = &texts[usize::try_from(*id - 1).unwrap()];
            let own: BTreeSet<String> = tokens(text).into_iter().map(|t| t.marked).collect();
            words.iter().all(|word| own.contains(word))
        };
        let exact: Vec<bool> = ids.iter().map(has).collect();
        let first_other = exact.iter().position(|is| !is).unwrap_or(exact.len());
        assert!(read.any || exact[first_other..].iter().all(|is| !is), "{q}: {exact:?}");
    }
}

#[test]
fn an_abbreviation_finds_its_long_form() {
    let rules = pack::read_embedded("hcmc").unwrap();
    let mut tried = 0;
    for abbreviation in &rules.abbreviations {
        // What is written as several words is looked for as such.
        let is_word = tokens(&abbreviation.short).len() == 1;
        for reading in abbreviation.readings.iter().filter(|_| is_word) {
            let (long, _) = found(&format!("\"{reading}\""));
            let short = set(&found(&abbreviation.short).0);
            assert!(short.is_superset(&set(&long)), "{}: {reading}", abbreviation.short);
            tried += usize::from(!long.is_empty());
        }
    }
    assert!(tried > 20, "{tried} readings stand in the texts");
}
