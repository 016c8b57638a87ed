//! What the codes of a font mean, and how wide its letters are: by the table that a writer adds for
//! readers (ISO 32000-1, 9.10.3), else by the names of its letters.

use std::collections::BTreeMap;

use super::objects::Objects;
use super::value::{Dict, Reader, Value, whole};

/// A font has at most so many codes of two bytes.
const CODES_MAX: usize = 65_536;
const ENTRIES_MAX: usize = 4 * CODES_MAX;
const TABLE_WORDS_MAX: usize = 400_000;
/// What is not said is half as wide as high.
const WIDTH_MISSING: f64 = 500.0;
const CID_WIDTH_MISSING: f64 = 1000.0;

/// A font as far as text needs it.
pub struct Font {
    /// Codes have two bytes.
    pub is_wide: bool,
    means: BTreeMap<u32, String>,
    widths: BTreeMap<u32, f64>,
    width_missing: f64,
    /// So many more entries are made: ranges may name the same codes again and again.
    entries_left: usize,
}

impl Font {
    pub fn of(objects: &Objects<'_>, dict: &Dict) -> Font {
        let is_wide =
            objects.member(dict, "Subtype").as_ref().and_then(Value::name) == Some("Type0");
        let mut font = Font {
            is_wide,
            means: BTreeMap::new(),
            widths: BTreeMap::new(),
            width_missing: if is_wide { CID_WIDTH_MISSING } else { WIDTH_MISSING },
            entries_left: ENTRIES_MAX,
        };
        if is_wide {
            font.widths_of_cids(objects, dict);
        } else {
            font.names(objects, dict);
            font.simple_widths(objects, dict);
        }
        if let Some(Value::Ref(number)) = dict.get("ToUnicode")
            && let Some(table) = objects.stream(*number)
        {
            font.table(&table);
        }
        font
    }

    /// The codes of a shown text, each with what it means and its width in ems.
    pub fn read<'a>(&'a self, shown: &'a [u8]) -> impl Iterator<Item = (u32, &'a str, f64)> + 'a {
        let step = if self.is_wide { 2 } else { 1 };
        shown.chunks(step).map(|code| {
            let code = code.iter().fold(0, |sum, byte| (sum << 8) | u32::from(*byte));
            let means = self.means.get(&code).map_or("", String::as_str);
            let width = self.widths.get(&code).copied().unwrap_or(self.width_missing);
            (code, means, width / 1000.0)
        })
    }

    fn table(&mut self, bytes: &[u8]) {
        let mut reader = Reader::new(bytes, 0, TABLE_WORDS_MAX);
        let mut seen: Vec<Value> = Vec::new();
        while let Some(value) = reader.next() {
            let Value::Word(word) = &value else {
                seen.push(value);
                continue;
            };
            match word.as_str() {
                "endbfchar" => {
                    for pair in seen.chunks(2) {
                        if let [Value::Text(code), Value::Text(means)] = pair {
                            self.put(number(code), wide_text(means));
                        }
                    }
                }
                "endbfrange" => {
                    for three in seen.chunks(3) {
                        if let [Value::Text(low), Value::Text(high), means] = three {
                            self.range(number(low), number(high), means);
                        }
                    }
                }
                _ => {}
            }
            seen.clear();
        }
    }

    fn range(&mut self, low: u32, high: u32, means: &Value) {
        let codes = low..=high.min(low.saturating_add(0xFFFF));
        match means {
            Value::List(list) => {
                for (code, one) in codes.zip(list) {
                    if let Value::Text(text) = one {
                        self.put(code, wide_text(text));
                    }
                }
            }
            Value::Text(first) => {
                let text = wide_text(first);
                let mut letters: Vec<char> = text.chars().collect();
                let Some(last) = letters.pop() else { return };
                for (code, more) in codes.zip(0_u32..) {
                    let Some(letter) = char::from_u32(u32::from(last) + more) else { break };
                    if self.entries_left == 0 {
                        break;
                    }
                    self.put(code, letters.iter().copied().chain([letter]).collect());
                }
            }
            _ => {}
        }
    }

    fn put(&mut self, code: u32, means: String) {
        if let Some(left) = self.entries_left.checked_sub(1) {
            self.entries_left = left;
            self.means.insert(code, means);
        }
    }

    /// Windows' Western letters, and what `Differences` puts in their places.
    fn names(&mut self, objects: &Objects<'_>, dict: &Dict) {
        for code in 32_u8..=255 {
            self.means.insert(u32::from(code), western(code).to_string());
        }
        let differences = objects.inner(dict, "Encoding");
        let differences = differences.and_then(|d| objects.member(&d, "Differences"));
        let mut code = 0;
        for value in differences.as_ref().and_then(Value::list).unwrap_or(&[]) {
            match value {
                Value::Number(number) => code = whole(*number).unwrap_or(0),
                Value::Name(name) => {
                    self.put(code, letter_called(name));
                    code = code.saturating_add(1);
                }
                _ => {}
            }
        }
    }

    fn simple_widths(&mut self, objects: &Objects<'_>, dict: &Dict) {
        let first = objects.member(dict, "FirstChar").and_then(|v| v.number()).and_then(whole);
        let widths = objects.member(dict, "Widths");
        let widths = widths.as_ref().and_then(Value::list).unwrap_or(&[]);
        for (code, width) in (first.unwrap_or(0)..).zip(widths).take(CODES_MAX) {
            let width = objects.resolved(width).and_then(|v| v.number());
            self.widths.extend(width.map(|width| (code, width)));
        }
    }

    /// `[first [w w w] from to w …]` (9.7.4.3).
    fn widths_of_cids(&mut self, objects: &Objects<'_>, dict: &Dict) {
        let below = objects.member(dict, "DescendantFonts");
        let below = below.as_ref().and_then(Value::list).and_then(<[Value]>::first);
        let Some(Value::Dict(below)) = below.and_then(|v| objects.resolved(v)) else { return };
        if let Some(missing) = objects.member(&below, "DW").and_then(|v| v.number()) {
            self.width_missing = missing;
        }
        let widths = objects.member(&below, "W");
        let mut rest = widths.as_ref().and_then(Value::list).unwrap_or(&[]);
        while let [Value::Number(first), second, after @ ..] = rest {
            let first = whole(*first).unwrap_or(0);
            let inner = objects.resolved(second);
            match (inner, after) {
                (Some(Value::List(list)), _) => {
                    for (code, width) in (first..).zip(&list).take(CODES_MAX) {
                        self.widths.extend(width.number().map(|width| (code, width)));
                    }
                    rest = after;
                }
                (Some(Value::Number(last)), [Value::Number(width), more @ ..]) => {
                    let last = whole(last).unwrap_or(first);
                    for code in (first..=last).take(CODES_MAX) {
                        let Some(left) = self.entries_left.checked_sub(1) else { break };
                        self.entries_left = left;
                        self.widths.insert(code, *width);
                    }
                    rest = more;
                }
                _ => return,
            }
        }
    }
}

