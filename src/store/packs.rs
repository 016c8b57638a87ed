//! The pack as rows: settings and every table that has none of its own. The rows are the truth once
//! they are there.

use chrono::NaiveDate;
use diesel::prelude::*;

use super::cases::{json, unjson};
use super::schema::{installation, pack_rows};
use super::{AnyConn, StoreError, Stored, agencies};
use crate::clock::Moment;
use crate::domain::deadline::Calendar;
use crate::domain::edition::Changeable;
use crate::domain::jurisdiction::{Jurisdiction, Settings};
use crate::domain::letter::{Letter, LetterKind};
use crate::domain::routing::RoutingRule;
use crate::domain::scope::{Example, Scope};
use crate::domain::taxonomy::Cue;
use crate::domain::truth::TruthRow;
use crate::domain::user::UserId;
use crate::seal::{Uid, random};

/// The only row's id.
const INSTALLATION: i64 = 1;

/// What names this database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Installation {
    pub uid: Uid,
    pub rules_version: i64,
}

/// The installation's row; `None` in an empty database.
pub fn installation(conn: &mut AnyConn) -> Stored<Option<Installation>> {
    let row = installation::table
        .find(INSTALLATION)
        .select((installation::uid, installation::rules_version))
        .first::<(Vec<u8>, i64)>(conn)
        .optional()?;
    let Some((uid, rules_version)) = row else { return Ok(None) };
    Ok(Some(Installation { uid: super::cases::uid(&uid)?, rules_version }))
}

/// Says that a rule, an agency or a mode has changed: every process reads the rules anew.
pub fn rules_changed(conn: &mut AnyConn) -> Stored<()> {
    diesel::update(installation::table.find(INSTALLATION))
        .set(installation::rules_version.eq(installation::rules_version + 1))
        .execute(conn)?;
    Ok(())
}

/// An exemplar as it stands in a row.
#[derive(serde::Serialize, serde::Deserialize)]
struct ExemplarBody {
    text: String,
    language: String,
    scope: Scope,
    category: String,
    #[serde(default)]
    writer: String,
}

/// Fills an empty database from a pack.
pub fn fill(conn: &mut AnyConn, pack: &Jurisdiction, at: Moment) -> Stored<()> {
    let uid: Uid = random()?;
    diesel::insert_into(installation::table)
        .values((
            installation::id.eq(INSTALLATION),
            installation::uid.eq(uid.to_vec()),
            installation::rules_version.eq(1),
            installation::pack_id.eq(&pack.settings.id),
            installation::pack_version.eq(pack.settings.version),
            installation::settings.eq(json(&pack.settings)?),
            installation::created_at.eq(at.naive_utc()),
        ))
        .execute(conn)?;
    agencies::fill(conn, &pack.areas, &pack.agencies)?;
    let mut rows = Rows { conn, at, by: None };
    rows.add("category", &pack.categories, |c| (c.code.clone(), None, None))?;
    rows.add("cue", &pack.cues, cue_key)?;
    rows.add("act", &pack.acts, |a| (a.act.clone(), None, None))?;
    rows.add("abbreviation", &pack.abbreviations, |a| (a.short.clone(), None, None))?;
    rows.add("spelling", &pack.spellings, |s| (s.short.clone(), None, None))?;
    rows.add("field", &pack.fields, |f| (f.code.clone(), None, None))?;
    rows.add("procedure", &pack.procedures, |p| (p.code.clone(), None, None))?;
    rows.add("rule", &pack.rules, rule_key)?;
    rows.add("truth", &pack.truth, truth_key)?;
    rows.add("clock", &pack.clocks, |c| (c.code.clone(), c.valid_from, c.valid_to))?;
    rows.add("clock_choice", &pack.clock_choices, |c| (c.clock.clone(), None, None))?;
    rows.add("calendar", std::slice::from_ref(&pack.calendar), |_| ("days".into(), None, None))?;
    rows.add("refusal", &pack.refusals, |r| (r.code.clone(), None, None))?;
    rows.add("destination", &pack.destinations, |d| (d.code.clone(), None, None))?;
    rows.add("letter", &pack.letters, letter_key)?;
    let exemplars: Vec<ExemplarBody> = pack
        .exemplars
        .iter()
        .map(|e| ExemplarBody {
            text: e.text.clone(),
            language: e.language.clone(),
            scope: e.scope,
            category: e.category.clone(),
            writer: e.writer.clone(),
        })
        .collect();
    rows.add("exemplar", &exemplars, |e| (e.category.clone(), None, None))
}

