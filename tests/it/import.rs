//! History: 8,161 cases of one year, 1,106 in and 7,055 out of scope, imported twice and counted
//! once; the summary, the series and the desk's filter agree. Bad lines are named and stop nothing.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;

use dangvan::domain::user::Role;
use dangvan::flow::import::{Imported, Wishes, import};
use dangvan::intake::IntakeError;
use dangvan::intake::fields::Fields;
use dangvan::intake::history::history_line;

use crate::harness::{Db, Town, town};

const IN: usize = 1_106;
const OUT: usize = 7_055;

/// A year of history: every day of 2023 in turn, answered early, late and never.
fn year() -> Vec<String> {
    let mut out = Vec::new();
    for n in 0..IN + OUT {
        let (month, day) = (n % 12 + 1, n % 28 + 1);
        let scope = if n < IN { "in" } else { "out" };
        let category = if n < IN { "delay" } else { "infrastructure" };
        let mut line = format!(
            "{{\"text\":\"Trường hợp thứ {n} của năm, nhập lại từ hệ thống cũ.\",\
             \"external_id\":\"cũ-{n}\",\"channel\":\"portal\",\
             \"received_at\":\"2023-{month:02}-{day:02}\",\"scope\":\"{scope}\",\
             \"category\":\"{category}\",\"reporter\":{{\"kind\":\"individual\"}}"
        );
        if n % 3 > 0 {
            let late = if n % 3 == 1 { "2023-12-31" } else { "2024-01-31" };
            write!(line, ",\"status\":\"answered\",\"answered_at\":\"{late}\"").unwrap();
            line.push_str(",\"due_at\":\"2024-01-10\",\"agency\":\"so-xay-dung\"");
        }
        line.push('}');
        out.push(line);
    }
    out
}

async fn take(town: &Town, lines: &[String]) -> Imported {
    let rules = town.app.rules().jurisdiction;
    let now = town.app.clock.now();
    let mut sum = Imported::default();
    for chunk in lines.chunks(500) {
        let batch = chunk
            .iter()
            .map(|line| history_line(Fields::of_json(line.as_bytes()).unwrap(), &rules, now));
        let batch: Result<Vec<_>, _> = batch.collect();
        let done = import(&town.app.context(), batch.unwrap(), Wishes::default()).await.unwrap();
        sum.taken += done.taken;
        sum.known += done.known;
    }
    sum
}

on_both!(a_year_is_imported_twice_and_counted_once);
async fn a_year_is_imported_twice_and_counted_once(db: Db) {
    let town = town("hcmc", db).await;
    let leader = town.officer("lanhdao", Role::Leader, None).await;
    let lines = year();
    let all = u64::try_from(IN + OUT).unwrap();
    assert_eq!(take(&town, &lines).await, Imported { taken: all, known: 0 });
    assert_eq!(take(&town, &lines).await, Imported { taken: 0, known: all });

    let year = "from=2023-01-01&to=2023-12-31";
    let report = town.get(&format!("/api/v1/reports/summary?{year}"), &leader).await;
    assert_eq!(report.body["received"], 8_161, "{}", report.text);
    assert_eq!(report.body["scope"]["in"], 1_106);
    assert_eq!(report.body["scope"]["out"], 7_055);
    assert_eq!(report.body["scope"]["ask"], 0);
    let series = format!("/api/v1/reports/series?{year}&by=month&split=scope");
    let series = town.get(&series, &leader).await;
    let rows = series.body["rows"].as_array().unwrap();
    let sum = |key: &str| -> i64 {
        let of_key = rows.iter().filter(|r| r["key"] == key);
        of_key.map(|r| r["count"].as_i64().unwrap()).sum()
    };
    assert_eq!((sum("in"), sum("out")), (1_106, 7_055));
    for scope in ["in", "out"] {
        let list = format!("/api/v1/desk/cases?{year}&scope={scope}&limit=1");
        let list = town.get(&list, &leader).await;
        assert_eq!(list.body["total"], report.body["scope"][scope]);
        let figure = format!("/api/v1/desk/cases?{year}&figure=scope.{scope}&limit=1");
        let figure = town.get(&figure, &leader).await;
        assert_eq!(figure.body["total"], report.body["scope"][scope]);
    }
    // What was answered in the year was on time, what came after it is not of the year.
    let answers = &report.body["outcomes"]["answer"];
    assert_eq!(answers["late"], 0);
    assert_eq!(answers["count"], answers["on_time"]);
    let without = report.body["no_due_date"].as_i64().unwrap();
    assert_eq!(without, i64::try_from((0..IN + OUT).filter(|n| n % 3 == 0).count()).unwrap());
    town.check().await;
}

