//! What helps an officer find: words that were probably meant, values left out, the newest of what
//! is alike, pages that hold still while cases arrive. Nothing of a restricted case shows in any.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use dangvan::domain::search::Queue;
use dangvan::domain::user::Role;
use dangvan::flow::find::Finder;
use dangvan::intake::query::{Asker, desk_query};
use serde_json::{Value, json};

use crate::harness::{Db, Town, town};

async fn file(town: &Town, text: &str) -> String {
    town.pass(TimeDelta::seconds(1));
    town.file(json!({"text": text, "reporter": {"kind": "individual"}})).await.0
}

async fn list(town: &Town, token: &str, query: &str) -> Value {
    let answer = town.get(&format!("/api/v1/desk/cases?{query}"), token).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.text);
    answer.body
}

fn numbers(list: &Value) -> Vec<String> {
    let items = list["items"].as_array().unwrap();
    items.iter().map(|item| item["number"].as_str().unwrap().to_owned()).collect()
}

#[actix_web::test]
async fn a_word_that_stands_nowhere_is_probably_another() {
    let town = town("plain", Db::Sqlite).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    let roads = town.officer("roads", Role::Agency, Some("works-department")).await;
    let secret = town.officer_with("secret", Role::Triage, None, true).await;
    file(&town, "My building permit was promised by June and nothing came.").await;
    let hidden = file(&town, "The clerk Quillfeather wanted money for the stamp.").await;
    let restrict = json!({"restricted": true, "reason": "names an official"});
    assert_eq!(town.step(&triage, &hidden, "restrict", restrict).await.status, 204);
    town.work().await;
    let table = [
        ("bilding", Some("building")),
        ("biulding permitt", Some("building permit")),
        ("promised bilding -road", Some("promised building -road")),
        ("%22bilding permit%22", Some("\"building permit\"")),
        // All words are there: they only stand apart, or too far from anything.
        ("building", None),
        ("zebrafish", None),
        ("xy", None),
        // What only a restricted case holds is as if it were not there.
        ("quillfeathor", None),
        ("quillfeather", None),
    ];
    for (q, meant) in table {
        let found = list(&town, &triage, &format!("q={}", q.replace(' ', "%20"))).await;
        assert_eq!(found["did_you_mean"].as_str(), meant, "{q}: {found}");
    }
    let found = list(&town, &secret, "q=quillfeathor").await;
    assert_eq!(found["did_you_mean"], "quillfeather", "for whom it is there");
    // An office is not led to what lies with others.
    assert_eq!(list(&town, &roads, "q=bilding").await["did_you_mean"], Value::Null);
    let page = town.get("/desk?q=bilding&sort=received", &triage).await;
    assert!(
        page.text.contains("href=\"/desk?sort=received&#38;q=building\">building</a>"),
        "{}",
        { page.text }
    );
}

on_both!(values_are_left_out);
async fn values_are_left_out(db: Db) {
    let town = town("plain", db).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    let mut all = Vec::new();
    for text in ["The lamp is dark.", "The lamp is broken.", "The lamp hums.", "A lamp, thanks."] {
        all.push(file(&town, text).await);
    }
    let decide = |scope, category| json!({"scope": scope, "category": category});
    for (number, scope, category) in
        [(&all[0], "out", "street"), (&all[1], "out", "street"), (&all[3], "out", "praise")]
    {
        let done = town.step(&triage, number, "decide", decide(scope, category)).await;
        assert_eq!(done.status, 200, "{}", done.text);
    }
    town.work().await;
    let table: [(&str, &[usize]); 5] = [
        ("category=-street", &[2, 3]),
        ("category=-street&category=-praise", &[2]),
        ("scope=out&category=-praise", &[0, 1]),
        ("scope=-ask", &[0, 1, 3]),
        ("flag=-urgent", &[0, 1, 2, 3]),
    ];
    for (filter, expected) in table {
        let expected: BTreeSet<&str> = expected.iter().map(|n| all[*n].as_str()).collect();
        // Without words the database answers, with them the index.
        for query in [filter.to_owned(), format!("q=lamp&{filter}")] {
            let found = list(&town, &triage, &query).await;
            let numbers = numbers(&found);
            let numbers: BTreeSet<&str> = numbers.iter().map(String::as_str).collect();
            let here: BTreeSet<&str> = numbers.intersection(&expected).copied().collect();
            assert_eq!((&numbers, &found["total"]), (&here, &json!(expected.len())), "{query}");
            let street = found["facets"]["category"].as_array().unwrap();
            let street = street.iter().find(|facet| facet["key"] == "street");
            if filter.starts_with("category=-street") {
                assert_eq!(street.unwrap()["count"], 2, "what is left out is counted: {query}");
            }
        }
    }
    let wrong = town.get("/api/v1/desk/cases?category=-nothing", &triage).await;
    assert_eq!(wrong.status, 422, "{}", wrong.text);
    let page = town.get("/desk?category=-street", &triage).await;
    assert!(page.text.contains("value=\"-street\""), "{}", page.text);
}

