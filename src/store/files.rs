//! Where files lie, sealed: a folder, or a store that speaks S3. A file is on disk before the
//! commit that names it; what was written and never named is an orphan, which `check` finds.
//!
//! Names tell nothing: a case's file has the name of its row, and a draft, which belongs to no case
//! yet, the second in which it came.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt;
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Name;
use object_store::prefix::PrefixStore;
use object_store::{ClientOptions, ObjectStore, ObjectStoreExt, RetryConfig};

use super::{StoreError, Stored};
use crate::domain::attachment::NewFile;
use crate::seal::{Kind, Place, Seal, Uid, hex, random, unhex};

/// The store answers a request within this time, or the request has failed.
const REQUEST_SECONDS: u64 = 30;
const CONNECT_SECONDS: u64 = 5;
/// A citizen waits for it: tried again for so long, then 503.
const RETRY_SECONDS: u64 = 20;
const RETRIES_MAX: usize = 3;

/// The names of the seals, as those of tables are.
const ATTACHMENTS: &str = "attachments";
const PREVIEWS: &str = "attachments preview";
const DRAFTS: &str = "drafts";

/// Folders of the store.
const CASES: &str = "cases";
const DRAFTS_FOLDER: &str = "drafts";

/// Where the files lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilesUrl {
    Folder(PathBuf),
    S3(Box<S3>),
}

/// A bucket of a store that speaks S3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct S3 {
    /// Scheme, host and port.
    pub endpoint: String,
    pub key: String,
    pub secret: String,
    pub bucket: String,
    pub prefix: String,
    pub region: String,
}

/// The region that most stores of one's own are called.
const REGION: &str = "us-east-1";

impl FilesUrl {
    /// Reads `file:PATH`, taken from `data` where it is relative, or
    /// `s3+https://KEY:SECRET@HOST[:PORT]/BUCKET[/PREFIX][?region=REGION]`, where key and secret
    /// are percent-encoded.
    pub fn parse(url: &str, data: &Path) -> Result<FilesUrl, String> {
        if let Some(path) = url.strip_prefix("file:").filter(|path| !path.is_empty()) {
            return Ok(FilesUrl::Folder(data.join(path)));
        }
        let why = "it must be file:FOLDER or s3+https://KEY:SECRET@HOST/BUCKET?region=REGION";
        FilesUrl::of_s3(url).map(|s3| FilesUrl::S3(Box::new(s3))).ok_or_else(|| why.to_owned())
    }

    fn of_s3(url: &str) -> Option<S3> {
        let (scheme, rest) = url.strip_prefix("s3+")?.split_once("://")?;
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (place, path) = rest.split_once('/')?;
        let (account, host) = place.rsplit_once('@')?;
        let (key, secret) = account.split_once(':')?;
        let (bucket, prefix) = path.split_once('/').unwrap_or((path, ""));
        let region = query.strip_prefix("region=").unwrap_or(REGION);
        let all = [key, secret, host, bucket, region];
        let is_known =
            matches!(scheme, "http" | "https") && all.iter().all(|part| !part.is_empty());
        is_known.then_some(S3 {
            endpoint: format!("{scheme}://{host}"),
            key: decoded(key)?,
            secret: decoded(secret)?,
            bucket: bucket.to_owned(),
            prefix: prefix.trim_matches('/').to_owned(),
            region: region.to_owned(),
        })
    }
}

/// Takes percent signs back (RFC 3986, 2.1).
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut parts = text.split('%');
    bytes.extend_from_slice(parts.next()?.as_bytes());
    for part in parts {
        let (code, rest) = part.split_at_checked(2)?;
        bytes.extend(unhex(code)?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

/// What lies at a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Whole,
    Preview,
}

/// A file that lies in the store for a case, as a list of them tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lying {
    /// None where the name is no name of ours.
    pub uid: Option<Uid>,
    pub part: Part,
    pub name: String,
}

/// The store of files. Cheap to clone.
#[derive(Clone)]
pub struct Files {
    store: Arc<dyn ObjectStore>,
    seal: Arc<Seal>,
}

