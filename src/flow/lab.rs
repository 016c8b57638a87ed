//! The rule lab: changes of cues, routing and thresholds are drafted, tried on past cases,
//! published from a day and rolled back. The row of an edition says who did what and when.

mod trial;

use chrono::NaiveDate;

use super::{Context, FlowError};
use crate::domain::deadline::day_of;
use crate::domain::edition::{Edition, EditionId, EditionState, RuleChange, applied, truth_faults};
use crate::domain::error::{FieldError, Refusal, Rule};
use crate::domain::user::UserId;
use crate::store::{AnyConn, Tx, editions, packs};

pub use trial::try_next;

/// So many editions are listed.
const LISTED: i64 = 100;
/// An edition of more changes is several editions.
pub const CHANGES_MAX: usize = 200;

/// Begins a draft.
pub async fn begin(context: &Context, name: String, by: UserId) -> Result<EditionId, FlowError> {
    let now = context.now;
    context.store.write(move |tx| Ok(editions::insert(tx.conn, &name, by, now)?)).await
}

/// The editions, the newest first.
pub async fn list(context: &Context) -> Result<Vec<Edition>, FlowError> {
    let read = move |conn: &mut AnyConn| Ok::<_, FlowError>(editions::list(conn, LISTED)?);
    context.store.read(read).await
}

/// One edition.
pub async fn one(context: &Context, id: EditionId) -> Result<Edition, FlowError> {
    let read = move |conn: &mut AnyConn| Ok::<_, FlowError>(editions::by_id(conn, id)?);
    context.store.read(read).await
}

/// Adds a change at the end. What it names must be there by the rules and the changes before it.
pub async fn add(context: &Context, id: EditionId, change: RuleChange) -> Result<(), FlowError> {
    let day = day_of(context.now, context.rules.settings.zone);
    let rules = context.rules.clone();
    change_draft(context, id, move |edition| {
        let faults = change.faults(&applied(&rules, &edition.changes), day);
        if !faults.is_empty() {
            return Err(Refusal::Invalid(faults).into());
        }
        if edition.changes.len() >= CHANGES_MAX {
            let limit = CHANGES_MAX.to_string();
            let fault = FieldError::limit("changes", Rule::TooLong, &limit, &limit);
            return Err(FlowError::field(fault));
        }
        edition.changes.push(change);
        Ok(())
    })
    .await
}

/// Takes the change at that place out of the draft.
pub async fn remove(context: &Context, id: EditionId, place: usize) -> Result<(), FlowError> {
    change_draft(context, id, move |edition| {
        if place >= edition.changes.len() {
            return Err(Refusal::NotFound.into());
        }
        edition.changes.remove(place);
        Ok(())
    })
    .await
}

/// Changes a draft; what its trial had found no longer holds.
async fn change_draft(
    context: &Context,
    id: EditionId,
    change: impl FnOnce(&mut Edition) -> Result<(), FlowError> + Send + 'static,
) -> Result<(), FlowError> {
    context
        .store
        .write(move |tx| {
            let mut edition = editions::by_id(tx.conn, id)?;
            let was = open_state(&edition)?;
            change(&mut edition)?;
            edition.state = EditionState::Draft;
            edition.trial = None;
            put(tx, &edition, was)
        })
        .await
}

/// Asks for the trial; the worker does it.
pub async fn ask_trial(context: &Context, id: EditionId) -> Result<(), FlowError> {
    context
        .store
        .write(move |tx| {
            let mut edition = editions::by_id(tx.conn, id)?;
            // One whose trial was cut off may be asked for again.
            let was = match edition.state {
                EditionState::Trying | EditionState::Waiting => edition.state,
                _ => open_state(&edition)?,
            };
            if edition.changes.is_empty() {
                return Err(FlowError::field(FieldError::new("changes", Rule::Required)));
            }
            edition.state = EditionState::Waiting;
            edition.trial = None;
            put(tx, &edition, was)
        })
        .await
}

/// Puts the edition aside for good.
pub async fn discard(context: &Context, id: EditionId) -> Result<(), FlowError> {
    let discarding = move |tx: &mut Tx<'_>| {
        let mut edition = editions::by_id(tx.conn, id)?;
        let was = match edition.state {
            EditionState::Published | EditionState::RolledBack => return Err(not_now()),
            other => other,
        };
        edition.state = EditionState::Discarded;
        put(tx, &edition, was)
    };
    context.store.write(discarding).await
}

