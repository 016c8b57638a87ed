//! Documents that are packed folders of XML (ISO 29500): which kind, and what they say. Reads the
//! list at the end and single entries; what is split over disks, encrypted or packed in another way
//! than by deflate is not read.

use std::io::Read;

use flate2::read::DeflateDecoder;

use crate::domain::attachment::{FILE_TEXT_MAX, MediaType};

/// The list of a document has some dozens of entries.
const ENTRIES_MAX: usize = 10_000;
/// An entry unpacks to no more than this; a bomb is cut off here.
const ENTRY_MAX_BYTES: u64 = 32 * 1024 * 1024;
/// The end of the list has at most a comment of 64 KB behind it (APPNOTE 4.3.16).
const END_WITHIN: usize = 65_557;

struct Entry<'a> {
    name: &'a [u8],
    method: u16,
    packed_bytes: usize,
    at: usize,
}

/// Word or Excel without macros; anything else is none of ours.
pub fn kind(bytes: &[u8]) -> Option<MediaType> {
    let entries = entries(bytes);
    let has = |name: &[u8]| entries.iter().any(|entry| entry.name == name);
    let has_macros = entries.iter().any(|entry| entry.name.ends_with(b"vbaProject.bin"));
    if has_macros || !has(b"[Content_Types].xml") {
        return None;
    }
    match (has(b"word/document.xml"), has(b"xl/workbook.xml")) {
        (true, false) => Some(MediaType::Docx),
        (false, true) => Some(MediaType::Xlsx),
        _ => None,
    }
}

/// What the named entries say.
pub fn text(bytes: &[u8], names: &[&str]) -> Option<String> {
    let entries = entries(bytes);
    let mut out = String::new();
    for name in names {
        let Some(entry) = entries.iter().find(|e| e.name == name.as_bytes()) else { continue };
        if let Some(xml) = unpacked(bytes, entry) {
            add_words(&mut out, &String::from_utf8_lossy(&xml));
        }
    }
    (!out.is_empty()).then_some(out)
}

fn two(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(*bytes.get(at..)?.first_chunk()?))
}

fn four(bytes: &[u8], at: usize) -> Option<usize> {
    usize::try_from(u32::from_le_bytes(*bytes.get(at..)?.first_chunk()?)).ok()
}

/// The list at the end (APPNOTE 4.3.12).
fn entries(bytes: &[u8]) -> Vec<Entry<'_>> {
    let tail = bytes.len().saturating_sub(END_WITHIN);
    let end = bytes.get(tail..).and_then(|t| t.windows(4).rposition(|w| w == b"PK\x05\x06"));
    let start = end.and_then(|end| four(bytes, tail + end + 16));
    let (mut out, mut at) = (Vec::new(), start.unwrap_or(usize::MAX));
    while out.len() < ENTRIES_MAX {
        let Some((entry, next)) = entry(bytes, at) else { break };
        out.push(entry);
        at = next;
    }
    out
}

fn entry(bytes: &[u8], at: usize) -> Option<(Entry<'_>, usize)> {
    let head = bytes.get(at..)?;
    if !head.starts_with(b"PK\x01\x02") {
        return None;
    }
    let (name, extra, comment) = (two(head, 28)?, two(head, 30)?, two(head, 32)?);
    let end = 46 + usize::from(name);
    let found = Entry {
        name: head.get(46..end)?,
        method: two(head, 10)?,
        packed_bytes: four(head, 20)?,
        at: four(head, 42)?,
    };
    Some((found, at + end + usize::from(extra) + usize::from(comment)))
}

fn unpacked(bytes: &[u8], entry: &Entry<'_>) -> Option<Vec<u8>> {
    let local = bytes.get(entry.at..)?;
    if !local.starts_with(b"PK\x03\x04") {
        return None;
    }
    let start = 30 + usize::from(two(local, 26)?) + usize::from(two(local, 28)?);
    let packed = local.get(start..start.checked_add(entry.packed_bytes)?)?;
    let mut out = Vec::new();
    match entry.method {
        0 => out.extend_from_slice(packed),
        8 => {
            let mut reader = DeflateDecoder::new(packed).take(ENTRY_MAX_BYTES);
            // What was read before a fault is read all the same.
            let _ = reader.read_to_end(&mut out);
        }
        _ => return None,
    }
    Some(out)
}

/// The text of elements called `t`, with a line for each paragraph, row or entry.
fn add_words(out: &mut String, xml: &str) {
    let mut is_text = false;
    let mut length = 0;
    for part in xml.split('<').skip(1) {
        let Some((tag, text)) = part.split_once('>') else { continue };
        let is_end = tag.starts_with('/');
        let name = tag.trim_start_matches('/').split([' ', '/', '\n', '\r', '\t']).next();
        let name = name.unwrap_or("");
        let name = name.rsplit(':').next().unwrap_or("");
        match (name, is_end) {
            ("t", false) => is_text = !tag.ends_with('/'),
            ("t", true) => is_text = false,
            ("p" | "si", true) | ("br" | "cr", false) => out.push('\n'),
            ("tab", false) => out.push(' '),
            _ => {}
        }
        if is_text && name == "t" {
            let said = unescaped(text);
            length += said.chars().count();
            out.push_str(&said);
        }
        if length > FILE_TEXT_MAX {
            return;
        }
    }
}

/// The five names that XML has, and numbers.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut parts = text.split('&');
    out.push_str(parts.next().unwrap_or(""));
    for part in parts {
        let (name, rest) = part.split_once(';').unwrap_or(("", part));
        let number = name.strip_prefix('#').and_then(|n| match n.strip_prefix(['x', 'X']) {
            Some(digits) => u32::from_str_radix(digits, 16).ok(),
            None => n.parse().ok(),
        });
        let found = match name {
            "amp" => Some('&'),
            "lt" => Some('<'),
            "gt" => Some('>'),
            "quot" => Some('"'),
            "apos" => Some('\''),
            _ => number.and_then(char::from_u32),
        };
        match found {
            Some(c) => {
                out.push(c);
                out.push_str(rest);
            }
            None => {
                out.push('&');
                out.push_str(part);
            }
        }
    }
    out
}
