//! Who may what: the product's table, and what it means over HTTP.

use dangvan::domain::case::Verb;
use dangvan::domain::user::Role;
use serde_json::{Value, json};

use crate::harness::{Db, town};
use crate::steps::{self, done, total};

const TEXT: &str = "My form was handed in long ago, my telephone is 0871234567 and nothing came.";

fn body(agency: &str) -> serde_json::Value {
    json!({"text": TEXT, "agency": agency, "hide_identity": false,
        "reporter": {"kind": "individual", "name": "Sam Sample", "email": "sam@example.org"}})
}

/// Who filed what else is said to those alone who may know of the other case.
#[actix_web::test]
async fn a_senders_other_cases_are_named_with_care() {
    let town = town("hcmc", Db::Sqlite).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    let own = town.officer("lead", Role::Leader, Some("so-xay-dung")).await;
    let (first, _) = town.file(body("so-xay-dung")).await;
    let (second, _) = town.file(body("so-xay-dung")).await;
    let (elsewhere, _) = town.file(body("so-y-te")).await;
    let mut hidden = body("so-xay-dung");
    hidden["hide_identity"] = json!(true);
    let (hidden, _) = town.file(hidden).await;
    let routes = [(&first, "so-xay-dung"), (&second, "so-xay-dung"), (&elsewhere, "so-y-te")];
    for (number, agency) in routes.into_iter().chain([(&hidden, "so-xay-dung")]) {
        let routed = town.step(&triage, number, "route", json!({"agency": agency})).await;
        assert_eq!(routed.status, 200, "{}", routed.text);
    }
    let related = async |token: &str| {
        let seen = town.get(&format!("/api/v1/desk/cases/{first}"), token).await;
        assert_eq!(seen.status, 200, "{}", seen.text);
        seen.body["related"].clone()
    };
    assert_eq!(related(&triage).await, json!([second, elsewhere, hidden]));
    assert_eq!(related(&own).await, json!([second]));
}

#[actix_web::test]
async fn the_table_holds() {
    use Role::{Admin, Agency, Leader, Oversight, Triage};
    let town = town("hcmc", Db::Sqlite).await;
    let rules = town.app.rules().jurisdiction;
    let own = rules.agency_by_code("so-xay-dung", chrono::NaiveDate::MAX).unwrap().id;
    let (number, _) = town.file(body("so-xay-dung")).await;
    let stored =
        town.app.store.read(move |c| dangvan::store::cases::by_number(c, &number)).await.unwrap();
    let mut case = stored.case;
    case.agency = Some(own);
    let user = |role, agency| dangvan::domain::user::User {
        id: 99,
        email: String::new(),
        name: String::new(),
        role,
        agency,
        confidential: false,
        must_change_password: false,
        notify_triage: false,
        language: "vi".into(),
        disabled: false,
    };
    let deciding = [Verb::Decide, Verb::Route, Verb::Refer, Verb::Refuse, Verb::Restrict];
    let working = [Verb::Accept, Verb::Return, Verb::Ask, Verb::Answer, Verb::Extend];
    let approving = [Verb::Approve, Verb::ReturnAnswer];
    let keeping = [Verb::Note, Verb::Assign, Verb::Close, Verb::Reopen];
    let may = |role, agency, verbs: &[Verb]| {
        let user = user(role, agency);
        let all: Vec<bool> = verbs.iter().map(|v| user.may(*v, &case, &rules)).collect();
        assert!(all.iter().all(|m| *m == all[0]), "{role} {verbs:?}: {all:?}");
        all[0]
    };
    let other = rules.agency_by_code("so-y-te", chrono::NaiveDate::MAX).unwrap().id;
    let table = [
        (Triage, None, [true, true, true, true]),
        (Agency, Some(own), [false, true, false, true]),
        (Agency, Some(other), [false, false, false, false]),
        (Leader, None, [true, true, true, true]),
        (Leader, Some(own), [true, true, true, true]),
        (Leader, Some(other), [false, false, false, false]),
        (Oversight, None, [false, false, false, false]),
        (Admin, None, [true, true, true, true]),
    ];
    for (role, agency, wanted) in table {
        let found = [
            may(role, agency, &deciding),
            may(role, agency, &working),
            may(role, agency, &approving),
            may(role, agency, &keeping),
        ];
        assert_eq!(found, wanted, "{role} {agency:?}");
    }
    case.hide_identity = true;
    assert!(!user(Agency, Some(own)).sees_identity(&case));
    assert!(!user(Oversight, None).sees_identity(&case));
    assert!(user(Triage, None).sees_identity(&case));
}

