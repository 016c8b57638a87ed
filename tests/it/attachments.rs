//! Files that come with a case: taken within limits, known by what is in them, sealed, given back
//! as downloads to whoever may have them, found by what they say, and checked.

mod forms;
mod kinds;
pub mod makers;
mod stores;

use actix_web::http::Method;
use dangvan::domain::user::Role;
use serde_json::{Value, json};

use crate::harness::{Answer, Ask, Db, Part, Town, town};
use makers::{docx, jpeg_with_place, pdf, png};

const PLACE: &[u8] = b"GPS-10.7769N-106.7009E";

fn case() -> Value {
    json!({
        "text": "Tôi nộp hồ sơ cấp đổi sổ ngày 3/4, giấy hẹn 24/4 mà tới nay chưa có kết quả.",
        "agency": "ubnd-p-ben-thanh",
        "reporter": {"kind": "individual", "name": "Trần Thị Thử", "email": "thu@example.org"},
    })
}

fn with_files(case: &Value, files: &[(&str, Vec<u8>)]) -> Vec<Part> {
    let mut out = vec![Part::text("case", &case.to_string())];
    out.extend(files.iter().map(|(name, bytes)| Part::file(name, bytes)));
    out
}

async fn send(town: &Town, path: &str, token: &str, parts: Vec<Part>) -> Answer {
    let token = Some(token).filter(|token| !token.is_empty());
    let ask = Ask { token, parts: Some(parts), ..Ask::default() };
    town.call(Method::POST, path, ask).await
}

/// Files a case with files; returns number and code.
async fn file(town: &Town, case: &Value, files: &[(&str, Vec<u8>)]) -> (String, String) {
    let answer = send(town, "/api/v1/cases", "", with_files(case, files)).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    let text = |name: &str| answer.body[name].as_str().unwrap().to_owned();
    (text("number"), text("code"))
}

/// A step of the desk with files, on the case as it stands.
async fn step(town: &Town, token: &str, (number, verb): (&str, &str), parts: Vec<Part>) -> Answer {
    let seen = town.get(&format!("/api/v1/desk/cases/{number}"), token).await;
    let tag = seen.etag.unwrap();
    let headers = vec![("if-match", tag.as_str())];
    let ask = Ask { token: Some(token), headers, parts: Some(parts), ..Ask::default() };
    town.call(Method::POST, &format!("/api/v1/desk/cases/{number}/{verb}"), ask).await
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

fn every_file(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let mut out = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() { out.extend(every_file(&path)) } else { out.push(path) }
    }
    out
}

/// As the query of a URL.
fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

on_both!(a_case_comes_with_files);
async fn a_case_comes_with_files(db: Db) {
    let town = town("hcmc", db).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    let said = "Biên bản ghi mười hai viên gạch thiếu ở hẻm Cây Điệp.";
    let files = [
        ("ảnh hẻm.JPG", jpeg_with_place(PLACE)),
        ("bien-ban.docx", docx("Văn thư hẹn ngày xanh lam.")),
        ("đơn.pdf", pdf("Quyết định về lối đi chung")),
        ("ghi chú.txt", said.as_bytes().to_vec()),
    ];
    let (number, code) = file(&town, &case(), &files).await;
    let seen = town.get(&format!("/api/v1/cases/{code}"), "").await;
    let list = seen.body["attachments"].as_array().unwrap().clone();
    let of = |name: &str| list.iter().map(|one| one[name].clone()).collect::<Vec<_>>();
    assert_eq!(of("name"), ["ảnh hẻm.jpg", "bien-ban.docx", "đơn.pdf", "ghi chú.txt"]);
    assert_eq!(of("preview"), [true, false, false, false]);
    assert_eq!(of("from"), ["citizen"; 4]);
    for (one, (name, sent)) in list.iter().zip(&files) {
        let path = format!("/api/v1/cases/{code}/attachments/{}", one["id"]);
        let got = town.get(&path, "").await;
        let header = |name: &str| got.headers.get(name).unwrap().to_str().unwrap();
        assert_eq!(header("content-type"), "application/octet-stream", "{name}");
        assert!(header("content-disposition").starts_with("attachment; filename=\""));
        assert_eq!(header("x-content-type-options"), "nosniff");
        assert_eq!(header("content-security-policy"), "default-src 'none'; sandbox");
        assert_eq!(got.bytes.len(), one["size"].as_u64().unwrap() as usize, "{name}");
        assert!(one["preview"] == true || got.bytes == *sent, "{name} comes back as it was");
        let same = format!("/api/v1/desk/cases/{number}/attachments/{}", one["id"]);
        assert_eq!(town.get(&same, &triage).await.bytes, got.bytes, "{name} at the desk");
        let preview = town.get(&format!("{path}/preview"), "").await;
        assert_eq!(preview.status, if one["preview"] == true { 200 } else { 404 }, "{name}");
    }
    town.work().await;
    for words in ["gach thieu", "\"hẻm Cây Điệp\"", "van thu hen ngay xanh lam", "loi di chung"]
    {
        let path = format!("/api/v1/desk/cases?q={}", encoded(words));
        assert_eq!(town.get(&path, &triage).await.body["total"], 1, "{words}");
    }
    let lying = every_file(&town.folder.path().join("files"));
    assert_eq!(lying.len(), 5, "four files and a preview");
    for path in lying {
        let bytes = std::fs::read(path).unwrap();
        assert!(!contains(&bytes, b"word/document.xml") && !contains(&bytes, b"vi\xC3\xAAn"));
        assert!(!contains(&bytes, &[0xFF, 0xD8, 0xFF]) && !contains(&bytes, b"%PDF"));
    }
    town.check().await;
}

