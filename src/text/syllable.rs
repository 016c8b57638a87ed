//! Could this be a Vietnamese syllable? An initial, a rhyme and a tone that go together. This knows
//! no words: it says what may be read, not what is meant.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;

use super::fold::strip_marks;

/// The longest first, so that `ngh` is not read as `ng`.
const INITIALS: [&str; 27] = [
    "ngh", "ch", "gh", "gi", "kh", "ng", "nh", "ph", "qu", "th", "tr", "b", "c", "d", "đ", "g",
    "h", "k", "l", "m", "n", "r", "s", "t", "v", "x", "",
];

/// Every rhyme without its tone; `qu` and `gi` are initials.
const RHYMES: &str = "a ai ao au ay am an ang anh ap at ac ach ăm ăn ăng ăp ăt ăc âu ây âm ân âng \
    âp ât âc e eo em en eng ep et ec ê êu êm ên ênh êp êt êch i ia iu im in inh ip it ich iêu iêm \
    iên iêng iêp iêt iêc o oi om on ong op ot oc oa oai oay oam oan oang oanh oap oat oac oach \
    oăm oăn oăng oăt oăc oe oeo oen oet ô ôi ôm ôn ông ôp ôt ôc ơ ơi ơm ơn ơp ơt u ua ui um un \
    ung up ut uc uân uâng uât uây uê uênh uêch uy uya uyu uyt uynh uych uyên uyêt uơ uôi uôm uôn \
    uông uôt uôc ư ưa ưi ưu ưng ưt ưc ươi ươu ươm ươn ương ươp ươt ươc y yêm yên yêt yêu";

/// Rhymes that only `qu` has beside them.
const AFTER_QU: [&str; 5] = ["ynh", "yt", "ych", "yêng", "ơ"];

/// Before these letters `k`, `gh` and `ngh` are written, and before no others.
const FRONT: [char; 4] = ['e', 'ê', 'i', 'y'];

const ACUTE: char = '\u{301}';
const DOT_BELOW: char = '\u{323}';
const TONES: [char; 5] = ['\u{300}', ACUTE, '\u{309}', '\u{303}', DOT_BELOW];

static MARKED: LazyLock<BTreeSet<&str>> = LazyLock::new(|| RHYMES.split_whitespace().collect());
static BARE: LazyLock<BTreeSet<String>> =
    LazyLock::new(|| RHYMES.split_whitespace().map(strip_marks).collect());

/// Is a word in the form of [`marked`](super::marked) a syllable with its marks?
pub fn is_syllable(marked: &str) -> bool {
    let mut tone = None;
    let mut letters = String::with_capacity(marked.len());
    for character in marked.nfd() {
        if !TONES.contains(&character) {
            letters.push(character);
        } else if tone.replace(character).is_some() {
            return false;
        }
    }
    let letters: String = letters.nfc().collect();
    let is_rhyme = |rhyme: &str| MARKED.contains(rhyme) && fits_tone(rhyme, tone);
    INITIALS.iter().any(|initial| goes_together(initial, &letters, &is_rhyme))
}

/// Is a word in small letters without marks a syllable whose marks were not typed?
pub fn is_bare_syllable(folded: &str) -> bool {
    let is_rhyme = |rhyme: &str| BARE.contains(rhyme);
    INITIALS.iter().any(|initial| goes_together(initial, folded, &is_rhyme))
}

fn goes_together(initial: &str, letters: &str, is_rhyme: &dyn Fn(&str) -> bool) -> bool {
    let Some(rhyme) = letters.strip_prefix(initial) else { return false };
    let Some(first) = rhyme.chars().next() else { return initial == "gi" };
    let is_front = FRONT.contains(&first);
    let fits = match initial {
        "k" | "gh" | "ngh" => is_front,
        // `gì`, `giếng`: one i is written for two.
        "g" => !is_front || first == 'i',
        "c" | "ng" => !is_front,
        "qu" => !matches!(first, 'u' | 'ư'),
        _ => first != 'y' || matches!(initial, "" | "h" | "l" | "m" | "s" | "t" | "v"),
    };
    fits && (is_rhyme(rhyme) || initial == "qu" && AFTER_QU.contains(&rhyme))
}

/// A rhyme that ends in a stop has one of two tones.
fn fits_tone(rhyme: &str, tone: Option<char>) -> bool {
    let is_stopped = rhyme.ends_with(['p', 't', 'c']) || rhyme.ends_with("ch");
    !is_stopped || matches!(tone, Some(ACUTE | DOT_BELOW))
}
