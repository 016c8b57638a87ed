//! Tokens: of sessions and of the API, stored as keyed hashes only, and the token of a form.

use crate::seal::{Purpose, Seal, SealError, hex, random};

/// How every token begins, so that scanners of leaked secrets know it.
pub const PREFIX: &str = "dv_";
const TOKEN_BYTES: usize = 32;
/// Sets form tokens apart from the other hashes of the same purpose.
const FORM: &[u8] = b"form\0";

/// A new token of 256 bits: `dv_` and hexadecimal. Shown once, never stored.
pub fn new_token() -> Result<String, SealError> {
    Ok(format!("{PREFIX}{}", hex(&random::<TOKEN_BYTES>()?)))
}

/// What is stored of a token and looked up.
pub fn token_hash(seal: &Seal, token: &str) -> Vec<u8> {
    seal.hash(Purpose::Token, token.as_bytes())
}

/// The token of a form, bound to a session's token or to a visitor's random cookie: another
/// site can make a browser send the cookie, and cannot know this.
pub fn form_token(seal: &Seal, bound_to: &str) -> String {
    let data = [FORM, bound_to.as_bytes()].concat();
    hex(&seal.hash(Purpose::Request, &data))
}

/// Is it the form token of this session or cookie?
pub fn is_form_token(seal: &Seal, bound_to: &str, given: &str) -> bool {
    same(form_token(seal, bound_to).as_bytes(), given.as_bytes())
}

/// Compares without telling by its time where the first difference is.
fn same(a: &[u8], b: &[u8]) -> bool {
    let differing = a.iter().zip(b).fold(0_u8, |sum, (a, b)| std::hint::black_box(sum | (a ^ b)));
    a.len() == b.len() && differing == 0
}
