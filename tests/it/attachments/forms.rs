//! Files in the forms of the pages, which work without a script: what was chosen goes along from
//! step to step, is kept when another field is wrong, and expires.

use actix_web::http::Method;
use chrono::TimeDelta;
use dangvan::domain::user::Role;

use super::makers::png;
use super::{case, every_file, file};
use crate::harness::{Answer, Ask, Db, Part, Town, town};

const TEXT: &str = "Tôi nộp hồ sơ cấp đổi sổ ngày 3/4, giấy hẹn 24/4 mà tới nay chưa có kết quả.";

async fn post(town: &Town, path: &str, token: &str, parts: Vec<Part>) -> Answer {
    let token = Some(token).filter(|token| !token.is_empty());
    let ask = Ask { token, parts: Some(parts), ..Ask::default() };
    town.call(Method::POST, path, ask).await
}

/// The values of the fields of a page that bear a name.
fn values(page: &str, name: &str) -> Vec<String> {
    let mark = format!("name=\"{name}\" value=\"");
    let found = page.split(&mark).skip(1).map(|rest| rest.split('"').next().unwrap());
    found.map(|value| value.replace("&#34;", "\"").replace("&amp;", "&")).collect()
}

/// What the form carries on.
fn carried(page: &str) -> Vec<Part> {
    let mut out = Vec::new();
    for name in ["step", "form", "signed", "kept"] {
        out.extend(values(page, name).iter().map(|value| Part::text(name, value)));
    }
    for hidden in page.split("<textarea name=\"").skip(1) {
        let (name, rest) = hidden.split_once("\" hidden>\n").unwrap();
        out.push(Part::text(name, rest.split("</textarea>").next().unwrap()));
    }
    out
}

fn and(mut parts: Vec<Part>, more: &[(&str, &str)]) -> Vec<Part> {
    parts.extend(more.iter().map(|(name, text)| Part::text(name, text)));
    parts
}

/// The first step with a file; the text may be wrong.
async fn first(town: &Town, text: &str, files: &[Part]) -> Answer {
    let page = town.get("/file", "").await;
    let mut parts = and(carried(&page.text), &[("text", text), ("go", "next")]);
    parts.extend_from_slice(files);
    post(town, "/file", "", parts).await
}

#[actix_web::test]
async fn what_was_chosen_goes_along() {
    let town = town("hcmc", Db::Sqlite).await;
    let files = [Part::file("hẻm.png", &png()), Part::file("máy.exe", b"MZ\x90\0")];
    let wrong = first(&town, "ngắn", &files).await;
    assert_eq!(wrong.status, 422, "{}", wrong.text);
    assert!(wrong.text.contains("máy.exe") && wrong.text.contains("mới có 4"), "{}", wrong.text);
    let kept = values(&wrong.text, "kept");
    assert_eq!(kept.len(), 1, "the good one is kept");
    // The second step carries it; a slip that is no form of ours does not.
    let next = and(carried(&wrong.text), &[("text", TEXT), ("go", "next")]);
    let two = post(&town, "/file", "", next).await;
    assert_eq!(values(&two.text, "kept"), kept, "{}", two.text);
    let forged = kept[0].replace("hẻm.png", "khác.png");
    let page =
        post(&town, "/file", "", and(carried(&two.text), &[("kept", &forged), ("go", "next")]));
    let three = page.await;
    assert_eq!(values(&three.text, "kept"), kept);
    let say = [("reporter.kind", "individual"), ("go", "next")];
    let four = post(&town, "/file", "", and(carried(&three.text), &say)).await;
    assert!(four.text.contains("hẻm.png (1 KB)"), "the review names it: {}", four.text);
    let send = and(carried(&four.text), &[("go", "next")]);
    let sent = post(&town, "/file", "", send.clone()).await;
    assert_eq!(sent.status, 303, "{}", sent.text);
    let place = sent.headers.get("location").unwrap().to_str().unwrap().to_owned();
    let again = post(&town, "/file", "", send).await;
    assert_eq!(again.headers.get("location").unwrap(), place.as_str(), "twice is one case");
    let code = place.split('/').nth(2).unwrap();
    let page = town.get(&format!("/track/{code}"), "").await;
    assert!(page.text.contains("/preview\"") && page.text.contains("hẻm.png"), "{}", page.text);
    let lying = every_file(&town.folder.path().join("files"));
    assert_eq!(lying.len(), 2, "the file and its preview, and no draft");
    town.check().await;
}

#[actix_web::test]
async fn a_draft_expires() {
    let town = town("hcmc", Db::Sqlite).await;
    let two = first(&town, TEXT, &[Part::file("hẻm.png", &png())]).await;
    let drafts = || every_file(&town.folder.path().join("files/drafts")).len();
    assert_eq!(drafts(), 1);
    let three = post(&town, "/file", "", and(carried(&two.text), &[("go", "next")])).await;
    let say = [("reporter.kind", "individual"), ("go", "next")];
    let four = post(&town, "/file", "", and(carried(&three.text), &say)).await;
    town.pass(TimeDelta::hours(23));
    dangvan::flow::sweep::sweep(&town.app.context()).await.unwrap();
    assert_eq!(drafts(), 1);
    town.pass(TimeDelta::hours(2));
    dangvan::flow::sweep::sweep(&town.app.context()).await.unwrap();
    assert_eq!(drafts(), 0);
    let late = post(&town, "/file", "", and(carried(&four.text), &[("go", "next")])).await;
    assert_eq!(late.status, 422);
    assert!(late.text.contains("“hẻm.png” đã chờ quá một ngày"), "{}", late.text);
    assert!(late.text.contains(TEXT), "and the text is there");
    town.check().await;
}

#[actix_web::test]
async fn citizens_and_officers_send_more() {
    let town = town("hcmc", Db::Sqlite).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    let (number, code) = file(&town, &case(), &[]).await;
    let path = format!("/track/{code}/messages");
    let sent = post(&town, &path, "", vec![Part::file("thêm.png", &png())]).await;
    assert_eq!(sent.status, 303, "{}", sent.text);
    let long = "a".repeat(30_000);
    let parts = vec![Part::text("text", &long), Part::file("hai.png", &png())];
    let wrong = post(&town, &path, "", parts).await;
    assert_eq!(values(&wrong.text, "kept").len(), 1, "a slip elsewhere loses no file");
    let unknown = "/track/0000-0000-0000-0000-0/messages";
    assert_eq!(post(&town, unknown, "", vec![Part::file("x.png", &png())]).await.status, 404);
    let page = town.get(&format!("/desk/cases/{number}"), &triage).await;
    assert!(page.text.contains("thêm.png") && page.text.contains("note-attachments"));
    let revision = values(&page.text, "revision")[0].clone();
    let parts = vec![
        Part::text("revision", &revision),
        Part::text("text", "Ghi nhớ"),
        Part::file("bản.txt", b"words"),
    ];
    let noted = post(&town, &format!("/desk/cases/{number}/note"), &triage, parts).await;
    assert_eq!(noted.status, 303, "{}", noted.text);
    let page = town.get(&format!("/desk/cases/{number}"), &triage).await;
    assert!(page.text.contains("bản.txt"));
    let page = town.get(&format!("/track/{code}"), "").await;
    assert!(!page.text.contains("bản.txt"), "a note is the desk's");
    town.check().await;
}
