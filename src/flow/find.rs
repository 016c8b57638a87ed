//! Finds the cases that a user asks for: words are looked for in the index, everything else is
//! asked of the database, which is always current. Without an index, words are left out and the
//! answer says so.

mod field_words;

pub use field_words::field_words;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chrono::{Days as OfDays, NaiveDate};

use super::{Context, FlowError, off_thread};
use crate::clock::Moment;
use crate::domain::case::CaseId;
use crate::domain::deadline::{day_of, end_of_day, start_of_day};
use crate::domain::error::{FieldError, Rule};
use crate::domain::figures::Figure;
use crate::domain::reporter::{e164, looks_like_email};
use crate::domain::saved::{HELD_MAX, Look};
use crate::domain::search::{DeskQuery, Queue, Sort};
use crate::domain::user::{User, UserName};
use crate::index::query::ReadAs;
use crate::index::search::{SearchAnswer, SearchRequest};
use crate::index::{Index, IndexError};
use crate::store::figures::{self, Frame, Span};
use crate::store::list::{self, Days, ListAnswer, ListRequest};
use crate::store::{StoreError, cases, changes, texts, users};

/// Cases of one reporter that a look-up by contact lists.
const OF_CONTACT_MAX: i64 = 200;
/// With more cases than this the index counts what a list without words holds: the database would
/// read them all.
const COUNTED_MAX: u64 = 20_000;
/// The index counts where no change waits longer for it; else the database does, however long.
const COUNTS_LATE_SECONDS: i64 = 5;
/// The same for what an alert looks at: shorter than the time between two looks, so that a process
/// whose index is late tells nothing twice.
const LOOK_LATE_SECONDS: i64 = 30;
/// Cases of a figure or of a queue among which words are looked for.
const AMONG_MAX: usize = 10_000;

/// How the words of a query were understood.
#[derive(Debug, Clone, PartialEq)]
pub enum Reading {
    /// There were none.
    Nothing,
    /// As a sender's address or telephone number.
    Contact,
    /// Not at all: no index is open.
    NoIndex,
    Words(Box<ReadAs>),
}

/// A page of what was found.
#[derive(Debug, Clone)]
pub struct Found {
    pub answer: ListAnswer,
    pub reading: Reading,
    /// The search with words that are known in the place of those that are not.
    pub did_you_mean: Option<String>,
    /// Folded words to be marked in excerpts.
    pub terms: Vec<String>,
}

impl Found {
    fn by_database(answer: ListAnswer, reading: Reading) -> Found {
        Found { answer, reading, did_you_mean: None, terms: Vec::new() }
    }
}

/// What finding needs.
pub struct Finder<'a> {
    pub context: &'a Context,
    pub index: Option<Arc<Index>>,
    /// With more cases than this the index counts what a list without words holds.
    pub counted_max: u64,
}

