//! What a step changes beside itself: dates that stand and move, letters that become wrong.

use chrono::{DateTime, TimeDelta};
use dangvan::domain::user::Role;
use dangvan::store::{StoreError, outbox};
use serde_json::{Value, json};

use crate::harness::{Db, Town, town, town_with};
use crate::smtp_server::{Behaviour, SmtpServer};

pub const OWN: &str = "so-xay-dung";
pub const OTHER: &str = "so-y-te";

pub fn body(email: &str) -> Value {
    json!({"text": "Hồ sơ cấp phép xây dựng của tôi nộp đã quá ngày hẹn mà chưa có kết quả.",
        "reporter": {"kind": "individual", "name": "Sam Sample", "email": email}})
}

pub async fn seen(town: &Town, token: &str, number: &str) -> Value {
    let case = town.get(&format!("/api/v1/desk/cases/{number}"), token).await;
    assert_eq!(case.status, 200, "{}", case.text);
    case.body
}

/// Takes a step that must succeed.
pub async fn done(town: &Town, token: &str, number: &str, verb: &str, body: Value) -> Value {
    let answer = town.step(token, number, verb, body).await;
    assert!(answer.status == 200 || answer.status == 204, "{verb}: {}", answer.text);
    answer.body
}

fn days_between(before: &Value, after: &Value) -> i64 {
    let at = |v: &Value| DateTime::parse_from_rfc3339(v.as_str().unwrap()).unwrap();
    (at(after) - at(before)).num_days()
}

pub async fn total(town: &Town, token: &str, query: &str) -> Value {
    let list = town.get(&format!("/api/v1/desk/cases?{query}"), token).await;
    assert_eq!(list.status, 200, "{}", list.text);
    list.body["total"].clone()
}

on_both!(nobody_is_late_while_the_sender_is_asked);
async fn nobody_is_late_while_the_sender_is_asked(db: Db) {
    let town = town("hcmc", db).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    let ends = [
        ("messages", json!({"text": "Đây là biên nhận của tôi."})),
        ("route", json!({"agency": OTHER})),
        ("return", json!({"reason": "Không thuộc thẩm quyền."})),
        ("answer", json!({"text": "Kết quả đã có, mời ông đến nhận."})),
        ("refer", json!({"destination": town.app.rules().jurisdiction.destinations[0].code})),
        ("refuse", json!({"reason_code": "R01"})),
    ];
    let mut cases = Vec::new();
    for (n, _) in ends.iter().enumerate() {
        let (number, code) = town.file(body(&format!("s{n}@citizen.example"))).await;
        let decide = json!({"scope": "in", "category": "delay"});
        done(&town, &triage, &number, "decide", decide).await;
        done(&town, &triage, &number, "route", json!({"agency": OWN})).await;
        let asked = done(&town, &triage, &number, "ask", json!({"text": "Số nào?"})).await;
        cases.push((number, code, asked["due_at"].clone()));
    }
    // The date passes while the city waits.
    town.pass(TimeDelta::days(30));
    town.work().await;
    for query in ["due=overdue", "queue=overdue", "due=overdue&q=ho", "queue=overdue&q=ho"] {
        assert_eq!(total(&town, &triage, query).await, 0, "{query}");
    }
    let report = town.get("/api/v1/reports/summary", &triage).await;
    assert_eq!((&report.body["overdue"], &report.body["open"]), (&json!(0), &json!(6)));
    assert_eq!(seen(&town, &triage, &cases[0].0).await["overdue"], false);
    for ((verb, body), (number, code, due)) in ends.into_iter().zip(&cases) {
        if verb == "messages" {
            let path = format!("/api/v1/cases/{code}/messages");
            assert_eq!(town.post(&path, body).await.status, 200);
        } else {
            done(&town, &triage, number, verb, body).await;
        }
        let after = seen(&town, &triage, number).await;
        let moved = days_between(due, &after["due_at"]);
        assert!((30..=33).contains(&moved), "{verb}: {due} and {}", after["due_at"]);
        let kinds: Vec<_> =
            after["events"].as_array().unwrap().iter().map(|e| &e["kind"]).collect();
        assert_eq!(kinds.iter().filter(|k| **k == "resumed").count(), 1, "{verb}: {kinds:?}");
    }
    let report = town.get("/api/v1/reports/summary", &triage).await;
    for kind in ["referral", "refusal"] {
        let outcome = &report.body["outcomes"][kind];
        assert_eq!((&outcome["count"], &outcome["late"]), (&json!(1), &json!(0)), "{kind}");
    }
    // What goes on is late when the moved date has passed.
    town.pass(TimeDelta::days(40));
    town.work().await;
    assert_eq!(total(&town, &triage, "queue=overdue").await, 4);
    town.check().await;
}

