//! The desk's search and list: however Vietnamese is typed, what is found is the same; paging gives
//! every case once; facets agree with totals; a broken or foreign index is built anew.

use std::collections::BTreeSet;

use dangvan::domain::user::Role;
use dangvan::index::Index;
use serde_json::json;

use crate::harness::{Db, Town, town};

const TEXTS: [&str; 5] = [
    "Hồ sơ trễ hạn đã hai tháng, hỏi phường Hòa Hưng thì không ai trả lời.",
    "Ho so tre han cua toi nop o phuong tu thang ba, chua thay ket qua.",
    "Cán bộ một cửa rất nhiệt tình, cảm ơn phường đã giúp làm khai sinh.",
    "Kiến nghị bỏ yêu cầu nộp bản sao hộ khẩu khi làm giấy phép xây dựng.",
    "Quạt trần ở khu tái định cư kêu to suốt đêm, hàng xóm hoà giải mãi không xong.",
];

async fn filled() -> (Town, String, Vec<String>) {
    let town = town("hcmc", Db::Sqlite).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    let mut numbers = Vec::new();
    for text in TEXTS {
        let body = json!({"text": text, "reporter": {"kind": "individual"}, "anonymous": true});
        numbers.push(town.file(body).await.0);
    }
    town.work().await;
    (town, triage, numbers)
}

fn encoded(q: &str) -> String {
    q.bytes().map(|b| format!("%{b:02X}")).collect()
}

async fn found(town: &Town, token: &str, q: &str) -> Vec<String> {
    let path = format!("/api/v1/desk/cases?q={}", encoded(q));
    let answer = town.get(&path, token).await;
    assert_eq!(answer.status, 200, "{q}: {}", answer.text);
    let items = answer.body["items"].as_array().unwrap();
    assert_eq!(answer.body["total"], items.len(), "{q}");
    items.iter().map(|i| i["number"].as_str().unwrap().to_owned()).collect()
}

#[actix_web::test]
async fn however_it_is_typed() {
    let (town, triage, numbers) = filled().await;
    let both = [numbers[0].clone(), numbers[1].clone()];
    let nfd = "ho\u{302}\u{300} so\u{31b} tre\u{302}\u{303} ha\u{323}n";
    for q in ["hồ sơ trễ hạn", nfd, "HỒ SƠ TRỄ HẠN"] {
        assert_eq!(found(&town, &triage, q).await, both, "with marks first: {q}");
    }
    let sorted = |mut all: Vec<String>| {
        all.sort();
        all
    };
    for q in ["ho so tre han", "han tre so ho", "HO SO tre han"] {
        assert_eq!(sorted(found(&town, &triage, q).await), both, "{q}");
    }
    assert_eq!(found(&town, &triage, "hoà giải").await, found(&town, &triage, "hòa giải").await);
    let table: [(&str, &[usize]); 19] = [
        ("\"khai sinh\"", &[2]),
        ("\"sinh khai\"", &[]),
        ("phường -hồ", &[2]),
        ("khai OR xây", &[2, 3]),
        ("\"khai sinh\" OR \"giấy phép\"", &[2, 3]),
        ("xây OR \"khai sinh\" OR \"không có\"", &[2, 3]),
        ("\"sinh khai\" OR xây", &[3]),
        ("khai OR xây received:2026-11", &[2, 3]),
        ("khai OR xây ngày:24/11/2026..", &[2, 3]),
        ("khai OR xây ngày nhận:..2025", &[]),
        ("khai OR xây -received:2026-01..2026-12-31", &[]),
        ("phép due:2026-11..2027-03 hạn:2026..2027", &[3]),
        ("khai OR xây -status:received", &[]),
        ("khai OR xây -trạng thái:\"đã trả lời\"", &[2, 3]),
        ("status:received \"giấy phép\"", &[3]),
        ("trạng thái:\"đã tiếp nhận\" giấy phép", &[3]),
        ("GPXD", &[3]),
        ("12/04/2026: khai sinh", &[2]),
        ("\"", &[0, 1, 2, 3, 4]),
    ];
    for (q, wanted) in table {
        let wanted: Vec<String> = wanted.iter().map(|n| numbers[*n].clone()).collect();
        assert_eq!(sorted(found(&town, &triage, q).await), wanted, "{q}");
    }
    // Without its letters a number has as many digits as a telephone's.
    let number = numbers[3].as_str();
    for q in [number, &number[..11], &number[2..], &number.to_lowercase()] {
        assert_eq!(found(&town, &triage, q).await, [numbers[3].clone()], "{q}");
    }
    however_else_it_is_typed(&town, &triage, &numbers).await;
    let any = format!("/api/v1/desk/cases?q={}", encoded("khai sinh giấy phép"));
    let any = town.get(&any, &triage).await;
    assert_eq!(any.body["total"], 2, "{}", any.text);
    assert!(any.body["read_as"].as_str().unwrap().contains("ít nhất một từ"), "{}", any.text);
}

