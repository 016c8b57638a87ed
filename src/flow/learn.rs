//! What officers decide counts for later cases at once: the engine takes up the labels that
//! decisions left behind, of this process or another, and forgets those that were taken away.

use super::FlowError;
use crate::index::scope::Engine;
use crate::store::{AnyConn, Store, changes, examples};

/// How far an engine has followed the database.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mark {
    label: i64,
    /// Of the change log; `None`: the engine was made just now and knows nothing to be forgotten.
    change: Option<i64>,
}

/// Takes up what was kept and what was taken away since `mark`, by this process or another; returns
/// the new mark.
pub async fn follow(store: &Store, engine: &Engine, mark: Mark) -> Result<Mark, FlowError> {
    let seal = store.seal().clone();
    let read = move |conn: &mut AnyConn| {
        let newest = changes::newest(conn)?;
        let gone = match mark.change {
            Some(change) if change < newest => examples::taken_away(conn, change)?,
            _ => Vec::new(),
        };
        let (label, labels) = examples::after(conn, &seal, mark.label)?;
        Ok::<_, FlowError>((Mark { label, change: Some(newest) }, gone, labels))
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
