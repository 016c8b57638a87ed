//! The kill test: SIGKILL at random moments under load, on both databases. After each restart every
//! acknowledged case is there once, and a repeated key brings the same case. At the end every
//! case's events make its row, each has its change mark, its letters and its index entry.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::harness::{Db, empty_database_text, sql_in};
use crate::service::{Reply, Running, Service, names};
use crate::smtp_server::{Behaviour, Received, SmtpServer};

const CLIENTS: usize = 8;
const ROUNDS: u64 = 5;

/// An empty database: the first start fills it from the pack.
fn empty(db: Db) -> Service {
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
fn time_passes_for_leases(service: &Service) {
    sql_in(
        &service.database,
        "UPDATE outbox SET leased_until = leased_until - interval '61 seconds' \
         WHERE state = 'sending'",
    );
}

/// Every recipient's mail under one Message-ID; those that came more than once.
fn doubled(received: &[Received]) -> BTreeSet<String> {
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

async fn until_received(server: &SmtpServer, to: &BTreeSet<String>) {
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

fn all_has_left(ready: &Reply) -> bool {
    ready.status == 200 && ready.body["parts"]["mail"].get("oldest_unsent").is_none()
}

/// Two services on one database, with one key and an index each.
struct Twins {
    services: [Service; 2],
    running: [Option<Running>; 2],
}

impl Twins {
    /// Both start at once on an empty database.
    async fn start(server: &SmtpServer) -> Twins {
        let first = empty(Db::Postgres).with("DANGVAN_SMTP_URL", &server.url());
        let folder = tempfile::tempdir().unwrap();
        let second =
            Service::on(folder, first.database.clone()).with("DANGVAN_SMTP_URL", &server.url());
        let (one, two) = tokio::join!(first.start(), second.start());
        Twins { services: [first, second], running: [Some(one), Some(two)] }
    }

    /// Kills the one that holds a lease, and says which it was.
    fn kill_holder(&mut self) -> usize {
        let asked = "SELECT split_part(leased_by, '-', 1) FROM outbox WHERE state = 'sending'";
        let pid = sql_in(&self.services[0].database, asked);
        let is_holder =
            |r: &Option<Running>| r.as_ref().is_some_and(|r| r.0.id().to_string() == pid.trim());
        let at = self.running.iter().position(is_holder).expect("one of the two holds the lease");
        self.running[at].take().unwrap().kill();
        at
    }
}

#[actix_web::test]
async fn two_processes_share_a_database() {
    let server = SmtpServer::start().await;
    let mut twins = Twins::start(&server).await;
    let token = twins.services[0].token("triage");
    let loads = [twins.services[0].load(4, "a", 1), twins.services[1].load(4, "b", 1)];
    for load in &loads {
        load.until(20).await;
    }
    let mut acknowledged = BTreeMap::new();
    for load in loads {
        acknowledged.extend(load.stop().await);
    }
    let numbers: BTreeSet<&str> = acknowledged.values().map(|c| c.number.as_str()).collect();
    assert_eq!(numbers.len(), acknowledged.len(), "numbers are drawn once");
    let bearer = format!("Bearer {token}");
    for (service, other) in twins.services.iter().zip(["bc0n1", "ac0n1"]) {
        service.until_indexed().await;
        let path = format!("/api/v1/desk/cases?q={other}");
        let found = service.get(&path, &[("authorization", &bearer)]).await.unwrap();
        assert_eq!(found.body["total"], 1, "what the other has taken: {}", found.text);
    }
    let to = |keys: &BTreeMap<String, _>| -> BTreeSet<String> {
        keys.keys().map(|key| format!("{key}@example.org")).collect()
    };
    until_received(&server, &to(&acknowledged)).await;
    assert_eq!(doubled(&server.received()), BTreeSet::new(), "each mail left once");

    // Either is killed while it sends; the other takes the mail over when the lease has run out.
    for round in ["x", "y"] {
        server.next(&[Behaviour::StallAfterData]);
        let key = format!("{round}stalled");
        let case = names(&twins.services[0].post(&key).await.unwrap());
        server.until_stalled(1).await;
        acknowledged.insert(key.clone(), case);
        let killed = twins.kill_holder();
        time_passes_for_leases(&twins.services[killed]);
        let left = &twins.services[1 - killed];
        left.until("all mail has left", all_has_left).await;
        let doubled = doubled(&server.received());
        assert!(doubled.contains(&format!("{key}@example.org")), "{doubled:?}");
        assert_eq!(left.post(&format!("{round}left")).await.unwrap().status, 201);
        twins.running[killed] = Some(twins.services[killed].start().await);
        server.forget_stalled();
    }
    for (service, running) in twins.services.iter().zip(&mut twins.running) {
        service.until_indexed().await;
        running.take().unwrap().stop();
    }
    for service in &twins.services {
        service.check(&acknowledged);
    }
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
