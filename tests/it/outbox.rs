//! The outbox against a mail server that refuses, greylists, drops and stalls: nothing lost,
//! nothing doubled except under the same Message-ID, and every failure stands on the case.

use chrono::TimeDelta;
use dangvan::domain::user::Role;
use dangvan::store::outbox::{MailRow, by_id};
use dangvan::store::{StoreError, outbox::MailState};
use diesel::connection::SimpleConnection;
use serde_json::{Value, json};

use crate::harness::{Db, Town, town_with};
use crate::service::Service;
use crate::smtp_server::{Behaviour, SmtpServer};

async fn connected(db: Db, server: &SmtpServer) -> Town {
    let url = server.url();
    town_with("plain", db, &move |name| (name == "DANGVAN_SMTP_URL").then(|| url.clone())).await
}

fn body(email: &str) -> Value {
    json!({"text": "The date on my receipt has passed and nothing came of my form.",
        "reporter": {"kind": "individual", "name": "Sam Sample", "email": email}})
}

async fn mails(town: &Town, token: &str, number: &str) -> Vec<(String, String, i64)> {
    let case = town.get(&format!("/api/v1/desk/cases/{number}"), token).await;
    let mails = case.body["mails"].as_array().unwrap_or_else(|| panic!("{}", case.text));
    let text = |m: &Value, name: &str| m[name].as_str().unwrap().to_owned();
    mails
        .iter()
        .map(|m| (text(m, "kind"), text(m, "state"), m["attempts"].as_i64().unwrap()))
        .collect()
}

fn one(kind: &str, state: &str, attempts: i64) -> Vec<(String, String, i64)> {
    vec![(kind.to_owned(), state.to_owned(), attempts)]
}

on_both!(a_fault_delays_and_a_refusal_is_shown);
async fn a_fault_delays_and_a_refusal_is_shown(db: Db) {
    let server = SmtpServer::start().await;
    let town = connected(db, &server).await;
    let triage = town.officer("triage", Role::Triage, None).await;

    // Greylisted: tried again after 30 seconds, under the same id.
    server.next(&[Behaviour::Greylist]);
    let (number, code) = town.file(body("grey@citizen.example")).await;
    town.work().await;
    assert_eq!(mails(&town, &triage, &number).await, one("receipt", "queued", 1));
    town.pass(TimeDelta::seconds(29));
    town.work().await;
    assert_eq!(server.received().len(), 0, "not before its time");
    town.pass(TimeDelta::seconds(2));
    town.work().await;
    assert_eq!(mails(&town, &triage, &number).await, one("receipt", "sent", 2));
    let received = server.received();
    assert_eq!(received.len(), 1);
    assert!(received[0].to.iter().any(|to| to.contains("grey@citizen.example")));
    let kept = kept(&town, 1).await;
    assert!(!kept.contains(&code) && kept.contains("••••"), "the kept copy opens no case: {kept}");

    // 5xx: not tried again, and somebody has to look at it.
    server.next(&[Behaviour::Refuse]);
    let (number, _) = town.file(body("gone@citizen.example")).await;
    town.work().await;
    assert_eq!(mails(&town, &triage, &number).await, one("receipt", "refused", 1));
    town.pass(TimeDelta::hours(9));
    town.work().await;
    assert_eq!(server.received().len(), 1);
    let failed = town.get("/api/v1/desk/cases?queue=mail_failed", &triage).await;
    assert_eq!(failed.body["total"], 1, "{}", failed.text);
    assert_eq!(failed.body["items"][0]["number"], number);
    let with_words = town.get("/api/v1/desk/cases?queue=mail_failed&q=receipt", &triage).await;
    assert_eq!(with_words.body["total"], 1, "{}", with_words.text);
    let resent = town.step(&triage, &number, "resend", json!({"what": "receipt"})).await;
    assert_eq!(resent.status, 200, "{}", resent.text);
    town.work().await;
    assert_eq!(server.received().len(), 2);
    town.check().await;
}

async fn kept(town: &Town, id: i64) -> String {
    let seal = town.app.seal.clone();
    let read = town.app.store.read(move |conn| {
        let row = dangvan::store::outbox::by_id(conn, id)?;
        let stored = dangvan::store::cases::by_id(conn, row.case_id.unwrap())?;
        dangvan::store::outbox::sent_message(conn, &seal, &stored.keys.uid, id)
    });
    read.await.unwrap().unwrap()
}

