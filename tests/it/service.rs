//! The real service in a process of its own, for tests that shake it: started, asked over TCP,
//! put under load, killed, and checked afterwards.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::harness::{Db, KEY, database};

/// What is asked again and again is asked at this pace, and at most for this long.
const PACE: Duration = Duration::from_millis(25);
const PATIENCE: Duration = Duration::from_secs(60);

/// A place to run the service in: a data folder, a database, a port.
pub struct Service {
    pub folder: tempfile::TempDir,
    pub database: String,
    pub port: u16,
    env: Vec<(&'static str, String)>,
}

impl Service {
    /// On a database that the pack has filled already, under the key of the tests.
    pub fn new(pack: &'static str, db: Db) -> Service {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("var")).unwrap();
        let database = database(pack, db, &folder.path().join("var"));
        Service::on(folder, database)
    }

    /// On that database.
    pub fn on(folder: tempfile::TempDir, database: String) -> Service {
        std::fs::create_dir_all(folder.path().join("var")).unwrap();
        std::fs::write(folder.path().join("var/key"), dangvan::seal::hex(&KEY)).unwrap();
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = free.local_addr().unwrap().port();
        Service { folder, database, port, env: vec![("DANGVAN_LOG", "warn".to_owned())] }
    }

    /// With a setting.
    pub fn with(mut self, name: &'static str, value: &str) -> Service {
        self.env.push((name, value.to_owned()));
        self
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("var")
    }

    /// What the service and its commands have written on standard error.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("stderr")).unwrap_or_default()
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_dangvan"));
        command.args(args);
        self.surround(command)
    }

    /// The service under a shell that first does something to its own limits.
    pub fn under(&self, shell: &str) -> Command {
        let mut command = Command::new("bash");
        let script = format!("{shell}; exec \"$0\" serve");
        command.args(["-c", &script, env!("CARGO_BIN_EXE_dangvan")]);
        self.surround(command)
    }

    fn surround(&self, mut command: Command) -> Command {
        command
            .env("DANGVAN_DATA", self.data())
            .env("DANGVAN_DATABASE_URL", &self.database)
            .env("DANGVAN_LISTEN", format!("127.0.0.1:{}", self.port))
            .env("DANGVAN_PACK", "plain")
            .env("DANGVAN_RATE_LIMIT", "off")
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        let log = self.folder.path().join("stderr");
        let log = std::fs::OpenOptions::new().create(true).append(true).open(log);
        command.stderr(log.unwrap());
        command
    }

    /// Starts the service and waits until it takes cases.
    pub async fn start(&self) -> Running {
        self.start_as(self.command(&["serve"])).await
    }

    pub async fn start_as(&self, mut command: Command) -> Running {
        let running = Running(command.spawn().unwrap());
        self.until("it takes cases", |ready| ready.status == 200).await;
        running
    }

    /// Waits for what `/health/ready` says.
    pub async fn until(&self, what: &str, is_so: impl Fn(&Reply) -> bool) -> Reply {
        let since = Instant::now();
        while since.elapsed() < PATIENCE {
            let reply = self.get("/health/ready", &[]).await;
            if let Some(reply) = reply.filter(&is_so) {
                return reply;
            }
            tokio::time::sleep(PACE).await;
        }
        panic!("{what} does not come: {}", self.log());
    }

    /// Waits until everything recorded is in the index, committed.
    pub async fn until_indexed(&self) {
        self.until("the index catches up", |ready| {
            let index = &ready.body["parts"]["index"];
            index["status"] == "ok" && index["behind_seconds"] == 0
        })
        .await;
        tokio::time::sleep(Duration::from_millis(600)).await;
    }

    pub async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Option<Reply> {
        request(self.port, "GET", path, headers, "").await
    }

    /// Posts a case under an Idempotency-Key.
    pub async fn post(&self, key: &str) -> Option<Reply> {
        post(self.port, key).await
    }

    /// Puts the service under load until each client has been sent away, or cut off, so often.
    pub fn load(&self, clients: usize, round: &str, refused_max: usize) -> Load {
        let known = Acknowledged::default();
        let mut running = tokio::task::JoinSet::new();
        for client in 0..clients {
            let name = format!("{round}c{client}");
            running.spawn(load(self.port, name, refused_max, known.clone()));
        }
        Load { known, running }
    }

    /// Runs a command to its end.
    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).stdout(Stdio::piped()).output().unwrap()
    }

    /// A token of a new user of that role.
    pub fn token(&self, role: &str) -> String {
        let email = format!("{role}@city.example");
        let added = ["user", "add", "--email", &email, "--name", role, "--role", role];
        assert!(self.run(&added).status.success(), "{}", self.log());
        let token = self.run(&["token", "add", "--email", &email]);
        String::from_utf8(token.stdout).unwrap().trim().to_owned()
    }

    /// The numbers of all cases, each once.
    pub fn numbers(&self) -> Vec<String> {
        let rows = self.run(&["export", "--format", "jsonl"]);
        let rows = String::from_utf8(rows.stdout).unwrap();
        let number = |line: &str| {
            let row: Value = serde_json::from_str(line).unwrap();
            row["number"].as_str().unwrap().to_owned()
        };
        let mut numbers: Vec<String> = rows.lines().map(number).collect();
        let total = numbers.len();
        numbers.sort();
        numbers.dedup();
        assert_eq!(numbers.len(), total, "no case is there twice");
        numbers
    }

    /// Every acknowledged case is there, and `check` finds no fault.
    pub fn check(&self, acknowledged: &BTreeMap<String, Names>) -> Vec<String> {
        let numbers = self.numbers();
        for names in acknowledged.values() {
            assert!(numbers.binary_search(&names.number).is_ok(), "{} is gone", names.number);
        }
        let check = self.run(&["check"]);
        let said = String::from_utf8(check.stdout).unwrap();
        assert_eq!(check.status.code(), Some(0), "{said}");
        assert!(said.contains(&format!("{} cases, up to date", numbers.len())), "{said}");
        numbers
    }
}