struct Rows<'a> {
    conn: &'a mut AnyConn,
    at: Moment,
    by: Option<UserId>,
}

fn cue_key(cue: &Cue) -> Key {
    (cue.phrase.clone(), None, None)
}

fn rule_key(rule: &RoutingRule) -> Key {
    (rule.priority.to_string(), rule.valid_from, rule.valid_to)
}

fn letter_key(letter: &Letter) -> Key {
    (letter_code(letter.kind, &letter.language), None, None)
}

fn letter_code(kind: LetterKind, language: &str) -> String {
    format!("{kind}.{language}")
}

fn truth_key(row: &TruthRow) -> Key {
    (row.category.clone(), None, None)
}

type Key = (String, Option<NaiveDate>, Option<NaiveDate>);

impl Rows<'_> {
    fn add<T: serde::Serialize>(
        &mut self,
        kind: &str,
        items: &[T],
        key: impl Fn(&T) -> Key,
    ) -> Stored<()> {
        for (item, ordinal) in items.iter().zip(0_i64..) {
            let (code, valid_from, valid_to) = key(item);
            diesel::insert_into(pack_rows::table)
                .values((
                    pack_rows::kind.eq(kind),
                    pack_rows::code.eq(code),
                    pack_rows::ordinal.eq(ordinal),
                    pack_rows::body.eq(json(item)?),
                    pack_rows::valid_from.eq(valid_from),
                    pack_rows::valid_to.eq(valid_to),
                    pack_rows::changed_at.eq(self.at.naive_utc()),
                    pack_rows::changed_by.eq(self.by),
                ))
                .execute(self.conn)?;
        }
        Ok(())
    }

    /// Puts a list in the place of the one that stands.
    fn put<T: serde::Serialize>(
        &mut self,
        kind: &str,
        items: &[T],
        key: impl Fn(&T) -> Key,
    ) -> Stored<()> {
        let of_kind = pack_rows::table.filter(pack_rows::kind.eq(kind));
        diesel::delete(of_kind).execute(self.conn)?;
        self.add(kind, items, key)
    }
}

/// The rules as the rows say them.
pub fn jurisdiction(conn: &mut AnyConn) -> Stored<Jurisdiction> {
    let (rules_version, settings): (i64, String) = installation::table
        .find(INSTALLATION)
        .select((installation::rules_version, installation::settings))
        .first(conn)?;
    let exemplars: Vec<ExemplarBody> = rows(conn, "exemplar")?;
    let calendars: Vec<Calendar> = rows(conn, "calendar")?;
    let exemplars = exemplars.into_iter().map(|e| Example {
        number: None,
        text: e.text,
        language: e.language,
        scope: e.scope,
        category: e.category,
        writer: e.writer,
    });
    Ok(Jurisdiction {
        rules_version,
        settings: unjson(&settings)?,
        categories: rows(conn, "category")?,
        cues: rows(conn, "cue")?,
        acts: rows(conn, "act")?,
        abbreviations: rows(conn, "abbreviation")?,
        spellings: rows(conn, "spelling")?,
        exemplars: exemplars.collect(),
        areas: agencies::areas(conn)?,
        agencies: agencies::all(conn)?,
        fields: rows(conn, "field")?,
        procedures: rows(conn, "procedure")?,
        rules: rows(conn, "rule")?,
        truth: rows(conn, "truth")?,
        clocks: rows(conn, "clock")?,
        clock_choices: rows(conn, "clock_choice")?,
        calendar: calendars.into_iter().next().unwrap_or_default(),
        refusals: rows(conn, "refusal")?,
        destinations: rows(conn, "destination")?,
        letters: letters(conn)?,
    })
}

