//! Removes what has expired: sessions, and idempotency keys after their seven days.

use super::{Context, FlowError};
use crate::store::{idempotency, sessions};

/// One sweep.
pub async fn sweep(context: &Context) -> Result<(), FlowError> {
    let now = context.now;
    let swept = context.store.write(move |tx| {
        let sessions = sessions::sweep(tx.conn, now)?;
        let keys = idempotency::sweep(tx.conn, now)?;
        Ok::<_, FlowError>((sessions, keys))
    });
    let (sessions, keys) = swept.await?;
    if sessions + keys > 0 {
        tracing::info!(sessions, keys, "expired rows were removed");
    }
    Ok(())
}
