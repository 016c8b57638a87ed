//! The fields of a JSON object or a form, taken one by one; what is wrong is collected, what is
//! left over is unknown.

use std::str::FromStr;

use chrono::NaiveDate;
use serde_json::{Map, Value};

use super::IntakeError;
use crate::clock::Moment;
use crate::domain::error::{FieldError, Rule, UnknownWord};
use crate::text::{self, encodings};

/// Stands between texts that are read together; a text that holds it is refused later.
const APART: &str = "\n\u{1}\n";

/// Fields still to be taken, and what was wrong so far.
#[derive(Debug)]
pub struct Fields {
    map: Map<String, Value>,
    prefix: String,
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
            return Ok(Fields::of_map(Map::new()));
        }
        match serde_json::from_slice(body) {
            Ok(Value::Object(map)) => Ok(Fields::of_map(map)),
            Ok(_) => Err(IntakeError::Unreadable("a JSON object is expected".into())),
            Err(error) => Err(IntakeError::Unreadable(error.to_string())),
        }
    }

    /// The fields of a form: an empty box is not given.
    pub fn of_form(pairs: &[(String, String)]) -> Fields {
        let given = pairs.iter().filter(|(_, value)| !value.trim().is_empty());
        let map = given.map(|(name, value)| (name.clone(), Value::String(value.clone())));
        Fields::of_map(map.collect())
    }

    fn of_map(map: Map<String, Value>) -> Fields {
        Fields { map, prefix: String::new(), errors: Vec::new() }
    }

    /// Takes a field away without looking at it.
    pub fn take(&mut self, name: &str) -> Option<Value> {
        self.map.remove(name).filter(|value| !value.is_null())
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

    fn wrong_type(&mut self, name: &str, wanted: &str) {
        let name = self.name(name);
        self.errors.push(FieldError::limit(&name, Rule::WrongType, wanted, ""));
    }

    /// A text within its length, cleaned: NFC, trimmed, no control characters. Whitespace alone is
    /// not given.
    pub fn text(&mut self, name: &str, length: Length) -> Option<String> {
        let value = self.take(name)?;
        let Value::String(raw) = value else {
            self.wrong_type(name, "a text");
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
            let name = self.name(name);
            let (limit, count) = (limit.to_string(), count.to_string());
            self.errors.push(FieldError::limit(&name, rule, &limit, &count));
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
            Value::String(word) if ["on", "true", "1", "yes"].contains(&word.as_str()) => {
                Some(true)
            }
            Value::String(word) if ["false", "0", "no"].contains(&word.as_str()) => Some(false),
            _ => {
                self.wrong_type(name, "true or false");
                None
            }
        }
    }

    /// One of an enum's words.
    pub fn word<T: FromStr<Err = UnknownWord>>(&mut self, name: &str) -> Option<T> {
        let Value::String(word) = self.take(name)? else {
            self.wrong_type(name, "a word");
            return None;
        };
        match word.trim().parse() {
            Ok(value) => Some(value),
            Err(UnknownWord { known, .. }) => {
                let (name, limit) = (self.name(name), known.join(", "));
                self.errors.push(FieldError::limit(&name, Rule::UnknownCode, &limit, &word));
                None
            }
        }
    }

    /// A code that `find` knows.
    pub fn code<T>(&mut self, name: &str, find: impl FnOnce(&str) -> Option<T>) -> Option<T> {
        let Value::String(code) = self.take(name)? else {
            self.wrong_type(name, "a code");
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
            Value::String(digits) => digits.trim().parse().ok(),
            _ => None,
        };
        let Some(number) = number else {
            self.wrong_type(name, "a whole number");
            return None;
        };
        if (min..=max).contains(&number) {
            return Some(number);
        }
        let (name, limit) = (self.name(name), format!("{min}-{max}"));
        self.errors.push(FieldError::limit(&name, Rule::OutOfRange, &limit, &number.to_string()));
        None
    }

    /// An instant (RFC 3339, with zone).
    pub fn instant(&mut self, name: &str) -> Option<Moment> {
        let Value::String(text) = self.take(name)? else {
            self.wrong_type(name, "an instant in RFC 3339");
            return None;
        };
        match chrono::DateTime::parse_from_rfc3339(text.trim()) {
            Ok(at) => Some(chrono::SubsecRound::trunc_subsecs(at.to_utc(), 6)),
            Err(_) => {
                self.wrong(name, Rule::NotDate);
                None
            }
        }
    }

    /// A calendar day: a date, or the day of an instant as it is written.
    pub fn day(&mut self, name: &str) -> Option<NaiveDate> {
        let Value::String(text) = self.take(name)? else {
            self.wrong_type(name, "a date");
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
            Value::String(text) => {
                let items = text.split(',').map(str::trim).filter(|t| !t.is_empty());
                Some(items.map(|t| Value::String(t.to_owned())).collect())
            }
            _ => {
                self.wrong_type(name, "a list");
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
                self.wrong_type(name, "an object");
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
        Some(Fields { map, prefix, errors: Vec::new() })
    }

    /// What is left over is unknown; the errors of this object go to `self`'s parent.
    pub fn end(mut self) -> Vec<FieldError> {
        let left: Vec<String> = self.map.keys().cloned().collect();
        for name in left {
            self.wrong(&name, Rule::UnknownField);
        }
        self.errors
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