on_both!(nobody_sees_what_is_not_theirs);
async fn nobody_sees_what_is_not_theirs(db: Db) {
    let town = town("hcmc", db).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    let confidential = town.officer_with("safe", Role::Triage, None, true).await;
    let own = town.officer("own", Role::Agency, Some("so-xay-dung")).await;
    let other = town.officer("other", Role::Agency, Some("so-y-te")).await;
    let oversight = town.officer("council", Role::Oversight, None).await;
    let (number, _) = town.file(body("so-xay-dung")).await;
    let path = format!("/api/v1/desk/cases/{number}");
    assert_eq!(town.get(&path, "").await.status, 401);
    assert_eq!(town.get(&path, "dv_nonsense").await.status, 401);
    assert_eq!(town.get(&path, &own).await.status, 404, "not routed to it yet");
    let routed = town.step(&triage, &number, "route", json!({"agency": "so-xay-dung"})).await;
    assert_eq!(routed.status, 200, "{}", routed.text);
    assert_eq!(town.get(&path, &own).await.body["reporter"]["name"], "Sam Sample");
    assert_eq!(town.get(&path, &other).await.status, 404);
    let seen = town.get(&path, &oversight).await;
    assert_eq!(seen.body["reporter"], serde_json::Value::Null);
    assert!(!seen.text.contains("0871234567"), "{}", seen.text);
    assert_eq!(town.step(&oversight, &number, "note", json!({"text": "x"})).await.status, 403);
    town.work().await;

    let restrict = json!({"restricted": true, "reason": "names an official"});
    let restricted = town.step(&triage, &number, "restrict", restrict).await;
    assert_eq!(restricted.status, 204, "who restricts it loses sight of it: {}", restricted.text);
    town.work().await;
    for token in [&triage, &own, &oversight] {
        assert_eq!(town.get(&path, token).await.status, 404);
        for list in
            ["/api/v1/desk/cases", "/api/v1/desk/cases?q=handed", "/api/v1/desk/cases?q=sam"]
        {
            let list = town.get(list, token).await;
            assert_eq!(list.body["total"], 0, "{}", list.text);
            assert_eq!(list.body["facets"]["status"], json!([]), "{}", list.text);
        }
    }
    let figure = town.get("/api/v1/desk/cases?figure=received", &triage).await;
    assert_eq!((&figure.body["total"], &figure.body["restricted"]), (&json!(0), &json!(1)));
    let report = town.get("/api/v1/reports/summary", &triage).await;
    assert_eq!(report.body["received"], 1, "restricted cases are counted");
    for list in ["/api/v1/desk/cases", "/api/v1/desk/cases?q=handed"] {
        assert_eq!(town.get(list, &confidential).await.body["total"], 1);
    }
    assert_eq!(town.get(&path, &confidential).await.status, 200);
    town.check().await;
}

on_both!(nobody_approves_what_they_wrote);
async fn nobody_approves_what_they_wrote(db: Db) {
    let town = town("hcmc", db).await;
    let leader = town.officer("leader", Role::Leader, None).await;
    let second = town.officer("second", Role::Leader, None).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    let (number, _) = town.file(body("so-xay-dung")).await;
    town.step(&triage, &number, "route", json!({"agency": "so-xay-dung"})).await;
    let answer = json!({"text": "It is done."});
    let written = town.step(&leader, &number, "answer", answer).await;
    assert_eq!(written.body["status"], "answer_review", "{}", written.text);
    let own = town.step(&leader, &number, "approve", json!({"what": "answer"})).await;
    assert_eq!(own.status, 403);
    let back = town.step(&second, &number, "return-answer", json!({"reason": "Say when."})).await;
    assert_eq!(back.body["status"], "in_progress", "{}", back.text);
    let longer = json!({"due_at": "2027-02-01", "reason": "A survey is needed."});
    let asked = town.step(&leader, &number, "extend", longer).await;
    assert_eq!(asked.body["pending"]["what"], "extension", "{}", asked.text);
    let before = asked.body["due_at"].clone();
    let extended = town.step(&second, &number, "approve", json!({"what": "extension"})).await;
    assert_ne!(extended.body["due_at"], before, "{}", extended.text);
    town.check().await;
}

