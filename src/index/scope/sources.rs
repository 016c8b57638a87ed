//! Which sources an engine judges by. A service judges by all of them; a trial leaves some out, to
//! show what each is worth.

use super::{Engine, IndexError};
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::scope::Example;

/// What an engine judges by. A source that is off is neither read from a text nor learned from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sources {
    /// The pack's cues: as evidence, as features of the linear model, and for flags.
    pub cues: bool,
    /// Words, pairs, pieces of words, their places and signs, in the linear model.
    pub words: bool,
    /// The pack's acts of speech, in the linear model.
    pub acts: bool,
    /// The nearest exemplars and officers' decisions. They speak of the side, not the category.
    pub neighbours: bool,
}

impl Sources {
    /// What a service judges by.
    pub const ALL: Sources = Sources { cues: true, words: true, acts: true, neighbours: true };
    /// To start from when only some are wanted.
    pub const NONE: Sources = Sources { cues: false, words: false, acts: false, neighbours: false };
}

impl Engine {
    /// [`Engine::build`] with some of the sources, for trials; it always trains its own model,
    /// and this is not one to be kept.
    pub fn build_from(
        sources: Sources,
        jurisdiction: &Jurisdiction,
        officers: &[Example],
    ) -> Result<Engine, IndexError> {
        Engine::assemble(sources, jurisdiction, officers, None)
    }
}