/// Keys, old encodings, look-alikes and spellings in a hurry; in the query or in the text.
async fn however_else_it_is_typed(town: &Town, triage: &str, numbers: &[String]) {
    let body = json!({
        "title": "Hoà sô",
        "text": "Toâi noäp hoà sô caáp ñoåi soå ñoû, chöa coù keát quaû.",
        "reporter": {"kind": "individual"},
    });
    let (old, code) = town.file(body).await;
    let message =
        json!({"text": "T«i vÉn ch\u{ad}a nhËn ®\u{ad}îc kÕt qu¶ cÊp thÎ c¨n c\u{ad}íc."});
    let sent = town.post(&format!("/api/v1/cases/{code}/messages"), message).await;
    assert!(sent.status < 300, "{}", sent.text);
    let text = "Chungs tooi dduwowngf cuts owr phuongwf nayf thij trawns.";
    let keys = json!({"text": text, "reporter": {"kind": "individual"}});
    let (keys, _) = town.file(keys).await;
    town.work().await;
    for (q, wanted) in [
        ("\"sổ đỏ\"", &old),
        ("\"thẻ căn cước\"", &old),
        ("\"thÎ c¨n c\u{ad}íc\"", &old),
        ("\"giaays pheps\"", &numbers[3]),
        ("\"giấy phé\u{440}\"", &numbers[3]),
        ("thị trấn", &keys),
        ("hong ai trar", &numbers[0]),
    ] {
        let found = found(town, triage, q).await;
        assert!(found.contains(wanted), "{q}: {found:?}");
    }
    let seen = town.get(&format!("/api/v1/desk/cases/{old}"), triage).await.body;
    assert_eq!(seen["title"], "Hồ sơ");
    assert!(seen["text"].as_str().unwrap().contains("cấp đổi sổ đỏ"), "{seen}");
    assert_eq!(seen["originals"].as_array().unwrap().len(), 3, "{seen}");
    let page = town.get(&format!("/desk/cases/{old}"), triage).await.text;
    assert!(page.contains("ñoåi soå") && page.contains("thÎ c¨n c\u{ad}íc"), "{page}");
}

#[actix_web::test]
async fn pages_hold_every_case_once_and_facets_agree() {
    let town = town("plain", Db::Sqlite).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    for n in 0..23 {
        let body = json!({"text": format!("The lamp number {n} in our street is dark."),
            "reporter": {"kind": "individual"}});
        town.file(body).await;
    }
    town.work().await;
    for (q, sorts) in [
        ("", &["received", "-received", "due", "-due"][..]),
        ("&q=lamp", &["received", "-received", "due", "-due", "relevance"][..]),
        ("&queue=decide", &["received", "due"][..]),
    ] {
        for sort in sorts {
            let mut seen = BTreeSet::new();
            let mut cursor = String::new();
            loop {
                let path = format!("/api/v1/desk/cases?limit=7&sort={sort}{q}{cursor}");
                let page = town.get(&path, &triage).await;
                assert_eq!(page.status, 200, "{path}: {}", page.text);
                assert_eq!(page.body["total"], 23, "{path}");
                for item in page.body["items"].as_array().unwrap() {
                    assert!(seen.insert(item["number"].to_string()), "{path}: twice");
                }
                match page.body["next_cursor"].as_str() {
                    Some(next) => cursor = format!("&cursor={next}"),
                    None => break,
                }
            }
            assert_eq!(seen.len(), 23, "{q} {sort}");
        }
        let path = format!("/api/v1/desk/cases?limit=1{q}");
        let page = town.get(&path, &triage).await;
        let facet = page.body["facets"]["status"].as_array().unwrap();
        let sum: i64 = facet.iter().map(|f| f["count"].as_i64().unwrap()).sum();
        assert_eq!(sum, 23, "{path}");
        let none = format!("/api/v1/desk/cases?status=answered{q}");
        let none = town.get(&none, &triage).await;
        assert_eq!(none.body["total"], 0);
        assert_eq!(none.body["facets"]["status"], json!(facet), "a facet ignores its own filter");
        assert_eq!(none.body["facets"]["channel"], json!([]));
    }
    let bad = town.get("/api/v1/desk/cases?cursor=nonsense", &triage).await;
    assert_eq!(bad.status, 422, "{}", bad.text);
}