on_both!(readers_are_users_each_once);
async fn readers_are_users_each_once(db: Db) {
    let town = town("plain", db).await;
    let triage = town.officer_with("triage", Role::Triage, None, true).await;
    let named = town.officer("named", Role::Agency, Some("works-department")).await;
    let ids = town.app.store.read(dangvan::store::users::all).await.unwrap();
    let id = ids.iter().find(|u| u.name == "named").unwrap().id;
    let (number, _) = town.file(body("works-department")).await;
    let restrict = |readers| json!({"restricted": true, "reason": "why", "readers": readers});
    let unknown = town.step(&triage, &number, "restrict", restrict(json!([id, 4711]))).await;
    assert_eq!(unknown.status, 422, "{}", unknown.text);
    assert_eq!(unknown.body["errors"][0]["field"], "readers");
    let path = format!("/api/v1/desk/cases/{number}");
    assert_eq!(town.get(&path, &named).await.status, 404);
    let twice = town.step(&triage, &number, "restrict", restrict(json!([id, id]))).await;
    assert_eq!(twice.status, 200, "{}", twice.text);
    assert_eq!(town.get(&path, &named).await.status, 200);
    town.check().await;
}

#[actix_web::test]
async fn nothing_new_names_what_is_gone() {
    let town = town("hcmc", Db::Sqlite).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    let admin = town.officer("root", Role::Admin, None).await;
    let day = crate::harness::start().date_naive();
    let rules = town.app.rules().jurisdiction;
    // A code that was used again is not gone.
    let agency = rules.agencies.iter().map(|a| a.code.as_str());
    let agency = agency.clone().find(|c| rules.agency_in_force(c, day).is_none()).unwrap();
    let area = rules.areas.iter().map(|a| a.code.as_str());
    let area = area.clone().find(|c| rules.area_in_force(c, day).is_none()).unwrap();
    let mut filed = body(agency);
    filed["area"] = json!(area);
    let refused = town.post("/api/v1/cases", filed).await;
    assert_eq!(refused.status, 422, "{}", refused.text);
    let fields: Vec<_> = refused.body["errors"].as_array().unwrap().iter().collect();
    let named = |name: &str| fields.iter().any(|e| e["field"] == name);
    assert!(named("agency") && named("area") && fields.len() == 2, "{}", refused.text);
    let (number, _) = town.file(body("so-xay-dung")).await;
    let routed = town.step(&triage, &number, "route", json!({"agency": agency})).await;
    assert_eq!((routed.status, &routed.body["errors"][0]["field"]), (422, &json!("agency")));
    let form = [("email", "x@city.example"), ("name", "X"), ("role", "agency"), ("agency", agency)];
    assert_eq!(town.send("/admin/users", &admin, &form).await.status, 422);
    // What has happened is still found by the code of its time.
    let list = town.get(&format!("/api/v1/desk/cases?agency={agency}"), &triage).await;
    assert_eq!(list.status, 200, "{}", list.text);
}

