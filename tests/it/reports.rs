//! The leaders' figures: every number of the page leads to exactly the cases it counts, in both
//! periods and in every row.

use chrono::TimeDelta;
use dangvan::domain::figures::Figure;
use dangvan::domain::user::Role;
use dangvan::flow::adopt_pack::FIRST_ADMIN;
use dangvan::store::{StoreError, users};
use serde_json::json;

use crate::harness::{Db, Town, town};

/// The links of a page to lists of the desk, each with the words it stands under.
fn links(page: &str) -> Vec<(String, String)> {
    let mut out = Vec::new();
    for rest in page.split("<a href=\"/desk?").skip(1) {
        let (query, rest) = rest.split_once("\">").unwrap();
        let shown = rest.split_once("</a>").unwrap().0.to_owned();
        out.push((query.replace("&#38;", "&").replace("&amp;", "&"), shown));
    }
    out
}

/// A town in which one administrator alone may approve.
async fn alone(db: Db) -> (Town, String) {
    let town = town("plain", db).await;
    let admin = town.officer("root", Role::Admin, None).await;
    let all: Result<_, StoreError> = town.app.store.read(users::all).await;
    for other in all.unwrap().iter().filter(|user| user.email == FIRST_ADMIN) {
        let disable = format!("/admin/users/{}/disable", other.id);
        assert_eq!(town.send(&disable, &admin, &[]).await.status, 303);
    }
    (town, admin)
}

on_both!(each_number_leads_to_what_it_counts);
async fn each_number_leads_to_what_it_counts(db: Db) {
    let (town, admin) = alone(db).await;
    let mut numbers = Vec::new();
    for n in 0..5 {
        let body = json!({"text": format!("The form number {n} has been late for two months."),
            "reporter": {"kind": "individual"}});
        numbers.push(town.file(body).await.0);
        town.pass(TimeDelta::days(12));
    }
    let agency = town.app.rules().jurisdiction.agencies.iter().find(|a| !a.is_external()).cloned();
    let agency = agency.unwrap().code;
    let routed = town.step(&admin, &numbers[3], "route", json!({"agency": agency})).await;
    assert_eq!(routed.status, 200, "{}", routed.text);
    let answered = town.step(&admin, &numbers[3], "answer", json!({"text": "It is done."})).await;
    assert_eq!(answered.body["unreviewed"], true, "{}", answered.text);
    let restrict = json!({"restricted": true, "reason": "names an official"});
    town.step(&admin, &numbers[4], "restrict", restrict).await;
    town.work().await;

    let period = "from=2026-12-20&to=2027-01-31";
    let summary = town.get(&format!("/api/v1/reports/summary?{period}"), &admin).await.body;
    assert_eq!((&summary["received"], &summary["unreviewed"]), (&json!(2), &json!(1)));
    for split in ["scope", "agency", "category", "field", "area", "status", "channel", "authority"]
    {
        let path = format!("/reports?{period}&by=week&split={split}&language=en");
        let page = town.get(&path, &admin).await;
        assert_eq!(page.status, 200, "{}", page.text);
        let links = links(&page.text);
        for figure in Figure::all().into_iter().filter(|f| !matches!(f, Figure::ByChannel(_))) {
            let is_of = |query: &str| query.starts_with(&format!("figure={}&", figure.name()));
            let found = links.iter().filter(|(query, _)| is_of(query)).count();
            assert!(found >= 2, "{} in both periods", figure.name());
            assert_eq!(Figure::parse(&figure.name()), Some(figure));
        }
        for (query, shown) in links {
            let Ok(shown) = shown.parse::<i64>() else { continue };
            let list = town.get(&format!("/api/v1/desk/cases?{query}"), &admin).await;
            let sum = list.body["total"].as_i64().unwrap_or(-1)
                + list.body["restricted"].as_i64().unwrap_or(0);
            assert_eq!(sum, shown, "{query}: {}", list.text);
        }
    }
    let rows = town.get(&format!("/reports?{period}&by=month&split=status"), &admin).await.text;
    assert!(rows.contains("from=2026-12-20&#38;to=2026-12-31&#38;status="), "{rows}");
    // What is no count leads to the cases that it is computed over.
    let answered = summary["answered"].as_i64().unwrap();
    let dated = summary["on_time"].as_i64().unwrap() + summary["late"].as_i64().unwrap();
    let computed = [("on_time_rate", dated), ("median_days", answered), ("p90_days", answered)];
    for (figure, count) in computed.into_iter().chain([("rating.mean", 0)]) {
        let list = town.get(&format!("/api/v1/desk/cases?figure={figure}&{period}"), &admin).await;
        assert_eq!(list.body["total"], count, "{figure}: {}", list.text);
    }
    let list = town.get("/api/v1/desk/cases?figure=open&queue=decide&language=en", &admin).await;
    let read_as = list.body["read_as"].as_str().unwrap();
    assert!(read_as.contains("open at the end") && read_as.contains("Needs a decision"));
}

on_both!(the_public_figures_have_a_chart_and_a_table_by_agency);
async fn the_public_figures_have_a_chart_and_a_table_by_agency(db: Db) {
    let (town, admin) = alone(db).await;
    let rules = town.app.rules().jurisdiction;
    let own: Vec<_> = rules.agencies.iter().filter(|a| !a.is_external()).take(2).collect();
    let name = |n: usize| own[n].names["en"].clone();
    for n in 0..23 {
        let body = json!({"text": format!("The form number {n} has been late for two months."),
            "reporter": {"kind": "individual"}});
        let (number, _) = town.file(body).await;
        let agency = &own[usize::from(n >= 20)].code;
        town.step(&admin, &number, "route", json!({"agency": agency})).await;
        let answer = json!({"text": "It is done."});
        let answered = town.step(&admin, &number, "answer", answer).await;
        assert_eq!(answered.status, 200, "{}", answered.text);
    }
    let page = town.get("/statistics?language=en", "").await.text;
    assert!(page.contains("<svg class=\"chart\"") && page.contains("2026-11: 23"), "{page}");
    let (_, table) = page.split_once("By agency, twelve months").unwrap();
    assert!(table.contains(&name(0)) && table.contains("100.0%"), "{table}");
    assert!(!table.contains(&format!("scope=\"row\">{}<", name(1))), "too few: {table}");
    assert!(table.contains("Other agencies") && table.contains("fewer than 20"), "{table}");
}

/// The middle of two is between them.
#[actix_web::test]
async fn the_median_of_two_lies_between_them() {
    let (town, admin) = alone(Db::Sqlite).await;
    for days in [2, 16] {
        let body = json!({"text": format!("The form of {days} days has been late for months."),
            "reporter": {"kind": "individual"}});
        let (number, _) = town.file(body).await;
        town.pass(TimeDelta::days(days));
        town.step(&admin, &number, "answer", json!({"text": "It is done."})).await;
    }
    let summary = town.get("/api/v1/reports/summary?from=2026-11-01&to=2026-12-31", &admin).await;
    assert_eq!(summary.body["median_days"], 9.0, "{}", summary.text);
    assert_eq!(summary.body["p90_days"], 16.0, "{}", summary.text);
}
