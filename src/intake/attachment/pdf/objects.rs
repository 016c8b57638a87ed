//! The objects of a PDF file: found by looking for them and not by the table at its end, which is
//! wrong in many files; those that are packed together are unpacked (ISO 32000-1, 7.5.7).

use std::cell::Cell;
use std::collections::BTreeMap;
use std::io::Read;

use flate2::read::ZlibDecoder;

use super::value::{Dict, Reader, Value, is_space, whole};

/// A document of a thousand pages has fewer objects.
const OBJECTS_MAX: usize = 300_000;
/// Words of one object: a table of widths is the largest.
const OBJECT_WORDS_MAX: usize = 200_000;
/// One stream unpacks to no more, and all together to no more: a bomb is cut off here.
const STREAM_MAX_BYTES: usize = 16 * 1024 * 1024;
const UNPACKED_MAX_BYTES: usize = 96 * 1024 * 1024;
/// So much is read of all objects together, each time that one is asked for: objects may lie within
/// each other, and each would be read to the end of the file.
const READ_MAX_BYTES: usize = 256 * 1024 * 1024;
/// How far a reference may lead to a reference.
const REFS_MAX: usize = 8;

enum Lies {
    /// In the file, behind its header.
    At(usize),
    /// In the stream of that many unpacked, there.
    Packed(usize, usize),
}

/// The objects of a file.
pub struct Objects<'a> {
    bytes: &'a [u8],
    places: BTreeMap<u32, Lies>,
    unpacked: Vec<Vec<u8>>,
    bytes_left: Cell<usize>,
    read_left: Cell<usize>,
}

