//! Opens the index in the background: the service takes cases from the first moment on.

use std::sync::Arc;

use crate::app::App;
use crate::index::Index;
use crate::store::{StoreError, packs};

/// Opens the index and puts it in place; what is wrong is logged and tried again later.
pub async fn open(app: &Arc<App>) {
    let installation = app.store.read(|conn| packs::installation(conn)).await;
    let uid = match installation {
        Ok(Some(installation)) => installation.uid,
        Ok(None) => return,
        Err(error) => {
            let error: StoreError = error;
            tracing::warn!(%error, "the index waits for the database");
            return;
        }
    };
    app.set_index(None);
    let folder = app.index_folder();
    let rules = app.rules().jurisdiction;
    let opened =
        tokio::task::spawn_blocking(move || Index::open(Some(&folder), &uid, &rules)).await;
    match opened {
        Ok(Ok(index)) => {
            tracing::info!(mark = index.mark(), "the index is open");
            app.set_index(Some(Arc::new(index)));
        }
        Ok(Err(error)) => tracing::error!(%error, "the index cannot be opened"),
        Err(error) => tracing::error!(%error, "opening the index failed"),
    }
}
