//! Codes that are unique at a time only: which row a code means, and rows that claim the same
//! code at once.

use chrono::NaiveDate;

use super::table::{Problems, Row, Table};

/// A row with its code, its time and the id it gets.
pub(super) struct Coded {
    pub(super) id: i64,
    pub(super) code: String,
    pub(super) from: Option<NaiveDate>,
    pub(super) to: Option<NaiveDate>,
    pub(super) line: usize,
}

/// The rows of a table with ids 1..n in the order of the file.
pub(super) fn coded(table: &Table, problems: &mut Problems) -> Vec<Coded> {
    let mut out: Vec<Coded> = Vec::new();
    for (row, id) in table.rows.iter().zip(1_i64..) {
        let code = table.required(row, "code", problems);
        let from = table.day(row, "valid_from", problems);
        let to = table.day(row, "valid_to", problems);
        if let (Some(from), Some(to)) = (from, to)
            && to <= from
        {
            let message = format!("ends on {to}, not after it began on {from}");
            problems.add(table.file, row.line, "valid_to", message);
        }
        let next = Coded { id, code, from, to, line: row.line };
        if let Some(other) = out.iter().find(|o| o.code == next.code && overlap(o, &next)) {
            let message =
                format!("{:?} stands in line {} for the same time", next.code, other.line);
            problems.add(table.file, row.line, "code", message);
        }
        out.push(next);
    }
    out
}

fn overlap(one: &Coded, other: &Coded) -> bool {
    let before = |from: Option<NaiveDate>, to: Option<NaiveDate>| match (from, to) {
        (Some(from), Some(to)) => from < to,
        _ => true,
    };
    before(one.from, other.to) && before(other.from, one.to)
}

/// The row that `code` means beside the row `beside`: one of the same time, else the first.
pub(super) fn at_the_time(all: &[Coded], code: &str, beside: &Coded) -> Option<i64> {
    let same = |row: &&Coded| row.code == code && row.id != beside.id;
    let at_once = all.iter().filter(same).find(|row| overlap(row, beside));
    at_once.or_else(|| all.iter().find(same)).map(|row| row.id)
}

/// The row that `code` means on the day when `before` ended, else the first.
pub(super) fn afterwards(all: &[Coded], code: &str, before: &Coded) -> Option<i64> {
    let same = |row: &&Coded| row.code == code && row.id != before.id;
    let exists = |row: &&Coded| {
        before.to.is_none_or(|day| crate::domain::agency::valid_on(row.from, row.to, day))
    };
    let then = all.iter().filter(same).find(exists);
    then.or_else(|| all.iter().find(same)).map(|row| row.id)
}

/// The id behind the code in a cell; an unknown code is a fault, an empty cell is `None`.
pub(super) fn reference(
    table: &Table,
    row: &Row,
    column: &str,
    found: impl Fn(&str) -> Option<i64>,
    problems: &mut Problems,
) -> Option<i64> {
    let code = table.cell(row, column);
    if code.is_empty() {
        return None;
    }
    let id = found(code);
    if id.is_none() {
        problems.add(table.file, row.line, column, format!("there is no {code:?}"));
    }
    id
}

/// The ids behind the codes of a list.
pub(super) fn references(
    table: &Table,
    row: &Row,
    column: &str,
    found: impl Fn(&str) -> Option<i64>,
    problems: &mut Problems,
) -> Vec<i64> {
    let mut out = Vec::new();
    for code in table.list(row, column) {
        match found(&code) {
            Some(id) => out.push(id),
            None => {
                problems.add(table.file, row.line, column, format!("there is no {code:?}"));
            }
        }
    }
    out
}
