//! Decisions with their reasons, and officers' labels to learn from.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::cases::{CaseKeys, json, uid, unjson, word};
use super::schema::{case_changes, cases, decisions, examples};
use super::{AnyConn, Stored, Tx};
use crate::clock::Moment;
use crate::domain::case::CaseId;
use crate::domain::file::{Decision, Grounds};
use crate::domain::proposal::permille;
use crate::domain::scope::{Basis, Example};
use crate::domain::user::UserId;
use crate::seal::{Kind, Place, Seal, Uid, random};

/// No more labels than this are looked through for the nearest.
pub const EXAMPLES_MAX: i64 = 20_000;
/// A statement names no more rows than this.
const FORGET_AT_ONCE: usize = 500;

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
            decisions::nearness_permille.eq(nearness(decision)),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// Of the machine's decision: how near the nearest learned text was; 0 where none was near at all.
fn nearness(decision: &Decision) -> Option<i64> {
    let nearest = decision.grounds.neighbours.first().map_or(0.0, |near| near.similarity);
    (decision.basis == Basis::Machine).then(|| permille(nearest))
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

/// How many labels were kept after the one with this id.
pub fn count_after(conn: &mut AnyConn, after: i64) -> Stored<i64> {
    Ok(examples::table.filter(examples::id.gt(after)).count().get_result(conn)?)
}

/// Whose labels, of which case, of which days; each part narrows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Which {
    pub user: Option<UserId>,
    pub case: Option<CaseId>,
    pub from: Option<Moment>,
    pub to: Option<Moment>,
}

/// Forgets labels; returns the cases they were of.
pub fn forget(conn: &mut AnyConn, which: &Which) -> Stored<Vec<CaseId>> {
    let mut found = examples::table.select((examples::id, examples::case_id)).into_boxed();
    if let Some(user) = which.user {
        found = found.filter(examples::user_id.eq(Some(user)));
    }
    if let Some(case) = which.case {
        found = found.filter(examples::case_id.eq(case));
    }
    if let Some(from) = which.from {
        found = found.filter(examples::labelled_at.ge(from.naive_utc()));
    }
    if let Some(to) = which.to {
        found = found.filter(examples::labelled_at.le(to.naive_utc()));
    }
    let (ids, cases): (Vec<i64>, Vec<CaseId>) =
        found.load::<(i64, CaseId)>(conn)?.into_iter().unzip();
    for ids in ids.chunks(FORGET_AT_ONCE) {
        diesel::delete(examples::table.filter(examples::id.eq_any(ids))).execute(conn)?;
    }
    Ok(cases)
}
