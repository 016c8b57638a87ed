//! The rows of files: what each is called, sealed, and by which name its bytes lie in `files`.

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::cases::{CaseKeys, uid, word};
use super::schema::{attachments, cases};
use super::texts::{self, NewText};
use super::{AnyConn, Stored, Tx};
use crate::clock::Moment;
use crate::domain::attachment::{KeptFile, MediaType, TEXT_OF_FILE};
use crate::domain::case::CaseId;
use crate::domain::event::ActorKind;
use crate::seal::{Kind, Place, Purpose, Seal, Uid};

/// The table's name is part of the seal.
const TABLE: &str = "attachments name";

/// A file whose bytes lie in the store already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PutFile {
    pub uid: Uid,
    pub name: String,
    pub media_type: MediaType,
    pub size_bytes: i64,
    /// The keyed hash of its bytes.
    pub hash: Vec<u8>,
    /// 0: there is none.
    pub preview_bytes: i64,
    pub text: Option<String>,
}

/// What files came with: the event, who brought them, when.
#[derive(Debug, Clone, Copy)]
pub struct Brought<'a> {
    pub version: i64,
    pub author: ActorKind,
    pub language: &'a str,
    pub at: Moment,
}

/// A row as `check` looks at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub id: i64,
    pub number: String,
    pub case: Uid,
    pub uid: Uid,
    pub hash: Vec<u8>,
    pub size_bytes: i64,
    pub preview_bytes: i64,
}

/// The keyed hash of a file's bytes.
pub fn hash_of(seal: &Seal, bytes: &[u8]) -> Vec<u8> {
    seal.hash(Purpose::Text, bytes)
}

/// Writes the rows of files that came with an event, and what they say as texts of the case; in the
/// event's own transaction, so that its change mark counts for them.
pub fn insert_all(
    tx: &mut Tx<'_>,
    keys: &CaseKeys,
    files: &[PutFile],
    brought: Brought<'_>,
) -> Stored<()> {
    for file in files {
        let place = Place { table: TABLE, case: &keys.uid, row: &file.uid };
        diesel::insert_into(attachments::table)
            .values((
                attachments::uid.eq(file.uid.to_vec()),
                attachments::case_id.eq(keys.id),
                attachments::sealed_name.eq(tx.seal.seal(
                    Kind::Text,
                    &place,
                    file.name.as_bytes(),
                )?),
                attachments::media_type.eq(file.media_type.word()),
                attachments::size_bytes.eq(file.size_bytes),
                attachments::hash.eq(&file.hash),
                attachments::added_at.eq(brought.at.naive_utc()),
                attachments::version.eq(brought.version),
                attachments::author_kind.eq(brought.author.word()),
                attachments::preview_bytes.eq(file.preview_bytes),
            ))
            .execute(tx.conn)?;
        let words = [Some(file.name.clone()), file.text.clone()];
        let body = words.into_iter().flatten().collect::<Vec<_>>().join("\n");
        let (author, language) = (brought.author, brought.language.to_owned());
        texts::insert(tx, keys, &NewText { kind: TEXT_OF_FILE, author, language, body })?;
    }
    Ok(())
}

/// How many files hang on a case.
pub fn count_of(conn: &mut AnyConn, case: CaseId) -> Stored<i64> {
    Ok(attachments::table.filter(attachments::case_id.eq(case)).count().get_result(conn)?)
}

/// The files of a case, the first first.
pub fn of_case(conn: &mut AnyConn, seal: &Seal, keys: &CaseKeys) -> Stored<Vec<KeptFile>> {
    type Found = (i64, Vec<u8>, Vec<u8>, String, i64, NaiveDateTime, i64, String, i64);
    let rows = attachments::table
        .filter(attachments::case_id.eq(keys.id))
        .order(attachments::id)
        .select((
            attachments::id,
            attachments::uid,
            attachments::sealed_name,
            attachments::media_type,
            attachments::size_bytes,
            attachments::added_at,
            attachments::version,
            attachments::author_kind,
            attachments::preview_bytes,
        ))
        .load::<Found>(conn)?;
    let mut out = Vec::with_capacity(rows.len());
    for (id, row, sealed, kind, size_bytes, at, version, author, preview) in rows {
        let row = uid(&row)?;
        let place = Place { table: TABLE, case: &keys.uid, row: &row };
        out.push(KeptFile {
            id,
            uid: row,
            version,
            author: word(&author)?,
            name: seal.open_text(&place, &sealed)?,
            media_type: word(&kind)?,
            size_bytes,
            has_preview: preview > 0,
            added_at: at.and_utc(),
        });
    }
    Ok(out)
}

/// How many files each of these cases has, and their names, for the export.
pub fn of_cases(
    conn: &mut AnyConn,
    seal: &Seal,
    keys: &[CaseKeys],
) -> Stored<Vec<(CaseId, Vec<KeptFile>)>> {
    let ids: Vec<CaseId> = keys.iter().map(|keys| keys.id).collect();
    let with: Vec<CaseId> = attachments::table
        .filter(attachments::case_id.eq_any(&ids))
        .select(attachments::case_id)
        .distinct()
        .load(conn)?;
    let mut out = Vec::with_capacity(with.len());
    for keys in keys.iter().filter(|keys| with.contains(&keys.id)) {
        out.push((keys.id, of_case(conn, seal, keys)?));
    }
    Ok(out)
}

/// The next rows after an id, in their order.
pub fn rows_after(conn: &mut AnyConn, after: i64, limit: i64) -> Stored<Vec<Row>> {
    type Found = (i64, String, Vec<u8>, Vec<u8>, Vec<u8>, i64, i64);
    let rows = attachments::table
        .inner_join(cases::table.on(cases::id.eq(attachments::case_id)))
        .filter(attachments::id.gt(after))
        .order(attachments::id)
        .limit(limit)
        .select((
            attachments::id,
            cases::number,
            cases::uid,
            attachments::uid,
            attachments::hash,
            attachments::size_bytes,
            attachments::preview_bytes,
        ))
        .load::<Found>(conn)?;
    let mut out = Vec::with_capacity(rows.len());
    for (id, number, case, row, hash, size_bytes, preview_bytes) in rows {
        let (case, uid) = (uid(&case)?, uid(&row)?);
        out.push(Row { id, number, case, uid, hash, size_bytes, preview_bytes });
    }
    Ok(out)
}

/// Takes the rows of a case's files away; what they were called by is returned, so that their bytes
/// can be removed when the commit is on disk. Their texts go with the case's texts.
pub fn remove_of_case(tx: &mut Tx<'_>, case: CaseId) -> Stored<Vec<Uid>> {
    let rows: Vec<Vec<u8>> = attachments::table
        .filter(attachments::case_id.eq(case))
        .select(attachments::uid)
        .load(tx.conn)?;
    diesel::delete(attachments::table.filter(attachments::case_id.eq(case))).execute(tx.conn)?;
    rows.iter().map(|row| uid(row)).collect()
}
