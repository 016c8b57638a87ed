//! `/metrics`: every line is read by a strict reader of the format; what is counted moves with what
//! is done; a database that is away is said and not waited for; nobody stands in a label.

use std::collections::{BTreeMap, BTreeSet};

use actix_web::test;
use chrono::TimeDelta;
use dangvan::domain::case::Channel;
use dangvan::domain::user::Role;
use serde_json::json;

use crate::exposition::{Scrape, read};
use crate::harness::{Db, Town, town};
use crate::proxy::Proxy;
use crate::service::{Service, names, request};

/// A service whose metrics are read on a port of their own.
fn service(pack: &'static str, db: Db) -> (Service, u16) {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    let service = Service::new(pack, db).with("DANGVAN_PACK", pack);
    (service.with("DANGVAN_METRICS_LISTEN", &format!("127.0.0.1:{port}")), port)
}

async fn scrape(port: u16) -> Scrape {
    let reply = request(port, "GET", "/metrics", &[], "").await.unwrap();
    assert_eq!(reply.status, 200, "{}", reply.text);
    let kind = reply.header("content-type").unwrap();
    assert_eq!(kind, "text/plain; version=0.0.4; charset=utf-8");
    read(&reply.text)
}

/// Scrapes until something is so.
async fn until(port: u16, is_so: impl Fn(&Scrape) -> bool) -> Scrape {
    for _ in 0..1_000 {
        let found = scrape(port).await;
        if is_so(&found) {
            return found;
        }
        tokio::time::sleep(std::time::Duration::from_millis(25)).await;
    }
    panic!("it does not come: {:?}", scrape(port).await.samples);
}

const ACKNOWLEDGED: (&str, &[(&str, &str)]) = (
    "dangvan_requests_total",
    &[("method", "POST"), ("route", "/api/v1/cases"), ("status", "201")],
);
const BY_API: (&str, &[(&str, &str)]) = ("dangvan_cases_received_total", &[("channel", "api")]);
const TO_DECIDE: (&str, &[(&str, &str)]) = ("dangvan_queue_cases", &[("queue", "decide")]);

on_both!(counts_move_with_requests);
async fn counts_move_with_requests(db: Db) {
    let (service, port) = service("plain", db);
    let running = service.start().await;
    let before = scrape(port).await;
    assert_eq!((before.get(BY_API), before.find(ACKNOWLEDGED)), (0.0, None));
    let mut known = Vec::new();
    for key in ["one", "two", "two"] {
        let reply = service.post(key).await.unwrap();
        assert_eq!(reply.status, 201, "{}", reply.text);
        known.push(names(&reply));
    }
    let bearer = format!("Bearer {}", service.token("triage"));
    let auth = ("authorization", bearer.as_str());
    // Paths that no route has, with what must not be kept; words that are no method.
    let (number, code) = (&known[0].number, &known[0].code);
    for (method, path, status) in [
        ("GET", format!("/api/v1/cases/{code}"), 200),
        ("GET", format!("/track/{code}"), 200),
        ("GET", format!("/nowhere/{code}?q=one@example.org"), 404),
        ("GET", format!("/api/v1/desk/cases/{number}"), 200),
        ("GET", format!("/api/v1/cases/{code}/{code}/{code}"), 404),
        ("SAM0901234567", format!("/api/v1/cases/{code}"), 404),
    ] {
        let reply = request(service.port, method, &path, &[auth], "").await.unwrap();
        assert!(reply.status == status || method.starts_with("SAM"), "{path}: {}", reply.text);
    }
    service.until_indexed().await;
    let after = scrape(port).await;
    assert_eq!(after.get(ACKNOWLEDGED), 3.0);
    assert_eq!(after.get(BY_API), 2.0, "what is repeated is not taken twice");
    assert_eq!(after.get(TO_DECIDE) - before.get(TO_DECIDE), 2.0);
    let took = [("method", "POST"), ("route", "/api/v1/cases")];
    assert_eq!(after.get(("dangvan_request_duration_seconds_count", &took)), 3.0);
    let other = after.samples.keys().filter(|s| s.labels.get("method") == Some(&"other".into()));
    assert!(other.count() > 0, "an unknown method is counted under one word");

    let seen = service.get(&format!("/api/v1/desk/cases/{number}"), &[auth]).await.unwrap();
    let headers =
        [auth, ("if-match", seen.header("etag").unwrap()), ("content-type", "application/json")];
    let agency = json!({"agency": "works-department"}).to_string();
    let path = format!("/api/v1/desk/cases/{number}/route");
    let done = request(service.port, "POST", &path, &headers, &agency).await.unwrap();
    assert_eq!(done.status, 200, "{}", done.text);
    let routed = scrape(port).await;
    assert_eq!(after.get(TO_DECIDE) - routed.get(TO_DECIDE), 1.0);

    facts(&routed);
    let words = ["one", "Sam", "receipt", number.as_str(), code.as_str(), "0901234567"];
    nobody_is_in(&routed, &words);
    let public = service.get("/metrics", &[auth]).await.unwrap();
    assert_eq!(public.status, 404, "metrics are not on the public address");
    let beside = request(port, "GET", "/desk", &[auth], "").await.unwrap();
    assert_eq!(beside.status, 404, "nothing else is on the metrics' address");
    running.stop();
}