impl<'a> Finder<'a> {
    pub fn new(context: &'a Context, index: Option<Arc<Index>>) -> Finder<'a> {
        Finder { context, index, counted_max: COUNTED_MAX }
    }

    /// A page of the list that `user` asked for, with or without facets. Refuses an officer whom
    /// nobody knows and a cursor that is none of ours.
    pub async fn find(
        &self,
        user: &User,
        mut query: DeskQuery,
        with_facets: bool,
    ) -> Result<Found, FlowError> {
        self.name_officers(&mut query).await?;
        let q = query.q.trim().to_owned();
        if q.is_empty() {
            let answer = match self.large_index(&query).await? {
                Some(index) => self.by_both(user, &query, index, with_facets).await?,
                None => self.by_database(user, &query, None, with_facets).await?,
            };
            return Ok(Found::by_database(answer, Reading::Nothing));
        }
        if let Some(ids) = self.of_contact(user, &q).await? {
            let answer = self.by_database(user, &query, Some(ids), with_facets).await?;
            return Ok(Found::by_database(answer, Reading::Contact));
        }
        self.by_words(user, &query, with_facets).await
    }

    /// The newest cases of a query and how many there are, for an alert; nothing while the index is
    /// far behind, since what it does not hold yet would be told as new when it does. Of those that
    /// are not `held` yet the database is asked whether the user may see them.
    pub async fn look(
        &self,
        user: &User,
        query: DeskQuery,
        held: Option<&BTreeSet<CaseId>>,
    ) -> Result<Option<Look>, FlowError> {
        let counts_by_index = !query.q.is_empty() || self.large_index(&query).await?.is_some();
        let is_close = self.behind().await?.is_some_and(|seconds| seconds <= LOOK_LATE_SECONDS);
        if counts_by_index && !is_close {
            return Ok(None);
        }
        let newest = Some(Sort::ReceivedDown);
        let query = DeskQuery { sort: newest, limit: HELD_MAX, cursor: None, ..query };
        let ListAnswer { mut ids, total, .. } = self.find(user, query, false).await?.answer;
        let is_all = i64::try_from(ids.len()).is_ok_and(|listed| listed >= total);
        let is_held = |id: &CaseId| held.is_some_and(|held| held.contains(id));
        let fresh: Vec<CaseId> = ids.iter().copied().filter(|id| !is_held(id)).collect();
        let stored = self.context.store.read(move |conn| cases::by_ids(conn, &fresh)).await?;
        let rules = &self.context.rules;
        let unseen = stored.iter().filter(|one| !user.may_see(&one.case, rules));
        let unseen: BTreeSet<CaseId> = unseen.map(|one| one.keys.id).collect();
        ids.retain(|id| !unseen.contains(id));
        let gone = i64::try_from(unseen.len()).unwrap_or(i64::MAX);
        Ok(Some(Look { ids, total: total.saturating_sub(gone), is_all }))
    }

    /// How many cases stand in each queue for this user.
    pub async fn queue_counts(
        &self,
        user: &User,
    ) -> Result<BTreeMap<&'static str, i64>, FlowError> {
        let request = self.request(user, &DeskQuery { limit: 1, ..DeskQuery::default() }, None);
        let counts = self.context.store.read(move |conn| {
            let mut out = BTreeMap::new();
            for queue in Queue::ALL {
                out.insert(queue.word(), list::queue_count(conn, &request, *queue)?);
            }
            Ok::<_, StoreError>(out)
        });
        Ok(counts.await?)
    }

    /// When the next case is due that the user may see.
    pub async fn next_due(&self, user: &User) -> Result<Option<Moment>, FlowError> {
        let request = self.request(user, &DeskQuery { limit: 1, ..DeskQuery::default() }, None);
        let due = self.context.store.read(move |conn| list::next_due(conn, &request));
        Ok(due.await?)
    }

    /// The days that a figure of this query is of: the first day of all and today unless told.
    pub fn period(&self, query: &DeskQuery) -> (NaiveDate, NaiveDate) {
        let first = NaiveDate::from_ymd_opt(1970, 1, 1).unwrap_or_default();
        (query.filters.from.unwrap_or(first), query.filters.to.unwrap_or_else(|| self.today()))
    }

    /// Today in the pack's zone.
    fn today(&self) -> NaiveDate {
        day_of(self.context.now, self.context.rules.settings.zone)
    }

    /// The ids of the officers whom the query names by their e-mail addresses.
    async fn name_officers(&self, query: &mut DeskQuery) -> Result<(), FlowError> {
        let named = std::mem::take(&mut query.assigned_to);
        if named.is_empty() {
            return Ok(());
        }
        let users = self.context.store.read(users::all).await?;
        for email in named {
            let unknown = || FieldError::new("assigned", Rule::UnknownCode);
            let found = UserName::Email(email).find(&users).map(|user| user.id);
            let id = found.ok_or_else(|| FlowError::field(unknown()))?;
            query.filters.assigned.push(id);
        }
        Ok(())
    }

