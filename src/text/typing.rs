//! Keys of the two ways in which Vietnamese is typed, left in a text because no program turned them
//! into letters: `hoof sow`, `ho62 so7`. For looking things up only: what was typed is kept.

use super::fold::marked;
use super::syllable::{is_bare_syllable, is_syllable};

/// Seven letters, a key for each of three marks, and a key typed twice.
const KEYS_MAX: usize = 11;

const CIRCUMFLEX: char = '\u{302}';
const BREVE: char = '\u{306}';
const HORN: char = '\u{31b}';
const TONES: [(char, char, char); 5] = [
    ('s', '1', '\u{301}'),
    ('f', '2', '\u{300}'),
    ('r', '3', '\u{309}'),
    ('x', '4', '\u{303}'),
    ('j', '5', '\u{323}'),
];

/// English words that could be keys of a syllable.
const ENGLISH: &str = "\
    air allow arm as bar bars bear bee been beer bern best bins boats book boom boost boot \
    born boss bow box boys bury bus busy car cars chair cook cool cost cow cross dawn days \
    dear deep dies does doesn door down dress ex fair far fee feet few fix floor food foot \
    for four fox free gas gis goes good grow hair hangs has hasn hear hens her here his \
    hook hour how if is isn its jars keen keep keeps keys know laos last law laws less let \
    lies list loans look loop lose loss lost low max meet men mess miss mix mood moon more \
    most mow must near need new news noon nor now of or our own owns pair pass pays pens \
    plus pool poor rats raw rays reset rest roof room root row runs rust sar saw says \
    school see seems seen sees sets sex shoes show sir sits six sleep slow soon soup stair \
    star tars tax taxi tear ten tens term test there these this those three thus ties toes \
    too took tool tore tow town toys tree tries trips turn two ups us uses vans vest views \
    visa vow war was wax ways week who year yes your zoom";

/// Is one of these languages typed in such ways?
pub fn is_typed_so(languages: &[String]) -> bool {
    languages.iter().any(|language| language == "vi")
}

/// The syllable whose keys a word is, with its marks. Nothing for a word that could be a syllable
/// as it stands, for common English words, and for what gives no syllable.
pub fn retyped(word: &str) -> Option<String> {
    // A letter and a digit are a sheet of paper or a class.
    let has_digits = word.chars().any(|c| c.is_ascii_digit());
    let is_short = has_digits && word.len() < 3;
    if !word.is_ascii() || is_short || word.len() > KEYS_MAX {
        return None;
    }
    let keys = word.to_ascii_lowercase();
    if is_bare_syllable(&keys) || ENGLISH.split(' ').any(|english| english == keys) {
        return None;
    }
    let mut typed = Typed::default();
    for key in keys.chars() {
        let is_taken = if has_digits { typed.digit(key) } else { typed.letter(key) };
        if !is_taken {
            return None;
        }
    }
    let out = marked(&typed.written());
    is_syllable(&out).then_some(out).filter(|out| *out != keys)
}

/// Letters so far, each with its shape; and the tone.
#[derive(Default)]
struct Typed {
    letters: Vec<(char, Option<char>)>,
    tone: Option<char>,
}

impl Typed {
    /// A key of the way that types letters for marks. False where it undoes one: then the word was
    /// meant as it stands.
    fn letter(&mut self, key: char) -> bool {
        let tone = TONES.iter().find(|(letter, _, _)| *letter == key).map(|(_, _, tone)| *tone);
        if let Some(tone) = tone.filter(|_| self.has_vowel()) {
            return self.tone.replace(tone).is_none();
        }
        let last = self.letters.last().copied();
        match key {
            'w' => self.horn_or_breve(),
            'a' | 'e' | 'o' if last == Some((key, None)) => self.shape(&[key], CIRCUMFLEX),
            'd' if last == Some(('d', None)) && self.letters.len() == 1 => self.cross(),
            key if key.is_ascii_alphabetic() => {
                self.letters.push((key, None));
                true
            }
            _ => false,
        }
    }

    /// A key of the way that types digits for marks.
    fn digit(&mut self, key: char) -> bool {
        let tone = TONES.iter().find(|(_, digit, _)| *digit == key).map(|(_, _, tone)| *tone);
        match key {
            _ if tone.is_some() => {
                self.has_vowel() && std::mem::replace(&mut self.tone, tone).is_none()
            }
            '6' => self.shape(&['a', 'e', 'o'], CIRCUMFLEX),
            '7' => self.horn(),
            '8' => self.shape(&['a'], BREVE),
            '9' => self.cross(),
            key if key.is_ascii_alphabetic() => {
                self.letters.push((key, None));
                true
            }
            _ => false,
        }
    }

    fn has_vowel(&self) -> bool {
        self.letters.iter().any(|(l, _)| matches!(l, 'a' | 'e' | 'i' | 'o' | 'u' | 'y'))
    }

    /// Shapes the last of these letters that has none.
    fn shape(&mut self, of: &[char], shape: char) -> bool {
        let found = self.letters.iter_mut().rev().find(|(l, s)| of.contains(l) && s.is_none());
        found.map(|letter| letter.1 = Some(shape)).is_some()
    }

    /// The stroke of the first letter.
    fn cross(&mut self) -> bool {
        match self.letters.first_mut() {
            Some(first) if first.0 == 'd' => {
                first.0 = 'đ';
                true
            }
            _ => false,
        }
    }

    /// `uo` takes two horns; else the last of `u` and `o`, and of `ua` the first.
    fn horn(&mut self) -> bool {
        let o = self.shape(&['o'], HORN);
        let before: Option<char> =
            self.letters.iter().rev().skip_while(|(l, _)| *l != 'o').nth(1).map(|l| l.0);
        match (o, before) {
            (true, Some('u')) => {
                let _ = self.shape(&['u'], HORN);
                true
            }
            (true, _) => true,
            (false, _) => self.shape(&['u'], HORN),
        }
    }

    /// The key that shapes `a`, `o` and `u`, and stands for a whole letter where there is none.
    fn horn_or_breve(&mut self) -> bool {
        let vowels: String =
            self.letters.iter().filter(|(_, s)| s.is_none()).map(|(l, _)| *l).collect();
        if vowels.ends_with("ua") && !vowels.ends_with("qua") {
            return self.shape(&['u'], HORN);
        }
        let last =
            self.letters.iter().rev().find(|(l, s)| matches!(l, 'a' | 'o' | 'u') && s.is_none());
        match last.map(|(l, _)| *l) {
            Some('a') => self.shape(&['a'], BREVE),
            Some(_) => self.horn(),
            None if self.has_vowel() => false,
            None => {
                self.letters.push(('u', Some(HORN)));
                true
            }
        }
    }

    fn written(&self) -> String {
        let mut out = String::new();
        // The tone finds its place by itself; it only has to follow a vowel.
        let mut tone = self.tone;
        for (letter, shape) in &self.letters {
            out.push(*letter);
            out.extend(*shape);
            if matches!(letter, 'a' | 'e' | 'i' | 'o' | 'u' | 'y') {
                out.extend(tone.take());
            }
        }
        out
    }
}