/// Who hides from the agency is neither read in the text nor found by the contact.
#[actix_web::test]
async fn a_hidden_sender_stays_hidden_in_the_text() {
    let town = town("hcmc", Db::Sqlite).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    let own = town.officer("own", Role::Agency, Some("so-xay-dung")).await;
    let mut numbers = Vec::new();
    for (hide, text) in [(false, "open"), (true, "hidden")] {
        let mut case = body("so-xay-dung");
        case["hide_identity"] = json!(hide);
        case["text"] = json!(format!("{TEXT} It is {text}."));
        let (number, code) = town.file(case).await;
        let routed = town.step(&triage, &number, "route", json!({"agency": "so-xay-dung"})).await;
        assert_eq!(routed.status, 200, "{}", routed.text);
        let more = json!({"text": "Please call 0871234567."});
        let path = format!("/api/v1/cases/{code}/messages");
        assert_eq!(town.post(&path, more).await.status, 200);
        numbers.push(number);
    }
    town.work().await;
    for (token, number, is_masked) in [
        (&own, &numbers[0], false),
        (&own, &numbers[1], true),
        (&triage, &numbers[0], false),
        (&triage, &numbers[1], false),
    ] {
        let seen = town.get(&format!("/api/v1/desk/cases/{number}"), token).await;
        assert_eq!(!seen.text.contains("0871234567"), is_masked, "{}", seen.text);
        assert_eq!(seen.body["messages"][0]["text"].to_string().contains('▒'), is_masked);
        // A reason stands in the text as it is returned.
        let text: Vec<char> = seen.body["text"].as_str().unwrap().chars().collect();
        for reason in seen.body["decision"]["reasons"].as_array().unwrap() {
            let at = |name: &str| usize::try_from(reason[name].as_u64().unwrap()).unwrap();
            let there: String = text[at("offset")..at("offset") + at("length")].iter().collect();
            assert!(at("length") == 0 || reason["phrase"] == there, "{reason} and {there}");
        }
        for query in ["", "?q=handed"] {
            let list = town.get(&format!("/api/v1/desk/cases{query}"), token).await;
            let items = list.body["items"].as_array().unwrap();
            let item = items.iter().find(|item| item["number"] == **number).unwrap();
            let shown = item["excerpt"].as_str().unwrap();
            assert_eq!(!shown.contains("0871234567"), is_masked, "{query}: {shown}");
        }
    }
    for (token, total) in [(&own, 1), (&triage, 2)] {
        let found = town.get("/api/v1/desk/cases?q=sam@example.org", token).await;
        assert_eq!(found.body["total"], total, "{}", found.text);
    }
    let related = town.get(&format!("/api/v1/desk/cases/{}", numbers[1]), &own).await;
    assert_eq!(related.body["related"], json!([]));
}

#[actix_web::test]
async fn what_can_be_done_is_what_this_user_may_do() {
    let town = town("hcmc", Db::Sqlite).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    let own = town.officer("own", Role::Agency, Some("so-xay-dung")).await;
    let (number, _) = town.file(body("so-xay-dung")).await;
    town.step(&triage, &number, "route", json!({"agency": "so-xay-dung"})).await;
    town.step(&own, &number, "accept", json!({})).await;
    let seen = town.get(&format!("/api/v1/desk/cases/{number}"), &own).await;
    let again = town.step(&own, &number, "accept", json!({})).await;
    assert_eq!((again.status, &again.body["can"]), (409, &seen.body["can"]), "{}", again.text);
    // Nobody approves what they wrote.
    let answered = town.step(&triage, &number, "answer", json!({"text": "It is done."})).await;
    let can = |answer: &crate::harness::Answer| answer.body["can"].to_string();
    assert!(!can(&answered).contains("\"approve\""), "{}", answered.text);
    let admin = town.officer("root", Role::Admin, None).await;
    let seen = town.get(&format!("/api/v1/desk/cases/{number}"), &admin).await;
    assert!(can(&seen).contains("\"approve\""), "{}", seen.text);
}

#[actix_web::test]
async fn officers_are_named_by_their_address() {
    let town = town("hcmc", Db::Sqlite).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    town.officer("reader", Role::Leader, None).await;
    let (number, _) = town.file(steps::body("sam@citizen.example")).await;
    let name = "Reader@City.example";
    let assigned = done(&town, &triage, &number, "assign", json!({"user": name})).await;
    assert_eq!(assigned["assigned_to"], "reader");
    assert_eq!(total(&town, &triage, "assigned=reader@city.example").await, 1);
    for wrong in [json!({"user": "nobody@city.example"}), json!({"user": 4_711}), json!({})] {
        let answer = town.step(&triage, &number, "assign", wrong).await;
        assert_eq!((answer.status, &answer.body["errors"][0]["field"]), (422, &json!("user")));
    }
    let free = done(&town, &triage, &number, "assign", json!({"user": null})).await;
    assert_eq!(free["assigned_to"], Value::Null);
    let readers = json!(["triage@city.example"]);
    let restrict = json!({"restricted": true, "reason": "Nêu tên cán bộ.", "readers": readers});
    let restricted = done(&town, &triage, &number, "restrict", restrict).await;
    assert_eq!(restricted["restricted"], true, "whom it names reads on: {restricted}");
    let list = town.get("/api/v1/desk/cases?assigned=nobody@city.example", &triage).await;
    assert_eq!(list.status, 422, "{}", list.text);
}
