//! The contract's codes and problems: what is wrong is named, with field, rule and limit, in the
//! reader's language; nothing wrong is stored.

use actix_web::http::Method;
use dangvan::domain::user::Role;
use serde_json::{Value, json};

use crate::harness::{Answer, Ask, Db, Town, town};

fn good() -> Value {
    json!({"text": "My form was handed in and nothing came of it.",
        "reporter": {"kind": "individual"}})
}

fn with(name: &str, value: Value) -> Value {
    let mut body = good();
    body[name] = value;
    body
}

fn place(latitude: Value) -> Value {
    json!({"latitude": latitude, "longitude": 0})
}

async fn raw(town: &Town, headers: Vec<(&str, &str)>, body: &[u8]) -> Answer {
    let ask = Ask { headers, raw: Some(body.to_vec()), ..Ask::default() };
    town.call(Method::POST, "/api/v1/cases", ask).await
}

#[actix_web::test]
async fn wrong_fields_are_named_with_rule_and_limit() {
    let town = town("plain", Db::Sqlite).await;
    let long = "a".repeat(20_001);
    let table: Vec<(Value, &str, &str)> = vec![
        (json!({"reporter": {"kind": "individual"}}), "text", "required"),
        (with("text", json!("   \n ")), "text", "too_short"),
        (with("text", json!("123456789")), "text", "too_short"),
        (with("text", json!(long)), "text", "too_long"),
        (with("text", json!("a \u{0} control character")), "text", "control_characters"),
        (with("text", json!(7)), "text", "wrong_type"),
        (with("title", json!("t".repeat(201))), "title", "too_long"),
        (with("reporter", json!({})), "reporter.kind", "required"),
        (with("reporter", json!({"kind": "king"})), "reporter.kind", "unknown_code"),
        (with("reporter", json!("me")), "reporter", "wrong_type"),
        (
            with("reporter", json!({"kind": "individual", "email": "nobody"})),
            "reporter.email",
            "not_email",
        ),
        (
            with("reporter", json!({"kind": "individual", "phone": "call me"})),
            "reporter.phone",
            "not_phone",
        ),
        (with("agency", json!("nowhere")), "agency", "unknown_code"),
        (with("area", json!("nowhere")), "area", "unknown_code"),
        (with("procedure", json!("nothing")), "procedure", "unknown_code"),
        (with("channel", json!("letter")), "channel", "not_allowed_here"),
        (with("colour", json!("red")), "colour", "unknown_field"),
        (with("anonymous", json!("perhaps")), "anonymous", "wrong_type"),
        (with("anonymous", json!("yes")), "anonymous", "wrong_type"),
        (with("location", place(json!(91))), "location.latitude", "out_of_range"),
        (with("location", place(json!("10.7"))), "location.latitude", "wrong_type"),
        (with("location", json!("here")), "location", "wrong_type"),
        (with("location", json!({"latitude": 10})), "location.longitude", "required"),
    ];
    for (body, field, rule) in table {
        let answer = town.post("/api/v1/cases", body).await;
        assert_eq!(answer.status, 422, "{field}: {}", answer.text);
        let kind = answer.headers.get("content-type").unwrap();
        assert_eq!(kind, "application/problem+json");
        let error = &answer.body["errors"][0];
        assert_eq!((error["field"].as_str(), error["rule"].as_str()), (Some(field), Some(rule)));
        assert!(error["message"].as_str().unwrap().len() > 5, "{error}");
    }
    // Ten scalars after NFC: the decomposed form has more of them before.
    let nfd = "e\u{302}\u{301}".repeat(10);
    let taken = town.post("/api/v1/cases", with("text", json!(nfd))).await;
    assert_eq!(taken.status, 201, "{}", taken.text);
    let short = town.post("/api/v1/cases", with("text", json!("e\u{302}\u{301}".repeat(9)))).await;
    assert_eq!(short.status, 422);
    assert_eq!(town.app.store.read(dangvan::store::cases::count).await.unwrap(), 1);
}

