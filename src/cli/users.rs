//! `dangvan user …` and `dangvan token …`.

use chrono::TimeDelta;
use clap::Subcommand;

use super::{CliError, open, print, say};
use crate::app::AssemblyError;
use crate::auth::password::{self, Cost};
use crate::auth::token;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::administration::UserDraft;
use crate::domain::error::{FieldError, Refusal, Rule};
use crate::domain::user::{Role, UserId};
use crate::flow::{FlowError, administer};
use crate::store::{Store, StoreError, Tx, packs, sessions, users};

/// Users.
#[derive(Subcommand)]
pub enum UserCommand {
    /// Add a user; prints a one-time password unless one is given on standard input
    Add {
        #[arg(long)]
        email: String,
        #[arg(long)]
        name: String,
        /// triage, agency, leader, oversight or admin
        #[arg(long)]
        role: String,
        /// The code of the agency: needed for the role agency, narrows a leader
        #[arg(long)]
        agency: Option<String>,
        /// May read restricted cases
        #[arg(long)]
        confidential: bool,
        /// Gets a mail when a case waits for a decision
        #[arg(long)]
        notify: bool,
        /// Read the password from standard input
        #[arg(long)]
        password_stdin: bool,
    },
    /// Print a new one-time password and end the user's sessions
    Password {
        #[arg(long)]
        email: String,
    },
    /// End a user's sessions and tokens
    Disable {
        #[arg(long)]
        email: String,
    },
}

/// No token is good for more than ten years.
const DAYS_MAX: i64 = 3650;

/// API tokens.
#[derive(Subcommand)]
pub enum TokenCommand {
    /// Add a token for a user and print it once
    Add {
        #[arg(long)]
        email: String,
        /// The token ends after so many days
        #[arg(long, value_parser = clap::value_parser!(i64).range(1..=DAYS_MAX))]
        days: Option<i64>,
    },
}

/// Runs a user command.
pub fn user(config: &Config, command: UserCommand) -> Result<(), CliError> {
    let (_, store) = open::open(config)?;
    let outcome = match command {
        UserCommand::Add { email, name, role, agency, confidential, notify, password_stdin } => {
            let role: Role = role.parse().map_err(|e| CliError::Usage(format!("--role: {e}")))?;
            let draft = UserDraft {
                email: email.to_lowercase(),
                name,
                role,
                agency: None,
                confidential,
                notify_triage: notify,
            };
            add(&store, draft, agency, password_stdin)
        }
        UserCommand::Password { email } => {
            let (secret, hash) = one_time()?;
            let reset = move |tx: &mut Tx<'_>, id| administer::reset_password(tx, id, &hash);
            with_user(&store, email, reset)?;
            print(&secret)
        }
        UserCommand::Disable { email } => {
            let now = Clock::System.now();
            let disable = move |tx: &mut Tx<'_>, id| Ok(users::disable(tx.conn, id, now)?);
            with_user(&store, email, disable)?;
            say("The user's sessions and tokens have ended.");
            Ok(())
        }
    };
    store.stop();
    outcome
}

/// Does something to the user with the address, in one transaction.
fn with_user<F>(store: &Store, email: String, act: F) -> Result<(), CliError>
where
    F: FnOnce(&mut Tx<'_>, UserId) -> Result<(), FlowError> + Send + 'static,
{
    let done = store.write_blocking(move |tx| {
        let found = users::by_email(tx.conn, &email)?.ok_or(StoreError::NotFound)?;
        act(tx, found.user.id)
    });
    match done {
        Err(FlowError::Store(StoreError::NotFound)) => {
            Err(CliError::Usage("--email: there is no user with this address".into()))
        }
        other => Ok(other?),
    }
}

fn one_time() -> Result<(String, String), CliError> {
    Ok(administer::one_time_password()?)
}

/// The first fault, named by its option.
fn usage(faults: &[FieldError]) -> Result<(), CliError> {
    let Some(fault) = faults.first() else { return Ok(()) };
    let what = match (fault.field.as_str(), fault.rule) {
        ("email", Rule::NotEmail) => "--email: this is no address",
        ("email", Rule::Taken) => "--email: there is a user with this address",
        ("agency", _) => "--agency is needed for the role agency",
        ("name", _) => "--name is needed",
        (field, rule) => return Err(CliError::Usage(format!("--{field}: {rule}"))),
    };
    Err(CliError::Usage(what.into()))
}

fn typed_password(draft: &UserDraft) -> Result<String, CliError> {
    let mut typed = String::new();
    std::io::stdin().read_line(&mut typed)?;
    let typed = typed.trim_end_matches(['\r', '\n']).to_owned();
    let weak = |e: FieldError| {
        let limit = e.limit.unwrap_or_default();
        CliError::Usage(format!("the password: {} {limit}", e.rule))
    };
    password::check("password", &typed, &draft.email, &draft.name).map_err(weak)?;
    let hash = password::hash(&typed, Cost::SERVICE);
    Ok(hash.map_err(|e| AssemblyError::new("password", e))?)
}

fn add(
    store: &Store,
    draft: UserDraft,
    agency: Option<String>,
    password_stdin: bool,
) -> Result<(), CliError> {
    // The agency is looked up below: here only whether it was given counts.
    let as_if = UserDraft { agency: agency.as_ref().map(|_| 0), ..draft.clone() };
    usage(&as_if.faults())?;
    let (secret, hash) = match password_stdin {
        true => (None, typed_password(&draft)?),
        false => one_time().map(|(secret, hash)| (Some(secret), hash))?,
    };
    let (now, is_one_time) = (Clock::System.now(), secret.is_some());
    let added = store.write_blocking(move |tx| {
        let rules = packs::jurisdiction(tx.conn)?;
        let found = match &agency {
            Some(code) => {
                let found = rules.agency_in_force(code, now.date_naive());
                Some(found.ok_or(StoreError::NotFound)?.id)
            }
            None => None,
        };
        let draft = UserDraft { agency: found, ..draft };
        let language = rules.default_language().to_owned();
        administer::insert_user(tx, draft, language, (&hash, is_one_time), now)
    });
    match added {
        Ok(_) => secret.map_or(Ok(()), |secret| print(&secret)),
        Err(FlowError::Refusal(Refusal::Invalid(faults))) => usage(&faults),
        Err(FlowError::Store(StoreError::NotFound)) => {
            Err(CliError::Usage("--agency: there is no agency with this code".into()))
        }
        Err(error) => Err(error.into()),
    }
}

/// Runs a token command.
pub fn token(config: &Config, command: TokenCommand) -> Result<(), CliError> {
    let TokenCommand::Add { email, days } = command;
    let (seal, store) = open::open(config)?;
    let secret = token::new_token().map_err(|e| AssemblyError::new("token", e))?;
    let hash = token::token_hash(&seal, &secret);
    let now = Clock::System.now();
    let expires = days.map(|days| now + TimeDelta::days(days));
    let added = store.write_blocking(move |tx| {
        let user = users::by_email(tx.conn, &email)?.ok_or(StoreError::NotFound)?.user;
        sessions::add_token(tx.conn, &hash, user.id, now, expires)
    });
    store.stop();
    match added {
        Err(StoreError::NotFound) => {
            Err(CliError::Usage("--email: there is no user with this address".into()))
        }
        other => {
            other?;
            print(&secret)
        }
    }
}
