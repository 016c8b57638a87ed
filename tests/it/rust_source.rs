//! Rust files as `tidy` looks at them: without comments and texts, and what they import. It knows
//! of the language what it needs, and is no parser.

use std::path::{Path, PathBuf};

/// A source file: as it is, and with comments and texts blanked.
pub struct Source {
    pub name: String,
    pub text: String,
    pub code: String,
}

impl Source {
    pub fn is_of(&self, folder: &str) -> bool {
        self.name.starts_with(folder)
    }

    /// `store` for `src/store/cases.rs`, `seal` for `src/seal.rs`.
    pub fn module(&self) -> &str {
        let rest = self.name.strip_prefix("src/").unwrap_or(&self.name);
        let first = rest.split('/').next().unwrap_or(rest);
        first.trim_end_matches(".rs")
    }
}

pub fn sources(folder: &str) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths = Vec::new();
    gather(&root.join(folder), &mut paths);
    paths.sort();
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(&path).unwrap();
        let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        Source { name, code: blanked(&text), text }
    };
    paths.into_iter().map(read).collect()
}

fn gather(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(&path, into);
        } else if path.extension().is_some_and(|e| e == "rs") {
            into.push(path);
        }
    }
}

pub fn everything() -> Vec<Source> {
    sources("src").into_iter().chain(sources("tests")).collect()
}

/// What follows `crate::` (and the crate's own name, in the binary): `store/cases`, `mail`, …
pub fn imports(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for start in ["crate::", "dangvan::"] {
        for (at, _) in code.match_indices(start) {
            let before = code[..at].chars().next_back().unwrap_or(' ');
            if is_word(before) {
                continue;
            }
            let rest = &code[at + start.len()..];
            match rest.strip_prefix('{') {
                Some(group) => found.extend(group_members(group).iter().map(|m| path_of(m))),
                None => found.push(path_of(rest)),
            }
        }
    }
    // A type that stands at the crate's root is no module.
    found.retain(|path| path.starts_with(|c: char| c.is_ascii_lowercase()));
    found.sort();
    found.dedup();
    found
}

/// The members of `a::b, c::{d, e}}…` up to the brace that closes the group.
pub fn group_members(group: &str) -> Vec<&str> {
    let (mut depth, mut start, mut members) = (0, 0, Vec::new());
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => {
                members.push(group[start..at].trim());
                break;
            }
            '}' => depth -= 1,
            ',' if depth == 0 => {
                members.push(group[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    members
}

/// The first two names of a path: a module and what is in it. A macro of the crate is none.
fn path_of(path: &str) -> String {
    let (first, rest) = split_word(path);
    let second = rest.strip_prefix("::").map_or("", |rest| split_word(rest).0);
    match (rest.starts_with('!'), second) {
        (true, _) => String::new(),
        (false, "") => first.to_owned(),
        (false, second) => format!("{first}/{second}"),
    }
}

fn split_word(text: &str) -> (&str, &str) {
    text.split_at(text.find(|c| !is_word(c)).unwrap_or(text.len()))
}

pub fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Does `word` occur in `code` as a whole?
pub fn names(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back().unwrap_or(' ');
        let after = code[at + word.len()..].chars().next().unwrap_or(' ');
        !is_word(before) && !is_word(after)
    })
}

/// Where each function begins, and how many lines it has with its signature.
pub fn functions(code: &str) -> Vec<(usize, usize)> {
    let lines: Vec<&str> = code.lines().collect();
    let mut found = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        if !begins_function(line) {
            continue;
        }
        let (mut depth, mut opened) = (0_i32, false);
        for (offset, line) in lines[at..].iter().enumerate() {
            for c in line.chars() {
                match c {
                    '{' => (depth, opened) = (depth + 1, true),
                    '}' => depth -= 1,
                    _ => {}
                }
            }
            let declared_only = !opened && line.trim_end().ends_with(';');
            if declared_only || (opened && depth <= 0) {
                found.push((at + 1, offset + 1));
                break;
            }
        }
    }
    found
}

fn begins_function(line: &str) -> bool {
    let before = ["pub", "pub(crate)", "pub(super)", "async", "const", "unsafe", "extern", "\"C\""];
    let mut words = line.split_whitespace().skip_while(|word| before.contains(word));
    words.next() == Some("fn")
}

/// The code with comments, texts and characters replaced by spaces; lines stay where they are.
pub fn blanked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = skipped(rest, out.chars().next_back().unwrap_or(' '));
        if length == 0 {
            out.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        }
        out.extend(rest[..length].chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        rest = &rest[length..];
    }
    out
}

/// How many bytes at the start are a comment, a text or a character; else 0.
fn skipped(rest: &str, before: char) -> usize {
    let until = |end: &str, from: usize| {
        rest[from..].find(end).map_or(rest.len(), |at| from + at + end.len())
    };
    if rest.starts_with("//") {
        return rest.find('\n').unwrap_or(rest.len());
    }
    if rest.starts_with("/*") {
        return until("*/", 2);
    }
    if !is_word(before) && rest.starts_with('r') {
        let hashes = rest[1..].chars().take_while(|c| *c == '#').count();
        if rest[1 + hashes..].starts_with('"') {
            return until(&format!("\"{}", "#".repeat(hashes)), 2 + hashes);
        }
    }
    if rest.starts_with('"') {
        return quoted(rest, '"');
    }
    if rest.starts_with('\'') {
        let mut chars = rest.chars().skip(1);
        let (first, second) = (chars.next(), chars.next());
        // `'a'` and `'\n'` are characters, `'a` is a lifetime.
        if first == Some('\\') || second == Some('\'') {
            return quoted(rest, '\'');
        }
    }
    0
}

fn quoted(rest: &str, mark: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == mark => return at + c.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}
