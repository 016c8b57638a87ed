//! Texts and identities, sealed: the only rows that hold what people wrote and who they are.

use diesel::prelude::*;

use super::cases::{CaseKeys, json, uid, word};
use super::schema::{case_texts, cases, reporters};
use super::{AnyConn, StoreError, Stored, Tx};
use crate::domain::case::CaseId;
use crate::domain::event::ActorKind;
use crate::domain::file::KeptText;
use crate::domain::reporter::{Reporter, ReporterKind};
use crate::seal::{Kind, Place, Purpose, Seal, Uid, random};

/// The table's name is part of each seal.
const TEXTS: &str = "case_texts";
const REPORTERS: &str = "reporters";

/// A text to be kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewText {
    /// `case`, `title`, `location`, `message`, `answer`, `question`, `note`, `reason`, `original`.
    pub kind: &'static str,
    pub author: ActorKind,
    pub language: String,
    pub body: String,
}

/// The keyed hash by which events name a text.
pub fn hash_of(seal: &Seal, body: &str) -> Vec<u8> {
    seal.hash(Purpose::Text, body.as_bytes())
}

pub(super) fn insert(tx: &mut Tx<'_>, keys: &CaseKeys, text: &NewText) -> Stored<()> {
    let row: Uid = random()?;
    let place = Place { table: TEXTS, case: &keys.uid, row: &row };
    diesel::insert_into(case_texts::table)
        .values((
            case_texts::uid.eq(row.to_vec()),
            case_texts::case_id.eq(keys.id),
            case_texts::kind.eq(text.kind),
            case_texts::author_kind.eq(text.author.word()),
            case_texts::language.eq(&text.language),
            case_texts::sealed.eq(tx.seal.seal(Kind::Text, &place, text.body.as_bytes())?),
            case_texts::hash.eq(hash_of(tx.seal, &text.body)),
        ))
        .execute(tx.conn)?;
    Ok(())
}

/// All texts of some cases, in the order in which they were written.
pub fn of_cases(
    conn: &mut AnyConn,
    seal: &Seal,
    ids: &[CaseId],
) -> Stored<Vec<(CaseId, KeptText)>> {
    type Row = (i64, Vec<u8>, Vec<u8>, String, String, String, Vec<u8>, Vec<u8>);
    let rows = case_texts::table
        .inner_join(cases::table.on(cases::id.eq(case_texts::case_id)))
        .filter(case_texts::case_id.eq_any(ids))
        .order(case_texts::id)
        .select((
            case_texts::case_id,
            cases::uid,
            case_texts::uid,
            case_texts::kind,
            case_texts::author_kind,
            case_texts::language,
            case_texts::sealed,
            case_texts::hash,
        ))
        .load::<Row>(conn)?;
    let mut out = Vec::with_capacity(rows.len());
    for (id, case, row, kind, author, language, sealed, hash) in rows {
        let place = Place { table: TEXTS, case: &uid(&case)?, row: &uid(&row)? };
        let body = seal.open_text(&place, &sealed)?;
        let author = word(&author)?;
        let hash = crate::seal::hex(&hash);
        out.push((id, KeptText { kind, author, language, body, hash }));
    }
    Ok(out)
}

/// All texts of one case.
pub fn of_case(conn: &mut AnyConn, seal: &Seal, id: CaseId) -> Stored<Vec<KeptText>> {
    Ok(of_cases(conn, seal, &[id])?.into_iter().map(|(_, text)| text).collect())
}

/// Writes a reporter; of an anonymous one nothing but the kind. The seal names the case.
pub fn insert_reporter(
    tx: &mut Tx<'_>,
    case: &Uid,
    reporter: &Reporter,
    phone_country_code: &str,
) -> Stored<i64> {
    let row: Uid = random()?;
    let (sealed, email, phone) =
        sealed_identity(tx.seal, case, &row, reporter, phone_country_code)?;
    let id = diesel::insert_into(reporters::table)
        .values((
            reporters::uid.eq(row.to_vec()),
            reporters::kind.eq(reporter.kind.word()),
            reporters::sealed.eq(sealed),
            reporters::email_hash.eq(email),
            reporters::phone_hash.eq(phone),
        ))
        .returning(reporters::id)
        .get_result(tx.conn)?;
    Ok(id)
}

