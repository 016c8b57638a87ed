//! Every user's way in real Chromium, on a phone and on a wide screen, in both languages; axe-core
//! finds no fault on any page or error state on the way. The citizen's way is here.

mod officers;
mod tools;

use std::time::Duration;

use fantoccini::{Client, Locator};

use crate::attachments::makers::png;
use tools::{Site, accessible, browser, element, page_with, press, submit, type_into};

/// The Enter key (WebDriver, 17.4.2).
const ENTER: &str = "\u{e007}";
const NEXT: &str = "form#carry button[name=go][value=next]";
pub const TEXT: &str =
    "Tôi nộp hồ sơ cấp đổi sổ ngày 3/4, giấy hẹn 24/4 mà tới nay chưa có kết quả.";

/// Files a case; axe looks at each page on the way. Returns the code.
pub async fn file(client: &Client, service: &Site, language: &str) -> String {
    let look = async |what: &str| accessible(client, &format!("{what} in {language}")).await;
    client.goto(&service.url(&format!("/file?language={language}"))).await.unwrap();
    look("step 1").await;
    type_into(client, "#text", "ngắn").await;
    let folder = tempfile::tempdir().unwrap();
    type_into(client, "#attachments", &photo(&folder)).await;
    submit(client, NEXT).await;
    element(client, "[data-errors]").await;
    element(client, "input[name=kept][checked]").await;
    look("step 1 with an error").await;
    let kept = element(client, "#text").await;
    assert_eq!(kept.prop("value").await.unwrap().unwrap().trim(), "ngắn", "nothing typed is lost");
    kept.clear().await.unwrap();
    type_into(client, "#text", TEXT).await;
    submit(client, NEXT).await;
    element(client, "select#agency").await;
    look("step 2").await;
    press(client, "select#agency option[value=ubnd-p-ben-thanh]").await;
    submit(client, NEXT).await;
    element(client, "[id='reporter.name']").await;
    look("step 3").await;
    submit(client, NEXT).await;
    element(client, "[data-errors]").await;
    look("step 3 with an error").await;
    press(client, "input[name='reporter.kind'][value=individual]").await;
    type_into(client, "[id='reporter.name']", "Trần Thị Thử").await;
    type_into(client, "[id='reporter.email']", "thu@example.org").await;
    submit(client, NEXT).await;
    let review = page_with(client, TEXT).await;
    look("the review").await;
    assert!(review.contains("hẻm.png"), "what was chosen goes along: {review}");
    assert!(review.contains("Bến Thành") || review.contains("Ben Thanh"), "{review}");
    submit(client, NEXT).await;
    let receipt = page_with(client, "DV26-").await;
    look("the receipt").await;
    code_on(&receipt)
}

/// A photograph to choose.
fn photo(folder: &tempfile::TempDir) -> String {
    let path = folder.path().join("hẻm.png");
    std::fs::write(&path, png()).unwrap();
    path.to_string_lossy().into_owned()
}

/// The browser's own Back leads to the step before, which a form has sent for.
async fn back_and_forth(client: &Client, service: &Site) {
    client.goto(&service.url("/file?language=en")).await.unwrap();
    type_into(client, "#text", TEXT).await;
    submit(client, NEXT).await;
    element(client, "select#agency").await;
    submit(client, NEXT).await;
    element(client, "[id='reporter.name']").await;
    client.back().await.unwrap();
    element(client, "select#agency").await;
    submit(client, NEXT).await;
    element(client, "[id='reporter.name']").await;
}

