//! `/metrics` on its own address: counters of the process, and what the database, the index, the
//! disk and the worker say at this moment. Needs no sign-in, so it is never on the public address;
//! nothing of a case or a person is in it. A database that is away makes it shorter.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, HeaderName};
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use chrono::{Days as OfDays, TimeDelta};
use tokio::sync::Mutex;

use super::ask::{self, Ask};
use super::health::{Health, health};
use crate::app::App;
use crate::clock::Moment;
use crate::domain::accuracy::Accuracy;
use crate::domain::case::OutcomeKind;
use crate::domain::deadline::{day_of, end_of_day, start_of_day};
use crate::domain::figures::OutcomeCount;
use crate::domain::search::{Filters, Queue, Sight, Sort};
use crate::flow::{Context, FlowError, accuracy};
use crate::store::StoreError;
use crate::store::figures::{self, Frame, Span};
use crate::store::list::{self, Days, ListRequest};
use crate::store::outbox::{self, MailState};
use crate::telemetry::metrics::{MetricsError, Page, TEXT_TYPE};

/// What was decided is measured over so many days, today included.
const MEASURED_DAYS: u64 = 30;
/// And at most so often: it reads every decision of these days.
const MEASURED_EVERY_SECONDS: i64 = 60;
/// What the database does not say within this is left out: Prometheus waits ten seconds.
const WAIT: Duration = Duration::from_secs(3);

/// Decisions and outcomes as last measured, and when.
#[derive(Default)]
pub struct Kept(Arc<Mutex<Option<(Moment, Measured)>>>);

#[derive(Clone)]
struct Measured {
    accuracy: Accuracy,
    outcomes: Vec<(OutcomeKind, OutcomeCount)>,
    /// Those that nobody waits for any more: millions, after years.
    mails: Vec<(MailState, i64)>,
}

/// The one URL of the metrics' own address.
pub fn routes(app: &Arc<App>) -> impl Fn(&mut ServiceConfig) + Clone + use<> {
    let (app, kept) = (web::Data::from(app.clone()), web::Data::new(Kept::default()));
    move |config| {
        config.app_data(app.clone());
        config.app_data(kept.clone());
        config.route("/metrics", web::get().to(metrics));
        config.default_service(web::to(HttpResponse::NotFound));
    }
}

/// `GET /metrics`
async fn metrics(request: HttpRequest, kept: web::Data<Kept>) -> HttpResponse {
    let Ok(ask) = ask::of(&request) else { return HttpResponse::InternalServerError().finish() };
    match page(&ask, &kept).await {
        Ok(text) => HttpResponse::Ok()
            .content_type(TEXT_TYPE)
            .insert_header((CACHE_CONTROL, "no-store"))
            .insert_header((HeaderName::from_static("x-content-type-options"), "nosniff"))
            .body(text),
        Err(error) => {
            tracing::error!(%error, "the metrics could not be written");
            HttpResponse::InternalServerError().finish()
        }
    }
}

async fn page(ask: &Ask, kept: &Kept) -> Result<Vec<u8>, MetricsError> {
    let mut page = ask.app.metrics.page();
    let health = health(ask).await;
    of_process(ask, &mut page)?;
    of_health(ask, &health, &mut page)?;
    let mut mails = health.mails.clone();
    // A database that is known to be away is not waited for again.
    if health.database.is_none() {
        match tokio::time::timeout(WAIT, queues(ask)).await {
            Ok(Ok(queues)) => page.each(
                "dangvan_queue_cases",
                "Cases that stand in a queue of the desk.",
                "queue",
                queues.iter().map(|(queue, n)| (queue.word(), float(*n))),
            )?,
            Ok(Err(error)) => tracing::warn!(%error, "the queues could not be counted"),
            Err(_) => tracing::warn!("the queues were not counted in time"),
        }
        match tokio::time::timeout(WAIT, measured(ask, kept)).await {
            Ok(Ok(measured)) => {
                of_decisions(&measured, &mut page)?;
                mails.extend(measured.mails);
            }
            Ok(Err(error)) => tracing::warn!(%error, "the decisions could not be measured"),
            Err(_) => tracing::warn!("the decisions were not measured in time"),
        }
    }
    page.each(
        "dangvan_mails",
        "Mails by state. Those that were refused or have no address are not tried again; those \
         that were sent or superseded are counted once a minute.",
        "state",
        mails.iter().map(|(state, n)| (state.word(), float(*n))),
    )?;
    page.text()
}

