//! An officer's decision: it stands beside the machine's, says whether that was right, and is
//! learned from.

use crate::domain::action::Decide;
use crate::domain::case::Case;
use crate::domain::deadline::day_of;
use crate::domain::error::{FieldError, Rule};
use crate::domain::event::{Deadline, Decided, Event};
use crate::domain::file::{Decision, Grounds};
use crate::domain::pause;
use crate::domain::proposal;
use crate::domain::routing::{RoutingQuestion, is_accused, route};
use crate::domain::scope::{Authority, Basis, Example, Flag, Label, Scope};
use crate::domain::user::User;
use crate::flow::{Context, FlowError, record};
use crate::store::cases::StoredCase;
use crate::store::examples::{insert_decision, set_verdict};
use crate::store::{Tx, examples, history, texts};

/// The officer's decision as an event. A category whose scope is not the one given is refused.
pub(super) fn decide_event(
    tx: &mut Tx<'_>,
    context: &Context,
    before: &StoredCase,
    decide: &Decide,
) -> Result<Event, FlowError> {
    let (rules, case) = (&context.rules, &before.case);
    let category = match &decide.category {
        Some(code) => Some(code.clone()),
        // The machine's category stands if it is of the side that the officer says.
        None => case
            .category
            .clone()
            .filter(|c| rules.category(c).is_some_and(|c| c.scope == decide.scope)),
    };
    if let Some(code) = &category {
        let known = rules.category(code);
        let known = known
            .ok_or_else(|| FlowError::field(FieldError::new("category", Rule::UnknownCode)))?;
        if known.scope != decide.scope {
            return Err(FlowError::field(FieldError::new("category", Rule::ScopeMismatch)));
        }
    }
    let day = day_of(context.now, rules.settings.zone);
    let question = RoutingQuestion::of(rules, case, category.as_deref(), day);
    // The office that is accused keeps the case no longer: `routing::away_from_accused`.
    let keeps = case.agency.filter(|agency| !is_accused(rules, &question, *agency));
    let agency = keeps.or_else(|| route(rules, &question).map(|r| r.agency));
    let authority = decide.authority.unwrap_or_else(|| proposal::authority_of(rules, agency));
    let restricts = rules.restricts(decide.scope, category.as_deref());
    let mut flags = case.flags.clone();
    // Whoever decides has looked at the suspicion.
    flags.remove(&Flag::DenunciationSuspected);
    if let Some(wanted) = &decide.flags {
        flags = wanted.iter().copied().collect();
    }
    let decision = (decide.scope, authority, category.as_deref());
    Ok(Event::Decided(Decided {
        basis: Basis::Officer,
        scope: decide.scope,
        authority,
        labels: labels(decide, category.as_deref()),
        flags,
        confidence_permille: None,
        // What is in scope still waits for an agency; what is not waits for a referral.
        needs_decision: case.agency.is_none() || restricts,
        restricts,
        deadline: deadline(tx, context, before, decision)?,
        text: decide.reason.as_deref().map(|reason| record::text_hash(tx, reason)),
        category,
    }))
}

/// The due date after a decision: the one that holds, moved and extended as it may be, as long as
/// the same clock runs; of another clock, counted from where the present run began, with its
/// pauses. What a file said of its own cases stands.
fn deadline(
    tx: &mut Tx<'_>,
    context: &Context,
    before: &StoredCase,
    decision: (Scope, Authority, Option<&str>),
) -> Result<Option<Deadline>, FlowError> {
    let (rules, present) = (&context.rules, &before.case.deadline);
    let events = history::events_of(tx.conn, before.keys.id)?;
    let run = pause::run(&events, rules.settings.zone);
    if run.is_of_file {
        return Ok(present.clone());
    }
    let fresh = proposal::deadline(rules, decision, run.since);
    let same = present.as_ref().filter(|p| fresh.as_ref().is_some_and(|f| f.clock == p.clock));
    Ok(same.cloned().or_else(|| fresh.map(|fresh| pause::moved(rules, fresh, run.days_paused))))
}

fn labels(decide: &Decide, lead: Option<&str>) -> Vec<Label> {
    if let Some(labels) = &decide.labels {
        return labels.clone();
    }
    let label = |c: &str| Label { category: c.to_owned(), scope: decide.scope, lead: true };
    lead.map(label).into_iter().collect()
}

/// Keeps the officer's decision beside the machine's and counts it for later cases.
pub(super) fn decided_by_officer(
    tx: &mut Tx<'_>,
    context: &Context,
    user: &User,
    before: &StoredCase,
    after: StoredCase,
) -> Result<StoredCase, FlowError> {
    let case = &after.case;
    let decision = Decision {
        basis: Basis::Officer,
        user: Some(user.id),
        scope: case.scope,
        authority: case.authority,
        category: case.category.clone(),
        confidence_permille: None,
        model: None,
        grounds: Grounds::default(),
        decided_at: context.now,
        verdict: None,
    };
    insert_decision(tx, &after.keys, &decision)?;
    if before.case.basis == Basis::Machine {
        // An `ask` is neither right nor wrong: the officer was asked.
        let verdict = match before.case.scope {
            Scope::Ask => None,
            scope if scope == case.scope && before.case.category == case.category => {
                Some("confirmed")
            }
            _ => Some("corrected"),
        };
        if let Some(verdict) = verdict {
            set_verdict(tx.conn, after.keys.id, verdict)?;
        }
    }
    keep_label(tx, context, user, &after)?;
    Ok(after)
}

/// May an officer's decision count for later cases?
pub(super) fn may_be_learned(case: &Case) -> bool {
    !case.restricted && case.scope != Scope::Ask && case.category.is_some()
}

/// Keeps an officer's label with the masked text, in the transaction of the decision. Nothing
/// restricted is learned; what was learned of it before is forgotten.
fn keep_label(
    tx: &mut Tx<'_>,
    context: &Context,
    user: &User,
    after: &StoredCase,
) -> Result<(), FlowError> {
    let case = &after.case;
    let Some(category) = case.category.clone().filter(|_| may_be_learned(case)) else {
        return Ok(examples::remove_example(tx.conn, after.keys.id)?);
    };
    let stored = texts::of_case(tx.conn, tx.seal, after.keys.id)?;
    let Some(text) = stored.iter().find(|t| t.kind == "case") else { return Ok(()) };
    let example = Example {
        number: Some(case.number.clone()),
        text: context.patterns.mask(&text.body),
        language: case.language.clone(),
        scope: case.scope,
        category,
        writer: String::new(),
    };
    examples::insert_example(tx, &after.keys, &example, Some(user.id), context.now)?;
    Ok(())
}
