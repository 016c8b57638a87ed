//! Users: who may sign in as what. A one-time password is shown once, on the answer to the form
//! that made it.

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;

use super::{administrator, taken};
use crate::domain::in_language;
use crate::domain::user::{Role, User, UserId};
use crate::flow::administer;
use crate::intake::administration;
use crate::store::users;
use crate::web::ask::Ask;
use crate::web::failure::{Failure, Kind};
use crate::web::pages::choices::{self, Choice, Group};
use crate::web::pages::form::{Errors, Typed};
use crate::web::pages::frame::{Frame, see_other};

struct Row {
    user: User,
    agency: String,
}

/// A one-time password, to be handed over.
struct Made {
    email: String,
    secret: String,
}

#[derive(Template)]
#[template(path = "admin_users.html")]
struct List<'a> {
    f: &'a Frame,
    errors: &'a Errors,
    typed: &'a Typed,
    made: Option<Made>,
    rows: Vec<Row>,
    roles: Vec<Group>,
    agencies: Vec<Group>,
}

#[derive(Template)]
#[template(path = "admin_user.html")]
struct One<'a> {
    f: &'a Frame,
    errors: &'a Errors,
    typed: &'a Typed,
    made: Option<Made>,
    user: User,
    is_self: bool,
    roles: Vec<Group>,
    agencies: Vec<Group>,
}

/// `GET /admin/users`
pub async fn list(ask: Ask, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let admin = administrator(&ask, &request).await?;
    list_page(&ask, &request, &admin, &Typed::default(), Ok(None)).await
}

/// `POST /admin/users`: adds one.
pub async fn add(
    ask: Ask,
    request: HttpRequest,
    form: web::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Failure> {
    let admin = administrator(&ask, &request).await?;
    let typed = Typed { pairs: form.into_inner() };
    let added = add_one(&ask, &typed);
    match taken(&ask, &request, &typed, added).await? {
        Ok(made) => list_page(&ask, &request, &admin, &Typed::default(), Ok(made)).await,
        Err(errors) => list_page(&ask, &request, &admin, &typed, Err(errors)).await,
    }
}

async fn add_one(ask: &Ask, typed: &Typed) -> Result<Option<Made>, Failure> {
    let draft = administration::user(typed.fields(), &ask.context.rules, ask.context.now)?;
    let email = draft.email.clone();
    let (_, secret) = administer::add_user(&ask.context, draft).await?;
    Ok(Some(Made { email, secret }))
}

async fn list_page(
    ask: &Ask,
    request: &HttpRequest,
    admin: &User,
    typed: &Typed,
    came: Result<Option<Made>, Errors>,
) -> Result<HttpResponse, Failure> {
    let mut frame = Frame::of_desk(ask, request, "admin-users", admin)?;
    frame.at_address("/admin/users");
    let all = ask.context.store.read(users::all).await?;
    let (made, errors) = parted(came);
    let row = |user: User| Row { agency: agency_name(ask, &user), user };
    let page = List {
        errors: &errors,
        typed,
        made,
        rows: all.into_iter().map(row).collect(),
        roles: roles(ask),
        agencies: choices::agencies(ask),
        f: &frame,
    };
    frame.form(&errors, &page)
}

fn parted(came: Result<Option<Made>, Errors>) -> (Option<Made>, Errors) {
    match came {
        Ok(made) => (made, Errors::default()),
        Err(errors) => (None, errors),
    }
}

fn agency_name(ask: &Ask, user: &User) -> String {
    let agency = user.agency.and_then(|id| ask.context.rules.agency(id));
    agency.map_or(String::new(), |a| in_language(&a.names, &ask.language).to_owned())
}

fn roles(ask: &Ask) -> Vec<Group> {
    let choice = |r: &Role| Choice {
        code: r.word().to_owned(),
        name: format!("{}: {}", ask.say(&format!("role-{r}")), ask.say(&format!("role-is-{r}"))),
    };
    vec![Group { name: ask.say("admin-role"), options: Role::ALL.iter().map(choice).collect() }]
}

/// `GET /admin/users/{id}`
pub async fn one(
    ask: Ask,
    request: HttpRequest,
    path: web::Path<UserId>,
) -> Result<HttpResponse, Failure> {
    let admin = administrator(&ask, &request).await?;
    one_page(&ask, &request, &admin, *path, None, Ok(None)).await
}

/// `POST /admin/users/{id}/{verb}`
pub async fn step(
    ask: Ask,
    request: HttpRequest,
    path: web::Path<(UserId, String)>,
    form: web::Form<Vec<(String, String)>>,
) -> Result<HttpResponse, Failure> {
    let admin = administrator(&ask, &request).await?;
    let (id, verb) = path.into_inner();
    let typed = Typed { pairs: form.into_inner() };
    let done = act(&ask, &admin, id, &verb, &typed);
    match taken(&ask, &request, &typed, done).await? {
        Ok(None) => Ok(see_other(&format!("/admin/users/{id}"))),
        Ok(made) => one_page(&ask, &request, &admin, id, None, Ok(made)).await,
        Err(errors) => one_page(&ask, &request, &admin, id, Some(typed), Err(errors)).await,
    }
}

async fn act(
    ask: &Ask,
    admin: &User,
    id: UserId,
    verb: &str,
    typed: &Typed,
) -> Result<Option<Made>, Failure> {
    let context = &ask.context;
    match verb {
        "change" => {
            let draft = administration::user(typed.fields(), &context.rules, context.now)?;
            administer::change_user(context, admin.id, id, draft).await?;
        }
        "password" => {
            let user = context.store.read(move |conn| users::by_id(conn, id)).await?.user;
            let secret = administer::new_password(context, id).await?;
            return Ok(Some(Made { email: user.email, secret }));
        }
        "disable" => administer::set_disabled(context, admin.id, id, true).await?,
        "enable" => administer::set_disabled(context, admin.id, id, false).await?,
        _ => return Err(Failure::new(Kind::NotFound)),
    }
    Ok(None)
}

async fn one_page(
    ask: &Ask,
    request: &HttpRequest,
    admin: &User,
    id: UserId,
    typed: Option<Typed>,
    came: Result<Option<Made>, Errors>,
) -> Result<HttpResponse, Failure> {
    let user = ask.context.store.read(move |conn| users::by_id(conn, id)).await?.user;
    let mut frame = Frame::of_desk(ask, request, "admin-users", admin)?;
    frame.title = user.name.clone();
    frame.at_address(&format!("/admin/users/{id}"));
    let (made, errors) = parted(came);
    let page = One {
        errors: &errors,
        typed: &typed.unwrap_or_else(|| as_typed(ask, &user)),
        made,
        is_self: user.id == admin.id,
        user,
        roles: roles(ask),
        agencies: choices::agencies(ask),
        f: &frame,
    };
    frame.form(&errors, &page)
}

/// The user's particulars as the form would send them.
fn as_typed(ask: &Ask, user: &User) -> Typed {
    let agency = user.agency.and_then(|id| ask.context.rules.agency(id));
    let mut pairs = vec![
        ("email".to_owned(), user.email.clone()),
        ("name".to_owned(), user.name.clone()),
        ("role".to_owned(), user.role.word().to_owned()),
        ("agency".to_owned(), agency.map_or(String::new(), |a| a.code.clone())),
    ];
    for (name, is_on) in
        [("confidential", user.confidential), ("notify_triage", user.notify_triage)]
    {
        if is_on {
            pairs.push((name.to_owned(), "on".to_owned()));
        }
    }
    Typed { pairs }
}