on_both!(a_decision_keeps_the_date_that_holds);
async fn a_decision_keeps_the_date_that_holds(db: Db) {
    let town = town("hcmc", db).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    let leader = town.officer("leader", Role::Leader, None).await;
    let (number, code) = town.file(body("sam@citizen.example")).await;
    let decide = json!({"scope": "in", "category": "delay", "reason": "Quá hẹn thật."});
    done(&town, &triage, &number, "decide", decide.clone()).await;
    done(&town, &triage, &number, "route", json!({"agency": OWN})).await;
    let more = json!({"due_at": "2027-01-29", "reason": "Cần khảo sát."});
    done(&town, &triage, &number, "extend", more).await;
    let extended = done(&town, &leader, &number, "approve", json!({"what": "extension"})).await;
    let again = done(&town, &triage, &number, "decide", decide.clone()).await;
    assert_eq!(again["due_at"], extended["due_at"], "the same clock runs on");
    let reasons = again["events"].as_array().unwrap().iter().filter(|e| e["kind"] == "decided");
    let reasons: Vec<&Value> = reasons.map(|e| &e["text"]).collect();
    assert_eq!(reasons.last().unwrap(), &"Quá hẹn thật.", "{reasons:?}");
    // Another clock is counted from the receipt, and keeps the pauses.
    done(&town, &triage, &number, "ask", json!({"text": "Số nào?"})).await;
    town.pass(TimeDelta::days(10));
    let messages = format!("/api/v1/cases/{code}/messages");
    assert_eq!(town.post(&messages, json!({"text": "Số 5."})).await.status, 200);
    let out = json!({"scope": "out", "category": "infrastructure"});
    let other = done(&town, &triage, &number, "decide", out).await;
    assert_eq!(other["deadline"]["clock"], "pakn.forward");
    // Five working days from Tuesday 24 November, itself a day off, and ten days more.
    assert!(other["due_at"].as_str().unwrap().starts_with("2026-12-11"), "{}", other["due_at"]);
    // After a reopening the clock counts from there, whatever is decided again.
    done(&town, &triage, &number, "answer", json!({"text": "Xong."})).await;
    done(&town, &leader, &number, "approve", json!({"what": "answer"})).await;
    town.pass(TimeDelta::days(100));
    let reopened = town
        .post(&format!("/api/v1/cases/{code}/reopen"), json!({"reason": "Chưa xong đâu."}))
        .await;
    assert_eq!(reopened.status, 200, "{}", reopened.text);
    let last = done(&town, &triage, &number, "decide", decide).await;
    assert_eq!(last["overdue"], false, "{}", last["due_at"]);
    assert!(last["due_at"].as_str() > reopened.body["due_at"].as_str());
    town.check().await;
}

