//! What a text says beside its matter: that it is urgent, that it may be a denunciation, that it
//! is in another language. A flag refuses nothing; for denunciations one too many is better than
//! one too few.

use std::collections::BTreeSet;

use super::reading::Reading;
use crate::domain::scope::Flag;
use crate::domain::taxonomy::{Cue, Direction};

/// From this probability on a denunciation is suspected.
const SUSPICION: f64 = 0.1;
/// So many different weak cues are as good as a strong one.
const WEAK_CUES: usize = 2;
/// A text of which less than this share of letters stands in known words is in another language.
const KNOWN_SHARE: f64 = 0.6;

/// The categories that restrict a case.
pub(crate) struct Restricted<'a> {
    pub(crate) share: f64,
    pub(crate) codes: Vec<&'a str>,
}

/// The flags of a text.
pub(crate) fn flags(reading: &Reading, cues: &[Cue], restricted: Restricted<'_>) -> BTreeSet<Flag> {
    let mut out = BTreeSet::new();
    let found: BTreeSet<usize> = reading.cues.iter().map(|found| found.cue).collect();
    let found: Vec<&Cue> = found.into_iter().filter_map(|at| cues.get(at)).collect();
    for flag in Flag::ALL {
        let raising =
            found.iter().filter(|c| c.direction == Direction::Flag && c.category == flag.word());
        let strong = raising.clone().filter(|cue| cue.strong).count();
        if strong > 0 || raising.count() >= WEAK_CUES {
            out.insert(*flag);
        }
    }
    let is_named = found.iter().any(|cue| restricted.codes.contains(&cue.category.as_str()));
    if is_named || restricted.share >= SUSPICION {
        out.insert(Flag::DenunciationSuspected);
    }
    out
}

/// Is so little of a text in known words that it is in another language?
pub(crate) fn is_foreign(known_share: f64) -> bool {
    known_share < KNOWN_SHARE
}
