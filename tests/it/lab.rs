//! The rule lab: a trial says what publishing would do, publishing does it, rolling back undoes it;
//! routing that is not as the truth table expects is not published.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use dangvan::domain::deadline::day_of;
use dangvan::domain::edition::{
    Edition, EditionState, Outcome, RuleChange, Trial, applied, truth_faults,
};
use dangvan::domain::jurisdiction::Jurisdiction;
use dangvan::domain::truth::walked;
use dangvan::domain::user::Role;
use dangvan::flow::lab;
use dangvan::index::scope::Engine;
use dangvan::store::packs;
use serde_json::json;

use crate::harness::{Db, Town, start, town};

/// Texts whose side hangs on a phrase that the pack does not know.
const TEXTS: [&str; 6] = [
    "The zebrafish quota of my shop, case one.",
    "Our zebrafish quota went to the neighbour, case two.",
    "Nobody told me of the zebrafish quota, case three.",
    "The street lamp before my house is dark.",
    "My building permit was promised by June and I have heard nothing since.",
    "Where do I hand in the form for a new passport?",
];

async fn begin(town: &Town, token: &str) -> i64 {
    let begun = town.send("/desk/lab", token, &[("name", "Zebrafish are ours")]).await;
    assert_eq!(begun.status, 303, "{}", begun.text);
    let place = begun.headers.get("location").unwrap().to_str().unwrap();
    place.rsplit('/').next().unwrap().parse().unwrap()
}

async fn send(town: &Town, token: &str, id: i64, verb: &str, form: &[(&str, &str)]) -> String {
    let sent = town.send(&format!("/desk/lab/{id}/{verb}"), token, form).await;
    assert_eq!(sent.status, 303, "{verb}: {}", sent.text);
    sent.text
}

/// Sends what is refused and returns the page.
async fn refused(town: &Town, token: &str, id: i64, verb: &str, form: &[(&str, &str)]) -> String {
    let sent = town.send(&format!("/desk/lab/{id}/{verb}"), token, form).await;
    assert_eq!(sent.status, 422, "{verb}: {}", sent.text);
    sent.text
}

async fn put_zebrafish(town: &Town, token: &str, id: i64) {
    let form = [
        ("phrase", "Zebrafish quota"),
        ("direction", "in"),
        ("toward", "delay"),
        ("strong", "on"),
        ("reason_en", "quotas are our affair"),
    ];
    send(town, token, id, "put_cue", &form).await;
}

async fn tried(town: &Town, token: &str, id: i64) -> Edition {
    send(town, token, id, "try", &[]).await;
    assert!(lab::try_next(&town.app.context()).await.unwrap(), "one waited");
    assert!(!lab::try_next(&town.app.context()).await.unwrap(), "once");
    lab::one(&town.app.context(), id).await.unwrap()
}

fn said(engine: &Engine, text: &str) -> String {
    let judged = engine.judge(None, text);
    format!("{} {}", judged.scope, judged.category.unwrap_or_default())
}

/// What an engine made anew of these rules says of each text, by number.
fn sides(rules: &Jurisdiction, filed: &BTreeMap<String, &str>) -> BTreeMap<String, String> {
    let engine = Engine::build(rules, &[], None).unwrap();
    let judge = |text: &str| said(&engine, text);
    filed.iter().map(|(number, text)| (number.clone(), judge(text))).collect()
}

/// The difference is what judging everything by both sets of rules gives.
fn told_as_judged(trial: &Trial, old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) {
    let mut moved: BTreeMap<&str, (String, String)> = BTreeMap::new();
    for case in &trial.moved {
        let said = |o: &Outcome| format!("{} {}", o.scope, o.category.clone().unwrap_or_default());
        let sides = (said(&case.before), said(&case.after));
        moved.insert(&case.number, sides);
    }
    for (number, was) in old {
        let expected = (was.clone(), new[number].clone());
        match moved.get(number.as_str()) {
            Some(found) => assert_eq!(*found, expected, "{number}"),
            None => assert_eq!(expected.0, expected.1, "{number} moves and is not told"),
        }
    }
}

/// A case that is restricted after the trial is named no more.
async fn hidden_once_restricted(town: &Town, triage: &str, id: i64, trial: &Trial) {
    let number = &trial.moved[1].number;
    let restrict = |restricted| json!({"restricted": restricted, "reason": "names somebody"});
    let secret = town.officer_with("secret", Role::Triage, None, true).await;
    assert_eq!(town.step(triage, number, "restrict", restrict(true)).await.status, 204);
    let page = town.get(&format!("/desk/lab/{id}"), triage).await;
    assert!(!page.text.contains(number.as_str()), "{}", page.text);
    assert_eq!(town.step(&secret, number, "restrict", restrict(false)).await.status, 200);
}

