//! The nearest labelled texts: exemplars of the pack and officers' decisions, found by their
//! rarest terms and compared by the cosine of what they hold. Kept in memory: it is small, exact
//! at once when an officer decides, and the same on every machine.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::features::hash;
use crate::domain::scope::{Example, Scope};
use crate::text::{Token, tokens};

/// More texts make a look-up slow and a judgement no better.
const TEXTS_MAX: usize = 20_000;
/// A look-up goes by so many of the rarest terms.
const TERMS_MAX: usize = 8;
/// So many of the best by these terms are compared as a whole.
const COMPARED_MAX: usize = 24;
/// BM25: how soon repetition stops to count, and how much length does.
const SATURATION: f64 = 1.2;
const LENGTH_SHARE: f64 = 0.75;

/// So many texts say how near what was learned lies to itself.
const NEARNESS_SAMPLE: usize = 200;

struct Entry {
    example: Example,
    /// Term and how often, by term.
    terms: Vec<(u64, f64)>,
    length: f64,
}

/// A text that is near.
pub(crate) struct Near {
    pub(crate) example: Example,
    pub(crate) similarity: f64,
}

/// Labelled texts with their terms.
#[derive(Default)]
pub(crate) struct Neighbours {
    entries: Vec<Option<Entry>>,
    postings: HashMap<u64, Vec<usize>>,
    numbers: BTreeMap<String, usize>,
    /// Officers' decisions in the order they were learned: the oldest give way.
    learned: BTreeSet<usize>,
    living: usize,
    total_length: f64,
}

impl Neighbours {
    /// Takes up a text; one with the same number is replaced. Exemplars beyond the limit are left
    /// out.
    pub(crate) fn add(&mut self, example: Example) {
        if let Some(number) = &example.number {
            let number = number.clone();
            self.remove(&number);
        }
        if self.living >= TEXTS_MAX {
            let oldest = self.learned.first().copied();
            match oldest {
                Some(oldest) => self.drop_entry(oldest),
                None => return,
            }
        }
        let terms = terms(&tokens(&example.text));
        let place = self.entries.len();
        for (term, _) in &terms {
            self.postings.entry(*term).or_default().push(place);
        }
        if let Some(number) = &example.number {
            self.numbers.insert(number.clone(), place);
            self.learned.insert(place);
        }
        let length = terms.iter().map(|(_, count)| count).sum();
        self.total_length += length;
        self.living += 1;
        self.entries.push(Some(Entry { example, terms, length }));
    }

    /// Where the text of a case stands.
    pub(crate) fn place_of(&self, number: &str) -> Option<usize> {
        self.numbers.get(number).copied()
    }

    /// Forgets the text of a case.
    pub(crate) fn remove(&mut self, number: &str) {
        if let Some(place) = self.numbers.get(number).copied() {
            self.drop_entry(place);
        }
    }

    fn drop_entry(&mut self, place: usize) {
        let Some(entry) = self.entries.get_mut(place).and_then(Option::take) else { return };
        for (term, _) in &entry.terms {
            if let Some(list) = self.postings.get_mut(term) {
                list.retain(|other| *other != place);
                if list.is_empty() {
                    self.postings.remove(term);
                }
            }
        }
        if let Some(number) = &entry.example.number {
            self.numbers.remove(number);
        }
        self.learned.remove(&place);
        self.living -= 1;
        self.total_length -= entry.length;
    }

