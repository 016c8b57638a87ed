//! Mails as files, for installations without a mail server, and copies of mails for the record.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::Outgoing;
use crate::clock::Moment;
use crate::seal::write_private;

/// Stands where a code or a case's link stood.
pub const BLANK: &str = "••••";

/// Writes a message: under a temporary name first, so that no reader finds half of one. A second
/// try of the same mail replaces the first, since its name comes from its time and id.
pub(super) fn write(
    folder: &Path,
    written_at: Moment,
    message_id: &str,
    bytes: &[u8],
) -> io::Result<PathBuf> {
    let name = file_name(written_at, message_id);
    let (path, temporary) = (folder.join(&name), folder.join(format!(".{name}.part")));
    match fs::remove_file(&temporary) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    write_private(&temporary, bytes)?;
    fs::rename(&temporary, &path)?;
    // The name is lost in a crash unless the folder is synced, too.
    fs::File::open(folder)?.sync_all()?;
    Ok(path)
}

/// Sorts by time; holds nothing that a file system or a shell could take amiss.
fn file_name(written_at: Moment, message_id: &str) -> String {
    let good = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '@');
    let id: String = message_id
        .trim_matches(['<', '>'])
        .chars()
        .map(|c| if good(c) { c } else { '_' })
        .collect();
    format!("{}-{id}.eml", written_at.format("%Y%m%dT%H%M%S%6fZ"))
}

/// A mail for the record: whoever reads it later must not be able to open the case with it.
/// It names no recipient: who that was stands on the outbox's row, and may be erased there.
pub fn kept_copy(outgoing: &Outgoing, code: Option<&str>, link: Option<&str>) -> String {
    let text = format!(
        "From: {}\nSubject: {}\nMessage-ID: {}\n\n{}",
        outgoing.from, outgoing.subject, outgoing.message_id, outgoing.text
    );
    blank_code(&text, code, link)
}

/// Blanks the case's code, with and without its hyphens, and the link that holds it.
pub fn blank_code(message: &str, code: Option<&str>, link: Option<&str>) -> String {
    let bare = code.map(|c| c.replace('-', ""));
    let secrets = [link, code, bare.as_deref()];
    let mut out = message.to_owned();
    for secret in secrets.into_iter().flatten().filter(|s| !s.is_empty()) {
        out = blank(&out, secret);
    }
    out
}

/// Replaces whatever the case of its ASCII letters is, as codes are read that way.
fn blank(text: &str, secret: &str) -> String {
    let (lower, wanted) = (text.to_ascii_lowercase(), secret.to_ascii_lowercase());
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (at, found) in lower.match_indices(&wanted) {
        out.push_str(text.get(from..at).unwrap_or_default());
        out.push_str(BLANK);
        from = at + found.len();
    }
    out.push_str(text.get(from..).unwrap_or_default());
    out
}
