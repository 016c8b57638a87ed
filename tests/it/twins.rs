//! Two processes on one PostgreSQL: both take cases, both find them, each mail leaves once; and
//! when either is killed the other goes on with the work of both.

use std::collections::{BTreeMap, BTreeSet};

use crate::crash::{all_has_left, doubled, empty, time_passes_for_leases, until_received};
use crate::harness::{Db, sql_in};
use crate::service::{Running, Service, names, request};
use crate::smtp_server::{Behaviour, SmtpServer};

/// So many mails are under way in a process at a time: a kill may double these and no others.
const UNDER_WAY: usize = dangvan::flow::deliver::BATCH;

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

    /// A session of a triage officer, begun at the first of the two.
    async fn sign_in(&self) -> String {
        let first = &self.services[0];
        let added = ["--email", "an@city.example", "--name", "An", "--role", "triage"];
        let once = first.run(&[&["user", "add"], &added[..]].concat());
        let once = String::from_utf8(once.stdout).unwrap();
        let once = once.lines().last().unwrap();
        let origin = format!("http://127.0.0.1:{}", first.port);
        let json = [("content-type", "application/json"), ("origin", origin.as_str())];
        let body = format!(r#"{{"email": "an@city.example", "password": "{once}"}}"#);
        let signed = request(first.port, "POST", "/api/v1/session", &json, &body).await.unwrap();
        assert_eq!(signed.status, 201, "{}", signed.text);
        let cookie = signed.header("set-cookie").unwrap().split(';').next().unwrap().to_owned();
        let headers = [json[0], json[1], ("cookie", cookie.as_str())];
        let body = format!(r#"{{"password": "{once}", "new_password": "nine quiet herons"}}"#);
        let changed = request(first.port, "POST", "/api/v1/me/password", &headers, &body).await;
        assert_eq!(changed.unwrap().status, 204);
        cookie
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

fn recipients(acknowledged: &BTreeMap<String, crate::service::Names>) -> BTreeSet<String> {
    acknowledged.keys().map(|key| format!("{key}@example.org")).collect()
}

#[actix_web::test]
async fn either_is_killed_while_both_take_cases() {
    let server = SmtpServer::start().await;
    let mut twins = Twins::start(&server).await;
    let cookie = twins.sign_in().await;
    let cookie = ("cookie", cookie.as_str());
    let mut acknowledged = BTreeMap::new();
    for killed in [0, 1] {
        let left = &twins.services[1 - killed];
        let loads = [0, 1].map(|at| twins.services[at].load(4, &format!("k{killed}at{at}"), 1));
        for load in &loads {
            load.until(20).await;
        }
        twins.running[killed].take().unwrap().kill();
        let [first, second] = loads;
        let (cut, going_on) = if killed == 0 { (first, second) } else { (second, first) };
        acknowledged.extend(cut.end().await);
        // The other takes cases as before, and knows who is signed in.
        going_on.until(going_on.count() + 20).await;
        let seen = left.get("/api/v1/desk/cases?limit=1", &[cookie]).await.unwrap();
        assert_eq!(seen.status, 200, "{}", seen.text);
        acknowledged.extend(going_on.stop().await);
        // What the killed one was sending and had not begun to send leaves here.
        time_passes_for_leases(left);
        left.until("all mail has left", all_has_left).await;
        until_received(&server, &recipients(&acknowledged)).await;
        twins.running[killed] = Some(twins.services[killed].start().await);
    }
    let twice = doubled(&server.received());
    assert!(twice.len() <= 2 * UNDER_WAY, "{} mails came twice: {twice:?}", twice.len());
    let numbers: BTreeSet<&str> = acknowledged.values().map(|c| c.number.as_str()).collect();
    assert_eq!(numbers.len(), acknowledged.len(), "numbers are drawn once");
    let all = twins.services[0].numbers().len();
    for service in &twins.services {
        service.until_indexed().await;
        let found = service.get("/api/v1/desk/cases?q=receipt&limit=1", &[cookie]).await.unwrap();
        assert_eq!(found.body["total"].as_u64(), u64::try_from(all).ok(), "{}", found.text);
    }
    for running in &mut twins.running {
        running.take().unwrap().stop();
    }
    for service in &twins.services {
        service.check(&acknowledged);
    }
}
