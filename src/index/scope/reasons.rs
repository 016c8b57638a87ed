//! Why: the phrases, texts and rules that pulled, with their share of the evidence.

use super::acts::{ActMatch, Acts};
use super::features::{Hit, WHOLE};
use super::linear::LinearModel;
use super::model::{INPUT_CUES, INPUT_VOTE, Opinion};
use super::neighbours::Near;
use super::reading::Reading;
use super::vector::{place, slot_of};
use crate::domain::Names;
use crate::domain::scope::{Reason, ReasonKind, Scope};
use crate::domain::taxonomy::{Category, Cue, Direction};
use crate::text::Token;

/// Phrases of the model that are shown.
const PHRASES_MAX: usize = 4;
/// Acts of speech that are shown.
const ACTS_MAX: usize = 4;
/// A phrase of the model has at most so many words.
const PHRASE_WORDS_MAX: usize = 5;
/// A word that stands alone is shown where it pulls this share of the strongest phrase: less is a
/// scrap that convinces nobody.
const SINGLE_SHARE: f64 = 0.6;
/// Scalars of a neighbour that are shown as a reason.
const NEIGHBOUR_SCALARS: usize = 80;

/// What the reasons are made of. Scalars before `skipped` belong to the title and are not pointed
/// at.
pub(crate) struct Grounds<'a> {
    pub(crate) reading: &'a Reading,
    pub(crate) skipped: usize,
    pub(crate) cues: &'a [Cue],
    pub(crate) acts: &'a Acts,
    pub(crate) near: &'a [Near],
    pub(crate) category: Option<&'a Category>,
    /// The model and its opinion, where there is a model.
    pub(crate) learned: Option<(&'a LinearModel, &'a Opinion)>,
}

/// The reasons, the strongest first.
pub(crate) fn reasons(grounds: &Grounds<'_>) -> Vec<Reason> {
    let mut pulls = match grounds.learned {
        Some((model, opinion)) => scaled_pulls(grounds.reading, model, opinion),
        None => vec![0.0; grounds.reading.tokens.len()],
    };
    let mut out = cue_reasons(grounds, &mut pulls);
    out.extend(act_reasons(grounds, &mut pulls));
    out.extend(phrases(grounds, &pulls));
    if let Some((_, opinion)) = grounds.learned {
        out.extend(neighbour_reason(grounds, opinion));
    }
    let all: f64 = out.iter().map(|reason| reason.weight).sum();
    if all > 0.0 {
        out.iter_mut().for_each(|reason| reason.weight /= all);
    }
    out.sort_by(|one, other| {
        other.weight.total_cmp(&one.weight).then(one.offset.cmp(&other.offset))
    });
    out.extend(law(grounds));
    out
}

/// What each token adds to the log-odds, as far as that comes from the linear models.
fn scaled_pulls(reading: &Reading, model: &LinearModel, opinion: &Opinion) -> Vec<f64> {
    let mut pulls = pulls(&reading.hits, reading.tokens.len(), model);
    let all: f64 = pulls.iter().map(|pull| pull.abs()).sum();
    let learned: f64 = opinion.inputs.iter().take(2).map(|x| x.abs()).sum();
    let factor = learned / all.max(f64::MIN_POSITIVE);
    pulls.iter_mut().for_each(|pull| *pull *= factor);
    pulls
}

/// The cues that were found. What the model makes of a cue's words is the cue's, and is taken from
/// `pulls`: people know the phrase.
fn cue_reasons(grounds: &Grounds<'_>, pulls: &mut [f64]) -> Vec<Reason> {
    let strength = |cue: &Cue| match (cue.direction, cue.strong) {
        (Direction::Flag, _) => 0.0,
        (_, true) => 1.0,
        (_, false) => 0.3,
    };
    let found = grounds.reading.cues.iter();
    let found = found.filter_map(|found| grounds.cues.get(found.cue).map(|cue| (found, cue)));
    let all: f64 = found.clone().map(|(_, cue)| strength(cue)).sum();
    let unit = grounds.learned.map_or(1.0, |(_, opinion)| {
        let inputs = INPUT_CUES.iter().filter_map(|at| opinion.inputs.get(*at));
        inputs.map(|x| x.abs()).sum::<f64>() / all.max(f64::MIN_POSITIVE)
    });
    let mut out = Vec::new();
    for (found, cue) in found {
        let Some((offset, length)) = span(grounds, found.first, found.last) else { continue };
        let mut weight = strength(cue) * unit;
        if cue.direction != Direction::Flag {
            for pull in pulls.iter_mut().take(found.last + 1).skip(found.first) {
                weight += std::mem::take(pull).abs();
            }
        }
        out.push(Reason {
            kind: ReasonKind::Cue,
            phrase: part(grounds, offset, length),
            offset,
            length,
            toward: cue.category.clone(),
            weight,
            basis: Some(cue.basis.clone()).filter(|basis| !basis.is_empty()),
            why: cue.reasons.clone(),
        });
    }
    out
}

/// What the text does, where that pulled: the strongest first, each word counted once.
fn act_reasons(grounds: &Grounds<'_>, pulls: &mut [f64]) -> Vec<Reason> {
    let strongest = pulls.iter().fold(0.0_f64, |most, pull| most.max(pull.abs()));
    let sum = |pulls: &[f64], found: &ActMatch| -> f64 {
        pulls.iter().take(found.last + 1).skip(found.first).sum()
    };
    let mut found: Vec<(&ActMatch, f64)> =
        grounds.reading.acts.iter().map(|found| (found, sum(pulls, found))).collect();
    found.sort_by(|one, other| other.1.abs().total_cmp(&one.1.abs()));
    let mut out = Vec::new();
    for (found, _) in found {
        let pull = sum(pulls, found);
        if out.len() == ACTS_MAX || pull.abs() < strongest * 0.25 || pull == 0.0 {
            continue;
        }
        let Some((offset, length)) = span(grounds, found.first, found.last) else { continue };
        pulls.iter_mut().take(found.last + 1).skip(found.first).for_each(|pull| *pull = 0.0);
        let toward = if pull > 0.0 { Scope::In } else { Scope::Out };
        out.push(Reason {
            kind: ReasonKind::Cue,
            phrase: part(grounds, offset, length),
            offset,
            length,
            toward: toward.word().to_owned(),
            weight: pull.abs(),
            basis: None,
            why: grounds.acts.names(found.act).cloned().unwrap_or_default(),
        });
    }
    out
}

