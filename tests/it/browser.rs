//! The citizen's way in real Chromium, on a phone and on a wide screen, in both languages; axe-core
//! finds no fault on any page or error state on the way.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;

struct Service {
    child: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Service {
    async fn start() -> Service {
        let folder = tempfile::tempdir().unwrap();
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let child = Command::new(env!("CARGO_BIN_EXE_dangvan"))
            .env("DANGVAN_DATA", folder.path().join("var"))
            .env("DANGVAN_LISTEN", format!("127.0.0.1:{port}"))
            .env("DANGVAN_RATE_LIMIT", "off")
            .env("DANGVAN_LOG", "warn")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let service = Service { child, port, _folder: folder };
        for _ in 0..1_200 {
            if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                return service;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("the service does not start");
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is missing: tests/run sets it"))
}

async fn browser(width: u32) -> Client {
    let mut options = json!({
        "binary": variable("DANGVAN_TEST_CHROMIUM"),
        "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            format!("--window-size={width},1000")],
    });
    if width < 500 {
        let metrics = json!({"width": width, "height": 800, "pixelRatio": 1});
        options["mobileEmulation"] = json!({"deviceMetrics": metrics});
    }
    let mut capabilities = serde_json::Map::new();
    capabilities.insert("goog:chromeOptions".to_owned(), options);
    ClientBuilder::new(HttpConnector::new())
        .capabilities(capabilities)
        .connect(&variable("DANGVAN_TEST_CHROMEDRIVER"))
        .await
        .expect("chromedriver gives a session")
}

/// No fault of axe-core's on the page as it stands, and nothing wider than the screen.
async fn accessible(client: &Client, what: &str) {
    let axe = std::fs::read_to_string(variable("DANGVAN_TEST_AXE")).unwrap();
    client.execute(&axe, vec![]).await.unwrap();
    let run = "const done = arguments[arguments.length - 1];\
        axe.run(document, {resultTypes: ['violations']}).then(r => done(r.violations.map(v => \
        [v.id, v.nodes.map(n => n.target.join(' ') + ' ' + n.failureSummary)])));";
    let found = client.execute_async(run, vec![]).await.unwrap();
    assert_eq!(found, json!([]), "{what}");
    let wide = "return document.documentElement.scrollWidth - window.innerWidth";
    let wide = client.execute(wide, vec![]).await.unwrap();
    assert!(wide.as_f64().unwrap() <= 1.0, "{what} is wider than the screen by {wide}");
}

/// The text of the page's main part once it holds `wanted`: a press may still be under way.
async fn page_with(client: &Client, wanted: &str) -> String {
    let mut text = String::new();
    for _ in 0..200 {
        if let Ok(main) = client.find(Locator::Css("main")).await
            && let Ok(found) = main.text().await
        {
            text = found;
        }
        if text.contains(wanted) {
            return text;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("not {wanted:?} on the page: {text}");
}

async fn type_into(client: &Client, css: &str, text: &str) {
    let field = client.find(Locator::Css(css)).await.unwrap_or_else(|e| panic!("{css}: {e}"));
    field.send_keys(text).await.unwrap_or_else(|e| panic!("{css}: {e}"));
}

async fn press(client: &Client, css: &str) {
    let button = client.find(Locator::Css(css)).await.unwrap_or_else(|e| panic!("{css}: {e}"));
    let show = "arguments[0].scrollIntoView({block: 'center', behavior: 'instant'})";
    client.execute(show, vec![serde_json::to_value(&button).unwrap()]).await.unwrap();
    button.click().await.unwrap_or_else(|e| panic!("{css}: {e}"));
}

const NEXT: &str = "form#carry button[name=go][value=next]";
const TEXT: &str = "Tôi nộp hồ sơ cấp đổi sổ ngày 3/4, giấy hẹn 24/4 mà tới nay chưa có kết quả.";

/// Files a case; axe looks at each page on the way. Returns the code.
async fn file(client: &Client, service: &Service, language: &str) -> String {
    let look = async |what: &str| accessible(client, &format!("{what} in {language}")).await;
    client.goto(&service.url(&format!("/file?language={language}"))).await.unwrap();
    look("step 1").await;
    type_into(client, "#text", "ngắn").await;
    press(client, NEXT).await;
    look("step 1 with an error").await;
    let kept = client.find(Locator::Css("#text")).await.unwrap();
    assert_eq!(kept.prop("value").await.unwrap().unwrap().trim(), "ngắn", "nothing typed is lost");
    kept.clear().await.unwrap();
    type_into(client, "#text", TEXT).await;
    press(client, NEXT).await;
    look("step 2").await;
    press(client, "select#agency option[value=ubnd-p-ben-thanh]").await;
    press(client, NEXT).await;
    look("step 3").await;
    press(client, NEXT).await;
    look("step 3 with an error").await;
    press(client, "input[name='reporter.kind'][value=individual]").await;
    type_into(client, "[id='reporter.name']", "Trần Thị Thử").await;
    type_into(client, "[id='reporter.email']", "thu@example.org").await;
    press(client, NEXT).await;
    look("the review").await;
    let review = page_with(client, TEXT).await;
    assert!(review.contains("Bến Thành") || review.contains("Ben Thanh"), "{review}");
    press(client, NEXT).await;
    let receipt = page_with(client, "DV26-").await;
    look("the receipt").await;
    let is_code = |word: &&str| word.len() == 21 && word.matches('-').count() == 4;
    let code = receipt.split_whitespace().find(is_code);
    code.unwrap_or_else(|| panic!("no code on the receipt: {receipt}")).to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_citizen_files_and_follows() {
    // A browser that hangs must not hold the run for ever.
    tokio::time::timeout(Duration::from_secs(300), citizens_way()).await.expect("in five minutes");
}

async fn citizens_way() {
    let service = Service::start().await;
    for (width, language) in [(320, "vi"), (1440, "en")] {
        let client = browser(width).await;
        let code = file(&client, &service, language).await;
        client.goto(&service.url(&format!("/track/{code}?language={language}"))).await.unwrap();
        page_with(&client, TEXT).await;
        let open = "document.querySelectorAll('details').forEach(d => d.open = true)";
        client.execute(open, vec![]).await.unwrap();
        type_into(&client, "form[action$='/messages'] textarea", "Tôi gửi thêm bản sao.").await;
        press(&client, "form[action$='/messages'] button").await;
        page_with(&client, "Tôi gửi thêm bản sao.").await;
        accessible(&client, "the case").await;
        for path in ["/", "/track", "/statistics", "/sign-in", "/nowhere", "/track/AAAA-BBBB"] {
            let path = format!("{path}?language={language}");
            client.goto(&service.url(&path)).await.unwrap();
            accessible(&client, &path).await;
        }
        client.close().await.unwrap();
    }
}
