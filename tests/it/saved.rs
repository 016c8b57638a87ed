//! Kept searches: mail tells what is new in them, when the officer wants it, and nothing that the
//! officer may not see.

use chrono::TimeDelta;
use dangvan::clock::Moment;
use dangvan::domain::saved::{Alert, HELD_MAX, Look, Saved, Wish, next_look};
use dangvan::domain::user::Role;
use serde_json::json;

use crate::harness::{Answer, Db, Town, sql_in, town};
use crate::service::Service;

async fn file(town: &Town, text: &str) -> String {
    town.pass(TimeDelta::seconds(1));
    town.file(json!({"text": text, "reporter": {"kind": "individual"}})).await.0
}

/// Keeps the search for a word; returns its page.
async fn keep(town: &Town, token: &str, name: &str, q: &str, alert: (&str, &str)) -> String {
    let form = [("list.q", q), ("name", name), ("alert", alert.0), ("threshold", alert.1)];
    let answer = town.send("/desk/saved", token, &form).await;
    assert_eq!(answer.status, 303, "{}", answer.text);
    let page = town.get("/desk/saved", token).await.text;
    let (before, _) = page.split_once(&format!(">{name}</a>")).expect(&page);
    let (_, link) = before.rsplit_once("href=\"").unwrap();
    link.trim_end_matches('"').to_owned()
}

/// The alerts that have left since the last call, without soft line breaks.
fn alerts(town: &Town, seen: &mut usize) -> Vec<String> {
    let all = town.mails().into_iter().map(|mail| mail.replace("=\r\n", ""));
    let all: Vec<String> = all.filter(|mail| mail.contains("/desk/saved/")).collect();
    let new = all.get(*seen..).unwrap().to_vec();
    *seen = all.len();
    new
}

async fn later(town: &Town, seen: &mut usize, by: TimeDelta) -> Vec<String> {
    town.pass(by);
    town.work().await;
    alerts(town, seen)
}

fn led(answer: &Answer) -> &str {
    answer.headers.get("location").unwrap().to_str().unwrap()
}

const MINUTE: TimeDelta = TimeDelta::seconds(61);

on_both!(mail_tells_what_is_new);
async fn mail_tells_what_is_new(db: Db) {
    let town = town("plain", db).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    let mut seen = 0;
    file(&town, "The lamp at the corner is dark.").await;
    town.work().await;
    let link = keep(&town, &triage, "Lamps", "lamp", ("at_once", "")).await;
    assert!(later(&town, &mut seen, MINUTE).await.is_empty(), "what was there is no news");
    file(&town, "A second lamp is dark.").await;
    let secret = file(&town, "The clerk took money for a lamp.").await;
    let restrict = json!({"restricted": true, "reason": "names an official"});
    assert_eq!(town.step(&triage, &secret, "restrict", restrict).await.status, 204);
    file(&town, "The letter went round.").await;
    let news = later(&town, &mut seen, MINUTE).await;
    let [mail] = news.as_slice() else { panic!("{news:?}") };
    assert!(mail.contains("To: triage@city.example") || mail.contains("<triage@city.example>"));
    assert!(mail.contains("New cases in this search since the last look: 1."), "{mail}");
    assert!(mail.contains("It holds 2 cases now"), "{mail}");
    assert!(mail.contains(&link) && !mail.contains("number of cases that you set"), "{mail}");
    for word in ["second", "corner", "PV26", "q=lamp"] {
        assert!(!mail.contains(word), "no word of a case or of the search: {mail}");
    }
    assert!(later(&town, &mut seen, MINUTE).await.is_empty(), "told once");
    let open = town.get(&link, &triage).await;
    assert_eq!((open.status, led(&open)), (303, "/desk?q=lamp"));
    // Others have no such search, nor a way to it.
    let other = town.officer("other", Role::Triage, None).await;
    assert_eq!(town.get(&link, &other).await.status, 404);
    let gone = town.send(&format!("{link}/remove"), &other, &[]).await;
    assert_eq!(gone.status, 404);
    // One that is removed before its mail has left is told of no more.
    file(&town, "A third lamp is dark.").await;
    town.work().await;
    let gone = town.send(&format!("{link}/remove"), &triage, &[]).await;
    let again = led(&gone).to_owned();
    assert!(later(&town, &mut seen, MINUTE).await.is_empty());
    let page = town.get(&again, &triage).await.text;
    assert!(page.contains("Save it again") && page.contains("value=\"Lamps\""), "{page}");
    town.check().await;
}

