//! The REST interface under `/api/v1`.

pub mod attachments;
pub mod cases;
pub mod desk;
pub mod lists;
pub mod reports;
pub mod session;

use actix_web::HttpRequest;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::CONTENT_TYPE;
use actix_web::middleware::Next;

use super::failure::{Failure, Kind};
use crate::domain::error::{FieldError, Rule};

/// What reads its parameters itself, each with its meaning.
const WITH_PARAMETERS: [&str; 4] =
    ["/desk/cases", "/reports/summary", "/reports/series", "/reports/accuracy"];

/// Everything else takes no parameter but the language: any other is refused by name.
pub async fn known_parameters(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<EitherBody<impl MessageBody>>, actix_web::Error> {
    if WITH_PARAMETERS.iter().any(|path| request.path().ends_with(path)) {
        return Ok(next.call(request).await?.map_into_left_body());
    }
    let refused = pairs(request.request()).and_then(|pairs| {
        let unknown = pairs.iter().filter(|(name, _)| name != "language");
        let errors: Vec<FieldError> =
            unknown.map(|(name, _)| FieldError::new(name, Rule::UnknownField)).collect();
        if errors.is_empty() { Ok(()) } else { Err(Failure::invalid(errors)) }
    });
    match refused {
        Ok(()) => Ok(next.call(request).await?.map_into_left_body()),
        Err(failure) => Ok(request.error_response(failure).map_into_right_body()),
    }
}

/// Bodies are JSON; an empty body needs no type.
pub fn must_be_json(request: &HttpRequest, body: &[u8]) -> Result<(), Failure> {
    let header = request.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok());
    let essence = header.and_then(|h| h.split(';').next()).map(str::trim);
    match essence {
        Some("application/json") => Ok(()),
        None if body.is_empty() => Ok(()),
        _ => Err(Failure::new(Kind::UnsupportedType)),
    }
}

/// The parameters of a URL, decoded, in order.
pub fn pairs(request: &HttpRequest) -> Result<Vec<(String, String)>, Failure> {
    let query = actix_web::web::Query::<Vec<(String, String)>>::from_query(request.query_string());
    query.map(actix_web::web::Query::into_inner).map_err(|_| Failure::new(Kind::BadRequest))
}