fn number(code: &[u8]) -> u32 {
    code.iter().take(4).fold(0, |sum, byte| (sum << 8) | u32::from(*byte))
}

fn wide_text(bytes: &[u8]) -> String {
    let (pairs, rest) = bytes.as_chunks::<2>();
    match (pairs, rest) {
        ([], [one]) => char::from(*one).to_string(),
        _ => String::from_utf16_lossy(
            &pairs.iter().map(|p| u16::from_be_bytes(*p)).collect::<Vec<_>>(),
        ),
    }
}

/// Windows-1252, whose codes from 0x80 to 0x9F are not Unicode's.
fn western(code: u8) -> char {
    const UPPER: &str = "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8D}Ž\u{8F}\u{90}‘’“”•–—˜™š›œ\u{9D}žŸ";
    match code {
        0x80..=0x9F => UPPER.chars().nth(usize::from(code - 0x80)).unwrap_or(' '),
        other => char::from(other),
    }
}

/// The marks as letters' names spell them, and the names of what is no letter (Adobe's list of
/// glyphs): `acircumflexacute` is an a with two marks.
const MARKS: [(&str, char); 12] = [
    ("acute", '\u{301}'),
    ("grave", '\u{300}'),
    ("circumflex", '\u{302}'),
    ("tilde", '\u{303}'),
    ("dieresis", '\u{308}'),
    ("breve", '\u{306}'),
    ("horn", '\u{31B}'),
    ("dotbelow", '\u{323}'),
    ("hookabove", '\u{309}'),
    ("caron", '\u{30C}'),
    ("ring", '\u{30A}'),
    ("cedilla", '\u{327}'),
];
const NAMES: [(&str, &str); 32] = [
    ("space", " "),
    ("period", "."),
    ("comma", ","),
    ("hyphen", "-"),
    ("colon", ":"),
    ("semicolon", ";"),
    ("slash", "/"),
    ("parenleft", "("),
    ("parenright", ")"),
    ("quotesingle", "'"),
    ("quotedbl", "\""),
    ("question", "?"),
    ("exclam", "!"),
    ("zero", "0"),
    ("one", "1"),
    ("two", "2"),
    ("three", "3"),
    ("four", "4"),
    ("five", "5"),
    ("six", "6"),
    ("seven", "7"),
    ("eight", "8"),
    ("nine", "9"),
    ("percent", "%"),
    ("at", "@"),
    ("dcroat", "đ"),
    ("Dcroat", "Đ"),
    ("dmacron", "đ"),
    ("Eth", "Đ"),
    ("fi", "fi"),
    ("fl", "fl"),
    ("endash", "–"),
];

fn letter_called(name: &str) -> String {
    if let Some((_, letter)) = NAMES.iter().find(|(known, _)| *known == name) {
        return (*letter).to_owned();
    }
    let code = name.strip_prefix("uni").or_else(|| name.strip_prefix('u'));
    let code = code.and_then(|digits| u32::from_str_radix(digits, 16).ok());
    if let Some(letter) = code.and_then(char::from_u32) {
        return letter.to_string();
    }
    let (mut stem, mut marks) = (name, String::new());
    while let Some((rest, mark)) =
        MARKS.iter().find_map(|(end, mark)| Some((stem.strip_suffix(end)?, *mark)))
    {
        stem = rest;
        marks.insert(0, mark);
    }
    let is_letter = stem.chars().count() == 1;
    if is_letter { format!("{stem}{marks}") } else { String::new() }
}
