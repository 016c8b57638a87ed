//! What is done to every text at the door: one Unicode form, one line end, no control characters.
//! Lengths are judged by the caller, who knows the limits.

use super::fold::nfc;

/// Why a text cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadText {
    /// A control character other than a line end or a tab; `offset` counts Unicode scalars.
    #[error("the text holds the control character U+{code:04X} at {offset}")]
    ControlCharacter { offset: usize, code: u32 },
}

/// The text as it is kept: NFC, trimmed, lines end with `\n`, of control characters only `\n` and
/// `\t`.
pub fn clean(text: &str) -> Result<String, BadText> {
    let unix = text.replace("\r\n", "\n").replace('\r', "\n");
    let text = nfc(unix.trim());
    for (offset, character) in text.chars().enumerate() {
        if character.is_control() && character != '\n' && character != '\t' {
            return Err(BadText::ControlCharacter { offset, code: u32::from(character) });
        }
    }
    Ok(text)
}

/// How long a text is for every limit of the service: Unicode scalars.
pub fn scalars(text: &str) -> usize {
    text.chars().count()
}