on_both!(an_unclear_end_is_repeated_under_the_same_id);
async fn an_unclear_end_is_repeated_under_the_same_id(db: Db) {
    let server = SmtpServer::start().await;
    let town = connected(db, &server).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    for behaviour in [Behaviour::DropInData, Behaviour::DropAfterData] {
        let before = server.received().len();
        server.next(&[behaviour]);
        let (number, _) = town.file(body("drop@citizen.example")).await;
        town.work().await;
        let state = &mails(&town, &triage, &number).await[0].1;
        assert!(state == "uncertain" || state == "queued", "{state}");
        town.pass(TimeDelta::seconds(31));
        town.work().await;
        assert_eq!(mails(&town, &triage, &number).await, one("receipt", "sent", 2));
        let received = server.received();
        let mut ids: Vec<&str> = received[before..].iter().map(|r| &*r.message_id).collect();
        ids.dedup();
        assert_eq!(ids.len(), 1, "doubled, if at all, under the same Message-ID");
    }
    town.check().await;
}

on_both!(a_server_that_is_away_is_asked_less_and_less_often);
async fn a_server_that_is_away_is_asked_less_and_less_often(db: Db) {
    let server = SmtpServer::start().await;
    let town = connected(db, &server).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    server.next(&[Behaviour::Greylist; 4]);
    let (number, _) = town.file(body("later@citizen.example")).await;
    for (attempts, wait) in [(1, 31), (2, 61), (3, 121), (4, 241)] {
        town.work().await;
        assert_eq!(mails(&town, &triage, &number).await, one("receipt", "queued", attempts));
        town.pass(TimeDelta::seconds(wait));
    }
    town.work().await;
    assert_eq!(mails(&town, &triage, &number).await, one("receipt", "sent", 5));
    town.check().await;
}

on_both!(an_officers_mail_waits_and_can_be_overtaken);
async fn an_officers_mail_waits_and_can_be_overtaken(db: Db) {
    let server = SmtpServer::start().await;
    let town = connected(db, &server).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    let (number, _) = town.file(body("sam@citizen.example")).await;
    town.work().await;
    assert_eq!(server.received().len(), 1, "the receipt leaves at once");
    let rules = town.app.rules().jurisdiction;
    let codes: Vec<&str> = rules.agencies.iter().map(|a| a.code.as_str()).take(3).collect();
    for code in &codes[1..] {
        let routed = town.step(&triage, &number, "route", json!({"agency": code})).await;
        assert_eq!(routed.status, 200, "{}", routed.text);
    }
    town.work().await;
    assert_eq!(server.received().len(), 1, "the minute is not over");
    town.pass(TimeDelta::seconds(61));
    town.work().await;
    let received = server.received();
    assert_eq!(received.len(), 2, "one notice: the second route took the first one's back");
    assert!(!received[1].data.contains("/track/"), "only the receipt opens the case");
    let states: Vec<(String, String)> =
        mails(&town, &triage, &number).await.into_iter().map(|(k, s, _)| (k, s)).collect();
    let count =
        |kind: &str, state: &str| states.iter().filter(|(k, s)| k == kind && s == state).count();
    assert_eq!((count("forwarded", "superseded"), count("forwarded", "sent")), (1, 1));
    // The pack's agencies have placeholder addresses: shown as missing, never sent to.
    assert_eq!(count("agency_notice", "no_address"), 1, "{states:?}");
    town.check().await;
}

#[actix_web::test]
async fn anonymous_reporters_get_nothing() {
    let server = SmtpServer::start().await;
    let town = connected(Db::Sqlite, &server).await;
    let mut body = body("secret@citizen.example");
    body["anonymous"] = json!(true);
    let (number, _) = town.file(body).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    town.work().await;
    assert_eq!(server.received().len(), 0);
    let case = town.get(&format!("/api/v1/desk/cases/{number}"), &triage).await;
    assert_eq!(case.body["reporter"], json!({"kind": "individual"}));
    let resent = town.step(&triage, &number, "resend", json!({})).await;
    assert_eq!(resent.status, 422, "{}", resent.text);
}

async fn row(town: &Town, id: i64) -> MailRow {
    town.app.store.read(move |conn| by_id(conn, id)).await.unwrap()
}

async fn sql(town: &Town, statement: &'static str) {
    let done = town.app.store.write(|tx| Ok::<_, StoreError>(tx.conn.batch_execute(statement)?));
    done.await.unwrap();
}

