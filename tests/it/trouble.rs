//! What happens when the ground shakes: a disk that is full, a database that goes away and comes
//! back, an index that is damaged. Nobody is told that something is stored which is not; everybody
//! is told what is the matter; and afterwards all goes on by itself.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use dangvan::clock::Moment;
use dangvan::domain::case::Status;
use dangvan::flow::sync_index;
use dangvan::index::Index;
use dangvan::index::document::CaseDocument;
use dangvan::store::StoreError;
use diesel::connection::SimpleConnection;

use crate::harness::{Db, KEY, Town, town};
use crate::proxy::Proxy;
use crate::service::{Reply, Service, names, request};

const CLIENTS: usize = 8;

/// The cause that a health answer gives for its database.
fn cause(ready: &Reply) -> &str {
    assert_eq!(ready.status, 503, "{}", ready.text);
    assert!(ready.header("retry-after").is_some(), "{}", ready.text);
    ready.body["parts"]["database"]["why"].as_str().unwrap()
}

/// No file of the service may grow beyond a little more than the database is now: writes fail as
/// they do on a failing disk, until the limit is lifted.
#[actix_web::test]
async fn a_disk_without_room() {
    let service = Service::new("plain", Db::Sqlite);
    let kilobytes = std::fs::metadata(service.data().join("dangvan.db")).unwrap().len() / 1024;
    let limit = format!("trap '' XFSZ; ulimit -S -f {}", kilobytes + 200);
    let running = service.start_as(service.under(&limit)).await;
    let load = service.load(CLIENTS, "a", 6);
    load.until(3).await;
    // Each client ends when it was sent away often enough; every answer was 201 or a whole 503.
    let mut acknowledged = load.end().await;

    let ready = service.until("it says so", |ready| ready.status == 503).await;
    assert!(cause(&ready).contains("disk I/O error"), "{}", ready.text);
    assert!(service.log().contains("disk I/O error"), "the log names the cause");
    let known = acknowledged.values().next().unwrap();
    let path = format!("/api/v1/cases/{}", known.code);
    let read = service.get(&path, &[]).await.unwrap();
    assert_eq!(read.status, 200, "what is stored can be read: {}", read.text);

    let pid = running.0.id().to_string();
    let lifted = Command::new("prlimit").args(["--pid", &pid, "--fsize=unlimited"]).status();
    assert!(lifted.unwrap().success());
    service.until("there is room again", |ready| ready.status == 200).await;
    let again = service.post("afterwards").await.unwrap();
    assert_eq!(again.status, 201, "{}", again.text);
    acknowledged.insert("afterwards".into(), names(&again));
    service.until_indexed().await;
    running.stop();
    let numbers = service.check(&acknowledged);
    assert_eq!(numbers.len(), acknowledged.len(), "whoever was sent away is not stored either");
}

/// The database's own word for a full disk, in the middle of a group that shares a commit.
#[actix_web::test]
async fn whoever_shares_a_full_commit_is_told_so() {
    let town = town("plain", Db::Sqlite).await;
    let store = &town.app.store;
    let write = |name: &'static str, bytes: usize| {
        let row = format!("('{name}', '{}', '2026-11-24 03:00:00')", "x".repeat(bytes));
        let insert = format!("INSERT INTO leases (name, holder, until_at) VALUES {row}");
        store.write(move |tx| Ok(tx.conn.batch_execute(&insert)?))
    };
    let limited = store.write(|tx| Ok(tx.conn.batch_execute("PRAGMA max_page_count = 1")?));
    limited.await.map_err(|e: StoreError| e).unwrap();
    let (go, wait) = channel();
    let hold = store.write(move |_| {
        wait.recv().unwrap();
        Ok::<_, StoreError>(())
    });
    // While the first work holds the writer the others gather behind it, or with it.
    let (_, before, large, after, ()) = tokio::join!(
        hold,
        write("before", 10),
        write("large", 20_000_000),
        write("after", 10),
        async { go.send(()).unwrap() },
    );
    for refused in [before, large, after] {
        let Err(StoreError::Unavailable(why)) = refused else { panic!("{refused:?}") };
        assert!(why.contains("full"), "{why}");
    }
    // The next connection has no such limit: nothing of the group is there.
    for name in ["before", "large", "after"] {
        write(name, 20).await.unwrap_or_else(|e| panic!("{name}: {e}"));
    }
    town.check().await;
}

