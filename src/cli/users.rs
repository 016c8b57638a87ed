//! `dangvan user …` and `dangvan token …`.

use chrono::TimeDelta;
use clap::Subcommand;

use super::{CliError, open, print, say};
use crate::app::AssemblyError;
use crate::auth::password::{self, Cost};
use crate::auth::token;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::reporter::looks_like_email;
use crate::domain::user::{Role, User};
use crate::store::{Store, StoreError, packs, sessions, users};

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

/// API tokens.
#[derive(Subcommand)]
pub enum TokenCommand {
    /// Add a token for a user and print it once
    Add {
        #[arg(long)]
        email: String,
        /// The token ends after so many days
        #[arg(long)]
        days: Option<i64>,
    },
}

/// Runs a user command.
pub fn user(config: &Config, command: UserCommand) -> Result<(), CliError> {
    let (_, store) = open::open(config)?;
    let now = Clock::System.now();
    let outcome = match command {
        UserCommand::Add { email, name, role, agency, confidential, notify, password_stdin } => {
            let role: Role = role.parse().map_err(|e| CliError::Usage(format!("--role: {e}")))?;
            let user = User {
                id: 0,
                email: email.to_lowercase(),
                name,
                role,
                agency: None,
                confidential,
                must_change_password: !password_stdin,
                notify_triage: notify,
                language: String::new(),
                disabled: false,
            };
            add(&store, user, agency, password_stdin)
        }
        UserCommand::Password { email } => {
            let (secret, hash) = one_time()?;
            store.write_blocking(move |tx| {
                let user = users::by_email(tx.conn, &email)?.ok_or(StoreError::NotFound)?.user;
                users::set_password(tx.conn, user.id, &hash, true)?;
                sessions::end_others(tx.conn, user.id, None)
            })?;
            print(&secret)
        }
        UserCommand::Disable { email } => {
            store.write_blocking(move |tx| {
                let user = users::by_email(tx.conn, &email)?.ok_or(StoreError::NotFound)?.user;
                users::disable(tx.conn, user.id, now)
            })?;
            say("The user's sessions and tokens have ended.");
            Ok(())
        }
    };
    store.stop();
    outcome
}

fn one_time() -> Result<(String, String), CliError> {
    let secret = password::one_time_password().map_err(|e| AssemblyError::new("password", e))?;
    let hash = password::hash(&secret, Cost::SERVICE);
    Ok((secret, hash.map_err(|e| AssemblyError::new("password", e))?))
}

fn add(
    store: &Store,
    user: User,
    agency: Option<String>,
    password_stdin: bool,
) -> Result<(), CliError> {
    if !looks_like_email(&user.email) && !user.email.ends_with("@localhost") {
        return Err(CliError::Usage(format!("--email: {} is no address", user.email)));
    }
    if user.role == Role::Agency && agency.is_none() {
        return Err(CliError::Usage("--agency is needed for the role agency".into()));
    }
    let (secret, hash) = if password_stdin {
        let mut typed = String::new();
        std::io::stdin().read_line(&mut typed)?;
        let typed = typed.trim_end_matches(['\r', '\n']).to_owned();
        let weak = |e: crate::domain::error::FieldError| {
            let limit = e.limit.unwrap_or_default();
            CliError::Usage(format!("the password: {} {limit}", e.rule))
        };
        password::check("password", &typed, &user.email, &user.name).map_err(weak)?;
        let hash = password::hash(&typed, Cost::SERVICE);
        (None, hash.map_err(|e| AssemblyError::new("password", e))?)
    } else {
        let (secret, hash) = one_time()?;
        (Some(secret), hash)
    };
    let now = Clock::System.now();
    let added = store.write_blocking(move |tx| {
        let rules = packs::jurisdiction(tx.conn)?;
        let found = match &agency {
            Some(code) => {
                let found = rules.agency_by_code(code, now.date_naive());
                Some(found.ok_or(StoreError::NotFound)?.id)
            }
            None => None,
        };
        let language = rules.default_language().to_owned();
        let user = User { agency: found, language, ..user };
        users::insert(tx.conn, &user, &hash, now)
    });
    match added {
        Ok(_) => secret.map_or(Ok(()), |secret| print(&secret)),
        Err(StoreError::Duplicate) => {
            Err(CliError::Usage("--email: there is a user with this address".into()))
        }
        Err(StoreError::NotFound) => {
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
