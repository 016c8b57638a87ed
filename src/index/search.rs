//! Searching the desk's index. The reader's sight and the filters are part of every query, so that
//! hits, totals and facets agree; a facet's counts ignore its own filter.

use chrono::NaiveDate;
use chrono_tz::Tz;
use tantivy::collector::{Count, TopDocs};
use tantivy::query::{BooleanQuery, Occur, Query};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocAddress, Searcher, Term};

use super::document::id;
use super::query::{self, FieldWord, Part, ReadAs};
use super::{Index, IndexError, facets};
use crate::clock::Moment;
use crate::domain::search::{FACET_FIELDS, Facets, Filters, Sight, Sort};
use crate::text::typing::retyped;
use crate::text::{folded, tokens};

mod build;
mod meant;
mod page;

use build::{term_query, values};
pub(super) use page::Snapshots;

/// A likeness rests on this many of the text's rarest words.
const SIMILAR_TERMS: usize = 12;

/// What is looked for.
#[derive(Debug, Clone)]
pub struct SearchRequest {
    pub q: String,
    pub filters: Filters,
    pub sight: Sight,
    pub sort: Sort,
    pub limit: usize,
    pub cursor: Option<String>,
    pub now: Moment,
    pub today: NaiveDate,
    pub zone: Tz,
    /// Only these cases.
    pub only: Option<Vec<i64>>,
    pub with_facets: bool,
}

/// What was found.
#[derive(Debug, Clone, Default)]
pub struct SearchAnswer {
    pub ids: Vec<i64>,
    pub total: u64,
    pub facets: Facets,
    pub next_cursor: Option<String>,
    pub read_as: ReadAs,
    /// Folded words to be marked in excerpts.
    pub highlight: Vec<String>,
    /// The query with words that stand in a case in the place of those that stand in none.
    pub did_you_mean: Option<String>,
}

type Clause = (Occur, Box<dyn Query>);

impl Index {
    /// Looks for cases.
    pub fn search(
        &self,
        request: &SearchRequest,
        words: &[FieldWord],
    ) -> Result<SearchAnswer, IndexError> {
        let searcher = self.searcher_for(request)?;
        let (parts, mut read_as) = query::read(&request.q, words);
        let mut text = self.text_query(&parts, Occur::Must, request.zone);
        let query = self.with_filters(&text, request, None);
        let mut page = self.page(&searcher, query, request)?;
        let did_you_mean = match page.total {
            0 => self.did_you_mean(&searcher, &parts, request)?,
            _ => None,
        };
        let several =
            parts.iter().filter(|p| matches!(p, Part::Word(_) | Part::Any(_))).count() > 1;
        if page.total == 0 && several {
            text = self.text_query(&parts, Occur::Should, request.zone);
            let query = self.with_filters(&text, request, None);
            page = self.page(&searcher, query, request)?;
            read_as.any = page.total > 0;
        }
        let mut found = Facets::new();
        if request.with_facets {
            self.facets(&searcher, &text, request, &mut found)?;
        }
        let highlight = highlight(&parts);
        Ok(SearchAnswer {
            ids: page.ids,
            total: u64::try_from(page.total).unwrap_or(u64::MAX),
            facets: found,
            next_cursor: page.next_cursor,
            read_as,
            highlight,
            did_you_mean,
        })
    }

    /// How many cases the filters find and, where wanted, their facets; of words, order and page
    /// nothing is asked.
    pub fn count_found(&self, request: &SearchRequest) -> Result<SearchAnswer, IndexError> {
        let searcher = self.reader.searcher();
        let all: Box<dyn tantivy::query::Query> = Box::new(tantivy::query::AllQuery);
        let total = searcher.search(&*self.with_filters(&all, request, None), &Count)?;
        let mut facets = Facets::new();
        if request.with_facets {
            self.facets(&searcher, &all, request, &mut facets)?;
        }
        let total = u64::try_from(total).unwrap_or(u64::MAX);
        Ok(SearchAnswer { total, facets, ..SearchAnswer::default() })
    }

    /// Cases like a text, the likest first, with their score; `except` is left out.
    pub fn similar(
        &self,
        text: &str,
        sight: &Sight,
        except: Option<i64>,
        limit: usize,
    ) -> Result<Vec<(i64, f32)>, IndexError> {
        let searcher = self.reader.searcher();
        let mut rare: Vec<(u64, Term)> = Vec::new();
        let mut seen = std::collections::BTreeSet::new();
        for token in tokens(text) {
            if seen.insert(token.marked.clone()) {
                let term = Term::from_field_text(self.fields.marked, &token.marked);
                let count = searcher.doc_freq(&term)?;
                if count > 0 {
                    rare.push((count, term));
                }
            }
        }
        rare.sort_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.cmp(&b.1)));
        let terms = rare.into_iter().take(SIMILAR_TERMS);
        let any: Vec<Clause> = terms
            .map(|(_, term)| (Occur::Should, term_query(term, IndexRecordOption::WithFreqs)))
            .collect();
        let mut all: Vec<Clause> = vec![(Occur::Must, Box::new(BooleanQuery::new(any)))];
        all.extend(self.sight(sight));
        if let Some(except) = except {
            let own = Term::from_field_u64(self.fields.id, id(except));
            all.push((Occur::MustNot, term_query(own, IndexRecordOption::Basic)));
        }
        let top = TopDocs::with_limit(limit.max(1)).order_by_score();
        let hits = searcher.search(&BooleanQuery::new(all), &top)?;
        let mut out = Vec::with_capacity(hits.len());
        for (score, address) in hits {
            out.push((case_id(&searcher, address)?, score));
        }
        Ok(out)
    }

    fn facets(
        &self,
        searcher: &Searcher,
        text: &dyn Query,
        request: &SearchRequest,
        into: &mut Facets,
    ) -> Result<(), IndexError> {
        let mut filtered: Vec<&'static str> = Vec::new();
        let without = request.filters.without.as_deref().map(values).unwrap_or_default();
        for (name, values) in values(&request.filters).into_iter().chain(without) {
            if !values.is_empty() && !filtered.contains(&name) {
                filtered.push(name);
            }
        }
        let free: Vec<&'static str> =
            FACET_FIELDS.into_iter().filter(|name| !filtered.contains(name)).collect();
        facets::count(searcher, &*self.with_filters(text, request, None), &free, into)?;
        for name in filtered {
            let query = self.with_filters(text, request, Some(name));
            facets::count(searcher, &*query, &[name], into)?;
        }
        Ok(())
    }
}

fn highlight(parts: &[Part]) -> Vec<String> {
    let mut out = Vec::new();
    for part in parts {
        let words: Vec<&query::Word> = match part {
            Part::Word(word) => vec![word],
            Part::Phrase(words) => words.iter().collect(),
            Part::Any(all) => all.iter().flatten().collect(),
            _ => continue,
        };
        out.extend(words.iter().map(|w| w.folded.clone()));
        // What is highlighted nowhere does no harm.
        out.extend(words.iter().filter_map(|w| retyped(&w.marked)).map(|meant| folded(&meant)));
    }
    out
}

fn case_id(searcher: &Searcher, address: DocAddress) -> Result<i64, IndexError> {
    let column = searcher.segment_reader(address.segment_ord).fast_fields().u64("id")?;
    let value = column.first(address.doc_id).unwrap_or(0);
    Ok(i64::try_from(value).unwrap_or(0))
}
