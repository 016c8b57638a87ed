//! The main job, end to end, on both databases: file, decide, route, mail, find, answer, follow,
//! count.

use chrono::TimeDelta;
use dangvan::domain::user::Role;
use serde_json::json;

use crate::harness::{Db, Town, town};

const DELAY: &str = "Tôi nộp hồ sơ cấp đổi sổ ngày 03/4, giấy hẹn 24/4 mà tới nay chưa có kết quả, \
    tôi đã đi lại nhiều lần mà không ai trả lời.";

fn delay() -> serde_json::Value {
    json!({
        "text": DELAY,
        "reporter": {"kind": "individual", "name": "Trần Thị Thử", "email": "thu@example.org"},
        "agency": "ubnd-p-ben-thanh",
        "area": "p-ben-thanh",
    })
}

on_both!(a_case_goes_all_the_way);
async fn a_case_goes_all_the_way(db: Db) {
    let town = town("hcmc", db).await;
    let officer = town.officer("xuly", Role::Agency, Some("ubnd-p-ben-thanh")).await;
    let leader = town.officer("lanhdao", Role::Leader, None).await;
    let triage = town.officer("phanloai", Role::Triage, None).await;

    let filed = town.post("/api/v1/cases", delay()).await;
    assert_eq!(filed.status, 201, "{}", filed.text);
    assert_eq!(filed.body["scope"], "in", "{}", filed.text);
    assert_eq!(filed.body["category"], "delay");
    assert_eq!(filed.body["status"], "forwarded");
    assert_eq!(filed.body["agency"]["code"], "ubnd-p-ben-thanh");
    // Twenty days after the 24th, which is not counted, in the pack's zone.
    assert_eq!(filed.body["due_at"], "2026-12-14T16:59:59.999999Z");
    let number = filed.body["number"].as_str().unwrap();
    let code = filed.body["code"].as_str().unwrap();
    assert_eq!(number, "DV26-000001-3");

    town.work().await;
    let mails = town.mails();
    assert_eq!(mails.len(), 1, "the receipt; the ward has a placeholder address");

    found_without_marks(&town, &triage, number).await;
    answered(&town, &officer, &leader, number).await;

    let view = town.get(&format!("/api/v1/cases/{code}"), "").await;
    assert_eq!(view.body["status"], "answered", "{}", view.text);
    assert_eq!(view.body["answer"]["text"], "Hồ sơ đã có kết quả, mời bà đến nhận.");
    let rated = town.post(&format!("/api/v1/cases/{code}/rating"), json!({"score": 5})).await;
    assert_eq!(rated.body["rating"]["score"], 5, "{}", rated.text);

    let report = town.get("/api/v1/reports/summary?from=2026-11-01&to=2026-11-30", &leader).await;
    assert_eq!(report.body["received"], 1, "{}", report.text);
    assert_eq!(report.body["outcomes"]["answer"], json!({"count": 1, "on_time": 1, "late": 0}));
    assert_eq!(report.body["on_time_rate"], 1.0);
    assert_eq!(report.body["rating"], json!({"mean": 5.0, "count": 1}));
    let list = "/api/v1/desk/cases?figure=outcomes.answer.on_time&from=2026-11-01&to=2026-11-30";
    let list = town.get(list, &leader).await;
    assert_eq!(list.body["total"], 1, "{}", list.text);
    assert_eq!(list.body["items"][0]["number"], number);
    town.check().await;
}

async fn found_without_marks(town: &Town, triage: &str, number: &str) {
    for q in
        ["giay%20hen", "gi%E1%BA%A5y%20h%E1%BA%B9n", "GIAY%20HEN", "%22chua%20co%20ket%20qua%22"]
    {
        let found = town.get(&format!("/api/v1/desk/cases?q={q}"), triage).await;
        assert_eq!(found.body["total"], 1, "{q}: {}", found.text);
        assert_eq!(found.body["items"][0]["number"], number);
        assert_eq!(found.body["facets"]["scope"][0]["key"], "in");
        assert_eq!(found.body["index"]["behind_seconds"], 0);
    }
    let none = town.get("/api/v1/desk/cases?q=khongcotunay", triage).await;
    assert_eq!(none.body["total"], 0);
}

