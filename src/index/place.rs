//! Where indexes lie: one folder for each fingerprint and generation. A rebuild goes into the next
//! generation beside the one that serves, and a file in the folder is the wish for it.

use std::path::{Path, PathBuf};

use tantivy::directory::{Directory, INDEX_WRITER_LOCK, MmapDirectory};

use super::IndexError;
use super::schema::{name, schema};
use super::store::Mark;
use crate::domain::jurisdiction::Jurisdiction;
use crate::text::typing::is_typed_so;

/// Asks whoever writes the index to build it anew.
const WISH: &str = "reindex-wanted";

/// The generations of one fingerprint.
pub(super) struct Places {
    folder: PathBuf,
    base: String,
}

/// One generation that is there.
pub(super) struct Generation {
    pub(super) path: PathBuf,
    number: u32,
    /// How far it had come; `None` where that cannot be read.
    mark: Option<i64>,
}

impl Places {
    pub(super) fn of(folder: &Path, rules: &Jurisdiction) -> Places {
        let (schema, _) = schema();
        let retypes = is_typed_so(&rules.settings.languages);
        let lists = format!("{:?} {retypes}", rules.settings.personal_data);
        Places { folder: folder.to_owned(), base: name(&schema, &lists) }
    }

    /// Those that are there, the one that has come furthest first: a rebuild that was cut off is
    /// behind the one that served meanwhile.
    pub(super) fn generations(&self) -> Result<Vec<Generation>, IndexError> {
        let mut found = Vec::new();
        for path in folders(&self.folder)? {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let number = name.strip_prefix(&self.base).and_then(|rest| rest.strip_prefix('-'));
            if let Some(number) = number.and_then(|number| number.parse().ok()) {
                found.push(Generation { mark: mark(&path), path, number });
            }
        }
        found.sort_by_key(|generation| (generation.mark, generation.number));
        found.reverse();
        Ok(found)
    }

    /// The folder of the generation after all that are there.
    pub(super) fn next(&self) -> Result<PathBuf, IndexError> {
        let newest = self.generations()?.iter().map(|generation| generation.number).max();
        Ok(self.folder.join(format!("{}-{}", self.base, newest.unwrap_or(0) + 1)))
    }

    /// Indexes of other fingerprints and generations are of no more use once this one serves.
    pub(super) fn remove_others(&self, keep: &Path) {
        let others = match folders(&self.folder) {
            Ok(folders) => folders.into_iter().filter(|path| path != keep),
            Err(error) => {
                tracing::warn!(%error, "old indexes could not be looked for");
                return;
            }
        };
        for path in others {
            if let Err(error) = remove(&path) {
                tracing::warn!(%error, "an old index could not be removed");
            }
        }
    }
}

/// The work on an index, seen from beside it.
pub struct Work {
    /// So many cases are committed in the generation that was begun last.
    pub cases: u64,
    /// Whether a process has the index open for writing.
    pub is_written: bool,
}

/// Looks at the work of whoever writes the index.
pub fn work(folder: &Path, rules: &Jurisdiction) -> Result<Work, IndexError> {
    let generations = Places::of(folder, rules).generations()?;
    let mut is_written = false;
    for generation in &generations {
        // The one that serves comes first: the lock of one that is only begun is not touched.
        is_written =
            is_written || directory(&generation.path)?.acquire_lock(&INDEX_WRITER_LOCK).is_err();
    }
    let newest = generations.iter().max_by_key(|generation| generation.number);
    let metas = newest.filter(|newest| newest.path.join("meta.json").exists());
    let cases = match metas {
        Some(newest) => cases(&tantivy::Index::open_in_dir(&newest.path)?.load_metas()?),
        None => 0,
    };
    Ok(Work { cases, is_written })
}

fn cases(metas: &tantivy::IndexMeta) -> u64 {
    metas.segments.iter().map(|segment| u64::from(segment.num_docs())).sum()
}

pub(super) fn directory(place: &Path) -> Result<MmapDirectory, IndexError> {
    MmapDirectory::open(place)
        .map_err(|e| IndexError::File { path: place.display().to_string(), reason: e.to_string() })
}

/// Leaves the wish that the index be built anew.
pub fn wish(folder: &Path) -> Result<(), IndexError> {
    let path = folder.join(WISH);
    std::fs::create_dir_all(folder).map_err(|e| file(folder, &e))?;
    std::fs::write(&path, "").map_err(|e| file(&path, &e))
}

/// Whether somebody wishes that the index be built anew.
pub fn is_wished(folder: &Path) -> Result<bool, IndexError> {
    let path = folder.join(WISH);
    path.try_exists().map_err(|e| file(&path, &e))
}

/// The wish is fulfilled.
pub fn fulfil(folder: &Path) -> Result<(), IndexError> {
    let path = folder.join(WISH);
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(file(&path, &error)),
        _ => Ok(()),
    }
}

/// Removes a folder with all that is in it.
pub(super) fn remove(place: &Path) -> Result<(), IndexError> {
    match std::fs::remove_dir_all(place) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(file(place, &error)),
        _ => Ok(()),
    }
}

pub(super) fn file(path: &Path, error: &std::io::Error) -> IndexError {
    IndexError::File { path: path.display().to_string(), reason: error.to_string() }
}

fn folders(folder: &Path) -> Result<Vec<PathBuf>, IndexError> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(file(folder, &error)),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.map_err(|e| file(folder, &e))?.path();
        if path.is_dir() {
            found.push(path);
        }
    }
    Ok(found)
}

fn mark(place: &Path) -> Option<i64> {
    let payload = tantivy::Index::open_in_dir(place).ok()?.load_metas().ok()?.payload;
    // A generation without a commit has come nowhere, and is none the worse for it.
    match payload {
        Some(text) => serde_json::from_str::<Mark>(&text).ok().map(|mark| mark.mark),
        None => Some(0),
    }
}
