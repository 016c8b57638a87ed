//! The file of a case, read in one go: row, texts, events, mails, decisions, names. Nothing is
//! decided here about who may see what.

use std::collections::BTreeMap;

use super::failure::Failure;
use crate::domain::case::Case;
use crate::domain::file::{File, KeptMail};
use crate::domain::in_language;
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::scope::Neighbour;
use crate::flow::Context;
use crate::seal::Seal;
use crate::store::cases::{self, StoredCase};
use crate::store::{
    AnyConn, StoreError, Stored, attachments, examples, history, outbox, texts, users,
};

/// No more related cases are named than this.
const RELATED_MAX: i64 = 20;

/// By the keyed hash of the code.
pub async fn by_code(context: &Context, hash: Vec<u8>) -> Result<(StoredCase, File), Failure> {
    read(context, move |conn| cases::by_code_hash(conn, &hash)).await
}

/// By number.
pub async fn by_number(context: &Context, number: String) -> Result<(StoredCase, File), Failure> {
    read(context, move |conn| cases::by_number(conn, &number)).await
}

async fn read(
    context: &Context,
    find: impl FnOnce(&mut AnyConn) -> Stored<StoredCase> + Send + 'static,
) -> Result<(StoredCase, File), Failure> {
    let (seal, rules) = (context.store.seal().clone(), context.rules.clone());
    let found = context
        .store
        .read(move |conn| {
            let stored = find(conn)?;
            let file = file(conn, &seal, &rules, &stored)?;
            Ok::<_, StoreError>((stored, file))
        })
        .await?;
    Ok(found)
}

fn file(
    conn: &mut AnyConn,
    seal: &Seal,
    rules: &Jurisdiction,
    stored: &StoredCase,
) -> Stored<File> {
    let keys = &stored.keys;
    let reporter = texts::reporter(conn, seal, &keys.uid, keys.reporter_id)?;
    let all_users = users::all(conn)?;
    let user_names: BTreeMap<i64, String> = all_users.into_iter().map(|u| (u.id, u.name)).collect();
    let mut mails = Vec::new();
    for row in outbox::of_case(conn, keys.id)? {
        let to = match row.recipient_kind.as_str() {
            "agency" => rules
                .agency(row.recipient_id)
                .map(|a| in_language(&a.names, rules.default_language()).to_owned()),
            "user" => user_names.get(&row.recipient_id).cloned(),
            _ => None,
        };
        mails.push(KeptMail {
            id: row.id,
            to: to.unwrap_or_else(|| "reporter".to_owned()),
            kind: row.letter.to_string(),
            state: row.state.to_string(),
            attempts: row.attempts,
            last_error: row.last_error,
            created_at: row.created_at,
        });
    }
    let decisions = examples::decisions_of(conn, seal, keys)?;
    let near = decisions.iter().flat_map(|d| &d.grounds.neighbours);
    let near: Vec<String> = near.filter_map(|n| n.number.clone()).collect();
    Ok(File {
        neighbours: cases_of(conn, &near)?,
        related: related(conn, seal, stored, &reporter, &rules.settings.phone_country_code)?,
        case: stored.case.clone(),
        texts: texts::of_case(conn, seal, keys.id)?,
        attachments: attachments::of_case(conn, seal, keys)?,
        reporter,
        events: history::events_of(conn, keys.id)?,
        mails,
        decisions,
        deadlines: history::deadlines_of(conn, keys.id)?,
        user_names,
    })
}

fn cases_of(conn: &mut AnyConn, numbers: &[String]) -> Stored<Vec<Case>> {
    Ok(cases::by_numbers(conn, numbers)?.into_iter().map(|stored| stored.case).collect())
}

/// The cases that these texts come from, as they stand now.
pub async fn cases_of_neighbours(
    context: &Context,
    all: &[Neighbour],
) -> Result<Vec<Case>, Failure> {
    let numbers: Vec<String> = all.iter().filter_map(|near| near.number.clone()).collect();
    let read = move |conn: &mut AnyConn| cases_of(conn, &numbers);
    Ok(context.store.read::<_, StoreError, _>(read).await?)
}

/// Other cases of whoever has the same e-mail or telephone; who may know of which is `view`'s.
fn related(
    conn: &mut AnyConn,
    seal: &Seal,
    stored: &StoredCase,
    reporter: &crate::domain::reporter::Reporter,
    country: &str,
) -> Stored<Vec<Case>> {
    let mut ids = texts::cases_of_reporter(conn, seal, (reporter, country), RELATED_MAX)?;
    ids.retain(|id| *id != stored.keys.id);
    let others = cases::by_ids(conn, &ids)?;
    Ok(others.into_iter().map(|other| other.case).collect())
}
