//! The desk's list, for the API and the page alike: words are looked for in the index, everything
//! else is asked of the database, which is always current. Without an index, words are left out and
//! the answer says so.

use std::collections::BTreeMap;

use chrono::{Days as OfDays, NaiveDate};

use super::ask::Ask;
use super::failure::Failure;
use super::field_words;
use crate::domain::deadline::{day_of, end_of_day, start_of_day};
use crate::domain::error::{FieldError, Rule};
use crate::domain::figures::Figure;
use crate::domain::reporter::{e164, looks_like_email};
use crate::domain::search::{Facets, Queue, Sort};
use crate::domain::user::{User, UserName};
use crate::domain::view::{self, Item, Shown};
use crate::flow::{report, sync_index};
use crate::index::search::SearchRequest;
use crate::intake::query::DeskQuery;
use crate::store::figures::{self, Span};
use crate::store::list::{self, Days, ListAnswer, ListRequest};
use crate::store::{StoreError, cases, texts, users};
use crate::text::excerpt::excerpt;

/// The excerpt of a row.
const EXCERPT_SCALARS: usize = 180;
/// Cases of one reporter that a look-up by contact lists.
const OF_CONTACT_MAX: i64 = 200;

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

/// What was found before the rows are made.
struct Found {
    answer: ListAnswer,
    read_as: String,
    did_you_mean: Option<String>,
    /// Folded words to be marked in the excerpts.
    terms: Vec<String>,
}

/// The list that `user` asked for.
pub async fn desk_list(ask: &Ask, user: &User, mut query: DeskQuery) -> Result<DeskList, Failure> {
    name_officers(ask, &mut query).await?;
    let q = query.q.trim().to_owned();
    let narrowed = narrowed(ask, &query);
    let mut found = if q.is_empty() {
        let answer = from_database(ask, user, &query, None).await?;
        Found { answer, read_as: String::new(), terms: Vec::new(), did_you_mean: None }
    } else if let Some(ids) = by_contact(ask, user, &q).await? {
        let answer = from_database(ask, user, &query, Some(ids)).await?;
        Found { answer, read_as: ask.say("read-as-contact"), terms: Vec::new(), did_you_mean: None }
    } else {
        from_index(ask, user, &query).await?
    };
    let items = items(ask, user, &mut found).await?;
    let behind_seconds = match ask.app.index() {
        Some(index) => Some(sync_index::behind(&ask.context.store, &index, ask.context.now).await?),
        None => None,
    };
    let said = std::iter::once(found.read_as).chain(narrowed).filter(|said| !said.is_empty());
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

/// The ids of the officers whom the query names by their e-mail addresses.
async fn name_officers(ask: &Ask, query: &mut DeskQuery) -> Result<(), Failure> {
    let named = std::mem::take(&mut query.assigned_to);
    if named.is_empty() {
        return Ok(());
    }
    let users = ask.context.store.read(users::all).await?;
    for email in named {
        let unknown = || FieldError::new("assigned", Rule::UnknownCode);
        let found = UserName::Email(email).find(&users).map(|user| user.id);
        let id = found.ok_or_else(|| Failure::invalid(vec![unknown()]))?;
        query.filters.assigned.push(id);
    }
    Ok(())
}

/// The figure and the queue that the list is of, in words.
fn narrowed(ask: &Ask, query: &DeskQuery) -> Vec<String> {
    let figure = query.figure.map(|figure| {
        let (from, to) = period(ask, query);
        let day = |day| ask.context.messages.day(&ask.language, day);
        let (what, from, to) = (field_words::figure(ask, figure), day(from), day(to));
        ask.tell("read-as-figure", &[("what", &what), ("from", &from), ("to", &to)])
    });
    let queue = query.filters.queue.map(|queue| ask.say(&format!("queue-{queue}")));
    figure.into_iter().chain(queue).collect()
}

/// How many cases stand in each queue for this user.
pub async fn queue_counts(ask: &Ask, user: &User) -> Result<BTreeMap<&'static str, i64>, Failure> {
    let request = list_request(ask, user, &DeskQuery { limit: 1, ..DeskQuery::default() }, None);
    let counts = ask.context.store.read(move |conn| {
        let mut out = BTreeMap::new();
        for queue in Queue::ALL {
            out.insert(queue.word(), list::queue_count(conn, &request, *queue)?);
        }
        Ok::<_, StoreError>(out)
    });
    Ok(counts.await?)
}

