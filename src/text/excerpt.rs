//! The part of a text that a list shows: its beginning, or the part around the words that were
//! looked for.

use std::collections::BTreeSet;

use super::fold::nfc;
use super::tokens::{Token, tokens};

/// Stands where the text goes on.
const ELLIPSIS: char = '…';

/// A part of a text. Highlights are offset and length in scalars of `text`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    pub text: String,
    pub highlights: Vec<(usize, usize)>,
}

/// At most about `scalars_max` scalars of the text: the window with the most of the folded
/// `terms`, else the beginning. Line ends become spaces.
pub fn excerpt(text: &str, terms: &[String], scalars_max: usize) -> Excerpt {
    let text = nfc(text);
    let tokens = tokens(&text);
    let terms: BTreeSet<&str> = terms.iter().map(String::as_str).collect();
    let hits: Vec<&Token> = tokens.iter().filter(|t| terms.contains(t.folded.as_str())).collect();
    let total = text.chars().count();
    let wanted = best_start(&hits, scalars_max);
    let from = if total <= scalars_max { 0 } else { word_start(&tokens, wanted, scalars_max) };
    let to = if from + scalars_max >= total { total } else { word_end(&tokens, from, scalars_max) };
    let mut out = String::new();
    let mut shift = 0;
    if from > 0 {
        out.push(ELLIPSIS);
        shift = 1;
    }
    let part = text.chars().skip(from).take(to - from);
    out.extend(part.map(|c| if c.is_whitespace() { ' ' } else { c }));
    if to < total {
        out.push(ELLIPSIS);
    }
    let inside = hits.iter().filter(|t| t.offset >= from && t.end() <= to);
    let highlights = inside.map(|t| (t.offset - from + shift, t.length)).collect();
    Excerpt { text: out, highlights }
}

/// The start of the window that holds the most different words that were looked for; the earliest
/// of these.
fn best_start(hits: &[&Token], scalars_max: usize) -> usize {
    let mut best = (0, 0);
    for (at, first) in hits.iter().enumerate() {
        let window = hits.iter().skip(at).take_while(|t| t.end() <= first.offset + scalars_max);
        let different: BTreeSet<&str> = window.map(|t| t.folded.as_str()).collect();
        if different.len() > best.0 {
            best = (different.len(), first.offset);
        }
    }
    best.1
}

/// The word at which the window begins: a quarter of it stands before the first hit.
fn word_start(tokens: &[Token], hit: usize, scalars_max: usize) -> usize {
    let wanted = hit.saturating_sub(scalars_max / 4);
    if wanted == 0 {
        return 0;
    }
    tokens.iter().find(|t| t.offset >= wanted).map_or(0, |t| t.offset)
}

/// The end of the last word that fits; a word longer than the whole window is cut.
fn word_end(tokens: &[Token], from: usize, scalars_max: usize) -> usize {
    let fitting = tokens.iter().rev().find(|t| t.offset >= from && t.end() <= from + scalars_max);
    fitting.map_or(from + scalars_max, Token::end)
}
