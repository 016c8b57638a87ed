//! The lists that forms and programs choose from: agencies, areas, categories, procedures. Public,
//! by validity.

use actix_web::HttpResponse;
use serde_json::{Value, json};

use crate::domain::in_language;
use crate::web::ask::Ask;
use crate::web::desk_list::today;

fn items(items: Vec<Value>) -> HttpResponse {
    HttpResponse::Ok().json(json!({"items": items}))
}

/// `GET /api/v1/agencies`
pub async fn agencies(ask: Ask) -> HttpResponse {
    let rules = &ask.context.rules;
    let day = today(&ask);
    let mut out = Vec::new();
    for agency in rules.agencies.iter().filter(|a| a.exists_on(day)) {
        let parent = agency.parent.and_then(|p| rules.agency(p)).map(|p| p.code.clone());
        out.push(json!({
            "code": agency.code,
            "name": in_language(&agency.names, &ask.language),
            "level": agency.level,
            "parent": parent,
        }));
    }
    items(out)
}

/// `GET /api/v1/areas`
pub async fn areas(ask: Ask) -> HttpResponse {
    let rules = &ask.context.rules;
    let day = today(&ask);
    let mut out = Vec::new();
    for area in rules.areas.iter().filter(|a| a.exists_on(day)) {
        let parent = area.parent.and_then(|p| rules.area(p)).map(|p| p.code.clone());
        out.push(json!({
            "code": area.code,
            "name": in_language(&area.names, &ask.language),
            "level": area.level,
            "parent": parent,
        }));
    }
    items(out)
}

/// `GET /api/v1/categories`
pub async fn categories(ask: Ask) -> HttpResponse {
    let mut out = Vec::new();
    for category in &ask.context.rules.categories {
        out.push(json!({
            "code": category.code,
            "name": in_language(&category.names, &ask.language),
            "hint": in_language(&category.hints, &ask.language),
            "scope": category.scope,
            "basis": category.basis,
        }));
    }
    items(out)
}

/// `GET /api/v1/procedures`
pub async fn procedures(ask: Ask) -> HttpResponse {
    let mut out = Vec::new();
    for procedure in &ask.context.rules.procedures {
        out.push(json!({
            "code": procedure.code,
            "name": in_language(&procedure.names, &ask.language),
            "field": procedure.field,
        }));
    }
    items(out)
}
