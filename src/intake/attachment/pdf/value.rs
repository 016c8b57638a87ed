//! The words of PDF (ISO 32000-1, 7.2 and 7.3): numbers, names, texts, lists, dictionaries. The
//! same reader serves objects, pages and tables of characters.

use std::collections::BTreeMap;

/// Lists within lists deeper than this are nobody's document.
const DEPTH_MAX: usize = 24;

/// A dictionary.
pub type Dict = BTreeMap<String, Value>;

/// A value, or a word that is none: an operator.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Number(f64),
    Name(String),
    Text(Vec<u8>),
    List(Vec<Value>),
    Dict(Dict),
    /// The number of another object.
    Ref(u32),
    Word(String),
}

impl Value {
    pub fn number(&self) -> Option<f64> {
        if let Value::Number(number) = self { Some(*number) } else { None }
    }

    pub fn name(&self) -> Option<&str> {
        if let Value::Name(name) = self { Some(name) } else { None }
    }

    pub fn list(&self) -> Option<&[Value]> {
        if let Value::List(list) = self { Some(list) } else { None }
    }
}

/// A number that counts something; anything else is none.
pub fn whole(number: f64) -> Option<u32> {
    let is_whole = (0.0..4_294_967_295.0).contains(&number) && number.fract() == 0.0;
    is_whole.then(|| format!("{number:.0}").parse().ok()).flatten()
}

/// Reads values one after another.
pub struct Reader<'a> {
    bytes: &'a [u8],
    pub at: usize,
    /// So many more words are read: what is longer is cut off.
    pub words_left: usize,
}

impl<'a> Reader<'a> {
    pub fn new(bytes: &'a [u8], at: usize, words_left: usize) -> Reader<'a> {
        Reader { bytes, at, words_left }
    }

    /// What has not been read.
    pub fn rest(&self) -> &'a [u8] {
        self.bytes.get(self.at..).unwrap_or(&[])
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn take_while(&mut self, wanted: impl Fn(u8) -> bool) -> &'a [u8] {
        let start = self.at;
        while self.peek().is_some_and(&wanted) {
            self.at += 1;
        }
        self.bytes.get(start..self.at).unwrap_or(&[])
    }

    fn skip_space(&mut self) {
        loop {
            self.take_while(is_space);
            if self.peek() != Some(b'%') {
                return;
            }
            self.take_while(|b| b != b'\n' && b != b'\r');
        }
    }

    /// The next value; `None` at the end.
    pub fn next(&mut self) -> Option<Value> {
        self.value(DEPTH_MAX)
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        self.words_left = self.words_left.checked_sub(1)?;
        self.skip_space();
        match self.peek()? {
            b'/' => {
                self.at += 1;
                let name = self.take_while(|b| !is_space(b) && !is_delimiter(b));
                Some(Value::Name(unhashed(name)))
            }
            b'(' => Some(Value::Text(self.text())),
            b'<' if self.rest().starts_with(b"<<") => {
                self.at += 2;
                Some(Value::Dict(pairs(self.until(b'>', depth)?)))
            }
            b'<' => {
                self.at += 1;
                let digits = self.take_while(|b| b != b'>');
                self.at += 1;
                Some(Value::Text(of_hex(digits)))
            }
            b'[' => {
                self.at += 1;
                Some(Value::List(self.until(b']', depth)?))
            }
            b']' | b'>' | b'{' | b'}' | b')' => {
                self.at += 1;
                Some(Value::Word(String::new()))
            }
            _ => Some(self.word()),
        }
    }

