//! What may be known of decided cases by whom: learned and forgotten, quoted and not, restricted at
//! once.

use actix_web::http::Method;
use chrono::TimeDelta;
use dangvan::domain::user::Role;
use dangvan::flow::learn;
use dangvan::index::scope::Engine;
use serde_json::{Value, json};

use crate::harness::{Answer, Ask, Db, Town, town};
use crate::smtp_server::SmtpServer;
use crate::steps::{OTHER, OWN, body, connected, done, give_address, seen, total};

/// What would be decided of the body's text, as somebody is shown it.
async fn previewed(town: &Town, token: &str) -> Answer {
    let body = Some(json!({"text": body("")["text"]}));
    let ask = Ask { token: Some(token), body, ..Ask::default() };
    let answer = town.call(Method::POST, "/api/v1/desk/preview", ask).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer
}

fn to_own(server: &SmtpServer) -> usize {
    server.received().iter().filter(|m| m.to.iter().any(|to| to.contains(OWN))).count()
}

on_both!(a_restricted_case_is_forgotten_at_once);
async fn a_restricted_case_is_forgotten_at_once(db: Db) {
    let server = SmtpServer::start().await;
    let town = connected(db, &server).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    let safe = town.officer_with("safe", Role::Triage, None, true).await;
    let own = town.officer("own", Role::Agency, Some(OWN)).await;
    let other = town.officer("other", Role::Agency, Some(OTHER)).await;
    give_address(&town, OWN).await;
    let (first, _) = town.file(body("a@citizen.example")).await;
    done(&town, &triage, &first, "decide", json!({"scope": "in", "category": "delay"})).await;
    town.work().await;
    let rules = town.app.rules();
    let follow = async |engine, from| learn::follow(&town.app.store, engine, from).await.unwrap();
    town.app.follow_labels().await.unwrap();
    // Another process on the same database.
    let model = rules.engine.model_bytes();
    let beside = Engine::build(&rules.jurisdiction, &[], Some(&model)).unwrap();
    let far = follow(&beside, learn::Mark::default()).await;
    let text = body("b@citizen.example")["text"].clone();
    let knows = |engine: &Engine| {
        let near = engine.judge(None, text.as_str().unwrap()).neighbours;
        near.iter().any(|n| n.number.as_deref() == Some(&first))
    };
    assert!(knows(&beside) && knows(&rules.engine));
    let (second, _) = town.file(body("b@citizen.example")).await;
    done(&town, &triage, &second, "route", json!({"agency": OWN})).await;
    let names = async |token: &str| {
        let case = seen(&town, token, &second).await;
        case["decision"].to_string().contains(&first)
    };
    assert!(names(&triage).await, "the nearest case is named");
    assert!(!names(&own).await, "and not to whom it is not shown");
    let preview = async |token: &str| previewed(&town, token).await.text.contains(&first);
    assert!(preview(&triage).await && !preview(&other).await);
    // Within the minute, with the notice unsent.
    done(&town, &triage, &first, "route", json!({"agency": OWN})).await;
    done(&town, &triage, &first, "restrict", json!({"restricted": true, "reason": "why"})).await;
    town.pass(TimeDelta::seconds(61));
    town.work().await;
    assert_eq!(to_own(&server), 1, "of the second case alone");
    assert!(!knows(&rules.engine), "forgotten");
    follow(&beside, far).await;
    assert!(!knows(&beside), "by every process");
    assert!(!names(&triage).await && !preview(&triage).await);
    assert!(names(&safe).await, "who may know of it still finds it named");
    // No longer restricted: the agency hears of its case after all.
    done(&town, &safe, &first, "restrict", json!({"restricted": false, "reason": "why"})).await;
    town.pass(TimeDelta::seconds(61));
    town.work().await;
    assert_eq!(to_own(&server), 2);
    town.check().await;
}

on_both!(a_denunciation_in_so_many_words_is_restricted_at_once);
async fn a_denunciation_in_so_many_words_is_restricted_at_once(db: Db) {
    let town = town("hcmc", db).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    let safe = town.officer_with("safe", Role::Triage, None, true).await;
    let text = "Tôi làm đơn tố cáo ông Nguyễn Văn Bình, cán bộ địa chính phường, đã nhận hối lộ và \
        lợi dụng chức vụ để chiếm đoạt tiền hỗ trợ của dân. Tôi đề nghị giữ bí mật danh tính.";
    let filed = |text: &str| json!({"text": text, "reporter": {"kind": "individual"}});
    let (number, _) = town.file(filed(text)).await;
    town.work().await;
    let path = format!("/api/v1/desk/cases/{number}");
    assert_eq!(town.get(&path, &triage).await.status, 404, "restricted at receipt");
    let case = seen(&town, &safe, &number).await;
    assert_eq!((&case["scope"], &case["category"]), (&json!("out"), &json!("denunciation")));
    assert_eq!(case["restricted"], true);
    assert_eq!(total(&town, &triage, "q=hoi").await, 0);
    // Without marks it is a suspicion: first in the queue, and an officer decides.
    let bare: String = dangvan::text::folded(text);
    let (number, _) = town.file(filed(&bare)).await;
    let case = seen(&town, &triage, &number).await;
    assert_eq!((&case["scope"], &case["restricted"]), (&json!("ask"), &json!(false)));
    assert!(case["flags"].to_string().contains("denunciation_suspected"));
    town.check().await;
}

/// No rule names an agency: then where cases like it went is a suggestion, and no more.
#[actix_web::test]
async fn the_nearest_cases_suggest_who_answers() {
    let town = town("hcmc", Db::Sqlite).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    let other = town.officer("other", Role::Agency, Some(OTHER)).await;
    let (first, _) = town.file(body("a@citizen.example")).await;
    done(&town, &triage, &first, "decide", json!({"scope": "in", "category": "delay"})).await;
    done(&town, &triage, &first, "route", json!({"agency": OWN})).await;
    town.work().await;
    let (second, _) = town.file(body("b@citizen.example")).await;
    let case = seen(&town, &triage, &second).await;
    assert_eq!(case["agency"], Value::Null, "a likeness forwards nothing");
    assert_eq!(case["suggested"]["code"], OWN, "{}", case["suggested"]);
    assert_eq!(case["suggested"]["rule"], "neighbours");
    let page = town.get(&format!("/desk/cases/{second}"), &triage).await;
    assert!(page.text.contains("các vụ việc tương tự đã được chuyển đến đó"));
    let shown = previewed(&town, &triage).await;
    assert_eq!(shown.body["agency"]["rule"], "neighbours", "{}", shown.text);
    let hidden = previewed(&town, &other).await;
    assert_eq!(hidden.body["agency"], Value::Null, "{}", hidden.text);
    // Who wrote without a name has no contact to change.
    let mut nameless = body("");
    nameless["reporter"] = json!({"kind": "individual"});
    nameless["anonymous"] = json!(true);
    let (_, code) = town.file(nameless).await;
    let contact = json!({"email": "sam@citizen.example"});
    let refused = town.post(&format!("/api/v1/cases/{code}/contact"), contact).await;
    assert_eq!(refused.status, 409, "{}", refused.text);
    assert!(!refused.body["can"].to_string().contains("contact"), "{}", refused.text);
}
