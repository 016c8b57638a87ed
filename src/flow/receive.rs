//! A case comes in: judged, routed and dated before it is recorded, so that the receipt can say who
//! answers and by when. The same submission twice is one case.

use std::collections::BTreeSet;

use super::record::{self, Change, NewCase};
use super::{Context, FlowError, off_thread};
use crate::clock::Moment;
use crate::domain::attachment::NewFile;
use crate::domain::case::{CaseId, Status, fold};
use crate::domain::event::{Actor, ActorKind, Decided, Event, Recorded};
use crate::domain::file::{Decision, Grounds};
use crate::domain::notice;
use crate::domain::proposal::{Draw, Proposal, Question, propose};
use crate::domain::scope::{Basis, Flag, Scope};
use crate::domain::submission::Submission;
use crate::seal::{Purpose, Uid, random};
use crate::store::attachments::PutFile;
use crate::store::cases::{self, StoredCase};
use crate::store::examples::insert_decision;
use crate::store::{StoreError, Tx, history, idempotency, texts};

/// A key that makes a request safe to repeat, with what the request said; both as keyed hashes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestKey {
    pub key: Vec<u8>,
    pub request: Vec<u8>,
}

/// A case as it was taken.
#[derive(Debug, Clone)]
pub struct Taken {
    pub stored: StoredCase,
    /// The request was a repetition: the case was there already.
    pub is_repetition: bool,
}

/// Judges a text as of now.
pub async fn decide(
    context: &Context,
    question: Question,
    at: Moment,
) -> Result<Proposal, FlowError> {
    let engine = context.engine.clone();
    let rules = context.rules.clone();
    let draw = draw(context, &question.text);
    off_thread(move || {
        let judgement = engine.judge(question.title.as_deref(), &question.text);
        propose(&rules, &question, judgement, (at, draw))
    })
    .await
}

/// By the keyed hash of the text: nobody outside can choose it.
fn draw(context: &Context, text: &str) -> Draw {
    let hash = context.store.seal().hash(Purpose::Request, format!("review {text}").as_bytes());
    let first = hash.iter().take(4).fold(0_u32, |sum, byte| (sum << 8) | u32::from(*byte));
    Draw(f64::from(first) / (f64::from(u32::MAX) + 1.0))
}

/// Takes a submission. Returns when it is on disk.
pub async fn receive(
    context: &Context,
    (submission, files): (Submission, Vec<NewFile>),
    actor: Actor,
    key: Option<RequestKey>,
) -> Result<Taken, FlowError> {
    if let Some(key) = key.as_ref()
        && let Some(stored) = repeated(context, key).await?
    {
        return Ok(Taken { stored, is_repetition: true });
    }
    let question = Question {
        text: submission.text.clone(),
        title: submission.title.clone(),
        about: submission.agency,
        area: submission.area,
        procedure: submission.procedure.clone(),
        flags: intake_flags(&submission),
    };
    let proposal = decide(context, question, submission.received_at).await?;
    let uid: Uid = random()?;
    let put = record::put(context, &uid, files).await?;
    let (work, files) = (context.clone(), put.clone());
    let came = Came { uid, submission, files, actor, key };
    let taken = context.store.write(move |tx| write(tx, &work, came, &proposal)).await;
    let kept = match taken {
        // Somebody else's same request was faster: these files are there twice.
        Ok(taken) if taken.is_repetition && !put.is_empty() => {
            record::take_back_where_undone::<()>(context, &put, &Err(FlowError::KeyReused)).await;
            return Ok(taken);
        }
        other => other,
    };
    record::take_back_where_undone(context, &put, &kept).await;
    kept
}

/// The case that the same request has made before.
pub async fn repeated(
    context: &Context,
    key: &RequestKey,
) -> Result<Option<StoredCase>, FlowError> {
    let key = key.clone();
    context.store.read(move |conn| known(conn, &key)).await
}

/// A submission with what comes with it.
struct Came {
    uid: Uid,
    submission: Submission,
    files: Vec<PutFile>,
    actor: Actor,
    key: Option<RequestKey>,
}

fn known(
    conn: &mut crate::store::AnyConn,
    key: &RequestKey,
) -> Result<Option<StoredCase>, FlowError> {
    match idempotency::find(conn, &key.key)? {
        Some((request, case)) if request == key.request => Ok(Some(as_taken(conn, case)?)),
        Some(_) => Err(FlowError::KeyReused),
        None => Ok(None),
    }
}

/// The case as it was when it was taken, whatever came after: a repeated request gets the same
/// answer.
fn as_taken(conn: &mut crate::store::AnyConn, case: CaseId) -> Result<StoredCase, FlowError> {
    let now = cases::by_id(conn, case)?;
    let events = history::events_of(conn, case)?;
    let later = |recorded: &&Recorded| recorded.actor.kind != ActorKind::Machine;
    let end = events.iter().skip(1).find(later).map_or(i64::MAX, |recorded| recorded.version);
    let first: Vec<Recorded> = events.into_iter().filter(|e| e.version < end).collect();
    let case = fold(&first).map_err(StoreError::Corrupt)?;
    Ok(StoredCase { case, keys: now.keys })
}

