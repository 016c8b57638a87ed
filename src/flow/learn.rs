//! What officers decide counts for later cases at once: the label is kept with the masked text, and the engine takes
//! it up. Nothing restricted is learned.

use super::{Context, FlowError};
use crate::domain::scope::{Example, Flag, Scope};
use crate::domain::user::User;
use crate::index::scope::Engine;
use crate::store::cases::StoredCase;
use crate::store::{AnyConn, Store, Tx, examples, texts};

/// Keeps an officer's label, in the transaction of the decision.
pub fn keep_label(
    tx: &mut Tx<'_>,
    context: &Context,
    user: &User,
    after: &StoredCase,
) -> Result<(), FlowError> {
    let case = &after.case;
    let held = case.restricted || case.flags.contains(&Flag::DenunciationSuspected);
    let category = match (&case.category, case.scope) {
        (Some(category), Scope::In | Scope::Out) if !held => category.clone(),
        _ => {
            examples::remove_example(tx.conn, after.keys.id)?;
            context.engine.forget(&case.number);
            return Ok(());
        }
    };
    let stored = texts::of_case(tx.conn, tx.seal, after.keys.id)?;
    let Some(text) = stored.iter().find(|t| t.kind == "case") else { return Ok(()) };
    let example = Example {
        number: Some(case.number.clone()),
        text: context.patterns.mask(&text.body),
        language: case.language.clone(),
        scope: case.scope,
        category,
    };
    examples::insert_example(tx, &after.keys, &example, Some(user.id), context.now)?;
    Ok(())
}

/// Takes up the labels that were kept since `mark`, by this process or another; returns the new mark.
pub async fn follow(store: &Store, engine: &Engine, mark: i64) -> Result<i64, FlowError> {
    let seal = store.seal().clone();
    let read = move |conn: &mut AnyConn| Ok::<_, FlowError>(examples::after(conn, &seal, mark)?);
    let (newest, labels) = store.read(read).await?;
    for label in labels {
        engine.learn(label);
    }
    Ok(newest)
}