/// Publishes a tried edition: now, or from a day to come. Errors: no trial on the rules as they
/// stand, or routing that is not as the truth table expects.
pub async fn publish(
    context: &Context,
    id: EditionId,
    by: UserId,
    from: Option<NaiveDate>,
) -> Result<(), FlowError> {
    let (now, today) = (context.now, day_of(context.now, context.rules.settings.zone));
    let published = context.store.write(move |tx| {
        let mut edition = editions::by_id(tx.conn, id)?;
        if edition.state != EditionState::Tried {
            return Err(not_now());
        }
        let tried_on = edition.trial.as_ref().map(|trial| trial.rules_version);
        let rules = packs::jurisdiction(tx.conn)?;
        if tried_on != Some(rules.rules_version) {
            return Err(FlowError::field(FieldError::new("trial", Rule::NotInPast)));
        }
        edition.published_by = Some(by);
        edition.valid_from = Some(from.unwrap_or(today));
        if from.is_some_and(|day| day > today) {
            edition.state = EditionState::Scheduled;
            return put(tx, &edition, EditionState::Tried);
        }
        put_in_force(tx, &mut edition, EditionState::Tried, (now, today))
    });
    published.await?;
    tracing::warn!(edition = id, by, "an edition of the rules was published");
    Ok(())
}

/// Publishes the first edition whose day has come; its number. Where routing is no longer as the
/// truth table expects, it goes back to its draft, and the log says so.
pub async fn publish_due(context: &Context) -> Result<Option<EditionId>, FlowError> {
    let (now, today) = (context.now, day_of(context.now, context.rules.settings.zone));
    let due = context.store.read(move |conn| {
        let first = editions::first_in(conn, EditionState::Scheduled)?;
        Ok::<_, FlowError>(first.filter(|e| e.valid_from.is_some_and(|day| day <= today)))
    });
    let Some(mut edition) = due.await? else { return Ok(None) };
    let id = edition.id;
    let mut back = edition.clone();
    let publishing = context
        .store
        .write(move |tx| put_in_force(tx, &mut edition, EditionState::Scheduled, (now, today)));
    match publishing.await {
        Ok(()) => tracing::warn!(edition = id, "an edition of the rules came into force"),
        Err(FlowError::Refusal(refusal)) => {
            tracing::error!(edition = id, %refusal, "an edition could not come into force");
            back.state = EditionState::Draft;
            back.trial = None;
            context.store.write(move |tx| put(tx, &back, EditionState::Scheduled)).await?;
        }
        Err(other) => return Err(other),
    }
    Ok(Some(id))
}

fn put_in_force(
    tx: &mut Tx<'_>,
    edition: &mut Edition,
    was: EditionState,
    (now, today): (crate::clock::Moment, NaiveDate),
) -> Result<(), FlowError> {
    let rules = packs::jurisdiction(tx.conn)?;
    let wanted = applied(&rules, &edition.changes);
    if !truth_faults(&wanted, today).is_empty() {
        return Err(FlowError::field(FieldError::new("truth", Rule::NotAllowedHere)));
    }
    let before = rules.changeable();
    packs::put_changeable(tx.conn, (&before, &wanted.changeable()), edition.published_by, now)?;
    edition.before = Some(before);
    edition.state = EditionState::Published;
    edition.published_at = Some(now);
    put(tx, edition, was)
}

/// Takes the edition that was published last back: the rules are as they were before it.
pub async fn roll_back(context: &Context, id: EditionId, by: UserId) -> Result<(), FlowError> {
    let now = context.now;
    let rolled = context.store.write(move |tx| {
        let mut edition = editions::by_id(tx.conn, id)?;
        let is_last = editions::last_published(tx.conn)? == Some(id);
        let Some(before) = edition.before.take().filter(|_| is_last) else {
            return Err(not_now());
        };
        let rules = packs::jurisdiction(tx.conn)?;
        packs::put_changeable(tx.conn, (&rules.changeable(), &before), Some(by), now)?;
        edition.state = EditionState::RolledBack;
        edition.before = Some(before);
        put(tx, &edition, EditionState::Published)
    });
    rolled.await?;
    tracing::warn!(edition = id, by, "an edition of the rules was rolled back");
    Ok(())
}

fn open_state(edition: &Edition) -> Result<EditionState, FlowError> {
    if edition.is_open() { Ok(edition.state) } else { Err(not_now()) }
}

fn put(tx: &mut Tx<'_>, edition: &Edition, was: EditionState) -> Result<(), FlowError> {
    if editions::update(tx.conn, edition, was)? { Ok(()) } else { Err(not_now()) }
}

/// Somebody else was quicker, or the step does not follow from where the edition stands.
fn not_now() -> FlowError {
    FlowError::field(FieldError::new("state", Rule::NotAllowedHere))
}
