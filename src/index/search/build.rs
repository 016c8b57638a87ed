//! From a read query, filters and the reader's sight to a query of the index.

use std::ops::Bound;

use chrono::{Datelike, NaiveDate};
use chrono_tz::Tz;
use tantivy::Term;
use tantivy::query::{
    AllQuery, BooleanQuery, BoostQuery, ConstScoreQuery, EmptyQuery, Occur, PhraseQuery, Query,
    RangeQuery, RegexQuery, TermQuery, TermSetQuery,
};
use tantivy::schema::{Field, IndexRecordOption};

use super::{Clause, SearchRequest};
use crate::domain::deadline::{end_of_day, start_of_day};
use crate::domain::search::{Due, Filters, Queue, Sight};
use crate::index::Index;
use crate::index::document::{id, pair};
use crate::index::query::{DaySpan, Part, Word};
use crate::text::typing::retyped;
use crate::text::{folded, marked, tokens};

/// A word with its marks counts this much more than its folded form.
const MARKED_BOOST: f32 = 4.0;
/// More than all other scores of a query together: what is found as typed stands first.
const AS_TYPED_SCORE: f32 = 10_000.0;
/// Two words side by side, as they were typed.
const PAIR_BOOST: f32 = 1.5;

impl Index {
    /// The words of a query. `all`: `Must` where every word has to occur, `Should` where any is
    /// enough.
    pub(super) fn text_query(&self, parts: &[Part], all: Occur, zone: Tz) -> Box<dyn Query> {
        let mut must: Vec<Clause> = Vec::new();
        let mut any: Vec<Clause> = Vec::new();
        let mut boosts: Vec<Clause> = Vec::new();
        let mut previous: Option<&Word> = None;
        for part in parts {
            match part {
                Part::Word(word) => {
                    let query = match self.other_forms(word) {
                        forms if forms.is_empty() => {
                            boosts.push((Occur::Should, self.with_marks(word)));
                            self.without_marks(word)
                        }
                        _ => self.any_of(std::slice::from_ref(word)),
                    };
                    if all == Occur::Must { &mut must } else { &mut any }.push((all, query));
                    if let Some(left) = previous {
                        let text = pair(&left.folded, &word.folded);
                        let term = Term::from_field_text(self.fields.pairs, &text);
                        let query = term_query(term, IndexRecordOption::WithFreqs);
                        boosts.push((Occur::Should, boosted(query, PAIR_BOOST)));
                    }
                    previous = Some(word);
                    continue;
                }
                Part::Any(alternatives) => {
                    let query = self.either(alternatives);
                    if all == Occur::Must { &mut must } else { &mut any }.push((all, query));
                }
                Part::Phrase(words) => must.push((Occur::Must, self.phrase(words))),
                Part::Without(words) => {
                    must.push((Occur::MustNot, self.phrase(words)));
                    must.push((Occur::MustNot, self.typed_without_marks(words)));
                }
                Part::Field { field, value, without } => {
                    must.push((demand(*without), self.named(field, value)));
                }
                Part::Days { field, span, without } => {
                    must.push((demand(*without), self.days(field, *span, zone)));
                }
                Part::Number(number) => must.push((Occur::Must, self.numbered(number))),
            }
            previous = None;
        }
        if !any.is_empty() {
            must.push((Occur::Must, Box::new(BooleanQuery::new(any))));
        }
        boosts.extend(self.all_as_typed(parts).map(|query| (Occur::Should, query)));
        if !must.iter().any(|(occur, _)| *occur == Occur::Must) {
            must.push((Occur::Must, Box::new(AllQuery)));
        }
        must.extend(boosts);
        Box::new(BooleanQuery::new(must))
    }

    /// All words with the marks that they were typed with: such cases stand before all others,
    /// however often these have the words with other marks or none.
    fn all_as_typed(&self, parts: &[Part]) -> Option<Box<dyn Query>> {
        let words = parts.iter().filter_map(|part| match part {
            Part::Word(word) => Some(word),
            _ => None,
        });
        words.clone().find(|word| word.marked != word.folded)?;
        let terms = words.map(|word| Term::from_field_text(self.fields.marked, &word.marked));
        let clauses = terms.map(|term| (Occur::Must, term_query(term, IndexRecordOption::Basic)));
        let all: Box<dyn Query> = Box::new(BooleanQuery::new(clauses.collect()));
        Some(Box::new(ConstScoreQuery::new(all, AS_TYPED_SCORE)))
    }

