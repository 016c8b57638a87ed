//! A text cut into syllables and numbers, each in its two written forms and with its place in the
//! text.

use super::fold::{is_word_part, marked, nfc, strip_marks};
use super::looks::is_invisible;

/// A syllable, word or number. `offset` and `length` count Unicode scalars of the NFC text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub offset: usize,
    pub length: usize,
    /// With its marks, in the one written form.
    pub marked: String,
    /// Without marks.
    pub folded: String,
}

impl Token {
    /// Where it ends, in scalars.
    pub fn end(&self) -> usize {
        self.offset + self.length
    }
}

/// The tokens of a text. `P.06`, `P6` and `p 6` give the same two: one letter before digits
/// stands alone, and numbers of two digits lose their leading zero.
pub fn tokens(text: &str) -> Vec<Token> {
    let text = nfc(text);
    let mut out = Vec::new();
    let mut word = String::new();
    let mut start = 0;
    let mut offset = 0;
    for character in text.chars() {
        if is_word_part(character) && !(word.is_empty() && is_invisible(character)) {
            if is_number_after_letter(&word, character) {
                finish(&mut word, start, offset, &mut out);
            }
            if word.is_empty() {
                start = offset;
            }
            word.push(character);
        } else {
            finish(&mut word, start, offset, &mut out);
        }
        offset += 1;
    }
    finish(&mut word, start, offset, &mut out);
    out
}

fn is_number_after_letter(word: &str, next: char) -> bool {
    let mut letters = word.chars();
    let only = letters.next().filter(|first| first.is_alphabetic());
    next.is_ascii_digit() && only.is_some() && letters.next().is_none()
}

fn finish(word: &mut String, start: usize, end: usize, out: &mut Vec<Token>) {
    if word.is_empty() {
        return;
    }
    let mut marked = marked(word);
    if marked.len() == 2 && marked.starts_with('0') && marked.chars().all(|c| c.is_ascii_digit()) {
        marked.remove(0);
    }
    let folded = strip_marks(&marked);
    out.push(Token { offset: start, length: end - start, marked, folded });
    word.clear();
}
