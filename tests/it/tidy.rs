//! The house rules that a machine can check: who may import whom, who may name which crate, and
//! the sizes of functions, files and lines. The tree is read when the test runs.

use std::fmt::Write;

use crate::rust_source::{Source, blanked, everything, functions, group_members};
use crate::rust_source::{imports, is_word, names, sources};

const GROUND: &[&str] = &["text", "clock", "seal"];
const TRANSLATORS: &[&str] = &["intake", "store", "index", "mail", "auth", "pack"];

/// What is counted is counted where it happens, and shown by `web`.
const TOLD: &str = "telemetry";

/// The import table: a module, and what it may import beside itself. `a/b` allows only that file.
const TABLE: &[(&str, &[&str])] = &[
    ("text", &[]),
    ("clock", &[]),
    ("seal", &[]),
    ("domain", &["GROUND"]),
    ("intake", &["GROUND", "domain"]),
    ("store", &["GROUND", "domain"]),
    ("index", &["GROUND", "domain"]),
    ("mail", &["GROUND", "domain"]),
    ("auth", &["GROUND", "domain"]),
    ("pack", &["GROUND", "domain"]),
    ("flow", &["GROUND", "domain", "store", "index", "mail", "auth", "pack"]),
    ("web", &["GROUND", "domain", "intake", "store", "index", "flow", "app", "config", TOLD]),
    ("worker", &["GROUND", "domain", "intake", "mail/mailbox", "flow", "app", "config"]),
    ("cli", &["GROUND", "domain", "TRANSLATORS", "flow", "app", "config", "telemetry"]),
    ("app", &["GROUND", "domain", "store", "index", "mail", "pack", "config", TOLD]),
    ("config", &["clock", "seal", "domain"]),
    ("telemetry", &[]),
    ("main", &["cli", "app", "config", "telemetry"]),
    ("lib", &[]),
];

/// One file may import more than its module may.
const EXCEPTIONS: &[(&str, &[&str])] = &[
    ("src/cli/serve.rs", &["web", "worker"]),
    // The assembly makes the context that every verb is handed; it calls no verb.
    ("src/app.rs", &["flow"]),
];

/// Crates that are named behind one wall each.
const WALLS: &[(&str, &str)] = &[
    ("diesel", "src/store/"),
    ("diesel_migrations", "src/store/"),
    ("tantivy", "src/index/"),
    ("lettre", "src/mail/"),
    ("mail_parser", "src/intake/email.rs"),
    ("actix_web", "src/web/"),
    ("actix_multipart", "src/web/"),
    ("object_store", "src/store/files.rs"),
    ("rustls", "src/store/files.rs"),
    ("image", "src/intake/attachment/picture.rs"),
    ("flate2", "src/intake/attachment/"),
    ("utoipa", "src/web/"),
    ("prometheus", "src/telemetry/"),
    ("argon2", "src/auth/"),
    ("chacha20poly1305", "src/seal.rs"),
    ("hkdf", "src/seal.rs"),
    ("hmac", "src/seal.rs"),
    ("sha2", "src/seal.rs"),
];

/// Words of one country, which are pack data; and where they may stand all the same.
const COUNTRY: &[(&str, &[&str])] = &[
    ("Hồ Chí Minh", &["src/text/", "src/web/"]),
    ("TP.HCM", &["src/text/", "src/web/"]),
    ("20/2008", &["src/text/", "src/web/"]),
    ("Nghị định", &["src/text/", "src/web/"]),
    ("Asia/Ho_Chi_Minh", &[]),
    ("1022", &["src/domain/case/words.rs", "src/text/", "src/web/"]),
];

const FUNCTION_LINES_MAX: usize = 59;
const FILE_LINES_MAX: usize = 399;
const LINE_CHARS_MAX: usize = 100;

/// Fails with every fault at once.
fn none_of(faults: Vec<String>) {
    let mut list = String::new();
    faults.iter().for_each(|fault| writeln!(list, "  {fault}").unwrap());
    assert!(faults.is_empty(), "{} faults:\n{list}", faults.len());
}

