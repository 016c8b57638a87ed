//! A model as bytes and back: sixteen bits a weight, and nothing that could be read as words.
//! What does not fit exactly is no model.

use super::calibrate::Logistic;
use super::linear::LinearModel;
use super::model::{Model, RECIPE};
use super::vector::{BlockWeights, Weigher};

const MAGIC: &[u8; 8] = b"DVSCOPE\0";

/// Writes a model.
pub(crate) fn write(model: &Model) -> Vec<u8> {
    let mut out = Vec::new();
    out.extend_from_slice(MAGIC);
    out.extend_from_slice(&RECIPE.to_le_bytes());
    out.extend_from_slice(&model.digest.to_le_bytes());
    for part in [&model.scope, &model.category] {
        write_linear(part, &mut out);
    }
    let [yes, no] = model.thresholds;
    for value in [model.sharpness, yes, no].iter().chain(&model.combiner.weights) {
        out.extend_from_slice(&value.to_le_bytes());
    }
    out
}

fn write_linear(model: &LinearModel, out: &mut Vec<u8>) {
    out.extend_from_slice(&model.weigher.bits.to_le_bytes());
    out.extend_from_slice(&u32::try_from(model.columns).unwrap_or(0).to_le_bytes());
    let b = &model.weigher.blocks;
    let blocks = [b.marked, b.folded, b.pairs, b.pieces, b.places, b.acts, b.length];
    for value in blocks {
        out.extend_from_slice(&value.to_le_bytes());
    }
    for value in model.weigher.rarity.iter().chain(&model.weights) {
        let [_, _, low, high] = value.to_le_bytes();
        out.extend_from_slice(&[low, high]);
    }
}

/// Reads a model of this recipe; `None` where the bytes are anything else.
pub(crate) fn read(bytes: &[u8]) -> Option<Model> {
    let mut rest = Rest(bytes);
    if rest.take::<8>()? != *MAGIC || rest.u32()? != RECIPE {
        return None;
    }
    let digest = u64::from_le_bytes(rest.take()?);
    let scope = read_linear(&mut rest)?;
    let category = read_linear(&mut rest)?;
    let (sharpness, yes, no) = (rest.f64()?, rest.f64()?, rest.f64()?);
    let mut weights = Vec::new();
    while !rest.0.is_empty() {
        weights.push(rest.f64()?);
    }
    let combiner = Logistic { weights };
    Some(Model { digest, scope, category, sharpness, combiner, thresholds: [yes, no] })
}

fn read_linear(rest: &mut Rest<'_>) -> Option<LinearModel> {
    let bits = rest.u32().filter(|bits| *bits <= super::features::HASH_BITS)?;
    let columns = usize::try_from(rest.u32()?).ok()?;
    let blocks = BlockWeights {
        marked: rest.f32()?,
        folded: rest.f32()?,
        pairs: rest.f32()?,
        pieces: rest.f32()?,
        places: rest.f32()?,
        acts: rest.f32()?,
        length: rest.f32()?,
    };
    let slots = 1_usize << bits;
    let rarity = rest.shorts(slots)?;
    let weights = rest.shorts((slots + 1).checked_mul(columns)?)?;
    Some(LinearModel { columns, weigher: Weigher { bits, rarity, blocks }, weights })
}

struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*first)
    }

    fn u32(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn f32(&mut self) -> Option<f32> {
        self.take().map(f32::from_le_bytes)
    }

    fn f64(&mut self) -> Option<f64> {
        self.take().map(f64::from_le_bytes)
    }

    fn shorts(&mut self, count: usize) -> Option<Vec<f32>> {
        let (part, rest) = self.0.split_at_checked(count.checked_mul(2)?)?;
        self.0 = rest;
        let (pairs, _) = part.as_chunks::<2>();
        Some(pairs.iter().map(|[low, high]| f32::from_le_bytes([0, 0, *low, *high])).collect())
    }
}