    fn request(&self, user: &User, query: &DeskQuery, only: Option<Vec<i64>>) -> ListRequest {
        let rules = &self.context.rules;
        let (zone, today) = (rules.settings.zone, self.today());
        let sunday = today.checked_add_days(OfDays::new(7)).unwrap_or(today);
        let from = start_of_day(today, zone);
        ListRequest {
            filters: query.filters.clone(),
            sight: user.sight(rules),
            only,
            figure: query.figure.map(|figure| self.figure_condition(user, query, figure)),
            sort: query.sort.unwrap_or(Sort::Relevance),
            limit: query.limit,
            cursor: query.cursor.clone(),
            now: self.context.now,
            days: Days {
                today: Span { from, to: end_of_day(today, zone) },
                week: Span { from, to: end_of_day(sunday, zone) },
            },
        }
    }

    /// A figure has its own meaning of the period: `from` and `to` belong to it and are no filter
    /// on receipt.
    fn figure_condition(&self, user: &User, query: &DeskQuery, figure: Figure) -> String {
        let rules = &self.context.rules;
        let mut agencies = user.agencies_seen(rules);
        if !query.filters.agency.is_empty() {
            let within = |id: &i64| agencies.as_ref().is_none_or(|seen| seen.contains(id));
            agencies = Some(query.filters.agency.iter().copied().filter(within).collect());
        }
        let frame = Frame::new(rules, self.period(query), agencies, self.context.now);
        figures::condition(figure, &frame)
    }

    async fn by_database(
        &self,
        user: &User,
        query: &DeskQuery,
        only: Option<Vec<i64>>,
        with_facets: bool,
    ) -> Result<ListAnswer, FlowError> {
        let mut request = self.request(user, query, only);
        if request.figure.is_some() {
            request.filters.from = None;
            request.filters.to = None;
            request.filters.agency = Vec::new();
        }
        let listed = move |conn: &mut _| list::list(conn, &request, with_facets);
        let answer = self.context.store.read(listed).await?;
        answer.map_err(|_: list::BadCursor| bad_cursor())
    }

    /// For how many seconds the oldest change waits for the index; nothing where none is open.
    async fn behind(&self) -> Result<Option<i64>, FlowError> {
        let Some(mark) = self.index.as_ref().map(|index| index.mark()) else { return Ok(None) };
        let now = self.context.now;
        let read = self.context.store.read(move |conn| changes::waits_seconds(conn, mark, now));
        Ok(Some(read.await.map_err(|e: StoreError| FlowError::Store(e))?))
    }

    /// Where counting in the database would read too many rows: the index, if it can count this
    /// list and follows the database closely.
    async fn large_index(&self, query: &DeskQuery) -> Result<Option<Arc<Index>>, FlowError> {
        let is_databases = query.figure.is_some()
            || query.filters.queue == Some(Queue::MailFailed)
            || self.index.as_ref().is_none_or(|index| index.count() <= self.counted_max);
        if is_databases {
            return Ok(None);
        }
        let is_close = self.behind().await?.is_some_and(|seconds| seconds <= COUNTS_LATE_SECONDS);
        Ok(self.index.clone().filter(|_| is_close))
    }

    /// The rows of the database, which is current; the counts of the index, which is a moment
    /// behind.
    async fn by_both(
        &self,
        user: &User,
        query: &DeskQuery,
        index: Arc<Index>,
        with_facets: bool,
    ) -> Result<ListAnswer, FlowError> {
        let request = self.request(user, query, None);
        let read = self.context.store.read(move |conn| list::page(conn, &request)).await?;
        let rows = read.map_err(|_: list::BadCursor| bad_cursor())?;
        let request = SearchRequest { with_facets, ..self.asked(user, query) };
        let counted = off_thread(move || index.count_found(&request)).await??;
        let total = i64::try_from(counted.total).unwrap_or(i64::MAX);
        Ok(ListAnswer { total, facets: counted.facets, ..rows })
    }

    /// The query as the index is asked.
    pub fn asked(&self, user: &User, query: &DeskQuery) -> SearchRequest {
        SearchRequest {
            q: query.q.clone(),
            filters: query.filters.clone(),
            sight: user.sight(&self.context.rules),
            sort: query.sort.unwrap_or(Sort::Relevance),
            limit: query.limit,
            cursor: query.cursor.clone(),
            now: self.context.now,
            today: self.today(),
            zone: self.context.rules.settings.zone,
            only: None,
            with_facets: true,
        }
    }