    /// The values up to a closing sign; two of them where it is an angle.
    fn until(&mut self, end: u8, depth: usize) -> Option<Vec<Value>> {
        let depth = depth.checked_sub(1)?;
        let mut out = Vec::new();
        loop {
            self.skip_space();
            if self.peek()? == end {
                self.at += if end == b'>' { 2 } else { 1 };
                return Some(out);
            }
            let value = self.value(depth)?;
            match (&value, out.as_slice()) {
                // `12 0 R` names another object.
                (Value::Word(word), [.., Value::Number(number), Value::Number(_)])
                    if word == "R" =>
                {
                    let named = whole(*number).map(Value::Ref);
                    out.truncate(out.len().saturating_sub(2));
                    out.extend(named);
                }
                _ => out.push(value),
            }
        }
    }

    fn word(&mut self) -> Value {
        let word = self.take_while(|b| !is_space(b) && !is_delimiter(b));
        let word = String::from_utf8_lossy(word);
        let is_number = word.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
        match word.parse::<f64>() {
            Ok(number) if is_number && number.is_finite() => Value::Number(number),
            _ => Value::Word(word.into_owned()),
        }
    }

    /// A text in brackets (7.3.4.2).
    fn text(&mut self) -> Vec<u8> {
        self.at += 1;
        let (mut out, mut open) = (Vec::new(), 1_usize);
        while let Some(byte) = self.peek() {
            self.at += 1;
            match byte {
                b'\\' => self.escaped(&mut out),
                b'(' => {
                    open += 1;
                    out.push(byte);
                }
                b')' if open == 1 => return out,
                b')' => {
                    open -= 1;
                    out.push(byte);
                }
                _ => out.push(byte),
            }
        }
        out
    }

    fn escaped(&mut self, out: &mut Vec<u8>) {
        let Some(byte) = self.peek() else { return };
        if (b'0'..=b'7').contains(&byte) {
            let mut code = 0_u32;
            for _ in 0..3 {
                let digit = self.peek().and_then(|b| char::from(b).to_digit(8));
                let Some(digit) = digit else { break };
                code = code * 8 + digit;
                self.at += 1;
            }
            out.extend(u8::try_from(code & 0xFF).ok());
            return;
        }
        self.at += 1;
        match byte {
            b'n' => out.push(b'\n'),
            b'r' => out.push(b'\r'),
            b't' => out.push(b'\t'),
            b'\n' => {}
            b'\r' => {
                if self.peek() == Some(b'\n') {
                    self.at += 1;
                }
            }
            other => out.push(other),
        }
    }
}

fn pairs(values: Vec<Value>) -> Dict {
    let mut out = Dict::new();
    let mut values = values.into_iter();
    while let (Some(name), Some(value)) = (values.next(), values.next()) {
        if let Value::Name(name) = name {
            out.insert(name, value);
        }
    }
    out
}

pub fn is_space(byte: u8) -> bool {
    matches!(byte, 0 | b'\t' | b'\n' | 0x0C | b'\r' | b' ')
}

fn is_delimiter(byte: u8) -> bool {
    matches!(byte, b'(' | b')' | b'<' | b'>' | b'[' | b']' | b'{' | b'}' | b'/' | b'%')
}

fn of_hex(digits: &[u8]) -> Vec<u8> {
    let digits: Vec<u8> = digits
        .iter()
        .filter_map(|b| char::from(*b).to_digit(16).and_then(|d| u8::try_from(d).ok()))
        .collect();
    let byte = |pair: &[u8]| match pair {
        [high, low] => (high << 4) | low,
        [high] => high << 4,
        _ => 0,
    };
    digits.chunks(2).map(byte).collect()
}

/// `#20` in a name is a code (7.3.5).
fn unhashed(name: &[u8]) -> String {
    let mut out = Vec::with_capacity(name.len());
    let mut parts = name.split(|b| *b == b'#');
    out.extend_from_slice(parts.next().unwrap_or(&[]));
    for part in parts {
        match part.split_at_checked(2) {
            Some((code, rest)) if code.iter().all(u8::is_ascii_hexdigit) => {
                out.extend(of_hex(code));
                out.extend_from_slice(rest);
            }
            _ => {
                out.push(b'#');
                out.extend_from_slice(part);
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}
