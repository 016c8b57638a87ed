//! The service's own work: follow the change log into the index, send the outbox, take up rules and
//! labels, sweep. Each task runs on its period or on a nudge, one at a time, never with input, and
//! stops cleanly.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::watch;

use crate::app::App;
use crate::flow::{FlowError, deliver, fall_back, lab, learn, sweep, sync_index, watch_clock};

mod alerts;

/// Tasks look for work at least this often.
const PERIOD: Duration = Duration::from_millis(250);
/// Leases of mails under way are renewed this often, a third of their length.
const RENEW_EVERY: Duration = Duration::from_secs(20);
/// Expired sessions and keys are removed this often.
const SWEEP_EVERY: Duration = Duration::from_secs(600);
/// The clock is compared with the newest events this often.
const CLOCK_EVERY: Duration = Duration::from_secs(10);
/// Whether there is enough to learn is asked this often.
const TRAIN_EVERY: Duration = Duration::from_secs(300);
/// Whether an edition of the rules waits for its trial or its day is asked this often.
const LAB_EVERY: Duration = Duration::from_secs(1);
/// Whether a kept search is to be looked at is asked this often.
const ALERT_EVERY: Duration = Duration::from_secs(5);
/// What is under way may take this long after the signal to end; running requests (`web::server`)
/// end within it too, and the service is gone in ten seconds.
const STOP_WITHIN: Duration = Duration::from_secs(8);
/// After an error a task waits, so that a database that is away is not hammered.
const AFTER_ERROR: Duration = Duration::from_secs(2);

/// The tasks, and for how many minutes none has to worry when it has not succeeded: longer than a
/// rebuild of the index, a mail server's patience or a training takes.
const TASKS: [(&str, i64); 8] = [
    (INDEX, 30),
    (MAIL, 15),
    (RULES, 15),
    (SWEEP, 30),
    (LEARN, 60),
    (LAB, 30),
    (ALERTS, 15),
    (CLOCK, 5),
];
const INDEX: &str = "index";
const MAIL: &str = "mail";
const RULES: &str = "rules";
const SWEEP: &str = "sweep";
const LEARN: &str = "learn";
const LAB: &str = "lab";
const ALERTS: &str = "alerts";
const CLOCK: &str = "clock";

/// The running tasks.
pub struct Worker {
    stop: watch::Sender<bool>,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

impl Worker {
    /// Starts every task.
    pub fn start(app: &Arc<App>) -> Worker {
        let (stop, stopped) = watch::channel(false);
        for (task, minutes) in TASKS {
            app.tasks.begin(task, TimeDelta::minutes(minutes), app.clock.now());
        }
        let tasks = vec![
            tokio::spawn(follow(app.clone(), stopped.clone())),
            tokio::spawn(send(app.clone(), stopped.clone())),
            tokio::spawn(rules(app.clone(), stopped.clone())),
            tokio::spawn(sweeping(app.clone(), stopped.clone())),
            tokio::spawn(training(app.clone(), stopped.clone())),
            tokio::spawn(trying(app.clone(), stopped.clone())),
            tokio::spawn(alerting(app.clone(), stopped.clone())),
            tokio::spawn(clock(app.clone(), stopped)),
        ];
        Worker { stop, tasks }
    }