#[actix_web::test]
async fn what_one_agency_asked_for_is_not_the_next_ones() {
    let town = town("hcmc", Db::Sqlite).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    let leader = town.officer("leader", Role::Leader, None).await;
    let (number, code) = town.file(body("sam@citizen.example")).await;
    done(&town, &triage, &number, "route", json!({"agency": OWN})).await;
    let more = json!({"due_at": "2027-01-29", "reason": "Cần khảo sát."});
    done(&town, &triage, &number, "extend", more).await;
    town.work().await;
    for query in ["queue=approve", "queue=approve&q=ho"] {
        assert_eq!(total(&town, &leader, query).await, 1, "{query}");
    }
    let page = town.get(&format!("/desk/cases/{number}"), &triage).await;
    assert!(page.text.contains("Đang có đề nghị gia hạn chờ duyệt"), "the forms say what they end");
    // The wished date moves with a pause, as the date does.
    let asked = done(&town, &triage, &number, "ask", json!({"text": "Số nào?"})).await;
    town.pass(TimeDelta::days(14));
    let messages = format!("/api/v1/cases/{code}/messages");
    assert_eq!(town.post(&messages, json!({"text": "Số 5."})).await.status, 200);
    let resumed = seen(&town, &triage, &number).await;
    assert_eq!(days_between(&asked["pending"]["due_at"], &resumed["pending"]["due_at"]), 14);
    let routed = done(&town, &triage, &number, "route", json!({"agency": OTHER})).await;
    assert_eq!(routed["pending"], Value::Null);
    let late = town.step(&leader, &number, "approve", json!({"what": "extension"})).await;
    assert_eq!(late.status, 409, "{}", late.text);
    town.check().await;
}

pub async fn connected(db: Db, server: &SmtpServer) -> Town {
    let url = server.url();
    town_with("hcmc", db, &move |name| (name == "DANGVAN_SMTP_URL").then(|| url.clone())).await
}

async fn states(town: &Town, token: &str, number: &str) -> Vec<String> {
    let case = seen(town, token, number).await;
    let mails = case["mails"].as_array().unwrap().iter();
    let mails = mails.map(|m| format!("{} {}", m["kind"], m["state"]).replace('"', ""));
    mails.filter(|m| !m.starts_with("triage") && !m.starts_with("receipt")).collect()
}

pub async fn give_address(town: &Town, agency: &str) {
    let rules = town.app.rules().jurisdiction;
    let id = rules.agency_by_code(agency, chrono::NaiveDate::MAX).unwrap().id;
    let contacts = dangvan::domain::administration::Contacts {
        email: Some(format!("{agency}@city.example")),
        phone: None,
        address: None,
    };
    let context = town.app.context();
    dangvan::flow::administer::set_contacts(&context, id, contacts).await.unwrap();
    town.app.refresh_rules().await.unwrap();
}

on_both!(letters_say_what_is_so_when_they_leave);
async fn letters_say_what_is_so_when_they_leave(db: Db) {
    let server = SmtpServer::start().await;
    let town = connected(db, &server).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    let (number, code) = town.file(body("sam@citizen.example")).await;
    let why = json!({"agency": OWN, "reason": "Ông Bình đã bị nhắc nhiều lần."});
    done(&town, &triage, &number, "route", why).await;
    done(&town, &triage, &number, "decide", json!({"scope": "in", "category": "delay"})).await;
    town.pass(TimeDelta::seconds(61));
    town.work().await;
    assert_eq!(server.received().len(), 2, "receipt, and who answers");
    let sent = letters(&town, &number).await;
    assert!(sent.contains("Sam Sample") && !sent.contains("Ông Bình"), "the desk's own: {sent}");
    assert_eq!(
        states(&town, &triage, &number).await,
        ["forwarded sent", "agency_notice no_address"]
    );
    // Handed to another: what waited for an address is no longer true.
    done(&town, &triage, &number, "route", json!({"agency": OTHER})).await;
    give_address(&town, OWN).await;
    town.pass(TimeDelta::seconds(61));
    town.work().await;
    let to_own = |mails: &[crate::smtp_server::Received]| {
        mails.iter().filter(|m| m.to.iter().any(|to| to.contains(OWN))).count()
    };
    assert_eq!(to_own(&server.received()), 0, "not its case any more");
    done(&town, &triage, &number, "route", json!({"agency": OWN})).await;
    // Not wanted yet by the server, and then rerouted: it never arrived and is taken back.
    server.next(&[Behaviour::Greylist; 4]);
    town.pass(TimeDelta::seconds(61));
    town.work().await;
    done(&town, &triage, &number, "route", json!({"agency": OTHER})).await;
    town.pass(TimeDelta::hours(9));
    town.work().await;
    assert_eq!(to_own(&server.received()), 0);
    // An officer reopens: that is no news from the sender.
    done(&town, &triage, &number, "route", json!({"agency": OWN})).await;
    town.pass(TimeDelta::seconds(61));
    town.work().await;
    done(&town, &triage, &number, "refuse", json!({"reason_code": "R01"})).await;
    town.pass(TimeDelta::seconds(61));
    town.work().await;
    let reopen = json!({"reason": "Ông Bình nhầm."});
    done(&town, &triage, &number, "reopen", reopen).await;
    town.pass(TimeDelta::seconds(61));
    town.work().await;
    let states = states(&town, &triage, &number).await;
    assert!(!states.iter().any(|s| s.starts_with("citizen_wrote")), "{states:?}");
    assert_eq!(to_own(&server.received()), 2, "the case, and the case again");
    let citizen = town.get(&format!("/api/v1/cases/{code}"), "").await;
    assert!(!citizen.text.contains("Ông Bình"), "{}", citizen.text);
    let sent = letters(&town, &number).await;
    assert_eq!(sent.matches("Ông Bình").count(), 1, "to the agency alone: {sent}");
    town.check().await;
}

