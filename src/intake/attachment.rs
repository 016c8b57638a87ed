//! A file as it is uploaded: what it is by its content, a picture written anew, the words of a
//! document. No input or output: bytes in, a file that may be kept out, or what is wrong with it.
//! Whatever the bytes are, the work ends: every reader here has a limit, and none calls itself.
//! Nothing looks for malware; whoever opens a file does it on a machine of their own.

mod pdf;
mod picture;
mod plain;
mod zip;

use crate::domain::attachment::{
    FILE_MAX_BYTES, FILE_MAX_MIB, FILE_TEXT_MAX, KINDS_SHOWN, MediaType, NewFile, file_name,
};
use crate::domain::error::{FieldError, Rule};

/// The name of the part that holds a file, and of the field in messages.
pub const FIELD: &str = "attachments";

/// A file as it comes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upload {
    pub name: String,
    pub bytes: Vec<u8>,
}

/// What a file is: a kind that is kept, or a picture of a kind that becomes another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Found {
    Kept(MediaType),
    WebP,
}

/// The file as it may be kept. `number` counts the files of a request from 1, for one without a
/// name.
pub fn examine(upload: Upload, number: usize) -> Result<NewFile, FieldError> {
    let shown = shown(&upload.name, number);
    if upload.bytes.is_empty() {
        return Err(refused(Rule::FileEmpty, &shown, ""));
    }
    if upload.bytes.len() > FILE_MAX_BYTES {
        return Err(too_large(&shown));
    }
    let found = kind(&upload.bytes).ok_or_else(|| refused(Rule::FileType, &shown, KINDS_SHOWN))?;
    let bytes = &upload.bytes;
    let (media_type, read) = match found {
        Found::WebP | Found::Kept(MediaType::Jpeg | MediaType::Png) => {
            let made = picture::anew(bytes, found).map_err(|why| match why {
                picture::Fault::TooLarge(limit) => refused(Rule::PictureTooLarge, &shown, &limit),
                picture::Fault::Broken => refused(Rule::FileBroken, &shown, ""),
            })?;
            let name = file_name(&upload.name, number, made.media_type);
            let (media_type, preview) = (made.media_type, Some(made.preview));
            return Ok(NewFile { name, media_type, bytes: made.bytes, preview, text: None });
        }
        Found::Kept(kind) => (kind, text_of(kind, bytes)),
    };
    let name = file_name(&upload.name, number, media_type);
    let text = read.map(|text| tidied(&text)).filter(|text| !text.is_empty());
    Ok(NewFile { name, media_type, bytes: upload.bytes, preview: None, text })
}

/// A file that is larger than may be: said too of one that was not read to its end.
pub fn too_large(name: &str) -> FieldError {
    refused(Rule::FileTooLarge, name, &format!("{FILE_MAX_MIB} MB"))
}

/// A file that broke whoever read it.
pub fn broken(name: &str) -> FieldError {
    refused(Rule::FileBroken, name, "")
}

/// A name as it stands in a message.
pub fn shown(name: &str, number: usize) -> String {
    let clean: String = name.chars().filter(|c| !c.is_control()).take(80).collect();
    match clean.trim() {
        "" => number.to_string(),
        name => name.to_owned(),
    }
}

fn refused(rule: Rule, name: &str, limit: &str) -> FieldError {
    let file = Some(name.to_owned());
    FieldError { file, ..FieldError::limit(FIELD, rule, limit, name) }
}

fn kind(bytes: &[u8]) -> Option<Found> {
    let starts = |magic: &[u8]| bytes.starts_with(magic);
    if starts(&[0xFF, 0xD8, 0xFF]) {
        return Some(Found::Kept(MediaType::Jpeg));
    }
    if starts(b"\x89PNG\r\n\x1A\n") {
        return Some(Found::Kept(MediaType::Png));
    }
    if starts(b"RIFF") && bytes.get(8..12) == Some(b"WEBP") {
        return Some(Found::WebP);
    }
    let kept = if starts(b"PK\x03\x04") {
        zip::kind(bytes)
    } else if starts(&[0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1]) {
        old_office(bytes)
    } else if is_pdf(bytes) {
        Some(MediaType::Pdf)
    } else {
        plain::text(bytes).map(|_| MediaType::Text)
    };
    kept.map(Found::Kept)
}

/// Readers look for the header within the first kilobyte (ISO 32000, annex H.3.4.1).
fn is_pdf(bytes: &[u8]) -> bool {
    bytes.get(..1024).unwrap_or(bytes).windows(5).any(|five| five == b"%PDF-")
}

/// Word and Excel of before 2007: which of them, by the name of a stream ([MS-CFB] 2.6.1).
fn old_office(bytes: &[u8]) -> Option<MediaType> {
    let has = |name: &str| {
        let wide: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        bytes.windows(wide.len()).any(|window| window == wide)
    };
    match (has("WordDocument"), has("Workbook") || has("Book")) {
        (true, _) => Some(MediaType::Doc),
        (false, true) => Some(MediaType::Xls),
        (false, false) => None,
    }
}

/// What a document says, where it can be read.
fn text_of(kind: MediaType, bytes: &[u8]) -> Option<String> {
    match kind {
        MediaType::Text => plain::text(bytes),
        MediaType::Pdf => Some(pdf::text(bytes)),
        MediaType::Docx => zip::text(bytes, &["word/document.xml", "word/footnotes.xml"]),
        MediaType::Xlsx => zip::text(bytes, &["xl/sharedStrings.xml"]),
        _ => None,
    }
}

/// Read anew where it came in an old encoding, composed, without what cannot be seen, not too long.
fn tidied(text: &str) -> String {
    let short: String = text.chars().take(FILE_TEXT_MAX).collect();
    let read = crate::text::encodings::converted(&short).map_or(short, |(_, read)| read);
    let mut out = String::with_capacity(read.len());
    for line in crate::text::nfc(&read).lines() {
        let words: Vec<&str> = line.split(|c: char| c.is_whitespace() || c.is_control()).collect();
        let words: Vec<&str> = words.into_iter().filter(|word| !word.is_empty()).collect();
        if !words.is_empty() {
            out.push_str(&words.join(" "));
            out.push('\n');
        }
    }
    out.trim_end().to_owned()
}
