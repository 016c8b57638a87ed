//! The tables of a pack: their files and columns.

use super::table::Shape;

pub(super) const TAXONOMY: Shape = Shape {
    file: "taxonomy.tsv",
    columns: &["code", "scope", "answers", "mode", "restricts", "basis"],
    optional: &[],
    texts: &["name", "hint"],
};

pub(super) const CUES: Shape = Shape {
    file: "cues.tsv",
    columns: &["phrase", "direction", "category", "strength", "basis", "marks"],
    optional: &[],
    texts: &["reason"],
};

pub(super) const ACTS: Shape = Shape {
    file: "acts.tsv",
    columns: &["act", "group", "pattern"],
    optional: &[],
    texts: &["name"],
};

pub(super) const ABBREVIATIONS: Shape = Shape {
    file: "abbreviations.tsv",
    columns: &["abbr", "expansion", "other_readings"],
    optional: &[],
    texts: &[],
};

pub(super) const SPELLINGS: Shape =
    Shape { file: "spellings.tsv", columns: &["typed", "standard"], optional: &[], texts: &[] };

pub(super) const AREAS: Shape = Shape {
    file: "areas.tsv",
    columns: &["code", "level", "parent", "valid_from", "valid_to", "successors"],
    optional: &[],
    texts: &["name"],
};

pub(super) const AGENCIES: Shape = Shape {
    file: "agencies.tsv",
    columns: &[
        "code",
        "level",
        "parent",
        "email",
        "phone",
        "address",
        "area",
        "fields",
        "valid_from",
        "valid_to",
        "successors",
    ],
    optional: &["answers_unreviewed"],
    texts: &["name"],
};

pub(super) const FIELDS: Shape =
    Shape { file: "fields.tsv", columns: &["code"], optional: &[], texts: &["name"] };

pub(super) const PROCEDURES: Shape = Shape {
    file: "procedures.tsv",
    columns: &["code", "field", "level"],
    optional: &[],
    texts: &["name"],
};

pub(super) const RULES: Shape = Shape {
    file: "rules.tsv",
    columns: &["priority", "category", "field", "area", "agency", "valid_from", "valid_to"],
    optional: &[],
    texts: &["note"],
};

pub(super) const TRUTH: Shape = Shape {
    file: "truth.tsv",
    columns: &["category", "field", "area", "about", "agency"],
    optional: &["rule"],
    texts: &[],
};

pub(super) const CLOCKS: Shape = Shape {
    file: "clocks.tsv",
    columns: &["code", "limit", "unit", "trigger", "verified", "basis", "valid_from", "valid_to"],
    optional: &[],
    texts: &["name"],
};

pub(super) const CLOCK_MAP: Shape = Shape {
    file: "clock_map.tsv",
    columns: &["scope", "authority", "category", "clock"],
    optional: &[],
    texts: &[],
};

pub(super) const CALENDAR: Shape = Shape {
    file: "calendar.tsv",
    columns: &["date", "kind", "provisional"],
    optional: &[],
    texts: &["name"],
};

pub(super) const REFUSALS: Shape =
    Shape { file: "refusals.tsv", columns: &["code", "basis"], optional: &[], texts: &["name"] };

pub(super) const DESTINATIONS: Shape = Shape {
    file: "destinations.tsv",
    columns: &["code", "categories", "contact"],
    optional: &[],
    texts: &["name", "guidance"],
};
