//! Where files lie: what is missing, changed or nobody's is found by `check`; a store that speaks
//! S3 does the same as a folder.

use std::sync::Arc;
use std::time::Duration;

use dangvan::domain::attachment::{MediaType, NewFile};
use dangvan::seal::{Seal, Uid};
use dangvan::store::StoreError;
use dangvan::store::files::{Files, FilesUrl, Part};

use super::makers::png;
use super::{case, every_file, file};
use serde_json::json;

use crate::harness::{Db, KEY, Part as Form, multipart, town};
use crate::service::{Service, request};

on_both!(check_finds_what_is_wrong_with_files);
async fn check_finds_what_is_wrong_with_files(db: Db) {
    let town = town("hcmc", db).await;
    let files =
        || vec![("a.png", png()), ("b.txt", b"words".to_vec()), ("c.txt", b"more".to_vec())];
    let (number, code) = file(&town, &case(), &files()).await;
    assert_eq!(town.file_faults().await, Vec::<String>::new());
    // What a kill between the file and the commit leaves: bytes that nobody names.
    let orphan: Uid = [9; 16];
    town.app.files.put(&[8; 16], &orphan, Part::Whole, b"words".to_vec()).await.unwrap();
    let faults = town.file_faults().await;
    assert_eq!(faults.len(), 1);
    assert!(faults[0].contains("09090909") && faults[0].contains("no case names"), "{faults:?}");
    town.app.files.remove(&orphan).await.unwrap();
    let lying = every_file(&town.folder.path().join("files"));
    let smallest = |nth: usize| {
        let mut sorted = lying.clone();
        sorted.sort_by_key(|path| std::fs::metadata(path).map_or(u64::MAX, |m| m.len()));
        sorted[nth].clone()
    };
    let (first, second) = (smallest(0), smallest(1));
    let mut bytes = std::fs::read(&first).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    std::fs::write(&first, bytes).unwrap();
    std::fs::remove_file(&second).unwrap();
    let faults = town.file_faults().await.join("\n");
    assert!(faults.contains(&number) && faults.contains("changed"), "{faults}");
    assert!(faults.contains("is missing"), "{faults}");
    // Whoever asks for it is told to come again, and the log says what is wrong.
    let seen = town.get(&format!("/api/v1/cases/{code}"), "").await;
    let mut statuses = Vec::new();
    for one in seen.body["attachments"].as_array().unwrap() {
        let path = format!("/api/v1/cases/{code}/attachments/{}", one["id"]);
        statuses.push(town.get(&path, "").await.status);
    }
    assert_eq!(statuses, [200, 503, 503]);
}

/// Everything that the service asks of a store.
async fn serves(files: &Files) {
    let (case, row): (Uid, Uid) = ([1; 16], [2; 16]);
    files.put(&case, &row, Part::Whole, b"whole".to_vec()).await.unwrap();
    files.put(&case, &row, Part::Preview, b"small".to_vec()).await.unwrap();
    assert_eq!(files.get(&case, &row, Part::Whole).await.unwrap(), b"whole");
    assert_eq!(files.get(&case, &row, Part::Preview).await.unwrap(), b"small");
    assert!(matches!(files.get(&[3; 16], &row, Part::Whole).await, Err(StoreError::Seal(_))));
    assert_eq!(files.all().await.unwrap().len(), 2);
    let draft = NewFile {
        name: "hẻm.txt".into(),
        media_type: MediaType::Text,
        bytes: vec![7; 2_000_000],
        preview: Some(vec![1, 2, 3]),
        text: Some("words".into()),
    };
    let name = files.keep_draft(&draft, 1_000).await.unwrap();
    assert_eq!(files.draft(&name).await.unwrap(), draft);
    assert_eq!(files.sweep_drafts(1_000).await.unwrap(), 0);
    assert_eq!(files.sweep_drafts(1_001).await.unwrap(), 1);
    assert!(matches!(files.draft(&name).await, Err(StoreError::NotFound)));
    assert!(matches!(files.draft("../key").await, Err(StoreError::NotFound)));
    files.remove(&row).await.unwrap();
    files.remove(&row).await.unwrap();
    assert!(matches!(files.get(&case, &row, Part::Whole).await, Err(StoreError::NotFound)));
    assert_eq!(files.all().await.unwrap(), []);
}

fn seal() -> Arc<Seal> {
    Arc::new(Seal::from_bytes(&KEY))
}

#[tokio::test]
async fn a_folder_serves() {
    let folder = tempfile::tempdir().unwrap();
    let url = FilesUrl::parse("file:there", folder.path()).unwrap();
    serves(&Files::open(&url, seal()).unwrap()).await;
}

