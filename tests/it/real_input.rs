//! Real input: every text posted, with a real mail server behind: all stored, all decided with
//! reasons, every receipt received, all found again by a phrase typed without marks, the report's
//! total equal to what was posted. The texts are citizens' own where they lie beside the project
//! (they belong to others and are not part of it), else the pack's exemplars.

use std::collections::BTreeSet;
use std::path::Path;

use dangvan::domain::user::Role;
use dangvan::text::{folded, nfc, tokens};
use serde_json::{Value, json};

use crate::harness::{Db, Town, town_with};
use crate::smtp::Exim;

fn texts(town: &Town) -> Vec<String> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/pakn-dev.jsonl");
    if let Ok(lines) = std::fs::read_to_string(beside) {
        let text = |line: &str| {
            let value: Value = serde_json::from_str(line).unwrap();
            value["text"].as_str().unwrap().to_owned()
        };
        return lines.lines().map(text).collect();
    }
    let exemplars = town.app.rules().jurisdiction.exemplars.clone();
    exemplars.into_iter().step_by(9).map(|e| e.text).collect()
}

/// Five words in a row without digits, as somebody types them who has no marks on the keyboard.
fn phrase(text: &str) -> String {
    let text = nfc(text);
    let tokens = tokens(&text);
    let plain = |word: &str| word.chars().all(char::is_alphabetic);
    let window = tokens.windows(5).find(|window| {
        window.iter().all(|t| plain(&t.folded))
            && window.windows(2).all(|pair| pair[1].offset == pair[0].end() + 1)
    });
    let words: Vec<String> = match window {
        Some(window) => window.iter().map(|t| folded(&t.marked)).collect(),
        None => tokens.iter().take(3).map(|t| t.folded.clone()).collect(),
    };
    words.join(" ")
}

#[actix_web::test]
async fn every_text_goes_through() {
    let exim = Exim::start().await;
    let smtp = format!("smtp://127.0.0.1:{}", exim.port());
    let env = move |name: &str| (name == "DANGVAN_SMTP_URL").then(|| smtp.clone());
    let town = town_with("hcmc", Db::Sqlite, &env).await;
    let triage = town.officer("phanloai", Role::Triage, None).await;
    let texts = texts(&town);
    assert!(texts.len() > 100);
    let mut numbers = Vec::new();
    for (place, text) in texts.iter().enumerate() {
        let reporter = json!({
            "kind": "individual", "name": "Người Gửi", "email": format!("p{place}@citizen.example"),
        });
        let (number, _) = town.file(json!({"text": text, "reporter": reporter})).await;
        numbers.push(number);
    }
    town.work().await;
    let wanted = texts.len();
    exim.until("every receipt is there", || exim.delivered().len() >= wanted);
    let to: BTreeSet<String> = exim
        .delivered()
        .iter()
        .filter_map(|m| m.lines().find_map(|l| l.strip_prefix("Envelope-to: ")).map(str::to_owned))
        .collect();
    assert_eq!(to.len(), wanted, "one receipt for each");

    for (number, text) in numbers.iter().zip(&texts) {
        let case = town.get(&format!("/api/v1/desk/cases/{number}"), &triage).await;
        assert_eq!(case.body["text"], nfc(text.trim()).replace("\r\n", "\n"), "{number}");
        let reasons = case.body["decision"]["reasons"].as_array().unwrap();
        assert!(!reasons.is_empty(), "{number} has no reasons");
        let phrase = phrase(text);
        let q = format!("%22{}%22", phrase.replace(' ', "%20"));
        let found = town.get(&format!("/api/v1/desk/cases?q={q}&limit=200"), &triage).await;
        let items = found.body["items"].as_array().unwrap_or_else(|| panic!("{}", found.text));
        assert!(items.iter().any(|i| i["number"] == **number), "{number}: {phrase}");
    }
    let report = town.get("/api/v1/reports/summary", &triage).await;
    assert_eq!(report.body["received"], i64::try_from(wanted).unwrap());
    town.check().await;
}
