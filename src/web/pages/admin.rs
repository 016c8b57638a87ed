//! Administration: how the service is, in sentences, and what needs somebody; its pages for users,
//! agencies, modes and mail.

pub mod agencies;
pub mod mail;
pub mod modes;
pub mod users;

use std::sync::atomic::Ordering;

use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use super::form::taken;
use super::frame::{Frame, officer};
use crate::domain::in_language;
use crate::domain::user::User;
use crate::flow::adopt_pack::FIRST_ADMIN;
use crate::store::StoreError;
use crate::store::outbox::{self, ENDED_UNSENT};
use crate::store::users as stored;
use crate::web::ask::Ask;
use crate::web::desk_list::today;
use crate::web::failure::{Failure, Kind};
use crate::web::health::{Health, health};

/// Something that needs somebody, and the page where it is mended.
struct Need {
    words: String,
    link: Option<&'static str>,
    /// Names, where they say more than a number.
    names: Vec<String>,
}

#[derive(Template)]
#[template(path = "admin.html")]
struct Page<'a> {
    f: &'a Frame,
    health: Health,
    /// Where mails are written as files, if no server is configured.
    mail_folder: Option<String>,
    needs: Vec<Need>,
}

/// `GET /admin`
pub async fn admin(ask: Ask, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let admin = administrator(&ask, &request).await?;
    let frame = Frame::of_desk(&ask, &request, "nav-admin", &admin)?;
    let read = ask.context.store.read(|conn| {
        Ok::<_, StoreError>((stored::all(conn)?, outbox::counts(conn, &outbox::DONE_WITH)?))
    });
    let (officers, done_with) = read.await?;
    let mut health = health(&ask).await;
    health.mails.extend(done_with);
    let config = &ask.app.config;
    let folder = config.data.join("mail").display().to_string();
    let page = Page {
        needs: needs(&ask, &frame, &health, &officers),
        mail_folder: config.smtp_url.is_none().then_some(folder),
        health,
        f: &frame,
    };
    frame.page(&page)
}

/// The administrator who asks; nobody else is let in.
async fn administrator(ask: &Ask, request: &HttpRequest) -> Result<User, Failure> {
    let signed = officer(ask, request).await?;
    if !signed.user.may_administer() {
        return Err(Failure::new(Kind::Forbidden));
    }
    Ok(signed.user)
}

/// Takes up what was just changed, so that the page that follows shows it.
pub(super) async fn refresh(ask: &Ask) -> Result<(), Failure> {
    let read = ask.app.refresh_rules().await;
    read.map(|_| ()).map_err(|error| {
        tracing::error!(%error, "changed rules could not be read");
        Failure::new(Kind::Internal)
    })
}

fn needs(ask: &Ask, frame: &Frame, health: &Health, officers: &[User]) -> Vec<Need> {
    let mut out = Vec::new();
    let plain = |id: &str, link| Need { words: ask.say(id), link, names: Vec::new() };
    let counted = |id: &str, names: Vec<String>, link| {
        let words = frame.with(id, "n", &frame.number(&count(names.len())));
        Need { words, link, names }
    };
    let may_read = officers.iter().filter(|u| u.confidential && !u.disabled);
    if !may_read.into_iter().any(|u| u.email != FIRST_ADMIN) {
        out.push(plain("admin-need-confidential", Some("/admin/users")));
    }
    if ask.app.proxy_forgotten.load(Ordering::Relaxed) {
        out.push(plain("admin-need-proxy", None));
    }
    let failed = health.mails.iter().filter(|(state, _)| ENDED_UNSENT.contains(state));
    let failed: i64 = failed.map(|(_, n)| n).sum();
    if failed > 0 {
        let words = frame.with("admin-need-mail", "n", &frame.number(&failed));
        out.push(Need { words, link: Some("/admin/mail?state=failed"), names: Vec::new() });
    }
    let rules = &ask.context.rules;
    let name = |names: &crate::domain::Names| in_language(names, &ask.language).to_owned();
    let day = today(ask);
    let own = rules.agencies.iter().filter(|a| a.exists_on(day) && !a.is_external());
    let missing = own.filter(|a| a.sendable_email().is_none());
    let missing: Vec<String> = missing.map(|a| name(&a.names)).collect();
    if !missing.is_empty() {
        out.push(counted("admin-missing", missing, Some("/admin/agencies?missing=on")));
    }
    let fallen = rules.categories.iter().filter(|c| c.fell_back);
    let fallen: Vec<String> = fallen.map(|c| name(&c.names)).collect();
    if !fallen.is_empty() {
        out.push(counted("admin-need-fallen", fallen, Some("/admin/modes")));
    }
    let unverified = rules.clocks.iter().filter(|c| !c.verified);
    let unverified: Vec<String> = unverified.map(|c| name(&c.names)).collect();
    if !unverified.is_empty() {
        out.push(counted("admin-unverified", unverified, None));
    }
    out
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}
