//! Did you mean: where a word stands in no case that the reader may see, the nearest word that
//! does. What only restricted cases hold is never suggested, nor is its absence told.

use std::collections::BTreeMap;

use tantivy::Searcher;
use tantivy::collector::Count;
use tantivy::query::{BooleanQuery, Occur};
use tantivy::schema::IndexRecordOption;

use super::build::term_query;
use super::{Clause, SearchRequest};
use crate::index::query::{Part, Word};
use crate::index::{Index, IndexError};
use crate::text::{folded, nfc, tokens};

/// Shorter words are like too many others.
const LETTERS_MIN: usize = 3;
/// From this length on two slips are forgiven.
const LONG: usize = 6;
/// So many of the nearest words are looked up for the reader.
const CANDIDATES: usize = 6;

impl Index {
    /// The query with its unknown words mended, if any can be.
    pub(super) fn did_you_mean(
        &self,
        searcher: &Searcher,
        parts: &[Part],
        request: &SearchRequest,
    ) -> Result<Option<String>, IndexError> {
        let mut mended: BTreeMap<String, String> = BTreeMap::new();
        for word in words(parts) {
            let is_long_enough = word.folded.chars().count() >= LETTERS_MIN;
            let is_word = word.folded.chars().all(char::is_alphabetic);
            if !is_long_enough || !is_word || mended.contains_key(&word.marked) {
                continue;
            }
            let own = self.any_of(std::slice::from_ref(word));
            if self.is_seen(searcher, own, request)? {
                continue;
            }
            for near in self.nearest_words(searcher, word)? {
                let term = tantivy::Term::from_field_text(self.fields.marked, &near);
                let query = term_query(term, IndexRecordOption::Basic);
                if self.is_seen(searcher, query, request)? {
                    mended.insert(word.marked.clone(), near);
                    break;
                }
            }
        }
        Ok((!mended.is_empty()).then(|| rewritten(&request.q, &mended)))
    }

    /// Is there a case like that which the reader may see?
    fn is_seen(
        &self,
        searcher: &Searcher,
        query: Box<dyn tantivy::query::Query>,
        request: &SearchRequest,
    ) -> Result<bool, IndexError> {
        let clauses: Vec<Clause> =
            std::iter::once((Occur::Must, query)).chain(self.sight(&request.sight)).collect();
        Ok(searcher.search(&BooleanQuery::new(clauses), &Count)? > 0)
    }

    /// The words of the index that are nearest, by slips without marks, with marks, and by how
    /// often they stand.
    fn nearest_words(&self, searcher: &Searcher, word: &Word) -> Result<Vec<String>, IndexError> {
        let length = word.folded.chars().count();
        let slips_max = if length >= LONG { 2 } else { 1 };
        let mut found: BTreeMap<String, u64> = BTreeMap::new();
        for segment in searcher.segment_readers() {
            let index = segment.inverted_index(self.fields.marked)?;
            let mut terms = index.terms().stream().map_err(tantivy::TantivyError::from)?;
            while terms.advance() {
                let Ok(term) = std::str::from_utf8(terms.key()) else { continue };
                if term.chars().count().abs_diff(length) > slips_max {
                    continue;
                }
                if strsim::osa_distance(&folded(term), &word.folded) <= slips_max {
                    *found.entry(term.to_owned()).or_default() += u64::from(terms.value().doc_freq);
                }
            }
        }
        let rank = |(term, count): (String, u64)| {
            let bare = strsim::osa_distance(&folded(&term), &word.folded);
            let marked = strsim::osa_distance(&term, &word.marked);
            (bare, marked, std::cmp::Reverse(count), term)
        };
        let mut ranked: Vec<_> = found.into_iter().map(rank).collect();
        ranked.sort();
        Ok(ranked.into_iter().take(CANDIDATES).map(|(_, _, _, term)| term).collect())
    }
}

fn words(parts: &[Part]) -> impl Iterator<Item = &Word> {
    parts.iter().flat_map(|part| match part {
        Part::Word(word) => vec![word],
        Part::Phrase(words) => words.iter().collect(),
        Part::Any(all) => all.iter().flatten().collect(),
        _ => Vec::new(),
    })
}

/// The query as typed, with other words in the places of those that are mended.
fn rewritten(q: &str, mended: &BTreeMap<String, String>) -> String {
    let q = nfc(q);
    let mut rest = q.chars();
    let (mut out, mut at) = (String::new(), 0);
    for token in tokens(&q) {
        out.extend(rest.by_ref().take(token.offset - at));
        let typed: String = rest.by_ref().take(token.length).collect();
        out.push_str(mended.get(&token.marked).unwrap_or(&typed));
        at = token.end();
    }
    out.extend(rest);
    out
}