#[test]
fn imports_go_down() {
    none_of(sources("src").iter().flat_map(import_faults).collect());
}

fn import_faults(source: &Source) -> Vec<String> {
    let module = source.module();
    let Some((_, allowed)) = TABLE.iter().find(|(name, _)| *name == module) else {
        return vec![format!("{}: the import table knows no module {module}", source.name)];
    };
    let more = EXCEPTIONS.iter().find(|(name, _)| *name == source.name).map_or(&[][..], |e| e.1);
    let may = |wanted: &str| {
        let first = wanted.split('/').next().unwrap_or(wanted);
        let by = |entry: &&str| match *entry {
            "GROUND" => GROUND.contains(&first),
            "TRANSLATORS" => TRANSLATORS.contains(&first),
            entry => entry == first || entry == wanted,
        };
        first == module || allowed.iter().chain(more).any(by)
    };
    let wanted = imports(&source.code).into_iter().filter(|wanted| !may(wanted));
    let mut faults: Vec<String> =
        wanted.map(|wanted| format!("{} imports {wanted}", source.name)).collect();
    let depth = source.name.trim_end_matches("/mod.rs").matches('/').count();
    if source.code.contains(&"super::".repeat(depth)) {
        faults.push(format!("{} climbs out of its module with super", source.name));
    }
    faults
}

#[test]
fn verbs_know_the_waist_and_no_other_verb() {
    let sources = sources("src/flow");
    let verbs: Vec<&str> = sources
        .iter()
        .filter_map(|s| s.name.strip_prefix("src/flow/")?.strip_suffix(".rs"))
        .filter(|verb| !matches!(*verb, "mod" | "record"))
        .collect();
    let mut faults = Vec::new();
    for source in &sources {
        let own = source.name.trim_start_matches("src/flow/").trim_end_matches(".rs");
        for verb in verbs.iter().filter(|verb| own != "mod" && **verb != own) {
            let named = [format!("super::{verb}"), format!("crate::flow::{verb}")];
            if named.iter().any(|path| names(&source.code, path)) || in_group(&source.code, verb) {
                faults.push(format!("{} imports the verb {verb}", source.name));
            }
        }
    }
    none_of(faults);
}

/// Is `verb` in a `use super::{…}` or `use crate::flow::{…}`?
fn in_group(code: &str, verb: &str) -> bool {
    ["super::{", "crate::flow::{"].iter().any(|start| {
        code.match_indices(start).any(|(at, _)| {
            let members = group_members(&code[at + start.len()..]);
            members.iter().any(|m| m.split("::").next() == Some(verb))
        })
    })
}

#[test]
fn each_crate_is_named_behind_its_wall() {
    let mut faults = Vec::new();
    for source in sources("src") {
        for (name, wall) in WALLS {
            let path = format!("{name}::");
            let named = source.code.match_indices(&path).any(|(at, _)| {
                let before = source.code[..at].chars().next_back().unwrap_or(' ');
                !is_word(before) && before != ':'
            });
            if named && !source.is_of(wall) {
                faults.push(format!("{} names {name}, which is {wall}'s", source.name));
            }
        }
        if source.is_of("src/domain/") && names(&source.code, "async") {
            faults.push(format!("{} is async", source.name));
        }
        if names(&source.code, "StatusCode") && !source.is_of("src/web/") {
            faults.push(format!("{} names HTTP status codes", source.name));
        }
    }
    none_of(faults);
}

#[test]
fn doors_write_through_verbs() {
    let writes = ["store.write(", "Store::write("];
    // Whether the store can be written to is only known from a write, which here writes nothing.
    let probe = "src/web/health.rs";
    let doors = sources("src/web").into_iter().chain(sources("src/worker"));
    none_of(
        doors
            .filter(|source| source.name != probe)
            .filter(|source| writes.iter().any(|w| source.code.contains(w)))
            .map(|source| format!("{} writes to the store itself", source.name))
            .collect(),
    );
}

