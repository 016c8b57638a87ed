//! The kill test: SIGKILL at random moments under load, on both databases. After each restart every
//! acknowledged case is there once, and a repeated key brings the same case. At the end every
//! case's events make its row, each has its change mark, its letters and its index entry.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::harness::{Db, empty_database_text, sql_in};
use crate::service::{Reply, Service, names};
use crate::smtp_server::{Behaviour, Received, SmtpServer};

const CLIENTS: usize = 8;
const ROUNDS: u64 = 5;

/// An empty database: the first start fills it from the pack.
pub fn empty(db: Db) -> Service {
    let database = match db {
        Db::Sqlite => "sqlite:dangvan.db".to_owned(),
        Db::Postgres => empty_database_text(),
    };
    Service::on(tempfile::tempdir().unwrap(), database)
}

on_both!(nothing_acknowledged_is_lost);
async fn nothing_acknowledged_is_lost(db: Db) {
    let service = empty(db);
    let mut acknowledged = BTreeMap::new();
    for round in 0..ROUNDS {
        let running = service.start().await;
        let load = service.load(CLIENTS, &format!("r{round}"), 1);
        // Moments that no two rounds share.
        tokio::time::sleep(Duration::from_millis(350 + 137 * round)).await;
        running.kill();
        acknowledged.extend(load.end().await);
    }
    let running = service.start().await;
    assert!(acknowledged.len() > 20, "only {} cases were acknowledged", acknowledged.len());
    let step = acknowledged.len() / 60 + 1;
    for (key, case) in acknowledged.iter().step_by(step) {
        let path = format!("/api/v1/cases/{}", case.code);
        let reply = service.get(&path, &[]).await.unwrap();
        assert_eq!(reply.status, 200, "{} was acknowledged and is gone", case.number);
        assert_eq!(reply.body["number"], *case.number);
        let again = service.post(key).await.unwrap();
        assert_eq!(names(&again), *case, "a repeated key brings the same case");
    }
    service.until_indexed().await;
    running.stop();
    service.check(&acknowledged);
}

/// Leases of a process that is gone run out: here at once, not after a minute.
pub fn time_passes_for_leases(service: &Service) {
    sql_in(
        &service.database,
        // The lock first: the service beside it takes rows in another order.
        "LOCK TABLE outbox IN EXCLUSIVE MODE; \
         UPDATE outbox SET leased_until = leased_until - interval '61 seconds' \
         WHERE state = 'sending'",
    );
}

/// Every recipient's mail under one Message-ID; those that came more than once.
pub fn doubled(received: &[Received]) -> BTreeSet<String> {
    let mut ids: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for mail in received {
        ids.entry(&mail.to[0]).or_default().push(&mail.message_id);
    }
    let mut out = BTreeSet::new();
    for (to, mut ids) in ids {
        if ids.len() > 1 {
            out.insert(to.to_owned());
        }
        ids.dedup();
        assert_eq!(ids.len(), 1, "{to}: another Message-ID");
    }
    out
}

/// Waits until each of these has got a mail.
pub async fn until_received(server: &SmtpServer, to: &BTreeSet<String>) {
    for _ in 0..2_000 {
        let received = server.received();
        let got: BTreeSet<String> = received.iter().map(|mail| mail.to[0].clone()).collect();
        if to.is_subset(&got) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("only {} of {} mails arrive", server.received().len(), to.len());
}

on_both!(a_kill_between_the_lines_of_a_mail);
async fn a_kill_between_the_lines_of_a_mail(db: Db) {
    let server = SmtpServer::start().await;
    let service = Service::new("plain", db).with("DANGVAN_SMTP_URL", &server.url());
    let mut wanted = BTreeSet::new();
    let mut running = service.start().await;
    // Between recipient and content, before the content, and taken but not acknowledged; two more
    // wait behind each.
    let moments = [Behaviour::StallAtRecipient, Behaviour::StallAtData, Behaviour::StallAfterData];
    for (moment, round) in moments.into_iter().zip(1..) {
        server.next(&[moment]);
        for n in 0..3 {
            let key = format!("{round}mail{n}");
            assert_eq!(service.post(&key).await.unwrap().status, 201);
            wanted.insert(format!("{key}@example.org"));
            server.until_stalled(round).await;
        }
        running.kill();
        if db == Db::Postgres {
            time_passes_for_leases(&service);
        }
        running = service.start().await;
        until_received(&server, &wanted).await;
    }
    service.until("all mail has left", all_has_left).await;
    let only = BTreeSet::from(["3mail0@example.org".to_owned()]);
    assert_eq!(doubled(&server.received()), only, "what was taken and not acknowledged");
    service.until_indexed().await;
    running.stop();
    assert_eq!(service.check(&BTreeMap::new()).len(), wanted.len());
}

/// No mail waits any more.
pub fn all_has_left(ready: &Reply) -> bool {
    ready.status == 200 && ready.body["parts"]["mail"].get("oldest_unsent").is_none()
}

/// A mail server that never answers holds up no stop; what it was sent is sent again afterwards.
#[actix_web::test]
async fn a_stalled_mail_server_holds_up_no_stop() {
    let server = SmtpServer::start().await;
    server.next(&[Behaviour::StallAtRecipient, Behaviour::StallAtRecipient]);
    let service = Service::new("plain", Db::Sqlite).with("DANGVAN_SMTP_URL", &server.url());
    for tries in 1..=2 {
        let running = service.start().await;
        if tries == 1 {
            assert_eq!(service.post("stalled").await.unwrap().status, 201);
        }
        server.until_stalled(tries).await;
        running.stop();
    }
}
