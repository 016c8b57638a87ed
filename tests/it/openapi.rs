//! The document of the interface against the application: the same routes and verbs, every example
//! works as it stands, every answer fits its schema, every limit and role is what the service keeps
//! to.

use std::collections::BTreeSet;

use actix_web::http::Method;
use dangvan::domain::case::Verb;
use dangvan::domain::user::Role;
use serde_json::{Value, json};

use crate::attachments::makers::png;
use crate::harness::{ADMIN_PASSWORD, Answer, Ask, Db, Part, Town, town};
use crate::openapi_document::{Document, Operation};

/// The town, its document, and two administrators: nobody approves what they wrote.
struct Desk {
    town: Town,
    document: Document,
    first: String,
    second: String,
    /// A case, and its code.
    number: String,
    code: String,
}

async fn desk(pack: &'static str) -> Desk {
    let town = town(pack, Db::Sqlite).await;
    let document = Document::of(town.get("/api/openapi.json", "").await.body);
    let first = town.officer("first", Role::Admin, None).await;
    let second = town.officer("second", Role::Admin, None).await;
    let (number, code) = file(&town, &document).await;
    Desk { town, document, first, second, number, code }
}

/// Files the document's own example.
async fn file(town: &Town, document: &Document) -> (String, String) {
    town.file(document.operation("fileCase").example.clone().unwrap()).await
}

impl Desk {
    async fn call(&self, operation: &Operation, path: &str, ask: Ask<'_>) -> Answer {
        let method = Method::from_bytes(operation.method.to_uppercase().as_bytes()).unwrap();
        self.town.call(method, path, ask).await
    }

    /// Calls it with a token where it needs one and with what its headers need.
    async fn send(&self, operation: &Operation, token: &str, tag: &str, body: Value) -> Answer {
        let path = operation.path_for(&self.number, &self.code);
        let headers = if operation.needs_tag { vec![("if-match", tag)] } else { vec![] };
        let token = Some(token).filter(|_| operation.is_secured && !token.is_empty());
        self.call(operation, &path, Ask { token, headers, body: Some(body), ..Ask::default() })
            .await
    }
}

/// The steps that lead to where a step is possible.
fn steps_before(path: &str) -> &'static [&'static str] {
    match path.rsplit('/').next().unwrap() {
        "accept" | "return" => &["route"],
        "approve" | "return-answer" => &["answer"],
        "close" | "reopen" | "rating" => &["answer", "approve"],
        _ => &[],
    }
}

#[actix_web::test]
async fn the_document_is_this() {
    let desk = desk("plain").await;
    let text = serde_json::to_string_pretty(&desk.document.whole).unwrap();
    insta::assert_snapshot!(text);
}

#[actix_web::test]
async fn it_describes_the_routes_that_there_are() {
    let desk = desk("plain").await;
    let documented: BTreeSet<(String, String)> =
        desk.document.operations.iter().map(|o| (o.method.clone(), o.path.clone())).collect();
    assert_eq!(documented, routes_of_the_code());
    assert_eq!(documented.len(), desk.document.operations.len());
}