impl Files {
    /// Opens a folder, which is made where there is none, or a bucket; nothing is asked of it yet.
    pub fn open(url: &FilesUrl, seal: Arc<Seal>) -> Stored<Files> {
        let store: Arc<dyn ObjectStore> = match url {
            FilesUrl::Folder(path) => {
                std::fs::create_dir_all(path).map_err(|e| away(path.display(), e))?;
                let folder = LocalFileSystem::new_with_prefix(path);
                let folder = folder.map_err(|e| away(path.display(), e))?;
                // Without a sync the row could outlive its file in a power cut.
                Arc::new(folder.with_automatic_cleanup(false).with_fsync(true))
            }
            FilesUrl::S3(s3) => bucket(s3)?,
        };
        Ok(Files { store, seal })
    }

    /// Seals and writes one part of a case's file; it is on disk when this returns.
    pub async fn put(&self, case: &Uid, row: &Uid, part: Part, plain: Vec<u8>) -> Stored<()> {
        let (seal, case, uid) = (self.seal.clone(), *case, *row);
        let sealed = aside(move || {
            let place = Place { table: table(part), case: &case, row: &uid };
            seal.seal(Kind::Text, &place, &plain)
        });
        self.write(&name(row, part), sealed.await??).await
    }

    /// Reads and opens one part of a case's file. `NotFound` where there is none; a seal that does
    /// not fit is `Seal`.
    pub async fn get(&self, case: &Uid, row: &Uid, part: Part) -> Stored<Vec<u8>> {
        let sealed = self.read(&name(row, part)).await?;
        let (seal, case, uid) = (self.seal.clone(), *case, *row);
        let opened = aside(move || {
            let place = Place { table: table(part), case: &case, row: &uid };
            seal.open(Kind::Text, &place, &sealed)
        });
        Ok(opened.await??)
    }

    /// Removes a case's file with its preview; what is not there is removed already.
    pub async fn remove(&self, row: &Uid) -> Stored<()> {
        self.delete(&name(row, Part::Whole)).await?;
        self.delete(&name(row, Part::Preview)).await
    }

    /// Everything that lies there for cases.
    pub async fn all(&self) -> Stored<Vec<Lying>> {
        let mut out = Vec::new();
        for name in self.names(CASES).await? {
            let last = name.rsplit('/').next().unwrap_or("");
            let (stem, part) = match last.strip_suffix(".preview") {
                Some(stem) => (stem, Part::Preview),
                None => (last, Part::Whole),
            };
            let uid = unhex(stem).and_then(|bytes| bytes.try_into().ok());
            out.push(Lying { uid, part, name });
        }
        Ok(out)
    }

    /// Keeps a file for which there is no case yet; returns the name by which it is taken up.
    /// `seconds`: when, since 1970.
    pub async fn keep_draft(&self, file: &NewFile, seconds: i64) -> Stored<String> {
        let uid: Uid = random()?;
        let (seal, file) = (self.seal.clone(), file.clone());
        let sealed = aside(move || {
            let place = Place { table: DRAFTS, case: &uid, row: &uid };
            seal.seal(Kind::Text, &place, &packed(&file)?)
        });
        let draft = format!("{seconds}-{}", hex(&uid));
        self.write(&Name::from_iter([DRAFTS_FOLDER, &draft]), sealed.await??).await?;
        Ok(draft)
    }

    /// Takes a kept file up; `NotFound` where it has expired, or the name is none of ours.
    pub async fn draft(&self, draft: &str) -> Stored<NewFile> {
        let (_, uid) = draft_parts(draft).ok_or(StoreError::NotFound)?;
        let sealed = self.read(&Name::from_iter([DRAFTS_FOLDER, draft])).await?;
        let seal = self.seal.clone();
        let opened = aside(move || {
            let place = Place { table: DRAFTS, case: &uid, row: &uid };
            seal.open(Kind::Text, &place, &sealed)
        });
        unpacked(&opened.await??).ok_or_else(|| StoreError::Corrupt("a draft".into()))
    }

    /// Removes a kept file.
    pub async fn remove_draft(&self, draft: &str) -> Stored<()> {
        match draft_parts(draft) {
            Some(_) => self.delete(&Name::from_iter([DRAFTS_FOLDER, draft])).await,
            None => Ok(()),
        }
    }

    /// Removes what was kept before `seconds`; says how many.
    pub async fn sweep_drafts(&self, seconds: i64) -> Stored<u64> {
        let mut count = 0;
        for name in self.names(DRAFTS_FOLDER).await? {
            let draft = name.rsplit('/').next().unwrap_or("");
            if draft_parts(draft).is_none_or(|(since, _)| since < seconds) {
                self.delete(&Name::from(name.as_str())).await?;
                count += 1;
            }
        }
        Ok(count)
    }