#[actix_web::test]
async fn a_photograph_loses_its_place_and_stands_upright() {
    let town = town("plain", Db::Sqlite).await;
    let sent = jpeg_with_place(PLACE);
    assert!(contains(&sent, PLACE) && contains(&sent, b"Exif"));
    let plain =
        json!({"text": "The gate is broken since May.", "reporter": {"kind": "individual"}});
    let (_, code) = file(&town, &plain, &[("a.jpg", sent)]).await;
    let seen = town.get(&format!("/api/v1/cases/{code}"), "").await;
    let path = format!("/api/v1/cases/{code}/attachments/{}", seen.body["attachments"][0]["id"]);
    let got = town.get(&path, "").await;
    let preview = town.get(&format!("{path}/preview"), "").await;
    let header = |name: &str| preview.headers.get(name).unwrap().to_str().unwrap().to_owned();
    assert_eq!(header("content-type"), "image/jpeg");
    assert_eq!(header("content-disposition"), "inline");
    for answer in [&got, &preview] {
        assert!(answer.bytes.starts_with(&[0xFF, 0xD8, 0xFF]));
        assert!(!contains(&answer.bytes, PLACE) && !contains(&answer.bytes, b"Exif"));
    }
    let picture = image::load_from_memory(&got.bytes).unwrap();
    assert_eq!((picture.width(), picture.height()), (400, 640), "turned as the camera says");
    let small = image::load_from_memory(&preview.bytes).unwrap();
    assert_eq!((small.width(), small.height()), (200, 320));
}

on_both!(the_same_request_twice_is_one_case);
async fn the_same_request_twice_is_one_case(db: Db) {
    let town = town("plain", db).await;
    let plain =
        json!({"text": "The gate is broken since May.", "reporter": {"kind": "individual"}});
    let post = async |files: &[(&str, Vec<u8>)]| {
        let headers = vec![("idempotency-key", "one")];
        let parts = Some(with_files(&plain, files));
        town.call(Method::POST, "/api/v1/cases", Ask { headers, parts, ..Ask::default() }).await
    };
    let files = [("a.png", png()), ("b.txt", b"words".to_vec())];
    let first = post(&files).await;
    let again = post(&files).await;
    assert_eq!((first.status, again.status), (201, 201), "{}", again.text);
    assert_eq!(first.body, again.body);
    let others: [&[(&str, Vec<u8>)]; 3] =
        [&files[..1], &[("a.png", png()), ("b.txt", b"other".to_vec())], &[]];
    for other in others {
        assert_eq!(post(other).await.body["type"], "about:dangvan/key-reused");
    }
    assert_eq!(every_file(&town.folder.path().join("files")).len(), 3);
    town.check().await;
}

