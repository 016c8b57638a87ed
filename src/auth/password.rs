//! Passwords: argon2id hashes, what a password must be, and passwords for one use.
//! Hashing takes long on purpose: callers move it off the threads that serve requests.

use argon2::password_hash::{PasswordHasher, PasswordVerifier, SaltString};
use argon2::{Algorithm, Argon2, Params, PasswordHash, Version};
use unicode_normalization::UnicodeNormalization;

use crate::domain::error::{FieldError, Rule};
use crate::seal::{SealError, random};

/// Shorter ones are guessed; long ones need no other rules (NIST SP 800-63B).
pub const CHARS_MIN: usize = 12;
/// Keeps the cost of hashing what a stranger sends bounded.
pub const CHARS_MAX: usize = 200;
/// Fewer different characters than this are a pattern, not a password.
const DIFFERENT_CHARS_MIN: usize = 5;
/// Parts of an address or name that are shorter than this occur in good passwords by chance.
const NAME_CHARS_MIN: usize = 4;
const SALT_BYTES: usize = 16;
const ONE_TIME_GROUPS: usize = 4;
const ONE_TIME_GROUP_LETTERS: usize = 4;
/// Crockford's base 32 in small letters: nothing that is mistaken for something else when read out.
const LETTERS: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
/// What lists of leaked passwords hold most often among the long ones, without spaces and signs.
const COMMON: &[&str] = &[
    "123456789012",
    "1234567890123",
    "12345678901234",
    "123456789012345",
    "1234567890123456",
    "0987654321098",
    "1q2w3e4r5t6y",
    "1qaz2wsx3edc",
    "1qaz2wsx3edc4rfv",
    "abcdefghijkl",
    "abcdefghijklm",
    "abcdefghijklmnop",
    "administrator",
    "adminadminadmin",
    "changemechangeme",
    "changemenow",
    "correcthorsebatterystaple",
    "iloveyouiloveyou",
    "letmeinletmein",
    "passwordpassword",
    "password1234",
    "password12345",
    "password123456",
    "password123456789",
    "passw0rd1234",
    "p@ssw0rd1234",
    "qazwsxedcrfv",
    "qwerty123456",
    "qwerty1234567",
    "qwerty12345678",
    "qwerty123456789",
    "qwertyqwerty",
    "qwertyuiop12",
    "qwertyuiop123",
    "qwertyuiopasdfghjkl",
    "welcome12345",
    "welcome123456",
    "zaq12wsxcde3",
];

/// What a guess shall cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    pub memory_kib: u32,
    pub passes: u32,
    pub lanes: u32,
}

impl Cost {
    /// OWASP's recommendation for argon2id.
    pub const SERVICE: Cost = Cost { memory_kib: 19_456, passes: 2, lanes: 1 };
    /// For tests and demonstrations, whose passwords protect nothing.
    pub const CHEAP: Cost = Cost { memory_kib: 8, passes: 1, lanes: 1 };

    fn hasher(self) -> Result<Argon2<'static>, PasswordError> {
        let params = Params::new(self.memory_kib, self.passes, self.lanes, None)
            .map_err(|e| PasswordError::Hash(e.to_string()))?;
        Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
    }
}

/// Why there is no hash.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    #[error("the password cannot be hashed: {0}")]
    Hash(String),
    #[error(transparent)]
    Random(#[from] SealError),
}

/// The hash to store, with its parameters and salt in it (PHC string format).
pub fn hash(password: &str, cost: Cost) -> Result<String, PasswordError> {
    let salt = random::<SALT_BYTES>()?;
    let failed = |e: argon2::password_hash::Error| PasswordError::Hash(e.to_string());
    let salt = SaltString::encode_b64(&salt).map_err(failed)?;
    let hash = cost.hasher()?.hash_password(normal(password).as_bytes(), &salt).map_err(failed)?;
    Ok(hash.to_string())
}

