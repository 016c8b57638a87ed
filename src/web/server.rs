//! The listening server: no new requests after SIGTERM or SIGINT, running ones end.

use std::sync::Arc;

use actix_web::HttpServer;

use super::data;
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
    tracing::info!(%listen, "the service listens");
    server.run().await
}

/// Runs a future on the server's runtime.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    actix_web::rt::System::new().block_on(future)
}