/// A log on the same full disk: no line of it can be written, and the service goes on.
#[actix_web::test]
async fn a_log_that_cannot_be_written() {
    let service = Service::new("plain", Db::Sqlite).with("DANGVAN_LOG", "trace");
    let mut command = service.command(&["serve"]);
    command.stderr(std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap());
    let running = service.start_as(command).await;
    for key in ["one", "two"] {
        assert_eq!(service.post(key).await.unwrap().status, 201);
    }
    running.stop();
}

/// A form's hidden fields as the page has them.
fn hidden(page: &str) -> Vec<(String, String)> {
    let between = |text: &str, from: &str, to: &str| -> Option<(String, usize)> {
        let start = text.find(from)? + from.len();
        let end = start + text[start..].find(to)?;
        Some((text[start..end].to_owned(), end))
    };
    let mut out = Vec::new();
    for input in page.split("<input type=\"hidden\"").skip(1) {
        let (name, _) = between(input, "name=\"", "\"").unwrap();
        out.push((name, between(input, "value=\"", "\"").unwrap().0));
    }
    for area in page.split("<textarea name=\"").skip(1) {
        let name = area.split('"').next().unwrap().to_owned();
        out.push((name, between(area, "hidden>\n", "</textarea>").unwrap().0));
    }
    out
}

fn encoded(pairs: &[(String, String)]) -> String {
    let escape = |text: &str| -> String { text.bytes().map(|b| format!("%{b:02X}")).collect() };
    let pairs = pairs.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value)));
    pairs.collect::<Vec<_>>().join("&")
}

