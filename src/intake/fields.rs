//! The fields of a JSON object or a form, taken one by one; what is wrong is collected, what is
//! left over is unknown.

use std::str::FromStr;

use chrono::NaiveDate;
use serde_json::{Map, Value};

use super::{IntakeError, Unreadable};
use crate::clock::Moment;
use crate::domain::error::{FieldError, Rule, UnknownWord};
use crate::text::{self, encodings};

/// Stands between texts that are read together; a text that holds it is refused later.
const APART: &str = "\n\u{1}\n";

/// What is typed for `true` and for `false`.
const YES: [&str; 4] = ["on", "true", "1", "yes"];
const NO: [&str; 3] = ["false", "0", "no"];

/// Fields still to be taken, and what was wrong so far.
#[derive(Debug)]
pub struct Fields {
    map: Map<String, Value>,
    prefix: String,
    /// Forms and tables hold nothing but texts: there a text may stand for a number or a yes.
    is_typed: bool,
    pub errors: Vec<FieldError>,
}

/// How long a text may be, in Unicode scalars after NFC and trimming.
#[derive(Debug, Clone, Copy)]
pub struct Length {
    pub min: usize,
    pub max: usize,
}

impl Fields {
    /// Reads an object; an empty body is an empty object.
    pub fn of_json(body: &[u8]) -> Result<Fields, IntakeError> {
        if body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Fields::of_map(Map::new(), false));
        }
        match serde_json::from_slice(body) {
            Ok(Value::Object(map)) => Ok(Fields::of_map(map, false)),
            Ok(_) => Err(IntakeError::Unreadable(Unreadable::NoObject)),
            Err(error) => {
                let (line, column) = (error.line(), error.column());
                Err(IntakeError::Unreadable(Unreadable::Json { line, column }))
            }
        }
    }

    /// The fields of a form: an empty box is not given.
    pub fn of_form(pairs: &[(String, String)]) -> Fields {
        let given = pairs.iter().filter(|(_, value)| !value.trim().is_empty());
        let map = given.map(|(name, value)| (name.clone(), Value::String(value.clone())));
        Fields::of_map(map.collect(), true)
    }

    fn of_map(map: Map<String, Value>, is_typed: bool) -> Fields {
        Fields { map, prefix: String::new(), is_typed, errors: Vec::new() }
    }

    /// Takes a field away without looking at it.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        self.map.remove(name).filter(|value| !value.is_null())
    }

    /// Puts a value in the place of a field.
    pub fn put(&mut self, name: &str, value: Value) {
        self.map.insert(name.to_owned(), value);
    }

    /// Is the field there, be it with nothing in it?
    pub fn has(&self, name: &str) -> bool {
        self.map.contains_key(name)
    }

    /// Says that a field has nothing in it, and is no slip.
    pub fn empty(&mut self, name: &str) {
        self.map.insert(name.to_owned(), Value::Null);
    }

    /// Notes what is wrong with a field.
    pub fn wrong(&mut self, name: &str, rule: Rule) {
        let name = self.name(name);
        self.errors.push(FieldError::new(&name, rule));
    }

    fn name(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// `wanted` is a word of the type, which the message says in the reader's language.
    fn wrong_type(&mut self, name: &str, wanted: &str) {
        let name = self.name(name);
        self.errors.push(FieldError::limit(&name, Rule::WrongType, wanted, ""));
    }

    /// A text within its length, cleaned: NFC, trimmed, no control characters. Whitespace alone is
    /// not given.
    pub fn text(&mut self, name: &str, length: Length) -> Option<String> {
        let value = self.take(name)?;
        let Value::String(raw) = value else {
            self.wrong_type(name, "text");
            return None;
        };
        let Ok(clean) = text::clean(&raw) else {
            self.wrong(name, Rule::ControlCharacters);
            return None;
        };
        let count = text::scalars(&clean);
        let broken = match count {
            0 if length.min == 0 => return None,
            n if n < length.min => Some((Rule::TooShort, length.min)),
            n if n > length.max => Some((Rule::TooLong, length.max)),
            _ => None,
        };
        if let Some((rule, limit)) = broken {
            self.break_limit(name, rule, &limit.to_string(), &count.to_string());
            return None;
        }
        Some(clean)
    }

    /// Reads texts that belong together anew where they came in an old encoding: before they are
    /// cleaned, since a code may look like what is no letter. Returns those that changed, as they
    /// were sent.
    pub fn convert(&mut self, names: &[&str]) -> Vec<String> {
        let given: Vec<(&str, String)> = names
            .iter()
            .filter_map(|name| Some((*name, self.map.get(*name)?.as_str()?.to_owned())))
            .collect();
        let all: Vec<&str> = given.iter().map(|(_, sent)| sent.as_str()).collect();
        let Some((_, read)) = encodings::converted(&all.join(APART)) else { return Vec::new() };
        if read.split(APART).count() != given.len() {
            return Vec::new();
        }
        let mut originals = Vec::new();
        for ((name, sent), read) in given.into_iter().zip(read.split(APART)) {
            if text::nfc(&sent) != read {
                originals.extend(text::clean(&sent));
                self.map.insert(name.to_owned(), Value::String(read.to_owned()));
            }
        }
        originals
    }

    /// A text that must be there.
    pub fn required_text(&mut self, name: &str, length: Length) -> Option<String> {
        let before = self.errors.len();
        let found = self.text(name, length);
        if found.is_none() && self.errors.len() == before {
            self.wrong(name, Rule::Required);
        }
        found
    }

    /// A one-line text: line ends become spaces.
    pub fn line(&mut self, name: &str, max: usize) -> Option<String> {
        let found = self.text(name, Length { min: 0, max })?;
        Some(found.replace(['\n', '\t'], " "))
    }

    /// `true` or `false`; forms say `on`.
    pub fn boolean(&mut self, name: &str) -> Option<bool> {
        match self.take(name)? {
            Value::Bool(value) => Some(value),
            Value::String(word) if self.is_typed && YES.contains(&word.as_str()) => Some(true),
            Value::String(word) if self.is_typed && NO.contains(&word.as_str()) => Some(false),
            _ => {
                self.wrong_type(name, "boolean");
                None
            }
        }
    }

    /// One of an enum's words.
    pub fn word<T: FromStr<Err = UnknownWord>>(&mut self, name: &str) -> Option<T> {
        let Value::String(word) = self.take(name)? else {
            self.wrong_type(name, "text");
            return None;
        };
        match word.trim().parse() {
            Ok(value) => Some(value),
            Err(UnknownWord { known, .. }) => {
                self.break_limit(name, Rule::UnknownCode, &known.join(", "), &word);
                None
            }
        }
    }

    /// A code that `find` knows.
    pub fn code<T>(&mut self, name: &str, find: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let Value::String(code) = self.take(name)? else {
            self.wrong_type(name, "text");
            return None;
        };
        let code = text::nfc(code.trim());
        if code.is_empty() {
            return None;
        }
        let found = find(&code);
        if found.is_none() {
            self.wrong(name, Rule::UnknownCode);
        }
        found
    }

    /// A whole number; forms send digits.
    pub fn whole(&mut self, name: &str, min: i64, max: i64) -> Option<i64> {
        let value = self.take(name)?;
        let number = match &value {
            Value::Number(number) => number.as_i64(),
            Value::String(digits) if self.is_typed => digits.trim().parse().ok(),
            _ => None,
        };
        let Some(number) = number else {
            self.wrong_type(name, "integer");
            return None;
        };
        if (min..=max).contains(&number) {
            return Some(number);
        }
        let limit = match max {
            i64::MAX => format!("≥ {min}"),
            max => format!("{min} – {max}"),
        };
        self.break_limit(name, Rule::OutOfRange, &limit, &number.to_string());
        None
    }

    /// A number within its bounds, both included.
    pub fn number(&mut self, name: &str, min: f64, max: f64) -> Option<f64> {
        let value = self.take(name)?;
        let number = match &value {
            Value::Number(number) => number.as_f64(),
            Value::String(digits) if self.is_typed => digits.trim().parse().ok(),
            _ => None,
        };
        let Some(number) = number else {
            self.wrong_type(name, "number");
            return None;
        };
        if (min..=max).contains(&number) {
            return Some(number);
        }
        let limit = format!("{min} – {max}");
        self.break_limit(name, Rule::OutOfRange, &limit, &number.to_string());
        None
    }

    /// Notes a rule that a field breaks, with its limit and what was found.
    pub fn break_limit(&mut self, name: &str, rule: Rule, limit: &str, actual: &str) {
        let name = self.name(name);
        self.errors.push(FieldError::limit(&name, rule, limit, actual));
    }

    /// An instant (RFC 3339, with zone).
    pub fn instant(&mut self, name: &str) -> Option<Moment> {
        let Value::String(text) = self.take(name)? else {
            self.wrong_type(name, "text");
            return None;
        };
        match chrono::DateTime::parse_from_rfc3339(text.trim()) {
            Ok(at) => Some(chrono::SubsecRound::trunc_subsecs(at.to_utc(), 6)),
            Err(_) => {
                self.wrong(name, Rule::NotInstant);
                None
            }
        }
    }

    /// A calendar day: a date, or the day of an instant as it is written.
    pub fn day(&mut self, name: &str) -> Option<NaiveDate> {
        let Value::String(text) = self.take(name)? else {
            self.wrong_type(name, "text");
            return None;
        };
        let text = text.trim();
        let day = text
            .parse()
            .ok()
            .or_else(|| chrono::DateTime::parse_from_rfc3339(text).ok().map(|at| at.date_naive()));
        if day.is_none() {
            self.wrong(name, Rule::NotDate);
        }
        day
    }

    /// Is the field a date without a time?
    pub fn is_day(&self, name: &str) -> bool {
        let text = self.map.get(name).and_then(Value::as_str);
        text.is_some_and(|text| text.trim().parse::<NaiveDate>().is_ok())
    }

    /// Gives a word to a field that is not there; `outer.inner` names a field of an object.
    pub fn default_word(&mut self, name: &str, word: &str) {
        let (outer, inner) = name.split_once('.').unwrap_or((name, ""));
        match self.map.get_mut(outer) {
            Some(Value::Object(map)) => {
                map.entry(inner.to_owned()).or_insert_with(|| Value::String(word.to_owned()));
            }
            Some(_) => {}
            None => {
                let value = || Value::String(word.to_owned());
                self.map.entry(name.to_owned()).or_insert_with(value);
            }
        }
    }

    /// A list of texts.
    pub fn list(&mut self, name: &str) -> Option<Vec<Value>> {
        match self.take(name)? {
            Value::Array(items) => Some(items),
            Value::String(text) if self.is_typed => {
                let items = text.split(',').map(str::trim).filter(|t| !t.is_empty());
                Some(items.map(|t| Value::String(t.to_owned())).collect())
            }
            _ => {
                self.wrong_type(name, "array");
                None
            }
        }
    }

    /// The fields of an inner object; CSV and forms write `name.inner`.
    pub fn object(&mut self, name: &str) -> Option<Fields> {
        let prefix = format!("{}{name}.", self.prefix);
        let dotted: Vec<String> =
            self.map.keys().filter(|key| key.starts_with(&format!("{name}."))).cloned().collect();
        let mut map = match self.take(name) {
            Some(Value::Object(map)) => map,
            Some(_) => {
                self.wrong_type(name, "object");
                return None;
            }
            None if dotted.is_empty() => return None,
            None => Map::new(),
        };
        for key in dotted {
            let value = self.map.remove(&key);
            let inner = key.split_once('.').map(|(_, inner)| inner.to_owned());
            if let (Some(value), Some(inner)) = (value, inner) {
                map.insert(inner, value);
            }
        }
        Some(Fields { map, prefix, is_typed: self.is_typed, errors: Vec::new() })
    }

    /// What is left over is unknown; the errors of this object go to `self`'s parent.
    pub fn end(mut self) -> Vec<FieldError> {
        let left: Vec<String> = self.map.keys().cloned().collect();
        for name in left {
            self.wrong(&name, Rule::UnknownField);
        }
        self.errors
    }

    /// Is anything left that says something?
    pub fn says_nothing(&self) -> bool {
        self.map.values().all(Value::is_null)
    }

    /// Ends an inner object, whose errors are kept here.
    pub fn absorb(&mut self, inner: Fields) {
        self.errors.extend(inner.end());
    }

    /// Everything right?
    pub fn finish<T>(self, value: Option<T>) -> Result<T, IntakeError> {
        let errors = self.end();
        match value {
            Some(value) if errors.is_empty() => Ok(value),
            _ => Err(IntakeError::Invalid(errors)),
        }
    }
}
