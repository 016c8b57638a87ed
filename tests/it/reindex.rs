//! `dangvan reindex`: beside a running service under load, without one, and after a rebuild that
//! was cut off. Searches find everything all the while.

use std::process::Stdio;

use dangvan::index::Index;

use crate::harness::{Db, town};
use crate::service::Service;

const CLIENTS: usize = 4;
/// Cases before the rebuild begins.
const BEFORE: usize = 150;

/// The folders of built indexes.
fn generations(service: &Service) -> usize {
    let entries = std::fs::read_dir(service.data().join("index")).unwrap();
    entries.filter(|entry| entry.as_ref().unwrap().path().is_dir()).count()
}

on_both!(the_index_is_built_anew_beside_the_service);
async fn the_index_is_built_anew_beside_the_service(db: Db) {
    let service = Service::new("plain", db);
    let running = service.start().await;
    let bearer = format!("Bearer {}", service.token("oversight"));
    let load = service.load(CLIENTS, "r", 1);
    load.until(BEFORE).await;
    service.until_indexed().await;
    let before = load.count();
    let mut command = service.command(&["reindex"]);
    let mut rebuilding = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut searches = 0;
    let ended = loop {
        let headers = [("authorization", bearer.as_str())];
        let found = service.get("/api/v1/desk/cases?q=receipt", &headers).await.unwrap();
        assert_eq!(found.status, 200, "{}", found.text);
        let total = usize::try_from(found.body["total"].as_u64().unwrap()).unwrap();
        assert!(total + 100 >= before, "{total} of {before} are found during the rebuild");
        searches += 1;
        if let Some(ended) = rebuilding.try_wait().unwrap() {
            break ended;
        }
    };
    assert!(ended.success() && searches > 2, "{searches} searches; {}", service.log());
    assert!(service.log().contains("The running service builds"), "{}", service.log());
    let acknowledged = load.stop().await;
    assert!(acknowledged.len() > before, "cases were taken meanwhile");
    service.until_indexed().await;
    assert_eq!(generations(&service), 1);
    running.stop();
    service.check(&acknowledged);

    // Without a service the command does it alone.
    assert!(service.run(&["reindex"]).status.success(), "{}", service.log());
    service.check(&acknowledged);
    assert_eq!(generations(&service), 1);
    // A wish that a stop left behind is fulfilled after the next start.
    dangvan::index::place::wish(&service.data().join("index")).unwrap();
    let running = service.start().await;
    service.until_indexed().await;
    while dangvan::index::place::is_wished(&service.data().join("index")).unwrap() {
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    running.stop();
    service.check(&acknowledged);
}

#[actix_web::test]
async fn a_rebuild_that_was_cut_off_leaves_the_serving_index() {
    let town = town("plain", Db::Sqlite).await;
    town.file(crate::service::case("one")).await;
    let (store, rules) = (&town.app.store, town.app.rules().jurisdiction);
    let (folder, uid) = (tempfile::tempdir().unwrap(), [5; 16]);
    let step = dangvan::flow::sync_index::step;
    let serving = std::sync::Arc::new(Index::open(Some(folder.path()), &uid, &rules).unwrap());
    while step(store, &serving, &rules).await.unwrap() {}
    let mark = serving.mark();
    drop(Index::begin(folder.path(), &uid, &rules).unwrap());
    drop(serving);
    let again = Index::open(Some(folder.path()), &uid, &rules).unwrap();
    assert_eq!((again.mark(), again.count()), (mark, 1));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "the half one is gone");
    // A whole one that was not yet alone takes the place.
    let next = std::sync::Arc::new(Index::begin(folder.path(), &uid, &rules).unwrap());
    while step(store, &next, &rules).await.unwrap() {}
    drop((again, next));
    let newest = Index::open(Some(folder.path()), &uid, &rules).unwrap();
    assert_eq!((newest.mark(), newest.count()), (mark, 1));
    let left = std::fs::read_dir(folder.path()).unwrap().next().unwrap().unwrap();
    assert!(left.file_name().to_str().unwrap().ends_with("-2"), "{left:?}");
}
