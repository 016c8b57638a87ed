//! The pages: citizens' pages work without a script, the desk is quick with one.

pub mod failure;

use actix_web::web::ServiceConfig;

/// The pages' URLs.
pub fn routes(_config: &mut ServiceConfig) {}
