//! Tokens of sessions and of the API, stored as keyed hashes only.

use crate::seal::{Purpose, Seal, SealError, hex, random};

/// How every token begins, so that scanners of leaked secrets know it.
pub const PREFIX: &str = "dv_";
const TOKEN_BYTES: usize = 32;

/// A new token of 256 bits: `dv_` and hexadecimal. Shown once, never stored.
pub fn new_token() -> Result<String, SealError> {
    Ok(format!("{PREFIX}{}", hex(&random::<TOKEN_BYTES>()?)))
}

/// What is stored of a token and looked up.
pub fn token_hash(seal: &Seal, token: &str) -> Vec<u8> {
    seal.hash(Purpose::Token, token.as_bytes())
}
