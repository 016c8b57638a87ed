//! The desk's list as rows, for the API and the page alike.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::ask::Ask;
use super::failure::Failure;
use super::query_words;
use crate::clock::Moment;
use crate::domain::deadline::day_of;
use crate::domain::search::{DeskQuery, Facets};
use crate::domain::user::User;
use crate::domain::view::{self, Item, Shown};
use crate::flow::find::{Finder, Found, Reading};
use crate::flow::sync_index;
use crate::store::list::ListAnswer;
use crate::store::{StoreError, cases, texts};
use crate::text::excerpt::excerpt;

/// The excerpt of a row.
const EXCERPT_SCALARS: usize = 180;

/// A page of the list.
#[derive(Debug, Clone)]
pub struct DeskList {
    pub items: Vec<Item>,
    pub total: u64,
    /// Cases that a figure counts and the reader may not see.
    pub restricted: u64,
    pub facets: Facets,
    pub next_cursor: Option<String>,
    pub read_as: String,
    /// The search with words that are known in the place of those that are not.
    pub did_you_mean: Option<String>,
    /// Nothing where no index is open.
    pub behind_seconds: Option<i64>,
}

/// What finds, for this request.
pub fn finder(ask: &Ask) -> Finder<'_> {
    Finder::new(&ask.context, ask.app.index())
}

/// The list that `user` asked for.
pub async fn desk_list(ask: &Ask, user: &User, query: DeskQuery) -> Result<DeskList, Failure> {
    let narrowed = narrowed(ask, &query);
    let mut found = finder(ask).find(user, query, true).await?;
    let items = items(ask, user, &mut found).await?;
    let behind_seconds = match ask.app.index() {
        Some(index) => Some(sync_index::behind(&ask.context.store, &index, ask.context.now).await?),
        None => None,
    };
    let said = read(ask, &found.reading).into_iter().chain(narrowed);
    let said: Vec<String> = said.collect();
    Ok(DeskList {
        items,
        total: u64::try_from(found.answer.total).unwrap_or(0),
        restricted: u64::try_from(found.answer.restricted).unwrap_or(0),
        facets: found.answer.facets,
        next_cursor: found.answer.next_cursor,
        read_as: if said.is_empty() { ask.say("read-as-all") } else { said.join(" · ") },
        did_you_mean: found.did_you_mean,
        behind_seconds,
    })
}

fn read(ask: &Ask, reading: &Reading) -> Option<String> {
    match reading {
        Reading::Nothing => None,
        Reading::Contact => Some(ask.say("read-as-contact")),
        Reading::NoIndex => Some(ask.say("read-as-no-index")),
        Reading::Words(read) => Some(query_words::read_as(ask, read)),
    }
}

/// The figure and the queue that the list is of, in words.
fn narrowed(ask: &Ask, query: &DeskQuery) -> Vec<String> {
    let figure = query.figure.map(|figure| {
        let (from, to) = finder(ask).period(query);
        let day = |day| ask.context.messages.day(&ask.language, day);
        let (what, from, to) = (query_words::figure(ask, figure), day(from), day(to));
        ask.tell("read-as-figure", &[("what", &what), ("from", &from), ("to", &to)])
    });
    let queue = query.filters.queue.map(|queue| ask.say(&format!("queue-{queue}")));
    figure.into_iter().chain(queue).collect()
}

/// How many cases stand in each queue for this user.
pub async fn queue_counts(ask: &Ask, user: &User) -> Result<BTreeMap<&'static str, i64>, Failure> {
    Ok(finder(ask).queue_counts(user).await?)
}

/// When the next case is due that the user may see.
pub async fn next_due(ask: &Ask, user: &User) -> Result<Option<Moment>, Failure> {
    Ok(finder(ask).next_due(user).await?)
}

/// Today in the pack's zone.
pub fn today(ask: &Ask) -> NaiveDate {
    day_of(ask.context.now, ask.context.rules.settings.zone)
}

/// The rows. The index may be a moment behind, so that the database is asked again who may see
/// them: what has gone out of sight is left out, and no longer counted.
async fn items(ask: &Ask, user: &User, found: &mut Found) -> Result<Vec<Item>, Failure> {
    let ids = found.answer.ids.clone();
    let seal = ask.app.seal.clone();
    let (stored, bodies) = ask
        .context
        .store
        .read(move |conn| {
            let stored = cases::by_ids(conn, &ids)?;
            Ok::<_, StoreError>((stored, texts::of_cases(conn, &seal, &ids)?))
        })
        .await?;
    let mut by_id: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for (id, text) in bodies {
        if ["case", "message", "answer", "title"].contains(&text.kind.as_str()) {
            by_id.entry(id).or_default().push(text.body);
        }
    }
    let rules = &ask.context.rules;
    let mut out = Vec::with_capacity(stored.len());
    for one in &stored {
        let case = &one.case;
        if !user.may_see(case, rules) {
            continue;
        }
        let bodies = by_id.remove(&one.keys.id).unwrap_or_default();
        let shown = shown(ask, user.reads_masked(case), bodies, &found.terms);
        out.push(view::item(one.keys.id, case, shown, rules, &ask.language, ask.context.now));
    }
    let gone = i64::try_from(found.answer.ids.len().saturating_sub(out.len())).unwrap_or(0);
    found.answer.total = found.answer.total.saturating_sub(gone);
    Ok(out)
}

/// The part of a case's texts that a row shows: masked before it is cut, since what is cut in the
/// middle is no longer known for what it is.
fn shown(ask: &Ask, is_masked: bool, bodies: Vec<String>, terms: &[String]) -> Shown {
    let mut best = Shown::default();
    for (place, body) in bodies.into_iter().enumerate() {
        let body = if is_masked { ask.context.patterns.mask(&body) } else { body };
        let cut = excerpt(&body, terms, EXCERPT_SCALARS);
        if place == 0 || !cut.highlights.is_empty() {
            best = Shown { text: cut.text, highlights: cut.highlights };
        }
        if !best.highlights.is_empty() {
            break;
        }
    }
    best
}

/// Rows for known cases, in the order of the ids.
pub async fn items_of(ask: &Ask, user: &User, ids: Vec<i64>) -> Result<Vec<Item>, Failure> {
    let answer = ListAnswer { ids, ..ListAnswer::default() };
    let (reading, terms) = (Reading::Nothing, Vec::new());
    let mut found = Found { answer, reading, terms, did_you_mean: None };
    items(ask, user, &mut found).await
}
