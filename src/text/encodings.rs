//! Texts in two old encodings of Vietnamese that were read as Latin-1, which is how they look when
//! they are pasted: found by what their words become, and written anew.

use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;

use super::fold::{folded, is_mark, marked, nfc};
use super::syllable::{is_bare_syllable, is_syllable};

/// How a text was encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// One code for each letter; capitals with a tone are small letters in a font of capitals.
    Tcvn3,
    /// A letter, then a code for its marks.
    VniWindows,
}

/// The first code of the table.
const FIRST: u32 = 0xA1;
/// A code that no letter has.
const NONE: char = '.';

/// What each code from U+00A1 to U+00FE stands for in TCVN3.
const TCVN3: &str = "ĂÂÊÔƠƯĐăâêôơưđ......àảãáạ.ằẳẵắ.......ặầẩẫấậè.ẻẽ\
    éẹềểễếệìỉ...ĩíịò.ỏõóọồổỗốộờởỡớợù.ủũúụừửữứựỳỷỹýỵ";

/// Letters that are one code in VNI.
const VNI_LETTERS: [(char, char); 14] = [
    ('ñ', 'đ'),
    ('ô', 'ơ'),
    ('ö', 'ư'),
    ('æ', 'ỉ'),
    ('ó', 'ĩ'),
    ('ò', 'ị'),
    ('î', 'ỵ'),
    ('Ñ', 'Đ'),
    ('Ô', 'Ơ'),
    ('Ö', 'Ư'),
    ('Æ', 'Ỉ'),
    ('Ó', 'Ĩ'),
    ('Ò', 'Ị'),
    ('Î', 'Ỵ'),
];

/// Codes that follow a letter in VNI: the letters, the code, the marks that it stands for.
const VNI_MARKS: [(&str, char, &str); 17] = [
    ("aeouyơư", 'ø', "\u{300}"),
    ("aeouyơư", 'ù', "\u{301}"),
    ("aeouyơư", 'û', "\u{309}"),
    ("aeouyơư", 'õ', "\u{303}"),
    ("aeouyơư", 'ï', "\u{323}"),
    ("aeo", 'â', "\u{302}"),
    ("aeo", 'à', "\u{302}\u{300}"),
    ("aeo", 'á', "\u{302}\u{301}"),
    ("aeo", 'å', "\u{302}\u{309}"),
    ("aeo", 'ã', "\u{302}\u{303}"),
    ("aeo", 'ä', "\u{302}\u{323}"),
    ("a", 'ê', "\u{306}"),
    ("a", 'è', "\u{306}\u{300}"),
    ("a", 'é', "\u{306}\u{301}"),
    ("a", 'ú', "\u{306}\u{309}"),
    ("a", 'ü', "\u{306}\u{303}"),
    ("a", 'ë', "\u{306}\u{323}"),
];

static TCVN3_CODES: LazyLock<Vec<char>> = LazyLock::new(|| TCVN3.chars().collect());

/// The text as it was meant, if it is in an old encoding. Ordinary Vietnamese and other languages
/// are left alone: nearly every word that changes must become a syllable that it was not before.
/// Lines that hold letters of today stay as they are.
pub fn converted(text: &str) -> Option<(Encoding, String)> {
    if text.is_ascii() {
        return None;
    }
    let text = nfc(text);
    let (encoding, out) = once(&text)?;
    // What could be read twice is no clear case.
    once(&out).is_none().then_some((encoding, out))
}

fn once(text: &str) -> Option<(Encoding, String)> {
    [Encoding::Tcvn3, Encoding::VniWindows].into_iter().find_map(|encoding| {
        let mut count = Count::default();
        let out = rewritten(text, encoding, &mut count);
        count.is_clear(encoding).then(|| (encoding, nfc(&out)))
    })
}

/// What became of the words of a text.
#[derive(Debug, Default)]
struct Count {
    /// Words that the encoding reads in another way.
    changed: usize,
    /// Of these, syllables afterwards.
    after: usize,
    /// Of these, syllables as they stand.
    before: usize,
    /// Of these, words that hold a sign which no language writes inside a word.
    signs: usize,
    /// Words in plain letters, and those of them that could be syllables.
    plain: usize,
    plain_known: usize,
}

impl Count {
    /// Shares are of a hundred. Letters that are good in both readings are many in one of the
    /// encodings: the more words there are, the more of these may be.
    fn is_clear(&self, encoding: Encoding) -> bool {
        let at_least = |part: usize, percent: usize, all: usize| part * 100 >= percent * all;
        let has_signs = match encoding {
            Encoding::Tcvn3 => {
                self.signs > 2 || self.signs > 0 && at_least(self.signs, 15, self.changed)
            }
            Encoding::VniWindows => true,
        };
        let before_max = if self.changed < 8 { 35 } else { 50 };
        self.changed >= 2
            && has_signs
            && at_least(self.after, 85, self.changed)
            && self.before * 100 <= before_max * self.changed
            && at_least(self.plain_known, 50, self.plain)
    }

