//! The pages: citizens' pages work without a script, the desk is quick with one.

pub mod failure;
pub mod figures;
mod form;
mod frame;
mod home;

use actix_web::web::{self, ServiceConfig, get};

/// The pages' URLs.
pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/", get().to(home::home))
        .route("/statistics", get().to(home::statistics))
        .app_data(web::FormConfig::default().limit(super::BODY_MAX_BYTES));
}
