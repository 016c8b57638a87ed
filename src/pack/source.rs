//! Where the files of a pack come from: a folder, or the program itself.

use std::path::PathBuf;

use include_dir::{Dir, include_dir};

static PACKS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/index/packs");

/// A place with the files of one pack.
pub(super) enum Source {
    Folder(PathBuf),
    Embedded(&'static Dir<'static>),
}

/// The embedded pack of that name.
pub(super) fn embedded(name: &str) -> Option<Source> {
    PACKS.get_dir(name).map(Source::Embedded)
}

/// The names of the embedded packs, sorted.
pub(super) fn embedded_names() -> Vec<String> {
    let names = PACKS.dirs().map(|dir| dir.path().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.collect();
    names.sort();
    names
}

impl Source {
    /// The text of a file; the error is a sentence.
    pub(super) fn read(&self, path: &str) -> Result<String, String> {
        let bytes = match self {
            Source::Folder(folder) => {
                std::fs::read(folder.join(path)).map_err(|error| error.to_string())?
            }
            Source::Embedded(dir) => {
                let file = dir.get_file(dir.path().join(path));
                file.ok_or_else(|| "there is no such file".to_owned())?.contents().to_vec()
            }
        };
        String::from_utf8(bytes).map_err(|_| "the file is not UTF-8".to_owned())
    }

    /// The names of the files of a folder that end so, sorted; none where there is no such folder.
    pub(super) fn list(&self, folder: &str, ending: &str) -> Vec<String> {
        let mut names: Vec<String> = match self {
            Source::Folder(root) => {
                let entries = std::fs::read_dir(root.join(folder)).into_iter().flatten();
                let files = entries.flatten().filter(|entry| entry.path().is_file());
                files.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
            }
            Source::Embedded(dir) => {
                let inner = dir.get_dir(dir.path().join(folder));
                let files = inner.into_iter().flat_map(|dir| dir.files());
                let names = files.filter_map(|file| file.path().file_name());
                names.map(|name| name.to_string_lossy().into_owned()).collect()
            }
        };
        names.retain(|name| name.ends_with(ending));
        names.sort();
        names
    }
}
