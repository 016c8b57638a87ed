//! Searching the desk's index. The reader's sight and the filters are part of every query, so that
//! hits, totals and facets agree; a facet's counts ignore its own filter.

use std::ops::Bound;

use chrono::NaiveDate;
use chrono_tz::Tz;
use tantivy::collector::{Count, TopDocs};
use tantivy::query::{BooleanQuery, Occur, Query, RangeQuery};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocAddress, Order, Searcher, Term};

use super::document::id;
use super::query::{self, FieldWord, Part, ReadAs};
use super::{Index, IndexError, facets};
use crate::clock::Moment;
use crate::domain::search::{FACET_FIELDS, Facets, Filters, Sight, Sort};
use crate::text::typing::retyped;
use crate::text::{folded, tokens};

mod build;

use build::{term_query, values};

/// Paging by relevance ends here: nobody reads further.
const OFFSET_MAX: usize = 10_000;
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
}

type Clause = (Occur, Box<dyn Query>);

impl Index {
    /// Looks for cases.
    pub fn search(
        &self,
        request: &SearchRequest,
        words: &[FieldWord],
    ) -> Result<SearchAnswer, IndexError> {
        let searcher = self.reader.searcher();
        let (parts, mut read_as) = query::read(&request.q, words);
        let mut text = self.text_query(&parts, Occur::Must, request.zone);
        let mut query = self.with_filters(&text, request, None);
        let mut total = searcher.search(&*query, &Count)?;
        let several =
            parts.iter().filter(|p| matches!(p, Part::Word(_) | Part::Any(_))).count() > 1;
        if total == 0 && several {
            text = self.text_query(&parts, Occur::Should, request.zone);
            query = self.with_filters(&text, request, None);
            total = searcher.search(&*query, &Count)?;
            read_as.any = total > 0;
        }
        let (ids, next_cursor) = self.page(&searcher, query, request)?;
        let mut found = Facets::new();
        if request.with_facets {
            self.facets(&searcher, &text, request, &mut found)?;
        }
        let total = u64::try_from(total).unwrap_or(u64::MAX);
        let highlight = highlight(&parts);
        Ok(SearchAnswer { ids, total, facets: found, next_cursor, read_as, highlight })
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
        all.push((Occur::Must, self.sight(sight)));
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

    fn page(
        &self,
        searcher: &Searcher,
        query: Box<dyn Query>,
        request: &SearchRequest,
    ) -> Result<(Vec<i64>, Option<String>), IndexError> {
        let (field, name, order) = match request.sort {
            Sort::Relevance => return self.page_by_score(searcher, &*query, request),
            Sort::Received => (self.fields.received_key, "received_key", Order::Asc),
            Sort::ReceivedDown => (self.fields.received_key, "received_key", Order::Desc),
            Sort::Due => (self.fields.due_key, "due_key", Order::Asc),
            Sort::DueDown => (self.fields.due_key, "due_key", Order::Desc),
        };
        let mut all: Vec<Clause> = vec![(Occur::Must, query)];
        if let Some(cursor) = &request.cursor {
            let key: u64 = cursor.parse().map_err(|_| IndexError::BadCursor)?;
            let term = Term::from_field_u64(field, key);
            let after = match order {
                Order::Asc => RangeQuery::new(Bound::Excluded(term), Bound::Unbounded),
                Order::Desc => RangeQuery::new(Bound::Unbounded, Bound::Excluded(term)),
            };
            all.push((Occur::Must, Box::new(after)));
        }
        let top = TopDocs::with_limit(request.limit + 1).order_by_fast_field::<u64>(name, order);
        let mut hits = searcher.search(&BooleanQuery::new(all), &top)?;
        let more = hits.len() > request.limit;
        hits.truncate(request.limit);
        let last = hits.last().and_then(|(key, _)| *key).filter(|_| more);
        let mut ids = Vec::with_capacity(hits.len());
        for (_, address) in hits {
            ids.push(case_id(searcher, address)?);
        }
        Ok((ids, last.map(|key| key.to_string())))
    }

    fn page_by_score(
        &self,
        searcher: &Searcher,
        query: &dyn Query,
        request: &SearchRequest,
    ) -> Result<(Vec<i64>, Option<String>), IndexError> {
        let offset = match &request.cursor {
            None => 0,
            Some(cursor) => cursor
                .strip_prefix('o')
                .and_then(|digits| digits.parse().ok())
                .filter(|offset| *offset <= OFFSET_MAX)
                .ok_or(IndexError::BadCursor)?,
        };
        let top = TopDocs::with_limit(request.limit + 1).and_offset(offset).order_by_score();
        let mut hits = searcher.search(query, &top)?;
        let more = hits.len() > request.limit;
        hits.truncate(request.limit);
        let mut ids = Vec::with_capacity(hits.len());
        for (_, address) in hits {
            ids.push(case_id(searcher, address)?);
        }
        let next = offset + request.limit;
        Ok((ids, (more && next <= OFFSET_MAX).then(|| format!("o{next}"))))
    }

    fn facets(
        &self,
        searcher: &Searcher,
        text: &dyn Query,
        request: &SearchRequest,
        into: &mut Facets,
    ) -> Result<(), IndexError> {
        let filtered: Vec<&'static str> = values(&request.filters)
            .into_iter()
            .filter(|(_, values)| !values.is_empty())
            .map(|(name, _)| name)
            .collect();
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
