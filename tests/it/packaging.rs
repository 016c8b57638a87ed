//! The files of `.packaging`: what a machine without systemd and Docker can tell of them.

use std::collections::BTreeMap;
use std::process::Command;

use crate::harness::Db;
use crate::service::Service;

fn file(name: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(".packaging").join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Instructions of a Dockerfile, continued lines joined, comments left out.
fn instructions(text: &str) -> Vec<(String, String)> {
    let lines: Vec<&str> = text.lines().filter(|l| !l.trim_start().starts_with('#')).collect();
    let joined = lines.join("\n").replace("\\\n", " ");
    let lines = joined.lines().filter(|line| !line.trim().is_empty());
    let pair = |line: &str| {
        let (word, rest) = line.split_once(' ').unwrap_or_else(|| panic!("{line}"));
        (word.to_owned(), rest.trim().to_owned())
    };
    lines.map(pair).collect()
}

#[test]
fn the_image_is_small_and_runs_as_nobody_in_particular() {
    let text = file("Dockerfile");
    let all = instructions(&text);
    let known = [
        "FROM",
        "WORKDIR",
        "COPY",
        "RUN",
        "ENV",
        "USER",
        "VOLUME",
        "EXPOSE",
        "STOPSIGNAL",
        "HEALTHCHECK",
        "ENTRYPOINT",
        "CMD",
    ];
    for (word, rest) in &all {
        assert!(known.contains(&word.as_str()), "{word} {rest}");
    }
    let of = |word: &str| -> Vec<&str> {
        all.iter().filter(|(w, _)| w == word).map(|(_, rest)| rest.as_str()).collect()
    };
    let from = of("FROM");
    assert_eq!(from.len(), 2, "what builds is not in the image: {from:?}");
    let manifest = include_str!("../../Cargo.toml");
    let rust = from[0].strip_prefix("rust:").unwrap().split('-').next().unwrap();
    assert!(manifest.contains(&format!("rust-version = \"{rust}\"")), "{rust}");
    let systems: Vec<bool> = from.iter().map(|f| f.contains("bookworm")).collect();
    assert_eq!(systems, [true, true], "what is linked against is what is there");
    let run = all.iter().position(|(word, _)| word == "USER").unwrap();
    assert!(all[run].1.parse::<u32>().unwrap() > 999, "a number that is not root's");
    assert!(all[run..].iter().all(|(word, _)| word != "RUN" && word != "COPY"));
    assert_eq!(of("EXPOSE"), ["8080"]);
    assert_eq!(of("VOLUME"), ["[\"/var/lib/dangvan\"]"]);
    assert!(of("ENTRYPOINT")[0].starts_with('['), "no shell between a signal and the service");
    let env = of("ENV").join(" ");
    assert!(env.contains("DANGVAN_DATA=/var/lib/dangvan"), "{env}");
    for secret in ["PASSWORD", "TOKEN", "DATABASE_URL", "SMTP_URL", "KEY"] {
        assert!(!env.contains(secret), "{env}");
    }
    // What is copied exists and is let through; nothing else is.
    let let_through = file("Dockerfile.dockerignore");
    let lines: Vec<&str> = let_through.lines().filter(|l| !l.starts_with('#')).collect();
    assert_eq!(lines[0], "*");
    let mut copied: Vec<String> = Vec::new();
    for copy in of("COPY").into_iter().filter(|copy| !copy.starts_with("--from=build ")) {
        let mut words: Vec<&str> = copy.split_whitespace().collect();
        words.pop();
        copied.extend(words.iter().map(|word| format!("!{word}")));
    }
    assert_eq!(lines[1..], copied);
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    assert!(copied.iter().all(|name| root.join(&name[1..]).exists()), "{copied:?}");
}

/// The container's own look at its health, as it stands in the file, against a real service.
#[actix_web::test]
async fn the_image_sees_whether_it_is_well() {
    let all = instructions(&file("Dockerfile"));
    let check = all.iter().find(|(word, _)| word == "HEALTHCHECK").unwrap();
    let command = check.1.split_once("CMD ").unwrap().1;
    let words: Vec<String> = serde_json::from_str(command).unwrap();
    let service = Service::new("plain", Db::Sqlite);
    let here = format!("127.0.0.1/{}", service.port);
    let words: Vec<String> = words.iter().map(|w| w.replace("127.0.0.1/8080", &here)).collect();
    let is_well = || Command::new(&words[0]).args(&words[1..]).output().unwrap().status.success();
    assert!(!is_well(), "nothing listens yet");
    let running = service.start().await;
    assert!(is_well());
    running.stop();
}

/// Settings by section.
fn unit() -> BTreeMap<String, Vec<(String, String)>> {
    let mut out: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    let mut section = String::new();
    for line in file("dangvan.service").lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.trim_end_matches(']').to_owned();
        } else if !line.is_empty() && !line.starts_with('#') {
            let (name, value) = line.split_once('=').unwrap_or_else(|| panic!("{line}"));
            out.entry(section.clone()).or_default().push((name.to_owned(), value.to_owned()));
        }
    }
    out
}

#[test]
fn the_unit_is_hardened_and_lets_the_service_end() {
    let unit = unit();
    let sections: Vec<&str> = unit.keys().map(String::as_str).collect();
    assert_eq!(sections, ["Install", "Service", "Unit"]);
    let has = |name: &str, value: &str| {
        let found = unit["Service"].iter().filter(|(n, _)| n == name);
        let found: Vec<&str> = found.map(|(_, v)| v.as_str()).collect();
        assert!(found.contains(&value), "{name}={value} is not in {found:?}");
    };
    for yes in [
        "NoNewPrivileges",
        "ProtectHome",
        "PrivateTmp",
        "PrivateDevices",
        "ProtectClock",
        "ProtectKernelModules",
        "ProtectKernelTunables",
        "ProtectKernelLogs",
        "RestrictNamespaces",
        "RestrictSUIDSGID",
        "LockPersonality",
        "MemoryDenyWriteExecute",
        "ProtectControlGroups",
    ] {
        has(yes, "yes");
    }
    has("User", "dangvan");
    has("ProtectSystem", "strict");
    has("CapabilityBoundingSet", "");
    has("UMask", "0077");
    has("StateDirectory", "dangvan");
    has("Environment", "DANGVAN_DATA=/var/lib/dangvan");
    has("ExecStart", "/usr/local/bin/dangvan serve");
    // It is gone in ten seconds; whoever waits less cuts it off.
    let stop = unit["Service"].iter().find(|(name, _)| name == "TimeoutStopSec").unwrap();
    assert!(stop.1.parse::<u64>().unwrap() > 10);
    let words: Vec<&(String, String)> = unit.values().flatten().collect();
    assert!(words.iter().all(|(_, value)| !value.contains("password")));
}
