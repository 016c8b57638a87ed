//! What the program says of itself: documents whose examples are run as they stand, help of every
//! command, completions that a shell takes, man pages that groff takes.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Output, Stdio};

use crate::exposition::read;
use crate::harness::Db;
use crate::service::{Service, request};

const TOPICS: [&str; 5] = ["operating", "upgrading", "moving", "packs", "api"];

fn dangvan(args: &[&str]) -> Output {
    // A setting that cannot be used is no hindrance to reading the manual.
    let mut command = Command::new(env!("CARGO_BIN_EXE_dangvan"));
    command.args(args).env("DANGVAN_LISTEN", "nowhere").output().unwrap()
}

fn said(args: &[&str]) -> String {
    let output = dangvan(args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// Every command, in words: `user add`.
fn commands() -> Vec<Vec<String>> {
    fn under(words: &[String], out: &mut Vec<Vec<String>>) {
        let mut asked = vec!["help"];
        asked.extend(words.iter().map(String::as_str));
        let help = said(&asked);
        let list = help.split("Commands:\n").nth(1).unwrap_or("").split("\n\n").next().unwrap();
        for line in list.lines() {
            let word = line.split_whitespace().next().unwrap();
            if word == "help" && !words.is_empty() {
                continue;
            }
            let mut words = words.to_vec();
            words.push(word.to_owned());
            out.push(words.clone());
            under(&words, out);
        }
    }
    let mut out = Vec::new();
    under(&[], &mut out);
    assert!(out.len() > 18 && out.contains(&vec!["user".into(), "add".into()]), "{out:?}");
    out
}

#[test]
fn every_topic_and_command_has_help() {
    for topic in TOPICS {
        assert!(said(&["help", topic]).starts_with("# "), "{topic}");
        assert!(said(&["help"]).contains(topic), "{topic} is named");
    }
    for command in commands() {
        let words: Vec<&str> = command.iter().map(String::as_str).collect();
        let help = said(&[&["help"], &words[..]].concat());
        assert!(help.contains("Usage: dangvan"), "{command:?}: {help}");
    }
    let unknown = dangvan(&["help", "poetry"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(String::from_utf8(unknown.stderr).unwrap().contains("operating, upgrading"));
}

/// Runs a script and gives it something to read.
fn bash(script: &str, options: &[&str]) -> Output {
    let mut shell = Command::new("bash");
    shell.args(options).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut shell = shell.spawn().unwrap();
    shell.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    shell.wait_with_output().unwrap()
}

#[test]
fn a_shell_takes_the_completions() {
    let script = said(&["completions", "bash"]);
    let read = bash(&script, &["-n"]);
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    for words in commands() {
        let typed = &words.last().unwrap()[..words.last().unwrap().len() - 1];
        let before = words[..words.len() - 1].join(" ");
        let line = format!("dangvan {before} {typed}").replace("  ", " ");
        let at = line.split(' ').count() - 1;
        let ask = format!(
            "{script}\nCOMP_WORDS=({line}); COMP_CWORD={at}\n\
             _dangvan dangvan '{typed}' dangvan\necho \"${{COMPREPLY[@]}}\"\n"
        );
        let offered = String::from_utf8(bash(&ask, &[]).stdout).unwrap();
        let offered: Vec<&str> = offered.split_whitespace().collect();
        assert!(offered.contains(&words.last().unwrap().as_str()), "{line}: {offered:?}");
    }
    for shell in ["zsh", "fish", "elvish", "powershell"] {
        let script = said(&["completions", shell]);
        assert!(script.contains("evaluate") && script.contains("metrics-listen"), "{shell}");
    }
    assert_eq!(dangvan(&["completions", "abacus"]).status.code(), Some(2));
}

#[test]
fn groff_takes_the_man_pages() {
    let folder = tempfile::tempdir().unwrap();
    let pages = folder.path().join("man1");
    said(&["man", pages.to_str().unwrap()]);
    let mut names = vec!["dangvan".to_owned()];
    names.extend(commands().into_iter().map(|words| format!("dangvan-{}", words.join("-"))));
    for name in &names {
        let path = pages.join(format!("{name}.1"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{name}: {e}"));
        for part in [".TH ", ".SH NAME", ".SH SYNOPSIS"] {
            assert!(text.contains(part), "{name} has no {part}");
        }
        let groff = Command::new("groff").args(["-k", "-man", "-ww", "-Tutf8"]).arg(&path).output();
        let groff = groff.expect("groff is installed (tests/run does it)");
        let warned = String::from_utf8_lossy(&groff.stderr);
        assert!(groff.status.success() && warned.is_empty(), "{name}: {warned}");
    }
    assert_eq!(std::fs::read_dir(&pages).unwrap().count(), names.len());
    let main = std::fs::read_to_string(pages.join("dangvan.1")).unwrap();
    assert_eq!(said(&["man"]).trim_end(), main.trim_end());
}

/// The examples of a document: what stands between the fences.
fn examples(topic: &str) -> Vec<String> {
    let text = said(&["help", topic]);
    let blocks = text.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks.map(str::to_owned).collect()
}

/// Runs examples in one shell, one after another. Each one's curl says its statuses on standard
/// error, after a line that names the example.
fn run(examples: &[String], before: &str, folder: &std::path::Path) -> Output {
    let mut script = format!(
        "cd '{}'\ncurl() {{ command curl -w '%{{stderr}}%{{http_code}}\\n' \"$@\"; }}\n\
         dangvan() {{ '{}' \"$@\" 2>> said; }}\n{before}\n",
        folder.display(),
        env!("CARGO_BIN_EXE_dangvan"),
    );
    for (n, example) in examples.iter().enumerate() {
        script.push_str(&format!("echo '@{n}' >&2\n{example}\n"));
        script.push_str("test $? = 0 || echo failed >&2\n");
    }
    bash(&script, &["-u"])
}

/// Each example gets the status that it promises; what prepares it gets a good one.
#[actix_web::test]
async fn the_api_answers_as_its_document_says() {
    let service = Service::new("hcmc", Db::Sqlite).with("DANGVAN_PACK", "hcmc");
    let running = service.start().await;
    let here = format!("127.0.0.1:{}", service.port);
    let examples: Vec<String> =
        examples("api").iter().map(|e| e.replace("127.0.0.1:8080", &here)).collect();
    let settings = format!(
        "export DANGVAN_DATA='{}' DANGVAN_DATABASE_URL='{}' DANGVAN_LISTEN={here}",
        service.data().display(),
        service.database
    );
    let output = run(&examples, &settings, service.folder.path());
    let (answers, statuses) = (output.stdout, String::from_utf8(output.stderr).unwrap());
    let answers = String::from_utf8(answers).unwrap();
    let mut promised = 0;
    for (n, part) in statuses.split('@').skip(1).enumerate() {
        let lines: Vec<&str> = part.lines().skip(1).collect();
        let example = &examples[n];
        let last = example.lines().last().unwrap();
        let Some(status) = last.strip_prefix("# ").filter(|s| s.parse::<u16>().is_ok()) else {
            assert!(!example.contains("curl"), "it promises nothing: {example}");
            continue;
        };
        promised += 1;
        assert_eq!(lines.last(), Some(&status), "{example}{part}{answers}");
        let prepared = &lines[..lines.len() - 1];
        assert!(prepared.iter().all(|s| s.starts_with('2')), "{example}{part}");
    }
    assert!(promised > 45, "{promised} examples");
    running.stop();
}

#[test]
fn a_pack_is_written_as_its_document_says() {
    let folder = tempfile::tempdir().unwrap();
    let sources = format!("export SOURCES='{}'", env!("CARGO_MANIFEST_DIR"));
    let examples = examples("packs");
    assert_eq!(examples.len(), 4);
    let output = run(&examples, &sources, folder.path());
    let said = std::fs::read_to_string(folder.path().join("said")).unwrap();
    let faults = String::from_utf8(output.stderr).unwrap();
    assert!(!faults.contains("failed"), "{faults}{said}");
    let figures = String::from_utf8(output.stdout).unwrap();
    assert!(figures.contains("selective_accuracy"), "{figures}{said}");
    // What a pack is made of stands in the document, file by file.
    let text = self::said(&["help", "packs"]);
    let plain = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("index/packs/plain");
    for entry in std::fs::read_dir(plain).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(text.contains(&format!("`{name}")), "{name} is not in the document");
    }
}

/// Settings, commands and metrics that a document names are there.
#[actix_web::test]
async fn documents_name_what_there_is() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let service = Service::new("plain", Db::Sqlite);
    let service = service.with("DANGVAN_METRICS_LISTEN", &format!("127.0.0.1:{port}"));
    let running = service.start().await;
    assert_eq!(service.post("one").await.unwrap().status, 201);
    service.until_indexed().await;
    let scrape = read(&request(port, "GET", "/metrics", &[], "").await.unwrap().text);
    running.stop();
    let mut known: BTreeSet<String> = scrape.samples.keys().map(|s| s.name.clone()).collect();
    // Shares of nothing are not there yet.
    known.extend(["side_right", "wanted"].map(|name| format!("dangvan_machine_{name}_ratio")));
    let settings = String::from_utf8(service.run(&["config"]).stdout).unwrap();
    let commands: BTreeSet<String> = commands().into_iter().map(|words| words.join(" ")).collect();
    for topic in TOPICS {
        let text = said(&["help", topic]);
        let word = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
        for name in text.split(word) {
            if name.starts_with("DANGVAN_") {
                assert!(settings.contains(name), "{topic} names {name}");
            }
            if name.starts_with("dangvan_") && !name.ends_with('_') {
                assert!(known.contains(name), "{topic} names {name}");
            }
        }
        for (at, _) in text.match_indices("dangvan ") {
            let rest = text[at..].split(['`', '\n', '#', '|', ')', ':']).next().unwrap();
            let words: Vec<&str> = rest.split_whitespace().skip(1).take(2).collect();
            let is_code = text[..at].ends_with(['`', '\n', '(', ' ']) && !words.is_empty();
            if is_code && commands.iter().any(|known| known.starts_with(words[0])) {
                let whole = words.join(" ");
                let is_known = commands.contains(words[0]) || commands.contains(&whole);
                assert!(is_known, "{topic} names {whole:?}");
            }
        }
        for backup in ["dangvan backup", "dangvan restore", "dangvan demo"] {
            assert!(!text.contains(backup), "{topic} promises {backup}");
        }
    }
}
