//! One written form for what is the same word: Unicode composition, look-alike letters, case, the
//! place of the tone mark; and a second form without marks. Both are idempotent, linear, and
//! equal for NFC and NFD.

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use super::looks::{is_invisible, mended};

/// Longer words are no syllables (the longest has seven letters) and are left as they are.
const SYLLABLE_LETTERS_MAX: usize = 8;

/// The marks of the five written tones: grave, acute, hook above, tilde, dot below.
const TONES: [char; 5] = ['\u{300}', '\u{301}', '\u{309}', '\u{303}', '\u{323}'];

/// The text in NFC.
pub fn nfc(text: &str) -> String {
    match is_nfc_quick(text.chars()) {
        IsNormalized::Yes => text.to_owned(),
        _ => text.nfc().collect(),
    }
}

/// NFC, lower case, look-alikes mended, every tone mark on the letter where it belongs.
pub fn marked(text: &str) -> String {
    let lower = lower(text);
    let mut out = String::with_capacity(lower.len());
    let mut word = String::new();
    for character in lower.chars() {
        if is_word_part(character) {
            word.push(character);
        } else {
            place_tone(&word, &mut out);
            word.clear();
            out.push(character);
        }
    }
    place_tone(&word, &mut out);
    out
}

/// As [`marked`], and without any mark; đ becomes d.
pub fn folded(text: &str) -> String {
    strip_marks(&marked(text))
}

/// Takes the marks off a text that [`marked`] made.
pub(super) fn strip_marks(marked: &str) -> String {
    if marked.is_ascii() {
        return marked.to_owned();
    }
    let bare = marked.nfd().filter(|c| !is_mark(*c));
    bare.map(|c| if c == 'đ' { 'd' } else { c }).nfc().collect()
}

/// Letters, digits, the marks that belong to them, and what stands unseen between them.
pub(super) fn is_word_part(character: char) -> bool {
    character.is_alphanumeric() || is_mark(character) || is_invisible(character)
}

pub(super) fn is_mark(character: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&character)
}

/// Icelandic eth looks like the crossed d and is typed for it.
fn lower(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let text = mended(text);
    let mended = text.nfc().map(|c| if matches!(c, 'Ð' | 'ð') { 'đ' } else { c });
    mended.flat_map(char::to_lowercase).nfc().collect()
}

/// Writes the word with its tone on the letter where one spelling puts it. What is no syllable
/// with exactly one tone on a vowel is written as it is.
fn place_tone(word: &str, out: &mut String) {
    match syllable(word) {
        Some((letters, tone, place)) => {
            let mut spelled = String::with_capacity(word.len());
            for (at, letter) in letters.iter().enumerate() {
                spelled.push(*letter);
                if at == place {
                    spelled.push(tone);
                }
            }
            out.extend(spelled.nfc());
        }
        None => out.push_str(word),
    }
}

/// The letters without the tone, the tone, and which letter bears it.
fn syllable(word: &str) -> Option<(Vec<char>, char, usize)> {
    if word.is_ascii() {
        return None;
    }
    let mut bare = String::with_capacity(word.len());
    let mut tone = None;
    let mut previous_is_vowel = false;
    for character in word.nfd() {
        if TONES.contains(&character) {
            if tone.is_some() || !previous_is_vowel {
                return None;
            }
            tone = Some(character);
        } else {
            // The shape of a letter (circumflex, breve, horn) may stand between it and its tone.
            previous_is_vowel = is_mark(character) && previous_is_vowel || is_vowel(character);
            bare.push(character);
        }
    }
    let letters: Vec<char> = bare.nfc().collect();
    if letters.len() > SYLLABLE_LETTERS_MAX || letters.iter().any(|l| is_mark(*l)) {
        return None;
    }
    let place = place_of_tone(&letters)?;
    Some((letters, tone?, place))
}

/// The letter that bears the tone: the last vowel with a shape of its own; else the second of
/// three vowels or of two before a consonant; else the first. The glides of `qu` and `gi` bear
/// none.
fn place_of_tone(letters: &[char]) -> Option<usize> {
    let mut first = letters.iter().position(|l| is_vowel(*l))?;
    let run = letters.iter().skip(first).take_while(|l| is_vowel(**l)).count();
    let end = first + run;
    if letters.iter().skip(end).any(|l| is_vowel(*l)) {
        return None;
    }
    let before = first.checked_sub(1).and_then(|at| letters.get(at));
    let glide = match (before, letters.get(first)) {
        (Some('q'), Some('u')) => true,
        (Some('g'), Some('i')) => first == 1,
        _ => false,
    };
    if glide && run > 1 {
        first += 1;
    }
    let vowels: Vec<char> = letters.iter().take(end).skip(first).copied().collect();
    if let Some(last) = vowels.iter().rposition(|v| has_shape(*v)) {
        return Some(first + last);
    }
    let closed = end < letters.len();
    let place = match vowels.len() {
        2 if closed => 1,
        3 => 1,
        _ => 0,
    };
    Some(first + place)
}

fn is_vowel(letter: char) -> bool {
    matches!(letter, 'a' | 'e' | 'i' | 'o' | 'u' | 'y') || has_shape(letter)
}

fn has_shape(letter: char) -> bool {
    matches!(letter, 'ă' | 'â' | 'ê' | 'ô' | 'ơ' | 'ư')
}
