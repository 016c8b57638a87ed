//! The listening service: starts, says where it is, and stops within ten seconds of SIGTERM.

use std::sync::Arc;

use actix_web::HttpServer;

use super::data;
use crate::app::App;
use crate::worker::Worker;

/// Running requests may take this long to end.
const STOP_SECONDS: u64 = 8;

/// Serves until SIGTERM or SIGINT: no new requests, running ones end, the worker stops, the writer is drained.
pub async fn serve(app: Arc<App>) -> std::io::Result<()> {
    let worker = Worker::start(&app);
    let configure = data(&app);
    let listen = app.config.listen;
    let bound = HttpServer::new(move || crate::application!(configure.clone()))
        .shutdown_timeout(STOP_SECONDS)
        .bind(listen);
    let outcome = match bound {
        Ok(server) => {
            tracing::info!(%listen, "the service listens");
            server.run().await
        }
        Err(error) => Err(std::io::Error::new(error.kind(), format!("{listen}: {error}"))),
    };
    worker.stop(&app).await;
    app.set_index(None);
    app.store.stop();
    tracing::info!("the service has stopped");
    outcome
}