    /// The case with this number or part of one, or a text that quotes it.
    fn numbered(&self, number: &str) -> Box<dyn Query> {
        // Letters, digits and hyphens alone: nothing in it has a meaning of its own.
        let begins = RegexQuery::from_pattern(&format!("{number}.*"), self.fields.number);
        let by_number: Box<dyn Query> = match begins {
            Ok(query) => Box::new(query),
            Err(_) => Box::new(EmptyQuery),
        };
        let quoted = self.phrase(&words_of(number));
        Box::new(BooleanQuery::new(vec![(Occur::Should, by_number), (Occur::Should, quoted)]))
    }

    /// Any of several words and phrases.
    fn either(&self, alternatives: &[Vec<Word>]) -> Box<dyn Query> {
        let one = |words: &Vec<Word>| match words.as_slice() {
            [word] => self.any_of(std::slice::from_ref(word)),
            words => self.phrase(words),
        };
        let clauses = alternatives.iter().map(|words| (Occur::Should, one(words)));
        Box::new(BooleanQuery::new(clauses.collect()))
    }

    /// A word is found with and without its marks, with its marks first, and by every reading of an
    /// abbreviation.
    pub(super) fn any_of(&self, words: &[Word]) -> Box<dyn Query> {
        let mut out: Vec<Clause> = Vec::new();
        for word in words {
            out.push((Occur::Should, self.with_marks(word)));
            out.push((Occur::Should, self.without_marks(word)));
            out.extend(self.other_forms(word).into_iter().map(|form| (Occur::Should, form)));
        }
        Box::new(BooleanQuery::new(out))
    }

    fn with_marks(&self, word: &Word) -> Box<dyn Query> {
        let term = Term::from_field_text(self.fields.marked, &word.marked);
        boosted(term_query(term, IndexRecordOption::WithFreqs), MARKED_BOOST)
    }

    /// Also finds all that the word with its marks finds: a text has each word in both forms.
    fn without_marks(&self, word: &Word) -> Box<dyn Query> {
        let term = Term::from_field_text(self.fields.folded, &word.folded);
        term_query(term, IndexRecordOption::WithFreqs)
    }

    /// What else finds a word: the syllable that it is the keys of, an abbreviation's readings.
    fn other_forms(&self, word: &Word) -> Vec<Box<dyn Query>> {
        let meant = retyped(&word.marked).filter(|_| self.retypes);
        let meant = meant.map(|meant| self.any_of(&words_of(&meant)));
        let readings = self.readings(word);
        let readings = readings.into_iter().map(|reading| self.phrase(&words_of(&reading)));
        meant.into_iter().chain(readings).collect()
    }

    fn readings(&self, word: &Word) -> Vec<String> {
        // `P.` is typed with its dot or without it.
        let bare = |short: &str| short.trim_end_matches('.').to_owned();
        let is = |short: &str| marked(short) == word.marked || folded(short) == word.marked;
        let same = |short: &str| is(&bare(short));
        let found = self.abbreviations.iter().filter(|a| same(&a.short));
        found.flat_map(|a| a.readings.iter().cloned()).collect()
    }

    /// Words in this order, and in the same order what they are the keys of.
    fn phrase(&self, words: &[Word]) -> Box<dyn Query> {
        let meant = |word: &Word| retyped(&word.marked).unwrap_or_else(|| word.marked.clone());
        let meant: Vec<String> = words.iter().filter(|_| self.retypes).map(meant).collect();
        let typed = self.as_typed(words);
        if meant.is_empty() || words.iter().zip(&meant).all(|(word, meant)| word.marked == *meant) {
            return typed;
        }
        let meant = in_order(self.fields.marked, meant.iter());
        Box::new(BooleanQuery::new(vec![(Occur::Should, typed), (Occur::Should, meant)]))
    }

    /// Words in this order; with marks where the phrase was typed with marks.
    fn as_typed(&self, words: &[Word]) -> Box<dyn Query> {
        let has_marks = words.iter().any(|w| w.marked != w.folded);
        match has_marks {
            true => in_order(self.fields.marked, words.iter().map(|w| &w.marked)),
            false => in_order(self.fields.folded, words.iter().map(|w| &w.folded)),
        }
    }

    /// The same words in a text whose writer had no marks on the keyboard.
    fn typed_without_marks(&self, words: &[Word]) -> Box<dyn Query> {
        in_order(self.fields.marked, words.iter().map(|w| &w.folded))
    }

