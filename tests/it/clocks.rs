//! A clock that jumps, by an hour or by days, forwards and back, between the steps of a case:
//! nothing is lost, nothing doubled, nothing waits for a moment that was never meant, and somebody
//! is told.

use actix_web::http::Method;
use chrono::TimeDelta;
use dangvan::domain::user::Role;
use dangvan::store::{StoreError, outbox, users};
use serde_json::{Value, json};

use crate::harness::{ADMIN_PASSWORD, Ask, Db, Town, sql_in, town, town_with};
use crate::service::{Service, case};
use crate::smtp_server::{Behaviour, SmtpServer};

/// Jumps that end where they began.
const JUMPS: [i64; 6] = [24, -25, -23, 1, 71, -48];

fn hours(hours: i64) -> TimeDelta {
    TimeDelta::hours(hours)
}

/// All steps of a case; before each of them the clock jumps.
async fn walk(town: &Town, jumps: &[i64]) -> (String, Vec<String>) {
    let triage = town.officer(&format!("t{}", jumps.len()), Role::Triage, None).await;
    let leader = town.officer(&format!("l{}", jumps.len()), Role::Leader, None).await;
    let agency = town.app.rules().jurisdiction.agencies[0].code.clone();
    let (number, code) = town.file(case(&format!("walk{}", jumps.len()))).await;
    let steps: [(&str, &str, Value); 7] = [
        (&triage, "decide", json!({"scope": "in", "category": "delay"})),
        (&triage, "route", json!({"agency": agency})),
        (&triage, "accept", json!({})),
        (&triage, "ask", json!({"text": "Which form was it?"})),
        ("", "messages", json!({"text": "The blue one, of course."})),
        (&triage, "answer", json!({"text": "It is done, come and fetch it."})),
        (&leader, "approve", json!({"what": "answer"})),
    ];
    let mut jumps = jumps.iter().cycle();
    for (who, verb, body) in steps {
        town.pass(hours(*jumps.next().unwrap_or(&0)));
        let answer = match who {
            "" => town.post(&format!("/api/v1/cases/{code}/{verb}"), body).await,
            token => town.step(token, &number, verb, body).await,
        };
        assert_eq!(answer.status, 200, "{verb}: {}", answer.text);
        town.work().await;
        town.check().await;
    }
    let seen = town.get(&format!("/api/v1/desk/cases/{number}"), &triage).await;
    let kinds = seen.body["events"].as_array().unwrap().iter();
    (number, kinds.map(|e| e["kind"].as_str().unwrap().to_owned()).collect())
}

on_both!(events_stand_in_the_order_in_which_they_were_recorded);
async fn events_stand_in_the_order_in_which_they_were_recorded(db: Db) {
    let town = town("plain", db).await;
    let (_, quiet) = walk(&town, &[]).await;
    let (number, shaken) = walk(&town, &JUMPS).await;
    assert_eq!(shaken, quiet);
    let leader = town.officer("reader", Role::Leader, None).await;
    let case = town.get(&format!("/api/v1/desk/cases/{number}"), &leader).await;
    assert_eq!(case.body["version"], shaken.len(), "{}", case.text);
    let report = town.get("/api/v1/reports/summary?from=2026-11-01&to=2026-12-31", &leader).await;
    assert_eq!(report.body["outcomes"]["answer"]["count"], 2, "{}", report.text);
    assert!(report.body["median_days"].as_f64().unwrap() >= 0.0, "{}", report.text);
}

/// A pause during which the clock ran backwards gives no time, and takes none.
#[actix_web::test]
async fn a_due_date_is_never_moved_back_by_a_clock() {
    let town = town("plain", Db::Sqlite).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    let (number, code) = town.file(case("due")).await;
    let routed = town.app.rules().jurisdiction.agencies[0].code.clone();
    town.step(&triage, &number, "route", json!({"agency": routed})).await;
    town.step(&triage, &number, "accept", json!({})).await;
    let asked = town.step(&triage, &number, "ask", json!({"text": "Which form?"})).await;
    assert_eq!(asked.status, 200, "{}", asked.text);
    let before = town.get(&format!("/api/v1/desk/cases/{number}"), &triage).await;
    town.pass(hours(-49));
    let wrote = town.post(&format!("/api/v1/cases/{code}/messages"), json!({"text": "It."})).await;
    assert_eq!(wrote.status, 200, "{}", wrote.text);
    let after = town.get(&format!("/api/v1/desk/cases/{number}"), &triage).await;
    assert!(before.body["due_at"].is_string());
    assert_eq!(after.body["due_at"], before.body["due_at"]);
}

