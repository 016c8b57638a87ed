//! The scope engine: is a text in scope, out of scope or a question for an officer; of which
//! category; and why. Three sources, the pack's cues, the nearest labelled texts and a linear
//! model, are joined and calibrated.

mod acts;
mod bytes;
mod calibrate;
mod category;
mod cues;
mod features;
mod flags;
pub(crate) mod generic;
mod key;
mod linear;
mod measure;
mod model;
mod neighbours;
mod parallel;
mod reading;
mod reasons;
mod sources;
mod train;
mod vector;

use std::collections::BTreeMap;
use std::sync::{OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use super::IndexError;
use crate::domain::edition::Thresholds;
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::scope::{Example, Flag, Judgement, Neighbour, Scope};
use crate::domain::taxonomy::{Category, Cue, Direction};
use crate::text::language::Vocabulary;
use crate::text::personal::PersonalPatterns;
use crate::text::scalars;
use acts::Acts;
use calibrate::sigmoid;
pub use key::key;
use model::RECIPE;
use model::{Model, NEIGHBOURS, Opinion, Taught};
use neighbours::{Near, Neighbours, vote};
use reading::{Reader, Reading};
use reasons::Grounds;
pub use sources::Sources;

/// Neighbours that are shown.
const NEIGHBOURS_SHOWN: usize = 3;
/// From this likeness on an officer's decision on another case speaks by itself.
const LIKE: f64 = 0.5;
/// How loudly: log-odds at full likeness.
const OFFICER_WEIGHT: f64 = 12.0;

/// Judges texts; shared by all threads.
pub struct Engine {
    categories: Vec<Category>,
    cues: Vec<Cue>,
    reader: Reader,
    vocabulary: Vocabulary,
    personal: PersonalPatterns,
    model: Option<Model>,
    /// Set by an edition of the rules, in the place of what the training found.
    thresholds: Thresholds,
    sources: Sources,
    neighbours: RwLock<Neighbours>,
    /// Looked at once.
    nearness: OnceLock<Option<f64>>,
}

/// A text judged by numbers alone.
struct Weighed {
    value: f64,
    opinion: Option<Opinion>,
    near: Vec<Near>,
    /// Probability of each category.
    categories: Vec<f64>,
}

impl Engine {
    /// Makes the engine of a jurisdiction. Without a model, or with one of another recipe or
    /// other categories, it trains its own from the exemplars and the officers' decisions; these
    /// count as neighbours in any case.
    pub fn build(
        jurisdiction: &Jurisdiction,
        officers: &[Example],
        model: Option<&[u8]>,
    ) -> Result<Engine, IndexError> {
        Engine::assemble(Sources::ALL, jurisdiction, officers, model)
    }

    fn assemble(
        sources: Sources,
        jurisdiction: &Jurisdiction,
        officers: &[Example],
        model: Option<&[u8]>,
    ) -> Result<Engine, IndexError> {
        let data = &jurisdiction.settings.personal_data;
        let pairs: Vec<(String, String)> =
            data.iter().map(|data| (data.kind.clone(), data.pattern.clone())).collect();
        let mut engine = Engine {
            categories: jurisdiction.categories.clone(),
            cues: jurisdiction.cues.clone(),
            reader: Reader::new(&jurisdiction.cues, Acts::compile(&jurisdiction.acts)?, sources),
            vocabulary: vocabulary(jurisdiction),
            personal: PersonalPatterns::compile(&pairs)?,
            model: None,
            thresholds: jurisdiction.settings.thresholds,
            sources,
            neighbours: RwLock::default(),
            nearness: OnceLock::new(),
        };
        for example in jurisdiction.exemplars.iter().chain(officers) {
            engine.learn(example.clone());
        }
        let given = model.and_then(bytes::read);
        let fitting = given.filter(|model| model.category.columns == engine.categories.len());
        engine.model = match fitting {
            Some(model) => Some(model),
            None => {
                let examples = jurisdiction.exemplars.iter().chain(officers);
                engine.train(examples, jurisdiction.settings.wanted_precision)
            }
        };
        Ok(engine)
    }

    fn train<'a>(
        &self,
        examples: impl Iterator<Item = &'a Example>,
        wanted_precision: f64,
    ) -> Option<Model> {
        let sided = examples.enumerate().filter(|(_, example)| example.scope != Scope::Ask);
        let sided: Vec<(usize, &Example)> = sided.collect();
        let read = parallel::each(&sided, |(place, example)| {
            let category = self.categories.iter().position(|c| c.code == example.category)?;
            let (scope, writer) = (example.scope, example.writer.clone());
            let reading = self.reader.read(&example.text);
            Some(Taught { reading, scope, category, place: *place, writer })
        });
        let texts: Vec<Taught> = read.into_iter().flatten().collect();
        let has = |side: Scope| texts.iter().any(|text| text.scope == side);
        if !has(Scope::In) || !has(Scope::Out) {
            return None;
        }
        let neighbours = self.read();
        let beside = (&self.reader, &*neighbours);
        Some(Model::train(&texts, &self.categories, beside, wanted_precision))
    }

    /// Judges a text. Offsets of the reasons count scalars of `text` in NFC.
    pub fn judge(&self, title: Option<&str>, text: &str) -> Judgement {
        self.judge_beside(None, title, text)
    }

    /// As [`Engine::judge`], as if no officer had decided the case of that number yet.
    pub fn judge_beside(&self, own: Option<&str>, title: Option<&str>, text: &str) -> Judgement {
        let (whole, skipped) = match title {
            Some(title) if !title.is_empty() => {
                let title = crate::text::nfc(title);
                (format!("{title}\n{text}"), scalars(&title) + 1)
            }
            _ => (text.to_owned(), 0),
        };
        let reading = self.reader.read(&whole);
        let weighed = self.weigh(&reading, own);
        let p = sigmoid(weighed.value);
        let likely = if p >= 0.5 { Scope::In } else { Scope::Out };
        let confidence = p.max(1.0 - p);
        let category = self.category(&reading, &weighed, likely);
        let mut flags = flags::flags(&reading, &self.cues, self.category_share(&weighed));
        if self.is_restricted_likeliest(&weighed, likely) {
            flags.insert(Flag::DenunciationSuspected);
        }
        if !self.personal.find(&reading.text).is_empty() {
            flags.insert(Flag::PersonalData);
        }
        if self.vocabulary.share(&reading.tokens).is_some_and(flags::is_foreign) {
            flags.insert(Flag::ForeignLanguage);
        }
        // Who may be in danger by a denunciation is not left to a machine: a suspicion is an
        // officer's to judge, unless the text says it in so many words, and the case is restricted.
        let is_suspected = flags.contains(&Flag::DenunciationSuspected);
        let may_decide = !is_suspected || self.is_spoken_out(category, &reading);
        let is_sure = confidence >= self.threshold(likely) && may_decide;
        let learned = self.model.as_ref().zip(weighed.opinion.as_ref());
        let reasons = reasons::reasons(&Grounds {
            reading: &reading,
            skipped,
            cues: &self.cues,
            acts: &self.reader.acts,
            near: &weighed.near,
            category,
            learned: learned.map(|(model, opinion)| (&model.scope, opinion)),
        });
        Judgement {
            scope: if is_sure { likely } else { Scope::Ask },
            likely,
            category: category.map(|category| category.code.clone()),
            labels: self.labels(category, &weighed, &reading),
            confidence,
            scores: scores(p),
            reasons,
            neighbours: shown(&weighed.near),
            flags,
            model: self.model_name(),
        }
    }

    /// An officer's label counts for later cases at once; it replaces an earlier one of the same
    /// case.
    pub fn learn(&self, example: Example) {
        if self.sources.neighbours {
            self.write().add(example);
        }
    }

    /// Forgets what was learned of a case.
    pub fn forget(&self, number: &str) {
        self.write().remove(number);
    }

    /// The model as bytes for [`Engine::build`]; empty where there was nothing to learn from.
    pub fn model_bytes(&self) -> Vec<u8> {
        self.model.as_ref().map(bytes::write).unwrap_or_default()
    }

    /// Recipe and data of the model.
    pub fn model_name(&self) -> String {
        match &self.model {
            Some(model) => format!("scope-{RECIPE}-{:016x}", model.digest),
            None => format!("scope-{RECIPE}-cues"),
        }
    }

    fn weigh(&self, reading: &Reading, own: Option<&str>) -> Weighed {
        let neighbours = self.read();
        let own = own.and_then(|number| neighbours.place_of(number));
        let near = neighbours.nearest(&reading.tokens, NEIGHBOURS, |place| Some(place) == own);
        drop(neighbours);
        let opinion = self
            .model
            .as_ref()
            .map(|model| model.opinion(reading, &self.reader, &self.categories, vote(&near)));
        let evidence = |side| self.reader.evidence(reading, side);
        let own = match &opinion {
            Some(opinion) => opinion.value,
            None => evidence(Direction::In) - evidence(Direction::Out),
        };
        let categories = match &opinion {
            Some(opinion) => opinion.categories.clone(),
            None => self.cue_categories(reading),
        };
        Weighed { value: own + officers(&near), opinion, near, categories }
    }

    /// The share of each category among the cues, where there is no model.
    fn cue_categories(&self, reading: &Reading) -> Vec<f64> {
        let mut counts = vec![0.01_f64; self.categories.len()];
        for found in &reading.cues {
            let Some(cue) = self.cues.get(found.cue) else { continue };
            for (category, count) in self.categories.iter().zip(&mut counts) {
                if category.code == cue.category {
                    *count += if cue.strong { 1.0 } else { 0.3 };
                }
            }
        }
        let sum: f64 = counts.iter().sum();
        counts.into_iter().map(|count| count / sum.max(f64::MIN_POSITIVE)).collect()
    }

    fn threshold(&self, side: Scope) -> f64 {
        let thresholds = self.model.as_ref().map_or([2.0, 2.0], |model| model.thresholds);
        let [yes, no] = thresholds;
        let (found, set) = match side {
            Scope::In => (yes, self.thresholds.yes),
            _ => (no, self.thresholds.no),
        };
        // Without a model nothing says how often it would be right.
        set.filter(|_| self.model.is_some()).unwrap_or(found)
    }

    // A writer that panicked leaves at worst one text half known: the others are still worth
    // asking.
    fn read(&self) -> RwLockReadGuard<'_, Neighbours> {
        self.neighbours.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Neighbours> {
        self.neighbours.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What officers decided on texts like this one, in log-odds of `in`.
fn officers(near: &[Near]) -> f64 {
    let mut out = 0.0;
    for text in near.iter().filter(|near| near.example.number.is_some()) {
        let weight = OFFICER_WEIGHT * (text.similarity - LIKE).max(0.0);
        out += match text.example.scope {
            Scope::In => weight,
            Scope::Out => -weight,
            Scope::Ask => 0.0,
        };
    }
    out
}

/// The words of the exemplars in the pack's first language.
fn vocabulary(jurisdiction: &Jurisdiction) -> Vocabulary {
    let mut out = Vocabulary::default();
    let language = jurisdiction.default_language();
    for example in jurisdiction.exemplars.iter().filter(|e| e.language == language) {
        out.add(&example.text);
    }
    out
}

fn scores(p: f64) -> BTreeMap<String, f64> {
    let pairs = [(Scope::In, p), (Scope::Out, 1.0 - p)];
    pairs.into_iter().map(|(scope, p)| (scope.word().to_owned(), p)).collect()
}

fn shown(near: &[Near]) -> Vec<Neighbour> {
    let shown = near.iter().take(NEIGHBOURS_SHOWN).map(|near| Neighbour {
        number: near.example.number.clone(),
        text: near.example.text.clone(),
        scope: near.example.scope,
        category: near.example.category.clone(),
        similarity: near.similarity,
    });
    shown.collect()
}
