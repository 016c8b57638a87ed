//! The installation's key and what is made from it: sealed texts, keyed hashes, the secret code of
//! a case. Nothing here knows what a case is, and no key is ever printed.

use std::fs;
use std::io::Write;
use std::path::Path;

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

/// Sixteen random bytes that name a sealed row before the database gives it an id.
pub type Uid = [u8; 16];

const FORMAT: u8 = 1;
const NONCE_BYTES: usize = 24;
const KEY_ID_BYTES: usize = 4;
const HEADER_BYTES: usize = 1 + KEY_ID_BYTES + NONCE_BYTES;
/// Crockford's base 32: no I, L, O, U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CODE_LETTERS: usize = 16;

/// What can go wrong with keys and sealed bytes.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    #[error("the key file {path} cannot be used: {why}")]
    KeyFile { path: String, why: String },
    #[error("the system gives no random bytes: {0}")]
    Random(String),
    #[error("a sealed value cannot be opened: another key, or changed bytes")]
    Open,
}

/// Keyed hashes are made for one purpose each, so that equal inputs of two purposes differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Secret codes, e-mail addresses and telephone numbers that are looked up.
    LookUp,
    /// Texts named in events.
    Text,
    /// Idempotency keys and form tokens.
    Request,
    /// Session and API tokens.
    Token,
}

/// The sub-keys of the installation (HKDF-SHA256, RFC 5869), by purpose.
pub struct Seal {
    key_id: [u8; KEY_ID_BYTES],
    text: XChaCha20Poly1305,
    identity: XChaCha20Poly1305,
    code: [u8; 32],
    hashes: [[u8; 32]; 4],
}

impl std::fmt::Debug for Seal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seal(secret)")
    }
}

/// Which of the two sealing keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Identity,
}

impl Seal {
    /// Reads the key file, or makes it (mode 0600) where there is none.
    pub fn from_file(path: &Path) -> Result<Seal, SealError> {
        let failed = |why: String| SealError::KeyFile { path: path.display().to_string(), why };
        if !path.exists() {
            let bytes = random::<36>()?;
            write_private(path, hex(&bytes).as_bytes()).map_err(|e| failed(e.to_string()))?;
        }
        let text = fs::read_to_string(path).map_err(|e| failed(e.to_string()))?;
        let bytes = unhex(text.trim()).ok_or_else(|| failed("not hexadecimal".into()))?;
        let bytes: [u8; 36] = bytes
            .try_into()
            .map_err(|_| failed("it must hold 36 bytes: 4 of key id and 32 of key".into()))?;
        Ok(Seal::from_bytes(&bytes))
    }

    /// Builds the sub-keys from 4 bytes of key id and 32 of key.
    pub fn from_bytes(bytes: &[u8; 36]) -> Seal {
        let (id, key) = bytes.split_at(KEY_ID_BYTES);
        let mut key_id = [0; KEY_ID_BYTES];
        key_id.copy_from_slice(id);
        let root = Hkdf::<Sha256>::new(None, key);
        Seal {
            key_id,
            text: XChaCha20Poly1305::new(Key::from_slice(&sub_key(&root, b"text"))),
            identity: XChaCha20Poly1305::new(Key::from_slice(&sub_key(&root, b"identity"))),
            code: sub_key(&root, b"code"),
            hashes: [
                sub_key(&root, b"hash look-up"),
                sub_key(&root, b"hash text"),
                sub_key(&root, b"hash request"),
                sub_key(&root, b"hash token"),
            ],
        }
    }

    /// Seals `plain`; it opens only with the same place: table, uid of the case, uid of the row.
    pub fn seal(&self, kind: Kind, place: &Place<'_>, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let nonce = random::<NONCE_BYTES>()?;
        let aad = place.bytes();
        let payload = Payload { msg: plain, aad: &aad };
        let sealed = self
            .cipher(kind)
            .encrypt(XNonce::from_slice(&nonce), payload)
            .map_err(|_| SealError::Open)?;
        let mut out = Vec::with_capacity(HEADER_BYTES + sealed.len());
        out.push(FORMAT);
        out.extend_from_slice(&self.key_id);
        out.extend_from_slice(&nonce);
        out.extend_from_slice(&sealed);
        Ok(out)
    }

    /// Opens what `seal` made, at the same place.
    pub fn open(&self, kind: Kind, place: &Place<'_>, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let (header, body) = sealed.split_at_checked(HEADER_BYTES).ok_or(SealError::Open)?;
        let nonce = header.get(1 + KEY_ID_BYTES..).ok_or(SealError::Open)?;
        let known = header.first() == Some(&FORMAT)
            && header.get(1..1 + KEY_ID_BYTES) == Some(self.key_id.as_slice());
        if !known {
            return Err(SealError::Open);
        }
        let aad = place.bytes();
        self.cipher(kind)
            .decrypt(XNonce::from_slice(nonce), Payload { msg: body, aad: &aad })
            .map_err(|_| SealError::Open)
    }

    /// Opens a sealed text as UTF-8.
    pub fn open_text(&self, place: &Place<'_>, sealed: &[u8]) -> Result<String, SealError> {
        String::from_utf8(self.open(Kind::Text, place, sealed)?).map_err(|_| SealError::Open)
    }