/// Walks the form up to its review; what its last step would send, and the visitor's cookie.
async fn form_at_review(service: &Service, text: &str) -> (String, String) {
    let first = service.get("/file", &[]).await.unwrap();
    let cookie = first.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
    let mut page = first;
    let steps = [vec![("text", text)], vec![], vec![("reporter.kind", "individual")]];
    for typed in steps {
        let mut pairs = hidden(&page.text);
        pairs.retain(|(name, _)| !typed.iter().any(|(typed, _)| name == typed));
        pairs.extend(typed.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
        pairs.push(("go".into(), "next".into()));
        page = send_form(service, &encoded(&pairs), &cookie).await;
        assert_eq!(page.status, 200, "{}", page.text);
    }
    let mut pairs = hidden(&page.text);
    pairs.push(("go".into(), "next".into()));
    (encoded(&pairs), cookie)
}

async fn send_form(service: &Service, body: &str, cookie: &str) -> Reply {
    let origin = format!("http://127.0.0.1:{}", service.port);
    let headers = [
        ("content-type", "application/x-www-form-urlencoded"),
        ("cookie", cookie),
        ("origin", origin.as_str()),
    ];
    request(service.port, "POST", "/file", &headers, body).await.unwrap()
}

#[actix_web::test]
async fn a_database_that_goes_away_and_comes_back() {
    let mut service = Service::new("hcmc", Db::Postgres).with("DANGVAN_PACK", "hcmc");
    let direct = service.database.clone();
    let proxy = Proxy::to(&direct);
    service.database = proxy.url();
    let running = service.start().await;
    let token = service.token("triage");
    let bearer = format!("Bearer {token}");
    let text = "Hồ sơ của tôi đã quá hẹn mà chưa có kết quả.";
    let (form, cookie) = form_at_review(&service, text).await;

    let load = service.load(CLIENTS, "a", 3);
    load.until(20).await;
    proxy.cut();
    let mut acknowledged = load.end().await;
    let ready = service.until("it says so", |ready| ready.status == 503).await;
    assert!(cause(&ready).contains("server closed the connection"), "{}", ready.text);

    // Whoever comes meanwhile is not kept waiting, and reads why in a language of their own.
    let since = Instant::now();
    let crowd = service.load(40, "b", 1);
    assert!(crowd.end().await.is_empty());
    assert!(since.elapsed() < Duration::from_secs(12), "{:?}", since.elapsed());
    let auth = ("authorization", bearer.as_str());
    let problem = service.get("/api/v1/desk/cases", &[auth]).await.unwrap();
    problem.assert_unavailable();
    assert!(problem.text.contains("cơ sở dữ liệu"), "{}", problem.text);
    let page = service.get("/desk", &[auth, ("accept-language", "en")]).await.unwrap();
    assert_eq!(page.status, 503, "{}", page.text);
    assert!(page.text.contains("its database cannot be reached"), "{}", page.text);
    let kept = send_form(&service, &form, &cookie).await;
    assert_eq!(kept.status, 503, "{}", kept.text);
    assert!(kept.header("retry-after").is_some());
    assert!(kept.text.contains(text) && kept.text.contains("cơ sở dữ liệu"), "{}", kept.text);

    proxy.mend();
    let ready = service.until("it is well again", |ready| ready.status == 200).await;
    assert_eq!(ready.body["parts"]["database"]["status"], "ok");
    let sent = send_form(&service, &form, &cookie).await;
    assert_eq!(sent.status, 303, "the same form, sent again: {}", sent.text);
    let again = service.post("a".to_owned().as_str()).await.unwrap();
    acknowledged.insert("a".into(), names(&again));
    service.until_indexed().await;
    let found = service.get("/api/v1/desk/cases?q=receipt", &[auth]).await.unwrap();
    assert!(found.body["total"].as_u64().unwrap() >= acknowledged.len() as u64, "{}", found.text);

    // A server that takes the words and says nothing.
    proxy.hold();
    let ready = service.until("it says so", |ready| ready.status == 503).await;
    assert!(cause(&ready).contains('5'), "{}", ready.text);
    proxy.mend();
    service.until("it is well again", |ready| ready.status == 200).await;
    service.until_indexed().await;
    running.stop();
    service.database = direct;
    service.check(&acknowledged);
}

#[actix_web::test]
async fn a_database_that_is_not_there_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let service = Service::on(folder, "postgres://someone:a-secret@127.0.0.1:9/none".to_owned());
    let since = Instant::now();
    for command in ["serve", "check", "migrate"] {
        let ended = service.command(&[command]).stderr(Stdio::piped()).output().unwrap();
        let said = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(1), "{said}");
        let says = "dangvan: database: the database cannot be used: ";
        assert!(said.contains(says) && said.contains("refused"), "{said}");
        assert!(!said.contains("a-secret"), "{said}");
    }
    assert!(since.elapsed() < Duration::from_secs(10));
}

/// Puts the town's index on disk, where the command looks for it.
async fn index_on_disk(town: &Town) -> Index {
    let (store, rules) = (&town.app.store, town.app.rules().jurisdiction);
    let index = sync_index::open(store, town.app.index_folder(), rules.clone()).await.unwrap();
    let index = std::sync::Arc::new(index);
    while sync_index::step(store, &index, &rules).await.unwrap() {}
    std::sync::Arc::into_inner(index).unwrap()
}

async fn documents(town: &Town) -> Vec<CaseDocument> {
    let (seal, rules) = (town.app.seal.clone(), town.app.rules().jurisdiction);
    let ids: Vec<i64> = (1..=3).collect();
    let read = town.app.store.read(move |conn| sync_index::documents(conn, &seal, &rules, &ids));
    read.await.unwrap().0
}