on_both!(lists_hold_every_case_once);
async fn lists_hold_every_case_once(db: Db) {
    let town = town("plain", db).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    let mut numbers = Vec::new();
    for (n, jump) in JUMPS.iter().enumerate() {
        numbers.push(town.file(case(&format!("first{n}"))).await.0);
        town.pass(hours(*jump));
        numbers.push(town.file(case(&format!("second{n}"))).await.0);
    }
    town.work().await;
    assert!(numbers.is_sorted(), "numbers run on: {numbers:?}");
    for query in ["", "q=receipt&"] {
        for sort in ["received", "-received", "due", "-due"] {
            let mut seen = Vec::new();
            let mut cursor = String::new();
            loop {
                let path = format!("/api/v1/desk/cases?{query}sort={sort}&limit=1{cursor}");
                let page = town.get(&path, &triage).await;
                assert_eq!(page.body["total"], numbers.len(), "{}", page.text);
                let item = &page.body["items"][0];
                seen.push((item["received_at"].to_string(), item["number"].clone()));
                let Some(next) = page.body["next_cursor"].as_str() else { break };
                cursor = format!("&cursor={next}");
            }
            let mut times: Vec<String> = seen.iter().map(|(at, _)| at.clone()).collect();
            if sort.starts_with('-') {
                times.reverse();
            }
            assert!(!sort.ends_with("received") || times.is_sorted(), "{sort}: {times:?}");
            let mut found: Vec<&str> = seen.iter().map(|(_, n)| n.as_str().unwrap()).collect();
            found.sort_unstable();
            assert_eq!(found, numbers, "{query}{sort}");
        }
    }
}

#[actix_web::test]
async fn a_repeated_key_is_one_case_whatever_the_clock_says() {
    let town = town("plain", Db::Sqlite).await;
    let mut number = Value::Null;
    for jump in JUMPS {
        let headers = vec![("idempotency-key", "one")];
        let ask = Ask { headers, body: Some(case("one")), ..Ask::default() };
        let answer = town.call(Method::POST, "/api/v1/cases", ask).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        assert!(number.is_null() || number == answer.body["number"], "{}", answer.text);
        number = answer.body["number"].clone();
        town.pass(hours(jump));
        dangvan::flow::sweep::sweep(&town.app.context()).await.unwrap();
    }
}

on_both!(a_session_neither_ends_with_the_clock_nor_outlives_it);
async fn a_session_neither_ends_with_the_clock_nor_outlives_it(db: Db) {
    let town = town("plain", db).await;
    let stored = town.app.store.write(|tx| {
        let id = users::by_email(tx.conn, "admin@localhost")?.unwrap().user.id;
        let hash = users::by_id(tx.conn, id)?.password_hash;
        users::set_password(tx.conn, id, &hash, false)
    });
    stored.await.map_err(|e: StoreError| e).unwrap();
    let body = json!({"email": "admin@localhost", "password": ADMIN_PASSWORD});
    let opened = town.post("/api/v1/session", body).await;
    assert_eq!(opened.status, 201, "{}", opened.text);
    let cookie = opened.headers.get("set-cookie").unwrap().to_str().unwrap();
    let cookie = cookie.split(';').next().unwrap();
    let status = async || {
        let ask = Ask { headers: vec![("cookie", cookie)], ..Ask::default() };
        town.call(Method::GET, "/api/v1/me", ask).await.status
    };
    for jump in [1, -1, -24, 3] {
        town.pass(hours(jump));
        dangvan::flow::sweep::sweep(&town.app.context()).await.unwrap();
        assert_eq!(status().await, 200, "after {jump} hours");
    }
    // It was last used before the clock was set back; idle time counts from its use since.
    town.pass(hours(-24));
    assert_eq!(status().await, 200);
    town.pass(hours(11));
    assert_eq!(status().await, 401, "eleven idle hours");
}

async fn connected(db: Db, server: &SmtpServer) -> Town {
    let url = server.url();
    town_with("plain", db, &move |name| (name == "DANGVAN_SMTP_URL").then(|| url.clone())).await
}