    /// HMAC-SHA256 (RFC 2104) under the purpose's sub-key.
    pub fn hash(&self, purpose: Purpose, data: &[u8]) -> Vec<u8> {
        let key = match purpose {
            Purpose::LookUp => &self.hashes[0],
            Purpose::Text => &self.hashes[1],
            Purpose::Request => &self.hashes[2],
            Purpose::Token => &self.hashes[3],
        };
        mac(key, data).to_vec()
    }

    /// The secret code of a case: 80 bits from the case's uid, in fours, with a check character at
    /// the end.
    pub fn code(&self, case: &Uid) -> String {
        let bytes = mac(&self.code, case);
        let mut letters = Vec::with_capacity(CODE_LETTERS + 1);
        let (mut buffer, mut bits) = (0_u32, 0_u32);
        for byte in bytes.iter().take(10) {
            buffer = (buffer << 8) | u32::from(*byte);
            bits += 8;
            while bits >= 5 {
                bits -= 5;
                letters.push(letter((buffer >> bits) & 31));
            }
        }
        letters.push(check_letter(&letters));
        in_fours(&letters)
    }

    fn cipher(&self, kind: Kind) -> &XChaCha20Poly1305 {
        match kind {
            Kind::Text => &self.text,
            Kind::Identity => &self.identity,
        }
    }
}

/// Where a sealed value belongs; it opens nowhere else.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    pub table: &'a str,
    pub case: &'a Uid,
    pub row: &'a Uid,
}

impl Place<'_> {
    fn bytes(&self) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.table.len() + 33);
        out.extend_from_slice(self.table.as_bytes());
        out.push(0);
        out.extend_from_slice(self.case);
        out.extend_from_slice(self.row);
        out
    }
}

/// What a typed code is: the normal form, or a slip of the keyboard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TypedCode {
    Good(String),
    Mistyped,
}

/// Reads a code as people type it: case, spaces, hyphens and I, L, O are forgiven.
pub fn read_code(typed: &str) -> TypedCode {
    let mut letters = Vec::with_capacity(CODE_LETTERS + 1);
    for c in typed.chars().filter(|c| !c.is_whitespace() && *c != '-') {
        let c = match c.to_ascii_uppercase() {
            'I' | 'L' => '1',
            'O' => '0',
            other => other,
        };
        match u8::try_from(c) {
            Ok(byte) if ALPHABET.contains(&byte) && letters.len() <= CODE_LETTERS => {
                letters.push(byte);
            }
            _ => return TypedCode::Mistyped,
        }
    }
    let Some((check, body)) = letters.split_last() else { return TypedCode::Mistyped };
    if body.len() != CODE_LETTERS || check_letter(body) != *check {
        return TypedCode::Mistyped;
    }
    TypedCode::Good(in_fours(&letters))
}

/// The check digit of a case's number, Luhn mod 10 over the digits of year and running number.
pub fn check_digit(digits: &str) -> u32 {
    luhn(digits.chars().filter_map(|c| c.to_digit(10)), 10)
}

/// Random bytes from the system.
pub fn random<const N: usize>() -> Result<[u8; N], SealError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|e| SealError::Random(e.to_string()))?;
    Ok(bytes)
}

/// A plain SHA-256 in hexadecimal: for names of files and recipes, never for personal data.
pub fn fingerprint(data: &[u8]) -> String {
    hex(&Sha256::digest(data))
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Reads hexadecimal; `None` where it is none.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect();
    let digits = digits?;
    let mut out = Vec::with_capacity(digits.len() / 2);
    for pair in digits.chunks(2) {
        match pair {
            [high, low] => out.push((high << 4) | low),
            _ => return None,
        }
    }
    Some(out)
}

/// Writes a file that only its owner may read, and syncs it to disk.
pub fn write_private(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn sub_key(root: &Hkdf<Sha256>, purpose: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    // 32 bytes are always within HKDF's limit of 255 blocks, so that this cannot fail.
    if root.expand(purpose, &mut out).is_err() {
        out.fill(0);
    }
    out
}

fn mac(key: &[u8; 32], data: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    // HMAC takes keys of any length, so that this cannot fail.
    if let Ok(mut mac) = <Hmac<Sha256> as Mac>::new_from_slice(key) {
        mac.update(data);
        out.copy_from_slice(&mac.finalize().into_bytes());
    }
    out
}

fn letter(value: u32) -> u8 {
    usize::try_from(value).ok().and_then(|i| ALPHABET.get(i)).copied().unwrap_or(b'0')
}

fn value(letter: u8) -> u32 {
    ALPHABET.iter().zip(0_u32..).find(|(l, _)| **l == letter).map_or(0, |(_, v)| v)
}

fn check_letter(body: &[u8]) -> u8 {
    letter(luhn(body.iter().map(|l| value(*l)), 32))
}

/// Luhn's check value modulo `base`: catches every single wrong letter and most swapped neighbours.
fn luhn(values: impl Iterator<Item = u32>, base: u32) -> u32 {
    let values: Vec<u32> = values.collect();
    let mut sum = 0;
    for (value, place) in values.iter().rev().zip(0_u32..) {
        let product = if place % 2 == 0 { value * 2 } else { *value };
        sum += product / base + product % base;
    }
    (base - sum % base) % base
}

fn in_fours(letters: &[u8]) -> String {
    let mut out = String::with_capacity(letters.len() + 4);
    for (place, letter) in letters.iter().enumerate() {
        if place > 0 && place % 4 == 0 {
            out.push('-');
        }
        out.push(char::from(*letter));
    }
    out
}