/// The server is a real one that `tests/run` starts; its bucket is there.
#[tokio::test]
async fn a_store_that_speaks_s3_serves() {
    let url = std::env::var("DANGVAN_TEST_S3").expect("DANGVAN_TEST_S3: tests/run sets it");
    let parsed = FilesUrl::parse(&url, std::path::Path::new(".")).unwrap();
    serves(&Files::open(&parsed, seal()).unwrap()).await;
    // A key that is not known there, and a server that is not there: said, and soon.
    let wrong = url.replacen("://", "://x", 1).replace("/dangvan", "/no-such-bucket");
    for (url, put) in [(wrong.as_str(), true), ("s3+http://a:b@127.0.0.1:9/bucket", true)] {
        let parsed = FilesUrl::parse(url, std::path::Path::new(".")).unwrap();
        let files = Files::open(&parsed, seal()).unwrap();
        let done = files.put(&[1; 16], &[2; 16], Part::Whole, b"x".to_vec()).await;
        assert_eq!(done.is_err(), put, "{url}");
        assert!(done.unwrap_err().is_temporary());
    }
}

#[test]
fn urls_of_files_are_read() {
    let data = std::path::Path::new("/data");
    let folder = FilesUrl::parse("file:files", data).unwrap();
    assert_eq!(folder, FilesUrl::Folder("/data/files".into()));
    let url = "s3+https://AK:se%2Fcret@s3.example:9000/bucket/a/b?region=vn-1";
    let FilesUrl::S3(s3) = FilesUrl::parse(url, data).unwrap() else { panic!("a folder") };
    assert_eq!((s3.endpoint.as_str(), s3.secret.as_str()), ("https://s3.example:9000", "se/cret"));
    assert_eq!((s3.bucket.as_str(), s3.prefix.as_str()), ("bucket", "a/b"));
    assert_eq!(s3.region, "vn-1");
    for wrong in ["", "file:", "files", "s3://b", "s3+ftp://a:b@c/d", "s3+https://c/d"] {
        assert!(FilesUrl::parse(wrong, data).is_err(), "{wrong}");
    }
}

/// Sends cases with a file each until nobody answers; what was acknowledged, code to the file's
/// text.
async fn send_until_gone(port: u16, client: usize) -> Vec<(String, String)> {
    let mut out = Vec::new();
    for n in 0.. {
        let said = format!("file {n} of {client}");
        let case = json!({"text": format!("The gate is broken, {said}."),
            "reporter": {"kind": "individual"}});
        let parts = [Form::text("case", &case.to_string()), Form::file("a.txt", said.as_bytes())];
        let (kind, body) = multipart(&parts);
        let body = String::from_utf8(body).unwrap();
        let headers = [("content-type", kind.as_str())];
        match request(port, "POST", "/api/v1/cases", &headers, &body).await {
            Some(reply) if reply.status == 201 => {
                out.push((reply.body["code"].as_str().unwrap().to_owned(), said));
            }
            _ => break,
        }
    }
    out
}

on_both!(a_kill_loses_no_file);
async fn a_kill_loses_no_file(db: Db) {
    let service = Service::new("plain", db);
    let mut acknowledged = Vec::new();
    for round in 0..4_u64 {
        let running = service.start().await;
        let clients: Vec<_> =
            (0..6).map(|client| tokio::spawn(send_until_gone(service.port, client))).collect();
        tokio::time::sleep(Duration::from_millis(250 + 91 * round)).await;
        running.kill();
        for client in clients {
            acknowledged.extend(client.await.unwrap());
        }
    }
    assert!(acknowledged.len() > 20, "only {} were acknowledged", acknowledged.len());
    let running = service.start().await;
    for (code, said) in acknowledged.iter().step_by(acknowledged.len() / 20 + 1) {
        let seen = service.get(&format!("/api/v1/cases/{code}"), &[]).await.unwrap();
        let id = &seen.body["attachments"][0]["id"];
        let path = format!("/api/v1/cases/{code}/attachments/{id}");
        assert_eq!(service.get(&path, &[]).await.unwrap().text, *said);
    }
    service.until_indexed().await;
    running.stop();
    let check = service.run(&["check"]);
    let said = String::from_utf8(check.stdout).unwrap();
    // Only what was on disk and never acknowledged may be nobody's; no row is without its file.
    let nobodys = said.lines().filter(|line| line.contains("no case names this file")).count();
    assert!(nobodys <= 4 * 6, "{said}");
    let is_right = if nobodys == 0 { "no fault found" } else { "no case names" };
    assert!(said.contains(is_right), "{said}");
    for bad in ["is missing", "was changed", "is not what", "the row says"] {
        assert!(!said.contains(bad), "{said}");
    }
    assert_eq!(check.status.code(), Some(i32::from(nobodys > 0)), "{said}");
}