on_both!(a_trial_says_what_publishing_does);
async fn a_trial_says_what_publishing_does(db: Db) {
    let town = town("plain", db).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    let admin = town.officer("admin", Role::Admin, None).await;
    let mut filed = BTreeMap::new();
    for text in TEXTS {
        let body = json!({"text": text, "reporter": {"kind": "individual"}});
        filed.insert(town.file(body).await.0, text);
    }
    let secret = json!({
        "text": "I denounce officer Brown, who took a bribe for the zebrafish quota.",
        "reporter": {"kind": "individual"},
    });
    let (restricted, _) = town.file(secret).await;
    let restrict = json!({"restricted": true, "reason": "a denunciation"});
    let done = town.step(&admin, &restricted, "restrict", restrict).await;
    assert_eq!(done.status, 204, "{}", done.text);
    let was = town.app.rules().jurisdiction;

    let id = begin(&town, &triage).await;
    put_zebrafish(&town, &triage, id).await;
    let bold = [("threshold_in", "50"), ("threshold_out", "50")];
    send(&town, &triage, id, "thresholds", &bold).await;
    let edition = tried(&town, &triage, id).await;
    let trial = edition.trial.as_ref().unwrap();
    assert_eq!(trial.cases, 6, "the restricted one is not among them");
    let (old, new) = (sides(&was, &filed), sides(&applied(&was, &edition.changes), &filed));
    assert!(old != new, "the phrase moves something: {old:?}");
    told_as_judged(trial, &old, &new);
    let page = town.get(&format!("/desk/lab/{id}"), &triage).await;
    assert!(page.text.contains(trial.moved[0].number.as_str()), "{}", page.text);
    assert!(!page.text.contains(&restricted), "{}", page.text);
    assert_eq!(town.app.rules().jurisdiction.cues, was.cues, "a trial changes nothing");
    hidden_once_restricted(&town, &triage, id, trial).await;

    let sent = town.send(&format!("/desk/lab/{id}/publish"), &triage, &[]).await;
    assert_eq!(sent.status, 403, "{}", sent.text);
    send(&town, &admin, id, "publish", &[]).await;
    let now = town.app.rules();
    for (number, text) in &filed {
        assert_eq!(said(&now.engine, text), new[number], "{text}");
    }
    let page = refused(&town, &admin, id, "publish", &[]).await;
    assert!(page.contains("no longer at that step"), "{page}");
    send(&town, &admin, id, "roll_back", &[]).await;
    let back = town.app.rules();
    assert_eq!(back.jurisdiction.changeable(), was.changeable());
    for (number, text) in &filed {
        assert_eq!(said(&back.engine, text), old[number], "{text}");
    }
    let state = lab::one(&town.app.context(), id).await.unwrap();
    assert_eq!(state.state, EditionState::RolledBack);
    assert!(state.published_by.is_some() && state.before.is_some(), "who, when, what before");
}

on_both!(a_published_day_comes);
async fn a_published_day_comes(db: Db) {
    let town = town("plain", db).await;
    let admin = town.officer("admin", Role::Admin, None).await;
    let id = begin(&town, &admin).await;
    let thresholds = [("threshold_in", "99,9"), ("threshold_out", "100 %")];
    send(&town, &admin, id, "thresholds", &thresholds).await;
    tried(&town, &admin, id).await;
    let tomorrow = day_of(town.app.clock.now(), town.app.rules().jurisdiction.settings.zone);
    let tomorrow = tomorrow.succ_opt().unwrap().to_string();
    send(&town, &admin, id, "publish", &[("valid_from", &tomorrow)]).await;
    assert_eq!(lab::publish_due(&town.app.context()).await.unwrap(), None, "not yet");
    town.pass(TimeDelta::days(1));
    assert_eq!(lab::publish_due(&town.app.context()).await.unwrap(), Some(id));
    assert!(town.app.refresh_rules().await.unwrap());
    let rules = town.app.rules();
    assert_eq!(rules.jurisdiction.settings.thresholds.no, Some(1.0));
    assert_eq!(rules.jurisdiction.settings.thresholds.yes, Some(0.999));
    let judged = rules.engine.judge(None, "The street lamp before my house is dark.");
    assert_eq!(judged.scope.to_string(), "ask", "{judged:?}");
}