/// When the next case is due that the user may see.
pub async fn next_due(ask: &Ask, user: &User) -> Result<Option<crate::clock::Moment>, Failure> {
    let request = list_request(ask, user, &DeskQuery { limit: 1, ..DeskQuery::default() }, None);
    let due = ask.context.store.read(move |conn| list::next_due(conn, &request));
    Ok(due.await?)
}

/// Today in the pack's zone.
pub fn today(ask: &Ask) -> NaiveDate {
    day_of(ask.context.now, ask.context.rules.settings.zone)
}

fn list_request(ask: &Ask, user: &User, query: &DeskQuery, only: Option<Vec<i64>>) -> ListRequest {
    let rules = &ask.context.rules;
    let (zone, today) = (rules.settings.zone, today(ask));
    let sunday = today.checked_add_days(OfDays::new(7)).unwrap_or(today);
    let from = start_of_day(today, zone);
    ListRequest {
        filters: query.filters.clone(),
        sight: user.sight(rules),
        only,
        figure: query.figure.map(|figure| figure_condition(ask, user, query, figure)),
        sort: query.sort.unwrap_or(Sort::Relevance),
        limit: query.limit,
        cursor: query.cursor.clone(),
        now: ask.context.now,
        days: Days {
            today: Span { from, to: end_of_day(today, zone) },
            week: Span { from, to: end_of_day(sunday, zone) },
        },
    }
}

/// A figure has its own meaning of the period: `from` and `to` belong to it and are no filter on
/// receipt.
fn figure_condition(ask: &Ask, user: &User, query: &DeskQuery, figure: Figure) -> String {
    let rules = &ask.context.rules;
    let (from, to) = period(ask, query);
    let mut agencies = user.agencies_seen(rules);
    if !query.filters.agency.is_empty() {
        let within = |id: &i64| agencies.as_ref().is_none_or(|seen| seen.contains(id));
        agencies = Some(query.filters.agency.iter().copied().filter(within).collect());
    }
    let frame = report::frame(rules, (from, to), agencies, ask.context.now);
    figures::condition(figure, &frame)
}

fn period(ask: &Ask, query: &DeskQuery) -> (NaiveDate, NaiveDate) {
    let first = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap_or_default();
    (query.filters.from.unwrap_or(first), query.filters.to.unwrap_or_else(|| today(ask)))
}

async fn from_database(
    ask: &Ask,
    user: &User,
    query: &DeskQuery,
    only: Option<Vec<i64>>,
) -> Result<ListAnswer, Failure> {
    let mut request = list_request(ask, user, query, only);
    if request.figure.is_some() {
        request.filters.from = None;
        request.filters.to = None;
        request.filters.agency = Vec::new();
    }
    let answer = ask.context.store.read(move |conn| list::list(conn, &request, true)).await?;
    answer.map_err(|_: list::BadCursor| bad_cursor())
}

fn bad_cursor() -> Failure {
    Failure::invalid(vec![FieldError::new("cursor", Rule::NotUnderstood)])
}

