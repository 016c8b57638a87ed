//! Pack files ↔ domain: one folder holds all that belongs to one jurisdiction. It is read as a
//! whole and checked as a whole, and every fault is named by file, line and column. No database
//! is known here.

mod codes;
mod convert;
mod read;
mod shapes;
mod source;
mod table;
mod validate;

use std::path::Path;

use crate::domain::jurisdiction::Jurisdiction;
use source::Source;

/// A fault of a pack file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}: {column}: {message}")]
pub struct PackError {
    pub file: String,
    /// From 1; 0 where the file as a whole is meant.
    pub line: usize,
    /// The column's name, or the key of an object; empty where the line as a whole is meant.
    pub column: String,
    pub message: String,
}

/// Reads the pack in a folder.
pub fn read_dir(folder: &Path) -> Result<Jurisdiction, Vec<PackError>> {
    read::read(&Source::Folder(folder.to_owned()))
}

/// Reads a pack that is part of the program.
pub fn read_embedded(name: &str) -> Result<Jurisdiction, Vec<PackError>> {
    match source::embedded(name) {
        Some(source) => read::read(&source),
        None => Err(vec![PackError {
            file: name.to_owned(),
            line: 0,
            column: String::new(),
            message: format!("no such pack; there are {}", embedded_names().join(", ")),
        }]),
    }
}

/// The packs that are part of the program.
pub fn embedded_names() -> Vec<String> {
    source::embedded_names()
}
