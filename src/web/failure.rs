//! Every way in which a request can fail, in one table: status, type, words. The answer is
//! problem+json (RFC 9457) under `/api` and a page elsewhere, in the reader's language, with the
//! reference that stands in the log.

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderValue, RETRY_AFTER};
use actix_web::{HttpResponse, ResponseError};
use serde_json::{Value, json};

use super::BODY_MAX_BYTES;
use crate::domain::error::{FieldError, Refusal};
use crate::flow::{Changed, FlowError};
use crate::intake::{IntakeError, Unreadable, field_message, unreadable_message};
use crate::store::StoreError;
use crate::text::messages::Messages;

/// A request that failed.
#[derive(Debug, Clone)]
pub struct Failure {
    pub kind: Kind,
    /// Where the kind's own words do not say enough.
    pub unreadable: Option<Unreadable>,
    pub errors: Vec<FieldError>,
    pub can: Vec<&'static str>,
    pub changed: Vec<Changed>,
    pub retry_after_seconds: Option<u64>,
}

crate::domain::words! {
    /// The kinds of failure; the word ends the problem's type.
    Kind {
        BadRequest = "bad-request",
        Unauthorized = "unauthorized",
        Forbidden = "forbidden",
        /// Signed in with a one-time password, which must be changed first.
        ChangePassword = "change-password",
        ForeignOrigin = "foreign-origin",
        NotFound = "not-found",
        MistypedCode = "mistyped-code",
        UnknownCode = "unknown-code",
        Method = "method",
        IllegalStep = "illegal-step",
        Stale = "stale",
        TooLarge = "too-large",
        UnsupportedType = "unsupported-type",
        Invalid = "invalid",
        KeyReused = "key-reused",
        IfMatch = "if-match",
        TooMany = "too-many",
        Unavailable = "unavailable",
        Internal = "internal",
    }
}