#[actix_web::test]
async fn routing_is_published_as_the_truth_table_expects_or_not_at_all() {
    let town = town("plain", Db::Sqlite).await;
    let admin = town.officer("admin", Role::Admin, None).await;
    let id = begin(&town, &admin).await;
    let wrong = [("rows", "category,field,area,about,agency\nstreet,,,,nobody\n")];
    let page = refused(&town, &admin, id, "truth", &wrong).await;
    assert!(page.contains("row 2: there is no such code in the column agency"), "{page}");
    let page = refused(&town, &admin, id, "truth", &[("rows", "category\nstreet,x\n")]).await;
    assert!(page.contains("cannot be read as CSV"), "{page}");

    // What the rules do is what they are expected to do.
    let table = town.get("/desk/lab/truth.csv", &admin).await;
    assert!(table.text.lines().count() > 50, "{}", table.text);
    send(&town, &admin, id, "truth", &[("rows", &table.text)]).await;
    let found = tried(&town, &admin, id).await.trial.unwrap();
    assert_eq!(found.truth, Vec::new());
    send(&town, &admin, id, "publish", &[]).await;
    let expected = town.get("/desk/lab/expected.csv", &admin).await;
    assert_eq!(expected.text, table.text);

    // Another office for streets is not what the table says.
    let id = begin(&town, &admin).await;
    let rule = [("priority", "20"), ("category", "street"), ("agency", "town-clerk")];
    send(&town, &admin, id, "put_rule", &rule).await;
    let edition = tried(&town, &admin, id).await;
    let faults = edition.trial.unwrap().truth;
    assert!(!faults.is_empty() && faults.iter().all(|f| f.expected.category == "street"));
    let page = refused(&town, &admin, id, "publish", &[]).await;
    assert!(page.contains("would be routed otherwise"), "{page}");
    // The table goes with the rules.
    let rules = applied(&town.app.rules().jurisdiction, &edition.changes);
    let rows = walked(&rules, start().date_naive());
    let street = rows.iter().find(|row| row.category == "street" && row.field.is_empty());
    assert_eq!(street.unwrap().agency, "town-clerk");
    let mended = table.text.replace("street,,,,works-department", "street,,,,town-clerk");
    send(&town, &admin, id, "truth", &[("rows", &mended)]).await;
    let left = tried(&town, &admin, id).await.trial.unwrap().truth;
    assert!(left.len() < faults.len(), "{left:?}");
}

/// A verb, its form, and what the page says of it.
type Refused<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);

#[actix_web::test]
async fn what_does_not_hold_is_refused_by_name() {
    let town = town("plain", Db::Sqlite).await;
    let admin = town.officer("admin", Role::Admin, None).await;
    let agency = town.officer("office", Role::Agency, Some("works-department")).await;
    for path in ["/desk/lab", "/desk/lab/truth.csv", "/desk/lab/expected.csv", "/desk/lab/1"] {
        assert_eq!(town.get(path, &agency).await.status, 403, "{path}");
    }
    assert_eq!(town.get("/desk/lab/77", &admin).await.status, 404);
    let id = begin(&town, &admin).await;
    let page = refused(&town, &admin, id, "try", &[]).await;
    assert!(page.contains("There is no change to try yet."), "{page}");
    let cases: [Refused; 6] = [
        ("put_cue", &[("direction", "in"), ("toward", "delay")], "Phrase"),
        ("put_cue", &[("phrase", "x y"), ("direction", "in"), ("toward", "street")], "scope"),
        (
            "put_cue",
            &[("phrase", "x y"), ("direction", "out"), ("toward", "denunciation")],
            "only with all marks",
        ),
        ("remove_cue", &[("phrase", "not there")], "no such code"),
        ("put_rule", &[("priority", "7"), ("agency", "nobody")], "no such code"),
        ("thresholds", &[("threshold_in", "30")], "50–100 %"),
    ];
    for (verb, form, says) in cases {
        let page = refused(&town, &admin, id, verb, form).await;
        assert!(page.contains(says), "{verb} {form:?}: {page}");
    }
    put_zebrafish(&town, &admin, id).await;
    let page = town.get(&format!("/desk/lab/{id}?cue=Zebrafish%20quota"), &admin).await;
    assert!(page.text.contains("quotas are our affair"), "the form is filled: {}", page.text);
    // The rules change after the trial.
    tried(&town, &admin, id).await;
    let done = town.app.store.write(|tx| packs::rules_changed(tx.conn));
    done.await.unwrap();
    town.app.refresh_rules().await.unwrap();
    let page = refused(&town, &admin, id, "publish", &[]).await;
    assert!(page.contains("The rules have changed since the trial."), "{page}");
    send(&town, &admin, id, "remove", &[("place", "0")]).await;
    assert!(lab::one(&town.app.context(), id).await.unwrap().changes.is_empty());
    send(&town, &admin, id, "discard", &[]).await;
    assert!(!town.get("/desk/lab", &admin).await.text.contains("Zebrafish are ours"));
}

/// Each pack's table is what its rules do, over every combination.
#[test]
fn the_packs_route_as_their_truth_tables_expect() {
    for pack in dangvan::pack::embedded_names() {
        let rules = dangvan::pack::read_embedded(&pack).unwrap();
        let day = start().date_naive();
        assert_eq!(truth_faults(&rules, day), Vec::new(), "{pack}");
        assert_eq!(rules.truth.len(), walked(&rules, day).len(), "{pack}");
        let none = RuleChange::SetTruth { rows: Vec::new() };
        assert_eq!(truth_faults(&applied(&rules, &[none]), day), Vec::new());
    }
}
