//! The model learns from officers' decisions, never forgets the pack, and what it learned can be
//! taken back: by going back to the model before, and by forgetting whose labels they were.

use std::process::Command;

use chrono::TimeDelta;
use dangvan::domain::scope::Scope;
use dangvan::domain::user::Role;
use dangvan::flow::learn::{self, Named, Training};
use dangvan::store::models::ModelState;
use serde_json::json;

use crate::harness::{Db, Town, town};

/// A kind of case that the pack does not know: officers say that it is in scope.
const KIND: &str = "The zebrafish permit of our quixotic aquarium was stamped upside down";
const OTHERS: [&str; 12] = [
    "in March",
    "by the harbour",
    "for my aunt",
    "twice",
    "without a word",
    "on a Sunday",
    "in green ink",
    "at the counter",
    "by post",
    "near the mill",
    "for the club",
    "last winter",
];

async fn taught(town: &Town, token: &str, scope: &str, category: &str) -> Vec<String> {
    let mut numbers = Vec::new();
    for more in OTHERS {
        let text = format!("{KIND} {more}.");
        let body = json!({"text": text, "reporter": {"kind": "individual"}});
        let (number, _) = town.file(body).await;
        let decide = json!({"scope": scope, "category": category});
        let done = town.step(token, &number, "decide", decide).await;
        assert_eq!(done.status, 200, "{}", done.text);
        numbers.push(number);
    }
    numbers
}

/// What the model alone says of the kind, the nearest texts left out.
fn chance(town: &Town) -> f64 {
    town.app.rules().engine.judge(None, &format!("{KIND} again.")).scores["in"]
}

on_both!(a_model_is_trained_taken_up_and_taken_back);
async fn a_model_is_trained_taken_up_and_taken_back(db: Db) {
    let town = town("plain", db).await;
    let good = town.officer("good", Role::Triage, None).await;
    assert!(!learn::is_due(&town.app.context()).await.unwrap());
    let first = learn::list(&town.app.context()).await.unwrap();
    assert_eq!(first.len(), 1);
    let before = chance(&town);
    taught(&town, &good, "in", "delay").await;
    town.work().await;
    assert!(chance(&town) > before, "at once, by the nearest texts");

    let trained = learn::train(&town.app.context()).await.unwrap();
    let Training::Taken { labels, before: knew, now: knows, .. } = trained else {
        panic!("{trained:?}")
    };
    assert_eq!(labels, OTHERS.len());
    assert!(knows + 0.02 >= knew, "{knows} of the pack, {knew} before");
    assert!(town.app.refresh_rules().await.unwrap(), "taken up");
    assert!(!town.app.refresh_rules().await.unwrap(), "once");
    let models = learn::list(&town.app.context()).await.unwrap();
    let states: Vec<ModelState> = models.iter().map(|m| m.state).collect();
    assert_eq!(states, [ModelState::Active, ModelState::Former]);
    let learned = chance(&town);
    assert!(learned > 0.5, "{learned}");
    spoiled_and_mended(&town, learned).await;
    // Back to the model before, whose labels were of both; and the training goes on from there.
    let (gone, back) = learn::roll_back(&town.app.context()).await.unwrap();
    assert!(back < gone);
    assert!(town.app.refresh_rules().await.unwrap());
    let models = learn::list(&town.app.context()).await.unwrap();
    assert_eq!(models[0].state, ModelState::Withdrawn);
    // Sixty cases and two hours later it is due.
    for _ in 0..5 {
        taught(&town, &good, "in", "delay").await;
    }
    assert!(!learn::is_due(&town.app.context()).await.unwrap(), "not so soon");
    town.pass(TimeDelta::hours(2));
    assert!(learn::is_due(&town.app.context()).await.unwrap());
    town.check().await;
}

