//! `/health/ready` names each cause: here the disk and the worker; the database, the index, mail
//! and the clock are tried where they are broken (trouble, outbox, clocks).

use std::process::Command;

use chrono::TimeDelta;
use dangvan::app::disk::{Room, room};
use dangvan::worker::Worker;
use serde_json::json;

use crate::harness::{ADMIN_PASSWORD, Db, Town, town};
use crate::service::Service;

const GIB: u64 = 1 << 30;

#[test]
fn a_disk_is_short_by_its_size() {
    for (size, free, is_short) in [
        (10, 2, false),
        (10, 0, true),
        (100, 6, false),
        (100, 4, true),
        (10_000, 21, false),
        (10_000, 19, true),
    ] {
        let room = Room { size: size * GIB, free: free * GIB };
        assert_eq!(room.is_short(), is_short, "{free} of {size} GiB");
    }
}

#[test]
fn room_is_what_df_says() {
    let folder = tempfile::tempdir().unwrap();
    let df = Command::new("df").args(["-B1", "--output=size,avail"]).arg(folder.path()).output();
    let said = String::from_utf8(df.unwrap().stdout).unwrap();
    let numbers: Vec<u64> =
        said.lines().nth(1).unwrap().split_whitespace().map(|n| n.parse().unwrap()).collect();
    let found = room(folder.path()).unwrap();
    assert_eq!(found.size, numbers[0]);
    // Others write on this disk meanwhile.
    assert!(found.free.abs_diff(numbers[1]) < GIB, "{found:?} is not {numbers:?}");
    assert!(room(&folder.path().join("nowhere")).is_err());
}

async fn part(town: &Town, name: &str) -> serde_json::Value {
    let ready = town.get("/health/ready?language=en", "").await;
    assert_eq!(ready.status, 200, "{}", ready.text);
    ready.body["parts"][name].clone()
}

#[actix_web::test]
async fn a_disk_that_cannot_be_asked_is_said() {
    let town = town("plain", Db::Sqlite).await;
    let wanted = room(town.folder.path()).unwrap().is_short();
    assert_eq!(part(&town, "disk").await["status"] == "degraded", wanted);
    // The open database goes on; where its folder was nobody can say how much room there is.
    std::fs::rename(town.folder.path(), town.folder.path().with_extension("away")).unwrap();
    let disk = part(&town, "disk").await;
    std::fs::rename(town.folder.path().with_extension("away"), town.folder.path()).unwrap();
    let why = disk["why"].as_str().unwrap_or_else(|| panic!("{disk}"));
    assert!(why.contains("No such file"), "{why}");
}

/// A task that does not succeed any more is named, and one that does again is not.
#[actix_web::test]
async fn a_worker_that_does_nothing_is_said() {
    let town = town("plain", Db::Sqlite).await;
    assert_eq!(part(&town, "worker").await, json!({"status": "ok"}), "none was started");
    let worker = Worker::start(&town.app);
    let succeeded = |task: &str| {
        let last = town.app.tasks.last();
        last.iter().find(|(name, _)| *name == task).unwrap().1
    };
    while ["index", "mail", "rules", "sweep", "lab", "clock"].iter().any(|t| succeeded(t).is_none())
    {
        tokio::task::yield_now().await;
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
    worker.stop(&town.app, tokio::time::Instant::now()).await;
    assert_eq!(part(&town, "worker").await["status"], "ok");
    town.pass(TimeDelta::minutes(16));
    let why = part(&town, "worker").await["why"].as_str().unwrap().to_owned();
    assert!(why.contains("16 minutes") && why.contains("sending mail"), "{why}");
    assert!(why.contains("watching the clock") && !why.contains("learning"), "{why}");
    let vi = town.get("/health/ready?language=vi", "").await;
    let vi = vi.body["parts"]["worker"]["why"].clone();
    assert!(!vi.to_string().contains("task-"), "{vi}");
    town.pass(TimeDelta::minutes(60));
    let why = part(&town, "worker").await["why"].as_str().unwrap().to_owned();
    assert!(why.contains("learning") && why.contains("76 minutes"), "{why}");
    town.app.tasks.succeeded("mail", town.clock.now());
    assert!(!part(&town, "worker").await["why"].as_str().unwrap().contains("sending mail"));
    let signed = json!({"email": "admin@localhost", "password": ADMIN_PASSWORD});
    assert_eq!(town.post("/api/v1/session", signed).await.status, 201);
}

/// The system may cut the log where it is (logrotate's `copytruncate`): the next line stands at its
/// beginning, whole.
#[actix_web::test]
async fn a_log_that_is_rotated() {
    let service = Service::new("plain", Db::Sqlite).with("DANGVAN_LOG", "info");
    let running = service.start().await;
    let path = service.folder.path().join("stderr");
    assert_eq!(service.post("one").await.unwrap().status, 201);
    let before = service.log();
    assert!(before.contains("\"/api/v1/cases\""), "{before}");
    std::fs::OpenOptions::new().write(true).open(&path).unwrap().set_len(0).unwrap();
    assert_eq!(service.post("two").await.unwrap().status, 201);
    let after = service.log();
    assert!(after.starts_with('{') && after.contains("\"/api/v1/cases\""), "{after}");
    for line in after.lines() {
        assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "{line}");
    }
    running.stop();
}