on_both!(a_threshold_is_told_when_it_is_reached);
async fn a_threshold_is_told_when_it_is_reached(db: Db) {
    let town = town("plain", db).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    let mut seen = 0;
    keep(&town, &triage, "Many lamps", "lamp", ("threshold", "2")).await;
    let first = file(&town, "The lamp at the corner is dark.").await;
    town.work().await;
    assert!(later(&town, &mut seen, MINUTE).await.is_empty());
    file(&town, "A second lamp is dark.").await;
    town.work().await;
    let told = later(&town, &mut seen, MINUTE).await;
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("number of cases that you set: 2."), "{told:?}");
    let third = file(&town, "A third lamp is dark.").await;
    town.work().await;
    assert!(later(&town, &mut seen, MINUTE).await.is_empty(), "told once");
    // Fewer, and then as many again.
    let restrict = |on| json!({"restricted": on, "reason": "names an official"});
    let secret = town.officer_with("secret", Role::Triage, None, true).await;
    for number in [&first, &third] {
        assert_eq!(town.step(&secret, number, "restrict", restrict(true)).await.status, 200);
    }
    town.work().await;
    assert!(later(&town, &mut seen, MINUTE).await.is_empty());
    assert_eq!(town.step(&secret, &first, "restrict", restrict(false)).await.status, 200);
    town.work().await;
    assert_eq!(later(&town, &mut seen, MINUTE).await.len(), 1, "told again");
}

#[actix_web::test]
async fn what_cannot_be_kept_is_said() {
    let town = town("plain", Db::Sqlite).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    keep(&town, &triage, "Lamps", "lamp", ("none", "")).await;
    let long = "x".repeat(81);
    let table: [(&[(&str, &str)], &str); 6] = [
        (&[("list.q", "lamp")], "Name is needed"),
        (&[("list.q", "lamp"), ("name", "Lamps")], "You have a search of that name"),
        (&[("name", "All")], "There is nothing to save"),
        (&[("list.q", "a"), ("name", &long)], "80"),
        (&[("list.q", "a"), ("name", "b"), ("alert", "threshold")], "Number of cases is needed"),
        (&[("list.category", "gone"), ("name", "b")], "category"),
    ];
    for (form, message) in table {
        let answer = town.send("/desk/saved", &triage, form).await;
        assert_eq!(answer.status, 422, "{form:?}");
        assert!(answer.text.contains(message), "{message}: {}", answer.text);
    }
    for n in 1..dangvan::domain::saved::SAVED_MAX {
        keep(&town, &triage, &format!("Lamps {n}"), "lamp", ("none", "")).await;
    }
    let one_more = [("list.q", "lamp"), ("name", "Too many")];
    let answer = town.send("/desk/saved", &triage, &one_more).await;
    assert!(answer.text.contains("At most 50"), "{}", answer.text);
    let desk = town.get("/desk?q=lamp", &triage).await.text;
    assert!(desk.contains("href=\"/desk?q=lamp\" aria-current=\"page\"><span>Lamps 7<"), "{desk}");
}