/// Where tokens stand in the text without its title.
fn span(grounds: &Grounds<'_>, first: usize, last: usize) -> Option<(usize, usize)> {
    let tokens = &grounds.reading.tokens;
    let (first, last) = (tokens.get(first)?, tokens.get(last)?);
    let offset = first.offset.checked_sub(grounds.skipped)?;
    Some((offset, last.end() - first.offset))
}

fn part(grounds: &Grounds<'_>, offset: usize, length: usize) -> String {
    grounds.reading.text.chars().skip(grounds.skipped + offset).take(length).collect()
}

/// A number is no reason that anybody could check.
fn is_figure(token: &Token) -> bool {
    token.folded.chars().all(|c| c.is_ascii_digit())
}

/// Runs of words that pull the model to one side, the strongest.
fn phrases(grounds: &Grounds<'_>, pulls: &[f64]) -> Vec<Reason> {
    let mut runs: Vec<(usize, usize, f64)> = Vec::new();
    let strongest = pulls.iter().fold(0.0_f64, |most, pull| most.max(pull.abs()));
    for (at, pull) in pulls.iter().enumerate() {
        let is_figure = grounds.reading.tokens.get(at).is_some_and(is_figure);
        if *pull == 0.0 || pull.abs() < strongest * 0.25 || is_figure {
            continue;
        }
        match runs.last_mut() {
            Some((first, last, sum))
                if *last + 1 == at && at - *first < PHRASE_WORDS_MAX && *sum * pull > 0.0 =>
            {
                *last = at;
                *sum += pull;
            }
            _ => runs.push((at, at, *pull)),
        }
    }
    runs.sort_by(|one, other| other.2.abs().total_cmp(&one.2.abs()).then(one.0.cmp(&other.0)));
    let most = runs.first().map_or(0.0, |(_, _, sum)| sum.abs());
    runs.retain(|(first, last, sum)| first != last || sum.abs() >= most * SINGLE_SHARE);
    let mut out = Vec::new();
    for (first, last, sum) in runs.into_iter().take(PHRASES_MAX) {
        let Some((offset, length)) = span(grounds, first, last) else { continue };
        let toward = if sum > 0.0 { Scope::In } else { Scope::Out };
        out.push(Reason {
            kind: ReasonKind::Model,
            phrase: part(grounds, offset, length),
            offset,
            length,
            toward: toward.word().to_owned(),
            weight: sum.abs(),
            basis: None,
            why: Names::new(),
        });
    }
    out
}

/// What each token adds to the value: a feature's share is split among the tokens that it covers.
fn pulls(hits: &[Hit], tokens: usize, model: &LinearModel) -> Vec<f64> {
    let vector = model.weigher.vector(hits);
    let mut by_slot: Vec<(u32, f32)> = vector;
    by_slot.sort_by_key(|(slot, _)| *slot);
    let mut seen: Vec<u32> = hits.iter().map(|hit| slot_of(hit, model.weigher.bits)).collect();
    seen.sort_unstable();
    let mut out = vec![0.0_f64; tokens];
    for hit in hits.iter().filter(|hit| hit.first != WHOLE) {
        let slot = slot_of(hit, model.weigher.bits);
        let start = by_slot.partition_point(|(other, _)| *other < slot);
        let values = by_slot.iter().skip(start).take_while(|(other, _)| *other == slot);
        let value: f32 = values.map(|(_, value)| value).sum();
        let weight = model.row(place(slot)).first().copied().unwrap_or(0.0);
        let from = seen.partition_point(|other| *other < slot);
        let to = seen.partition_point(|other| *other <= slot);
        let times =
            super::linear::whole(to - from) * super::linear::whole(place(hit.last - hit.first) + 1);
        let share = f64::from(weight * value / times);
        let covered = out.iter_mut().skip(place(hit.first)).take(place(hit.last - hit.first) + 1);
        covered.for_each(|pull| *pull += share);
    }
    out
}

fn neighbour_reason(grounds: &Grounds<'_>, opinion: &Opinion) -> Option<Reason> {
    let nearest = grounds.near.first()?;
    let pull = opinion.inputs.get(INPUT_VOTE).copied().unwrap_or(0.0);
    let toward = if pull > 0.0 { Scope::In } else { Scope::Out };
    Some(Reason {
        kind: ReasonKind::Neighbour,
        phrase: nearest.example.text.chars().take(NEIGHBOUR_SCALARS).collect(),
        offset: 0,
        length: 0,
        toward: toward.word().to_owned(),
        weight: pull.abs(),
        basis: nearest.example.number.clone(),
        why: Names::new(),
    })
}

/// The item of law of the category: no evidence, but what an officer reads first.
fn law(grounds: &Grounds<'_>) -> Option<Reason> {
    let category = grounds.category.filter(|category| !category.basis.is_empty())?;
    Some(Reason {
        kind: ReasonKind::Law,
        phrase: String::new(),
        offset: 0,
        length: 0,
        toward: category.code.clone(),
        weight: 0.0,
        basis: Some(category.basis.clone()),
        why: category.hints.clone(),
    })
}