/// What the process knows of itself.
fn of_process(ask: &Ask, page: &mut Page) -> Result<(), MetricsError> {
    page.by(
        "dangvan_build_info",
        "The version that runs and the kind of its database; always 1.",
        &["version", "database"],
        [(vec![env!("CARGO_PKG_VERSION"), ask.app.store.kind()], 1.0)],
    )?;
    page.one(
        "process_start_time_seconds",
        "When the process started, in seconds since 1970.",
        seconds(ask.app.started),
    )?;
    let tasks = ask.app.tasks.last();
    page.each(
        "dangvan_task_last_success_timestamp_seconds",
        "When a task of the background last did its work without a fault, in seconds since 1970; \
         0 where it has not yet.",
        "task",
        tasks.iter().map(|(task, at)| (*task, at.map_or(0.0, seconds))),
    )
}

/// What `/health/ready` looks at, in numbers.
fn of_health(ask: &Ask, health: &Health, page: &mut Page) -> Result<(), MetricsError> {
    let flag = |is_so: bool| if is_so { 1.0 } else { 0.0 };
    let is_up = health.database.is_none();
    page.one("dangvan_database_up", "1 where a case can be written and read.", flag(is_up))?;
    page.each(
        "dangvan_part_degraded",
        "1 where /health/ready says that a part of the service is not well.",
        "part",
        health.parts().map(|(part, fault)| (part, flag(fault.is_some()))),
    )?;
    if let Some(room) = health.room {
        let help = "What may still be written on the disk of the data folder.";
        page.one("dangvan_disk_free_bytes", help, bytes(room.free))?;
        let help = "The size of the disk of the data folder.";
        page.one("dangvan_disk_size_bytes", help, bytes(room.size))?;
    }
    let help = "1 where the search index is open.";
    page.one("dangvan_index_up", help, flag(ask.app.index().is_some()))?;
    if let Some(behind) = health.behind_seconds {
        let help = "For how long the oldest change has waited that is not in the index.";
        page.one("dangvan_index_lag_seconds", help, float(behind))?;
    }
    if !is_up {
        return Ok(());
    }
    let age = health.oldest_unsent.map_or(TimeDelta::zero(), |at| ask.context.now - at);
    page.one(
        "dangvan_mail_oldest_unsent_seconds",
        "The age of the oldest mail that should have left; 0 where none waits.",
        float(age.num_seconds().max(0)),
    )
}

/// How many cases stand in each queue, whoever may see them: the same conditions as the desk's.
async fn queues(ask: &Ask) -> Result<Vec<(Queue, i64)>, FlowError> {
    let zone = ask.context.rules.settings.zone;
    let today = day_of(ask.context.now, zone);
    let day = Span { from: start_of_day(today, zone), to: end_of_day(today, zone) };
    let request = ListRequest {
        filters: Filters::default(),
        sight: Sight { user: 0, confidential: true, agencies: None },
        only: None,
        figure: None,
        sort: Sort::Relevance,
        limit: 1,
        cursor: None,
        now: ask.context.now,
        // No queue asks for the week.
        days: Days { today: day, week: day },
    };
    let count = move |conn: &mut _| {
        let of_all = Queue::ALL.iter().filter(|queue| **queue != Queue::Mine);
        let counted = of_all.map(|queue| Ok((*queue, list::queue_count(conn, &request, *queue)?)));
        counted.collect::<Result<Vec<_>, FlowError>>()
    };
    ask.context.store.read(count).await
}

/// Decisions and outcomes of the last days, measured anew once a minute. What was begun is brought
/// to its end though nobody waits for it any more: the next scrape finds it.
async fn measured(ask: &Ask, kept: &Kept) -> Result<Measured, FlowError> {
    let mut kept = kept.0.clone().lock_owned().await;
    let now = ask.context.now;
    let fresh = TimeDelta::zero()..TimeDelta::seconds(MEASURED_EVERY_SECONDS);
    if let Some((at, measured)) = kept.as_ref()
        && fresh.contains(&(now - *at))
    {
        return Ok(measured.clone());
    }
    let (context, frame) = (ask.context.clone(), frame(ask));
    let measuring = tokio::spawn(async move {
        let measured = measure(&context, frame).await?;
        *kept = Some((now, measured.clone()));
        Ok(measured)
    });
    measuring.await.map_err(|e| StoreError::Unavailable(e.to_string()))?
}