#[test]
fn files_say_what_they_are_for_and_are_short() {
    let mut faults = Vec::new();
    for source in everything() {
        let name = &source.name;
        if !source.text.starts_with("//! ") {
            faults.push(format!("{name} does not begin with //!"));
        }
        let lines = source.text.lines().count();
        if lines > FILE_LINES_MAX {
            faults.push(format!("{name} has {lines} lines, at most {FILE_LINES_MAX}"));
        }
        for (number, line) in source.text.lines().enumerate() {
            let chars = line.chars().count();
            if chars > LINE_CHARS_MAX {
                faults.push(format!("{name}:{} has {chars} characters", number + 1));
            }
        }
    }
    none_of(faults);
}

#[test]
fn functions_are_short() {
    let mut faults = Vec::new();
    for source in everything() {
        for (line, lines) in functions(&source.code) {
            if lines > FUNCTION_LINES_MAX {
                faults.push(format!("{}:{line} has {lines} lines", source.name));
            }
        }
    }
    none_of(faults);
}

#[test]
fn nothing_may_panic() {
    let mut faults = Vec::new();
    for source in sources("src") {
        for bad in [".unwrap()", ".expect(", ".unwrap_err()", "allow(clippy::", "todo!("] {
            for (number, line) in source.code.lines().enumerate() {
                if line.contains(bad) {
                    faults.push(format!("{}:{} has {bad}", source.name, number + 1));
                }
            }
        }
    }
    none_of(faults);
}

#[test]
fn no_country_is_in_the_code() {
    let mut faults = Vec::new();
    for source in sources("src") {
        for (word, places) in COUNTRY {
            let allowed = places.iter().any(|place| source.is_of(place));
            if !allowed && names(&source.text, word) {
                faults.push(format!("{} says {word:?}, which is pack data", source.name));
            }
        }
    }
    none_of(faults);
}

#[test]
fn the_checks_find_what_they_look_for() {
    let source = |name: &str, text: &str| Source {
        name: name.to_owned(),
        text: text.to_owned(),
        code: blanked(text),
    };
    let text = "use crate::store::{Tx, cases};\nuse crate::{clock::Moment, index, Thing};\n";
    assert_eq!(import_faults(&source("src/mail/x.rs", text)).len(), 2);
    assert_eq!(import_faults(&source("src/cli/x.rs", text)).len(), 0);
    assert_eq!(import_faults(&source("src/cli/x.rs", "crate::web::run()")).len(), 1);
    assert_eq!(import_faults(&source("src/cli/serve.rs", "crate::web::run()")).len(), 0);
    assert_eq!(import_faults(&source("src/worker/x.rs", "use crate::mail::smtp;")).len(), 1);
    assert_eq!(import_faults(&source("src/worker/x.rs", "use crate::mail::mailbox;")).len(), 0);
    assert_eq!(import_faults(&source("src/new/x.rs", "")).len(), 1);
    let climbing = "use super::super::store::Tx;";
    assert_eq!(import_faults(&source("src/mail/x.rs", climbing)).len(), 1);
    assert_eq!(import_faults(&source("src/mail/deep/x.rs", climbing)).len(), 0);
    let hidden = "// crate::store\nlet a = \"crate::store \\\" {\"; let b = r#\"crate::store\"#;";
    assert_eq!(import_faults(&source("src/mail/x.rs", hidden)), Vec::<String>::new());
    assert_eq!(blanked("a('{', \"}\", 'b: &'a str) // {\n}"), "a(   ,    , 'b: &'a str)     \n}");
    let long = format!("fn short() {{}}\npub async fn long() {{\n{}}}\n", "x();\n".repeat(60));
    assert_eq!(functions(&long), [(1, 1), (2, 62)]);
    assert!(in_group("use super::{Context, decide::judge};", "decide"));
    assert!(names("in 20/2008;", "20/2008") && !names("10220", "1022"));
}