    async fn write(&self, name: &Name, bytes: Vec<u8>) -> Stored<()> {
        let put = self.store.put(name, bytes.into()).await;
        put.map(|_| ()).map_err(failed)
    }

    async fn read(&self, name: &Name) -> Stored<Vec<u8>> {
        let found = self.store.get(name).await.map_err(failed)?;
        Ok(found.bytes().await.map_err(failed)?.into())
    }

    async fn delete(&self, name: &Name) -> Stored<()> {
        match self.store.delete(name).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }

    async fn names(&self, folder: &str) -> Stored<Vec<String>> {
        let folder = Name::from(folder);
        let found = self.store.list(Some(&folder)).map_ok(|meta| meta.location.to_string());
        found.try_collect().await.map_err(failed)
    }
}

fn bucket(s3: &S3) -> Stored<Arc<dyn ObjectStore>> {
    // One for the process, as rustls wants it; a second store finds it there.
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        tracing::debug!("the provider of ciphers is there already");
    }
    let options = ClientOptions::new()
        .with_timeout(Duration::from_secs(REQUEST_SECONDS))
        .with_connect_timeout(Duration::from_secs(CONNECT_SECONDS));
    let retry = RetryConfig {
        max_retries: RETRIES_MAX,
        retry_timeout: Duration::from_secs(RETRY_SECONDS),
        ..RetryConfig::default()
    };
    let built = AmazonS3Builder::new()
        .with_endpoint(&s3.endpoint)
        .with_access_key_id(&s3.key)
        .with_secret_access_key(&s3.secret)
        .with_bucket_name(&s3.bucket)
        .with_region(&s3.region)
        .with_client_options(options)
        // Whether it is encrypted on the way is the operator's: the files are sealed in any case.
        .with_allow_http(s3.endpoint.starts_with("http://"))
        .with_retry(retry)
        .build()
        .map_err(|e| away(&s3.endpoint, e))?;
    Ok(match s3.prefix.as_str() {
        "" => Arc::new(built),
        prefix => Arc::new(PrefixStore::new(built, prefix)),
    })
}

/// Files are spread over 256 folders, as many file systems like it.
fn name(row: &Uid, part: Part) -> Name {
    let hex = hex(row);
    let folder: String = hex.chars().take(2).collect();
    let last = match part {
        Part::Whole => hex,
        Part::Preview => format!("{hex}.preview"),
    };
    Name::from_iter([CASES, &folder, &last])
}

fn table(part: Part) -> &'static str {
    match part {
        Part::Whole => ATTACHMENTS,
        Part::Preview => PREVIEWS,
    }
}

fn draft_parts(draft: &str) -> Option<(i64, Uid)> {
    let (seconds, uid) = draft.split_once('-')?;
    Some((seconds.parse().ok()?, unhex(uid)?.try_into().ok()?))
}

/// The file's length, the file, and what else is known of it as JSON.
fn packed(file: &NewFile) -> Result<Vec<u8>, crate::seal::SealError> {
    let about = (&file.name, file.media_type, &file.text, &file.preview);
    let about = serde_json::to_vec(&about).map_err(|_| crate::seal::SealError::Open)?;
    let length = u64::try_from(file.bytes.len()).unwrap_or(u64::MAX);
    Ok([length.to_be_bytes().as_slice(), &file.bytes, &about].concat())
}

fn unpacked(bytes: &[u8]) -> Option<NewFile> {
    let (length, rest) = bytes.split_first_chunk::<8>()?;
    let length = usize::try_from(u64::from_be_bytes(*length)).ok()?;
    let (bytes, about) = rest.split_at_checked(length)?;
    let (name, media_type, text, preview) = serde_json::from_slice(about).ok()?;
    Some(NewFile { name, media_type, bytes: bytes.to_vec(), preview, text })
}

/// Ten megabytes are sealed in some ten milliseconds: not on an async thread.
async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Stored<T> {
    let joined = tokio::task::spawn_blocking(work).await;
    joined.map_err(|e| StoreError::Unavailable(e.to_string()))
}

fn away(place: impl std::fmt::Display, why: impl std::fmt::Display) -> StoreError {
    StoreError::Unavailable(format!("the files at {place}: {why}"))
}

fn failed(error: object_store::Error) -> StoreError {
    match error {
        object_store::Error::NotFound { .. } => StoreError::NotFound,
        other => StoreError::Unavailable(format!("the files: {other}")),
    }
}