/// The letters of a case that were sent, as they are kept.
pub async fn letters(town: &Town, number: &str) -> String {
    let (seal, number) = (town.app.seal.clone(), number.to_owned());
    let read = town.app.store.read(move |conn| {
        let stored = dangvan::store::cases::by_number(conn, &number)?;
        let mut out = String::new();
        for row in outbox::of_case(conn, stored.keys.id)? {
            let kept = outbox::sent_message(conn, &seal, &stored.keys.uid, row.id)?;
            out.push_str(&kept.unwrap_or_default());
        }
        Ok::<_, StoreError>(out)
    });
    read.await.unwrap()
}

on_both!(a_new_address_brings_what_waited_for_it);
async fn a_new_address_brings_what_waited_for_it(db: Db) {
    let server = SmtpServer::start().await;
    let town = connected(db, &server).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    let mut nameless = body("x");
    nameless["reporter"] = json!({"kind": "individual", "name": "Sam Sample"});
    let (number, code) = town.file(nameless).await;
    done(&town, &triage, &number, "ask", json!({"text": "Số nào?"})).await;
    town.pass(TimeDelta::seconds(61));
    town.work().await;
    assert_eq!(states(&town, &triage, &number).await, ["ask no_address"]);
    let contact = json!({"email": "sam@citizen.example"});
    let changed = town.post(&format!("/api/v1/cases/{code}/contact"), contact).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    town.work().await;
    assert_eq!(states(&town, &triage, &number).await, ["ask sent"]);
    // What was answered meanwhile is not asked again.
    let mut nameless = body("x");
    nameless["reporter"] = json!({"kind": "individual", "name": "Sam Sample"});
    let (late, code) = town.file(nameless).await;
    done(&town, &triage, &late, "route", json!({"agency": OWN})).await;
    done(&town, &triage, &late, "ask", json!({"text": "Số nào?"})).await;
    town.pass(TimeDelta::seconds(61));
    town.work().await;
    let messages = format!("/api/v1/cases/{code}/messages");
    assert_eq!(town.post(&messages, json!({"text": "Số 5."})).await.status, 200);
    done(&town, &triage, &late, "refuse", json!({"reason_code": "R01"})).await;
    town.pass(TimeDelta::seconds(61));
    town.work().await;
    let contact = json!({"email": "sam@citizen.example"});
    let changed = town.post(&format!("/api/v1/cases/{code}/contact"), contact).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    town.work().await;
    let sent = states(&town, &triage, &late).await;
    let sent: Vec<&String> = sent.iter().filter(|s| s.ends_with(" sent")).collect();
    assert_eq!(sent, ["refusal sent"]);
    // Closed before the agency had an address: too late for its notice.
    done(&town, &triage, &number, "route", json!({"agency": OWN})).await;
    let (open, _) = town.file(body("open@citizen.example")).await;
    done(&town, &triage, &open, "route", json!({"agency": OWN})).await;
    town.pass(TimeDelta::seconds(61));
    town.work().await;
    done(&town, &triage, &number, "refuse", json!({"reason_code": "R01"})).await;
    give_address(&town, OWN).await;
    town.work().await;
    let to_own = server.received();
    let to_own = to_own.iter().filter(|m| m.to.iter().any(|to| to.contains(OWN)));
    assert_eq!(to_own.count(), 1);
    assert!(states(&town, &triage, &open).await.contains(&"agency_notice sent".to_owned()));
    town.check().await;
}