/// Is it the password of this stored hash? Without one (no such user) the same work is done for
/// nothing, so that the time of the answer does not tell which users there are.
pub fn verify(password: &str, stored: Option<&str>, cost: Cost) -> bool {
    let password = if password.chars().count() > CHARS_MAX { "" } else { password };
    let parsed = stored.and_then(|s| PasswordHash::new(s).ok());
    let Some(parsed) = parsed else {
        let _ = std::hint::black_box(hash(password, cost));
        return false;
    };
    // The parameters are the stored hash's own, whatever the cost of new ones is.
    Argon2::default().verify_password(normal(password).as_bytes(), &parsed).is_ok()
}

/// Was it made at another cost than today's? Then it is made anew at the next sign-in.
pub fn needs_rehash(stored: &str, cost: Cost) -> bool {
    let wanted = |hash: &PasswordHash<'_>| {
        let params = Params::try_from(hash).ok()?;
        let same = params.m_cost() == cost.memory_kib
            && params.t_cost() == cost.passes
            && params.p_cost() == cost.lanes;
        Some(same)
    };
    !PasswordHash::new(stored).ok().and_then(|h| wanted(&h)).unwrap_or(false)
}

/// What a new password must be: long enough, and nothing that is guessed from the person.
pub fn check(field: &str, password: &str, email: &str, name: &str) -> Result<(), FieldError> {
    let password = normal(password);
    let chars = password.chars().count();
    let limit =
        |rule, limit: usize| FieldError::limit(field, rule, &limit.to_string(), &chars.to_string());
    if chars < CHARS_MIN {
        return Err(limit(Rule::TooShort, CHARS_MIN));
    }
    if chars > CHARS_MAX {
        return Err(limit(Rule::TooLong, CHARS_MAX));
    }
    if is_guessable(&password, email, name) {
        return Err(FieldError::new(field, Rule::TooCommon));
    }
    Ok(())
}

/// Four groups of four letters and digits: 80 bits that can be read out on the telephone.
pub fn one_time_password() -> Result<String, SealError> {
    let bytes = random::<{ ONE_TIME_GROUPS * ONE_TIME_GROUP_LETTERS }>()?;
    let letter = |byte: &u8| LETTERS.get(usize::from(byte & 31)).copied().unwrap_or(b'0');
    let groups: Vec<String> = bytes
        .chunks(ONE_TIME_GROUP_LETTERS)
        .map(|group| group.iter().map(|b| char::from(letter(b))).collect())
        .collect();
    Ok(groups.join("-"))
}

/// One form for what looks the same, since keyboards differ in how they type accents.
fn normal(password: &str) -> String {
    password.nfc().collect()
}

fn is_guessable(password: &str, email: &str, name: &str) -> bool {
    let bare = bare(password);
    let mut different: Vec<char> = bare.chars().collect();
    different.sort_unstable();
    different.dedup();
    if different.len() < DIFFERENT_CHARS_MIN || is_run(&bare) {
        return true;
    }
    let common = COMMON.iter().any(|c| self::bare(c) == bare || password.eq_ignore_ascii_case(c));
    common || is_from(&bare, email) || is_from(&bare, name)
}

/// Letters and digits in small letters: signs between them make a guess no harder.
fn bare(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Characters that follow one another: `abcdef…`, `987654…`.
fn is_run(bare: &str) -> bool {
    let codes: Vec<u32> = bare.chars().map(u32::from).collect();
    let step =
        |by: fn(u32) -> u32| codes.iter().zip(codes.iter().skip(1)).all(|(a, b)| *b == by(*a));
    step(|a| a + 1) || step(|a| a.saturating_sub(1))
}

/// Is it the person's address or name, with at most a few characters around?
fn is_from(bare: &str, about: &str) -> bool {
    let whole = self::bare(about);
    let local = about.split_once('@').map_or(String::new(), |(local, _)| self::bare(local));
    [whole, local].iter().any(|part| {
        let chars = part.chars().count();
        let rest = bare.chars().count().saturating_sub(chars);
        chars >= NAME_CHARS_MIN && bare.contains(part.as_str()) && rest < CHARS_MIN / 2
    })
}
