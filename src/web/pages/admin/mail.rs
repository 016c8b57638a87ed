//! Every mail with how it ended, and the mail as it was sent, code and link blanked. A restricted
//! case's mail is shown to whoever may read the case, and to nobody else.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::{administrator, taken};
use crate::domain::case::Case;
use crate::domain::in_language;
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::user::User;
use crate::flow::administer;
use crate::store::outbox::{self, ENDED_UNSENT, MailRow, MailState};
use crate::store::{StoreError, cases, users};
use crate::web::api::{desk, pairs};
use crate::web::ask::Ask;
use crate::web::failure::{Failure, Kind};
use crate::web::form_url;
use crate::web::pages::form::Typed;
use crate::web::pages::frame::{Frame, see_other};

/// Rows of a page.
const PAGE: i64 = 50;
/// All states that need somebody.
const FAILED: &str = "failed";

struct Row {
    mail: MailRow,
    number: Option<String>,
}

/// A state to choose, with how many stand in it.
struct StateLine {
    url: String,
    name: String,
    count: String,
    is_current: bool,
}

#[derive(Template)]
#[template(path = "admin_mails.html")]
struct List<'a> {
    f: &'a Frame,
    states: Vec<StateLine>,
    rows: Vec<Row>,
    more: Option<String>,
}

#[derive(Template)]
#[template(path = "admin_mail.html")]
struct One<'a> {
    f: &'a Frame,
    mail: MailRow,
    number: Option<String>,
    recipient: String,
    /// The mail as sent; nothing where it has not left, or its case is not for this reader.
    message: Option<String>,
    is_hidden: bool,
    can_send_again: bool,
}

/// `GET /admin/mail?state=&page=`
pub async fn list(ask: Ask, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let admin = administrator(&ask, &request).await?;
    let frame = Frame::of_desk(&ask, &request, "admin-mails", &admin)?;
    let asked = Typed { pairs: pairs(&request)? };
    let state = asked.get("state").to_owned();
    let page: i64 = asked.get("page").parse().unwrap_or(0).clamp(0, i64::MAX / PAGE - 1);
    let states: Vec<MailState> = match state.parse() {
        Ok(one) => vec![one],
        Err(_) if state == FAILED => ENDED_UNSENT.to_vec(),
        Err(_) => MailState::ALL.to_vec(),
    };
    let rules = ask.context.rules.clone();
    let (mut mails, counts) = ask
        .context
        .store
        .read(move |conn| {
            let mails = outbox::newest(conn, &states, PAGE + 1, page * PAGE)?;
            let mut rows = Vec::new();
            for mail in mails {
                let case = match mail.case_id {
                    Some(id) => Some(cases::by_id(conn, id)?.case),
                    None => None,
                };
                rows.push(row(mail, case, &admin, &rules));
            }
            Ok::<_, StoreError>((rows, outbox::counts(conn, MailState::ALL)?))
        })
        .await?;
    let has_more = i64::try_from(mails.len()).unwrap_or(0) > PAGE;
    mails.truncate(usize::try_from(PAGE).unwrap_or(0));
    let next = [("state".to_owned(), state.clone()), ("page".into(), (page + 1).to_string())];
    let list = List {
        states: lines(&frame, &state, &counts),
        rows: mails,
        more: has_more.then(|| format!("/admin/mail?{}", form_url(&next))),
        f: &frame,
    };
    frame.page(&list)
}

/// A mail's row: of a case that the reader may not know of it names neither number nor error.
fn row(mut mail: MailRow, case: Option<Case>, admin: &User, rules: &Jurisdiction) -> Row {
    let Some(case) = case else { return Row { mail, number: None } };
    if admin.may_see(&case, rules) {
        return Row { mail, number: Some(case.number) };
    }
    mail.last_error = None;
    Row { mail, number: None }
}

