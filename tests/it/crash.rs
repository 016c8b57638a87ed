//! The kill test: SIGKILL at random moments under load, on both databases. After each restart every
//! acknowledged case is there once, and a repeated key brings the same case. At the end every
//! case's events make its row, each has its change mark, its letters and its index entry.

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::{Db, empty_database_text};

const CLIENTS: usize = 8;
const ROUNDS: u64 = 5;

struct Service {
    folder: tempfile::TempDir,
    database: String,
    port: u16,
}

impl Service {
    fn new(db: Db) -> Service {
        let folder = tempfile::tempdir().unwrap();
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        let database = match db {
            Db::Sqlite => "sqlite:dangvan.db".to_owned(),
            Db::Postgres => empty_database_text(),
        };
        Service { folder, database, port }
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dangvan"));
        command
            .args(args)
            .env("DANGVAN_DATA", self.folder.path().join("var"))
            .env("DANGVAN_DATABASE_URL", &self.database)
            .env("DANGVAN_LISTEN", format!("127.0.0.1:{}", self.port))
            .env("DANGVAN_PACK", "plain")
            .env("DANGVAN_RATE_LIMIT", "off")
            .env("DANGVAN_LOG", "warn")
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        let log = std::fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.folder.path().join("stderr"))
            .unwrap();
        command.stderr(log);
        command
    }

    /// Starts the service and waits until it takes cases.
    async fn start(&self) -> Child {
        let mut child = self.command(&["serve"]).spawn().unwrap();
        for _ in 0..1_200 {
            let ready = request(self.port, "GET", "/health/ready", None, None).await;
            if ready.is_some_and(|(status, _)| status == 200) {
                return child;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let log = std::fs::read_to_string(self.folder.path().join("stderr"));
        panic!("the service does not start: {log:?}");
    }
}

/// One request on a connection of its own; `None` where the connection broke.
async fn request(
    port: u16,
    method: &str,
    path: &str,
    key: Option<&str>,
    body: Option<&Value>,
) -> Option<(u16, Value)> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
    let body = body.map(ToString::to_string).unwrap_or_default();
    let key = key.map(|k| format!("idempotency-key: {k}\r\n")).unwrap_or_default();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{key}\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await.ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.ok()?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, body) = answer.split_once("\r\n\r\n")?;
    let status = head.split_whitespace().nth(1)?.parse().ok()?;
    let whole = serde_json::from_str(body).ok()?;
    Some((status, whole))
}

/// Acknowledged: key to number and code.
type Acknowledged = Arc<Mutex<BTreeMap<String, (String, String)>>>;

fn case(key: &str) -> Value {
    json!({
        "text": format!("The date on my receipt has passed and nothing came, case {key}."),
        "reporter": {"kind": "individual", "name": "Sam", "email": "sam@example.org"},
    })
}

async fn post(port: u16, key: &str) -> Option<(String, String)> {
    let answer = request(port, "POST", "/api/v1/cases", Some(key), Some(&case(key))).await?;
    let (status, body) = answer;
    assert!(status == 201 || status == 503, "{status}: {body}");
    let text = |name: &str| body[name].as_str().map(str::to_owned);
    (status == 201).then(|| text("number").zip(text("code"))).flatten()
}

async fn load(port: u16, client: usize, round: u64, known: Acknowledged) {
    for n in 0.. {
        let key = format!("r{round}c{client}n{n}");
        match post(port, &key).await {
            Some(names) => {
                known.lock().unwrap().insert(key, names);
            }
            // Killed: the last request may or may not have been written; its key tells later.
            None => return,
        }
    }
}

on_both!(nothing_acknowledged_is_lost);
async fn nothing_acknowledged_is_lost(db: Db) {
    let service = Service::new(db);
    let known: Acknowledged = Arc::default();
    for round in 0..ROUNDS {
        let mut child = service.start().await;
        let mut clients = tokio::task::JoinSet::new();
        for client in 0..CLIENTS {
            clients.spawn(load(service.port, client, round, known.clone()));
        }
        // Moments that no two rounds share.
        tokio::time::sleep(Duration::from_millis(350 + 137 * round)).await;
        child.kill().unwrap();
        child.wait().unwrap();
        while clients.join_next().await.is_some() {}
    }
    let mut child = service.start().await;
    let acknowledged = known.lock().unwrap().clone();
    assert!(acknowledged.len() > 20, "only {} cases were acknowledged", acknowledged.len());
    let step = acknowledged.len() / 60 + 1;
    for (key, (number, code)) in acknowledged.iter().step_by(step) {
        let path = format!("/api/v1/cases/{code}");
        let (status, body) = request(service.port, "GET", &path, None, None).await.unwrap();
        assert_eq!(status, 200, "{number} was acknowledged and is gone");
        assert_eq!(body["number"], **number);
        let again = post(service.port, key).await.unwrap();
        assert_eq!(&again.0, number, "a repeated key brings the same case");
    }
    until_indexed(&service).await;
    stop(&mut child);
    let rows = service.command(&["export", "--format", "jsonl"]).stdout(Stdio::piped()).output();
    let rows = String::from_utf8(rows.unwrap().stdout).unwrap();
    let mut numbers: Vec<String> = rows
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["number"].to_string())
        .collect();
    let total = numbers.len();
    numbers.sort();
    numbers.dedup();
    assert_eq!(numbers.len(), total, "no case is there twice");
    for (number, _) in acknowledged.values() {
        assert!(numbers.binary_search(&format!("\"{number}\"")).is_ok(), "{number} is gone");
    }
    let check = service.command(&["check"]).stdout(Stdio::piped()).output().unwrap();
    let said = String::from_utf8(check.stdout).unwrap();
    assert_eq!(check.status.code(), Some(0), "{said}");
    assert!(said.contains(&format!("{total} cases, up to date")), "{said}");
}

async fn until_indexed(service: &Service) {
    for _ in 0..400 {
        let ready = request(service.port, "GET", "/health/ready", None, None).await.unwrap().1;
        let index = &ready["parts"]["index"];
        if index["status"] == "ok" && index["behind_seconds"] == 0 {
            return tokio::time::sleep(Duration::from_millis(600)).await;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the index does not catch up");
}

/// SIGTERM: gone within ten seconds, exit code 0.
fn stop(child: &mut Child) {
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    let since = Instant::now();
    let status = child.wait().unwrap();
    assert!(since.elapsed() < Duration::from_secs(10));
    assert_eq!(status.code(), Some(0));
}
