//! From features to numbers: how rare a feature is, how often it stands in the text, each block
//! of one length.

use super::features::{Block, HASH_BITS, Hit};

/// The entries of a text: slot and value.
pub(crate) type Vector = Vec<(u32, f32)>;

/// How much each block weighs, chosen by cross-validation on training texts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct BlockWeights {
    pub(crate) marked: f32,
    pub(crate) folded: f32,
    pub(crate) pairs: f32,
    pub(crate) pieces: f32,
    pub(crate) places: f32,
    pub(crate) acts: f32,
    pub(crate) length: f32,
}

impl BlockWeights {
    fn of(&self, block: Block) -> f32 {
        match block {
            Block::Marked => self.marked,
            Block::Folded => self.folded,
            Block::Pairs => self.pairs,
            Block::Pieces => self.pieces,
            Block::Places => self.places,
            Block::Acts => self.acts,
            Block::Length => self.length,
        }
    }
}

/// Knows how rare every slot is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Weigher {
    /// There are two to this power slots.
    pub(crate) bits: u32,
    /// Inverse document frequency by slot.
    pub(crate) rarity: Vec<f32>,
    pub(crate) blocks: BlockWeights,
}

/// A feature counted: block, slot, and how often.
type Counted = (Block, u32, f32);

impl Weigher {
    /// Counts in how many of the texts each slot occurs.
    pub(crate) fn count<'a>(
        texts: impl Iterator<Item = &'a [Hit]>,
        bits: u32,
        blocks: BlockWeights,
    ) -> Weigher {
        let slots = 1_usize << bits;
        let mut frequency = vec![0.0_f32; slots];
        let mut total = 1.0_f32;
        for hits in texts {
            total += 1.0;
            for slot in distinct(hits, bits) {
                if let Some(count) = frequency.get_mut(place(slot)) {
                    *count += 1.0;
                }
            }
        }
        for value in &mut frequency {
            *value = (total / (1.0 + *value)).ln() + 1.0;
        }
        Weigher { bits, rarity: frequency, blocks }
    }

    /// The vector of a text.
    pub(crate) fn vector(&self, hits: &[Hit]) -> Vector {
        let mut counted = counts(hits, self.bits);
        for (_, slot, value) in &mut counted {
            let rarity = self.rarity.get(place(*slot)).copied().unwrap_or(1.0);
            *value = (1.0 + value.ln()) * rarity;
        }
        let mut out = Vec::with_capacity(counted.len());
        for part in counted.chunk_by(|one, other| one.0 == other.0) {
            let square: f32 = part.iter().map(|(_, _, value)| value * value).sum();
            let block = part.first().map_or(0.0, |(block, _, _)| self.blocks.of(*block));
            let factor = block / square.sqrt().max(f32::MIN_POSITIVE);
            if factor > 0.0 {
                out.extend(part.iter().map(|(_, slot, value)| (*slot, value * factor)));
            }
        }
        out
    }
}

/// A slot as a place in a table.
pub(crate) fn place(slot: u32) -> usize {
    usize::try_from(slot).unwrap_or(usize::MAX)
}

/// The slot of a feature where there are two to the power `bits`.
pub(crate) fn slot_of(hit: &Hit, bits: u32) -> u32 {
    hit.slot >> HASH_BITS.saturating_sub(bits)
}

fn distinct(hits: &[Hit], bits: u32) -> Vec<u32> {
    let mut slots: Vec<u32> = hits.iter().map(|hit| slot_of(hit, bits)).collect();
    slots.sort_unstable();
    slots.dedup();
    slots
}

fn counts(hits: &[Hit], bits: u32) -> Vec<Counted> {
    let mut keys: Vec<(Block, u32)> =
        hits.iter().map(|hit| (hit.block, slot_of(hit, bits))).collect();
    keys.sort_unstable();
    let mut out: Vec<Counted> = Vec::with_capacity(keys.len());
    for (block, slot) in keys {
        match out.last_mut() {
            Some((b, s, count)) if (*b, *s) == (block, slot) => *count += 1.0,
            _ => out.push((block, slot, 1.0)),
        }
    }
    out
}
