//! What officers decide counts for later cases: at once through the nearest texts, and through the
//! model when it is trained anew. What was learned can be taken back.

use chrono::TimeDelta;

use super::{Context, FlowError, off_thread};
use crate::domain::error::{FieldError, Rule};
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::scope::Example;
use crate::index::scope::{self, Engine};
use crate::seal::Seal;
use crate::store::examples::{self, Which};
use crate::store::models::{self, ModelKey, ModelRow, NewModel};
use crate::store::{AnyConn, Store, StoreError, Stored, cases, changes, users};

/// The model is trained anew when so many labels have come since, and not before a while.
const TRAIN_AFTER_LABELS: i64 = 50;
const TRAIN_AFTER_MINUTES: i64 = 60;
/// A model that gives fewer of the pack's own texts their side than the one before, by more than
/// this share, is not taken: learning never forgets the pack.
const FORGETS_MAX: f64 = 0.02;

/// How far an engine has followed the database.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mark {
    /// The id of the newest label.
    pub label: i64,
    change: i64,
}

/// Under which key models for these rules are kept.
pub fn model_key(rules: &Jurisdiction) -> ModelKey {
    scope::key(rules).into()
}

/// Every label there is, and the mark to follow from.
pub fn now(conn: &mut AnyConn, seal: &Seal) -> Stored<(Mark, Vec<Example>)> {
    let change = changes::newest(conn)?;
    let (label, labels) = examples::after(conn, seal, 0)?;
    Ok((Mark { label, change }, labels))
}

/// Takes up what was kept and what was taken away since `mark`, by this process or another; returns
/// the new mark.
pub async fn follow(store: &Store, engine: &Engine, mark: Mark) -> Result<Mark, FlowError> {
    let seal = store.seal().clone();
    let read = move |conn: &mut AnyConn| {
        let change = changes::newest(conn)?;
        let gone = match mark.change < change {
            true => examples::taken_away(conn, mark.change)?,
            false => Vec::new(),
        };
        let (label, labels) = examples::after(conn, &seal, mark.label)?;
        Ok::<_, FlowError>((Mark { label, change }, gone, labels))
    };
    let (mark, gone, labels) = store.read(read).await?;
    for number in gone {
        engine.forget(&number);
    }
    for label in labels {
        engine.learn(label);
    }
    Ok(mark)
}

/// How a training ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Training {
    /// The new model is in use; shares of the pack's own texts that were given their side, before
    /// and now.
    Taken { model: i64, labels: usize, before: f64, now: f64 },
    /// It had forgotten too much of the pack: the old one goes on serving.
    Refused { before: f64, now: f64 },
    /// Somebody else trained one meanwhile.
    Overtaken,
}

/// Are there enough new labels, and was the last training long enough ago?
pub async fn is_due(context: &Context) -> Result<bool, FlowError> {
    let (key, now) = (model_key(&context.rules), context.now);
    let read = move |conn: &mut AnyConn| {
        let Some(last) = models::all(conn, &key)?.into_iter().next() else { return Ok(false) };
        let waited = now - last.made_at >= TimeDelta::minutes(TRAIN_AFTER_MINUTES);
        let enough = examples::count_after(conn, last.last_label)? >= TRAIN_AFTER_LABELS;
        Ok::<_, FlowError>(waited && enough)
    };
    context.store.read(read).await
}

/// Trains a model on the pack and every label, apart from the one in use, and puts it in its place;
/// processes take it up with the rules.
pub async fn train(context: &Context) -> Result<Training, FlowError> {
    let (key, seal) = (model_key(&context.rules), context.store.seal().clone());
    let wanted = key.clone();
    let read = move |conn: &mut AnyConn| {
        Ok::<_, FlowError>((now(conn, &seal)?, models::active_id(conn, &wanted)?))
    };
    let ((mark, labels), was) = context.store.read(read).await?;
    let (rules, old, count) = (context.rules.clone(), context.engine.clone(), labels.len());
    let trained = off_thread(move || {
        let engine = Engine::build(&rules, &labels, None)?;
        let before = old.share_right(&rules.exemplars);
        let now = engine.share_right(&rules.exemplars);
        Ok::<_, FlowError>((engine.model_bytes(), before, now))
    });
    let (bytes, before, now) = trained.await??;
    if now + FORGETS_MAX < before {
        tracing::error!(before, now, "a trained model had forgotten the pack and was not taken");
        return Ok(Training::Refused { before, now });
    }
    let labels = i64::try_from(count).unwrap_or(i64::MAX);
    let new = NewModel { key: key.clone(), bytes, labels, last_label: mark.label };
    let at = context.now;
    let kept = context.store.write(move |tx| {
        if models::active_id(tx.conn, &key)? != was {
            return Ok::<_, FlowError>(None);
        }
        Ok(Some(models::insert(tx.conn, &new, at)?))
    });
    Ok(match kept.await? {
        Some(model) => {
            tracing::info!(model, labels, before, now, "a model was trained and is in use");
            Training::Taken { model, labels: count, before, now }
        }
        None => Training::Overtaken,
    })
}

/// Takes the model in use out of it, and the one before it back; the ids of both.
pub async fn roll_back(context: &Context) -> Result<(i64, i64), FlowError> {
    let key = model_key(&context.rules);
    let rolled = context.store.write(move |tx| Ok(models::roll_back(tx.conn, &key)?)).await;
    match rolled {
        Err(FlowError::Store(StoreError::NotFound)) => {
            Err(FlowError::field(FieldError::new("rollback", Rule::NotAllowedHere)))
        }
        other => other,
    }
}

/// The models for the present rules, the newest first.
pub async fn list(context: &Context) -> Result<Vec<ModelRow>, FlowError> {
    let key = model_key(&context.rules);
    let read = move |conn: &mut AnyConn| Ok::<_, FlowError>(models::all(conn, &key)?);
    context.store.read(read).await
}

/// Whose labels are to be forgotten: by e-mail and by a case's number, as people name them.
#[derive(Debug, Clone, Default)]
pub struct Named {
    pub officer: Option<String>,
    pub number: Option<String>,
    pub from: Option<crate::clock::Moment>,
    pub to: Option<crate::clock::Moment>,
}

/// Forgets labels; how many. The nearest texts lose them at once, the model at the next training.
/// Errors: an officer or a number that there is not.
pub async fn forget(context: &Context, named: Named) -> Result<usize, FlowError> {
    let forgotten = context.store.write(move |tx| {
        let unknown = |name: &str| FlowError::field(FieldError::new(name, Rule::UnknownCode));
        let user = match &named.officer {
            Some(email) => {
                let all = users::all(tx.conn)?;
                let known = all.iter().find(|u| u.email.eq_ignore_ascii_case(email));
                Some(known.ok_or_else(|| unknown("officer"))?.id)
            }
            None => None,
        };
        let case = match &named.number {
            Some(number) => match cases::by_number(tx.conn, number) {
                Ok(stored) => Some(stored.keys.id),
                Err(StoreError::NotFound) => return Err(unknown("case")),
                Err(other) => return Err(other.into()),
            },
            None => None,
        };
        let which = Which { user, case, from: named.from, to: named.to };
        let cases = examples::forget(tx.conn, &which)?;
        for case in &cases {
            changes::mark(tx.conn, *case)?;
        }
        Ok(cases.len())
    });
    let count = forgotten.await?;
    tracing::warn!(labels = count, "labels were forgotten");
    Ok(count)
}