/// What is so at this moment.
fn facts(now: &Scrape) {
    assert_eq!(now.get(("dangvan_database_up", &[])), 1.0);
    assert_eq!(now.get(("dangvan_index_up", &[])), 1.0);
    assert!(now.get(("dangvan_index_lag_seconds", &[])) < 10.0);
    assert_eq!(now.get(("dangvan_part_degraded", &[("part", "mail")])), 0.0);
    assert!(now.get(("dangvan_mail_oldest_unsent_seconds", &[])) < 60.0);
    let (free, size) = ("dangvan_disk_free_bytes", "dangvan_disk_size_bytes");
    assert!(now.get((free, &[])) < now.get((size, &[])));
    let started = now.get(("process_start_time_seconds", &[]));
    for task in ["index", "mail", "rules", "sweep", "lab", "clock"] {
        let labels = [("task", task)];
        let at = now.get(("dangvan_task_last_success_timestamp_seconds", &labels));
        assert!(at >= started && at < started + 600.0, "{task} at {at}");
    }
    let build = now.family("dangvan_build_info");
    assert_eq!(build.len(), 1);
    assert_eq!(build[0].0.labels["version"], env!("CARGO_PKG_VERSION"));
}

/// Labels are words from short lists: none holds a case, a person, or a figure that is not part of
/// a route's pattern, a status, a step of a histogram or the version.
fn nobody_is_in(scrape: &Scrape, words: &[&str]) {
    let mut by_label: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for sample in scrape.samples.keys() {
        for (label, value) in &sample.labels {
            by_label.entry(label).or_default().insert(value);
        }
    }
    for (label, values) in by_label {
        for value in values {
            for word in words {
                assert_ne!(value, *word, "{label}");
                assert!(word.len() < 8 || !value.contains(word), "{label}: {value} has {word}");
            }
            let plain = value.replace("/api/v1", "");
            let is_channel = label == "channel" && Channel::ALL.iter().any(|c| c.word() == value);
            let may_count = is_channel || matches!(label, "le" | "status" | "version");
            assert!(may_count || !plain.contains(|c: char| c.is_ascii_digit()), "{label}: {value}");
            assert!(!value.contains('@'), "{label}: {value}");
        }
    }
}

/// A database that ends its connections, and one that says nothing any more.
#[actix_web::test]
async fn a_database_that_is_away_is_said() {
    let (mut service, port) = service("plain", Db::Postgres);
    let proxy = Proxy::to(&service.database);
    service.database = proxy.url();
    let running = service.start().await;
    assert_eq!(service.post("one").await.unwrap().status, 201);
    let up = ("dangvan_database_up", &[][..]);
    let sees = |scrape: &Scrape| scrape.get(up);
    for fault in [Proxy::cut, Proxy::hold] {
        until(port, |scrape| sees(scrape) == 1.0).await;
        fault(&proxy);
        let since = std::time::Instant::now();
        let away = until(port, |scrape| sees(scrape) == 0.0).await;
        assert!(since.elapsed().as_secs() < 20, "{:?}", since.elapsed());
        assert_eq!(away.get(BY_API), 1.0, "what the process counts is there all the same");
        assert_eq!(away.get(("dangvan_part_degraded", &[("part", "database")])), 1.0);
        let unknown = ["dangvan_queue_cases", "dangvan_mails", "dangvan_machine_decisions"];
        for family in unknown {
            assert!(away.family(family).is_empty(), "{family} cannot be known now");
        }
        proxy.mend();
    }
    until(port, |scrape| sees(scrape) == 1.0).await;
    running.stop();
}

/// Scrapes a town through one application, which keeps what it has measured.
macro_rules! scraper {
    ($town:expr) => {{
        let routes = dangvan::web::metrics::routes(&$town.app);
        let service = test::init_service(actix_web::App::new().configure(routes)).await;
        async move || {
            let request = test::TestRequest::with_uri("/metrics").to_request();
            let body = test::call_and_read_body(&service, request).await;
            read(std::str::from_utf8(&body).unwrap())
        }
    }};
}

async fn decided(town: &Town, token: &str, number: &str, scope: &str, category: &str) {
    let decide = json!({"scope": scope, "category": category});
    let done = town.step(token, number, "decide", decide).await;
    assert_eq!(done.status, 200, "{}", done.text);
}

