//! The machine measured by what officers said afterwards, looked at by samples, and let fall back
//! where it is not right often enough.

use dangvan::domain::event::{Actor, Event};
use dangvan::domain::proposal::{Draw, Question, propose};
use dangvan::domain::scope::Scope;
use dangvan::domain::user::Role;
use dangvan::flow::fall_back::fall_back;
use serde_json::{Value, json};

use crate::deadlines::received;
use crate::harness::{Db, Town, start, town};

const LATE: &str = "Tôi nộp hồ sơ đăng ký đất đai đã quá hẹn ba tháng, lần nào hỏi một cửa cũng \
    bảo chờ, không có thư xin lỗi";
const LAMP: &str = "Đèn đường trước nhà số 12 hỏng cả tháng nay, tối om, xe cộ va quẹt, đề nghị \
    sửa sớm";

async fn filed(town: &Town, text: &str, n: usize) -> (String, Value) {
    let body = json!({"text": format!("{text}, lần {n}."), "agency": "ubnd-p-ben-thanh",
        "reporter": {"kind": "individual", "email": "sam@citizen.example"}});
    let answer = town.post("/api/v1/cases", body).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    (answer.body["number"].as_str().unwrap().to_owned(), answer.body)
}

async fn decided(town: &Town, token: &str, number: &str, scope: &str, category: &str) {
    let decide = json!({"scope": scope, "category": category});
    let done = town.step(token, number, "decide", decide).await;
    assert_eq!(done.status, 200, "{}", done.text);
}

on_both!(what_officers_say_is_counted);
async fn what_officers_say_is_counted(db: Db) {
    let town = town("hcmc", db).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    let other = town.officer("other", Role::Triage, None).await;
    let leader = town.officer("leader", Role::Leader, None).await;
    let oversight = town.officer("council", Role::Oversight, None).await;
    let agency = town.officer("agency", Role::Agency, Some("ubnd-p-ben-thanh")).await;
    let mut numbers = Vec::new();
    for n in 0..4 {
        let (number, case) = filed(&town, LATE, n).await;
        assert_eq!((&case["scope"], &case["category"]), (&json!("in"), &json!("delay")));
        numbers.push(number);
    }
    let (asked, _) =
        filed(&town, "Kính gửi quý cơ quan, tôi có mấy lời muốn nói về việc hôm trước", 9).await;
    decided(&town, &triage, &numbers[0], "in", "delay").await;
    decided(&town, &triage, &numbers[1], "in", "fee").await;
    decided(&town, &triage, &numbers[2], "out", "question").await;
    decided(&town, &other, &numbers[2], "in", "delay").await;
    let path = "/api/v1/reports/accuracy?from=2026-11-01&to=2026-11-30";
    let found = town.get(path, &leader).await;
    assert_eq!(found.status, 200, "{}", found.text);
    let seen = town.get(&format!("/api/v1/desk/cases/{asked}"), &triage).await;
    let sure = if seen.body["scope"] == "ask" { 4 } else { 5 };
    let all = &found.body["all"];
    assert_eq!((&all["decided"], &all["sure"]), (&json!(5), &json!(sure)), "{all}");
    assert_eq!((&all["reviewed"], &all["right"]), (&json!(3), &json!(2)), "{all}");
    let third = |v: &Value, n: f64| (v.as_f64().unwrap() - n / 3.0).abs() < 1e-9;
    assert!(third(&all["accuracy"], 2.0) && third(&all["category_accuracy"], 1.0), "{all}");
    assert!(all["low"].as_f64() < all["accuracy"].as_f64(), "{all}");
    assert!(all["nearness"].as_f64().unwrap() > 0.0, "{all}");
    assert_eq!(found.body["by_category"]["delay"]["reviewed"], 3, "{}", found.text);
    assert_eq!(found.body["by_channel"]["api"]["decided"], 5);
    assert_eq!(found.body["by_month"]["2026-11"]["right"], 2);
    let bins = found.body["bins"].as_array().unwrap();
    assert_eq!(bins.iter().map(|b| b["count"].as_i64().unwrap()).sum::<i64>(), 3);
    assert!(found.body["ece"].as_f64().unwrap() > 0.2, "a third was wrong: {}", found.text);
    let officers = &found.body["officers"];
    let first = json!({"name": "triage", "decisions": 3, "after_machine": 3,
        "against_machine": 1, "overruled": 1});
    assert_eq!(officers[0], first, "{officers}");
    // Who decides how is for leaders; the machine is for everybody but agencies.
    for token in [&triage, &oversight] {
        let seen = town.get(path, token).await;
        assert_eq!((seen.status, &seen.body["officers"]), (200, &Value::Null));
    }
    assert_eq!(town.get(path, &agency).await.status, 403);
    for language in ["vi", "en"] {
        let page = format!("/reports/accuracy?from=2026-11-01&to=2026-11-30&language={language}");
        let page = town.get(&page, &leader).await;
        assert_eq!(page.status, 200, "{}", page.text);
        assert!(page.text.contains("<circle"), "{}", page.text);
    }
    let empty = town.get("/reports/accuracy?from=2020-01-01&to=2020-01-31", &leader).await;
    assert_eq!(empty.status, 200, "{}", empty.text);
    assert_eq!(town.get("/reports/accuracy", &agency).await.status, 403);
}

