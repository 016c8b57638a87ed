//! A case about an office's conduct is never that office's: whoever decides it so, and however
//! often it is opened again.

use dangvan::domain::user::Role;
use serde_json::{Value, json};

use crate::harness::{Db, Town, town};
use crate::steps::{done, seen, total};

const ACCUSED: &str = "ubnd-p-ben-thanh";

fn about(agency: &str) -> Value {
    json!({"text": "Hồ sơ cấp phép xây dựng của tôi nộp đã quá ngày hẹn mà chưa có kết quả.",
        "agency": agency,
        "reporter": {"kind": "individual", "name": "Sam Sample", "email": "sam@citizen.example"}})
}

fn parent_of(town: &Town, code: &str) -> String {
    let rules = town.app.rules().jurisdiction;
    let day = town.app.clock.now().date_naive();
    let parent = rules.agency_in_force(code, day).unwrap().parent.unwrap();
    rules.agency(parent).unwrap().code.clone()
}

/// The letters of a case with where they stand.
fn letters(case: &Value) -> Vec<(&str, &str)> {
    let mails = case["mails"].as_array().unwrap().iter();
    mails.map(|m| (m["kind"].as_str().unwrap(), m["state"].as_str().unwrap())).collect()
}

on_both!(the_accused_office_loses_the_case_and_never_gets_it_back);
async fn the_accused_office_loses_the_case_and_never_gets_it_back(db: Db) {
    let town = town("hcmc", db).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    let own = town.officer("own", Role::Agency, Some(ACCUSED)).await;
    let parent = parent_of(&town, ACCUSED);
    let (number, code) = town.file(about(ACCUSED)).await;
    let delay = json!({"scope": "in", "category": "delay"});
    done(&town, &triage, &number, "decide", delay).await;
    done(&town, &triage, &number, "route", json!({"agency": ACCUSED})).await;
    // It has written an answer that waits for approval, and has it taken out of its hands.
    done(&town, &own, &number, "answer", json!({"text": "Không có gì sai."})).await;
    let conduct = json!({"scope": "in", "category": "attitude"});
    let after = done(&town, &triage, &number, "decide", conduct).await;
    assert_eq!((&after["status"], &after["agency"]["code"]), (&json!("forwarded"), &json!(parent)));
    assert_eq!((&after["pending"], &after["assigned_to"]), (&Value::Null, &Value::Null));
    let events = after["events"].as_array().unwrap();
    let kinds: Vec<&Value> = events.iter().rev().take(3).map(|e| &e["kind"]).collect();
    assert_eq!(kinds, ["routed", "taken_back", "decided"]);
    assert_eq!(events.last().unwrap()["rule"], "above");
    assert_eq!(town.get(&format!("/api/v1/desk/cases/{number}"), &own).await.status, 404);
    town.work().await;
    let letters_now = letters(&after);
    assert!(letters_now.contains(&("agency_notice", "queued")), "{letters_now:?}");
    assert!(letters_now.contains(&("forwarded", "queued")), "{letters_now:?}");
    let back = town.step(&triage, &number, "route", json!({"agency": ACCUSED})).await;
    assert_eq!(back.status, 422, "{}", back.text);
    let error = &back.body["errors"][0];
    assert_eq!((&error["field"], &error["rule"]), (&json!("agency"), &json!("accused")));
    assert!(error["message"].as_str().unwrap().contains("chính cơ quan đó"), "{error}");
    let citizen = town.get(&format!("/api/v1/cases/{code}"), "").await.body;
    assert_eq!(citizen["agency"]["code"], parent, "{citizen}");
    town.check().await;
}

on_both!(what_has_ended_is_opened_again_elsewhere);
async fn what_has_ended_is_opened_again_elsewhere(db: Db) {
    let town = town("hcmc", db).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    let leader = town.officer("leader", Role::Leader, None).await;
    let own = town.officer("own", Role::Agency, Some(ACCUSED)).await;
    let (number, code) = town.file(about(ACCUSED)).await;
    done(&town, &triage, &number, "decide", json!({"scope": "in", "category": "delay"})).await;
    done(&town, &triage, &number, "route", json!({"agency": ACCUSED})).await;
    done(&town, &own, &number, "answer", json!({"text": "Không có gì sai."})).await;
    done(&town, &leader, &number, "approve", json!({"what": "answer"})).await;
    let conduct = json!({"scope": "in", "category": "wrong_conduct"});
    let decided = done(&town, &triage, &number, "decide", conduct).await;
    assert_eq!(decided["agency"]["code"], ACCUSED, "it answered, and that stands");
    let reopen = format!("/api/v1/cases/{code}/reopen");
    let reopened = town.post(&reopen, json!({"reason": "Chính họ trả lời."})).await;
    assert_eq!(reopened.status, 200, "{}", reopened.text);
    let after = seen(&town, &triage, &number).await;
    let parent = parent_of(&town, ACCUSED);
    assert_eq!((&after["status"], &after["agency"]["code"]), (&json!("forwarded"), &json!(parent)));
    assert_eq!(town.get(&format!("/api/v1/desk/cases/{number}"), &own).await.status, 404);
    assert!(letters(&after).contains(&("forwarded", "queued")), "{}", after["mails"]);
    town.check().await;
}

on_both!(where_no_rule_names_another_triage_has_it);
async fn where_no_rule_names_another_triage_has_it(db: Db) {
    let town = town("hcmc", db).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    let rules = town.app.rules().jurisdiction;
    let top = rules.agencies.iter().find(|a| a.parent.is_none() && !a.is_external()).unwrap();
    let top = top.code.clone();
    let (number, _) = town.file(about(&top)).await;
    done(&town, &triage, &number, "decide", json!({"scope": "in", "category": "delay"})).await;
    done(&town, &triage, &number, "route", json!({"agency": top})).await;
    done(&town, &triage, &number, "ask", json!({"text": "Số nào?"})).await;
    assert_eq!(total(&town, &triage, "queue=decide").await, 0);
    let conduct = json!({"scope": "in", "category": "harassment"});
    let after = done(&town, &triage, &number, "decide", conduct).await;
    assert_eq!((&after["status"], &after["agency"]), (&json!("received"), &Value::Null));
    assert_eq!(total(&town, &triage, "queue=decide").await, 1);
    assert!(letters(&after).contains(&("update", "queued")), "{}", after["mails"]);
    town.check().await;
}
