//! The words of a search, read: all must occur; "a phrase", -word, a OR b, name:value, a number or
//! a part of it. Anything else is words. Never an error.

use crate::text::encodings::converted;
use crate::text::{Token, folded, nfc, tokens};

mod days;

pub use days::DaySpan;

/// A query holds at most this many words: the rest is left out.
const WORDS_MAX: usize = 24;

/// A field as it may be named in a query, with its values as they may be typed.
#[derive(Debug, Clone)]
pub struct FieldWord {
    pub names: Vec<String>,
    pub field: &'static str,
    /// What is typed, and the value that it stands for.
    pub values: Vec<(String, String)>,
    /// Its values are days and spans of days.
    pub is_of_days: bool,
}

/// One demand of a query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    Word(Word),
    Phrase(Vec<Word>),
    /// Any of these words and phrases.
    Any(Vec<Vec<Word>>),
    Without(Vec<Word>),
    Field {
        field: &'static str,
        value: String,
        /// `-name:value`: not these.
        without: bool,
    },
    /// Received or due within these days.
    Days {
        field: &'static str,
        span: DaySpan,
        without: bool,
    },
    Number(String),
}

/// A word as typed, in both written forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    pub marked: String,
    pub folded: String,
}

/// How a query was understood, for people.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadAs {
    /// No case had all words: any of them counted.
    pub any: bool,
    pub words: Vec<String>,
    pub phrases: Vec<String>,
    pub excluded: Vec<String>,
    /// Name, value, and whether it is left out.
    pub fields: Vec<(&'static str, String, bool)>,
    pub days: Vec<(&'static str, DaySpan, bool)>,
    pub number: Option<String>,
}

#[derive(Debug, Clone)]
struct Piece {
    text: String,
    quoted: bool,
    minus: bool,
}

/// Reads a query.
pub fn read(q: &str, fields: &[FieldWord]) -> (Vec<Part>, ReadAs) {
    let q = converted(q).map_or_else(|| nfc(q), |(_, q)| q);
    let has_lower = q.chars().any(char::is_lowercase);
    let pieces = pieces(&q, fields);
    let mut parts: Vec<Part> = Vec::new();
    let mut join = false;
    for piece in pieces.iter().take(WORDS_MAX) {
        if let Some(part) = &piece.field {
            parts.push(part.clone());
            join = false;
            continue;
        }
        let piece = &piece.piece;
        if !piece.quoted && piece.text == "OR" && has_lower && !parts.is_empty() {
            join = true;
            continue;
        }
        let words = words(&piece.text);
        if words.is_empty() {
            continue;
        }
        let is_number = !piece.quoted && !piece.minus && is_number(&piece.text);
        let next = match (piece.minus, piece.quoted) {
            (true, _) => vec![Part::Without(words)],
            (false, _) if is_number => vec![Part::Number(piece.text.to_uppercase())],
            (false, true) => vec![Part::Phrase(words)],
            // `12/04/2026` and `P.06` are words like any others.
            (false, false) => words.into_iter().map(Part::Word).collect(),
        };
        for next in next {
            let both = parts.last().filter(|_| join).and_then(|last| either(last, &next));
            match (both, parts.last_mut()) {
                (Some(both), Some(last)) => *last = both,
                _ => parts.push(next),
            }
            // `a OR P.06` joins the first word alone: the others must stand beside it.
            join = false;
        }
    }
    let read = describe(&parts);
    (parts, read)
}

/// Two demands of which one is enough; a field or a number is always demanded.
fn either(left: &Part, right: &Part) -> Option<Part> {
    let mut out = alternatives(left)?;
    out.extend(alternatives(right)?);
    Some(Part::Any(out))
}

fn alternatives(part: &Part) -> Option<Vec<Vec<Word>>> {
    match part {
        Part::Word(word) => Some(vec![vec![word.clone()]]),
        Part::Phrase(words) => Some(vec![words.clone()]),
        Part::Any(all) => Some(all.clone()),
        _ => None,
    }
}

/// No case's number has more digits: a year, six that run, a check digit.
const NUMBER_DIGITS_MAX: usize = 9;

/// A case's number or a part of one: letters and a year; digits with a hyphen; digits alone that
/// begin with a nought, as running numbers do, or are too many for a year or a house.
pub fn is_number(text: &str) -> bool {
    let text = text.to_uppercase();
    let letters = text.chars().take_while(char::is_ascii_uppercase).count();
    let rest: String = text.chars().skip(letters).collect();
    let digits = rest.chars().filter(char::is_ascii_digit).count();
    let plain = rest.chars().all(|c| c.is_ascii_digit() || c == '-');
    let with_prefix = (2..=4).contains(&letters) && digits >= 2;
    let runs = (3..=NUMBER_DIGITS_MAX).contains(&digits);
    let begins = rest.starts_with('0') || digits >= 5;
    let without = letters == 0 && runs && begins || digits >= 4 && rest.contains('-');
    plain && rest.starts_with(|c: char| c.is_ascii_digit()) && (with_prefix || without)
}

fn words(text: &str) -> Vec<Word> {
    let word = |t: Token| Word { marked: t.marked, folded: t.folded };
    tokens(text).into_iter().map(word).collect()
}

struct Read {
    piece: Piece,
    field: Option<Part>,
}

/// Splits at spaces and quotation marks; takes `name:value` and `name:"value"` out, with names of
/// several words.
fn pieces(q: &str, fields: &[FieldWord]) -> Vec<Read> {
    let raw = split(q);
    let mut out: Vec<Read> = Vec::new();
    let mut at = 0;
    while let Some(piece) = raw.get(at) {
        at += 1;
        let named = (!piece.quoted).then(|| piece.text.split_once(':')).flatten();
        let Some((name, value)) = named else {
            out.push(Read { piece: piece.clone(), field: None });
            continue;
        };
        let following = raw.get(at).filter(|next| value.is_empty() && next.quoted);
        let typed = following.map_or(value, |next| &next.text);
        // The name may have begun with the words before: `trạng thái:`.
        let found = (0..=2).rev().find_map(|back| {
            let from = out.len().checked_sub(back)?;
            let before = out.get(from..)?.iter().map(|r| r.piece.text.as_str());
            let whole: Vec<&str> = before.chain([name]).collect();
            let without = out.get(from).map_or(piece.minus, |first| first.piece.minus);
            field_value(fields, &whole.join(" "), typed, without).map(|part| (from, part))
        });
        match found {
            Some((from, part)) => {
                out.truncate(from);
                out.push(Read { piece: piece.clone(), field: Some(part) });
                at += usize::from(following.is_some());
            }
            None => out.push(Read { piece: piece.clone(), field: None }),
        }
    }
    out
}

fn field_value(fields: &[FieldWord], name: &str, typed: &str, without: bool) -> Option<Part> {
    let (name, typed) = (folded(name.trim()), folded(typed.trim()));
    let word = fields.iter().find(|f| f.names.iter().any(|n| folded(n) == name))?;
    let field = word.field;
    if word.is_of_days {
        return days::span(&typed).map(|span| Part::Days { field, span, without });
    }
    let (_, value) = word.values.iter().find(|(word, _)| folded(word) == typed)?;
    Some(Part::Field { field, value: value.clone(), without })
}

fn split(q: &str) -> Vec<Piece> {
    let mut out = Vec::new();
    let mut text = String::new();
    let (mut quoted, mut minus) = (false, false);
    let flush = |text: &mut String, quoted: bool, minus: &mut bool, out: &mut Vec<Piece>| {
        if !text.is_empty() {
            out.push(Piece { text: std::mem::take(text), quoted, minus: *minus });
        }
        *minus = false;
    };
    for c in q.chars() {
        match c {
            '"' | '“' | '”' => {
                let keep = minus;
                flush(&mut text, quoted, &mut minus, &mut out);
                // A minus before the mark belongs to the phrase.
                minus = keep && !quoted && out.last().is_none_or(|p| !p.minus);
                quoted = !quoted;
            }
            c if c.is_whitespace() && !quoted => flush(&mut text, false, &mut minus, &mut out),
            '-' if text.is_empty() && !quoted => minus = true,
            c => text.push(c),
        }
    }
    flush(&mut text, quoted, &mut minus, &mut out);
    out
}

fn describe(parts: &[Part]) -> ReadAs {
    let mut read = ReadAs::default();
    let said =
        |words: &Vec<Word>| words.iter().map(|w| w.marked.clone()).collect::<Vec<_>>().join(" ");
    for part in parts {
        match part {
            Part::Word(word) => read.words.push(word.marked.clone()),
            Part::Any(all) => {
                read.words.push(all.iter().map(said).collect::<Vec<_>>().join(" / "));
            }
            Part::Phrase(words) => read.phrases.push(said(words)),
            Part::Without(words) => read.excluded.push(said(words)),
            Part::Field { field, value, without } => {
                read.fields.push((field, value.clone(), *without));
            }
            Part::Days { field, span, without } => read.days.push((field, *span, *without)),
            Part::Number(number) => read.number = Some(number.clone()),
        }
    }
    read
}
