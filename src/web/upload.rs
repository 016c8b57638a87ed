//! What comes with files: a form, or a request of many parts (RFC 7578). Read within limits that
//! hold for a request, for all requests together and for the time that one may take; what a file
//! is, is `intake::attachment`'s.

use std::sync::Arc;
use std::time::Duration;

use actix_multipart::Multipart;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::{FromRequest, HttpRequest, web};
use futures_util::TryStreamExt;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::BODY_MAX_BYTES;
use super::api::must_be_json;
use super::ask::Ask;
use super::failure::{Failure, Kind};
use crate::domain::attachment::{FILE_MAX_BYTES, FILES_MAX, NewFile};
use crate::domain::error::{FieldError, Rule};
use crate::intake::attachment::{self, FIELD, Upload};
use crate::intake::{IntakeError, Unreadable};
use crate::seal::Purpose;

/// As many files as may be, each as large as may be, a text, and the frame around them. What is
/// larger is not read to its end.
const REQUEST_MAX_BYTES: usize = FILES_MAX * FILE_MAX_BYTES + 2 * BODY_MAX_BYTES;
/// Five photographs over a poor line of a telephone.
const REQUEST_SECONDS: u64 = 600;
/// So many megabytes of all requests are in memory at once; beyond, 503: the others get through.
const ROOM_MIB: usize = 256;
const MIB: usize = 1024 * 1024;
/// So many files are looked at together: a picture takes up to 300 MB while it is.
const LOOKED_AT_ONCE: usize = 2;
/// Fields of a form.
const PAIRS_MAX: usize = 200;

/// The room that uploads share.
pub struct Uploads {
    room: Arc<Semaphore>,
    looked_at: Arc<Semaphore>,
}

impl Default for Uploads {
    fn default() -> Uploads {
        Uploads {
            room: Arc::new(Semaphore::new(ROOM_MIB)),
            looked_at: Arc::new(Semaphore::new(LOOKED_AT_ONCE)),
        }
    }
}

/// What was sent: pairs as of any form, and files with what is wrong with them.
#[derive(Default)]
pub struct Sent {
    pub pairs: Vec<(String, String)>,
    pub files: Vec<Upload>,
    pub wrong: Vec<FieldError>,
    /// Parts that hold files under another name.
    unknown: Vec<String>,
    too_many: usize,
    bytes: usize,
    room: Vec<OwnedSemaphorePermit>,
}

/// Is it a request of many parts?
pub fn has_parts(request: &HttpRequest) -> bool {
    let header = request.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok());
    header.is_some_and(|kind| kind.trim_start().starts_with("multipart/form-data"))
}

/// A page's form, with files or without.
pub async fn form(request: &HttpRequest, payload: web::Payload) -> Result<Sent, Failure> {
    if has_parts(request) {
        return parts(request, payload).await;
    }
    let mut payload = payload.into_inner();
    let form = web::Form::<Vec<(String, String)>>::from_request(request, &mut payload).await;
    let pairs = form
        .map_err(|error| Failure::new(Kind::of_status(error.as_response_error().status_code())))?;
    Ok(Sent { pairs: pairs.into_inner(), ..Sent::default() })
}

/// A body of the API: JSON, or a part with JSON and parts with files.
pub struct Body {
    pub json: web::Bytes,
    pub files: Vec<NewFile>,
    /// What was said with keyed hashes in place of files: the same for the same request.
    pub said: Vec<u8>,
    _room: Vec<OwnedSemaphorePermit>,
}

/// Reads a body of the API; `part` is the name of the part that holds JSON.
pub async fn body(
    ask: &Ask,
    request: &HttpRequest,
    payload: web::Payload,
    part: &str,
) -> Result<Body, Failure> {
    if !has_parts(request) {
        let read = payload.to_bytes_limited(BODY_MAX_BYTES).await;
        let json = read.map_err(|_| Failure::new(Kind::TooLarge))?;
        let json = json.map_err(|_| Failure::new(Kind::BadRequest))?;
        must_be_json(request, &json)?;
        let said = json.to_vec();
        return Ok(Body { json, files: Vec::new(), said, _room: Vec::new() });
    }
    let mut sent = parts(request, payload).await?;
    let others = sent.pairs.iter().map(|(name, _)| name).filter(|name| *name != part);
    let mut wrong: Vec<FieldError> =
        others.chain(&sent.unknown).map(|n| FieldError::new(n, Rule::UnknownField)).collect();
    wrong.append(&mut sent.wrong);
    let (looked, found) = examine(ask, request, std::mem::take(&mut sent.files)).await?;
    wrong.extend(found);
    if !wrong.is_empty() {
        return Err(Failure::invalid(wrong));
    }
    let json = sent.pairs.into_iter().next().map_or_else(String::new, |(_, json)| json);
    let (mut said, mut files) = (json.clone().into_bytes(), Vec::new());
    for (file, hash) in looked {
        said.extend(format!("\0{} ", file.name).into_bytes());
        said.extend(hash);
        files.push(file);
    }
    Ok(Body { json: json.into(), files, said, _room: sent.room })
}