    /// The nearest, the likest first. `hidden` leaves texts out by their place, for trials.
    pub(crate) fn nearest(
        &self,
        text: &[Token],
        most: usize,
        hidden: impl Fn(usize) -> bool,
    ) -> Vec<Near> {
        let terms = terms(text);
        let mut scores: BTreeMap<usize, f64> = BTreeMap::new();
        let average = self.total_length / f64::from(small(self.living)).max(1.0);
        for (term, rarity) in self.rarest(&terms) {
            for place in self.postings.get(&term).into_iter().flatten() {
                if hidden(*place) {
                    continue;
                }
                let Some(entry) = self.entry(*place) else { continue };
                let count = count_of(&entry.terms, term);
                let stretch = 1.0 - LENGTH_SHARE + LENGTH_SHARE * entry.length / average;
                let value = rarity * count * (SATURATION + 1.0) / (count + SATURATION * stretch);
                *scores.entry(*place).or_default() += value;
            }
        }
        let mut best: Vec<(usize, f64)> = scores.into_iter().collect();
        best.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
        best.truncate(COMPARED_MAX);
        for (place, score) in &mut best {
            *score = self.entry(*place).map_or(0.0, |entry| self.cosine(&terms, &entry.terms));
        }
        best.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(&other.0)));
        best.truncate(most);
        let near = best.into_iter().filter_map(|(place, similarity)| {
            self.entry(place).map(|entry| Near { example: entry.example.clone(), similarity })
        });
        near.collect()
    }

    /// The mean likeness of texts of a known hand to their nearest by other hands.
    pub(super) fn usual_nearness(&self) -> Option<f64> {
        let written = |place: &usize| {
            self.entry(*place).is_some_and(|entry| !entry.example.writer.is_empty())
        };
        let places: Vec<usize> = (0..self.entries.len()).filter(written).collect();
        let step = (places.len() / NEARNESS_SAMPLE).max(1);
        let (mut sum, mut count) = (0.0, 0_u32);
        for place in places.iter().step_by(step) {
            let Some(entry) = self.entry(*place) else { continue };
            let same_hand = |other: usize| {
                self.entry(other).is_none_or(|o| o.example.writer == entry.example.writer)
            };
            let near = self.nearest(&tokens(&entry.example.text), 1, same_hand);
            sum += near.first().map_or(0.0, |near| near.similarity);
            count += 1;
        }
        (count > 0).then(|| sum / f64::from(count))
    }

    fn entry(&self, place: usize) -> Option<&Entry> {
        self.entries.get(place).and_then(Option::as_ref)
    }

    /// The rarest of the terms that any text has, with their rarity.
    fn rarest(&self, terms: &[(u64, f64)]) -> Vec<(u64, f64)> {
        let known = terms
            .iter()
            .filter_map(|(term, _)| self.postings.get(term).map(|list| (list.len(), *term)));
        let mut known: Vec<(usize, u64)> = known.collect();
        known.sort_unstable();
        known.truncate(TERMS_MAX);
        known.into_iter().map(|(_, term)| (term, self.rarity(term))).collect()
    }

    fn rarity(&self, term: u64) -> f64 {
        let having = f64::from(small(self.postings.get(&term).map_or(0, Vec::len)));
        let all = f64::from(small(self.living));
        (1.0 + (all - having + 0.5).max(0.0) / (having + 0.5)).ln()
    }

    fn cosine(&self, one: &[(u64, f64)], other: &[(u64, f64)]) -> f64 {
        let square = |terms: &[(u64, f64)]| -> f64 {
            terms
                .iter()
                .map(|(term, count)| (self.rarity(*term) * (1.0 + count.ln())).powi(2))
                .sum()
        };
        let mut product = 0.0;
        for (term, count) in one {
            let there = count_of(other, *term);
            if there > 0.0 {
                product += self.rarity(*term).powi(2) * (1.0 + count.ln()) * (1.0 + there.ln());
            }
        }
        let lengths = (square(one) * square(other)).sqrt();
        if lengths > 0.0 { (product / lengths).min(1.0) } else { 0.0 }
    }
}

/// The balance of the neighbours' labels, from -1 (all out) to 1 (all in); far ones count little.
pub(crate) fn vote(near: &[Near]) -> f64 {
    let (mut balance, mut all) = (0.0, 0.15);
    for text in near {
        let weight = text.similarity * text.similarity;
        all += weight;
        balance += match text.example.scope {
            Scope::In => weight,
            Scope::Out => -weight,
            Scope::Ask => 0.0,
        };
    }
    balance / all
}

fn count_of(terms: &[(u64, f64)], term: u64) -> f64 {
    let place = terms.binary_search_by_key(&term, |(other, _)| *other);
    place.ok().and_then(|at| terms.get(at)).map_or(0.0, |(_, count)| *count)
}

fn small(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

/// Words with marks, without, and pairs; counted, in order.
fn terms(tokens: &[Token]) -> Vec<(u64, f64)> {
    let mut all: Vec<u64> = Vec::with_capacity(tokens.len() * 3);
    let mut before: Option<&Token> = None;
    for token in tokens {
        all.push(hash(&[b"folded", token.folded.as_bytes()]));
        if token.marked != token.folded {
            all.push(hash(&[b"marked", token.marked.as_bytes()]));
        }
        if let Some(before) = before {
            all.push(hash(&[b"pair", before.folded.as_bytes(), token.folded.as_bytes()]));
        }
        before = Some(token);
    }
    all.sort_unstable();
    let mut out: Vec<(u64, f64)> = Vec::with_capacity(all.len());
    for term in all {
        match out.last_mut() {
            Some((last, count)) if *last == term => *count += 1.0,
            _ => out.push((term, 1.0)),
        }
    }
    out
}
