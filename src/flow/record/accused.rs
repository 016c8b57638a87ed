//! An office that a case accuses never answers it: what is recorded beside a decision or a
//! reopening, so that the case lies elsewhere. Who is accused, and who answers then, is
//! `domain::routing`'s.

use super::{Change, record};
use crate::domain::deadline::day_of;
use crate::domain::event::{Actor, Event};
use crate::domain::routing;
use crate::flow::{Context, FlowError};
use crate::store::Tx;
use crate::store::cases::StoredCase;

/// Takes the case away from the office that it accuses, as it has just been decided.
pub fn away_from_accused(
    tx: &mut Tx<'_>,
    context: &Context,
    after: StoredCase,
    actor: Actor,
) -> Result<StoredCase, FlowError> {
    let day = day_of(context.now, context.rules.settings.zone);
    let steps = match after.case.status.is_open() {
        true => routing::away_from_accused(&context.rules, &after.case, day),
        // What has ended is with nobody; `reopen` looks again.
        false => Vec::new(),
    };
    then(tx, context, after, actor, steps)
}

/// Records that a case is opened again: never for the office that it accuses.
pub fn reopen(
    tx: &mut Tx<'_>,
    context: &Context,
    before: &StoredCase,
    change: Change,
) -> Result<StoredCase, FlowError> {
    let day = day_of(context.now, context.rules.settings.zone);
    let mut first = routing::away_from_accused(&context.rules, &before.case, day);
    let rest = first.split_off(first.len().min(1));
    // Whoever opens it says nothing of the way that it takes.
    let before = then(tx, context, before.clone(), Actor::MACHINE, first)?;
    let after = record(tx, context, &before, change)?;
    then(tx, context, after, Actor::MACHINE, rest)
}

fn then(
    tx: &mut Tx<'_>,
    context: &Context,
    mut stored: StoredCase,
    actor: Actor,
    events: Vec<Event>,
) -> Result<StoredCase, FlowError> {
    for event in events {
        let change = Change { event, actor, occurred_at: context.now, texts: Vec::new() };
        stored = record(tx, context, &stored, change)?;
    }
    Ok(stored)
}
