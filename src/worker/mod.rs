//! The service's own work: follow the change log into the index, send the outbox, take up rules and
//! labels, sweep. Each task runs on its period or on a nudge, one at a time, never with input, and
//! stops cleanly.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::app::App;
use crate::flow::{FlowError, deliver, learn, sweep, sync_index};

/// Tasks look for work at least this often.
const PERIOD: Duration = Duration::from_millis(250);
/// Expired sessions and keys are removed this often.
const SWEEP_EVERY: Duration = Duration::from_secs(600);
/// After an error a task waits, so that a database that is away is not hammered.
const AFTER_ERROR: Duration = Duration::from_secs(2);

/// The running tasks.
pub struct Worker {
    stop: watch::Sender<bool>,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

impl Worker {
    /// Starts every task.
    pub fn start(app: &Arc<App>) -> Worker {
        let (stop, stopped) = watch::channel(false);
        let tasks = vec![
            tokio::spawn(follow(app.clone(), stopped.clone())),
            tokio::spawn(send(app.clone(), stopped.clone())),
            tokio::spawn(rules(app.clone(), stopped.clone())),
            tokio::spawn(sweeping(app.clone(), stopped)),
        ];
        Worker { stop, tasks }
    }

    /// Ends every task after the piece of work that it is at.
    pub async fn stop(self, app: &App) {
        // Without receivers all tasks have ended by themselves.
        let _ = self.stop.send(true);
        for task in self.tasks {
            if let Err(error) = task.await {
                tracing::error!(%error, "a task ended badly");
            }
        }
        if let Err(error) = deliver::give_back(&app.context(), Some(app.holder.clone())).await {
            tracing::warn!(%error, "mail leases were not given back; they run out");
        }
    }
}

/// Waits for a nudge or the period; `false` when the service stops.
async fn rest(app: &App, stopped: &mut watch::Receiver<bool>, period: Duration) -> bool {
    if *stopped.borrow() {
        return false;
    }
    tokio::select! {
        () = tokio::time::sleep(period) => {}
        () = app.nudge.notified() => {}
        _ = stopped.changed() => {}
    }
    !*stopped.borrow()
}

fn after(outcome: &Result<bool, FlowError>, task: &'static str) -> Duration {
    match outcome {
        Ok(_) => PERIOD,
        Err(error) => {
            tracing::warn!(%error, task, "a task failed and will be tried again");
            AFTER_ERROR
        }
    }
}

async fn follow(app: Arc<App>, mut stopped: watch::Receiver<bool>) {
    open_index(&app).await;
    loop {
        let mut outcome = index_step(&app).await;
        while matches!(outcome, Ok(true)) && !*stopped.borrow() {
            outcome = index_step(&app).await;
        }
        let wait = after(&outcome, "index");
        if outcome.is_err() {
            open_index(&app).await;
        }
        if !rest(&app, &mut stopped, wait).await {
            return;
        }
    }
}

/// Opens the index in the background: the service takes cases from the first moment on.
async fn open_index(app: &App) {
    app.set_index(None);
    let rules = app.rules().jurisdiction;
    match sync_index::open(&app.store, app.index_folder(), rules).await {
        Ok(index) => app.set_index(Some(Arc::new(index))),
        Err(error) => tracing::error!(%error, "the index cannot be opened"),
    }
}

async fn index_step(app: &App) -> Result<bool, FlowError> {
    match app.index() {
        Some(index) => sync_index::step(&app.store, &index, &app.rules().jurisdiction).await,
        None => Ok(false),
    }
}

async fn send(app: Arc<App>, mut stopped: watch::Receiver<bool>) {
    loop {
        let outcome = send_step(&app).await;
        let wait = match outcome {
            Ok(true) => Duration::ZERO,
            _ => after(&outcome, "mail"),
        };
        if !rest(&app, &mut stopped, wait).await {
            return;
        }
    }
}

/// Sends a batch while another task of this process holds the leases.
async fn send_step(app: &App) -> Result<bool, FlowError> {
    let context = app.context();
    let sender = deliver::Sender {
        transport: &app.transport,
        holder: &app.holder,
        from: &app.config.mail_from,
    };
    let sending = deliver::step(&context, &sender);
    tokio::pin!(sending);
    loop {
        tokio::select! {
            taken = &mut sending => return Ok(taken? > 0),
            () = tokio::time::sleep(Duration::from_secs(20)) => {
                deliver::renew(&app.context(), &app.holder).await?;
            }
        }
    }
}

async fn rules(app: Arc<App>, mut stopped: watch::Receiver<bool>) {
    let mut mark = 0;
    loop {
        match app.refresh_rules().await {
            Ok(true) => {
                tracing::info!("the rules have changed and were read anew");
                mark = 0;
            }
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "the rules could not be read"),
        }
        let learned = learn::follow(&app.store, &app.rules().engine, mark).await;
        match learned {
            Ok(newest) => mark = newest,
            Err(error) => tracing::warn!(%error, "labels could not be taken up"),
        }
        if !rest(&app, &mut stopped, PERIOD * 3).await {
            return;
        }
    }
}

async fn sweeping(app: Arc<App>, mut stopped: watch::Receiver<bool>) {
    loop {
        if let Err(error) = sweep::sweep(&app.context()).await {
            tracing::warn!(%error, "expired rows could not be removed");
        }
        let mut left = SWEEP_EVERY;
        while left > Duration::ZERO {
            let started = std::time::Instant::now();
            if !rest(&app, &mut stopped, left).await {
                return;
            }
            left = left.saturating_sub(started.elapsed().max(Duration::from_millis(1)));
        }
    }
}

/// Runs every task once until nothing is left: for tests, which may not sleep.
pub async fn run_until_idle(app: &App) -> Result<(), FlowError> {
    learn::follow(&app.store, &app.rules().engine, 0).await?;
    loop {
        let indexed = index_step(app).await?;
        let sent = send_step(app).await?;
        if !indexed && !sent {
            return Ok(());
        }
    }
}