/// Runs a command on the data in the folder: exit code, standard output, standard error.
fn run_in(folder: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_dangvan"))
        .args(args)
        .env("DANGVAN_DATA", folder.join("var"))
        .env("DANGVAN_PACK", "plain")
        .output()
        .unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (out.status.code(), text(&out.stdout), text(&out.stderr))
}

/// The command itself: a dry run, bad lines, strict, CSV, and the export of what came in.
#[test]
fn the_commands_say_what_they_did() {
    let folder = tempfile::tempdir().unwrap();
    let run = |args: &[&str]| run_in(folder.path(), args);
    let file = folder.path().join("old.csv");
    let rows = "text,external_id,received_at,scope,category,reporter.name,rating\n\
        The lamp in our street has been dark for weeks.,a1,2025-03-04,out,,Sam Sample,\n\
        short,a2,2025-03-05,out,,,\n\
        =2+2 is what my neighbour's form said to me.,a3,2025-03-06,,,,9\n\
        My form was handed in and nothing came of it.,a4,2025-03-07,in,delay,,4\n";
    std::fs::write(&file, rows).unwrap();
    let file = file.to_string_lossy().into_owned();
    let (code, out, err) = run(&["import", &file, "--dry-run"]);
    assert_eq!(code, Some(1), "{err}");
    assert_eq!(out, "2 would be taken over, 0 known already, 2 bad\n");
    assert!(err.contains("line 3: text: Text needs at least 10 characters; there are 5."), "{err}");
    assert!(err.contains("line 4: rating:"), "{err}");
    let (code, out, _) = run(&["import", &file, "--strict"]);
    assert_eq!((code, out.as_str()), (Some(1), ""), "strict imports nothing");
    let (code, out, err) = run(&["import", &file]);
    assert_eq!(code, Some(1), "{err}");
    assert_eq!(out, "2 taken over, 0 known already, 2 bad\n");
    let (_, out, _) = run(&["import", &file]);
    assert_eq!(out, "0 taken over, 2 known already, 2 bad\n");
    let (code, out, err) = run(&["export", "--format", "jsonl"]);
    assert_eq!(code, Some(0), "{err}");
    assert_eq!(out.lines().count(), 2, "{out}");
    assert!(err.contains("2 rows written"), "{err}");
    let (code, out, _) =
        run(&["report", "--from", "2025-03-01", "--to", "2025-03-31", "--format", "json"]);
    assert_eq!(code, Some(0));
    let report: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(report["received"], 2);
    let (code, out, _) = run(&["check"]);
    assert_eq!(code, Some(0), "{out}");
    let (_, out, _) = run(&["report", "--from", "2025-03-01", "--to", "2025-03-31"]);
    assert!(out.contains("  authority "), "{out}");
    let (_, out, _) = run(&["export", "--format", "jsonl", "--scope", "out"]);
    assert_eq!(out.lines().count(), 1, "{out}");
    let jsonl = ["export", "--format", "jsonl"];
    for slip in [
        &["--scope", "otu"][..],
        &["--status", "recieved"],
        &["--from", "2025-03-02", "--to", "2025-03-01"],
    ] {
        let (code, out, err) = run(&[&jsonl[..], slip].concat());
        assert_eq!((code, out.as_str()), (Some(2), ""), "{slip:?}: {err}");
    }
    let (code, _, _) = run(&["export", "--format", "pdf"]);
    assert_eq!(code, Some(2));
    for days in ["0", "-3", "9223372036854775807"] {
        let days = format!("--days={days}");
        let (code, _, err) = run(&["token", "add", "--email", "a@city.example", &days]);
        assert_eq!(code, Some(2), "{err}");
        assert!(err.contains("--days"), "{err}");
    }
}