/// What is not for somebody's eyes is not found; what may say who wrote is kept back.
#[actix_web::test]
async fn files_are_for_whoever_may_read_the_case() {
    let town = town("hcmc", Db::Sqlite).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    let safe = town.officer_with("safe", Role::Triage, None, true).await;
    let own = town.officer("own", Role::Agency, Some("ubnd-p-ben-thanh")).await;
    let other = town.officer("other", Role::Agency, Some("ubnd-p-sai-gon")).await;
    let oversight = town.officer("oversight", Role::Oversight, None).await;
    let mut hidden = case();
    hidden["hide_identity"] = json!(true);
    let photo = || vec![("a.png", png())];
    let (open, open_code) = file(&town, &case(), &photo()).await;
    let (veiled, _) = file(&town, &hidden, &photo()).await;
    for number in [&open, &veiled] {
        let body = json!({"agency": "ubnd-p-ben-thanh"});
        assert_eq!(town.step(&triage, number, "route", body).await.status, 200);
    }
    let id_of = async |number: &str, token: &str| {
        let seen = town.get(&format!("/api/v1/desk/cases/{number}"), token).await;
        seen.body["attachments"][0]["id"].as_i64()
    };
    let (open_id, veiled_id) = (id_of(&open, &triage).await, id_of(&veiled, &triage).await);
    let (open_id, veiled_id) = (open_id.unwrap(), veiled_id.unwrap());
    let get = async |number: &str, id: i64, token: &str, more: &str| {
        let path = format!("/api/v1/desk/cases/{number}/attachments/{id}{more}");
        town.get(&path, token).await.status
    };
    for more in ["", "/preview"] {
        assert_eq!(get(&open, open_id, &own, more).await, 200);
        assert_eq!(get(&open, open_id, "", more).await, 401);
        assert_eq!(get(&open, veiled_id, &triage, more).await, 404, "of another case");
        for token in [&other, &oversight] {
            assert_eq!(get(&open, open_id, token, more).await, 404);
        }
        assert_eq!(get(&veiled, veiled_id, &own, more).await, 404, "it may say who wrote");
    }
    let seen = town.get(&format!("/api/v1/desk/cases/{veiled}"), &own).await;
    assert_eq!(seen.body["attachments"], json!([]));
    assert_eq!(seen.body["attachments_kept_back"], 1);
    let of_other = format!("/api/v1/cases/{open_code}/attachments/{veiled_id}");
    assert_eq!(town.get(&of_other, "").await.status, 404);
    let body = json!({"restricted": true, "reason": "An official is named."});
    assert_eq!(town.step(&safe, &open, "restrict", body).await.status, 200);
    assert_eq!(get(&open, open_id, &triage, "").await, 404);
    assert_eq!(get(&open, open_id, &safe, "").await, 200);
    town.check().await;
}

/// What waits for approval is not told before; what is for the desk alone, never.
#[actix_web::test]
async fn an_answer_comes_with_files_when_it_is_approved() {
    let town = town("hcmc", Db::Sqlite).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    let own = town.officer("own", Role::Agency, Some("ubnd-p-ben-thanh")).await;
    let (number, code) = file(&town, &case(), &[]).await;
    town.step(&triage, &number, "route", json!({"agency": "ubnd-p-ben-thanh"})).await;
    let parts = |said: Value, name: &str| {
        vec![Part::text("step", &said.to_string()), Part::file(name, "Gạch số bảy".as_bytes())]
    };
    let named = async || {
        let seen = town.get(&format!("/api/v1/cases/{code}"), "").await;
        let list = seen.body["attachments"].as_array().unwrap().clone();
        list.iter().map(|one| one["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let note = step(&town, &own, (&number, "note"), parts(json!({"text": "Ghi nhớ"}), "note.txt"));
    assert_eq!(note.await.status, 200);
    let refused = step(&town, &triage, (&number, "route"), parts(json!({}), "r.txt")).await;
    assert_eq!(refused.body["errors"][0]["field"], "attachments", "{}", refused.text);
    let said = json!({"text": "Sổ của bạn đã có."});
    let done = step(&town, &own, (&number, "answer"), parts(said.clone(), "first.txt")).await;
    assert_eq!(done.status, 200, "{}", done.text);
    assert_eq!(named().await, Vec::<String>::new());
    town.step(&triage, &number, "return-answer", json!({"reason": "Ngày nào?"})).await;
    let done = step(&town, &own, (&number, "answer"), parts(said, "second.txt")).await;
    assert_eq!(done.status, 200, "{}", done.text);
    town.step(&triage, &number, "approve", json!({"what": "answer"})).await;
    assert_eq!(named().await, ["second.txt"], "the same words, and not the files sent back");
    let more = vec![Part::file("more.txt", "Ảnh gửi sau".as_bytes())];
    let sent = send(&town, &format!("/api/v1/cases/{code}/files"), "", more).await;
    assert_eq!(sent.status, 200, "{}", sent.text);
    assert_eq!(named().await, ["second.txt", "more.txt"]);
    assert_eq!(sent.body["messages"][0]["text"], "more.txt", "who says nothing has named them");
    town.work().await;
    let found = town.get("/api/v1/desk/cases?q=anh+gui+sau", &triage).await;
    assert_eq!(found.body["total"], 1);
    let seen = town.get(&format!("/api/v1/desk/cases/{number}"), &triage).await;
    assert_eq!(seen.body["attachments"].as_array().unwrap().len(), 4);
    town.check().await;
}