impl Kind {
    /// The HTTP status (RFC 9110, RFC 6585).
    pub fn status(self) -> StatusCode {
        match self {
            Kind::BadRequest => StatusCode::BAD_REQUEST,
            Kind::Unauthorized => StatusCode::UNAUTHORIZED,
            Kind::Forbidden | Kind::ChangePassword | Kind::ForeignOrigin => StatusCode::FORBIDDEN,
            Kind::NotFound | Kind::MistypedCode | Kind::UnknownCode => StatusCode::NOT_FOUND,
            Kind::Method => StatusCode::METHOD_NOT_ALLOWED,
            Kind::IllegalStep => StatusCode::CONFLICT,
            Kind::Stale => StatusCode::PRECONDITION_FAILED,
            Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Kind::UnsupportedType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Kind::Invalid | Kind::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Kind::IfMatch => StatusCode::PRECONDITION_REQUIRED,
            Kind::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The problem's type, by which programs tell problems apart.
    pub fn type_url(self) -> String {
        format!("about:dangvan/{self}")
    }

    /// The kind for a status that the server itself gave.
    pub fn of_status(status: StatusCode) -> Kind {
        let same = |kind: &&Kind| kind.status() == status;
        match status {
            StatusCode::NOT_FOUND => Kind::NotFound,
            StatusCode::FORBIDDEN => Kind::Forbidden,
            StatusCode::UNPROCESSABLE_ENTITY => Kind::Invalid,
            _ => match Kind::ALL.iter().find(same) {
                Some(kind) => *kind,
                None if status.is_client_error() => Kind::BadRequest,
                None => Kind::Internal,
            },
        }
    }
}

/// After an outage it is worth trying again so soon.
const RETRY_SECONDS: u64 = 5;

impl Failure {
    /// A failure without particulars.
    pub fn new(kind: Kind) -> Failure {
        Failure {
            kind,
            unreadable: None,
            errors: Vec::new(),
            can: Vec::new(),
            changed: Vec::new(),
            // Whoever is sent away for now is told for how long.
            retry_after_seconds: (kind == Kind::Unavailable).then_some(RETRY_SECONDS),
        }
    }

    /// Wrong fields.
    pub fn invalid(errors: Vec<FieldError>) -> Failure {
        Failure { errors, ..Failure::new(Kind::Invalid) }
    }

    /// Too many tries.
    pub fn too_many(seconds: u64) -> Failure {
        Failure { retry_after_seconds: Some(seconds), ..Failure::new(Kind::TooMany) }
    }

    /// A form that is shown again after a failure that passes says so in its status, and when to
    /// come again.
    pub fn mark(&self, mut page: HttpResponse) -> HttpResponse {
        if let Some(seconds) = self.retry_after_seconds {
            *page.status_mut() = self.kind.status();
            page.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        page
    }

    /// The title in the reader's language.
    pub fn title(&self, messages: &Messages, language: &str) -> String {
        let seconds = self.retry_after_seconds.unwrap_or(0).to_string();
        let limit = (BODY_MAX_BYTES / 1024).to_string();
        let values = [("seconds", seconds.as_str()), ("limit", limit.as_str())];
        messages.say(language, &format!("problem-{}", self.kind), &values)
    }

    /// problem+json with everything that the reader can use.
    pub fn body(&self, messages: &Messages, language: &str, request_id: &str) -> Value {
        let mut errors = Vec::new();
        for error in &self.errors {
            let mut one = json!({
                "field": error.field,
                "rule": error.rule,
                "message": field_message(messages, language, error),
            });
            if let (Some(limit), Value::Object(map)) = (&error.limit, &mut one)
                && !limit.is_empty()
            {
                map.insert("limit".into(), json!(limit));
            }
            if let (Some(file), Value::Object(map)) = (&error.file, &mut one) {
                map.insert("file".into(), json!(file));
            }
            errors.push(one);
        }
        let title = self.title(messages, language);
        let unreadable = self.unreadable.as_ref();
        let detail = unreadable.map(|why| unreadable_message(messages, language, why));
        let mut body = json!({
            "type": self.kind.type_url(),
            "title": title,
            "status": self.kind.status().as_u16(),
            "detail": detail.unwrap_or(title),
            "errors": errors,
            "request_id": request_id,
        });
        if let Value::Object(map) = &mut body {
            if self.kind == Kind::IllegalStep {
                map.insert("can".into(), json!(self.can));
            }
            if self.kind == Kind::Stale {
                let changed = self.changed.iter();
                let changed: Vec<Value> =
                    changed.map(|c| json!({"field": c.field, "by": c.by, "at": c.at})).collect();
                map.insert("changed".into(), json!(changed));
            }
        }
        body
    }
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Failure {
        match refusal {
            Refusal::IllegalStep { can, .. } => Failure {
                can: can.into_iter().map(|v| v.word()).collect(),
                ..Failure::new(Kind::IllegalStep)
            },
            Refusal::Forbidden => Failure::new(Kind::Forbidden),
            Refusal::NotFound => Failure::new(Kind::NotFound),
            Refusal::Invalid(errors) => Failure::invalid(errors),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        match error {
            StoreError::NotFound => Failure::new(Kind::NotFound),
            StoreError::Unavailable(_) | StoreError::Busy | StoreError::Conflict => {
                tracing::warn!(%error, "the store cannot serve a request now");
                Failure::new(Kind::Unavailable)
            }
            other => {
                tracing::error!(error = %other, "the store failed");
                Failure::new(Kind::Internal)
            }
        }
    }
}

impl From<FlowError> for Failure {
    fn from(error: FlowError) -> Failure {
        match error {
            FlowError::Refusal(refusal) => refusal.into(),
            FlowError::Store(error) => error.into(),
            FlowError::Stale(changed) => Failure { changed, ..Failure::new(Kind::Stale) },
            FlowError::KeyReused => Failure::new(Kind::KeyReused),
            FlowError::NotSignedIn => Failure::new(Kind::Unauthorized),
            other => {
                tracing::error!(error = %other, "a verb failed");
                Failure::new(Kind::Internal)
            }
        }
    }
}

impl From<IntakeError> for Failure {
    fn from(error: IntakeError) -> Failure {
        match error {
            IntakeError::Unreadable(why) => {
                Failure { unreadable: Some(why), ..Failure::new(Kind::BadRequest) }
            }
            IntakeError::Invalid(errors) => Failure::invalid(errors),
        }
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.kind.word())
    }
}

impl ResponseError for Failure {
    fn status_code(&self) -> StatusCode {
        self.kind.status()
    }

    /// Status alone: `guard` fills in the words, which need the reader's language and the request's
    /// id.
    fn error_response(&self) -> HttpResponse {
        HttpResponse::new(self.status_code())
    }
}
