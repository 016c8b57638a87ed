//! A page of what is found: by date, after the key where the last one ended; by relevance, out of
//! the index as it stood when the first page was made, so that nothing moves between two pages
//! while cases arrive.

use std::collections::VecDeque;
use std::ops::Bound;
use std::sync::{Mutex, PoisonError};

use chrono::TimeDelta;
use tantivy::collector::sort_key::{SortBySimilarityScore, SortByStaticFastValue};
use tantivy::collector::{Count, TopDocs};
use tantivy::query::{BooleanQuery, Occur, Query, RangeQuery};
use tantivy::{DocAddress, Order, Searcher, Term};

use super::{Clause, SearchRequest, case_id};
use crate::clock::Moment;
use crate::domain::search::Sort;
use crate::index::{Index, IndexError};

/// Paging by relevance ends here: nobody reads further.
const OFFSET_MAX: usize = 10_000;
/// States of the index that are kept for the next pages, and how long.
const KEPT_MAX: usize = 16;
const KEPT_FOR: TimeDelta = TimeDelta::minutes(10);

/// The states of the index that somebody is paging through.
#[derive(Default)]
pub(in crate::index) struct Snapshots(Mutex<VecDeque<(u64, Moment, Searcher)>>);

impl Snapshots {
    /// The state of that generation, if it is still kept.
    fn get(&self, generation: u64) -> Option<Searcher> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.iter().find(|(known, _, _)| *known == generation);
        found.map(|(_, _, searcher)| searcher.clone())
    }

    fn keep(&self, searcher: &Searcher, now: Moment) -> u64 {
        let generation = searcher.generation().generation_id();
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(known, at, _)| *known != generation && now - *at < KEPT_FOR);
        while kept.len() >= KEPT_MAX {
            kept.pop_front();
        }
        kept.push_back((generation, now, searcher.clone()));
        generation
    }
}

/// A cursor by relevance: so many are passed, in that state of the index.
fn cursor_of(request: &SearchRequest) -> Result<Option<(usize, u64)>, IndexError> {
    let Some(cursor) = request.cursor.as_ref().filter(|_| request.sort == Sort::Relevance) else {
        return Ok(None);
    };
    let read = || {
        let (offset, generation) = cursor.strip_prefix('o')?.split_once('.')?;
        Some((offset.parse().ok()?, generation.parse().ok()?))
    };
    let (offset, generation) = read().ok_or(IndexError::BadCursor)?;
    if offset > OFFSET_MAX { Err(IndexError::BadCursor) } else { Ok(Some((offset, generation))) }
}

/// A page of what is found.
pub(super) struct Page {
    pub(super) ids: Vec<i64>,
    pub(super) next_cursor: Option<String>,
    /// How many are found, on all pages.
    pub(super) total: usize,
}

impl Index {
    /// The state of the index that the request is about: where a page follows on, that of the page
    /// before, while it is kept.
    pub(super) fn searcher_for(&self, request: &SearchRequest) -> Result<Searcher, IndexError> {
        let kept = cursor_of(request)?.and_then(|(_, generation)| self.snapshots.get(generation));
        Ok(kept.unwrap_or_else(|| self.reader.searcher()))
    }

    pub(super) fn page(
        &self,
        searcher: &Searcher,
        query: Box<dyn Query>,
        request: &SearchRequest,
    ) -> Result<Page, IndexError> {
        let (field, name, order) = match request.sort {
            Sort::Relevance => return self.page_by_score(searcher, &*query, request),
            Sort::Received => (self.fields.received_key, "received_key", Order::Asc),
            Sort::ReceivedDown => (self.fields.received_key, "received_key", Order::Desc),
            Sort::Due => (self.fields.due_key, "due_key", Order::Asc),
            Sort::DueDown => (self.fields.due_key, "due_key", Order::Desc),
        };
        let mut all: Vec<Clause> = vec![(Occur::Must, query.box_clone())];
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
        let (mut hits, mut total) = searcher.search(&BooleanQuery::new(all), &(top, Count))?;
        if request.cursor.is_some() {
            total = searcher.search(&*query, &Count)?;
        }
        let more = hits.len() > request.limit;
        hits.truncate(request.limit);
        let last = hits.last().and_then(|(key, _)| *key).filter(|_| more);
        let ids = ids(searcher, hits.iter().map(|(_, address)| *address))?;
        Ok(Page { ids, next_cursor: last.map(|key| key.to_string()), total })
    }

    /// The likest first; of those that are alike the newest.
    fn page_by_score(
        &self,
        searcher: &Searcher,
        query: &dyn Query,
        request: &SearchRequest,
    ) -> Result<Page, IndexError> {
        let offset = cursor_of(request)?.map_or(0, |(offset, _)| offset);
        let newest = SortByStaticFastValue::<u64>::for_field("received_key");
        let top = TopDocs::with_limit(request.limit + 1)
            .and_offset(offset)
            .order_by((SortBySimilarityScore, newest));
        let (mut hits, total) = searcher.search(query, &(top, Count))?;
        let more = hits.len() > request.limit;
        hits.truncate(request.limit);
        let next = offset + request.limit;
        let cursor = (more && next <= OFFSET_MAX).then(|| {
            let generation = self.snapshots.keep(searcher, request.now);
            format!("o{next}.{generation}")
        });
        let ids = ids(searcher, hits.iter().map(|(_, address)| *address))?;
        Ok(Page { ids, next_cursor: cursor, total })
    }
}

fn ids(
    searcher: &Searcher,
    found: impl Iterator<Item = DocAddress>,
) -> Result<Vec<i64>, IndexError> {
    found.map(|address| case_id(searcher, address)).collect()
}
