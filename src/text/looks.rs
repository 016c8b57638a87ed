//! Characters that look like others or like nothing, mended for comparison: what is kept is what
//! was typed.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;

use super::fold::{is_mark, is_word_part};

/// Cyrillic and Greek letters, each with the Latin letter that it looks like. Both sizes of a pair
/// are here, so that the order of mending and lowering is the same.
const ALIKE: &str = "аa еe оo рp сc уy хx іi јj ѕs һh ԛq ԝw кk АA ВB ЕE КK МM НH ОO РP СC ТT УY ХX \
    ІI ЈJ ЅS ҺH ԚQ ԜW αa ιi κk νv οo ρp υu χx ΑA ΒB ΕE ΖZ ΗH ΙI ΚK ΜM ΝN ΟO ΡP ΤT ΥY ΧX";

/// From here a full-width form stands for the ASCII character that lies this far below.
const FULL_WIDTH: u32 = 0xFEE0;

const BREVE: char = '\u{306}';
const CARON: char = '\u{30c}';
/// The shapes of letters that may have been typed after the tone: circumflex, breve.
const SHAPES: [char; 2] = ['\u{302}', BREVE];

/// Is it seen as nothing at all? A soft hyphen, and what joins or parts letters without width.
pub(super) fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}' | '\u{34f}'
    )
}

/// The text without what is invisible, full-width letters and digits narrow, Cyrillic and Greek
/// letters inside a Latin word Latin, shapes of letters before their tones.
pub(super) fn mended(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_suspect) {
        return Cow::Borrowed(text);
    }
    let plain = text.nfd().filter(|c| !is_invisible(*c)).map(narrow);
    let mut out = String::with_capacity(text.len());
    let mut word: Vec<char> = Vec::new();
    for character in plain {
        if is_word_part(character) {
            word.push(character);
        } else {
            finish(&mut word, &mut out);
            out.push(character);
        }
    }
    finish(&mut word, &mut out);
    Cow::Owned(out.nfc().collect())
}

fn is_suspect(character: char) -> bool {
    is_invisible(character)
        || is_mark(character)
        || matches!(
            character,
            'Ǎ' | 'ǎ' | 'Ɖ' | 'ɖ' | '\u{370}'..='\u{3ff}' | '\u{400}'..='\u{52f}'
                | '\u{1f00}'..='\u{1fff}' | '\u{ff10}'..='\u{ff5a}'
        )
}

fn narrow(character: char) -> char {
    match character {
        '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' => {
            let below = u32::from(character).checked_sub(FULL_WIDTH);
            below.and_then(char::from_u32).unwrap_or(character)
        }
        'Ɖ' => 'Đ',
        'ɖ' => 'đ',
        other => other,
    }
}

fn finish(word: &mut Vec<char>, out: &mut String) {
    let is_latin = word.iter().any(|c| c.is_ascii_alphabetic() || matches!(c, 'đ' | 'Đ'));
    if is_latin {
        for character in word.iter_mut() {
            *character = latin(*character);
        }
    }
    let mut base = ' ';
    // The tones that wait for the shape of their letter.
    let mut tones = String::new();
    for character in word.drain(..) {
        if !is_mark(character) {
            out.push_str(&tones);
            tones.clear();
            base = character;
            out.push(character);
        } else if SHAPES.contains(&character) {
            out.push(character);
        } else if character == CARON && matches!(base, 'a' | 'A') {
            out.push(BREVE);
        } else {
            tones.push(character);
        }
    }
    out.push_str(&tones);
}

fn latin(character: char) -> char {
    if !matches!(character, '\u{370}'..='\u{52f}') {
        return character;
    }
    let pairs = ALIKE.split(' ').map(str::chars);
    let found = pairs.filter_map(|mut pair| pair.next().zip(pair.next()));
    found.into_iter().find(|(from, _)| *from == character).map_or(character, |(_, to)| to)
}