    /// Received or due on these days of the pack's zone.
    fn days(&self, field: &str, span: DaySpan, zone: Tz) -> Box<dyn Query> {
        if field == "due" {
            let from = span.from.map(|day| start_of_day(day, zone).timestamp());
            let to = span.to.map(|day| end_of_day(day, zone).timestamp());
            // What has no date is due on none.
            let to = to.or(Some(i64::MAX - 1));
            return range(self.fields.due_seconds, from, to);
        }
        let day = |day: Option<NaiveDate>| day.map(|d| i64::from(d.num_days_from_ce()));
        range(self.fields.received_day, day(span.from), day(span.to))
    }

    fn named(&self, field: &str, value: &str) -> Box<dyn Query> {
        match self.field(field) {
            Some(field) => exact(field, value),
            None => Box::new(EmptyQuery),
        }
    }

    fn field(&self, name: &str) -> Option<Field> {
        let fields = &self.fields;
        Some(match name {
            "status" => fields.status,
            "scope" => fields.scope,
            "authority" => fields.authority,
            "category" => fields.category,
            "flag" => fields.flag,
            "agency" => fields.agency,
            "area" => fields.area,
            "channel" => fields.channel,
            _ => return None,
        })
    }

    pub(super) fn with_filters(
        &self,
        text: &dyn Query,
        request: &SearchRequest,
        without: Option<&str>,
    ) -> Box<dyn Query> {
        let mut all: Vec<Clause> = vec![(Occur::Must, text.box_clone())];
        all.extend(self.sight(&request.sight));
        for (name, values) in values(&request.filters) {
            if let Some(field) = self.field(name).filter(|_| without != Some(name))
                && !values.is_empty()
            {
                all.push((Occur::Must, one_of(field, &values)));
            }
        }
        let filters = &request.filters;
        for (name, values) in filters.without.as_deref().map(values).unwrap_or_default() {
            if let Some(field) = self.field(name).filter(|_| without != Some(name))
                && !values.is_empty()
            {
                all.push((Occur::MustNot, one_of(field, &values)));
            }
        }
        if !filters.assigned.is_empty() {
            let users: Vec<String> = filters.assigned.iter().map(i64::to_string).collect();
            all.push((Occur::Must, one_of(self.fields.assigned, &users)));
        }
        if filters.from.is_some() || filters.to.is_some() {
            let day = |day: Option<NaiveDate>| day.map(|d| i64::from(d.num_days_from_ce()));
            let field = self.fields.received_day;
            all.push((Occur::Must, range(field, day(filters.from), day(filters.to))));
        }
        all.extend(filters.due.map(|due| (Occur::Must, self.due(due, request))));
        all.extend(filters.queue.map(|queue| (Occur::Must, self.queue(queue, request))));
        if let Some(ids) = &request.only {
            let terms = ids.iter().map(|i| Term::from_field_u64(self.fields.id, id(*i)));
            all.push((Occur::Must, Box::new(TermSetQuery::new(terms))));
        }
        Box::new(BooleanQuery::new(all))
    }

    /// The reader's part: a restricted case is for the confidential and for whom it names, whatever
    /// the agency.
    pub(super) fn sight(&self, sight: &Sight) -> Option<Clause> {
        let restricted = |word: &str| exact(self.fields.restricted, word);
        let own = || exact(self.fields.reader, &sight.user.to_string());
        if sight.agencies.is_none() {
            // Few are restricted: to leave those out costs less than to look for all others.
            let others = vec![(Occur::Must, restricted("yes")), (Occur::MustNot, own())];
            let others: Box<dyn Query> = Box::new(BooleanQuery::new(others));
            return (!sight.confidential).then_some((Occur::MustNot, others));
        }
        let mut open: Vec<Clause> = vec![(Occur::Must, restricted("no"))];
        if let Some(agencies) = &sight.agencies {
            let ids: Vec<String> = agencies.iter().map(i64::to_string).collect();
            open.push((Occur::Must, one_of(self.fields.agency, &ids)));
        }
        let mut closed: Vec<Clause> = vec![(Occur::Must, restricted("yes"))];
        if !sight.confidential {
            closed.push((Occur::Must, own()));
        }
        let either: Vec<Clause> = vec![
            (Occur::Should, Box::new(BooleanQuery::new(open))),
            (Occur::Should, Box::new(BooleanQuery::new(closed))),
        ];
        // Who may know of a case says nothing of how well it fits.
        Some((Occur::Must, boosted(Box::new(BooleanQuery::new(either)), 0.0)))
    }