fn code_on(receipt: &str) -> String {
    let is_code = |word: &&str| word.len() == 21 && word.matches('-').count() == 4;
    let code = receipt.split_whitespace().find(is_code);
    code.unwrap_or_else(|| panic!("no code on the receipt: {receipt}")).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_citizen_files_and_follows() {
    // A browser that hangs must not hold the run for ever.
    tokio::time::timeout(Duration::from_secs(600), citizens_way()).await.expect("in ten minutes");
}

/// Both widths in both languages.
pub const PAIRINGS: [(u32, &str); 4] = [(320, "vi"), (320, "en"), (1440, "vi"), (1440, "en")];

/// Pages that need no case.
const PAGES: [&str; 7] =
    ["/", "/track", "/statistics", "/sign-in", "/nowhere", "/track/AAAA-BBBB", "/api/docs"];

async fn citizens_way() {
    let service = Site::start().await;
    for (width, language) in PAIRINGS {
        let client = browser(width, true).await;
        back_and_forth(&client, &service).await;
        let code = file(&client, &service, language).await;
        client.goto(&service.url(&format!("/track/{code}?language={language}"))).await.unwrap();
        page_with(&client, TEXT).await;
        element(&client, ".files img").await;
        let drawn = "return document.querySelector('.files img').naturalWidth";
        let width = client.execute(drawn, vec![]).await.unwrap();
        assert_eq!(width, 32, "the small picture is drawn");
        let open = "document.querySelectorAll('details').forEach(d => d.open = true)";
        client.execute(open, vec![]).await.unwrap();
        type_into(&client, "form[action$='/messages'] textarea", "Tôi gửi thêm bản sao.").await;
        submit(&client, "form[action$='/messages'] button").await;
        page_with(&client, "Tôi gửi thêm bản sao.").await;
        accessible(&client, "the case").await;
        for path in PAGES {
            let path = format!("{path}?language={language}");
            client.goto(&service.url(&path)).await.unwrap();
            accessible(&client, &path).await;
        }
        client.close().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_citizen_files_without_scripts_and_without_a_mouse() {
    let way = tokio::time::timeout(Duration::from_secs(120), keyboards_way());
    way.await.expect("in two minutes");
}

/// With the keyboard alone: a browser without scripts also hangs at the driver's clicks.
async fn keyboards_way() {
    let service = Site::start().await;
    let client = browser(320, false).await;
    client.goto(&service.url("/file?language=vi")).await.unwrap();
    page_with(&client, "Bước 1").await;
    let narrowing = client.find_all(Locator::Css("input.narrow")).await.unwrap();
    assert!(narrowing.is_empty(), "no script has run");
    type_into(&client, "#text", "ngắn").await;
    let folder = tempfile::tempdir().unwrap();
    type_into(&client, "#attachments", &photo(&folder)).await;
    type_into(&client, NEXT, ENTER).await;
    page_with(&client, "mới có 4").await;
    type_into(&client, "#text", &format!(", {TEXT}")).await;
    type_into(&client, NEXT, ENTER).await;
    page_with(&client, "Bước 2").await;
    type_into(&client, "select#agency", "UBND Phường Bến Th").await;
    type_into(&client, NEXT, ENTER).await;
    page_with(&client, "Bước 3").await;
    type_into(&client, "input[name='reporter.kind'][value=individual]", " ").await;
    type_into(&client, NEXT, ENTER).await;
    let review = page_with(&client, TEXT).await;
    assert!(review.contains("ngắn") && review.contains("Bến Thành"), "{review}");
    assert!(review.contains("hẻm.png"), "{review}");
    type_into(&client, NEXT, ENTER).await;
    let code = code_on(&page_with(&client, "DV26-").await);
    client.goto(&service.url("/track")).await.unwrap();
    page_with(&client, "Mất mã").await;
    type_into(&client, "#code", &code.to_lowercase().replace('-', " ")).await;
    type_into(&client, "main form button", ENTER).await;
    page_with(&client, TEXT).await;
    type_into(&client, "details:has(form[action$='/messages']) summary", ENTER).await;
    type_into(&client, "form[action$='/messages'] textarea", "Gửi thêm bằng bàn phím.").await;
    type_into(&client, "form[action$='/messages'] button", ENTER).await;
    page_with(&client, "Gửi thêm bằng bàn phím.").await;
    client.close().await.unwrap();
}
