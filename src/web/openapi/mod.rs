//! The REST interface as an OpenAPI 3.1 document, from tables: every limit is the constant that the
//! code holds, every word an enum's, every example a code of the installation's own rules. Nothing
//! planned is described. The document is built once; `pages::docs` draws it.

mod case;
mod citizens;
mod desk;
mod figures;
mod kit;
mod problems;
mod requests;
mod route;
mod sample;
mod samples;
mod service;
mod words;

use std::collections::BTreeSet;
use std::sync::OnceLock;

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};
use utoipa::openapi::info::{InfoBuilder, LicenseBuilder};
use utoipa::openapi::path::{PathItem, PathsBuilder};
use utoipa::openapi::schema::{Components, ComponentsBuilder};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{OpenApi, OpenApiBuilder, OpenApiVersion, ServerBuilder};

pub use problems::PROBLEM;
pub use sample::{resolve, sample};

use crate::app::App;
use crate::web::ask::Ask;
use crate::web::failure::Kind;
use route::{Route, SESSION, TOKEN};
use samples::Samples;

/// The document changes with the service alone.
const CACHE: &str = "public, max-age=300";

/// The document, made when it is first asked for.
#[derive(Default)]
pub struct Document(OnceLock<Made>);

/// The document, and how it is sent.
pub struct Made {
    pub api: OpenApi,
    json: String,
}

impl Document {
    /// The document of this installation.
    pub fn of(&self, app: &App) -> &Made {
        self.0.get_or_init(|| describe(app))
    }
}

fn describe(app: &App) -> Made {
    let samples = samples::samples(app);
    let mut routes = citizens::routes(&samples);
    routes.extend(desk::routes(&samples));
    routes.extend(service::routes(&samples));
    let api = assemble(app, &samples, routes);
    let json = api.to_json().unwrap_or_else(|error| {
        tracing::error!(%error, "the OpenAPI document cannot be written");
        "{}".to_owned()
    });
    Made { api, json }
}

/// `GET /api/openapi.json`
pub async fn openapi(ask: Ask, document: web::Data<Document>) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/json")
        .insert_header((CACHE_CONTROL, CACHE))
        .body(document.of(&ask.app).json.clone())
}

fn assemble(app: &App, samples: &Samples, routes: Vec<Route>) -> OpenApi {
    let mut paths = PathsBuilder::new().build();
    let mut failures: BTreeSet<Vec<Kind>> = BTreeSet::new();
    for route in routes {
        let (path, method) = (route.path.clone(), route.method.clone());
        let (operation, kinds) = route.operation();
        failures.extend(kinds);
        let item = PathItem::new(method, operation);
        match paths.paths.get_mut(&path) {
            Some(known) => known.merge_operations(item),
            None => {
                paths.paths.insert(path, item);
            }
        }
    }
    let server = ServerBuilder::new().url(&samples.public_url).build();
    OpenApiBuilder::new()
        .openapi(OpenApiVersion::Version31)
        .info(info())
        .servers(Some([server]))
        .paths(paths)
        .components(Some(components(app, samples, &failures)))
        .tags(Some(groups()))
        .build()
}

fn info() -> InfoBuilder {
    let license = LicenseBuilder::new()
        .name(env!("CARGO_PKG_LICENSE"))
        .identifier(Some(env!("CARGO_PKG_LICENSE")));
    InfoBuilder::new()
        .title("Đăng Văn")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(
            "Citizens' feedback, recommendations and complaints: filed, judged, routed, answered, \
             counted.\n\nBodies are JSON. An unknown field or parameter is refused by name; null \
             is as good as absent. Times are RFC 3339 with zone. Words for people come in the \
             language of `Accept-Language`. Failures are `application/problem+json`; every answer \
             carries `X-Request-Id`, which stands in the log.",
        ))
        .license(Some(license.build()))
}

fn groups() -> Vec<utoipa::openapi::Tag> {
    let group =
        |name: &str, says: &str| TagBuilder::new().name(name).description(Some(says)).build();
    vec![
        group(citizens::GROUP, "File a case and follow it by its secret code; no account."),
        group(desk::GROUP, "Officers at work on cases."),
        group(service::LISTS, "What forms and programs choose from. Public."),
        group(service::REPORTS, "The leaders' figures."),
        group(service::ACCOUNT, "Sign in and out."),
        group(service::SERVICE, "For whoever runs or calls the service."),
    ]
}

fn components(app: &App, samples: &Samples, failures: &BTreeSet<Vec<Kind>>) -> Components {
    let mut out = ComponentsBuilder::new().build();
    let mut schemas = words::schemas(samples);
    schemas.extend(case::schemas(samples));
    schemas.extend(figures::schemas(samples));
    for (name, schema) in schemas {
        out.schemas.insert(name.to_owned(), schema.into());
    }
    let context = app.context();
    for kinds in failures {
        let response = problems::response(kinds, &context.messages, context.now);
        out.responses.insert(problems::name(kinds), response.into());
    }
    out.security_schemes = security(samples);
    sample::add(&mut out);
    out
}

fn security(
    samples: &Samples,
) -> std::collections::BTreeMap<String, utoipa::openapi::RefOr<SecurityScheme>> {
    let token = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .description(Some("A token of an officer, made with `dangvan token add`."))
        .build();
    let says = "The cookie that `POST /api/v1/session` sets. A request that changes something \
        must come from the service's own origin.";
    let session = ApiKey::Cookie(ApiKeyValue::with_description(samples.cookie, says));
    [
        (TOKEN.to_owned(), SecurityScheme::Http(token).into()),
        (SESSION.to_owned(), SecurityScheme::ApiKey(session).into()),
    ]
    .into()
}