on_both!(a_try_is_over_when_it_ends);
async fn a_try_is_over_when_it_ends(db: Db) {
    let server = SmtpServer::start().await;
    let town = connected(db, &server).await;
    server.next(&[Behaviour::StallAfterData]);
    town.file(body("slow@citizen.example")).await;
    let clock = town.clock.clone();
    let begun = clock.now();
    tokio::join!(town.work(), async move {
        server.until_stalled(1).await;
        clock.advance(TimeDelta::seconds(50));
        // The server dies without a word.
        drop(server);
    });
    let mail = row(&town, 1).await;
    assert_eq!((mail.state, mail.attempts), (MailState::Uncertain, 1), "not again at once");
    assert_eq!(mail.not_before, begun + TimeDelta::seconds(80));
    town.check().await;
}

on_both!(what_cannot_be_written_stands_on_the_case);
async fn what_cannot_be_written_stands_on_the_case(db: Db) {
    let server = SmtpServer::start().await;
    let town = connected(db, &server).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    // More than a batch of mails that cannot be put together, and one that can behind them.
    for n in 0..17 {
        town.file(body(&format!("torn{n}@citizen.example"))).await;
    }
    sql(&town, "UPDATE reporters SET sealed = substr(sealed, 1, 8)").await;
    town.file(body("row@citizen.example")).await;
    sql(&town, "UPDATE outbox SET parameters = '{' WHERE id = 18").await;
    let (whole, _) = town.file(body("whole@citizen.example")).await;
    town.work().await;
    assert_eq!(mails(&town, &triage, &whole).await, one("receipt", "sent", 1));
    assert_eq!(server.received().len(), 1);
    for id in 1..=17 {
        let mail = row(&town, id).await;
        assert_eq!((mail.state, mail.attempts), (MailState::Refused, 0), "{id}");
        assert!(mail.last_error.unwrap().contains("cannot be read"));
    }
    sql(&town, "UPDATE outbox SET parameters = '{\"values\":{},\"text\":null}' WHERE id = 18")
        .await;
    let mail = row(&town, 18).await;
    assert_eq!(mail.state, MailState::Refused, "{mail:?}");
    let failed = town.get("/api/v1/desk/cases?queue=mail_failed&limit=1", &triage).await;
    assert_eq!(failed.body["total"], 18, "{}", failed.text);
    // A letter that the rules do not have is no missing address.
    let mut rules = (*town.app.rules().jurisdiction).clone();
    rules.letters.clear();
    let context = dangvan::flow::Context { rules: rules.into(), ..town.app.context() };
    town.file(body("letter@citizen.example")).await;
    let sender = dangvan::flow::deliver::Sender {
        transport: &town.app.transport,
        holder: "test",
        from: "city@city.example",
        clock: &town.clock,
    };
    assert_eq!(dangvan::flow::deliver::step(&context, &sender).await.unwrap(), 1);
    let mail = row(&town, 20).await;
    assert_eq!(mail.state, MailState::Refused);
    assert!(mail.last_error.unwrap().contains("no letter receipt"));
}

on_both!(a_server_that_does_not_answer_is_said_soon);
async fn a_server_that_does_not_answer_is_said_soon(db: Db) {
    // Nobody listens there: the port was free a moment ago.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("smtp://127.0.0.1:{port}");
    let town =
        town_with("plain", db, &move |name| (name == "DANGVAN_SMTP_URL").then(|| url.clone()))
            .await;
    town.file(body("sam@citizen.example")).await;
    let mail = async || town.get("/health/ready", "").await.body["parts"]["mail"].clone();
    town.work().await;
    assert_eq!(mail().await["status"], "ok", "one try says nothing yet");
    for wait in [31, 61] {
        town.pass(TimeDelta::seconds(wait));
        town.work().await;
    }
    let said = mail().await;
    assert_eq!(said["status"], "degraded", "{said}");
    let why = said["why"].as_str().unwrap();
    assert!(why.contains("mail server cannot be reached") && why.contains("refused"), "{why}");
    assert!(!why.contains("citizen.example"), "{why}");
}

#[actix_web::test]
async fn a_failed_delivery_stands_in_the_log() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let service = Service::new("plain", Db::Sqlite)
        .with("DANGVAN_SMTP_URL", &format!("smtp://127.0.0.1:{port}"));
    let _running = service.start().await;
    assert_eq!(service.post("mail1").await.unwrap().status, 201);
    let told = || service.log().lines().any(|l| l.contains("could not be delivered"));
    service.until("the failure is logged", |_| told()).await;
    let log = service.log();
    assert!(log.contains("refused") && !log.contains("example.org"), "{log}");
}
