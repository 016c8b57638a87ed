//! The pack's phrases found in a text. What a phrase speaks for is the pack's; here stand only
//! the rules of reading: marks, negation, names that speak for neither side, the longest phrase
//! first.

use std::collections::HashMap;

use crate::domain::scope::Flag;
use crate::domain::taxonomy::{Cue, Direction, NEGATION};
use crate::text::{Token, tokens};

/// A word of negation counts when it stands so many words before a cue.
const NEGATION_REACH: usize = 2;
/// Words around a phrase that show whether its writer types marks.
const WINDOW_WORDS: usize = 5;
/// A writer who leaves off marks still types one word in so many with them.
const MARKED_ONE_IN: usize = 5;

/// A cue at its place: tokens `first` to `last`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CueMatch {
    /// The place of the cue in the pack's list.
    pub(crate) cue: usize,
    pub(crate) first: usize,
    pub(crate) last: usize,
    /// Typed as the phrase stands, with all its marks.
    pub(crate) is_exact: bool,
}

struct Phrase {
    cue: usize,
    words: Vec<Token>,
    marks_required: bool,
    /// A phrase without marks that raises a flag is meant for texts without marks.
    for_bare_text: bool,
    direction: Direction,
    ignores_negation: bool,
    category: String,
}

/// All phrases, by the folded form of their first word.
pub(crate) struct CueMatcher {
    phrases: Vec<Phrase>,
    starts: HashMap<String, Vec<usize>>,
    negations: Vec<Vec<Token>>,
}

impl CueMatcher {
    pub(crate) fn new(cues: &[Cue]) -> CueMatcher {
        let mut matcher =
            CueMatcher { phrases: Vec::new(), starts: HashMap::new(), negations: Vec::new() };
        for (at, cue) in cues.iter().enumerate() {
            let words = tokens(&cue.phrase);
            let Some(first) = words.first() else { continue };
            if cue.direction == Direction::None && cue.category == NEGATION {
                matcher.negations.push(words);
                continue;
            }
            let number = matcher.phrases.len();
            matcher.starts.entry(first.folded.clone()).or_default().push(number);
            let is_bare = words.iter().all(|word| word.marked == word.folded);
            matcher.phrases.push(Phrase {
                cue: at,
                words,
                marks_required: cue.marks_required,
                for_bare_text: is_bare && cue.direction == Direction::Flag,
                direction: cue.direction,
                ignores_negation: cue.category == Flag::DenunciationSuspected.word(),
                category: cue.category.clone(),
            });
        }
        matcher
    }

    /// The cues that count, in the order of the text.
    pub(crate) fn find(&self, tokens: &[Token]) -> Vec<CueMatch> {
        let mut found: Vec<(CueMatch, &Phrase)> = Vec::new();
        for (first, token) in tokens.iter().enumerate() {
            for number in self.starts.get(&token.folded).into_iter().flatten() {
                let Some(phrase) = self.phrases.get(*number) else { continue };
                let last = first + phrase.words.len() - 1;
                let Some(words) = tokens.get(first..=last) else { continue };
                if reads(phrase, words, || is_bare_around(tokens, first, last)) {
                    let is_exact = is_exact(phrase, words);
                    found.push((CueMatch { cue: phrase.cue, first, last, is_exact }, phrase));
                }
            }
        }
        let spoken = |(one, phrase): &&(CueMatch, &Phrase)| {
            let is_covered = found.iter().any(|(other, wider)| covers(other, wider, one, phrase));
            let is_negated = !phrase.ignores_negation && self.is_negated(tokens, one.first);
            phrase.direction != Direction::None && !is_covered && !is_negated
        };
        found.iter().filter(spoken).map(|(found, _)| *found).collect()
    }

    fn is_negated(&self, tokens: &[Token], first: usize) -> bool {
        (0..NEGATION_REACH).any(|gap| {
            let Some(end) = first.checked_sub(gap) else { return false };
            self.negations.iter().any(|words| {
                let start = end.checked_sub(words.len());
                let before = start.and_then(|start| tokens.get(start..end));
                before.is_some_and(|before| {
                    before.iter().zip(words).all(|(typed, word)| is_word(typed, word))
                })
            })
        })
    }
}

/// A longer phrase of the same kind, or a name that speaks for neither side, swallows a phrase
/// within it.
fn covers(wide: &CueMatch, wider: &Phrase, one: &CueMatch, phrase: &Phrase) -> bool {
    let is_within = wide.first <= one.first && one.last <= wide.last;
    let is_longer = wide.last - wide.first > one.last - one.first;
    let is_name = wider.direction == Direction::None;
    let is_same = wider.direction == phrase.direction && wider.category == phrase.category;
    is_within && is_longer && (is_name || is_same)
}

fn is_exact(phrase: &Phrase, words: &[Token]) -> bool {
    words.iter().zip(&phrase.words).all(|(typed, word)| typed.marked == word.marked)
}

fn reads(phrase: &Phrase, words: &[Token], is_bare: impl Fn() -> bool) -> bool {
    if is_exact(phrase, words) {
        return !phrase.for_bare_text || is_bare();
    }
    let fits = words.iter().zip(&phrase.words).all(|(typed, word)| is_word(typed, word));
    fits && !phrase.marks_required && is_bare()
}

/// The word as it is, or typed without any mark. A word with other marks is another word.
fn is_word(typed: &Token, word: &Token) -> bool {
    typed.marked == word.marked || typed.marked == word.folded
}

/// Does whoever wrote this part leave the marks off?
fn is_bare_around(tokens: &[Token], first: usize, last: usize) -> bool {
    let from = first.saturating_sub(WINDOW_WORDS);
    let window = tokens.iter().skip(from).take(last + WINDOW_WORDS + 1 - from);
    let (mut all, mut marked) = (0, 0);
    for token in window {
        all += 1;
        marked += usize::from(token.marked != token.folded);
    }
    marked * MARKED_ONE_IN <= all
}
