//! The pages: citizens' pages work without a script, the desk is quick with one.

mod accuracy;
mod admin;
mod case;
mod case_forms;
mod chart;
mod choices;
mod desk;
mod docs;
pub mod failure;
pub mod figures;
mod file;
mod form;
mod frame;
mod home;
mod kept;
mod lab;
mod pieces;
mod reports;
mod saved;
mod sign_in;
mod track;

use actix_web::web::{self, ServiceConfig, get, post};

use super::api::attachments;

/// The pages' URLs.
pub fn routes(config: &mut ServiceConfig) {
    config
        .route("/", get().to(home::home))
        .route("/file", get().to(file::start))
        .route("/file", post().to(file::step))
        .route("/track", get().to(track::code_box))
        .route("/track", post().to(track::open))
        .route("/track/{code}", get().to(track::read))
        .route("/track/{code}/receipt", get().to(track::receipt))
        .route("/track/{code}/attachments/{id}", get().to(attachments::of_code))
        .route("/track/{code}/attachments/{id}/preview", get().to(attachments::preview_of_code))
        .route("/track/{code}/{verb}", post().to(track::step))
        .route("/sign-in", get().to(sign_in::form))
        .route("/sign-in", post().to(sign_in::sign_in))
        .route("/sign-out", post().to(sign_in::sign_out))
        .route("/password", get().to(sign_in::password))
        .route("/password", post().to(sign_in::change))
        .route("/desk", get().to(desk::list))
        .route("/desk/cases/{number}", get().to(case::read))
        .route("/desk/cases/{number}/attachments/{id}", get().to(attachments::of_number))
        .route(
            "/desk/cases/{number}/attachments/{id}/preview",
            get().to(attachments::preview_of_number),
        )
        .route("/desk/cases/{number}/{verb}", post().to(case::step))
        .route("/desk/saved", get().to(saved::list))
        .route("/desk/saved", post().to(saved::keep))
        .route("/desk/saved/{id}", get().to(saved::open))
        .route("/desk/saved/{id}/{verb}", post().to(saved::step))
        .route("/desk/lab", get().to(lab::list))
        .route("/desk/lab", post().to(lab::begin))
        .route("/desk/lab/truth.csv", get().to(lab::truth))
        .route("/desk/lab/expected.csv", get().to(lab::expected))
        .route("/desk/lab/{id}", get().to(lab::one))
        .route("/desk/lab/{id}/{verb}", post().to(lab::step))
        .route("/reports", get().to(reports::reports))
        .route("/reports/accuracy", get().to(accuracy::read))
        .route("/admin", get().to(admin::admin))
        .route("/admin/users", get().to(admin::users::list))
        .route("/admin/users", post().to(admin::users::add))
        .route("/admin/users/{id}", get().to(admin::users::one))
        .route("/admin/users/{id}/{verb}", post().to(admin::users::step))
        .route("/admin/agencies", get().to(admin::agencies::list))
        .route("/admin/agencies/{id}", get().to(admin::agencies::one))
        .route("/admin/agencies/{id}", post().to(admin::agencies::change))
        .route("/admin/modes", get().to(admin::modes::read))
        .route("/admin/modes", post().to(admin::modes::change))
        .route("/admin/mail", get().to(admin::mail::list))
        .route("/admin/mail/{id}", get().to(admin::mail::one))
        .route("/admin/mail/{id}/again", post().to(admin::mail::again))
        .route("/statistics", get().to(home::statistics))
        .route("/api/docs", get().to(docs::docs))
        .app_data(web::FormConfig::default().limit(super::BODY_MAX_BYTES));
}
