//! `dangvan serve`: everything is put together and listens.

use std::sync::Arc;

use super::{CliError, open, say};
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::Instant;

use crate::app::{App, AssemblyError};
use crate::clock::Clock;
use crate::config::Config;
use crate::flow::deliver;
use crate::worker::Worker;
use crate::{telemetry, web};

/// Starts the service and returns when it has stopped.
pub fn run(config: Config) -> Result<(), CliError> {
    telemetry::start(&config.log).map_err(|e| AssemblyError::new("DANGVAN_LOG", e))?;
    let (seal, store) = open::open(&config)?;
    web::block_on(async move {
        say("Reading the rules; the first start also trains the model.");
        let url = config.public_url.clone();
        let app = Arc::new(App::assemble(config, Clock::System, seal, store).await?);
        if app.store.kind() == "sqlite" {
            // One process at a time has this database: what its predecessor was sending is sent
            // again.
            let returned = deliver::give_back(&app.context(), None).await?;
            if returned > 0 {
                tracing::info!(mails = returned, "leases of the predecessor were taken over");
            }
        }
        say(&format!("Đăng Văn listens: {url}"));
        let worker = Worker::start(&app);
        let signalled = tokio::spawn(signalled());
        let listened = web::listen(&app).await;
        // Without a signal the server has ended by itself.
        let signalled = if signalled.is_finished() { signalled.await.ok() } else { None };
        worker.stop(&app, signalled.unwrap_or_else(Instant::now)).await;
        app.set_index(None);
        app.store.stop();
        tracing::info!("the service has stopped");
        Ok(listened?)
    })
}

/// When the service was told to stop.
async fn signalled() -> Instant {
    let both =
        signal(SignalKind::terminate()).and_then(|t| Ok((t, signal(SignalKind::interrupt())?)));
    match both {
        Ok((mut terminate, mut interrupt)) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        }
        // Then the end of the server is the signal.
        Err(error) => {
            tracing::warn!(%error, "signals cannot be listened for");
            std::future::pending::<()>().await;
        }
    }
    Instant::now()
}
