//! Words as every floor understands them: one written form, tokens with offsets, excerpts,
//! personal data. Nothing of any jurisdiction is here; of Vietnamese only the mechanics of its
//! script.

pub mod clean;
pub mod encodings;
pub mod excerpt;
pub mod fold;
pub mod language;
mod looks;
pub mod messages;
pub mod personal;
pub mod syllable;
pub mod tokens;
pub mod typing;

pub use clean::{BadText, clean, scalars};
pub use fold::{folded, marked, nfc};
pub use tokens::{Token, tokens};
