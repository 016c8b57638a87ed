//! What officers decide counts for later cases at once: the engine takes up the labels that
//! decisions left behind, of this process or another.

use super::FlowError;
use crate::index::scope::Engine;
use crate::store::{AnyConn, Store, examples};

/// Takes up the labels that were kept since `mark`, by this process or another; returns the new
/// mark.
pub async fn follow(store: &Store, engine: &Engine, mark: i64) -> Result<i64, FlowError> {
    let seal = store.seal().clone();
    let read = move |conn: &mut AnyConn| Ok::<_, FlowError>(examples::after(conn, &seal, mark)?);
    let (newest, labels) = store.read(read).await?;
    for label in labels {
        engine.learn(label);
    }
    Ok(newest)
}
