//! What stands around every page: words in the reader's language, who is signed in, the form token,
//! the cookies of a visit. No page sets a cookie itself but the one that signs in.

use actix_web::cookie::{Cookie, SameSite, time::Duration};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use askama::Template;

use super::form::Errors;
use crate::clock::Moment;
use crate::domain::case::Status;
use crate::domain::deadline::day_of;
use crate::domain::in_language;
use crate::domain::user::User;
use crate::domain::view::Item;
use crate::seal::{Purpose, hex, random};
use crate::web::ask::{Ask, LANGUAGE_COOKIE};
use crate::web::failure::{Failure, Kind};
use crate::web::{assets, identity, mail_words, query_words};

/// Names a browser for its form tokens and for nothing else.
const VISIT_COOKIE: &str = "visit";
/// A chosen language is remembered for a year.
const LANGUAGE_DAYS: i64 = 365;
/// Days left from which a due date is said to be soon.
const SOON_DAYS: i64 = 2;

/// Another language of the service.
pub struct Other {
    pub code: String,
    pub name: String,
    pub url: String,
}

/// A date in words, with the class that marks it.
pub struct DueWords {
    pub class: &'static str,
    pub words: String,
}

/// The surroundings of a page.
pub struct Frame {
    pub ask: Ask,
    pub title: String,
    pub token: String,
    pub user: Option<User>,
    pub is_desk: bool,
    /// The page needs the whole width.
    pub is_wide: bool,
    /// The page holds what somebody has typed: the language is changed by its form.
    pub carries: bool,
    path: String,
    query: String,
    visit: Option<String>,
}

impl Frame {
    /// A citizens' page.
    pub fn new(ask: &Ask, request: &HttpRequest, title: &str) -> Result<Frame, Failure> {
        let known = request.cookie(VISIT_COOKIE).map(|c| c.value().to_owned());
        let known = known.filter(|v| v.len() == 32);
        let (visit, is_new) = match known {
            Some(visit) => (visit, false),
            None => {
                let bytes = random::<16>().map_err(|_| Failure::new(Kind::Internal))?;
                (hex(&bytes), true)
            }
        };
        Ok(Frame {
            ask: ask.clone(),
            title: ask.say(title),
            token: token(ask, &visit),
            user: None,
            is_desk: false,
            is_wide: false,
            carries: false,
            path: request.path().to_owned(),
            query: request.query_string().to_owned(),
            visit: is_new.then_some(visit),
        })
    }

    /// A page of the desk.
    pub fn of_desk(
        ask: &Ask,
        request: &HttpRequest,
        title: &str,
        user: &User,
    ) -> Result<Frame, Failure> {
        let frame = Frame::new(ask, request, title)?;
        Ok(Frame { user: Some(user.clone()), is_desk: true, is_wide: true, ..frame })
    }

    /// The size of a file in words.
    pub fn size(&self, bytes: &i64) -> String {
        let (messages, language) = (&self.ask.context.messages, self.language());
        let kilobytes = (bytes + 1023) / 1024;
        if kilobytes < 1024 {
            return format!("{kilobytes} KB");
        }
        let tenths = i32::try_from(kilobytes * 10 / 1024).unwrap_or(i32::MAX);
        format!("{} MB", messages.decimal(language, f64::from(tenths) / 10.0, 1))
    }

    /// The page stands at another address than the form that led here.
    pub fn at_address(&mut self, path: &str) {
        self.path = path.to_owned();
    }

    /// Words by their id.
    pub fn t(&self, id: &str) -> String {
        self.ask.say(id)
    }

    /// Words with a value.
    pub fn with(&self, id: &str, name: &str, value: &str) -> String {
        self.ask.tell(id, &[(name, value)])
    }

    /// Words of an enum: `status-answered`.
    pub fn word(&self, kind: &str, word: &str) -> String {
        self.ask.say(&format!("{kind}-{word}"))
    }

    /// Who acted: a name, or what the actor is in words.
    pub fn actor(&self, by: &str) -> String {
        let found = self.ask.context.messages.find(self.language(), &format!("actor-{by}"), &[]);
        found.unwrap_or_else(|| by.to_owned())
    }

    /// Why a mail was not delivered.
    pub fn mail_error(&self, why: &str) -> String {
        mail_words::of(&self.ask.context.messages, &self.ask.language, why)
    }