/// The numbers are those of `/api/v1/reports/accuracy`, and are measured anew once a minute.
async fn accuracy_is_measured(db: Db) {
    let town = town("hcmc", db).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    let scrape = scraper!(town);
    let empty = scrape().await;
    let by_outcome = |scrape: &Scrape| {
        ["confirmed", "corrected", "unreviewed", "left_to_officer"]
            .map(|word| scrape.get(("dangvan_machine_decisions", &[("outcome", word)])))
    };
    assert_eq!(by_outcome(&empty), [0.0; 4]);
    assert_eq!(empty.find(("dangvan_machine_side_right_ratio", &[])), None, "of nothing");
    let mut numbers = Vec::new();
    for n in 0..4 {
        numbers.push(town.file(late(n)).await.0);
    }
    decided(&town, &triage, &numbers[0], "in", "delay").await;
    decided(&town, &triage, &numbers[1], "in", "fee").await;
    decided(&town, &triage, &numbers[2], "out", "question").await;
    assert_eq!(by_outcome(&scrape().await), [0.0; 4], "measured within this minute");
    town.work().await;
    town.pass(TimeDelta::seconds(60));
    let now = scrape().await;
    assert_eq!(now.get(("dangvan_mails", &[("state", "sent")])), 4.0, "a receipt each");
    assert!(now.get(("dangvan_mails", &[("state", "queued")])) > 0.0, "{:?}", now.samples);
    assert_eq!(by_outcome(&now), [2.0, 1.0, 1.0, 0.0]);
    let said = town.get("/api/v1/reports/accuracy", &triage).await.body;
    for (name, wanted) in [
        ("dangvan_machine_side_right_ratio", &said["all"]["accuracy"]),
        ("dangvan_machine_category_right_ratio", &said["all"]["category_accuracy"]),
        ("dangvan_machine_coverage_ratio", &said["all"]["coverage"]),
        ("dangvan_machine_calibration_error_ratio", &said["ece"]),
        ("dangvan_machine_wanted_ratio", &said["wanted"]),
    ] {
        let (found, wanted) = (now.get((name, &[])), wanted.as_f64().unwrap());
        assert!((found - wanted).abs() < 1e-9, "{name}: {found} is not {wanted}");
    }
    let referred = [("outcome", "referral"), ("due", "on_time")];
    assert_eq!(now.get(("dangvan_case_outcomes", &referred)), 0.0);
    let refer = json!({"destination": first_destination(&town)});
    let done = town.step(&triage, &numbers[2], "refer", refer).await;
    assert_eq!(done.status, 200, "{}", done.text);
    town.pass(TimeDelta::seconds(60));
    assert_eq!(scrape().await.get(("dangvan_case_outcomes", &referred)), 1.0);
}
on_both!(accuracy_is_measured);

fn late(n: usize) -> serde_json::Value {
    let text = "Tôi nộp hồ sơ đăng ký đất đai đã quá hẹn ba tháng, lần nào hỏi một cửa cũng bảo \
        chờ, không có thư xin lỗi";
    json!({"text": format!("{text}, lần {n}."), "agency": "ubnd-p-ben-thanh",
        "reporter": {"kind": "individual", "email": "sam@citizen.example"}})
}

fn first_destination(town: &Town) -> String {
    town.app.rules().jurisdiction.destinations[0].code.clone()
}

/// Each queue counts what the desk's queue shows to whoever may see all.
async fn queues_are_the_desks(db: Db) {
    let town = town("plain", db).await;
    let triage = town.officer_with("triage", Role::Triage, None, true).await;
    let scrape = scraper!(town);
    let case = json!({"text": "The date on my receipt has passed and nothing came.",
        "reporter": {"kind": "individual", "email": "sam@citizen.example"}});
    let (number, code) = town.file(case.clone()).await;
    town.file(case).await;
    let agency = json!({"agency": "works-department"});
    let routed = town.step(&triage, &number, "route", agency).await;
    assert_eq!(routed.status, 200, "{}", routed.text);
    let returned = town.step(&triage, &number, "return", json!({"reason": "Not ours."})).await;
    assert_eq!(returned.status, 200, "{}", returned.text);
    let wrote = json!({"text": "One more word about it."});
    assert_eq!(town.post(&format!("/api/v1/cases/{code}/messages"), wrote).await.status, 200);
    town.pass(TimeDelta::days(90));
    town.work().await;
    let found = scrape().await;
    let mut total = 0.0;
    for (sample, count) in found.family("dangvan_queue_cases") {
        let path = format!("/api/v1/desk/cases?queue={}", sample.labels["queue"]);
        let shown = town.get(&path, &triage).await;
        assert_eq!(shown.body["total"].as_f64(), Some(count), "{path}: {}", shown.text);
        total += count;
    }
    assert!(total >= 4.0, "decided, returned, written, overdue: {total}");
}
on_both!(queues_are_the_desks);
