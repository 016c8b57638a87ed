//! The trial of an edition: past cases are judged by the rules as they stand and as they would be.

use std::sync::Arc;

use crate::clock::Moment;
use crate::domain::case::CaseId;
use crate::domain::deadline::day_of;
use crate::domain::edition::{Edition, EditionState, Moved, Outcome, Trial, applied, truth_faults};
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::proposal::{Draw, Question, permille, propose};
use crate::domain::scope::Basis;
use crate::flow::{Context, FlowError, off_thread};
use crate::index::scope::Engine;
use crate::seal::Seal;
use crate::store::cases::StoredCase;
use crate::store::{AnyConn, cases, editions, examples, texts};

/// So many of the newest cases are judged twice.
const CASES: usize = 3_000;
/// They are read in batches.
const BATCH: i64 = 250;

/// A case as it was filed.
struct Past {
    case: StoredCase,
    question: Question,
}

/// Tries the first edition that waits; whether there was one.
pub async fn try_next(context: &Context) -> Result<bool, FlowError> {
    let taken = context.store.write(|tx| {
        let Some(mut edition) = editions::first_in(tx.conn, EditionState::Waiting)? else {
            return Ok::<_, FlowError>(None);
        };
        edition.state = EditionState::Trying;
        let is_ours = editions::update(tx.conn, &edition, EditionState::Waiting)?;
        Ok(is_ours.then_some(edition))
    });
    let Some(mut edition) = taken.await? else { return Ok(false) };
    let found = run(context, &edition).await;
    edition.state = match &found {
        Ok(_) => EditionState::Tried,
        Err(_) => EditionState::Draft,
    };
    edition.trial = found.as_ref().ok().cloned();
    let kept = context.store.write(move |tx| {
        Ok::<_, FlowError>(editions::update(tx.conn, &edition, EditionState::Trying)?)
    });
    kept.await?;
    found.map(|_| true)
}

async fn run(context: &Context, edition: &Edition) -> Result<Trial, FlowError> {
    let day = day_of(context.now, context.rules.settings.zone);
    let before = context.rules.clone();
    let after = Arc::new(applied(&before, &edition.changes));
    let seal = context.store.seal().clone();
    let labels = move |conn: &mut AnyConn| examples::after(conn, &seal, 0).map(|(_, all)| all);
    let labels = context.store.read(labels).await?;
    let old = context.engine.clone();
    let (rules, is_same) = (after.clone(), before.cues == after.cues);
    let building = move || {
        // What trains nothing anew is tried with the model that would go on serving.
        let bytes = is_same.then(|| old.model_bytes());
        let new = Engine::build(&rules, &labels, bytes.as_deref())?;
        let shares = (old.share_right(&rules.exemplars), new.share_right(&rules.exemplars));
        Ok::<_, FlowError>((Arc::new(new), shares))
    };
    let (new, shares) = off_thread(building).await??;
    let mut trial = Trial {
        rules_version: before.rules_version,
        tried_at: Some(context.now),
        exemplars: (permille(shares.0), permille(shares.1)),
        truth: truth_faults(&after, day),
        ..Trial::default()
    };
    let mut last = CaseId::MAX;
    let mut left = CASES;
    while left > 0 {
        let seal = context.store.seal().clone();
        let batch = context.store.read(move |conn| past(conn, &seal, last)).await?;
        let Some(end) = batch.last() else { break };
        last = end.case.keys.id;
        let (engine, now) = (context.engine.clone(), context.now);
        let (before, after, new) = (before.clone(), after.clone(), new.clone());
        let judging = move || {
            let judge = |past: &Past| Moved {
                number: past.case.case.number.clone(),
                before: outcome(&engine, &before, past, now),
                after: outcome(&new, &after, past, now),
                officer: Some(past.case.case.scope)
                    .filter(|_| past.case.case.basis == Basis::Officer),
            };
            batch.iter().take(left).map(judge).collect::<Vec<_>>()
        };
        let judged = off_thread(judging).await?;
        left -= judged.len();
        for moved in judged {
            trial.count(moved, |id| after_code(&context.rules, id));
        }
    }
    Ok(trial)
}

fn after_code(rules: &Jurisdiction, id: i64) -> Option<String> {
    rules.agency(id).map(|agency| agency.code.clone())
}

fn outcome(engine: &Engine, rules: &Jurisdiction, past: &Past, now: Moment) -> Outcome {
    let question = &past.question;
    let number = Some(past.case.case.number.as_str());
    let judgement = engine.judge_beside(number, question.title.as_deref(), &question.text);
    let confidence_permille = permille(judgement.confidence);
    let proposal = propose(rules, question, judgement, (now, Draw(1.0)));
    Outcome {
        scope: proposal.decided.scope,
        category: proposal.decided.category,
        agency: proposal.route.map(|route| route.agency),
        confidence_permille,
    }
}

fn past(conn: &mut AnyConn, seal: &Seal, before: CaseId) -> Result<Vec<Past>, FlowError> {
    let ids = editions::cases_before(conn, before, BATCH)?;
    let texts = texts::of_cases(conn, seal, &ids)?;
    let mut found = cases::by_ids(conn, &ids)?;
    found.sort_by_key(|stored| std::cmp::Reverse(stored.keys.id));
    let of = |id: CaseId, kind: &str| {
        let text = texts.iter().find(|(case, text)| *case == id && text.kind == kind);
        text.map(|(_, text)| text.body.clone())
    };
    let past = found.into_iter().map(|stored| {
        let (id, case) = (stored.keys.id, &stored.case);
        let question = Question {
            text: of(id, "case").unwrap_or_default(),
            title: of(id, "title"),
            about: case.about,
            area: case.area,
            procedure: case.procedure.clone(),
            flags: std::collections::BTreeSet::new(),
        };
        Past { question, case: stored }
    });
    Ok(past.collect())
}