    /// A search that is one e-mail address or telephone number is looked up by its keyed hash, for
    /// roles that see identity.
    async fn of_contact(&self, user: &User, q: &str) -> Result<Option<Vec<i64>>, FlowError> {
        if !user.may_look_up_reporters() {
            return Ok(None);
        }
        let rules = &self.context.rules;
        let digits = q.chars().filter(char::is_ascii_digit).count();
        let contact = if looks_like_email(q) {
            q.to_lowercase()
        } else {
            match e164(q, &rules.settings.phone_country_code).filter(|_| digits >= 9) {
                Some(number) => number,
                None => return Ok(None),
            }
        };
        let hash = texts::contact_hash(self.context.store.seal(), &contact);
        let stored = self.context.store.read(move |conn| {
            let ids = texts::cases_of_contact(conn, &hash, OF_CONTACT_MAX)?;
            cases::by_ids(conn, &ids)
        });
        let stored = stored.await?;
        // To find a case by its sender is to know its sender.
        let known = stored
            .iter()
            .filter(|one| user.sees_identity(&one.case) && user.may_see(&one.case, rules));
        let ids: Vec<i64> = known.map(|one| one.keys.id).collect();
        // A case's number without its letters, or a file's, looks like a telephone's.
        let is_one_word = !q.contains(char::is_whitespace) && !q.contains('@');
        Ok(Some(ids).filter(|ids| !ids.is_empty() || !is_one_word))
    }

    /// Words are looked for in the index; what the database alone knows (figures, refused mails)
    /// narrows it by ids.
    async fn by_words(
        &self,
        user: &User,
        query: &DeskQuery,
        with_facets: bool,
    ) -> Result<Found, FlowError> {
        let Some(index) = self.index.clone() else {
            let answer = self.by_number(user, query).await?;
            return Ok(Found::by_database(answer, Reading::NoIndex));
        };
        let needs_database =
            query.figure.is_some() || query.filters.queue == Some(Queue::MailFailed);
        let mut request = SearchRequest { with_facets, ..self.asked(user, query) };
        if needs_database {
            let (q, limit) = (String::new(), AMONG_MAX);
            let all = DeskQuery { q, limit, cursor: None, ..query.clone() };
            request.only = Some(self.by_database(user, &all, None, false).await?.ids);
            let filters = &mut request.filters;
            filters.queue = filters.queue.filter(|queue| *queue != Queue::MailFailed);
            filters.from = None;
            filters.to = None;
        }
        let words = self.context.field_words.clone();
        let answer = off_thread(move || index.search(&request, &words)).await?;
        Ok(of_index(answer.map_err(|error| match error {
            IndexError::BadCursor => bad_cursor(),
            other => other.into(),
        })?))
    }

    /// Without an index a number is still found.
    async fn by_number(&self, user: &User, query: &DeskQuery) -> Result<ListAnswer, FlowError> {
        let number = query.q.trim().to_uppercase();
        let found = self.context.store.read(move |conn| match cases::by_number(conn, &number) {
            Ok(stored) => Ok(Some(vec![stored.keys.id])),
            Err(StoreError::NotFound) => Ok(None),
            Err(error) => Err(error),
        });
        let ids: Option<Vec<i64>> = found.await?;
        self.by_database(user, query, ids, false).await
    }
}

fn of_index(answer: SearchAnswer) -> Found {
    let list = ListAnswer {
        ids: answer.ids,
        total: i64::try_from(answer.total).unwrap_or(i64::MAX),
        restricted: 0,
        facets: answer.facets,
        next_cursor: answer.next_cursor,
    };
    Found {
        answer: list,
        reading: Reading::Words(Box::new(answer.read_as)),
        did_you_mean: answer.did_you_mean,
        terms: answer.highlight,
    }
}

fn bad_cursor() -> FlowError {
    FlowError::field(FieldError::new("cursor", Rule::NotUnderstood))
}
