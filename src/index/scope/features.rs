//! What the linear model sees of a text: words, pairs, pieces of words, where they stand, and
//! cues, hashed into slots so that the model holds no strings. The blocks are weighed one by one,
//! so that a long block does not drown a short one.

use crate::text::Token;

/// The parts of a text's vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Block {
    Marked,
    Folded,
    Pairs,
    Pieces,
    Places,
    Acts,
    Length,
}

/// Features are hashed into two to this power slots; a smaller model joins neighbouring slots.
pub(crate) const HASH_BITS: u32 = 18;
/// Pieces of words have so many letters, spaces counted.
const PIECE_LETTERS: std::ops::RangeInclusive<usize> = 2..=5;
/// So many words at the ends of a text and of its sentences say what it does: it asks, thanks,
/// asks for.
const EDGE_WORDS: usize = 3;
/// Two words count as a loose pair when at most this many stand between them.
const GAP_WORDS: usize = 2;

/// In place of a token: the feature is the whole text's.
pub(crate) const WHOLE: u32 = u32::MAX;

/// A feature found in a text, with the tokens that it covers: from `first` to `last`, both
/// included.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hit {
    pub(crate) block: Block,
    pub(crate) slot: u32,
    pub(crate) first: u32,
    pub(crate) last: u32,
}

/// A cue of the pack that was found, as the model sees it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Act<'a> {
    pub(crate) name: &'a str,
    pub(crate) first: u32,
    pub(crate) last: u32,
}

