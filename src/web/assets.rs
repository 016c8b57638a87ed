//! The stylesheet, the script and the mark: embedded, named by their content, kept for ever by
//! browsers.

use std::sync::LazyLock;

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};

use super::failure::{Failure, Kind};
use crate::seal::fingerprint;

struct Asset {
    name: String,
    media_type: &'static str,
    body: &'static str,
}

fn asset_of(stem: &str, ending: &str, media_type: &'static str, body: &'static str) -> Asset {
    let hash: String = fingerprint(body.as_bytes()).chars().take(12).collect();
    Asset { name: format!("{stem}-{hash}.{ending}"), media_type, body }
}

/// Constants of the build, in the order: style, script, mark.
static ASSETS: LazyLock<[Asset; 3]> = LazyLock::new(|| {
    [
        asset_of("style", "css", "text/css; charset=utf-8", include_str!("static/style.css")),
        asset_of(
            "script",
            "js",
            "text/javascript; charset=utf-8",
            include_str!("static/script.js"),
        ),
        asset_of("mark", "svg", "image/svg+xml", include_str!("static/mark.svg")),
    ]
});

/// The paths that pages name.
pub fn style() -> &'static str {
    let [style, _, _] = &*ASSETS;
    &style.name
}

pub fn script() -> &'static str {
    let [_, script, _] = &*ASSETS;
    &script.name
}

pub fn mark() -> &'static str {
    let [_, _, mark] = &*ASSETS;
    &mark.name
}

/// `GET /static/{name}`
pub async fn asset(path: web::Path<String>) -> Result<HttpResponse, Failure> {
    let found = ASSETS.iter().find(|asset| asset.name == *path);
    let asset = found.ok_or_else(|| Failure::new(Kind::NotFound))?;
    Ok(HttpResponse::Ok()
        .content_type(asset.media_type)
        .insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .body(asset.body))
}
