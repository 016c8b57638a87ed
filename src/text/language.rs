//! Is a text in a known language? Judged by the syllables of texts that are, so that no language
//! is named here, and without their marks, so that it works for whoever types none.

use std::collections::BTreeSet;

use super::tokens::{Token, tokens};

/// Shorter texts are not judged.
const LETTERS_MIN: usize = 12;

/// The syllables of a language, as texts in it hold them.
#[derive(Debug, Clone, Default)]
pub struct Vocabulary {
    folded: BTreeSet<String>,
}

impl Vocabulary {
    /// Takes up the words of a text.
    pub fn add(&mut self, text: &str) {
        for token in tokens(text) {
            if is_word(&token) {
                self.folded.insert(token.folded);
            }
        }
    }

    /// How many different words it knows.
    pub fn len(&self) -> usize {
        self.folded.len()
    }

    /// Does it know none?
    pub fn is_empty(&self) -> bool {
        self.folded.is_empty()
    }

    /// The share of the letters that stand in known words; `None` where there are too few to say.
    pub fn share(&self, tokens: &[Token]) -> Option<f64> {
        let (mut known, mut all) = (0_u32, 0_u32);
        for token in tokens.iter().filter(|t| is_word(t)) {
            let letters = u32::try_from(token.length).unwrap_or(u32::MAX);
            all = all.saturating_add(letters);
            if self.folded.contains(&token.folded) {
                known = known.saturating_add(letters);
            }
        }
        let enough = usize::try_from(all).is_ok_and(|all| all >= LETTERS_MIN);
        (enough && !self.is_empty()).then(|| f64::from(known) / f64::from(all))
    }
}

fn is_word(token: &Token) -> bool {
    token.folded.chars().all(char::is_alphabetic)
}