#[actix_web::test]
async fn the_newest_of_what_is_alike_stands_first() {
    let town = town("plain", Db::Sqlite).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    let mut copies = Vec::new();
    for _ in 0..3 {
        copies.push(file(&town, "The letter went round the whole street.").await);
        town.work().await;
    }
    copies.reverse();
    assert_eq!(numbers(&list(&town, &triage, "q=letter").await), copies);
}

/// Pages by relevance and by date, while cases arrive that match better and worse.
#[actix_web::test]
async fn pages_hold_still_while_cases_arrive() {
    let town = town("plain", Db::Sqlite).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    let mut before = BTreeSet::new();
    for n in 0..40 {
        let more = "gate ".repeat(n % 5);
        before.insert(file(&town, &format!("The gate {more}of house {n} is shut.")).await);
    }
    town.work().await;
    for sort in ["relevance", "received", "-received", "due", "-due"] {
        let (mut seen, mut cursor, mut page) = (Vec::new(), String::new(), 0);
        loop {
            let query = format!("q=gate&limit=7&sort={sort}&cursor={cursor}");
            let found = list(&town, &triage, &query).await;
            seen.extend(numbers(&found));
            let Some(next) = found["next_cursor"].as_str() else { break };
            cursor = next.to_owned();
            for better in ["The gate gate gate gate gate gate.", "A gate, and much else besides."] {
                page += 1;
                file(&town, &format!("{better} Case {sort} {page}.")).await;
            }
            town.work().await;
        }
        let once: BTreeSet<&String> = seen.iter().collect();
        assert_eq!(once.len(), seen.len(), "{sort}: a case is shown twice");
        assert!(before.iter().all(|number| once.contains(number)), "{sort}: a case is passed over");
    }
    // A state that is no longer kept is none of the reader's business.
    let found = list(&town, &triage, "q=gate&limit=7&cursor=o7.999").await;
    assert_eq!(numbers(&found).len(), 7);
}

const FILTERS: [&str; 8] = [
    "",
    "scope=in",
    "scope=-out",
    "due=week",
    "from=2026-11-24&to=2026-11-24",
    "to=2026-11-01",
    "assigned=me",
    "flag=-urgent&category=delay",
];

on_both!(the_index_counts_what_the_database_counts);
/// A large desk has its counts from the index: they are the database's, whoever asks.
async fn the_index_counts_what_the_database_counts(db: Db) {
    let town = town("plain", db).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    town.officer("roads", Role::Agency, Some("works-department")).await;
    town.officer_with("secret", Role::Triage, None, true).await;
    let texts =
        ["The lamp is dark.", "The letter went round.", "A lamp, thanks.", "No answer yet."];
    for (text, scope) in texts.iter().zip(["out", "in", "out", "in"]) {
        let number = file(&town, text).await;
        let category = if scope == "in" { "delay" } else { "street" };
        let decided = json!({"scope": scope, "category": category});
        assert_eq!(town.step(&triage, &number, "decide", decided).await.status, 200);
        if scope == "in" {
            let route = json!({"agency": "works-department"});
            assert_eq!(town.step(&triage, &number, "route", route).await.status, 200);
        }
    }
    let hidden = file(&town, "The clerk wanted money for a lamp.").await;
    let restrict = json!({"restricted": true, "reason": "names an official"});
    assert_eq!(town.step(&triage, &hidden, "restrict", restrict).await.status, 204);
    town.work().await;
    let users = town.app.store.read(dangvan::store::users::all).await.unwrap();
    let (context, index) = (town.app.context(), town.app.index());
    let by_database = Finder::new(&context, index.clone());
    let by_index = Finder { counted_max: 0, ..Finder::new(&context, index.clone()) };
    for user in &users {
        for (filters, queue) in FILTERS
            .iter()
            .map(|filters| (*filters, None))
            .chain(Queue::ALL.iter().map(|queue| ("", Some(*queue))))
            .filter(|(_, queue)| *queue != Some(Queue::MailFailed))
        {
            let pairs: Vec<(String, String)> = filters
                .split('&')
                .filter_map(|pair| pair.split_once('='))
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect();
            let today = context.now.date_naive();
            let asker = Asker { rules: &context.rules, user: user.id, today, strict: true };
            let mut query = desk_query(&pairs, &asker).unwrap();
            query.filters.queue = queue;
            query.limit = 2;
            let mut counted = by_index.find(user, query.clone(), true).await.unwrap().answer;
            let mut listed = by_database.find(user, query, true).await.unwrap().answer;
            let what = format!("{} {filters} {queue:?}", user.name);
            for answer in [&mut counted, &mut listed] {
                answer.facets.retain(|_, counts| !counts.is_empty());
            }
            assert_eq!(counted.facets, listed.facets, "{what}");
            assert_eq!((counted.total, counted.ids), (listed.total, listed.ids), "{what}");
            assert_eq!(counted.next_cursor, listed.next_cursor, "{what}");
        }
    }
}