impl<'a> Objects<'a> {
    /// Finds them; of an object that is there twice the last one holds.
    pub fn of(bytes: &'a [u8]) -> Objects<'a> {
        let mut out = Objects {
            bytes,
            places: BTreeMap::new(),
            unpacked: Vec::new(),
            bytes_left: Cell::new(UNPACKED_MAX_BYTES),
            read_left: Cell::new(READ_MAX_BYTES),
        };
        for at in memchr_all(bytes, b"obj") {
            if out.places.len() >= OBJECTS_MAX {
                break;
            }
            if let Some(number) = number_before(bytes, at) {
                out.places.insert(number, Lies::At(at + 3));
            }
        }
        let numbers: Vec<u32> = out.places.keys().copied().collect();
        for number in numbers {
            out.unpack(number);
        }
        out
    }

    /// The numbers of all objects.
    pub fn numbers(&self) -> impl Iterator<Item = u32> {
        self.places.keys().copied()
    }

    fn unpack(&mut self, number: u32) {
        let Some(Value::Dict(dict)) = self.object(number) else { return };
        if dict.get("Type").and_then(Value::name) != Some("ObjStm") {
            return;
        }
        let figure = |name: &str| dict.get(name)?.number().and_then(whole);
        let (Some(count), Some(first)) = (figure("N"), figure("First")) else { return };
        let Some(stream) = self.stream_of(number, &dict) else { return };
        let mut reader = Reader::new(&stream, 0, OBJECT_WORDS_MAX);
        for _ in 0..count {
            let number = reader.next().and_then(|v| v.number()).and_then(whole);
            let offset = reader.next().and_then(|v| v.number()).and_then(whole);
            let (Some(number), Some(offset)) = (number, offset) else { break };
            let at = usize::try_from(u64::from(first) + u64::from(offset)).unwrap_or(usize::MAX);
            if self.places.len() < OBJECTS_MAX {
                let packed = Lies::Packed(self.unpacked.len(), at);
                self.places.entry(number).or_insert(packed);
            }
        }
        self.unpacked.push(stream);
    }

    /// The object of a number, without its stream.
    pub fn object(&self, number: u32) -> Option<Value> {
        let (bytes, at) = match self.places.get(&number)? {
            Lies::At(at) => (self.bytes, *at),
            Lies::Packed(stream, at) => (self.unpacked.get(*stream)?.as_slice(), *at),
        };
        let mut reader = Reader::new(bytes, at, OBJECT_WORDS_MAX);
        self.spend(0)?;
        let found = reader.next();
        self.spend(reader.at.saturating_sub(at))?;
        found
    }

    /// `None` when no more may be read.
    fn spend(&self, bytes: usize) -> Option<()> {
        let left = self.read_left.get().saturating_sub(bytes);
        self.read_left.set(left);
        (left > 0).then_some(())
    }

    /// What a value is, or what it refers to.
    pub fn resolved(&self, value: &Value) -> Option<Value> {
        let mut value = value.clone();
        for _ in 0..REFS_MAX {
            match value {
                Value::Ref(number) => value = self.object(number)?,
                other => return Some(other),
            }
        }
        None
    }

    /// A member of a dictionary, resolved.
    pub fn member(&self, dict: &Dict, name: &str) -> Option<Value> {
        self.resolved(dict.get(name)?)
    }

    /// A member that is a dictionary.
    pub fn inner(&self, dict: &Dict, name: &str) -> Option<Dict> {
        match self.member(dict, name)? {
            Value::Dict(inner) => Some(inner),
            _ => None,
        }
    }

    /// The unpacked stream of an object.
    pub fn stream(&self, number: u32) -> Option<Vec<u8>> {
        match self.object(number)? {
            Value::Dict(dict) => self.stream_of(number, &dict),
            _ => None,
        }
    }

    fn stream_of(&self, number: u32, dict: &Dict) -> Option<Vec<u8>> {
        let Lies::At(at) = self.places.get(&number)? else { return None };
        let mut reader = Reader::new(self.bytes, *at, OBJECT_WORDS_MAX);
        reader.next()?;
        self.spend(reader.at.saturating_sub(*at))?;
        let rest = reader.rest();
        let start = rest.iter().position(|b| !is_space(*b))?;
        let rest = rest.get(start..)?.strip_prefix(b"stream")?;
        let rest = rest.strip_prefix(b"\r\n").or_else(|| rest.strip_prefix(b"\n")).unwrap_or(rest);
        let length = self.member(dict, "Length").and_then(|v| v.number()).and_then(whole);
        let length = length.and_then(|l| usize::try_from(l).ok()).filter(|l| *l <= rest.len());
        let length = match length {
            Some(length) => length,
            None => {
                let end = rest.windows(9).position(|w| w == b"endstream");
                self.spend(end.unwrap_or(rest.len()))?;
                end?
            }
        };
        let raw = rest.get(..length)?;
        let filter = match self.member(dict, "Filter") {
            Some(Value::List(list)) if list.len() > 1 => return None,
            Some(Value::List(list)) => list.first().and_then(|v| self.resolved(v)),
            other => other,
        };
        let most = STREAM_MAX_BYTES.min(self.bytes_left.get());
        let mut out = Vec::new();
        match filter.as_ref().and_then(Value::name) {
            None => out.extend_from_slice(raw.get(..most).unwrap_or(raw)),
            Some("FlateDecode" | "Fl") => {
                let most = u64::try_from(most).unwrap_or(0);
                // What was read before a fault is read all the same.
                let _ = ZlibDecoder::new(raw).take(most).read_to_end(&mut out);
            }
            // Pictures, and packings of the last century.
            Some(_) => return None,
        }
        self.bytes_left.set(self.bytes_left.get().saturating_sub(out.len()));
        Some(out)
    }
}

/// Where a word begins, everywhere.
fn memchr_all<'a>(bytes: &'a [u8], word: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    bytes.windows(word.len()).enumerate().filter(move |(_, w)| *w == word).map(|(at, _)| at)
}

/// The number in `12 0 obj`.
fn number_before(bytes: &[u8], at: usize) -> Option<u32> {
    // Both numbers and the spaces between them are short.
    let before = bytes.get(at.saturating_sub(24)..at)?;
    let text: String = before.iter().map(|b| char::from(*b)).collect();
    let mut words = text.trim_end().rsplit(|c: char| !c.is_ascii_digit()).filter(|w| !w.is_empty());
    let (generation, number) = (words.next()?, words.next()?);
    let ends_so = text.trim_end().ends_with(generation);
    ends_so.then(|| number.parse().ok()).flatten()
}
