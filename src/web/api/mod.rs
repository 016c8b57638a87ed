//! The REST interface under `/api/v1`.

pub mod cases;
pub mod desk;
pub mod lists;
pub mod reports;
pub mod session;

use actix_web::HttpRequest;
use actix_web::http::header::CONTENT_TYPE;

use super::failure::{Failure, Kind};

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