fn lines(frame: &Frame, current: &str, counts: &[(MailState, i64)]) -> Vec<StateLine> {
    let all: i64 = counts.iter().map(|(_, n)| n).sum();
    let failed = counts.iter().filter(|(state, _)| ENDED_UNSENT.contains(state));
    let failed: i64 = failed.map(|(_, n)| n).sum();
    let line = |word: &str, name: String, count: &i64| StateLine {
        url: format!("/admin/mail?state={word}"),
        name,
        count: frame.number(count),
        is_current: word == current,
    };
    let mut out = vec![line("", frame.t("admin-mail-all"), &all)];
    out.push(line(FAILED, frame.t("admin-mail-failed"), &failed));
    for (state, n) in counts {
        out.push(line(state.word(), frame.word("mail", state.word()), n));
    }
    out
}

/// `GET /admin/mail/{id}`
pub async fn one(
    ask: Ask,
    request: HttpRequest,
    path: web::Path<i64>,
) -> Result<HttpResponse, Failure> {
    let admin = administrator(&ask, &request).await?;
    let id = *path;
    let mut mail = ask.context.store.read(move |conn| outbox::by_id(conn, id)).await?;
    let case = mail.case_id;
    let stored = match case {
        Some(case) => Some(ask.context.store.read(move |conn| cases::by_id(conn, case)).await?),
        None => None,
    };
    let number = stored.as_ref().map(|s| s.case.number.clone());
    let (uid, may_read) = match (&stored, &number) {
        (Some(stored), Some(number)) => {
            (Some(stored.keys.uid), may_read(&ask, &admin, number.clone()).await?)
        }
        _ => (None, false),
    };
    let seal = ask.context.store.seal().clone();
    let message = match uid.filter(|_| may_read) {
        Some(uid) => {
            let read = move |conn: &mut _| outbox::sent_message(conn, &seal, &uid, id);
            ask.context.store.read(read).await?
        }
        None => None,
    };
    let is_hidden = uid.is_some() && !may_read;
    if is_hidden {
        mail.last_error = None;
    }
    let mut frame = Frame::of_desk(&ask, &request, "admin-mails", &admin)?;
    frame.title = frame.word("letter", mail.letter.word());
    let page = One {
        recipient: recipient(&ask, &frame, &mail).await?,
        can_send_again: ENDED_UNSENT.contains(&mail.state),
        is_hidden,
        mail,
        number: number.filter(|_| !is_hidden),
        message,
        f: &frame,
    };
    frame.page(&page)
}

/// Reading a restricted case's mail is reading the case, and recorded like it.
async fn may_read(ask: &Ask, admin: &User, number: String) -> Result<bool, Failure> {
    match desk::view_of(ask, admin, number).await {
        Ok(_) => Ok(true),
        Err(failure) if failure.kind == Kind::NotFound => Ok(false),
        Err(failure) => Err(failure),
    }
}

/// Whom the mail is for: an office's or officer's name, and of a citizen only that.
async fn recipient(ask: &Ask, frame: &Frame, mail: &MailRow) -> Result<String, Failure> {
    let id = mail.recipient_id;
    Ok(match mail.recipient_kind.as_str() {
        "agency" => {
            let agency = ask.context.rules.agency(id);
            agency.map_or(String::new(), |a| in_language(&a.names, &ask.language).to_owned())
        }
        "user" => ask.context.store.read(move |conn| users::by_id(conn, id)).await?.user.name,
        _ => frame.t("from-citizen"),
    })
}

/// `POST /admin/mail/{id}/again`
pub async fn again(
    ask: Ask,
    request: HttpRequest,
    path: web::Path<i64>,
    form: web::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Failure> {
    administrator(&ask, &request).await?;
    let typed = Typed { pairs: form.into_inner() };
    let id = *path;
    let again = async { Ok(administer::send_again(&ask.context, id).await?) };
    if taken(&ask, &request, &typed, again).await?.is_err() {
        return Err(Failure::new(Kind::ForeignOrigin));
    }
    ask.app.nudge.notify_waiters();
    Ok(see_other(&format!("/admin/mail/{id}")))
}