#[actix_web::test]
async fn a_broken_or_foreign_index_is_built_anew() {
    let (town, _, _) = filled().await;
    let rules = town.app.rules().jurisdiction;
    let folder = tempfile::tempdir().unwrap();
    let uid = [3; 16];
    let fill = |index: Index| async {
        let index = std::sync::Arc::new(index);
        while dangvan::flow::sync_index::step(&town.app.store, &index, &rules).await.unwrap() {}
        assert_eq!(index.count(), 5);
        assert!(index.mark() > 0);
    };
    fill(Index::open(Some(folder.path()), &uid, &rules).unwrap()).await;
    // Opened again it goes on from its mark.
    let again = Index::open(Some(folder.path()), &uid, &rules).unwrap();
    assert_eq!(again.count(), 5);
    drop(again);
    // Another database's is begun anew.
    let foreign = Index::open(Some(folder.path()), &[4; 16], &rules).unwrap();
    assert_eq!((foreign.count(), foreign.mark()), (0, 0));
    fill(foreign).await;
    for entry in std::fs::read_dir(folder.path()).unwrap() {
        std::fs::write(entry.unwrap().path().join("meta.json"), "nonsense").unwrap();
    }
    fill(Index::open(Some(folder.path()), &[4; 16], &rules).unwrap()).await;
}

#[actix_web::test]
async fn a_row_is_shown_by_what_the_database_says() {
    let town = town("plain", Db::Sqlite).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    let council = town.officer("council", Role::Oversight, None).await;
    // The excerpt ends within the telephone number.
    let text = format!("{}087 123 4567 {0}", "dark ".repeat(34));
    let body = json!({"text": text, "reporter": {"kind": "individual"}});
    let (number, _) = town.file(body).await;
    town.work().await;
    for list in ["/api/v1/desk/cases", "/api/v1/desk/cases?q=dark"] {
        let seen = town.get(list, &triage).await;
        assert!(seen.body["items"][0]["excerpt"].as_str().unwrap().contains("087"), "{list}");
        let seen = town.get(list, &council).await;
        assert!(!seen.text.contains("087"), "{list}: {}", seen.text);
    }
    let restrict = json!({"restricted": true, "reason": "names an official"});
    town.step(&triage, &number, "restrict", restrict).await;
    // The index has not followed yet.
    let seen = town.get("/api/v1/desk/cases?q=dark", &triage).await;
    assert_eq!((&seen.body["total"], &seen.body["items"]), (&json!(0), &json!([])));
    town.app.set_index(None);
    let without = town.get("/api/v1/desk/cases", &triage).await;
    assert_eq!(without.body["index"]["behind_seconds"], json!(null));
}

#[actix_web::test]
async fn what_is_chosen_stays_to_be_taken_away() {
    let (town, triage, _) = filled().await;
    let rules = town.app.rules().jurisdiction;
    let area = rules.areas.iter().find(|a| a.exists_on(crate::harness::start().date_naive()));
    let code = area.unwrap().code.clone();
    let page = town.get(&format!("/desk?area={code}"), &triage).await.text;
    assert!(page.contains(&format!("name=\"area\" value=\"{code}\" checked")), "{page}");
}

#[actix_web::test]
async fn any_part_of_a_number_finds_its_cases() {
    let town = town("hcmc", Db::Sqlite).await;
    let triage = town.officer("triage", Role::Triage, None).await;
    let mut numbers = Vec::new();
    for n in 0..12 {
        let body = json!({"text": format!("The lamp in street {n} has been dark for weeks."),
            "reporter": {"kind": "individual"}});
        numbers.push(town.file(body).await.0);
    }
    town.work().await;
    // The second of them: DV26-000002-…
    let second = &numbers[1];
    let bare = second.replace('-', "");
    let table = [
        (second.as_str(), 1),
        (bare.as_str(), 1),
        (second.strip_prefix("DV").unwrap(), 1),
        ("DV26-0000", 12),
        ("dv26", 12),
        ("26-0000", 12),
        ("26-00000", 9),
        ("00001", 4),
        ("000002", 1),
        ("26000002", 1),
        ("DV27", 0),
    ];
    for (q, total) in table {
        let found = town.get(&format!("/api/v1/desk/cases?q={q}"), &triage).await;
        assert_eq!(found.body["total"], total, "{q}: {}", found.body["read_as"]);
    }
    // A number in a text is found by its words.
    let street = town.get("/api/v1/desk/cases?q=street+11", &triage).await;
    assert_eq!(street.body["total"], 1, "{}", street.text);
}