/// Every feature of a text.
pub(crate) fn hits(text: &str, tokens: &[Token], acts: &[Act<'_>]) -> Vec<Hit> {
    let mut out = Collector { hits: Vec::with_capacity(tokens.len() * 24) };
    words(tokens, &mut out);
    pieces(tokens, &mut out);
    places(text, tokens, &mut out);
    for act in acts {
        out.add(Block::Acts, (act.first, act.last), hash(&[act.name.as_bytes()]));
    }
    out.hits
}

struct Collector {
    hits: Vec<Hit>,
}

impl Collector {
    fn add(&mut self, block: Block, (first, last): (u32, u32), hash: u64) {
        let seed = match block {
            Block::Marked => 0x9e37_79b9_7f4a_7c15,
            Block::Folded => 0xc2b2_ae3d_27d4_eb4f,
            Block::Pairs => 0x1656_67b1_9e37_79f9,
            Block::Pieces => 0xd6e8_feb8_6659_fd93,
            Block::Places => 0xa076_1d64_78bd_642f,
            Block::Acts => 0xe703_7ed1_a0b4_28db_u64,
            Block::Length => 0x8ebc_6af0_9c88_c6e3,
        };
        let mixed = (hash ^ seed).wrapping_mul(0xff51_afd7_ed55_8ccd);
        let slot = u32::try_from(mixed >> (64 - HASH_BITS)).unwrap_or(0);
        self.hits.push(Hit { block, slot, first, last });
    }
}

const HASH_START: u64 = 0xcbf2_9ce4_8422_2325;

fn hash_byte(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
}

/// FNV-1a over the parts with a separator; short and the same on every machine.
pub(crate) fn hash(parts: &[&[u8]]) -> u64 {
    let mut hash = HASH_START;
    for part in parts {
        for byte in *part {
            hash = hash_byte(hash, *byte);
        }
        hash = hash_byte(hash, 0);
    }
    hash ^ (hash >> 29)
}

fn words(tokens: &[Token], out: &mut Collector) {
    let mut before: Vec<&Token> = Vec::new();
    for (token, at) in tokens.iter().zip(0_u32..) {
        out.add(Block::Marked, (at, at), hash(&[token.marked.as_bytes()]));
        out.add(Block::Folded, (at, at), hash(&[token.folded.as_bytes()]));
        for (other, gap) in before.iter().rev().zip(0_u32..) {
            let kind: &[u8] = if gap == 0 { b"pair" } else { b"loose" };
            let pair = [kind, other.folded.as_bytes(), token.folded.as_bytes()];
            out.add(Block::Pairs, (at - gap - 1, at), hash(&pair));
        }
        if let [.., first, second] = before.as_slice() {
            let words = [&first.folded, &second.folded, &token.folded].map(|w| w.as_bytes());
            out.add(Block::Pairs, (at - 2, at), hash(&words));
        }
        if before.len() > GAP_WORDS {
            before.remove(0);
        }
        before.push(token);
    }
}

/// Runs of letters of the folded text, words parted by one space.
fn pieces(tokens: &[Token], out: &mut Collector) {
    let mut letters: Vec<(char, u32)> = Vec::with_capacity(tokens.len() * 5);
    for (token, at) in tokens.iter().zip(0_u32..) {
        letters.push((' ', at));
        letters.extend(token.folded.chars().map(|c| (c, at)));
    }
    letters.push((' ', u32::try_from(tokens.len()).unwrap_or(0).saturating_sub(1)));
    for start in 0..letters.len() {
        let run = letters.iter().skip(start).take(*PIECE_LETTERS.end());
        let mut hash = HASH_START;
        let mut first = None;
        for ((letter, at), length) in run.zip(1_usize..) {
            for byte in u32::from(*letter).to_le_bytes().iter().take(2) {
                hash = hash_byte(hash, *byte);
            }
            let from = *first.get_or_insert(*at);
            if PIECE_LETTERS.contains(&length) {
                out.add(Block::Pieces, (from, *at), hash ^ (hash >> 29));
            }
        }
    }
}

/// The words at the edges of the text and of its sentences, how sentences end, and what figures
/// stand in it.
fn places(text: &str, tokens: &[Token], out: &mut Collector) {
    let count = u32::try_from(tokens.len()).unwrap_or(0);
    let Some(last) = count.checked_sub(1) else { return };
    for (token, at) in tokens.iter().zip(0_u32..).take(EDGE_WORDS) {
        let word = token.folded.as_bytes();
        out.add(Block::Places, (at, at), hash(&[b"first", word]));
    }
    for (token, at) in tokens.iter().rev().zip(0_u32..).take(EDGE_WORDS) {
        let (word, at) = (token.folded.as_bytes(), last - at);
        out.add(Block::Places, (at, at), hash(&[b"last", word]));
    }
    let mut ends = sentence_ends(text).into_iter().peekable();
    let mut questions = 0_u32;
    let mut sentences = 0_u32;
    for (token, at) in tokens.iter().zip(0_u32..) {
        let next = tokens.get(usize::try_from(at + 1).unwrap_or(usize::MAX));
        let Some((_, sign)) = ends
            .next_if(|(end, _)| *end >= token.end() && next.is_none_or(|next| *end < next.offset))
        else {
            continue;
        };
        let mut bytes = [0_u8; 4];
        let sign = sign.encode_utf8(&mut bytes).as_bytes();
        out.add(Block::Places, (at, at), hash(&[b"end", token.folded.as_bytes(), sign]));
        if let Some(next) = next {
            out.add(Block::Places, (at, at), hash(&[b"start", next.folded.as_bytes()]));
        }
        sentences += 1;
        questions += u32::from(sign == b"?");
    }
    let asks_only = questions > 0 && questions == sentences;
    for (name, holds) in [("asks", questions > 0), ("asks only", asks_only)] {
        if holds {
            out.add(Block::Acts, (WHOLE, WHOLE), hash(&[name.as_bytes()]));
        }
    }
    figures(tokens, out);
}

/// Ends of sentences by scalar offset; of several signs in a row the first.
pub(crate) fn sentence_ends(text: &str) -> Vec<(usize, char)> {
    let mut out: Vec<(usize, char)> = Vec::new();
    for (at, sign) in text.chars().enumerate() {
        let is_end = matches!(sign, '.' | '?' | '!' | '\n' | '…');
        let follows = out.last().is_some_and(|(before, _)| before + 1 == at);
        if is_end && !follows {
            out.push((at, sign));
        }
    }
    out
}

/// Numbers by their length, and how many there are.
fn figures(tokens: &[Token], out: &mut Collector) {
    let mut numbers = 0_u32;
    for (token, at) in tokens.iter().zip(0_u32..) {
        let is_number = token.folded.chars().all(|c| c.is_ascii_digit());
        if is_number {
            numbers += 1;
            let digits = token.folded.len().min(6).to_string();
            out.add(Block::Acts, (at, at), hash(&[b"digits", digits.as_bytes()]));
        }
    }
    let length = (tokens.len() + 1).ilog2().to_string();
    out.add(Block::Length, (WHOLE, WHOLE), hash(&[length.as_bytes()]));
    let numbers = numbers.min(4).to_string();
    out.add(Block::Acts, (WHOLE, WHOLE), hash(&[b"numbers", numbers.as_bytes()]));
}