    fn due(&self, due: Due, request: &SearchRequest) -> Box<dyn Query> {
        let start = start_of_day(request.today, request.zone).timestamp();
        let end = |days: u64| {
            let day = request.today.checked_add_days(chrono::Days::new(days));
            end_of_day(day.unwrap_or(request.today), request.zone).timestamp()
        };
        let (from, to) = match due {
            Due::Overdue => (None, Some(request.now.timestamp() - 1)),
            Due::Today => (Some(start), Some(end(0))),
            Due::Week => (Some(start), Some(end(7))),
        };
        let within = range(self.fields.due_seconds, from, to);
        let open = exact(self.fields.open, "yes");
        Box::new(BooleanQuery::new(vec![(Occur::Must, within), (Occur::Must, open)]))
    }

    fn queue(&self, queue: Queue, request: &SearchRequest) -> Box<dyn Query> {
        match queue {
            Queue::Today => self.due(Due::Today, request),
            Queue::Overdue => self.due(Due::Overdue, request),
            Queue::Mine => {
                let own = exact(self.fields.assigned, &request.sight.user.to_string());
                let open = exact(self.fields.open, "yes");
                Box::new(BooleanQuery::new(vec![(Occur::Must, own), (Occur::Must, open)]))
            }
            // Delivery states are the database's alone; the caller narrows by ids.
            Queue::MailFailed => Box::new(AllQuery),
            Queue::Decide | Queue::Approve | Queue::Returned | Queue::CitizenWrote => {
                exact(self.fields.queue, queue.word())
            }
        }
    }
}

fn demand(without: bool) -> Occur {
    if without { Occur::MustNot } else { Occur::Must }
}

pub(super) fn values(filters: &Filters) -> Vec<(&'static str, Vec<String>)> {
    let ids = |ids: &[i64]| ids.iter().map(i64::to_string).collect();
    vec![
        ("scope", filters.scope.iter().map(ToString::to_string).collect()),
        ("authority", filters.authority.iter().map(ToString::to_string).collect()),
        ("category", filters.category.clone()),
        ("status", filters.status.iter().map(ToString::to_string).collect()),
        ("flag", filters.flag.iter().map(ToString::to_string).collect()),
        ("agency", ids(&filters.agency)),
        ("area", ids(&filters.area)),
        ("channel", filters.channel.iter().map(ToString::to_string).collect()),
    ]
}

fn words_of(text: &str) -> Vec<Word> {
    tokens(text).into_iter().map(|t| Word { marked: t.marked, folded: t.folded }).collect()
}

fn in_order<'a>(field: Field, words: impl Iterator<Item = &'a String>) -> Box<dyn Query> {
    let terms: Vec<Term> = words.map(|word| Term::from_field_text(field, word)).collect();
    match terms.as_slice() {
        [] => Box::new(EmptyQuery),
        [one] => term_query(one.clone(), IndexRecordOption::WithFreqs),
        _ => Box::new(PhraseQuery::new(terms)),
    }
}

pub(super) fn term_query(term: Term, record: IndexRecordOption) -> Box<dyn Query> {
    Box::new(TermQuery::new(term, record))
}

fn boosted(query: Box<dyn Query>, boost: f32) -> Box<dyn Query> {
    Box::new(BoostQuery::new(query, boost))
}

/// A filter adds nothing to the score.
fn exact(field: Field, value: &str) -> Box<dyn Query> {
    boosted(term_query(Term::from_field_text(field, value), IndexRecordOption::Basic), 0.0)
}

fn one_of(field: Field, values: &[String]) -> Box<dyn Query> {
    let terms = values.iter().map(|v| Term::from_field_text(field, v));
    boosted(Box::new(TermSetQuery::new(terms)), 0.0)
}

/// Both ends included; a missing end is open.
fn range(field: Field, from: Option<i64>, to: Option<i64>) -> Box<dyn Query> {
    let bound = |value: Option<i64>| {
        value.map_or(Bound::Unbounded, |v| Bound::Included(Term::from_field_i64(field, v)))
    };
    match (from, to) {
        (None, None) => Box::new(AllQuery),
        _ => boosted(Box::new(RangeQuery::new(bound(from), bound(to))), 0.0),
    }
}