#[test]
fn each_alert_has_its_hours() {
    let rules = dangvan::pack::read_embedded("hcmc").unwrap();
    let at = |text: &str| -> Moment { text.parse().unwrap() };
    // 7:00 in Ho Chi Minh City is 0:00 UTC. Tết 2027 is on 6 February; the week after it is off.
    let table = [
        (Alert::Daily, "2026-11-25T23:00:00Z", "2026-11-26T00:00:00Z"),
        (Alert::Daily, "2026-11-26T00:00:00Z", "2026-11-27T00:00:00Z"),
        (Alert::Daily, "2026-11-27T01:00:00Z", "2026-11-30T00:00:00Z"),
        (Alert::Weekly, "2026-11-25T23:00:00Z", "2026-11-30T00:00:00Z"),
        (Alert::Weekly, "2026-11-29T23:59:00Z", "2026-11-30T00:00:00Z"),
        (Alert::AtOnce, "2026-11-25T23:00:00Z", "2026-11-25T23:01:00Z"),
        (Alert::Threshold, "2026-11-25T23:00:00Z", "2026-11-25T23:01:00Z"),
    ];
    for (alert, now, next) in table {
        assert_eq!(next_look(alert, &rules, at(now)), Some(at(next)), "{alert} at {now}");
    }
    assert_eq!(next_look(Alert::None, &rules, at("2026-11-25T23:00:00Z")), None);
    // In any week of the year the weekly one comes once, on a working day.
    let mut now = at("2026-12-01T00:00:00Z");
    for _ in 0..52 {
        let next = next_look(Alert::Weekly, &rules, now).unwrap();
        let day = next.with_timezone(&rules.settings.zone).date_naive();
        assert!(rules.calendar.is_working(day), "{day}");
        assert!(next > now && next - now < TimeDelta::days(21), "{now}: {next}");
        now = next;
    }
}

/// Of a search with more cases than are remembered, those that come into sight again at the far end
/// are no news.
#[test]
fn what_lies_beyond_the_remembered_is_no_news() {
    let rules = dangvan::pack::read_embedded("plain").unwrap();
    let wish = Wish {
        name: "All".to_owned(),
        query: vec![("q".to_owned(), "a".to_owned())],
        alert: Alert::AtOnce,
        threshold: None,
    };
    let mut saved = Saved {
        id: 1,
        user: 1,
        wish,
        held: None,
        is_over: false,
        looked_at: None,
        look_at: None,
        is_broken: false,
    };
    let all = i64::try_from(HELD_MAX).unwrap();
    let look =
        |from: i64, to: i64| Look { ids: (from..to).rev().collect(), total: to, is_all: false };
    let now = crate::harness::start();
    assert_eq!(saved.look(&look(100, all + 100), &rules, now), None);
    // Three left it, three older ones came into sight; two are new.
    let mut ids: Vec<i64> = (100..all + 102).rev().filter(|id| id % 400 != 0).collect();
    ids.extend([99, 98]);
    ids.truncate(HELD_MAX);
    let news = saved.look(&Look { ids, total: 5_000, is_all: false }, &rules, now).unwrap();
    assert_eq!((news.new, news.total), (2, 5_000));
    // An old letter that was entered late: its id is no sign of its place in the list.
    let mut ids: Vec<i64> = saved.held.clone().unwrap().ids.into_iter().rev().collect();
    let gone = ids.remove(10);
    ids.push(gone - 1_000_000);
    assert_eq!(saved.look(&Look { ids, total: 4_999, is_all: false }, &rules, now), None);
}

/// A database of an older release has no letters of the newer kinds; one that was edited stays.
#[test]
fn letters_that_are_missing_come_from_the_pack() {
    let service = Service::new("plain", Db::Postgres);
    let letters = || {
        let all = "SELECT code, body FROM pack_rows WHERE kind = 'letter' ORDER BY code";
        sql_in(&service.database, all)
    };
    let before = letters();
    sql_in(
        &service.database,
        "DELETE FROM pack_rows WHERE kind = 'letter' AND code LIKE 'alert.%';
         UPDATE pack_rows SET body = replace(body, 'Dear', 'Good day') WHERE kind = 'letter'",
    );
    assert!(service.run(&["migrate"]).status.success(), "{}", service.log());
    let (edited, added) = (before.replace("Dear", "Good day"), letters());
    let of = |all: &str, is_alert: bool| -> Vec<String> {
        let lines = all.lines().filter(|line| line.starts_with("alert.") == is_alert);
        lines.map(str::to_owned).collect()
    };
    assert_eq!(of(&added, true), of(&before, true));
    assert_eq!(of(&added, false), of(&edited, false));
    let version = "SELECT rules_version FROM installation";
    let version = || sql_in(&service.database, version);
    let was = version();
    assert!(service.run(&["migrate"]).status.success());
    assert_eq!(version(), was, "what is whole is left alone");
}