fn rows<T: serde::de::DeserializeOwned>(conn: &mut AnyConn, kind: &str) -> Stored<Vec<T>> {
    let bodies: Vec<String> = pack_rows::table
        .filter(pack_rows::kind.eq(kind))
        .order((pack_rows::ordinal, pack_rows::id))
        .select(pack_rows::body)
        .load(conn)?;
    bodies.iter().map(|body| unjson(body)).collect()
}

/// Puts the parts of the rules that differ in the place of those that stand.
pub fn put_changeable(
    conn: &mut AnyConn,
    (now, wanted): (&Changeable, &Changeable),
    by: Option<UserId>,
    at: Moment,
) -> Stored<()> {
    let mut rows = Rows { conn, at, by };
    if now.cues != wanted.cues {
        rows.put("cue", &wanted.cues, cue_key)?;
    }
    if now.rules != wanted.rules {
        rows.put("rule", &wanted.rules, rule_key)?;
    }
    if now.truth != wanted.truth {
        rows.put("truth", &wanted.truth, truth_key)?;
    }
    if now.thresholds != wanted.thresholds {
        let row = installation::table.find(INSTALLATION);
        let settings: String = row.select(installation::settings).first(conn)?;
        let mut settings: Settings = unjson(&settings)?;
        settings.thresholds = wanted.thresholds;
        let changed = installation::settings.eq(json(&settings)?);
        diesel::update(row).set(changed).execute(conn)?;
    }
    rules_changed(conn)
}

/// The letters; a kind that only a newer release knows is that one's, which may run beside this
/// one.
fn letters(conn: &mut AnyConn) -> Stored<Vec<Letter>> {
    let all: Vec<serde_json::Value> = rows(conn, "letter")?;
    let kind =
        |one: &serde_json::Value| one.get("kind").and_then(|kind| kind.as_str()?.parse().ok());
    let known = all.into_iter().filter(|one| kind(one).is_some_and(|_: LetterKind| true));
    let read = known.map(serde_json::from_value);
    read.map(|letter| letter.map_err(|e| StoreError::Corrupt(e.to_string()))).collect()
}

/// Which kinds of letters have no row in one of the installation's languages: a database that an
/// older release filled.
pub fn missing_letters(conn: &mut AnyConn) -> Stored<Vec<(LetterKind, String)>> {
    let own = installation::table.find(INSTALLATION).select(installation::settings);
    let settings: Settings = unjson(&own.first::<String>(conn)?)?;
    let there: Vec<String> =
        pack_rows::table.filter(pack_rows::kind.eq("letter")).select(pack_rows::code).load(conn)?;
    let all = LetterKind::ALL
        .iter()
        .flat_map(|kind| settings.languages.iter().map(|language| (*kind, language.clone())));
    let is_missing = |one: &(LetterKind, String)| !there.contains(&letter_code(one.0, &one.1));
    Ok(all.filter(is_missing).collect())
}

/// Adds letters that no row has yet; those that are there stay as they were made.
pub fn add_letters(conn: &mut AnyConn, letters: &[Letter], at: Moment) -> Stored<()> {
    Rows { conn, at, by: None }.add("letter", letters, letter_key)?;
    rules_changed(conn)
}

/// Replaces the body of one row: a mode, a letter.
pub fn replace<T: serde::Serialize>(
    conn: &mut AnyConn,
    kind: &str,
    code: &str,
    body: &T,
    by: Option<UserId>,
    at: Moment,
) -> Stored<()> {
    let row = pack_rows::kind.eq(kind).and(pack_rows::code.eq(code));
    let changed = diesel::update(pack_rows::table.filter(row))
        .set((
            pack_rows::body.eq(json(body)?),
            pack_rows::changed_at.eq(at.naive_utc()),
            pack_rows::changed_by.eq(by),
        ))
        .execute(conn)?;
    if changed == 0 {
        return Err(StoreError::NotFound);
    }
    rules_changed(conn)
}
