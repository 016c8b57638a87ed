//! What the machine may do by itself, category by category.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::{administrator, refresh, taken};
use crate::domain::in_language;
use crate::domain::taxonomy::Mode;
use crate::domain::user::User;
use crate::flow::administer;
use crate::intake::administration::{self, MODE_PREFIX};
use crate::web::ask::Ask;
use crate::web::failure::Failure;
use crate::web::pages::form::{Errors, Typed};
use crate::web::pages::frame::{Frame, see_other};

struct Row {
    field: String,
    name: String,
    scope: &'static str,
    answers: &'static str,
    mode: String,
    /// What restricts a case is decided by people alone.
    is_fixed: bool,
}

#[derive(Template)]
#[template(path = "admin_modes.html")]
struct Page<'a> {
    f: &'a Frame,
    errors: &'a Errors,
    rows: Vec<Row>,
    modes: Vec<(&'static str, String)>,
    threshold: String,
}

/// `GET /admin/modes`
pub async fn read(ask: Ask, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let admin = administrator(&ask, &request).await?;
    page(&ask, &request, &admin, &Typed::default(), &Errors::default())
}

/// `POST /admin/modes`: writes what differs.
pub async fn change(
    ask: Ask,
    request: HttpRequest,
    form: web::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Failure> {
    let admin = administrator(&ask, &request).await?;
    let typed = Typed { pairs: form.into_inner() };
    let done = write(&ask, &admin, &typed);
    match taken(&ask, &request, &typed, done).await? {
        Ok(()) => Ok(see_other("/admin/modes")),
        Err(errors) => page(&ask, &request, &admin, &typed, &errors),
    }
}

async fn write(ask: &Ask, admin: &User, typed: &Typed) -> Result<(), Failure> {
    let changed = administration::modes(typed.fields(), &ask.context.rules)?;
    if changed.is_empty() {
        return Ok(());
    }
    administer::set_modes(&ask.context, admin.id, changed).await?;
    refresh(ask).await
}

fn page(
    ask: &Ask,
    request: &HttpRequest,
    admin: &User,
    typed: &Typed,
    errors: &Errors,
) -> Result<HttpResponse, Failure> {
    let frame = Frame::of_desk(ask, request, "admin-modes", admin)?;
    let rules = &ask.context.rules;
    let row = |c: &crate::domain::taxonomy::Category| {
        let field = format!("{MODE_PREFIX}{}", c.code);
        let given = typed.get(&field);
        let mode = if given.is_empty() { c.mode.word() } else { given };
        Row {
            name: in_language(&c.names, &ask.language).to_owned(),
            scope: c.scope.word(),
            answers: c.answers.word(),
            mode: mode.to_owned(),
            is_fixed: c.restricts,
            field,
        }
    };
    let page = Page {
        errors,
        rows: rules.categories.iter().map(row).collect(),
        modes: Mode::ALL.iter().map(|m| (m.word(), frame.word("mode", m.word()))).collect(),
        threshold: frame.percent(&rules.settings.wanted_precision),
        f: &frame,
    };
    frame.form(errors, &page)
}
