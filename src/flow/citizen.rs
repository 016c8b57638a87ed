//! The citizen's steps, by the secret code: write, correct the contact, rate, reopen, withdraw.

use super::record::{self, Change};
use super::{Context, FlowError};
use crate::domain::action::{CitizenAction, Written};
use crate::domain::attachment::NewFile;
use crate::domain::error::Refusal;
use crate::domain::event::{Actor, ActorKind, Event};
use crate::domain::proposal;
use crate::domain::scope::Flag;
use crate::store::attachments::PutFile;
use crate::store::cases::{self, StoredCase};
use crate::store::texts::{self, NewText};
use crate::store::{StoreError, Tx, outbox};

/// Takes a citizen's step. A machine's event in between is no conflict: the step is taken on the
/// case as it stands.
pub async fn step(
    context: &Context,
    code_hash: Vec<u8>,
    (action, files): (CitizenAction, Vec<NewFile>),
) -> Result<StoredCase, FlowError> {
    let put = match files.is_empty() {
        true => Vec::new(),
        false => put(context, code_hash.clone(), files).await?,
    };
    let (work, files) = (context.clone(), put.clone());
    let done = context
        .store
        .write(move |tx| {
            let before = match cases::by_code_hash(tx.conn, &code_hash) {
                Err(StoreError::NotFound) => return Err(Refusal::NotFound.into()),
                other => other?,
            };
            let verb = action.verb();
            if !before.case.allows(verb) {
                let can = before.case.can().into_iter().filter(|v| citizens(*v)).collect();
                return Err(Refusal::IllegalStep { verb, can }.into());
            }
            let after = take(tx, &work, &before, action)?;
            let brought = (ActorKind::Citizen, files.as_slice());
            record::hang(tx, &work, &after, after.case.version, brought)?;
            Ok(after)
        })
        .await;
    record::take_back_where_undone(context, &put, &done).await;
    done
}

/// Writes files for the case of that code.
async fn put(
    context: &Context,
    code_hash: Vec<u8>,
    files: Vec<NewFile>,
) -> Result<Vec<PutFile>, FlowError> {
    let found = context.store.read(move |conn| cases::by_code_hash(conn, &code_hash)).await;
    let before = match found {
        Err(StoreError::NotFound) => return Err(Refusal::NotFound.into()),
        other => other?,
    };
    record::put(context, &before.keys.uid, files).await
}

fn citizens(verb: crate::domain::case::Verb) -> bool {
    crate::domain::case::Verb::OF_CITIZENS.contains(&verb)
}

fn take(
    tx: &mut Tx<'_>,
    context: &Context,
    before: &StoredCase,
    action: CitizenAction,
) -> Result<StoredCase, FlowError> {
    let (event, text) = match action {
        CitizenAction::Message { text } => {
            (Event::CitizenWrote { text: record::text_hash(tx, &text.text) }, Some(text))
        }
        CitizenAction::Rating { score, text } => {
            let hashed = text.as_ref().map(|t| record::text_hash(tx, &t.text));
            (Event::Rated { score, text: hashed }, text)
        }
        CitizenAction::Reopen { reason } => {
            let case = &before.case;
            let decision = (case.scope, case.authority, case.category.as_deref());
            let deadline = proposal::deadline(&context.rules, decision, context.now);
            (Event::Reopened { text: record::text_hash(tx, &reason.text), deadline }, Some(reason))
        }
        CitizenAction::Withdraw { reason } => {
            let hashed = reason.as_ref().map(|t| record::text_hash(tx, &t.text));
            (Event::Withdrawn { text: hashed }, reason)
        }
        CitizenAction::Contact { email, phone, hide_identity } => {
            let flags = change_contact(tx, context, before, email, phone)?;
            (Event::ContactChanged { hide_identity, flags }, None)
        }
    };
    let language = &before.case.language;
    let kept =
        |kind, body| NewText { kind, author: ActorKind::Citizen, language: language.clone(), body };
    let mut texts = Vec::new();
    if let Some(Written { text, original }) = text {
        texts.push(kept("message", text));
        texts.extend(original.map(|original| kept(record::ORIGINAL, original)));
    }
    let (actor, occurred_at) = (Actor::CITIZEN, context.now);
    let change = Change { event, actor, occurred_at, texts };
    match change.event {
        Event::Reopened { .. } => record::reopen(tx, context, before, change),
        _ => record::record(tx, context, before, change),
    }
}

/// Writes the new contact and says which flags remain. An anonymous case stays anonymous: nothing
/// is kept.
fn change_contact(
    tx: &mut Tx<'_>,
    context: &Context,
    before: &StoredCase,
    email: Option<String>,
    phone: Option<String>,
) -> Result<std::collections::BTreeSet<Flag>, FlowError> {
    let mut flags = before.case.flags.clone();
    if before.case.anonymous {
        return Ok(flags);
    }
    let (uid, id) = (&before.keys.uid, before.keys.reporter_id);
    let mut reporter = texts::reporter(tx.conn, tx.seal, uid, id)?;
    reporter.email = email.or(reporter.email);
    reporter.phone = phone.or(reporter.phone);
    let country = &context.rules.settings.phone_country_code;
    texts::update_reporter(tx, uid, id, &reporter, country)?;
    if reporter.email.is_some() {
        outbox::reporter_found(tx.conn, before.keys.id, context.now)?;
    }
    match reporter.is_complete() {
        true => flags.remove(&Flag::Incomplete),
        false => flags.insert(Flag::Incomplete),
    };
    Ok(flags)
}
