//! The listening servers, the public one and the one for metrics: no new requests after SIGTERM or
//! SIGINT, running ones end.

use std::sync::Arc;

use actix_web::HttpServer;
use actix_web::dev::ServerHandle;

use super::{data, metrics};
use crate::app::App;

/// Running requests may take this long to end; the worker's tasks end after them.
const STOP_SECONDS: u64 = 6;

/// Serves until SIGTERM or SIGINT.
pub async fn listen(app: &Arc<App>) -> std::io::Result<()> {
    let configure = data(app);
    let listen = app.config.listen;
    let server = HttpServer::new(move || crate::application!(configure.clone()))
        .shutdown_timeout(STOP_SECONDS)
        .bind(listen)
        .map_err(|error| std::io::Error::new(error.kind(), format!("{listen}: {error}")))?;
    let metrics = metrics_server(app)?;
    tracing::info!(%listen, "the service listens");
    let ended = server.run().await;
    if let Some(metrics) = metrics {
        metrics.stop(false).await;
    }
    ended
}

/// The metrics' own server, where there is one: on one thread, and it ends with the other.
fn metrics_server(app: &Arc<App>) -> std::io::Result<Option<ServerHandle>> {
    let Some(listen) = app.config.metrics_listen else { return Ok(None) };
    let configure = metrics::routes(app);
    let server = HttpServer::new(move || actix_web::App::new().configure(configure.clone()))
        .workers(1)
        .disable_signals()
        .bind(listen)
        .map_err(|error| std::io::Error::new(error.kind(), format!("{listen}: {error}")))?
        .run();
    tracing::info!(%listen, "metrics can be read, without a sign-in");
    let handle = server.handle();
    actix_web::rt::spawn(server);
    Ok(Some(handle))
}

/// Runs a future on the server's runtime.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    actix_web::rt::System::new().block_on(future)
}
