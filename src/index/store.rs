//! The index on disk: opened by fingerprint, following a mark in its commits, rebuilt when it is
//! not ours or broken.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, RwLock};

use serde::{Deserialize, Serialize};
use tantivy::{IndexReader, IndexWriter, ReloadPolicy, TantivyDocument, Term};

use super::IndexError;
use super::document::{CaseDocument, document, id};
use super::place::{Places, directory, file, remove};
use super::schema::{Fields, schema};
use super::search::Snapshots;
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::taxonomy::Abbreviation;
use crate::seal::{Uid, hex};
use crate::text::personal::PersonalPatterns;
use crate::text::typing::is_typed_so;

/// The writer's memory before it makes a segment by itself.
const HEAP_BYTES: usize = 96 * 1024 * 1024;
const THREADS: usize = 2;

/// What a commit says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Mark {
    pub(super) mark: i64,
    /// Another database's index is not ours.
    database: String,
}

/// The desk's index.
pub struct Index {
    pub(super) fields: Fields,
    pub(super) reader: IndexReader,
    pub(super) abbreviations: Vec<Abbreviation>,
    /// What was typed so is looked up as what was meant too.
    pub(super) retypes: bool,
    pub(super) inner: tantivy::Index,
    /// `None` beside a running service, which writes.
    writer: Option<Mutex<IndexWriter>>,
    pub(super) patterns: PersonalPatterns,
    pub(super) snapshots: Snapshots,
    database: String,
    /// Where it lies; `None` in memory or beside a running service.
    place: Option<PathBuf>,
    mark: RwLock<i64>,
}

impl Index {
    /// Opens or makes the index in `folder`, or in memory. What is broken or of another database is
    /// begun anew.
    pub fn open(
        folder: Option<&Path>,
        database: &Uid,
        rules: &Jurisdiction,
    ) -> Result<Index, IndexError> {
        let Some(folder) = folder else { return open_at(None, database, rules) };
        let places = Places::of(folder, rules);
        for generation in places.generations()? {
            match open_at(Some(&generation.path), database, rules) {
                Ok(index) => {
                    places.remove_others(&generation.path);
                    return Ok(index);
                }
                // A lock is somebody else's work and no damage.
                Err(error) if error.is_lock() => return Err(error),
                Err(error) => {
                    tracing::warn!(%error, "the index cannot be used and is built anew");
                    remove(&generation.path)?;
                }
            }
        }
        let place = places.next()?;
        let index = open_at(Some(&place), database, rules)?;
        places.remove_others(&place);
        Ok(index)
    }

    /// Begins a generation beside the one that serves; [`Index::remove_others`] gives it
    /// the place.
    pub fn begin(folder: &Path, database: &Uid, rules: &Jurisdiction) -> Result<Index, IndexError> {
        open_at(Some(&Places::of(folder, rules).next()?), database, rules)
    }

    /// This one serves from now on: every other one is removed from the folder.
    pub fn remove_others(&self, folder: &Path, rules: &Jurisdiction) {
        if let Some(place) = &self.place {
            Places::of(folder, rules).remove_others(place);
        }
    }

    /// Opens what is there beside a running service.
    pub fn open_read_only(
        folder: &Path,
        database: &Uid,
        rules: &Jurisdiction,
    ) -> Result<Index, IndexError> {
        let generations = Places::of(folder, rules).generations()?;
        let newest = generations.into_iter().next().ok_or(IndexError::Missing)?;
        if !newest.path.join("meta.json").exists() {
            return Err(IndexError::Missing);
        }
        let inner = tantivy::Index::open_in_dir(&newest.path)?;
        let index = assemble(inner, None, database, rules)?;
        if index.is_foreign()? { Err(IndexError::Missing) } else { Ok(index) }
    }

    /// Removes every built index of the folder.
    pub fn remove(folder: &Path) -> Result<(), IndexError> {
        remove(folder)
    }