/// Replaces what is kept of a reporter.
pub fn update_reporter(
    tx: &mut Tx<'_>,
    case: &Uid,
    id: i64,
    reporter: &Reporter,
    phone_country_code: &str,
) -> Stored<()> {
    let row: Vec<u8> = reporters::table.find(id).select(reporters::uid).first(tx.conn)?;
    let row = uid(&row)?;
    let (sealed, email, phone) =
        sealed_identity(tx.seal, case, &row, reporter, phone_country_code)?;
    diesel::update(reporters::table.find(id))
        .set((
            reporters::sealed.eq(sealed),
            reporters::email_hash.eq(email),
            reporters::phone_hash.eq(phone),
        ))
        .execute(tx.conn)?;
    Ok(())
}

type Sealed = (Option<Vec<u8>>, Option<Vec<u8>>, Option<Vec<u8>>);

fn sealed_identity(
    seal: &Seal,
    case: &Uid,
    row: &Uid,
    reporter: &Reporter,
    phone_country_code: &str,
) -> Stored<Sealed> {
    if reporter.is_empty() {
        return Ok((None, None, None));
    }
    let place = Place { table: REPORTERS, case, row };
    let sealed = seal.seal(Kind::Identity, &place, json(reporter)?.as_bytes())?;
    let [email, phone] = contact_hashes(seal, reporter, phone_country_code);
    Ok((Some(sealed), email, phone))
}

/// The hash by which a reporter is found: of the lower-cased e-mail, or of the E.164 number.
pub fn contact_hash(seal: &Seal, contact: &str) -> Vec<u8> {
    seal.hash(Purpose::LookUp, contact.as_bytes())
}

/// The reporter of a case.
pub fn reporter(conn: &mut AnyConn, seal: &Seal, case: &Uid, id: i64) -> Stored<Reporter> {
    let (row, kind, sealed) = reporters::table
        .find(id)
        .select((reporters::uid, reporters::kind, reporters::sealed))
        .first::<(Vec<u8>, String, Option<Vec<u8>>)>(conn)?;
    let kind: ReporterKind = word(&kind)?;
    let Some(sealed) = sealed else { return Ok(Reporter::anonymous(kind)) };
    let place = Place { table: REPORTERS, case, row: &uid(&row)? };
    let plain = seal.open(Kind::Identity, &place, &sealed)?;
    serde_json::from_slice(&plain).map_err(|e| StoreError::Corrupt(e.to_string()))
}

/// Which of these cases were filed with exactly this text.
pub fn with_text(conn: &mut AnyConn, ids: &[CaseId], hash: &[u8]) -> Stored<Vec<CaseId>> {
    let same = case_texts::case_id.eq_any(ids).and(case_texts::hash.eq(hash));
    let same = case_texts::table.filter(same.and(case_texts::kind.eq("case")));
    Ok(same.select(case_texts::case_id).load(conn)?)
}

/// The latest cases of whoever has this e-mail or telephone, by keyed hash, the newest first: two
/// look-ups by an index each, since it is asked at every receipt.
pub fn cases_of_contact(conn: &mut AnyConn, hash: &[u8], limit: i64) -> Stored<Vec<CaseId>> {
    let by_email = reporters::table
        .filter(reporters::email_hash.eq(hash))
        .order(reporters::id.desc())
        .limit(limit)
        .select(reporters::id);
    let mut ids: Vec<i64> = by_email.load(conn)?;
    let by_phone = reporters::table
        .filter(reporters::phone_hash.eq(hash))
        .order(reporters::id.desc())
        .limit(limit)
        .select(reporters::id);
    ids.extend(by_phone.load::<i64>(conn)?);
    let of_these = cases::table
        .filter(cases::reporter_id.eq_any(ids))
        .order(cases::id.desc())
        .limit(limit)
        .select(cases::id);
    Ok(of_these.load(conn)?)
}

/// The latest cases of whoever has a contact of this reporter, each once.
pub fn cases_of_reporter(
    conn: &mut AnyConn,
    seal: &Seal,
    (reporter, phone_country_code): (&Reporter, &str),
    limit: i64,
) -> Stored<Vec<CaseId>> {
    let mut ids = Vec::new();
    for hash in contact_hashes(seal, reporter, phone_country_code).into_iter().flatten() {
        ids.extend(cases_of_contact(conn, &hash, limit)?);
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(ids)
}

/// The hashes by which a reporter is found: of the e-mail and of the telephone number.
fn contact_hashes(
    seal: &Seal,
    reporter: &Reporter,
    phone_country_code: &str,
) -> [Option<Vec<u8>>; 2] {
    let email = reporter.email.as_deref().map(str::to_lowercase);
    let phone = reporter.phone.as_deref();
    let phone = phone.and_then(|p| crate::domain::reporter::e164(p, phone_country_code));
    [email, phone].map(|contact| contact.map(|contact| contact_hash(seal, &contact)))
}