#[actix_web::test]
async fn nobody_is_led_where_they_may_not_go() {
    let town = town("plain", Db::Sqlite).await;
    let leader = town.officer("leader", Role::Leader, None).await;
    let agency = town.officer("agency", Role::Agency, Some("works-department")).await;
    for (token, is_led) in [(&leader, true), (&agency, false)] {
        let page = town.get("/reports", token).await;
        assert_eq!(page.text.contains("/reports/accuracy"), is_led, "{}", page.text);
    }
}

/// A share of what the machine decides by itself is looked at all the same.
#[actix_web::test]
async fn a_sample_is_looked_at() {
    let town = town("hcmc", Db::Sqlite).await;
    let (rules, engine) = (town.app.rules().jurisdiction, town.app.rules().engine);
    let question = Question {
        text: LATE.to_owned(),
        about: rules.agency_by_code("ubnd-p-ben-thanh", start().date_naive()).map(|a| a.id),
        ..Question::default()
    };
    for (draw, is_looked_at) in [(0.0, true), (0.999, false)] {
        let judgement = engine.judge(None, &question.text);
        let proposal = propose(&rules, &question, judgement, (start(), Draw(draw)));
        assert!(proposal.forwards, "looked at beside its way");
        let mut case = received();
        let route = proposal.route.unwrap();
        let routed = Event::Routed { agency: route.agency, rule: route.rule, text: None };
        for event in [Event::Decided(proposal.decided), routed] {
            case = case.apply(&event, Actor::MACHINE, start()).unwrap();
        }
        assert_eq!(case.needs_decision, is_looked_at, "{draw}");
    }
}

/// What belongs elsewhere is referred by the machine where the mode says so, with a letter that
/// says where; a sample waits for an officer.
#[actix_web::test]
async fn what_belongs_elsewhere_is_referred_where_the_mode_says_so() {
    let town = town("hcmc", Db::Sqlite).await;
    let admin = town.officer("root", Role::Admin, None).await;
    let (_, before) = filed(&town, LAMP, 0).await;
    assert_eq!((&before["scope"], &before["status"]), (&json!("out"), &json!("received")));
    let changed = town.send("/admin/modes", &admin, &[("mode.infrastructure", "automatic")]).await;
    assert_eq!(changed.status, 303, "{}", changed.text);
    let mut referred = 0;
    for n in 1..31 {
        let (number, case) = filed(&town, LAMP, n).await;
        let seen = town.get(&format!("/api/v1/desk/cases/{number}"), &admin).await;
        let waits = seen.body["can"].to_string().contains("refer");
        assert_eq!(waits, case["status"] == "received", "{}", seen.text);
        referred += usize::from(case["status"] == "referred");
    }
    assert!((20..=30).contains(&referred), "{referred}");
    town.work().await;
    let list = town.get("/api/v1/desk/cases?status=referred&limit=1", &admin).await;
    assert_eq!(list.body["total"], referred, "{}", list.text);
    let number = list.body["items"][0]["number"].as_str().unwrap();
    let letters = crate::steps::letters(&town, number).await;
    let rules = town.app.rules().jurisdiction;
    let place = rules.destination_for("infrastructure").unwrap();
    let name = dangvan::domain::in_language(&place.names, "vi");
    assert!(letters.contains(name), "it is said where: {letters}");
    town.check().await;
}

on_both!(a_mode_falls_back);
async fn a_mode_falls_back(db: Db) {
    let town = town("hcmc", db).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    let admin = town.officer("root", Role::Admin, None).await;
    let mut numbers = Vec::new();
    for n in 0..50 {
        let (number, case) = filed(&town, LATE, n).await;
        assert_eq!((&case["scope"], &case["status"]), (&json!("in"), &json!("forwarded")));
        numbers.push(number);
    }
    // Decided when all are in: what officers say counts for the next ones at once.
    for (n, number) in numbers.iter().enumerate() {
        assert_eq!(fall_back(&town.app.context()).await.unwrap(), Vec::<String>::new());
        match n % 5 {
            0 => decided(&town, &triage, number, "out", "question").await,
            _ => decided(&town, &triage, number, "in", "delay").await,
        }
    }
    assert_eq!(fall_back(&town.app.context()).await.unwrap(), ["delay"]);
    town.app.refresh_rules().await.unwrap();
    let said = town.get("/admin?language=en", &admin).await;
    assert!(said.text.contains("was not right often enough"), "{}", said.text);
    let rules = town.app.rules().jurisdiction;
    let delay = rules.category("delay").unwrap();
    assert_eq!((delay.mode.word(), delay.fell_back), ("suggest", true));
    let judged = town.app.rules().engine.judge(None, LATE);
    assert_ne!(judged.scope, Scope::Out);
    // Set again by hand, it is measured anew.
    town.pass(chrono::TimeDelta::minutes(1));
    let changed = town.send("/admin/modes", &admin, &[("mode.delay", "automatic")]).await;
    assert_eq!(changed.status, 303, "{}", changed.text);
    assert_eq!(fall_back(&town.app.context()).await.unwrap(), Vec::<String>::new());
    assert!(!town.get("/admin?language=en", &admin).await.text.contains("was not right often"));
}