    pub fn language(&self) -> &str {
        &self.ask.language
    }

    /// The service's short name, by the pack.
    pub fn name(&self) -> &str {
        in_language(&self.ask.context.rules.settings.short_names, &self.ask.language)
    }

    pub fn full_name(&self) -> &str {
        in_language(&self.ask.context.rules.settings.names, &self.ask.language)
    }

    pub fn emergency(&self) -> &str {
        in_language(&self.ask.context.rules.settings.emergency, &self.ask.language)
    }

    pub fn style(&self) -> &'static str {
        assets::style()
    }

    pub fn script(&self) -> &'static str {
        assets::script()
    }

    pub fn mark(&self) -> &'static str {
        assets::mark()
    }

    pub fn may_administer(&self) -> bool {
        self.user.as_ref().is_some_and(User::may_administer)
    }

    pub fn may_try_rules(&self) -> bool {
        self.user.as_ref().is_some_and(User::may_try_rules)
    }

    /// The attribute of a link that leads to where the reader is.
    pub fn current(&self, path: &str) -> askama::filters::Safe<&'static str> {
        let is_here = self.path == path || self.path.starts_with(&format!("{path}/"));
        askama::filters::Safe(if is_here { " aria-current=\"page\"" } else { "" })
    }

    /// The same for a page that has others below its address.
    pub fn here(&self, path: &str) -> askama::filters::Safe<&'static str> {
        askama::filters::Safe(if self.path == path { " aria-current=\"page\"" } else { "" })
    }

    /// The other languages, each with this page's address in it.
    pub fn languages(&self) -> Vec<Other> {
        let known = &self.ask.context.rules.settings.languages;
        let others = known.iter().filter(|l| **l != self.ask.language);
        let kept = self.query.split('&').filter(|p| !p.is_empty() && !p.starts_with("language="));
        let kept: Vec<&str> = kept.collect();
        let other = |code: &String| {
            let mut pairs = kept.clone();
            let own = format!("language={code}");
            pairs.push(&own);
            let url = format!("{}?{}", self.path, pairs.join("&"));
            Other { code: code.clone(), name: self.word("language", code), url }
        };
        others.map(other).collect()
    }

    /// A day as people write it here.
    pub fn day(&self, at: &Moment) -> String {
        let zone = self.ask.context.rules.settings.zone;
        self.ask.context.messages.day(&self.ask.language, day_of(*at, zone))
    }

    /// Day and time.
    pub fn at(&self, at: &Moment) -> String {
        let zone = self.ask.context.rules.settings.zone;
        format!("{} {}", self.day(at), at.with_timezone(&zone).format("%H:%M"))
    }

    /// For programs: the `datetime` of a `<time>`.
    pub fn machine(&self, at: &Moment) -> String {
        at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
    }

    pub fn number(&self, value: &i64) -> String {
        self.ask.context.messages.number(&self.ask.language, *value)
    }

    pub fn decimal(&self, value: &f64) -> String {
        self.ask.context.messages.decimal(&self.ask.language, *value, 1)
    }

    /// A number without its fraction.
    pub fn whole(&self, value: f64) -> String {
        self.number(&format!("{value:.0}").parse().unwrap_or(0))
    }

    /// A change, with its sign; nothing where there is none.
    pub fn change(&self, by: f64, said: &dyn Fn(f64) -> String) -> String {
        let sign = if by < 0.0 { "−" } else { "+" };
        let amount = said(by.abs());
        if amount == said(0.0) { self.t("reports-same") } else { format!("{sign}{amount}") }
    }

    /// A share as a percentage, `99,7 %` or `99.7%`.
    pub fn percent(&self, share: &f64) -> String {
        let value = self.decimal(&(share * 100.0));
        self.with("percent", "value", &value)
    }

    /// The due date with the working days that are left.
    pub fn due(&self, due: &Moment) -> DueWords {
        let rules = &self.ask.context.rules;
        let zone = rules.settings.zone;
        let today = day_of(self.ask.context.now, zone);
        let left = rules.calendar.working_days_between(today, day_of(*due, zone));
        let is_late = *due < self.ask.context.now;
        let (class, id) = match (is_late, left) {
            (true, -1 | 0) => ("due overdue", "due-late-one"),
            (true, _) => ("due overdue", "due-late"),
            (false, 0) => ("due soon", "due-today"),
            (false, 1) => ("due soon", "due-left-one"),
            (false, n) if n <= SOON_DAYS => ("due soon", "due-left"),
            _ => ("due", "due-left"),
        };
        let (day, left) = (self.day(due), left.abs().to_string());
        DueWords { class, words: self.ask.tell(id, &[("day", &day), ("left", &left)]) }
    }

    /// The rule by which an agency was chosen, in words.
    pub fn rule(&self, rule: &str) -> String {
        query_words::rule(&self.ask, rule)
    }

    /// The due date of a row, where somebody still has to act: while the sender is asked it stands.
    pub fn due_of(&self, item: &Item) -> Option<DueWords> {
        let due = item.due_at.filter(|_| item.status.is_open())?;
        if item.status != Status::NeedsInfo {
            return Some(self.due(&due));
        }
        let words = self.ask.tell("due-paused", &[("day", &self.day(&due))]);
        Some(DueWords { class: "due", words })
    }

    /// A page that went well.
    pub fn page(&self, template: &impl Template) -> Result<HttpResponse, Failure> {
        self.page_with(StatusCode::OK, template)
    }

    /// A page with a form: shown again with what was wrong, it says so in its status; and when to
    /// come again, where it was a failure that passes.
    pub fn form(&self, errors: &Errors, template: &impl Template) -> Result<HttpResponse, Failure> {
        let status = match errors.is_empty() {
            true => StatusCode::OK,
            false => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let page = self.page_with(status, template)?;
        Ok(match &errors.failure {
            Some(failure) => failure.mark(page),
            None => page,
        })
    }

    /// A page with a status of its own.
    pub fn page_with(
        &self,
        status: StatusCode,
        template: &impl Template,
    ) -> Result<HttpResponse, Failure> {
        self.render(HttpResponse::build(status), template)
    }

    /// The page with its cookies.
    pub fn render(
        &self,
        mut builder: HttpResponseBuilder,
        template: &impl Template,
    ) -> Result<HttpResponse, Failure> {
        let body = template.render().map_err(|error| {
            tracing::error!(%error, "a page cannot be rendered");
            Failure::new(Kind::Internal)
        })?;
        if let Some(visit) = &self.visit {
            builder.cookie(self.cookie(VISIT_COOKIE, visit.clone(), None));
        }
        if self.query.split('&').any(|p| p.starts_with("language=")) {
            let days = Some(LANGUAGE_DAYS);
            builder.cookie(self.cookie(LANGUAGE_COOKIE, self.ask.language.clone(), days));
        }
        Ok(builder.content_type("text/html; charset=utf-8").body(body))
    }

    fn cookie(&self, name: &'static str, value: String, days: Option<i64>) -> Cookie<'static> {
        let is_tls = self.ask.app.config.public_url.starts_with("https://");
        let built = Cookie::build(name, value)
            .path("/")
            .http_only(true)
            .secure(is_tls)
            .same_site(SameSite::Lax);
        match days {
            Some(days) => built.max_age(Duration::days(days)).finish(),
            None => built.finish(),
        }
    }
}

/// The token of this browser's forms: bound to its visit by the installation's key.
fn token(ask: &Ask, visit: &str) -> String {
    hex(&ask.app.seal.hash(Purpose::Request, format!("form token {visit}").as_bytes()))
}

/// Does a form carry the token of the browser that sends it?
pub fn is_own_form(ask: &Ask, request: &HttpRequest, given: &str) -> bool {
    let visit = request.cookie(VISIT_COOKIE);
    visit.is_some_and(|v| token(ask, v.value()) == given)
}

/// The officer who asks; whoever has not signed in, or still has a one-time password, is led there
/// by `failure`.
pub async fn officer(ask: &Ask, request: &HttpRequest) -> Result<identity::Signed, Failure> {
    let signed = identity::maybe(ask, request).await?;
    let signed = signed.ok_or_else(|| Failure::new(Kind::Unauthorized))?;
    crate::web::api::desk::ready(&signed.user)?;
    Ok(signed)
}

/// Leads the browser elsewhere after a form (RFC 9110, 15.4.4).
pub fn see_other(path: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((actix_web::http::header::LOCATION, path)).finish()
}
