//! Removes what has expired: sessions, idempotency keys after their seven days, files that were
//! chosen in a form and sent with no case.

use super::{Context, FlowError};
use crate::store::{idempotency, sessions};

/// A file of a form waits for so long: who is called away finds it there the next day.
pub const DRAFT_HOURS: i64 = 24;

/// One sweep.
pub async fn sweep(context: &Context) -> Result<(), FlowError> {
    let now = context.now;
    let swept = context.store.write(move |tx| {
        let sessions = sessions::sweep(tx.conn, now)?;
        let keys = idempotency::sweep(tx.conn, now)?;
        Ok::<_, FlowError>((sessions, keys))
    });
    let (sessions, keys) = swept.await?;
    let before = (now - chrono::TimeDelta::hours(DRAFT_HOURS)).timestamp();
    let drafts = context.files.sweep_drafts(before).await?;
    if drafts > 0 {
        tracing::info!(drafts, "files that were sent with no case were removed");
    }
    if sessions + keys > 0 {
        tracing::info!(sessions, keys, "expired rows were removed");
    }
    Ok(())
}