type Looked = (Vec<(NewFile, Vec<u8>)>, Vec<FieldError>);

/// Looks at each file, some at once and none on an async thread. Whatever breaks while a file is
/// read is the file's fault.
pub async fn examine(
    ask: &Ask,
    request: &HttpRequest,
    files: Vec<Upload>,
) -> Result<Looked, Failure> {
    let uploads = request.app_data::<web::Data<Uploads>>();
    let uploads = uploads.ok_or_else(|| Failure::new(Kind::Internal))?;
    let (mut kept, mut wrong) = (Vec::new(), Vec::new());
    for (upload, number) in files.into_iter().zip(1_usize..) {
        let turn = uploads.looked_at.clone().acquire_owned().await;
        let turn = turn.map_err(|_| Failure::new(Kind::Unavailable))?;
        let (seal, name) = (ask.app.seal.clone(), upload.name.clone());
        let looked = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            let hash = seal.hash(Purpose::Request, &upload.bytes);
            attachment::examine(upload, number).map(|file| (file, hash))
        });
        match looked.await {
            Ok(Ok(file)) => kept.push(file),
            Ok(Err(error)) => wrong.push(error),
            Err(error) => {
                tracing::error!(%error, "a file could not be read");
                wrong.push(attachment::broken(&attachment::shown(&name, number)));
            }
        }
    }
    Ok((kept, wrong))
}

async fn parts(request: &HttpRequest, payload: web::Payload) -> Result<Sent, Failure> {
    let uploads = request.app_data::<web::Data<Uploads>>();
    let room = uploads.map(|u| u.room.clone()).ok_or_else(|| Failure::new(Kind::Internal))?;
    let mut sent = Sent::default();
    let multipart = Multipart::new(request.headers(), payload);
    let reading = sent.read(multipart, &room);
    let within = tokio::time::timeout(Duration::from_secs(REQUEST_SECONDS), reading).await;
    within.map_err(|_| Failure::new(Kind::BadRequest))??;
    if sent.too_many > 0 {
        let all = (sent.files.len() + sent.too_many).to_string();
        let limit = FILES_MAX.to_string();
        sent.wrong.push(FieldError::limit(FIELD, Rule::TooManyFiles, &limit, &all));
    }
    Ok(sent)
}

fn unreadable() -> Failure {
    IntakeError::Unreadable(Unreadable::Parts).into()
}

impl Sent {
    async fn read(&mut self, mut from: Multipart, room: &Arc<Semaphore>) -> Result<(), Failure> {
        while let Some(mut field) = from.try_next().await.map_err(|_| unreadable())? {
            let name = field.name().unwrap_or("").to_owned();
            let given = field.content_disposition().and_then(|d| d.get_filename());
            let given = given.map(str::to_owned);
            let is_file = given.is_some() || name == FIELD;
            let most = if is_file { FILE_MAX_BYTES } else { BODY_MAX_BYTES };
            let (mut bytes, mut is_too_large) = (Vec::new(), false);
            while let Some(chunk) = field.try_next().await.map_err(|_| unreadable())? {
                self.count(chunk.len(), room)?;
                is_too_large = is_too_large || bytes.len() + chunk.len() > most;
                if is_too_large {
                    bytes = Vec::new();
                } else {
                    bytes.extend_from_slice(&chunk);
                }
            }
            let number = self.files.len() + self.wrong.len() + 1;
            match given {
                _ if is_too_large && !is_file => return Err(Failure::new(Kind::TooLarge)),
                Some(given) if is_too_large => {
                    self.wrong.push(attachment::too_large(&attachment::shown(&given, number)));
                }
                _ if is_file => self.take(name, given.unwrap_or_default(), bytes),
                _ if self.pairs.len() >= PAIRS_MAX => return Err(Failure::new(Kind::TooLarge)),
                _ => {
                    let text = String::from_utf8(bytes).map_err(|_| {
                        Failure::from(IntakeError::Unreadable(Unreadable::NotUnicode))
                    })?;
                    self.pairs.push((name, text));
                }
            }
        }
        Ok(())
    }

    fn take(&mut self, field: String, name: String, bytes: Vec<u8>) {
        // A browser sends a part without a name where no file was chosen.
        if name.is_empty() && bytes.is_empty() {
            return;
        }
        if field != FIELD {
            self.unknown.push(field);
        } else if self.files.len() >= FILES_MAX {
            self.too_many += 1;
        } else {
            self.files.push(Upload { name, bytes });
        }
    }

    /// Counts bytes against the limit of the request and takes room for them.
    fn count(&mut self, bytes: usize, room: &Arc<Semaphore>) -> Result<(), Failure> {
        self.bytes += bytes;
        if self.bytes > REQUEST_MAX_BYTES {
            return Err(Failure::new(Kind::TooLarge));
        }
        while self.room.len() * MIB < self.bytes {
            let one = room.clone().try_acquire_owned();
            self.room.push(one.map_err(|_| Failure::new(Kind::Unavailable))?);
        }
        Ok(())
    }
}