/// A search that is one e-mail address or telephone number is looked up by its keyed hash, for
/// roles that see identity.
async fn by_contact(ask: &Ask, user: &User, q: &str) -> Result<Option<Vec<i64>>, Failure> {
    if !user.may_look_up_reporters() {
        return Ok(None);
    }
    let country = &ask.context.rules.settings.phone_country_code;
    let digits = q.chars().filter(char::is_ascii_digit).count();
    let contact = if looks_like_email(q) {
        q.to_lowercase()
    } else {
        match e164(q, country).filter(|_| digits >= 9) {
            Some(number) => number,
            None => return Ok(None),
        }
    };
    let hash = texts::contact_hash(&ask.app.seal, &contact);
    let stored = ask.context.store.read(move |conn| {
        let ids = texts::cases_of_contact(conn, &hash, OF_CONTACT_MAX)?;
        cases::by_ids(conn, &ids)
    });
    let stored = stored.await?;
    // To find a case by its sender is to know its sender.
    let known = stored
        .iter()
        .filter(|one| user.sees_identity(&one.case) && user.may_see(&one.case, &ask.context.rules));
    let ids: Vec<i64> = known.map(|one| one.keys.id).collect();
    // A case's number without its letters, or a file's, looks like a telephone's.
    let is_one_word = !q.contains(char::is_whitespace) && !q.contains('@');
    Ok(Some(ids).filter(|ids| !ids.is_empty() || !is_one_word))
}

/// Words are looked for in the index; what the database alone knows (figures, refused mails)
/// narrows it by ids.
async fn from_index(ask: &Ask, user: &User, query: &DeskQuery) -> Result<Found, Failure> {
    let Some(index) = ask.app.index() else {
        let mut answer = by_number(ask, user, query).await?;
        answer.facets.clear();
        return Ok(Found {
            answer,
            read_as: ask.say("read-as-no-index"),
            terms: Vec::new(),
            did_you_mean: None,
        });
    };
    let needs_database = query.figure.is_some() || query.filters.queue == Some(Queue::MailFailed);
    let only = match needs_database {
        true => {
            let all = DeskQuery { q: String::new(), limit: 10_000, cursor: None, ..query.clone() };
            Some(from_database(ask, user, &all, None).await?.ids)
        }
        false => None,
    };
    let mut filters = query.filters.clone();
    if needs_database {
        filters.queue = filters.queue.filter(|queue| *queue != Queue::MailFailed);
        filters.from = None;
        filters.to = None;
    }
    let request = SearchRequest {
        q: query.q.clone(),
        filters,
        sight: user.sight(&ask.context.rules),
        sort: query.sort.unwrap_or(Sort::Relevance),
        limit: query.limit,
        cursor: query.cursor.clone(),
        now: ask.context.now,
        today: today(ask),
        zone: ask.context.rules.settings.zone,
        only,
        with_facets: true,
    };
    let words = field_words::field_words(ask);
    let searched = actix_web::web::block(move || index.search(&request, &words)).await;
    let searched = searched.map_err(|_| Failure::new(super::failure::Kind::Unavailable))?;
    let answer = searched.map_err(|error| match error {
        crate::index::IndexError::BadCursor => bad_cursor(),
        other => crate::flow::FlowError::Index(other).into(),
    })?;
    let read_as = field_words::read_as(ask, &answer.read_as);
    let total = i64::try_from(answer.total).unwrap_or(i64::MAX);
    let list = ListAnswer {
        ids: answer.ids,
        total,
        restricted: 0,
        facets: answer.facets,
        next_cursor: answer.next_cursor,
    };
    let (terms, did_you_mean) = (answer.highlight, answer.did_you_mean);
    Ok(Found { answer: list, read_as, terms, did_you_mean })
}

/// Without an index a number is still found.
async fn by_number(ask: &Ask, user: &User, query: &DeskQuery) -> Result<ListAnswer, Failure> {
    let number = query.q.trim().to_uppercase();
    let found = ask.context.store.read(move |conn| match cases::by_number(conn, &number) {
        Ok(stored) => Ok(Some(vec![stored.keys.id])),
        Err(StoreError::NotFound) => Ok(None),
        Err(error) => Err(error),
    });
    let ids: Option<Vec<i64>> = found.await?;
    from_database(ask, user, query, ids).await
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
    let mut found = Found { answer, read_as: String::new(), terms: Vec::new(), did_you_mean: None };
    items(ask, user, &mut found).await
}