on_both!(no_mail_waits_for_a_moment_that_was_never_meant);
async fn no_mail_waits_for_a_moment_that_was_never_meant(db: Db) {
    let server = SmtpServer::start().await;
    let town = connected(db, &server).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    let agency = town.app.rules().jurisdiction.agencies[0].code.clone();
    // Written while the clock was a day ahead, with a minute to wait.
    town.pass(hours(24));
    let (number, _) = town.file(case("ahead")).await;
    town.work().await;
    town.step(&triage, &number, "route", json!({"agency": agency})).await;
    town.work().await;
    assert_eq!(server.received().len(), 1, "the receipt; the minute is not over");
    town.pass(hours(-24));
    town.work().await;
    assert_eq!(server.received().len(), 2, "the notice does not wait for tomorrow");
    // Written before, and put off while the clock was ahead: on the kept connection and a new one.
    server.next(&[Behaviour::Greylist; 2]);
    town.file(case("grey")).await;
    town.pass(hours(24));
    town.work().await;
    assert_eq!(server.received().len(), 2);
    town.pass(hours(-24));
    town.work().await;
    assert_eq!(server.received().len(), 3, "nor does a second try");
    // A clock that is ahead by an hour brings nothing twice.
    for jump in JUMPS {
        town.pass(hours(jump));
        town.work().await;
    }
    let mut ids: Vec<String> = server.received().into_iter().map(|m| m.message_id).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 3);
    assert_eq!(server.received().len(), 3, "each mail left once");
    town.check().await;
}

/// Leases a mail as another process would.
async fn leased_by_another(town: &Town) {
    let now = town.clock.now();
    let leased = town.app.store.write(move |tx| outbox::lease(tx.conn, "another", now, 16));
    assert_eq!(leased.await.unwrap().len(), 1);
}

on_both!(a_lease_holds_for_its_time_and_no_longer);
async fn a_lease_holds_for_its_time_and_no_longer(db: Db) {
    let server = SmtpServer::start().await;
    let town = connected(db, &server).await;
    town.file(case("leased")).await;
    leased_by_another(&town).await;
    for (seconds, sent) in [(0, 0), (59, 0), (2, 1)] {
        town.pass(TimeDelta::seconds(seconds));
        town.work().await;
        assert_eq!(server.received().len(), sent);
    }
    // Taken while the clock was a day ahead, by a process that is gone.
    town.file(case("ahead")).await;
    town.pass(hours(24));
    leased_by_another(&town).await;
    town.pass(hours(-24));
    town.work().await;
    assert_eq!(server.received().len(), 2, "the lease does not hold until tomorrow");
    // What this process has leased and could not finish is its own to finish.
    town.file(case("own")).await;
    let (holder, now) = (town.app.holder.clone(), town.clock.now());
    let leased = town.app.store.write(move |tx| outbox::lease(tx.conn, &holder, now, 16));
    assert_eq!(leased.await.unwrap().len(), 1);
    town.work().await;
    assert_eq!(server.received().len(), 3);
    town.check().await;
}

on_both!(health_says_that_the_clock_ran_backwards);
async fn health_says_that_the_clock_ran_backwards(db: Db) {
    let town = town("plain", db).await;
    let clock = async || {
        let ready = town.get("/health/ready", "").await;
        assert_eq!(ready.status, 200, "a case can be taken: {}", ready.text);
        let clock = ready.body["parts"]["clock"]["status"].clone();
        assert_eq!(ready.body["status"], clock, "{}", ready.text);
        clock
    };
    town.file(case("now")).await;
    town.work().await;
    assert_eq!(clock().await, "ok");
    town.pass(TimeDelta::seconds(-3));
    assert_eq!(clock().await, "ok", "clocks differ by a little");
    town.pass(hours(-1));
    assert_eq!(clock().await, "degraded");
    town.file(case("then")).await;
    town.work().await;
    assert_eq!(clock().await, "degraded", "one event of the wrong day heals nothing");
    town.pass(hours(2));
    assert_eq!(clock().await, "ok");
}

#[actix_web::test]
async fn the_log_says_that_the_clock_ran_backwards() {
    let service = Service::new("plain", Db::Postgres);
    let running = service.start().await;
    assert_eq!(service.post("one").await.unwrap().status, 201);
    sql_in(&service.database, "UPDATE events SET recorded_at = recorded_at + interval '3 hours'");
    running.stop();
    let running = service.start().await;
    let degraded = |ready: &crate::service::Reply| {
        ready.body["parts"]["clock"]["status"] == "degraded" && ready.body["status"] == "degraded"
    };
    service.until("health says so", degraded).await;
    let lines = || service.log().matches("the clock ran backwards").count();
    while lines() == 0 {
        service.get("/health/live", &[]).await;
    }
    running.stop();
    assert_eq!(lines(), 1, "once and not every ten seconds");
}
