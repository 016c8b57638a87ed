//! Files that come with a case: which kinds there are, how many, how large, and what is kept of
//! one. Nothing here reads a file; `intake::attachment` does.

use super::event::ActorKind;
use crate::clock::Moment;

/// So many come with a case at once, or with a message.
pub const FILES_MAX: usize = 5;
/// A photograph of a phone or some scanned pages; more belongs on paper or on a disk.
pub const FILE_MAX_MIB: usize = 10;
pub const FILE_MAX_BYTES: usize = FILE_MAX_MIB * 1024 * 1024;
/// So many hang on one case at the most, with all that was sent later.
pub const FILES_OF_CASE_MAX: usize = 50;
/// A name longer than a file system takes is cut.
pub const FILE_NAME_MAX: usize = 150;
/// So much of what a document says is kept to be searched: some hundred pages.
pub const FILE_TEXT_MAX: usize = 200_000;
/// What people know the kinds by.
pub const KINDS_SHOWN: &str = "JPG, PNG, WebP, PDF, DOC, DOCX, XLS, XLSX, TXT";

/// The kind of a text that was read out of a file: searched, and shown nowhere by itself.
pub const TEXT_OF_FILE: &str = "attachment";

super::words! {
    /// What a file is, by its content.
    MediaType {
        Jpeg = "image/jpeg",
        Png = "image/png",
        Pdf = "application/pdf",
        Doc = "application/msword",
        Docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        Xls = "application/vnd.ms-excel",
        Xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        Text = "text/plain",
    }
}

impl MediaType {
    /// The endings that names of this kind have; the first is given to whoever has another.
    pub fn endings(self) -> &'static [&'static str] {
        match self {
            MediaType::Jpeg => &["jpg", "jpeg"],
            MediaType::Png => &["png"],
            MediaType::Pdf => &["pdf"],
            MediaType::Doc => &["doc"],
            MediaType::Docx => &["docx"],
            MediaType::Xls => &["xls"],
            MediaType::Xlsx => &["xlsx"],
            MediaType::Text => &["txt"],
        }
    }
}

/// A file that may be kept: its kind known by its content, a picture written anew without what a
/// camera adds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    pub name: String,
    pub media_type: MediaType,
    pub bytes: Vec<u8>,
    /// Of a picture: a small JPEG.
    pub preview: Option<Vec<u8>>,
    /// What a document says.
    pub text: Option<String>,
}

/// A file as it is kept; its bytes lie elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptFile {
    pub id: i64,
    pub uid: [u8; 16],
    /// The event that it came with.
    pub version: i64,
    pub author: ActorKind,
    pub name: String,
    pub media_type: MediaType,
    pub size_bytes: i64,
    pub has_preview: bool,
    pub added_at: Moment,
}

/// A name as it is kept: without a path, without what turns the reading direction or cannot be
/// seen, not too long, and with an ending of its kind.
pub fn file_name(given: &str, number: usize, kind: MediaType) -> String {
    let last = given.rsplit(['/', '\\']).next().unwrap_or("");
    let clean: String = crate::text::nfc(last).chars().filter(|c| is_of_name(*c)).collect();
    let clean = clean.trim().trim_start_matches('.').trim();
    let (stem, ending) = clean.rsplit_once('.').unwrap_or((clean, ""));
    let lower = ending.to_lowercase();
    let known = kind.endings().iter().find(|known| **known == lower).copied();
    let ending = known.or_else(|| kind.endings().first().copied()).unwrap_or("");
    let stem: String = stem.chars().take(FILE_NAME_MAX).collect();
    match stem.trim() {
        "" => format!("file-{number}.{ending}"),
        stem => format!("{stem}.{ending}"),
    }
}

/// Neither a control character nor one that hides or turns what stands beside it, as in
/// `invoice` + U+202E + `fdp.exe` (Unicode 16, 23.2), nor one that file systems refuse.
fn is_of_name(c: char) -> bool {
    let hides = matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}');
    let hides = hides || matches!(c, '\u{2060}'..='\u{206F}' | '\u{FEFF}');
    !c.is_control() && !hides && !matches!(c, '"' | '<' | '>' | ':' | '|' | '?' | '*')
}