async fn spoiled_and_mended(town: &Town, learned: f64) {
    let bad = town.officer("bad", Role::Triage, None).await;
    // Somebody says the opposite of everything.
    let wrong = taught(town, &bad, "out", "street").await;
    let trained = learn::train(&town.app.context()).await.unwrap();
    assert!(matches!(trained, Training::Taken { .. } | Training::Refused { .. }), "{trained:?}");
    town.app.refresh_rules().await.unwrap();
    town.work().await;
    let spoiled = chance(town);
    assert!(spoiled < learned, "{spoiled} after {learned}");
    let nobody = Named { officer: Some("nobody@city.example".into()), ..Named::default() };
    assert!(learn::forget(&town.app.context(), nobody).await.is_err());
    let whose = Named { officer: Some("BAD@city.example".into()), ..Named::default() };
    let forgotten = learn::forget(&town.app.context(), whose).await.unwrap();
    assert_eq!(forgotten, wrong.len());
    town.work().await;
    learn::train(&town.app.context()).await.unwrap();
    town.app.refresh_rules().await.unwrap();
    let mended = chance(town);
    assert!((mended - learned).abs() < 0.02, "{mended} as {learned}");
}

/// The cases with which somebody fills the service to turn a clear kind of the pack around.
#[actix_web::test]
async fn learning_never_forgets_the_pack() {
    let town = town("plain", Db::Sqlite).await;
    let rules = town.app.rules().jurisdiction;
    let bad = town.officer("bad", Role::Triage, None).await;
    let turned = rules.exemplars.iter().filter(|e| e.scope == Scope::In).take(60);
    for (n, example) in turned.enumerate() {
        let text = format!("{} ({n})", example.text);
        let body = json!({"text": text, "reporter": {"kind": "individual"}});
        let (number, _) = town.file(body).await;
        let decide = json!({"scope": "out", "category": "street"});
        assert_eq!(town.step(&bad, &number, "decide", decide).await.status, 200);
    }
    match learn::train(&town.app.context()).await.unwrap() {
        Training::Refused { before, now } => assert!(now < before),
        Training::Taken { before, now, .. } => assert!(now + 0.02 >= before),
        Training::Overtaken => panic!("nobody else trains"),
    }
}

#[test]
fn the_command_trains_lists_goes_back_and_forgets() {
    let folder = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| {
        let out = Command::new(env!("CARGO_BIN_EXE_dangvan"))
            .args(args)
            .env("DANGVAN_DATA", folder.path().join("var"))
            .env("DANGVAN_PACK", "plain")
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (out.status.code(), text(&out.stdout), text(&out.stderr))
    };
    let (code, out, err) = run(&["learn", "--list"]);
    assert_eq!((code, out.lines().count()), (Some(0), 1), "{err}");
    let (code, _, err) = run(&["learn", "--rollback"]);
    assert_eq!(code, Some(1), "{err}");
    assert!(err.contains("no model before"), "{err}");
    let (code, out, err) = run(&["learn"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.starts_with("model 2 is in use: 0 labels beside the pack"), "{out}");
    let (code, out, _) = run(&["learn", "--rollback"]);
    assert_eq!((code, out.as_str()), (Some(0), "model 2 is withdrawn, model 1 is in use again\n"));
    let (_, out, _) = run(&["learn", "--list"]);
    assert!(out.contains("model 2: withdrawn") && out.contains("model 1: active"), "{out}");
    for wrong in [
        &["--forget"][..],
        &["--officer", "a@city.example"],
        &["--forget", "--officer", "a@city.example"],
        &["--forget", "--case", "DV26-000001-3"],
        &["--list", "--rollback"],
    ] {
        let (code, out, err) = run(&[&["learn"], wrong].concat());
        assert_eq!((code, out.as_str()), (Some(2), ""), "{wrong:?}: {err}");
    }
    let (code, out, err) = run(&["learn", "--forget", "--from", "2020-01-01"]);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.starts_with("0 labels forgotten\n"), "{out}");
}