    fn word(&mut self, word: &str, read: &str) {
        let has_digit = word.chars().any(|c| c.is_numeric() && c.is_ascii());
        if has_digit || !word.chars().any(char::is_alphabetic) {
            return;
        }
        if word != read {
            self.changed += 1;
            self.after += usize::from(is_syllable(&marked(read)));
            self.before += usize::from(is_syllable(&marked(word)));
            self.signs += usize::from(word.chars().any(is_sign));
        } else if word.len() > 1 && word.chars().any(char::is_lowercase) {
            self.plain += 1;
            self.plain_known += usize::from(is_bare_syllable(&folded(word)));
        }
    }
}

/// The whole text read in the encoding, word by word; everything between words is kept.
fn rewritten(text: &str, encoding: Encoding, count: &mut Count) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    for line in text.split_inclusive('\n') {
        if line.chars().any(is_of_today) {
            out.push_str(line);
            continue;
        }
        let mut word = String::new();
        for character in line.chars() {
            if is_part(character, encoding) {
                word.push(character);
            } else {
                finish(&word, encoding, count, &mut out);
                word.clear();
                out.push(character);
            }
        }
        finish(&word, encoding, count, &mut out);
    }
    out
}

fn finish(word: &str, encoding: Encoding, count: &mut Count, out: &mut String) {
    if word.is_empty() {
        return;
    }
    let read = match encoding {
        Encoding::Tcvn3 => of_tcvn3(word),
        Encoding::VniWindows => of_vni(word),
    };
    count.word(word, &read);
    out.push_str(&read);
}

/// What no language writes inside a word, or only as an abbreviation.
fn is_sign(character: char) -> bool {
    !character.is_alphabetic() || matches!(character, 'ª' | 'µ')
}

/// No code of an old encoding looks like this letter.
fn is_of_today(character: char) -> bool {
    character > '\u{ff}' && character.is_alphabetic() || is_mark(character)
}

fn is_part(character: char, encoding: Encoding) -> bool {
    let is_code = encoding == Encoding::Tcvn3 && tcvn3(character).is_some();
    is_code || character.is_alphanumeric()
}

fn tcvn3(code: char) -> Option<char> {
    let place = u32::from(code).checked_sub(FIRST)?;
    let letter = TCVN3_CODES.get(usize::try_from(place).ok()?)?;
    Some(*letter).filter(|letter| *letter != NONE)
}

fn of_tcvn3(word: &str) -> String {
    if word.is_ascii() {
        return word.to_owned();
    }
    let mut out = String::with_capacity(word.len() * 2);
    let mut previous = None;
    for code in word.chars() {
        let read = tcvn3(code);
        let letter = read.unwrap_or(code);
        // `Aµ` is one capital: the letter, and the same with its tone.
        let capital = previous.filter(|p: &char| p.is_uppercase() && shape(*p) == shape(letter));
        if capital.is_some() && read.is_some() {
            out.pop();
            out.extend(letter.to_uppercase());
        } else {
            out.push(letter);
        }
        previous = Some(letter);
    }
    let mut plain = word.chars().filter(char::is_ascii_alphabetic);
    let is_loud = plain.clone().count() > 1 && plain.all(|c| c.is_ascii_uppercase());
    if is_loud { out.to_uppercase() } else { out }
}

/// The letter in small, without its tone.
fn shape(letter: char) -> String {
    let bare = letter
        .to_lowercase()
        .nfd()
        .filter(|c| !matches!(c, '\u{300}' | '\u{301}' | '\u{303}' | '\u{309}' | '\u{323}'));
    bare.nfc().collect()
}

fn of_vni(word: &str) -> String {
    if word.is_ascii() {
        return word.to_owned();
    }
    let mut out = String::with_capacity(word.len() * 2);
    let mut previous: Option<char> = None;
    for code in word.chars() {
        if let Some(marks) = previous.and_then(|letter| vni_marks(letter, code)) {
            out.push_str(marks);
            previous = None;
            continue;
        }
        let letter = VNI_LETTERS.iter().find(|(from, _)| *from == code).map_or(code, |(_, to)| *to);
        out.push(letter);
        previous = Some(letter);
    }
    nfc(&out)
}

fn vni_marks(letter: char, code: char) -> Option<&'static str> {
    if code.is_ascii() {
        return None;
    }
    let small = |c: char| c.to_lowercase().next().unwrap_or(c);
    let (letter, code) = (small(letter), small(code));
    let found =
        VNI_MARKS.iter().find(|(letters, mark, _)| *mark == code && letters.contains(letter));
    found.map(|(_, _, marks)| *marks)
}