async fn answered(town: &Town, officer: &str, leader: &str, number: &str) {
    let accepted = town.step(officer, number, "accept", json!({})).await;
    assert_eq!(accepted.body["status"], "in_progress", "{}", accepted.text);
    let text = json!({"text": "Hồ sơ đã có kết quả, mời bà đến nhận."});
    let written = town.step(officer, number, "answer", text).await;
    assert_eq!(written.body["status"], "answer_review", "{}", written.text);
    let own = town.step(officer, number, "approve", json!({"what": "answer"})).await;
    assert_eq!(own.status, 403, "an agency officer approves nothing");
    let approved = town.step(leader, number, "approve", json!({"what": "answer"})).await;
    assert_eq!(approved.body["status"], "answered", "{}", approved.text);
    town.work().await;
    assert_eq!(town.mails().len(), 1, "an officer's mail waits its minute");
    town.pass(TimeDelta::seconds(61));
    town.work().await;
    let mails = town.mails();
    assert_eq!(mails.len(), 2);
}

on_both!(an_officers_decision_stands_beside_the_machines);
async fn an_officers_decision_stands_beside_the_machines(db: Db) {
    let town = town("hcmc", db).await;
    let triage = town.officer("phanloai", Role::Triage, None).await;
    let body = json!({
        "text": "Hẻm nhà tôi ban đêm tối om, đèn đường hư cả tháng nay chưa ai sửa.",
        "reporter": {"kind": "individual"},
        "anonymous": true,
    });
    let (number, code) = town.file(body).await;
    let seen = town.get(&format!("/api/v1/desk/cases/{number}"), &triage).await;
    assert_eq!(seen.body["reporter"]["name"], serde_json::Value::Null);
    let decided = json!({"scope": "out", "category": "infrastructure"});
    let decided = town.step(&triage, &number, "decide", decided).await;
    assert_eq!(decided.status, 200, "{}", decided.text);
    let decisions = decided.body["decisions"].as_array().unwrap();
    // The earlier ones alone: the present one stands beside them.
    assert_eq!(seen.body["decisions"], json!([]));
    assert_eq!(decisions.len(), 1);
    assert_eq!(decisions[0]["basis"], "machine");
    assert_eq!(decided.body["decision"]["basis"], "officer");
    let wrong = json!({"scope": "in", "category": "infrastructure"});
    let wrong = town.step(&triage, &number, "decide", wrong).await;
    assert_eq!(wrong.status, 422);
    assert_eq!(wrong.body["errors"][0]["rule"], "scope_mismatch");
    let referred = json!({"destination": "1022"});
    let destinations = &town.app.rules().jurisdiction.destinations;
    let destination = destinations
        .iter()
        .find(|d| d.categories.iter().any(|c| c == "infrastructure"))
        .map(|d| json!({"destination": d.code}))
        .unwrap_or(referred);
    let referred = town.step(&triage, &number, "refer", destination).await;
    assert_eq!(referred.body["status"], "referred", "{}", referred.text);
    let reopened =
        town.post(&format!("/api/v1/cases/{code}/reopen"), json!({"reason": "Vẫn tối."})).await;
    assert_eq!(reopened.body["status"], "received", "{}", reopened.text);
    town.check().await;
}

#[actix_web::test]
async fn the_plain_pack_makes_another_town() {
    let town = town("plain", Db::Sqlite).await;
    let leader = town.officer("leader", Role::Leader, None).await;
    let agencies = town.get("/api/v1/agencies", "").await;
    let agency = agencies.body["items"][1]["code"].as_str().unwrap().to_owned();
    let body = json!({
        "text": "I handed in my application eight weeks ago, the date on the receipt has long \
            passed and nobody tells me when I get the result.",
        "reporter": {"kind": "individual", "name": "Sam Sample", "email": "sam@example.org"},
        "agency": agency,
    });
    let filed = town.post("/api/v1/cases", body).await;
    assert_eq!(filed.status, 201, "{}", filed.text);
    assert!(filed.body["due_at"].is_string(), "{}", filed.text);
    town.work().await;
    let mails = town.mails();
    assert_eq!(mails.len(), 1);
    assert!(mails[0].contains("Subject: "), "{}", mails[0]);
    let report = town.get("/api/v1/reports/summary", &leader).await;
    assert_eq!(report.body["received"], 1);
    town.check().await;
}
