//! Pages and REST: every URL of the service on one screen. Nothing is decided here about cases;
//! nothing but reads goes past `flow`.

pub mod api;
mod ask;
mod assets;
mod desk_list;
mod failure;
mod files;
mod guard;
mod health;
mod identity;
mod limits;
mod mail_words;
pub mod metrics;
mod openapi;
mod pages;
mod query_words;
mod server;
mod upload;

use actix_web::web::{self, ServiceConfig, delete, get, post};

pub use server::{block_on, listen};

use failure::{Failure, Kind};

/// A submission of 20,000 characters, every one escaped in JSON as a surrogate pair, and its other
/// fields.
const BODY_MAX_BYTES: usize = 512 * 1024;

/// What the handlers share.
pub fn data(app: &std::sync::Arc<crate::app::App>) -> impl Fn(&mut ServiceConfig) + Clone + use<> {
    let limits = web::Data::new(limits::Limits::new(app.config.rate_limit));
    let figures = web::Data::new(pages::figures::Kept::default());
    let document = web::Data::new(openapi::Document::default());
    let uploads = web::Data::new(upload::Uploads::default());
    let app = web::Data::from(app.clone());
    move |config| {
        config.app_data(app.clone());
        config.app_data(limits.clone());
        config.app_data(figures.clone());
        config.app_data(document.clone());
        config.app_data(uploads.clone());
        config.app_data(web::PayloadConfig::new(BODY_MAX_BYTES));
        config.configure(routes);
    }
}

/// Every URL.
fn routes(config: &mut ServiceConfig) {
    config
        .service(
            web::scope("/api/v1")
                .route("/cases", post().to(api::cases::create))
                .route("/cases/{code}", get().to(api::cases::read))
                .route("/cases/{code}/files", post().to(api::attachments::add))
                .route("/cases/{code}/attachments/{id}", get().to(api::attachments::of_code))
                .route(
                    "/cases/{code}/attachments/{id}/preview",
                    get().to(api::attachments::preview_of_code),
                )
                .route("/cases/{code}/{verb}", post().to(api::cases::step))
                .route("/session", post().to(api::session::create))
                .route("/session", delete().to(api::session::delete))
                .route("/me", get().to(api::session::me))
                .route("/me/password", post().to(api::session::password))
                .route("/desk/cases", get().to(api::desk::list))
                .route("/desk/preview", post().to(api::desk::preview))
                .route("/desk/cases/{number}", get().to(api::desk::read))
                .route("/desk/cases/{number}/similar", get().to(api::desk::similar))
                .route(
                    "/desk/cases/{number}/attachments/{id}",
                    get().to(api::attachments::of_number),
                )
                .route(
                    "/desk/cases/{number}/attachments/{id}/preview",
                    get().to(api::attachments::preview_of_number),
                )
                .route("/desk/cases/{number}/{verb}", post().to(api::desk::step))
                .route("/agencies", get().to(api::lists::agencies))
                .route("/areas", get().to(api::lists::areas))
                .route("/categories", get().to(api::lists::categories))
                .route("/procedures", get().to(api::lists::procedures))
                .route("/reports/summary", get().to(api::reports::summary))
                .route("/reports/series", get().to(api::reports::series))
                .route("/reports/accuracy", get().to(api::reports::accuracy))
                .wrap(actix_web::middleware::from_fn(api::known_parameters))
                .default_service(web::to(nothing)),
        )
        .route("/api/openapi.json", get().to(openapi::openapi))
        .route("/health/live", get().to(health::live))
        .route("/health/ready", get().to(health::ready))
        .route("/static/{name}", get().to(assets::asset))
        .configure(pages::routes)
        .default_service(web::to(nothing));
}

async fn nothing() -> Result<actix_web::HttpResponse, Failure> {
    Err(Failure::new(Kind::NotFound))
}

/// The application around the routes: the guard outside, compression inside it.
#[macro_export]
macro_rules! application {
    ($configure:expr) => {
        ::actix_web::App::new()
            .wrap(::actix_web::middleware::Compress::default())
            .wrap(::actix_web::middleware::from_fn($crate::web::around))
            .configure($configure)
    };
}

pub use guard::guard as around;

/// Pairs as the query of a URL (the URL standard's `application/x-www-form-urlencoded`).
fn form_url(pairs: &[(String, String)]) -> String {
    let mut out = String::new();
    for (name, value) in pairs {
        if !out.is_empty() {
            out.push('&');
        }
        escape(&mut out, name);
        out.push('=');
        escape(&mut out, value);
    }
    out
}

fn escape(out: &mut String, text: &str) {
    for byte in text.bytes() {
        match char::from(byte) {
            plain if plain.is_ascii_alphanumeric() || "-._".contains(plain) => out.push(plain),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
}