on_both!(a_moved_date_is_told_before_an_agency_has_the_case);
async fn a_moved_date_is_told_before_an_agency_has_the_case(db: Db) {
    let town = town("hcmc", db).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    let (number, code) = town.file(body("sam@citizen.example")).await;
    let decide = |scope, category| json!({"scope": scope, "category": category});
    let kinds = async || {
        let case = seen(&town, &triage, &number).await;
        let mails = case["mails"].as_array().unwrap().iter();
        let kinds = mails.map(|m| format!("{} {}", m["kind"], m["state"]).replace('"', ""));
        kinds.collect::<Vec<String>>()
    };
    let due = async || town.get(&format!("/api/v1/cases/{code}"), "").await.body["due_at"].clone();
    done(&town, &triage, &number, "decide", decide("out", "infrastructure")).await;
    let before = (due().await, kinds().await.len());
    done(&town, &triage, &number, "decide", decide("in", "delay")).await;
    assert_ne!(due().await, before.0);
    let told = kinds().await;
    assert_eq!(told.last().unwrap(), "update queued", "{told:?}");
    // The same date again is no news.
    done(&town, &triage, &number, "decide", decide("in", "delay")).await;
    assert_eq!(kinds().await, told);
    town.pass(TimeDelta::seconds(61));
    town.work().await;
    assert!(town.mails().last().unwrap().contains("Subject: "), "it has left");
    assert_eq!(kinds().await.last().unwrap(), "update sent");
    // An agency that gets the case at once says the date itself.
    done(&town, &triage, &number, "decide", decide("out", "infrastructure")).await;
    done(&town, &triage, &number, "route", json!({"agency": OWN})).await;
    let told = kinds().await;
    assert!(told.contains(&"update superseded".to_owned()), "{told:?}");
    town.check().await;
}

on_both!(what_was_said_before_is_flagged);
async fn what_was_said_before_is_flagged(db: Db) {
    let town = town("hcmc", db).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    let leader = town.officer("leader", Role::Leader, None).await;
    let flags = async |number: &str| seen(&town, &triage, number).await["flags"].clone();
    let has = |flags: &Value, flag: &str| flags.as_array().unwrap().contains(&json!(flag));
    let (first, _) = town.file(body("Sam@citizen.example")).await;
    assert!(!has(&flags(&first).await, "repeat"));
    let (second, _) = town.file(body("sam@CITIZEN.example")).await;
    assert!(has(&flags(&second).await, "repeat"), "the same words again");
    let (other, _) = town.file(body("somebody@citizen.example")).await;
    assert!(!has(&flags(&other).await, "repeat"), "another sender");
    let mut matter = body("sam@citizen.example");
    matter["text"] = json!("Đèn đường trước nhà tôi hư cả tháng nay chưa ai sửa, tối om.");
    let (matter, _) = town.file(matter).await;
    assert!(!has(&flags(&matter).await, "repeat"), "another matter");
    for number in [&first, &second] {
        done(&town, &triage, number, "route", json!({"agency": OWN})).await;
        done(&town, &triage, number, "answer", json!({"text": "Kết quả đã có."})).await;
        done(&town, &leader, number, "approve", json!({"what": "answer"})).await;
    }
    let (again, _) = town.file(body("sam@citizen.example")).await;
    let again = flags(&again).await;
    assert!(has(&again, "settled") && !has(&again, "repeat"), "{again}");
    town.check().await;
}
