//! History from a file becomes cases: basis `import`, no warnings, not learned unless asked for, no
//! mail unless asked for. A known (channel, external id) is skipped. Short transactions, so that a
//! service beside it goes on.

use super::record::{self, Change, NewCase};
use super::{Context, FlowError};
use crate::domain::case::Status;
use crate::domain::event::{Actor, Deadline, Decided, Event};
use crate::domain::file::{Decision, Grounds};
use crate::domain::proposal::authority_of;
use crate::domain::scope::{Basis, Example, Label, Scope};
use crate::domain::submission::Historical;
use crate::store::Tx;
use crate::store::cases::{StoredCase, id_by_external};
use crate::store::examples::{insert_decision, insert_example};

/// At most this many cases are written in one transaction.
pub const BATCH: usize = 500;

/// What comes with the file.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wishes {
    /// Receipts are sent.
    pub notify: bool,
    /// Labels of the file are learned like an officer's.
    pub learn: bool,
}

/// How many were taken and how many were there already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Imported {
    pub taken: u64,
    pub known: u64,
}

/// Takes a batch over in one transaction.
pub async fn import(
    context: &Context,
    batch: Vec<Historical>,
    wishes: Wishes,
) -> Result<Imported, FlowError> {
    let work = context.clone();
    context
        .store
        .write(move |tx| {
            let mut out = Imported::default();
            for one in batch {
                match take(tx, &work, one, wishes)? {
                    Some(_) => out.taken += 1,
                    None => out.known += 1,
                }
            }
            Ok(out)
        })
        .await
}

/// Is a case with this channel and external id there?
pub async fn is_known(context: &Context, one: &Historical) -> Result<bool, FlowError> {
    let Some(external) = one.submission.external_id.clone() else { return Ok(false) };
    let channel = one.submission.channel;
    let found = context
        .store
        .read(move |conn| Ok::<_, FlowError>(id_by_external(conn, channel.word(), &external)?));
    Ok(found.await?.is_some())
}

fn take(
    tx: &mut Tx<'_>,
    context: &Context,
    one: Historical,
    wishes: Wishes,
) -> Result<Option<StoredCase>, FlowError> {
    let submission = &one.submission;
    if let Some(external) = &submission.external_id
        && id_by_external(tx.conn, submission.channel.word(), external)?.is_some()
    {
        return Ok(None);
    }
    let decided = decided(context, &one);
    let notices = if wishes.notify { record::receipt_for(submission) } else { Vec::new() };
    let flags = std::collections::BTreeSet::new();
    let new =
        NewCase { uid: crate::seal::random()?, submission, actor: Actor::IMPORT, flags, notices };
    let then = events(&one, &decided);
    let stored = record::create(tx, context, new, then)?;
    let decision = Decision {
        basis: decided.basis,
        user: None,
        scope: decided.scope,
        authority: decided.authority,
        category: decided.category.clone(),
        confidence_permille: decided.confidence_permille,
        model: None,
        grounds: Grounds::default(),
        decided_at: submission.received_at,
        verdict: None,
    };
    insert_decision(tx, &stored.keys, &decision)?;
    let teaches = wishes.learn && !stored.case.restricted;
    if let (true, Some(category)) = (teaches, one.category.clone()) {
        let example = Example {
            number: Some(stored.case.number.clone()),
            text: context.patterns.mask(&submission.text),
            language: submission.language.clone(),
            scope: decided.scope,
            category,
            writer: String::new(),
        };
        insert_example(tx, &stored.keys, &example, None, context.now)?;
    }
    Ok(Some(stored))
}

/// The file's decision, or the machine's where the file has none.
fn decided(context: &Context, one: &Historical) -> Decided {
    let deadline = one.due_at.map(|due_at| Deadline { clock: String::new(), due_at });
    let waits = matches!(one.status, Status::Received | Status::Forwarded);
    let rules = &context.rules;
    let Some(scope) = one.scope else {
        let judgement = context.engine.judge(None, &one.submission.text);
        let restricts = rules.restricts(judgement.scope, judgement.category.as_deref());
        return Decided {
            // History all the same: it counts neither as the machine's nor as an officer's.
            basis: Basis::Import,
            scope: judgement.scope,
            authority: authority_of(rules, one.agency),
            category: judgement.category,
            labels: judgement.labels,
            flags: judgement.flags,
            confidence_permille: Some(crate::domain::proposal::permille(judgement.confidence)),
            needs_decision: waits,
            restricts,
            deadline,
            text: None,
        };
    };
    let category = one.category.as_deref().and_then(|c| rules.category(c));
    let label = category.map(|c| Label { category: c.code.clone(), scope, lead: true });
    Decided {
        basis: Basis::Import,
        scope,
        authority: authority_of(rules, one.agency),
        category: category.map(|c| c.code.clone()),
        labels: label.into_iter().collect(),
        flags: std::collections::BTreeSet::new(),
        confidence_permille: None,
        needs_decision: waits && one.agency.is_none() && scope != Scope::Out,
        restricts: rules.restricts(scope, one.category.as_deref()),
        deadline,
        text: None,
    }
}

/// What happened to the case in the other system, in the order in which it must have happened.
fn events(one: &Historical, decided: &Decided) -> Vec<Change> {
    let received = one.submission.received_at;
    let ended = one.answered_at.unwrap_or(received);
    let change =
        |event, occurred_at| Change { event, actor: Actor::IMPORT, occurred_at, texts: Vec::new() };
    let mut out = vec![change(Event::Decided(decided.clone()), received)];
    if let Some(agency) = one.agency.filter(|_| one.status != Status::Received) {
        let rule = "import".to_owned();
        out.push(change(Event::Routed { agency, rule, text: None }, received));
    }
    let text = String::new();
    match (one.status, one.answered_at) {
        (Status::Received, _) => {}
        (Status::Forwarded, _) if one.agency.is_some() => {}
        (Status::InProgress, _) => out.push(change(Event::Accepted {}, received)),
        (Status::NeedsInfo, _) => out.push(change(Event::Asked { text }, received)),
        (Status::Answered | Status::Closed, Some(at)) => {
            let answered = Event::Answered { text, takes_effect: true, unreviewed: false };
            out.push(change(answered, at));
        }
        (Status::Referred, Some(at)) => {
            let destination = String::new();
            out.push(change(Event::Referred { destination, text: None }, at));
        }
        (Status::Refused, Some(at)) => {
            let reason_code = String::new();
            out.push(change(Event::Refused { reason_code, text: None }, at));
        }
        (Status::Withdrawn, _) => out.push(change(Event::Withdrawn { text: None }, ended)),
        // To nobody that the file names, on no day that it names, in no words that it holds.
        (status, _) => out.push(change(Event::Stood { status }, received)),
    }
    if let Some(score) = one.rating {
        out.push(change(Event::Rated { score, text: None }, ended));
    }
    if one.status == Status::Closed && one.answered_at.is_some() {
        out.push(change(Event::Closed {}, ended));
    }
    out
}
