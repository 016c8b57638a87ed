//! A service on a port of its own, browsers to use it with, and what each page must be.

use std::io::Write;
use std::process::Stdio;
use std::time::Duration;

use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};

use crate::harness::Db;
use crate::service::{Running, Service};

/// The built service on a port of its own, with the default pack.
pub struct Site {
    service: Service,
    _running: Running,
}

impl Site {
    /// On a database filled and trained once a run: a first start of its own would train for a
    /// minute.
    pub async fn start() -> Site {
        let service = Service::new("hcmc", Db::Sqlite).with("DANGVAN_PACK", "hcmc");
        let running = service.start().await;
        Site { service, _running: running }
    }

    /// Adds a user on the command line, beside the running service; without a password a one-time
    /// one is made and returned.
    pub fn add_user(
        &self,
        name: &str,
        role: &str,
        more: &[&str],
        password: Option<&str>,
    ) -> String {
        let email = format!("{name}@city.example");
        let mut args = vec!["user", "add", "--email", &email, "--name", name, "--role", role];
        args.extend(more);
        args.extend(password.map(|_| "--password-stdin"));
        let mut command = self.service.command(&args);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut input = child.stdin.take().unwrap();
        input.write_all(password.unwrap_or("").as_bytes()).unwrap();
        drop(input);
        let done = child.wait_with_output().unwrap();
        assert!(done.status.success(), "{}", self.service.log());
        String::from_utf8(done.stdout).unwrap().trim().to_owned()
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.service.port)
    }
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is missing: tests/run sets it"))
}

pub async fn browser(width: u32, with_scripts: bool) -> Client {
    let mut capabilities = serde_json::Map::new();
    let mut options = json!({
        "binary": variable("DANGVAN_TEST_CHROMIUM"),
        "args": ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
            // Otherwise a press may hit where its button was before the page had scrolled.
            "--force-prefers-reduced-motion", "--disable-background-networking",
            "--disable-component-update", "--disable-sync",
            format!("--window-size={width},1000")],
    });
    if width < 500 {
        let metrics = json!({"width": width, "height": 800, "pixelRatio": 1});
        options["mobileEmulation"] = json!({"deviceMetrics": metrics});
    }
    if !with_scripts {
        // The driver waits for scripts of its own otherwise, which never run.
        capabilities.insert("pageLoadStrategy".to_owned(), json!("none"));
        options["prefs"] = json!({"profile.managed_default_content_settings.javascript": 2});
    }
    capabilities.insert("goog:chromeOptions".to_owned(), options);
    ClientBuilder::new(HttpConnector::new())
        .capabilities(capabilities)
        .connect(&variable("DANGVAN_TEST_CHROMEDRIVER"))
        .await
        .expect("chromedriver gives a session")
}

/// No fault of axe-core's on the page as it stands, and nothing wider than the screen. A page that
/// gives way to the next one while it is looked at is looked at again.
pub async fn accessible(client: &Client, what: &str) {
    let axe = std::fs::read_to_string(variable("DANGVAN_TEST_AXE")).unwrap();
    let mut seen = examine(client, &axe).await;
    for _ in 0..5 {
        if seen.is_ok() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
        seen = examine(client, &axe).await;
    }
    let (faults, wide) = seen.unwrap_or_else(|e| panic!("{what} cannot be looked at: {e}"));
    assert_eq!(faults, json!([]), "{what}");
    assert!(wide.as_f64().unwrap() <= 1.0, "{what} is wider than the screen by {wide}");
}

/// What axe-core finds, and by how much the page is wider than the screen.
async fn examine(client: &Client, axe: &str) -> Result<(Value, Value), CmdError> {
    client.execute(axe, vec![]).await?;
    let run = "const done = arguments[arguments.length - 1];\
        axe.run(document, {resultTypes: ['violations']}).then(r => done(r.violations.map(v => \
        [v.id, v.nodes.map(n => n.target.join(' ') + ' ' + n.failureSummary)])));";
    let faults = client.execute_async(run, vec![]).await?;
    let wide = "return document.documentElement.scrollWidth - window.innerWidth";
    Ok((faults, client.execute(wide, vec![]).await?))
}

/// The text of the page's main part once it holds `wanted`: a press may still be under way.
pub async fn page_with(client: &Client, wanted: &str) -> String {
    let mut text = String::new();
    for _ in 0..600 {
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

/// The element once it is there: its page may still be on its way.
pub async fn element(client: &Client, css: &str) -> Element {
    let wait = client.wait().at_most(Duration::from_secs(120)).for_element(Locator::Css(css));
    wait.await.unwrap_or_else(|e| panic!("{css}: {e}"))
}

pub async fn type_into(client: &Client, css: &str, text: &str) {
    let field = element(client, css).await;
    field.send_keys(text).await.unwrap_or_else(|e| panic!("{css}: {e}"));
}

/// For what stays on its page; `submit` is for what leads to another.
pub async fn press(client: &Client, css: &str) {
    let button = element(client, css).await;
    button.click().await.unwrap_or_else(|e| panic!("{css}: {e}"));
}

/// Presses and waits until the page that held the button is gone.
pub async fn submit(client: &Client, css: &str) {
    let button = element(client, css).await;
    button.click().await.unwrap_or_else(|e| panic!("{css}: {e}"));
    for _ in 0..600 {
        if button.tag_name().await.is_err() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{css} leads nowhere");
}
