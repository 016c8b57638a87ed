//! How the service is, in sentences, and what needs somebody. Nothing is changed here: the command
//! line does that.

use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use super::frame::{Frame, officer};
use crate::domain::in_language;
use crate::domain::user::User;
use crate::store::outbox::{self, MailRow, MailState};
use crate::store::{StoreError, users};
use crate::web::ask::Ask;
use crate::web::desk_list::today;
use crate::web::failure::{Failure, Kind};
use crate::web::health::{Health, health};

/// Mails that the page shows.
const MAILS_MAX: i64 = 50;

#[derive(Template)]
#[template(path = "admin.html")]
struct Page<'a> {
    f: &'a Frame,
    health: Health,
    missing: Vec<String>,
    unverified: Vec<String>,
    officers: Vec<User>,
    modes: Vec<(String, String)>,
    mails: Vec<MailRow>,
}

/// `GET /admin`
pub async fn admin(ask: Ask, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let signed = officer(&ask, &request).await?;
    if !signed.user.may_administer() {
        return Err(Failure::new(Kind::Forbidden));
    }
    let frame = Frame::of_desk(&ask, &request, "nav-admin", &signed.user)?;
    let (officers, mails) = ask
        .context
        .store
        .read(|conn| {
            let mails = outbox::newest(conn, MailState::ALL, MAILS_MAX, 0)?;
            Ok::<_, StoreError>((users::all(conn)?, mails))
        })
        .await?;
    let rules = &ask.context.rules;
    let name = |names: &crate::domain::Names| in_language(names, &ask.language).to_owned();
    let day = today(&ask);
    let without = rules.agencies.iter().filter(|a| a.exists_on(day) && !a.is_external());
    let without = without.filter(|a| a.sendable_email().is_none());
    let unverified = rules.clocks.iter().filter(|c| !c.verified);
    let mode =
        |c: &crate::domain::taxonomy::Category| (name(&c.names), frame.word("mode", c.mode.word()));
    let page = Page {
        health: health(&ask).await,
        missing: without.map(|a| name(&a.names)).collect(),
        unverified: unverified.map(|c| name(&c.names)).collect(),
        officers,
        modes: rules.categories.iter().map(mode).collect(),
        mails,
        f: &frame,
    };
    frame.page(&page)
}
