//! Files that come with an event: their bytes are sealed and on disk before the transaction that
//! names them. A kill in between leaves bytes that nobody names, which `check` finds.

use crate::domain::attachment::{FILES_MAX, FILES_OF_CASE_MAX, NewFile};
use crate::domain::error::{FieldError, Rule};
use crate::domain::event::ActorKind;
use crate::flow::{Context, FlowError, off_thread};
use crate::seal::{Uid, random};
use crate::store::attachments::{self, Brought, PutFile};
use crate::store::cases::StoredCase;
use crate::store::files::Part;
use crate::store::{MayBeDown, Tx};

/// The field of messages, as the intake names it.
const FIELD: &str = "attachments";

/// Seals and writes the bytes of files for a case. What cannot be written takes the others back.
pub async fn put(
    context: &Context,
    case: &Uid,
    files: Vec<NewFile>,
) -> Result<Vec<PutFile>, FlowError> {
    if files.len() > FILES_MAX {
        let (limit, actual) = (FILES_MAX.to_string(), files.len().to_string());
        let error = FieldError::limit(FIELD, Rule::TooManyFiles, &limit, &actual);
        return Err(FlowError::field(error));
    }
    let mut out = Vec::with_capacity(files.len());
    for file in files {
        match put_one(context, case, file).await {
            Ok(put) => out.push(put),
            Err(error) => {
                take_back(context, &out).await;
                return Err(error);
            }
        }
    }
    Ok(out)
}

async fn put_one(context: &Context, case: &Uid, file: NewFile) -> Result<PutFile, FlowError> {
    let uid: Uid = random()?;
    let seal = context.store.seal().clone();
    let (hash, file) = off_thread(move || (attachments::hash_of(&seal, &file.bytes), file)).await?;
    let bytes = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    let put = PutFile {
        uid,
        name: file.name,
        media_type: file.media_type,
        size_bytes: bytes(file.bytes.len()),
        hash,
        preview_bytes: file.preview.as_ref().map_or(0, |preview| bytes(preview.len())),
        text: file.text,
    };
    context.files.put(case, &uid, Part::Whole, file.bytes).await?;
    if let Some(preview) = file.preview {
        context.files.put(case, &uid, Part::Preview, preview).await?;
    }
    Ok(put)
}

/// Removes the bytes of files whose event was surely not recorded. Where the database failed at the
/// commit nobody knows: then they stay, since an orphan is better than a case without its file.
pub async fn take_back_where_undone<T>(
    context: &Context,
    files: &[PutFile],
    done: &Result<T, FlowError>,
) {
    if done.as_ref().is_err_and(|error| error.database_is_down().is_none()) {
        take_back(context, files).await;
    }
}

/// What cannot be removed is an orphan.
async fn take_back(context: &Context, files: &[PutFile]) {
    for file in files {
        if let Err(error) = context.files.remove(&file.uid).await {
            tracing::warn!(%error, "a file that no case names could not be removed");
        }
    }
}

/// Hangs files on the event that was recorded just now, in its transaction.
pub fn hang(
    tx: &mut Tx<'_>,
    context: &Context,
    stored: &StoredCase,
    version: i64,
    (author, files): (ActorKind, &[PutFile]),
) -> Result<(), FlowError> {
    if files.is_empty() {
        return Ok(());
    }
    let known = attachments::count_of(tx.conn, stored.keys.id)?;
    let all = usize::try_from(known).unwrap_or(usize::MAX).saturating_add(files.len());
    if all > FILES_OF_CASE_MAX {
        let (limit, actual) = (FILES_OF_CASE_MAX.to_string(), all.to_string());
        let error = FieldError::limit(FIELD, Rule::TooManyFiles, &limit, &actual);
        return Err(FlowError::field(error));
    }
    let language = context.rules.language_or_default(&stored.case.language);
    let brought = Brought { version, author, language, at: context.now };
    Ok(attachments::insert_all(tx, &stored.keys, files, brought)?)
}
