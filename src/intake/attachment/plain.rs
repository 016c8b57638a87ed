//! A plain text: Unicode, with nothing in it that no text has. Old encodings that look like Latin
//! text are read anew later, as texts that are typed are.

/// The text, if it is one.
pub fn text(bytes: &[u8]) -> Option<String> {
    let text = match bytes {
        [0xFF, 0xFE, rest @ ..] => wide(rest, u16::from_le_bytes)?,
        [0xFE, 0xFF, rest @ ..] => wide(rest, u16::from_be_bytes)?,
        [0xEF, 0xBB, 0xBF, rest @ ..] => str::from_utf8(rest).ok()?.to_owned(),
        _ => str::from_utf8(bytes).ok()?.to_owned(),
    };
    let is_of_text = |c: char| !c.is_control() || matches!(c, '\n' | '\r' | '\t' | '\u{C}');
    text.chars().all(is_of_text).then_some(text)
}

fn wide(bytes: &[u8], read: fn([u8; 2]) -> u16) -> Option<String> {
    let (pairs, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    String::from_utf16(&pairs.iter().map(|pair| read(*pair)).collect::<Vec<u16>>()).ok()
}
