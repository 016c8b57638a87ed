//! A tab-separated file: header, rows, typed cells. Faults are collected, so that one run names
//! them all.

use std::str::FromStr;

use chrono::NaiveDate;

use super::PackError;
use super::source::Source;
use crate::domain::Names;
use crate::text::nfc;

/// The faults found so far.
#[derive(Debug, Default)]
pub(super) struct Problems(pub(super) Vec<PackError>);

impl Problems {
    pub(super) fn add(&mut self, file: &str, line: usize, column: &str, message: String) {
        self.0.push(PackError { file: file.to_owned(), line, column: column.to_owned(), message });
    }
}

/// What a file must look like.
pub(super) struct Shape {
    pub(super) file: &'static str,
    pub(super) columns: &'static [&'static str],
    /// Columns that need not be there.
    pub(super) optional: &'static [&'static str],
    /// Columns with one for each language: `name` stands for `name_vi`, `name_en`.
    pub(super) texts: &'static [&'static str],
}

/// A file that was read.
pub(super) struct Table {
    pub(super) file: &'static str,
    header: Vec<String>,
    languages: Vec<String>,
    pub(super) rows: Vec<Row>,
}

/// A line of it.
pub(super) struct Row {
    pub(super) line: usize,
    cells: Vec<String>,
}

/// Tells of lines that are not in NFC: the same word must be the same bytes in every file.
pub(super) fn check_composed(file: &str, text: &str, problems: &mut Problems) {
    for (at, line) in text.lines().enumerate() {
        if nfc(line) != line {
            problems.add(file, at + 1, "", "the line is not in Unicode NFC".to_owned());
        }
    }
}

impl Table {
    /// Reads a file; what is missing gives an empty table and a fault.
    pub(super) fn read(
        source: &Source,
        shape: &Shape,
        languages: &[String],
        problems: &mut Problems,
    ) -> Table {
        let mut table = Table {
            file: shape.file,
            header: Vec::new(),
            languages: languages.to_vec(),
            rows: Vec::new(),
        };
        let text = match source.read(shape.file) {
            Ok(text) => text,
            Err(message) => {
                problems.add(shape.file, 0, "", message);
                return table;
            }
        };
        check_composed(shape.file, &text, problems);
        for (at, line) in text.lines().enumerate() {
            if line.starts_with('#') || line.trim().is_empty() {
                continue;
            }
            let cells: Vec<String> = line.split('\t').map(|cell| cell.trim().to_owned()).collect();
            if table.header.is_empty() {
                check_header(shape, &cells, languages, problems);
                table.header = cells;
            } else if cells.len() > table.header.len() {
                let message =
                    format!("{} cells under a header of {}", cells.len(), table.header.len());
                problems.add(shape.file, at + 1, "", message);
            } else {
                table.rows.push(Row { line: at + 1, cells });
            }
        }
        table
    }

    /// A cell; empty where it is not given.
    pub(super) fn cell<'a>(&self, row: &'a Row, column: &str) -> &'a str {
        let place = self.header.iter().position(|name| name == column);
        place.and_then(|at| row.cells.get(at)).map_or("", String::as_str)
    }

    /// A cell that must be given.
    pub(super) fn required(&self, row: &Row, column: &str, problems: &mut Problems) -> String {
        let cell = self.cell(row, column);
        if cell.is_empty() {
            problems.add(self.file, row.line, column, "must be given".to_owned());
        }
        cell.to_owned()
    }

    /// A cell that may be empty.
    pub(super) fn optional(&self, row: &Row, column: &str) -> Option<String> {
        Some(self.cell(row, column)).filter(|cell| !cell.is_empty()).map(str::to_owned)
    }

    /// The entries of a cell that holds a list.
    pub(super) fn list(&self, row: &Row, column: &str) -> Vec<String> {
        let entries = self.cell(row, column).split(';').map(str::trim);
        entries.filter(|entry| !entry.is_empty()).map(str::to_owned).collect()
    }

    /// A cell that holds one of the words of a type, or a number.
    pub(super) fn value<T>(&self, row: &Row, column: &str, problems: &mut Problems) -> Option<T>
    where
        T: FromStr,
        T::Err: std::fmt::Display,
    {
        match self.cell(row, column).parse() {
            Ok(value) => Some(value),
            Err(error) => {
                problems.add(self.file, row.line, column, error.to_string());
                None
            }
        }
    }

    /// A cell that says yes, or is empty or says no.
    pub(super) fn yes(&self, row: &Row, column: &str, problems: &mut Problems) -> bool {
        let (word, other) = ("yes", ["", "no"]);
        self.either(row, column, word, &other, problems)
    }

    /// Is the cell `word`? Everything but `word` and the `others` is a fault.
    pub(super) fn either(
        &self,
        row: &Row,
        column: &str,
        word: &str,
        others: &[&str],
        problems: &mut Problems,
    ) -> bool {
        let cell = self.cell(row, column);
        if cell != word && !others.contains(&cell) {
            let message = format!("{cell:?} is neither {word} nor {}", others.join(" nor "));
            problems.add(self.file, row.line, column, message);
        }
        cell == word
    }

    /// A day that may be missing.
    pub(super) fn day(
        &self,
        row: &Row,
        column: &str,
        problems: &mut Problems,
    ) -> Option<NaiveDate> {
        if self.cell(row, column).is_empty() { None } else { self.value(row, column, problems) }
    }

    /// The texts of a column by language; those that are not given are left out.
    pub(super) fn texts(&self, row: &Row, stem: &str) -> Names {
        let mut out = Names::new();
        for language in &self.languages {
            if let Some(text) = self.optional(row, &format!("{stem}_{language}")) {
                out.insert(language.clone(), text);
            }
        }
        out
    }

    /// As [`Table::texts`]; one in every language must be given.
    pub(super) fn names(&self, row: &Row, stem: &str, problems: &mut Problems) -> Names {
        for language in &self.languages {
            self.required(row, &format!("{stem}_{language}"), problems);
        }
        self.texts(row, stem)
    }
}

fn check_header(shape: &Shape, header: &[String], languages: &[String], problems: &mut Problems) {
    let mut wanted: Vec<String> = shape.columns.iter().map(|c| (*c).to_owned()).collect();
    for stem in shape.texts {
        wanted.extend(languages.iter().map(|language| format!("{stem}_{language}")));
    }
    for column in &wanted {
        if !header.contains(column) {
            problems.add(shape.file, 1, column, "the column is missing".to_owned());
        }
    }
    for (at, column) in header.iter().enumerate() {
        let is_known = wanted.contains(column) || shape.optional.contains(&column.as_str());
        if !is_known {
            problems.add(shape.file, 1, column, "the column is not known".to_owned());
        }
        if header.iter().take(at).any(|before| before == column) {
            problems.add(shape.file, 1, column, "the column stands twice".to_owned());
        }
    }
}