fn check(town: &Town) -> (Option<i32>, String) {
    let checked = Command::new(env!("CARGO_BIN_EXE_dangvan"))
        .arg("check")
        .env("DANGVAN_DATA", town.folder.path())
        .env("DANGVAN_DATABASE_URL", &town.app.config.database_url)
        .output()
        .unwrap();
    (checked.status.code(), String::from_utf8(checked.stdout).unwrap())
}

type Damage = fn(&mut CaseDocument);

on_both!(check_compares_the_index_case_by_case);
async fn check_compares_the_index_case_by_case(db: Db) {
    let town = town("plain", db).await;
    std::fs::write(town.folder.path().join("key"), dangvan::seal::hex(&KEY)).unwrap();
    for n in 1..=3 {
        town.file(crate::service::case(&format!("number{n}"))).await;
    }
    let good = documents(&town).await;
    let number = good[1].number.clone();
    drop(index_on_disk(&town).await);
    assert_eq!(check(&town).0, Some(0), "{}", check(&town).1);

    let damages: [(Damage, &str); 7] = [
        (|d| d.status = Status::Answered.to_string(), "another status"),
        (|d| d.agency = Some(1), "another agency"),
        (|d| d.restricted = true, "another restricted"),
        (|d| d.texts.push("more".into()), "another text"),
        (|d| d.readers = vec![7], "another readers"),
        (|d| d.due_at = Some(Moment::UNIX_EPOCH), "another due_at"),
        (|d| (d.case_id, d.number) = (99, "DV26-000099-1".into()), "the database does not"),
    ];
    for (damage, what) in damages {
        let index = index_on_disk(&town).await;
        let mut bad = good[1].clone();
        damage(&mut bad);
        let (of, mark) = (bad.number.clone(), index.mark());
        index.apply(vec![bad], Vec::new(), mark).unwrap();
        drop(index);
        let (status, said) = check(&town);
        assert_eq!(status, Some(1), "{what}: {said}");
        let line = said.lines().find(|l| l.starts_with(&of)).unwrap_or_else(|| panic!("{said}"));
        assert!(line.contains(what), "{line}");
        let index = index_on_disk(&town).await;
        index.apply(good.clone(), vec![99], mark).unwrap();
    }
    let index = index_on_disk(&town).await;
    index.apply(Vec::new(), vec![good[1].case_id], index.mark()).unwrap();
    let (status, said) = check(&town);
    assert_eq!(status, Some(1), "{said}");
    assert!(said.contains(&format!("{number}: it is missing from the index")), "{said}");
    index.apply(vec![good[1].clone()], Vec::new(), index.mark()).unwrap();

    // Behind: what has changed since the mark is no fault, whatever the index holds of it.
    let (newer, _) = town.file(crate::service::case("newer")).await;
    let (status, said) = check(&town);
    assert_eq!(status, Some(0), "{said}");
    assert!(said.contains("behind by 1 changes") && !said.contains(&newer), "{said}");
    // Ahead: the database was restored from before.
    index.apply(Vec::new(), Vec::new(), index.mark() + 10).unwrap();
    drop(index);
    let (status, said) = check(&town);
    assert!(status == Some(1) && said.contains("of a later state"), "{said}");
    drop(index_on_disk(&town).await);
    assert!(check(&town).1.contains("4 cases, up to date"), "begun anew: {}", check(&town).1);
    flip_a_byte(&town);
    let (status, said) = check(&town);
    assert!(status == Some(1) && said.contains("is damaged"), "{said}");
}

/// Changes a byte in the middle of the largest file of the index.
fn flip_a_byte(town: &Town) {
    let folder = std::fs::read_dir(town.app.index_folder()).unwrap().next().unwrap().unwrap();
    let files = std::fs::read_dir(folder.path()).unwrap().map(|f| f.unwrap().path());
    let segments = files.filter(|f| f.extension().is_some_and(|e| e == "fast"));
    let largest: BTreeMap<u64, _> = segments.map(|f| (f.metadata().unwrap().len(), f)).collect();
    let path = largest.last_key_value().unwrap().1;
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(path, bytes).unwrap();
}
