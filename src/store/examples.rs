//! Decisions with their reasons, officers' labels to learn from, and the trained models.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::cases::{CaseKeys, json, uid, unjson, word};
use super::schema::{case_changes, cases, decisions, examples, models};
use super::{AnyConn, StoreError, Stored, Tx};
use crate::clock::Moment;
use crate::domain::case::CaseId;
use crate::domain::file::{Decision, Grounds};
use crate::domain::scope::{Basis, Example};
use crate::domain::user::UserId;
use crate::seal::{Kind, Place, Seal, Uid, random};

/// No more labels than this are looked through for the nearest.
pub const EXAMPLES_MAX: i64 = 20_000;

/// Keeps a decision.
pub fn insert_decision(tx: &mut Tx<'_>, keys: &CaseKeys, decision: &Decision) -> Stored<()> {
    let row: Uid = random()?;
    let place = Place { table: "decisions", case: &keys.uid, row: &row };
    let sealed = tx.seal.seal(Kind::Text, &place, json(&decision.grounds)?.as_bytes())?;
    diesel::insert_into(decisions::table)
        .values((
            decisions::uid.eq(row.to_vec()),
            decisions::case_id.eq(keys.id),
            decisions::basis.eq(decision.basis.word()),
            decisions::user_id.eq(decision.user),
            decisions::scope.eq(decision.scope.word()),
            decisions::authority.eq(decision.authority.word()),
            decisions::category.eq(&decision.category),
            decisions::confidence_permille.eq(decision.confidence_permille),
            decisions::model.eq(&decision.model),
            decisions::sealed.eq(Some(sealed)),
            decisions::decided_at.eq(decision.decided_at.naive_utc()),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Says of the case's latest machine decision what an officer made of it.
pub fn set_verdict(conn: &mut AnyConn, case: CaseId, verdict: &str) -> Stored<()> {
    let newest: Option<i64> = decisions::table
        .filter(decisions::case_id.eq(case).and(decisions::basis.eq(Basis::Machine.word())))
        .order(decisions::id.desc())
        .select(decisions::id)
        .first(conn)
        .optional()?;
    if let Some(id) = newest {
        diesel::update(decisions::table.find(id))
            .set(decisions::verdict.eq(Some(verdict)))
            .execute(conn)?;
    }
    Ok(())
}

/// Every decision on a case, the first first.
pub fn decisions_of(conn: &mut AnyConn, seal: &Seal, keys: &CaseKeys) -> Stored<Vec<Decision>> {
    type Row = (
        (Vec<u8>, String, Option<i64>, String, String, Option<String>, Option<i64>),
        (Option<String>, Option<Vec<u8>>, NaiveDateTime, Option<String>),
    );
    let rows = decisions::table
        .filter(decisions::case_id.eq(keys.id))
        .order(decisions::id)
        .select((
            (
                decisions::uid,
                decisions::basis,
                decisions::user_id,
                decisions::scope,
                decisions::authority,
                decisions::category,
                decisions::confidence_permille,
            ),
            (decisions::model, decisions::sealed, decisions::decided_at, decisions::verdict),
        ))
        .load::<Row>(conn)?;
    let mut out = Vec::with_capacity(rows.len());
    for ((row, basis, user, scope, authority, category, confidence), rest) in rows {
        let (model, sealed, decided_at, verdict) = rest;
        let grounds = match sealed {
            Some(sealed) => {
                let place = Place { table: "decisions", case: &keys.uid, row: &uid(&row)? };
                unjson(&seal.open_text(&place, &sealed)?)?
            }
            None => Grounds::default(),
        };
        out.push(Decision {
            basis: word(&basis)?,
            user,
            scope: word(&scope)?,
            authority: word(&authority)?,
            category,
            confidence_permille: confidence,
            model,
            grounds,
            decided_at: decided_at.and_utc(),
            verdict,
        });
    }
    Ok(out)
}

/// Keeps an officer's label with the masked text; an earlier one of the same case is replaced.
pub fn insert_example(
    tx: &mut Tx<'_>,
    keys: &CaseKeys,
    example: &Example,
    user: Option<UserId>,
    at: Moment,
) -> Stored<()> {
    remove_example(tx.conn, keys.id)?;
    let row: Uid = random()?;
    let place = Place { table: "examples", case: &keys.uid, row: &row };
    diesel::insert_into(examples::table)
        .values((
            examples::uid.eq(row.to_vec()),
            examples::case_id.eq(keys.id),
            examples::user_id.eq(user),
            examples::sealed.eq(tx.seal.seal(Kind::Text, &place, example.text.as_bytes())?),
            examples::language.eq(&example.language),
            examples::scope.eq(example.scope.word()),
            examples::category.eq(&example.category),
            examples::labelled_at.eq(at.naive_utc()),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Forgets the label of a case.
pub fn remove_example(conn: &mut AnyConn, case: CaseId) -> Stored<()> {
    diesel::delete(examples::table.filter(examples::case_id.eq(case))).execute(conn)?;
    Ok(())
}

/// The newest labels after `after`, oldest first, with the newest id: to follow what other
/// processes learn.
pub fn after(conn: &mut AnyConn, seal: &Seal, after: i64) -> Stored<(i64, Vec<Example>)> {
    type Row = (i64, Vec<u8>, Vec<u8>, String, String, Vec<u8>, String, String);
    let mut rows = examples::table
        .inner_join(cases::table.on(cases::id.eq(examples::case_id)))
        .filter(examples::id.gt(after))
        .order(examples::id.desc())
        .limit(EXAMPLES_MAX)
        .select((
            examples::id,
            examples::uid,
            cases::uid,
            cases::number,
            examples::language,
            examples::sealed,
            examples::scope,
            examples::category,
        ))
        .load::<Row>(conn)?;
    rows.reverse();
    let mut newest = after;
    let mut out = Vec::with_capacity(rows.len());
    for (id, row, case, number, language, sealed, scope, category) in rows {
        newest = newest.max(id);
        let place = Place { table: "examples", case: &uid(&case)?, row: &uid(&row)? };
        let text = seal.open_text(&place, &sealed)?;
        out.push(Example {
            number: Some(number),
            text,
            language,
            scope: word(&scope)?,
            category,
            writer: String::new(),
        });
    }
    Ok((newest, out))
}

/// Numbers of cases that changed after `change` of the log, that an officer has decided or somebody
/// restricted, and of which no label is kept: whatever was learned of them is to be forgotten.
pub fn taken_away(conn: &mut AnyConn, change: i64) -> Stored<Vec<String>> {
    let looked_at = cases::restricted.eq(true).or(cases::basis.eq(Basis::Officer.word()));
    let kept = diesel::dsl::exists(examples::table.filter(examples::case_id.eq(cases::id)));
    let numbers = case_changes::table
        .inner_join(cases::table.on(cases::id.eq(case_changes::case_id)))
        .filter(case_changes::seq.gt(change).and(looked_at))
        .filter(diesel::dsl::not(kept))
        .select(cases::number)
        .distinct()
        .load(conn)?;
    Ok(numbers)
}

/// The model in use for a recipe and data, if it was trained already.
pub fn model(conn: &mut AnyConn, recipe: &str, data: &str) -> Stored<Option<Vec<u8>>> {
    let same = models::recipe.eq(recipe).and(models::data_marks.eq(data));
    let bytes = models::table
        .filter(same.and(models::state.eq("active")))
        .order(models::id.desc())
        .select(models::bytes)
        .first(conn)
        .optional()?;
    Ok(bytes)
}

/// Keeps a trained model as the one in use; earlier ones stay beside it.
pub fn insert_model(
    conn: &mut AnyConn,
    recipe: &str,
    data: &str,
    bytes: &[u8],
    at: Moment,
) -> Stored<()> {
    diesel::update(models::table.filter(models::state.eq("active")))
        .set(models::state.eq("former"))
        .execute(conn)?;
    let inserted = diesel::insert_into(models::table)
        .values((
            models::recipe.eq(recipe),
            models::data_marks.eq(data),
            models::bytes.eq(bytes),
            models::state.eq("active"),
            models::made_at.eq(at.naive_utc()),
        ))
        .execute(conn)?;
    if inserted == 1 { Ok(()) } else { Err(StoreError::Conflict) }
}