fn intake_flags(submission: &Submission) -> BTreeSet<Flag> {
    let mut flags = BTreeSet::new();
    if submission.anonymous {
        flags.insert(Flag::Anonymous);
    }
    if submission.anonymous || !submission.reporter.is_complete() {
        flags.insert(Flag::Incomplete);
    }
    flags
}

fn write(
    tx: &mut Tx<'_>,
    context: &Context,
    came: Came,
    proposal: &Proposal,
) -> Result<Taken, FlowError> {
    let Came { uid, submission, files, actor, key } = came;
    // The same request may have been written by somebody between the first look and this
    // transaction.
    if let Some(key) = &key
        && let Some(stored) = known(tx.conn, key)?
    {
        return Ok(Taken { stored, is_repetition: true });
    }
    let at = submission.received_at;
    let mut decided = proposal.decided.clone();
    decided.flags.extend(said_before(tx, context, &submission, &decided)?);
    let mut then = vec![machine(Event::Decided(decided), at)];
    if let Some(route) = proposal.route.as_ref().filter(|_| proposal.forwards) {
        let rule = route.rule.clone();
        then.push(machine(Event::Routed { agency: route.agency, rule, text: None }, at));
    }
    if let Some(destination) = proposal.refers.clone() {
        then.push(machine(Event::Referred { destination, text: None }, at));
    }
    let mut notices = record::receipt_for(&submission);
    if proposal.decided.needs_decision {
        notices.push(notice::triage());
    }
    let flags = intake_flags(&submission);
    let new = NewCase { uid, submission: &submission, actor, flags, notices };
    let stored = record::create(tx, context, new, then)?;
    record::hang(tx, context, &stored, FIRST, (ActorKind::Citizen, &files))?;
    insert_decision(tx, &stored.keys, &machine_decision(context, proposal))?;
    if let Some(key) = &key {
        idempotency::insert(tx.conn, &key.key, &key.request, stored.keys.id, context.now)?;
    }
    Ok(Taken { stored, is_repetition: false })
}

/// Files of a submission came with the first event.
const FIRST: i64 = 1;

/// So many of a sender's latest cases are looked at.
const EARLIER_MAX: i64 = 50;

/// Has the same sender said this before? `repeat`: the same text, or another of the same category,
/// while the earlier case is open; `settled`: the same text, and it was answered.
fn said_before(
    tx: &mut Tx<'_>,
    context: &Context,
    submission: &Submission,
    decided: &Decided,
) -> Result<BTreeSet<Flag>, FlowError> {
    let mut flags = BTreeSet::new();
    if submission.anonymous {
        return Ok(flags);
    }
    let (reporter, settings) = (&submission.reporter, &context.rules.settings);
    let sender = (reporter, settings.phone_country_code.as_str());
    let ids = texts::cases_of_reporter(tx.conn, tx.seal, sender, EARLIER_MAX)?;
    if ids.is_empty() {
        return Ok(flags);
    }
    let same = texts::with_text(tx.conn, &ids, &texts::hash_of(tx.seal, &submission.text))?;
    for earlier in cases::by_ids(tx.conn, &ids)? {
        let (case, is_same) = (&earlier.case, same.contains(&earlier.keys.id));
        let is_like = decided.category.is_some() && case.category == decided.category;
        if case.status.is_open() && (is_same || is_like) {
            flags.insert(Flag::Repeat);
        }
        let is_answered = matches!(case.status, Status::Answered | Status::Closed);
        if is_same && is_answered {
            flags.insert(Flag::Settled);
        }
    }
    Ok(flags)
}

fn machine(event: Event, occurred_at: crate::clock::Moment) -> Change {
    Change { event, actor: Actor::MACHINE, occurred_at, texts: Vec::new() }
}

/// The machine's decision with what it rests on, as it is kept.
pub fn machine_decision(context: &Context, proposal: &Proposal) -> Decision {
    let judgement = &proposal.judgement;
    let likely: (Scope, Option<String>) = (judgement.likely, judgement.category.clone());
    Decision {
        basis: Basis::Machine,
        user: None,
        scope: proposal.decided.scope,
        authority: proposal.decided.authority,
        category: proposal.decided.category.clone(),
        confidence_permille: proposal.decided.confidence_permille,
        model: Some(judgement.model.clone()),
        grounds: Grounds {
            reasons: judgement.reasons.clone(),
            neighbours: judgement.neighbours.clone(),
            scores: judgement.scores.clone(),
            likely: Some(likely),
        },
        decided_at: context.now,
        verdict: None,
    }
}