/// What `src/web/mod.rs` routes, with the verbs that the domain knows.
fn routes_of_the_code() -> BTreeSet<(String, String)> {
    let code: String = include_str!("../../src/web/mod.rs").split_whitespace().collect();
    let (_, code) = code.split_once(r#"scope("/api/v1")"#).unwrap();
    let (rest, service) = code.split_once(".default_service").unwrap();
    let mut out = BTreeSet::new();
    for (prefix, routes) in [("/api/v1", rest), ("", service)] {
        for route in routes.split(r#".route(""#).skip(1) {
            let (path, handler) = route.split_once(r#"","#).unwrap();
            let (method, _) = handler.split_once('(').unwrap();
            let verbs: Vec<&Verb> = match path {
                "/cases/{code}/{verb}" => Verb::OF_CITIZENS.iter().collect(),
                "/desk/cases/{number}/{verb}" => {
                    Verb::ALL.iter().filter(|verb| verb.is_of_desk()).collect()
                }
                _ => Vec::new(),
            };
            let path = format!("{prefix}{path}");
            for verb in &verbs {
                out.insert((method.to_owned(), path.replace("{verb}", verb.word())));
            }
            // The stylesheet and its like are the pages'.
            if verbs.is_empty() && path != "/static/{name}" {
                out.insert((method.to_owned(), path));
            }
        }
    }
    out
}

#[actix_web::test]
async fn what_it_does_not_name_is_not_there() {
    let desk = desk("plain").await;
    let paths: BTreeSet<&String> = desk.document.operations.iter().map(|o| &o.path).collect();
    let mut wanted: BTreeSet<String> = paths.iter().map(|path| (*path).clone()).collect();
    for verb in Verb::ALL.iter().map(|verb| verb.word()).chain(["dance", "files", "merge"]) {
        wanted.insert(format!("/api/v1/cases/{{code}}/{verb}"));
        wanted.insert(format!("/api/v1/desk/cases/{{number}}/{verb}"));
    }
    for path in wanted {
        for method in ["get", "post", "put", "patch", "delete"] {
            let known = |o: &&Operation| o.path == path && o.method == method;
            if desk.document.operations.iter().any(|o| known(&o)) {
                continue;
            }
            let url = path.replace("{number}", &desk.number).replace("{code}", &desk.code);
            let way = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let headers = vec![("if-match", "\"1\"")];
            let token = Some(desk.first.as_str());
            let ask = Ask { token, headers, body: Some(json!({})), ..Ask::default() };
            let answer = desk.town.call(way, &url, ask).await;
            assert_eq!(answer.status, 404, "{method} {path}: {}", answer.text);
            assert_eq!(answer.body["type"], "about:dangvan/not-found", "{method} {path}");
        }
    }
}

#[actix_web::test]
async fn every_example_works_in_every_pack() {
    for pack in ["plain", "hcmc"] {
        let desk = desk(pack).await;
        // The one that makes the password another one comes last.
        let all = desk.document.operations.iter();
        let (last, first): (Vec<_>, Vec<_>) = all.partition(|o| o.id == "changePassword");
        for operation in first.into_iter().chain(last) {
            let answer = example(&desk, operation).await;
            let what = format!("{pack}: {} {}", operation.method, operation.path);
            assert!((200..300).contains(&answer.status), "{what}: {}", answer.text);
            desk.document.check(operation, &answer, &what);
        }
        // Who restricts a case loses sight of it, unless confidential.
        let safe = desk.town.officer_with("safe", Role::Admin, None, true).await;
        let (number, _) = file(&desk.town, &desk.document).await;
        let restrict = desk.document.operation("restrictCase");
        let body = restrict.example.clone().unwrap();
        let answer = desk.town.step(&safe, &number, "restrict", body).await;
        assert_eq!(answer.status, 200);
        desk.document.check(restrict, &answer, "restrict");
        desk.town.work().await;
        let list = desk.town.get("/api/v1/desk/cases?q=form", &safe).await;
        assert_ne!(list.body["items"], json!([]));
        desk.document.check(desk.document.operation("listCases"), &list, "a search");
    }
}

/// Sends the document's example for it to a case that stands where the step is possible.
async fn example(desk: &Desk, operation: &Operation) -> Answer {
    let (number, code) = file(&desk.town, &desk.document).await;
    for verb in steps_before(&operation.path) {
        let body = desk.document.example_of(&format!("/api/v1/desk/cases/{{number}}/{verb}"));
        let token = if *verb == "approve" { &desk.second } else { &desk.first };
        let done = desk.town.step(token, &number, verb, body).await;
        assert_eq!(done.status, 200, "{verb}: {}", done.text);
    }
    let mut path = operation.path_for(&number, &code);
    let body = operation.example.clone();
    if operation.path.contains("{id}") || operation.id == "addFiles" {
        let sent = add_file(desk, &code).await;
        if operation.id == "addFiles" {
            return sent;
        }
        let id = sent.body["attachments"][0]["id"].as_i64().unwrap();
        path = path.replace("attachments/1", &format!("attachments/{id}"));
    }
    if operation.id == "signIn" || operation.id == "changePassword" {
        return password(desk, operation).await;
    }
    let seen = desk.town.get(&format!("/api/v1/desk/cases/{number}"), &desk.second).await;
    let tag = seen.etag.unwrap();
    let headers = if operation.needs_tag { vec![("if-match", tag.as_str())] } else { vec![] };
    let token = Some(desk.second.as_str()).filter(|_| operation.is_secured);
    desk.call(operation, &path, Ask { token, headers, body, ..Ask::default() }).await
}

/// A small picture for the case.
async fn add_file(desk: &Desk, code: &str) -> Answer {
    let parts = Some(vec![Part::file("photo.png", &png())]);
    let path = format!("/api/v1/cases/{code}/files");
    desk.town.call(Method::POST, &path, Ask { parts, ..Ask::default() }).await
}

/// The examples of a stranger's password are nobody's: here they are the first administrator's.
async fn password(desk: &Desk, operation: &Operation) -> Answer {
    let sign_in = json!({"email": "admin@localhost", "password": ADMIN_PASSWORD});
    let signed = desk.town.post("/api/v1/session", sign_in).await;
    if operation.id == "signIn" {
        return signed;
    }
    let cookie = signed.headers.get("set-cookie").unwrap().to_str().unwrap().to_owned();
    let cookie = cookie.split(';').next().unwrap();
    let mut body = operation.example.clone().unwrap();
    body["password"] = json!(ADMIN_PASSWORD);
    let headers = vec![("cookie", cookie), ("sec-fetch-site", "same-origin")];
    let ask = Ask { headers, body: Some(body), ..Ask::default() };
    desk.call(operation, &operation.path, ask).await
}

#[actix_web::test]
async fn every_failure_is_one_that_it_names() {
    let desk = desk("plain").await;
    for operation in &desk.document.operations {
        let what = format!("{} {}", operation.method, operation.path);
        let named = |answer: &Answer, status: u16| {
            assert_eq!(answer.status, status, "{what}: {}", answer.text);
            desk.document.check(operation, answer, &what);
        };
        let body = operation.example.clone().unwrap_or(json!({}));
        if operation.must_sign_in {
            named(&desk.send(operation, "", "\"1\"", body.clone()).await, 401);
        }
        if operation.example.is_some() {
            let path = operation.path_for(&desk.number, &desk.code);
            let token = Some(desk.first.as_str()).filter(|_| operation.is_secured);
            let raw = async |kind: &'static str, bytes: Vec<u8>| {
                let headers = vec![("content-type", kind), ("if-match", "\"1\"")];
                let ask = Ask { token, headers, raw: Some(bytes), ..Ask::default() };
                desk.call(operation, &path, ask).await
            };
            named(&raw("application/json", b"{".to_vec()).await, 400);
            named(&raw("application/json", vec![b' '; 600_000]).await, 413);
            named(&raw("text/plain", b"hello".to_vec()).await, 415);
            let mut more = body.clone();
            more["colour"] = json!("red");
            if !operation.path.contains("{code}") {
                named(&desk.send(operation, &desk.first, "\"1\"", more).await, 422);
            }
        }
        if operation.needs_tag {
            let path = operation.path_for(&desk.number, &desk.code);
            let ask = Ask { token: Some(&desk.first), body: Some(body), ..Ask::default() };
            named(&desk.call(operation, &path, ask).await, 428);
        }
    }
}

#[actix_web::test]
async fn the_roles_are_the_ones_that_may() {
    let desk = desk("plain").await;
    let route = desk.document.example_of("/api/v1/desk/cases/{number}/route");
    let agency = route["agency"].as_str().unwrap().to_owned();
    desk.town.step(&desk.first, &desk.number, "route", route).await;
    for role in Role::ALL {
        let of = Some(agency.as_str()).filter(|_| *role == Role::Agency);
        let token = desk.town.officer(&format!("a-{role}"), *role, of).await;
        for operation in desk.document.operations.iter().filter(|o| !o.roles.is_empty()) {
            let body = operation.example.clone().unwrap_or(json!({}));
            let answer = desk.send(operation, &token, "\"99\"", body).await;
            let may = operation.roles.iter().any(|known| known == role.word());
            let wanted = match (may, operation.needs_tag) {
                (false, _) => 403,
                (true, true) => 412,
                // No file hangs on this case.
                (true, false) if operation.path.contains("{id}") => 404,
                (true, false) => 200,
            };
            assert_eq!(answer.status, wanted, "{role} {}: {}", operation.path, answer.text);
            desk.document.check(operation, &answer, &operation.path);
        }
    }
}

#[actix_web::test]
async fn every_limit_of_a_body_is_kept() {
    let desk = desk("plain").await;
    let mut count = 0;
    for operation in desk.document.operations.iter().filter(|o| o.example.is_some()) {
        let path = operation.path_for(&desk.number, &desk.code);
        for (field, broken) in desk.document.broken_bodies(operation) {
            let token = Some(desk.first.as_str()).filter(|_| operation.is_secured);
            let headers = vec![("if-match", "\"99\"")];
            let ask = Ask { token, headers, body: Some(broken), ..Ask::default() };
            let answer = desk.call(operation, &path, ask).await;
            assert_eq!(answer.status, 422, "{path} {field}: {}", answer.text);
            let errors = answer.body["errors"].as_array().unwrap();
            let named = errors.iter().any(|e| e["field"].as_str().unwrap().starts_with(&field));
            assert!(named, "{path} {field}: {}", answer.text);
            count += 1;
        }
    }
    assert!(count > 60, "{count} limits");
}

#[actix_web::test]
async fn every_word_of_a_parameter_is_taken() {
    let desk = desk("plain").await;
    for operation in desk.document.operations.iter().filter(|o| o.method == "get") {
        for (name, words) in desk.document.words_of_queries(operation) {
            for word in &words {
                let path = format!("{}?{name}={word}", operation.path);
                let answer = desk.town.get(&path, &desk.first).await;
                assert_eq!(answer.status, 200, "{path}: {}", answer.text);
            }
            let path = format!("{}?{name}=nonsense", operation.path);
            let answer = desk.town.get(&path, &desk.first).await;
            assert_eq!(answer.status, 422, "{path}: {}", answer.text);
            assert_eq!(answer.body["errors"][0]["field"], name);
        }
    }
    // A number of the summary is a link: each has a name that `figure=` takes.
    let queries = desk.document.words_of_queries(desk.document.operation("listCases"));
    let figures = &queries.iter().find(|(name, _)| name == "figure").unwrap().1;
    let summary = desk.town.get("/api/v1/reports/summary", &desk.first).await;
    for name in numbers(&summary.body, "") {
        let derived = ["on_time_rate", "median_days", "p90_days", "rating.mean"];
        assert!(derived.contains(&name.as_str()) || figures.contains(&name), "{name}");
    }
}

/// The names of the numbers of an object, dotted.
fn numbers(value: &Value, before: &str) -> Vec<String> {
    let Value::Object(map) = value else {
        let is_number = value.is_number();
        return if is_number { vec![before.trim_end_matches('.').to_owned()] } else { vec![] };
    };
    map.iter().flat_map(|(name, inner)| numbers(inner, &format!("{before}{name}."))).collect()
}

#[actix_web::test]
async fn the_page_shows_every_operation_in_every_language() {
    let desk = desk("hcmc").await;
    for (language, title) in [("vi", "Giao diện lập trình"), ("en", "Programming interface")] {
        let page = desk.town.get(&format!("/api/docs?language={language}"), "").await;
        assert_eq!(page.status, 200);
        assert!(page.text.contains(title), "{language}");
        for operation in &desk.document.operations {
            let (method, path) = (operation.method.to_uppercase(), &operation.path);
            let call = format!(">{method}</strong> <code>{path}</code>");
            assert!(page.text.contains(&call), "{language}: {call}");
            let heading = format!("<h3 id=\"{}\"", operation.id);
            assert!(page.text.contains(&heading), "{language}: {heading}");
        }
        // A message that is missing would stand there by its id.
        assert!(!page.text.contains(">docs-") && !page.text.contains(" docs-type"), "{language}");
        for link in page.text.split("href=\"#").skip(1) {
            let anchor = link.split('"').next().unwrap();
            assert!(page.text.contains(&format!("id=\"{anchor}\"")), "{language}: #{anchor}");
        }
    }
}