#[actix_web::test]
async fn what_cannot_be_read_is_told_apart() {
    let town = town("hcmc", Db::Sqlite).await;
    let kind = ("content-type", "application/json");
    let broken = raw(&town, vec![kind], b"{\"text\": \"half").await;
    assert_eq!((broken.status, broken.body["status"].as_u64()), (400, Some(400)));
    let lone = raw(&town, vec![kind], br#"{"text": "\ud800 a lone surrogate"}"#).await;
    assert_eq!(lone.status, 400, "{}", lone.text);
    let other = raw(&town, vec![("content-type", "text/plain")], b"hello").await;
    assert_eq!(other.status, 415, "{}", other.text);
    let large = raw(&town, vec![kind], &vec![b' '; 600_000]).await;
    assert_eq!(large.status, 413, "{}", large.text);
    assert_eq!(large.body["type"], "about:dangvan/too-large");
    let foreign = vec![kind, ("origin", "https://elsewhere.example")];
    let foreign = raw(&town, foreign, good().to_string().as_bytes()).await;
    assert_eq!(foreign.status, 403);
    let nothing = town.get("/api/v1/nothing", "").await;
    assert_eq!(nothing.status, 404);
    assert_eq!(nothing.headers.get("x-content-type-options").unwrap(), "nosniff");
    assert!(nothing.headers.contains_key("content-security-policy"));
    // The same problem in both languages.
    for (language, title) in [("vi", "Không tìm thấy"), ("en", "There is nothing here")] {
        let headers = vec![("accept-language", language)];
        let ask = Ask { headers, ..Ask::default() };
        let answer = town.call(Method::GET, "/api/v1/nothing", ask).await;
        assert_eq!(answer.body["title"], title);
    }
}

#[actix_web::test]
async fn codes_are_forgiven_and_slips_are_told() {
    let town = town("plain", Db::Sqlite).await;
    let (number, code) = town.file(good()).await;
    let typed = code.to_lowercase().replace('0', "o").replace('1', "l").replace('-', "%20");
    let found = town.get(&format!("/api/v1/cases/{typed}"), "").await;
    assert_eq!(found.body["number"], number, "{}", found.text);
    // One letter wrong: the check character does not fit.
    let wrong = if code.starts_with('A') { "B" } else { "A" };
    let slip = format!("{wrong}{}", &code[1..]);
    let slip = town.get(&format!("/api/v1/cases/{slip}"), "").await;
    assert_eq!(
        (slip.status, slip.body["type"].as_str()),
        (404, Some("about:dangvan/mistyped-code"))
    );
    let unknown = town.app.seal.code(&[9; 16]);
    let unknown = town.get(&format!("/api/v1/cases/{unknown}"), "").await;
    assert_eq!(
        (unknown.status, unknown.body["type"].as_str()),
        (404, Some("about:dangvan/unknown-code"))
    );
}

on_both!(a_repeated_key_is_one_case);
async fn a_repeated_key_is_one_case(db: Db) {
    let town = town("plain", db).await;
    let post = async |key: &str, body: Value| {
        let headers = vec![("idempotency-key", key)];
        let ask = Ask { headers, body: Some(body), ..Ask::default() };
        town.call(Method::POST, "/api/v1/cases", ask).await
    };
    let first = post("k1", good()).await;
    let second = post("k1", good()).await;
    assert_eq!((first.status, second.status), (201, 201));
    assert_eq!(first.body, second.body);
    // Whatever has become of it since: the answer is the same.
    let triage = town.officer("triage", Role::Triage, None).await;
    let number = first.body["number"].as_str().unwrap();
    let agency = town.app.rules().jurisdiction.agencies[0].code.clone();
    let routed = town.step(&triage, number, "route", json!({"agency": agency})).await;
    assert_eq!(routed.status, 200, "{}", routed.text);
    assert_eq!(post("k1", good()).await.body, first.body);
    let other = post("k1", with("title", json!("other"))).await;
    assert_eq!(other.status, 422);
    assert_eq!(other.body["type"], "about:dangvan/key-reused");
    assert_eq!(post("k2", good()).await.status, 201);
    assert_eq!(town.app.store.read(dangvan::store::cases::count).await.unwrap(), 2);
}

on_both!(the_later_officer_is_told_what_changed);
async fn the_later_officer_is_told_what_changed(db: Db) {
    let town = town("plain", db).await;
    let triage = town.officer("first", Role::Triage, None).await;
    let other = town.officer("second", Role::Triage, None).await;
    let (number, _) = town.file(good()).await;
    let path = format!("/api/v1/desk/cases/{number}/note");
    let body = Some(json!({"text": "seen"}));
    let bare = Ask { token: Some(&triage), body: body.clone(), ..Ask::default() };
    assert_eq!(town.call(Method::POST, &path, bare).await.status, 428);
    let seen = town.get(&format!("/api/v1/desk/cases/{number}"), &other).await.etag.unwrap();
    assert_eq!(town.step(&triage, &number, "note", json!({"text": "seen"})).await.status, 200);
    let late = town.step_at(&other, &number, "note", &seen, json!({"text": "too late"})).await;
    assert_eq!(late.status, 412, "{}", late.text);
    assert_eq!(late.body["changed"][0]["field"], "noted");
    assert_eq!(late.body["changed"][0]["by"], "first");
    let illegal = town.step(&triage, &number, "approve", json!({"what": "answer"})).await;
    assert_eq!(illegal.status, 409, "nothing waits for approval");
    let illegal = town.step(&triage, &number, "close", json!({})).await;
    assert_eq!(illegal.status, 409, "{}", illegal.text);
    let can = illegal.body["can"].as_array().unwrap();
    assert!(can.iter().any(|verb| verb == "decide"), "{can:?}");
    let unknown = town.get("/api/v1/desk/cases?colour=red", &triage).await;
    assert_eq!(unknown.status, 422);
    assert_eq!(unknown.body["errors"][0]["field"], "colour");
    // Nobody is an answer too, and is said; no answer is a slip.
    let slip = town.step(&triage, &number, "assign", json!({})).await;
    assert_eq!((slip.status, &slip.body["errors"][0]["field"]), (422, &json!("user")));
    let nobody = town.step(&triage, &number, "assign", json!({"user": null})).await;
    assert_eq!(nobody.status, 200, "{}", nobody.text);
    let path = format!("/desk/cases/{number}/assign");
    let etag = nobody.etag.unwrap();
    let form = [("revision", etag.trim_matches('"')), ("user", "")];
    let sent = town.send(&path, &triage, &form).await;
    assert_eq!(sent.status, 303, "{}", sent.text);
    let to = sent.headers.get("location").unwrap().to_str().unwrap();
    assert!(town.get(to, &triage).await.text.contains("This is done: "), "{to}");
    let unknown = town.step(&triage, &number, "dance", json!({})).await;
    assert_eq!(unknown.status, 404);
    town.check().await;
}

#[actix_web::test]
async fn parameters_that_nobody_knows_are_named() {
    let town = town("plain", Db::Sqlite).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    let (number, code) = town.file(good()).await;
    for path in [
        "/api/v1/agencies".to_owned(),
        "/api/v1/me".to_owned(),
        format!("/api/v1/cases/{code}"),
        format!("/api/v1/desk/cases/{number}"),
        format!("/api/v1/desk/cases/{number}/similar"),
        "/api/v1/desk/cases".to_owned(),
        "/api/v1/reports/summary".to_owned(),
        "/api/v1/reports/series".to_owned(),
    ] {
        let known = town.get(&format!("{path}?language=en"), &triage).await;
        assert_eq!(known.status, 200, "{path}: {}", known.text);
        let unknown = town.get(&format!("{path}?colour=red"), &triage).await;
        assert_eq!(unknown.status, 422, "{path}: {}", unknown.text);
        let error = &unknown.body["errors"][0];
        assert_eq!((&error["field"], &error["rule"]), (&json!("colour"), &json!("unknown_field")));
    }
}

#[actix_web::test]
async fn a_number_is_no_code_and_who_is_sent_away_hears_for_how_long() {
    let town = town("plain", Db::Sqlite).await;
    let (number, code) = town.file(good()).await;
    let track = async |code: &str| town.send("/track?language=en", "", &[("code", code)]).await;
    let typed = track(&number).await;
    assert_eq!(typed.status, 404);
    assert!(typed.text.contains("This is a case number and not the code"), "{}", typed.text);
    assert!(!track("nonsense").await.text.contains("This is a case number"));
    let form = town.get("/file", "").await;
    assert_eq!(form.headers.get("cache-control").unwrap(), "private, no-cache");

    town.app.store.stop();
    let ready = town.get("/health/ready", "").await;
    assert_eq!((ready.status, &ready.body["status"]), (503, &json!("down")), "{}", ready.text);
    assert!(ready.body["parts"]["index"]["behind_seconds"].is_null(), "{}", ready.text);
    assert!(ready.headers.contains_key("retry-after"));
    assert_eq!(track(&code).await.status, 303, "what is stored can still be read");
}

/// Too many is said with the time to wait, and counts for who asks: an account, else an address.
#[actix_web::test]
async fn limits_count_for_who_asks() {
    let town = town("plain", Db::Sqlite).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    let other = town.officer("other", Role::Triage, None).await;
    let (_, code) = town.file(good()).await;
    let app = dangvan::application!(dangvan::web::data(&town.app));
    let service = actix_web::test::init_service(app).await;
    let ask = async |path: &str, token: &str| {
        let mut request = actix_web::test::TestRequest::with_uri(path);
        if !token.is_empty() {
            request = request.insert_header(("authorization", format!("Bearer {token}")));
        }
        let answer = actix_web::test::call_service(&service, request.to_request()).await;
        let wait = answer.headers().get("retry-after").map(|w| w.to_str().unwrap().to_owned());
        (answer.status().as_u16(), wait.and_then(|wait| wait.parse::<u64>().ok()))
    };
    // Time goes on while it is counted: a few more may be let through.
    let refused = async |path: &str, token: &str, most: usize| {
        for n in 0..most * 2 {
            let (status, wait) = ask(path, token).await;
            if status == 429 {
                assert!(n >= most && (1..=60).contains(&wait.unwrap()), "{path} {n} {wait:?}");
                return;
            }
            assert_eq!(status, 200, "{path}");
        }
        panic!("{path}: none refused");
    };
    let look_up = format!("/api/v1/cases/{code}");
    refused(&look_up, "", 30).await;
    assert_eq!(ask(&look_up, &triage).await.0, 200, "an account is counted apart");
    refused("/api/v1/desk/cases?limit=1", &triage, 60).await;
    assert_eq!(ask("/api/v1/desk/cases?limit=1", &other).await.0, 200);
}

/// Every refusal says in the reader's language what is wrong, and what is allowed.
#[actix_web::test]
async fn refusals_speak_the_readers_language_and_name_the_limit() {
    let town = town("hcmc", Db::Sqlite).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    let list = "/api/v1/desk/cases";
    let summary = "/api/v1/reports/summary";
    let table = [
        (list, "limit=0", "out_of_range", "1 – 200"),
        (list, "limit=abc", "wrong_type", "một số nguyên"),
        (list, "assigned=zz", "wrong_type", "thư điện tử"),
        (list, "from=2026-12-01&to=2026-11-01", "too_early", "2026-12-01"),
        (list, "status=lost", "unknown_code", "received, forwarded"),
        (list, "from=soon", "not_date", "Từ ngày"),
        (summary, "to=2025-01-01", "too_early", "2026-11-01"),
        (summary, "from=2001-01-01", "period_too_long", "3660"),
        ("/api/v1/reports/series", "split=colour", "unknown_code", "scope, authority"),
    ];
    for (path, query, rule, said) in table {
        let answer = town.get(&format!("{path}?{query}"), &triage).await;
        assert_eq!(answer.status, 422, "{query}: {}", answer.text);
        let error = &answer.body["errors"][0];
        let message = error["message"].as_str().unwrap();
        assert!(error["rule"] == rule && message.contains(said), "{query}: {error}");
        assert!(!message.contains("()") && !message.contains(" ."), "{message}");
    }
    let posted = [
        (with("text", json!(5)), "một đoạn chữ"),
        (with("reporter", json!("x")), "một nhóm trường"),
        (with("anonymous", json!(1)), "Ẩn danh phải là true hoặc false"),
        (with("location", json!({"latitude": 100, "longitude": 1})), "Vĩ độ"),
        (with("location", json!({"latitude": 100, "longitude": 1})), "-90 – 90"),
    ];
    for (body, said) in posted {
        let answer = town.post("/api/v1/cases", body).await;
        let message = answer.body["errors"][0]["message"].as_str().unwrap().to_owned();
        assert!(message.contains(said), "{message}");
    }
    let mut letter = with("received_at", json!("2026-11-20"));
    letter["channel"] = json!("letter");
    let body = Some(letter);
    let ask = Ask { token: Some(&triage), body, ..Ask::default() };
    let letter = town.call(Method::POST, "/api/v1/cases", ask).await;
    let message = letter.body["errors"][0]["message"].to_string();
    assert!(message.contains("múi giờ, ví dụ 2026-11-24T09:00:00+07:00"), "{message}");
    let kind = ("content-type", "application/json");
    for (sent, said) in [("{\"text\": \"half", "dòng 1, cột"), ("[]", "một đối tượng JSON")]
    {
        let broken = raw(&town, vec![kind], sent.as_bytes()).await;
        assert_eq!(broken.status, 400);
        assert!(broken.body["detail"].as_str().unwrap().contains(said), "{}", broken.text);
    }
    let large = raw(&town, vec![kind], &vec![b' '; 600_000]).await;
    assert!(large.body["title"].as_str().unwrap().contains("512 KB"), "{}", large.text);
    let key = "k".repeat(300);
    let headers = vec![kind, ("idempotency-key", &*key)];
    let long = raw(&town, headers, good().to_string().as_bytes()).await;
    let message = long.body["errors"][0]["message"].to_string();
    assert!(message.contains("200") && message.contains("300"), "{message}");
}

/// What was typed stands beside what was wrong with it.
#[actix_web::test]
async fn a_form_that_asks_wrongly_is_shown_again() {
    let town = town("hcmc", Db::Sqlite).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    let (number, code) = town.file(good()).await;
    town.work().await;
    for page in ["/reports?", "/desk?q=form&"] {
        let path = format!("{page}from=2026-12-01&to=2026-01-01");
        let page = town.get(&path, &triage).await;
        assert_eq!(page.status, 422, "{path}");
        assert!(page.text.contains("2026-12-01") && page.text.contains("data-errors"), "{path}");
    }
    let page = town.get("/desk?q=form&limit=abc&cursor=nonsense", &triage).await;
    assert!(page.status == 422 && page.text.contains(&number), "{}", page.text);
    assert!(page.text.contains("value=\"form\""), "{}", page.text);
    // A search is never an error, however long it is.
    let long = format!("/api/v1/desk/cases?q={}", "form+".repeat(200));
    assert_eq!(town.get(&long, &triage).await.body["total"], 1);
    let nothing = town.post(&format!("/api/v1/cases/{code}/contact"), json!({})).await;
    assert_eq!(nothing.status, 422, "{}", nothing.text);
}