/// Lines that are no text, that name themselves twice, that begin far down: each is said by its
/// own number, and what is good around them is taken.
#[test]
fn bytes_that_are_no_text_stop_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let good = |id: &str| {
        format!("{{\"text\":\"The lamp in our street is dark.\",\"external_id\":\"{id}\"}}\n")
    };
    let mut lines = good("a1").into_bytes();
    lines.extend(b"{\"text\":\"The lamp \xff in our street is dark.\"}\n\n".as_slice());
    lines.extend(format!("{}{}no json\n", good("a2"), good("a1")).into_bytes());
    let mut rows = b"text,external_id\r\n\"The lamp in our street\nis dark.\",b1\r\n".to_vec();
    rows.extend(b"The lamp \xff in our street is dark.,b2\r\n".as_slice());
    rows.extend(b"\"The lamp in our street\nis dark.\",b3\r\nshort,b4\r\n".as_slice());
    let cases =
        [("old.jsonl", lines, "2 ", "1 known", [2, 6]), ("old.csv", rows, "2 ", "0 known", [4, 7])];
    for (name, bytes, taken, known, bad) in cases {
        let file = folder.path().join(name);
        std::fs::write(&file, bytes).unwrap();
        let file = file.to_string_lossy().into_owned();
        for (args, verb) in [
            (vec!["import", &file, "--dry-run"], "would be taken over"),
            (vec!["import", &file], "taken over"),
        ] {
            let (code, out, err) = run_in(folder.path(), &args);
            assert_eq!(code, Some(1), "{err}");
            assert_eq!(out, format!("{taken}{verb}, {known} already, 2 bad\n"), "{err}");
            for line in bad {
                assert!(err.contains(&format!("line {line}: ")), "{line} of {name}: {err}");
            }
        }
    }
}

/// A line that says less than a case of ours would know is kept as it stands: where it stood, and
/// no day that nobody knows.
#[actix_web::test]
async fn a_line_is_kept_as_it_stands() {
    let town = town("plain", Db::Sqlite).await;
    let rules = town.app.rules().jurisdiction;
    let leader = town.officer("leader", Role::Leader, None).await;
    let read = |more: &str| {
        let line = format!(
            "{{\"text\":\"The lamp in our street has been dark.\",\
             \"received_at\":\"2025-03-04\"{more}}}"
        );
        history_line(Fields::of_json(line.as_bytes()).unwrap(), &rules, town.app.clock.now())
    };
    let agency = ",\"agency\":\"works-department\"";
    let mut lines = Vec::new();
    for status in dangvan::domain::case::Status::ALL {
        for more in ["", agency, ",\"answered_at\":\"2025-03-08\""] {
            lines.push(read(&format!(",\"status\":\"{status}\"{more}")).unwrap());
        }
    }
    let wrong = read(",\"status\":\"forwarded\",\"agency\":\"none\"");
    assert!(matches!(wrong, Err(IntakeError::Invalid(e)) if e[0].field == "agency"));
    import(&town.app.context(), lines, Wishes::default()).await.unwrap();
    town.work().await;
    for status in dangvan::domain::case::Status::ALL {
        let list = town.get(&format!("/api/v1/desk/cases?status={status}"), &leader).await;
        assert_eq!(list.body["total"], 3, "{status}: {}", list.text);
    }
    let month = "from=2025-03-01&to=2025-03-31";
    let report = town.get(&format!("/api/v1/reports/summary?{month}"), &leader).await;
    let ended = ["answered", "closed", "referred", "refused"].len();
    let count = |kind: &str| report.body["outcomes"][kind]["count"].as_u64().unwrap();
    let counted = usize::try_from(count("answer") + count("referral") + count("refusal")).unwrap();
    assert_eq!(counted, ended, "those with a day: {}", report.text);
    assert_eq!(report.body["median_days"], 4.0, "{}", report.text);
    // The machine gave each a scope, and none counts as a decision of the machine.
    assert_eq!(report.body["machine"]["decided"], 0, "{}", report.text);
    town.check().await;
}