    /// The change up to which the index is up to date.
    pub fn mark(&self) -> i64 {
        *self.mark.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many cases are in it.
    pub fn count(&self) -> u64 {
        self.reader.searcher().num_docs()
    }

    /// Puts documents in and takes cases out, commits with the new mark and shows it. After an
    /// error nothing of it is there and the old mark stands.
    pub fn apply(
        &self,
        documents: Vec<CaseDocument>,
        gone: Vec<i64>,
        mark: i64,
    ) -> Result<(), IndexError> {
        let writer = self.writer.as_ref().ok_or(IndexError::ReadOnly)?;
        let mut writer = writer.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = self.commit(&mut writer, &documents, &gone, mark) {
            writer.rollback()?;
            return Err(error);
        }
        drop(writer);
        self.reader.reload()?;
        *self.mark.write().unwrap_or_else(PoisonError::into_inner) = mark;
        Ok(())
    }

    fn commit(
        &self,
        writer: &mut IndexWriter,
        documents: &[CaseDocument],
        gone: &[i64],
        mark: i64,
    ) -> Result<(), IndexError> {
        for case in gone {
            writer.delete_term(Term::from_field_u64(self.fields.id, id(*case)));
        }
        for case in documents {
            writer.delete_term(Term::from_field_u64(self.fields.id, id(case.case_id)));
            writer.add_document(document(&self.fields, case, &self.patterns, self.retypes))?;
        }
        let payload = Mark { mark, database: self.database.clone() };
        let payload = serde_json::to_string(&payload)
            .map_err(|e| IndexError::File { path: "commit".into(), reason: e.to_string() })?;
        let mut prepared = writer.prepare_commit()?;
        prepared.set_payload(&payload);
        prepared.commit()?;
        Ok(())
    }

    /// What the newest commit says of itself.
    pub(super) fn payload(&self) -> Result<Option<Mark>, IndexError> {
        let payload = self.inner.load_metas()?.payload;
        Ok(payload.and_then(|text| serde_json::from_str(&text).ok()))
    }

    fn is_foreign(&self) -> Result<bool, IndexError> {
        Ok(self.payload()?.is_some_and(|mark| mark.database != self.database))
    }
}

fn open_at(
    place: Option<&Path>,
    database: &Uid,
    rules: &Jurisdiction,
) -> Result<Index, IndexError> {
    let (schema, _) = schema();
    let inner = match place {
        None => tantivy::Index::create_in_ram(schema),
        Some(place) => {
            std::fs::create_dir_all(place).map_err(|e| file(place, &e))?;
            match tantivy::Index::exists(&directory(place)?).map_err(tantivy::TantivyError::from)? {
                true => tantivy::Index::open_in_dir(place)?,
                false => tantivy::Index::create_in_dir(place, schema)?,
            }
        }
    };
    let writer: IndexWriter<TantivyDocument> =
        inner.writer_with_num_threads(THREADS, HEAP_BYTES)?;
    let mut index = assemble(inner, Some(writer), database, rules)?;
    index.place = place.map(Path::to_owned);
    if index.is_foreign()? {
        return Err(IndexError::Missing);
    }
    Ok(index)
}

fn assemble(
    inner: tantivy::Index,
    writer: Option<IndexWriter>,
    database: &Uid,
    rules: &Jurisdiction,
) -> Result<Index, IndexError> {
    let (_, fields) = schema();
    let reader = inner.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
    let data = &rules.settings.personal_data;
    let pairs: Vec<(String, String)> =
        data.iter().map(|p| (p.kind.clone(), p.pattern.clone())).collect();
    let index = Index {
        fields,
        reader,
        abbreviations: rules.abbreviations.iter().chain(&rules.spellings).cloned().collect(),
        retypes: is_typed_so(&rules.settings.languages),
        inner,
        writer: writer.map(Mutex::new),
        patterns: PersonalPatterns::compile(&pairs)?,
        snapshots: Snapshots::default(),
        database: hex(database),
        place: None,
        mark: RwLock::new(0),
    };
    let mark = index.payload()?.map_or(0, |mark| mark.mark);
    *index.mark.write().unwrap_or_else(PoisonError::into_inner) = mark;
    Ok(index)
}