    /// Ends every task after the piece of work that it is at, and cuts off what does not end: a
    /// mail server may take minutes to answer.
    pub async fn stop(self, app: &App, signalled: tokio::time::Instant) {
        // Without receivers all tasks have ended by themselves.
        let _ = self.stop.send(true);
        let until = signalled + STOP_WITHIN;
        let mut all_ended = true;
        for mut task in self.tasks {
            match tokio::time::timeout_at(until, &mut task).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::error!(%error, "a task ended badly"),
                Err(_) => {
                    task.abort();
                    all_ended = false;
                }
            }
        }
        if !all_ended {
            // A mail that was under way may have arrived: its lease stays, and whoever takes it
            // over sends it under the same Message-ID.
            tracing::warn!("work that did not end in time was cut off");
            return;
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

/// Remembers a success, says a failure; how long to wait after it.
fn after(app: &App, outcome: &Result<bool, FlowError>, task: &'static str) -> Duration {
    match outcome {
        Ok(_) => {
            app.tasks.succeeded(task, app.clock.now());
            PERIOD
        }
        Err(error) => {
            tracing::warn!(%error, task, "a task failed and will be tried again");
            AFTER_ERROR
        }
    }
}

async fn follow(app: Arc<App>, mut stopped: watch::Receiver<bool>) {
    loop {
        let mut outcome = open_index(&app).await;
        while matches!(outcome, Ok(true)) && !*stopped.borrow() {
            outcome = match rebuild_index(&app, &stopped).await {
                Ok(()) => {
                    // A long way to go is no fault: each step of it is a success.
                    app.tasks.succeeded(INDEX, app.clock.now());
                    index_step(&app).await
                }
                Err(error) => Err(error),
            };
        }
        // An index that fails is opened anew; one whose database is away is good still.
        if let Err(FlowError::Index(_)) = outcome {
            app.set_index(None);
        }
        let wait = after(&app, &outcome, INDEX);
        if !rest(&app, &mut stopped, wait).await {
            return;
        }
    }
}

/// Opens the index in the background unless it is open: the service takes cases from the first
/// moment on.
async fn open_index(app: &App) -> Result<bool, FlowError> {
    if app.index().is_none() {
        let rules = app.rules().jurisdiction;
        let index = sync_index::open(&app.store, app.index_folder(), rules).await?;
        app.set_index(Some(Arc::new(index)));
    }
    Ok(true)
}

async fn index_step(app: &App) -> Result<bool, FlowError> {
    match app.index() {
        Some(index) => sync_index::step(&app.store, &index, &app.rules().jurisdiction).await,
        None => Ok(false),
    }
}

/// Builds the index anew where `dangvan reindex` has left the wish; the old one serves meanwhile. A
/// stop leaves the wish for the next start.
async fn rebuild_index(app: &App, stopped: &watch::Receiver<bool>) -> Result<(), FlowError> {
    let folder = app.index_folder();
    let Some(serving) = app.index() else { return Ok(()) };
    let (store, rules) = (&app.store, app.rules().jurisdiction);
    let goes_on = || {
        // Each step of it is a success: a rebuild may take long.
        app.tasks.succeeded(INDEX, app.clock.now());
        !*stopped.borrow()
    };
    let built = sync_index::rebuild_where_wished(store, &serving, &folder, &rules, goes_on).await?;
    let Some(next) = built else { return Ok(()) };
    app.set_index(Some(next.clone()));
    sync_index::retire(serving, &next, &folder, &rules).await?;
    tracing::info!(cases = next.count(), "the index was built anew");
    Ok(())
}

async fn send(app: Arc<App>, mut stopped: watch::Receiver<bool>) {
    loop {
        let outcome = send_step(&app).await;
        let wait = after(&app, &outcome, MAIL);
        let wait = if matches!(outcome, Ok(true)) { Duration::ZERO } else { wait };
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
        clock: &app.clock,
    };
    let sending = deliver::step(&context, &sender);
    tokio::pin!(sending);
    loop {
        tokio::select! {
            taken = &mut sending => return Ok(taken? > 0),
            () = tokio::time::sleep(RENEW_EVERY) => {
                // What is under way goes on: to end it here would leave it unclear.
                if let Err(error) = deliver::renew(&app.context(), &app.holder).await {
                    tracing::warn!(%error, "mail leases could not be renewed");
                }
            }
        }
    }
}

async fn rules(app: Arc<App>, mut stopped: watch::Receiver<bool>) {
    loop {
        let read = app.refresh_rules().await;
        match &read {
            Ok(true) => tracing::info!("the rules have changed and were read anew"),
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "the rules could not be read"),
        }
        let followed = app.follow_labels().await;
        if let Err(error) = &followed {
            tracing::warn!(%error, "labels could not be taken up");
        }
        if read.is_ok() && followed.is_ok() {
            app.tasks.succeeded(RULES, app.clock.now());
        }
        if !rest(&app, &mut stopped, PERIOD * 3).await {
            return;
        }
    }
}

async fn sweeping(app: Arc<App>, mut stopped: watch::Receiver<bool>) {
    loop {
        match sweep::sweep(&app.context()).await {
            Ok(()) => app.tasks.succeeded(SWEEP, app.clock.now()),
            Err(error) => tracing::warn!(%error, "expired rows could not be removed"),
        }
        if !rest_out(&mut stopped, SWEEP_EVERY).await {
            return;
        }
    }
}

/// Lets modes fall back, and trains the model anew when there is enough to learn; the old one
/// serves meanwhile.
async fn training(app: Arc<App>, mut stopped: watch::Receiver<bool>) {
    while rest_out(&mut stopped, TRAIN_EVERY).await {
        let context = app.context();
        let fallen = fall_back::fall_back(&context).await;
        if let Err(error) = &fallen {
            tracing::warn!(%error, "modes could not be looked at");
        }
        let trained = match learn::is_due(&context).await {
            Ok(true) => learn::train(&context).await.map(|_| ()),
            Ok(false) => Ok(()),
            Err(error) => Err(error),
        };
        match trained {
            Ok(()) if fallen.is_ok() => app.tasks.succeeded(LEARN, app.clock.now()),
            Ok(()) => {}
            Err(error) => tracing::warn!(%error, "the model could not be trained"),
        }
    }
}

/// Tries editions of the rules that wait for it, and puts those in force whose day has come.
async fn trying(app: Arc<App>, mut stopped: watch::Receiver<bool>) {
    while rest_out(&mut stopped, LAB_EVERY).await {
        let context = app.context();
        let published = lab::publish_due(&context).await;
        if let Err(error) = &published {
            tracing::warn!(%error, "an edition of the rules could not be published");
        }
        match lab::try_next(&context).await {
            Ok(_) if published.is_ok() => app.tasks.succeeded(LAB, app.clock.now()),
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "an edition of the rules could not be tried"),
        }
    }
}

/// Looks at kept searches whose time has come, and has mail written where there is news.
async fn alerting(app: Arc<App>, mut stopped: watch::Receiver<bool>) {
    while rest_out(&mut stopped, ALERT_EVERY).await {
        match alerts::step(&app).await {
            Ok(_) => app.tasks.succeeded(ALERTS, app.clock.now()),
            Err(error) => tracing::warn!(%error, "kept searches could not be looked at"),
        }
    }
}

/// Says once that the clock ran backwards, and once that it has caught up.
async fn clock(app: Arc<App>, mut stopped: watch::Receiver<bool>) {
    let mut was_behind = false;
    loop {
        let behind = watch_clock::behind(&app.context()).await;
        match &behind {
            Ok(None) if was_behind => tracing::info!("the clock has caught up with the events"),
            Ok(Some(seconds)) if !was_behind => {
                tracing::error!(seconds, "the clock ran backwards since the newest event");
            }
            Err(error) => tracing::warn!(%error, "the clock could not be compared"),
            Ok(_) => {}
        }
        if behind.is_ok() {
            app.tasks.succeeded(CLOCK, app.clock.now());
        }
        was_behind = matches!(behind, Ok(Some(_)));
        if !rest_out(&mut stopped, CLOCK_EVERY).await {
            return;
        }
    }
}

/// Waits for the period, whatever nudges others; `false` when the service stops.
async fn rest_out(stopped: &mut watch::Receiver<bool>, period: Duration) -> bool {
    if !*stopped.borrow() {
        // The end of the period, or the stop: which it was stands in the channel.
        let _ = tokio::time::timeout(period, stopped.changed()).await;
    }
    !*stopped.borrow()
}

/// Runs every task once until nothing is left: for tests, which may not sleep.
pub async fn run_until_idle(app: &App) -> Result<(), FlowError> {
    app.follow_labels().await?;
    loop {
        let indexed = index_step(app).await?;
        let sent = send_step(app).await?;
        if !indexed && !sent && alerts::step(app).await? == 0 {
            return Ok(());
        }
    }
}