/// A running service; it does not outlive the test.
pub struct Running(pub Child);

impl Running {
    /// SIGKILL: no last words.
    pub fn kill(mut self) {
        self.0.kill().unwrap();
        assert_eq!(self.0.wait().unwrap().signal(), Some(9), "it was running until now");
    }

    /// SIGTERM: gone within ten seconds, exit code 0.
    pub fn stop(mut self) {
        let pid = self.0.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
        let since = Instant::now();
        let status = self.0.wait().unwrap();
        assert!(since.elapsed() < Duration::from_secs(10));
        assert_eq!(status.code(), Some(0));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// An answer as it came over the wire.
#[derive(Debug, Clone)]
pub struct Reply {
    pub status: u16,
    head: String,
    pub text: String,
    /// `Null` where it is no JSON.
    pub body: Value,
}

impl Reply {
    /// The first header of that name.
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut pairs = self.head.lines().filter_map(|line| line.split_once(": "));
        pairs.find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    /// Sent away as one is who may come again: 503, when, and why.
    pub fn assert_unavailable(&self) {
        assert_eq!(self.status, 503, "{}", self.text);
        let seconds = self.header("retry-after").and_then(|s| s.parse::<u64>().ok());
        assert!(seconds.is_some_and(|s| s > 0), "{}", self.head);
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        assert_eq!(self.body["type"], "about:dangvan/unavailable");
    }
}

/// One request on a connection of its own; `None` where the connection broke.
pub async fn request(
    port: u16,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> Option<Reply> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
    let headers: String = headers.iter().map(|(n, v)| format!("{n}: {v}\r\n")).collect();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{headers}\
         content-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await.ok()?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.ok()?;
    let answer = String::from_utf8_lossy(&answer).into_owned();
    let (head, text) = answer.split_once("\r\n\r\n")?;
    let status = head.split_whitespace().nth(1)?.parse().ok()?;
    let body = serde_json::from_str(text).unwrap_or(Value::Null);
    Some(Reply { status, head: head.to_owned(), text: text.to_owned(), body })
}

/// The names of an acknowledged case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    pub number: String,
    pub code: String,
}

/// Acknowledged: key to names.
pub type Acknowledged = Arc<Mutex<BTreeMap<String, Names>>>;

/// Clients at work.
pub struct Load {
    pub known: Acknowledged,
    running: tokio::task::JoinSet<()>,
}

impl Load {
    pub fn count(&self) -> usize {
        self.known.lock().unwrap().len()
    }

    /// Waits until so many cases were acknowledged.
    pub async fn until(&self, count: usize) {
        let since = Instant::now();
        while self.count() < count {
            assert!(since.elapsed() < PATIENCE, "only {} cases were acknowledged", self.count());
            tokio::time::sleep(PACE).await;
        }
    }

    /// Waits for the clients and says what was acknowledged to them.
    pub async fn end(mut self) -> BTreeMap<String, Names> {
        while let Some(ended) = self.running.join_next().await {
            ended.unwrap();
        }
        self.known.lock().unwrap().clone()
    }

    /// The clients stop where they are.
    pub async fn stop(mut self) -> BTreeMap<String, Names> {
        self.running.shutdown().await;
        self.known.lock().unwrap().clone()
    }
}

pub fn case(key: &str) -> Value {
    json!({
        "text": format!("The date on my receipt has passed and nothing came, case {key}."),
        "reporter": {"kind": "individual", "name": "Sam", "email": format!("{key}@example.org")},
    })
}

async fn post(port: u16, key: &str) -> Option<Reply> {
    let headers = [("idempotency-key", key), ("content-type", "application/json")];
    let reply = request(port, "POST", "/api/v1/cases", &headers, &case(key).to_string()).await?;
    match reply.status {
        201 => {}
        _ => reply.assert_unavailable(),
    }
    Some(reply)
}

/// What an acknowledgement names.
pub fn names(reply: &Reply) -> Names {
    let text = |name: &str| reply.body[name].as_str().unwrap().to_owned();
    Names { number: text("number"), code: text("code") }
}

async fn load(port: u16, client: String, refused_max: usize, known: Acknowledged) {
    let mut refused = 0;
    for n in 0.. {
        let key = format!("{client}n{n}");
        match post(port, &key).await {
            Some(reply) if reply.status == 201 => {
                known.lock().unwrap().insert(key, names(&reply));
                continue;
            }
            Some(_) => refused += 1,
            // Killed: the last request may or may not have been written; its key tells later.
            None => return,
        }
        if refused >= refused_max {
            return;
        }
    }
}