async fn measure(context: &Context, frame: Frame) -> Result<Measured, FlowError> {
    let accuracy = accuracy::accuracy(context, frame.clone(), false).await?;
    let count = move |conn: &mut _| {
        let groups = figures::outcome_groups(conn, &frame)?;
        let one = |kind: &OutcomeKind| (*kind, figures::outcomes(&groups, Some(*kind)));
        let outcomes = OutcomeKind::ALL.iter().map(one).collect();
        Ok::<_, FlowError>((outcomes, outbox::counts(conn, &outbox::DONE_WITH)?))
    };
    let (outcomes, mails) = context.store.read(count).await?;
    Ok(Measured { accuracy, outcomes, mails })
}

fn frame(ask: &Ask) -> Frame {
    let rules = &ask.context.rules;
    let today = day_of(ask.context.now, rules.settings.zone);
    let first = today.checked_sub_days(OfDays::new(MEASURED_DAYS - 1)).unwrap_or(today);
    Frame::new(rules, (first, today), None, ask.context.now)
}

fn of_decisions(measured: &Measured, page: &mut Page) -> Result<(), MetricsError> {
    let all = &measured.accuracy.all;
    page.each(
        "dangvan_machine_decisions",
        "Decisions of the machine in the last 30 days by what became of them: the side confirmed \
         or corrected by an officer, not looked at, or left to an officer from the start.",
        "outcome",
        [
            ("confirmed", float(all.right)),
            ("corrected", float(all.reviewed - all.right)),
            ("unreviewed", float(all.sure - all.reviewed)),
            ("left_to_officer", float(all.decided - all.sure)),
        ],
    )?;
    of_shares(&measured.accuracy, page)?;
    let mut outcomes = Vec::new();
    for (kind, count) in &measured.outcomes {
        outcomes.push((vec![kind.word(), "on_time"], float(count.on_time)));
        outcomes.push((vec![kind.word(), "late"], float(count.late)));
        let undated = count.count - count.on_time - count.late;
        outcomes.push((vec![kind.word(), "no_due_date"], float(undated)));
    }
    page.by(
        "dangvan_case_outcomes",
        "First answers, referrals and refusals of the last 30 days.",
        &["outcome", "due"],
        outcomes,
    )
}

fn of_shares(accuracy: &Accuracy, page: &mut Page) -> Result<(), MetricsError> {
    let all = &accuracy.all;
    let shares = [
        (
            "dangvan_machine_side_right_ratio",
            "Share of the reviewed decisions of the last 30 days whose side officers confirmed.",
            all.accuracy,
        ),
        (
            "dangvan_machine_category_right_ratio",
            "Share of the reviewed decisions of the last 30 days confirmed with their category.",
            all.category_accuracy,
        ),
        (
            "dangvan_machine_coverage_ratio",
            "Share of the last 30 days' decisions in which the machine chose a side itself.",
            all.coverage,
        ),
        (
            "dangvan_machine_calibration_error_ratio",
            "Expected calibration error (ECE) of the reviewed decisions of the last 30 days.",
            accuracy.ece,
        ),
        (
            "dangvan_machine_wanted_ratio",
            "The share that automatic decisions are to have right, as the rules have it.",
            Some(accuracy.wanted),
        ),
    ];
    for (name, help, share) in shares {
        // A share of nothing is not known, and not nought.
        if let Some(share) = share {
            page.one(name, help, share)?;
        }
    }
    Ok(())
}

fn seconds(at: Moment) -> f64 {
    float(at.timestamp_millis()) / 1000.0
}

/// Exact up to 2^53.
fn float(n: i64) -> f64 {
    let (high, low) = (n.div_euclid(1 << 32), n.rem_euclid(1 << 32));
    let high = f64::from(i32::try_from(high).unwrap_or(i32::MAX));
    high * f64::from(u32::MAX) + high + f64::from(u32::try_from(low).unwrap_or(0))
}

fn bytes(n: u64) -> f64 {
    float(i64::try_from(n).unwrap_or(i64::MAX))
}
