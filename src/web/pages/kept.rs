//! Files that were chosen in a form: kept sealed until the form is taken, for a day at the longest,
//! so that a slip in another field loses none. They travel as fields that only we can make, and
//! unchecking one takes it out, with a script or without.

use actix_web::HttpRequest;

use super::form::{Errors, Typed};
use crate::domain::attachment::{FILES_MAX, NewFile};
use crate::domain::error::{FieldError, Rule};
use crate::flow::FlowError;
use crate::intake::attachment::FIELD;
use crate::seal::{Purpose, hex};
use crate::store::StoreError;
use crate::web::ask::Ask;
use crate::web::failure::Failure;
use crate::web::limits::{Limited, Limits};
use crate::web::upload::{self, Sent};

/// The name of the fields.
pub const NAME: &str = "kept";

/// A file that waits.
pub struct Kept {
    pub draft: String,
    pub name: String,
    pub size: i64,
    /// As it travels: what it is, and the proof that we have said so.
    pub value: String,
}

/// The files that wait with a form.
pub fn of(ask: &Ask, typed: &Typed) -> Vec<Kept> {
    let values = typed.pairs.iter().filter(|(name, _)| name == NAME);
    values.filter_map(|(_, value)| read(ask, value)).take(FILES_MAX).collect()
}

fn read(ask: &Ask, value: &str) -> Option<Kept> {
    let mut parts = value.splitn(4, ' ');
    let (draft, size) = (parts.next()?, parts.next()?);
    let (proof, name) = (parts.next()?, parts.next()?);
    let size = size.parse().ok()?;
    let is_ours = proof == proof_of(ask, draft, size, name);
    let (draft, name, value) = (draft.to_owned(), name.to_owned(), value.to_owned());
    is_ours.then_some(Kept { draft, name, size, value })
}

fn proof_of(ask: &Ask, draft: &str, size: i64, name: &str) -> String {
    let said = format!("kept file {draft} {size} {name}");
    hex(&ask.app.seal.hash(Purpose::Request, said.as_bytes()))
}

/// Keeps what came with a form and puts it among its fields; what is wrong with the others is
/// returned, and those are not kept.
pub async fn take_in(
    ask: &Ask,
    request: &HttpRequest,
    limits: &Limits,
    typed: &mut Typed,
    sent: Sent,
) -> Result<Errors, Failure> {
    let mut wrong = sent.wrong;
    let known = of(ask, typed).len();
    if sent.files.is_empty() && wrong.is_empty() {
        return Ok(Errors::default());
    }
    limits.count(Limited::Draft, &ask.client)?;
    let all = known + sent.files.len();
    let mut files = sent.files;
    if all > FILES_MAX {
        let (limit, all) = (FILES_MAX.to_string(), all.to_string());
        files.truncate(FILES_MAX.saturating_sub(known));
        wrong.push(FieldError::limit(FIELD, Rule::TooManyFiles, &limit, &all));
    }
    let (looked, found) = upload::examine(ask, request, files).await?;
    wrong.extend(found);
    for (file, _) in looked {
        let draft = ask.app.files.keep_draft(&file, ask.context.now.timestamp()).await?;
        let size = i64::try_from(file.bytes.len()).unwrap_or(i64::MAX);
        let proof = proof_of(ask, &draft, size, &file.name);
        typed.pairs.push((NAME.to_owned(), format!("{draft} {size} {proof} {}", file.name)));
    }
    Ok(Errors::of_fields(ask, &wrong))
}

/// The files themselves; one whose day is over is said by its name, and taken out of the form.
pub async fn load(ask: &Ask, typed: &mut Typed) -> Result<Vec<NewFile>, Failure> {
    let (mut out, mut wrong) = (Vec::new(), Vec::new());
    for kept in of(ask, typed) {
        match ask.app.files.draft(&kept.draft).await {
            Ok(file) => out.push(file),
            Err(StoreError::NotFound) => {
                typed.pairs.retain(|(_, value)| *value != kept.value);
                let error = FieldError::limit(FIELD, Rule::FileExpired, "", &kept.name);
                wrong.push(FieldError { file: Some(kept.name), ..error });
            }
            Err(error) => return Err(FlowError::from(error).into()),
        }
    }
    if wrong.is_empty() { Ok(out) } else { Err(Failure::invalid(wrong)) }
}

/// The form was taken: what it waited for is kept elsewhere now.
pub async fn forget(ask: &Ask, typed: &Typed) {
    for kept in of(ask, typed) {
        if let Err(error) = ask.app.files.remove_draft(&kept.draft).await {
            tracing::warn!(%error, "a draft was not removed; it expires");
        }
    }
}
