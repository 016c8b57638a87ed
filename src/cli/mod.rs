//! The command line: one file per command. Standard output carries the result alone, standard error
//! everything else.

mod check;
mod evaluate;
mod export;
mod import;
mod learn;
mod manual;
mod open;
mod report;
mod serve;
mod users;

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::app::AssemblyError;
use crate::config::{Config, ConfigError, GlobalArgs};
use crate::flow::FlowError;
use crate::store::StoreError;

/// Citizen feedback and complaint triage: file, decide, route, mail, answer, count.
#[derive(Parser)]
#[command(name = "dangvan", version, about, after_help = EXIT_CODES)]
#[command(disable_help_subcommand = true)]
struct Cli {
    #[command(flatten)]
    config: GlobalArgs,
    #[command(subcommand)]
    command: Option<Command>,
}

const EXIT_CODES: &str = "Exit codes: 0 done, 1 failed, 2 wrong usage.\n\
    Without a command the service starts: on a fresh machine it makes its data \
    and says where to look.\n\
    `dangvan help TOPIC` shows a document: operating, upgrading, moving, packs, api.";

#[derive(Subcommand)]
enum Command {
    /// Start the service (the default)
    Serve,
    /// Bring the database's schema up to date and fill an empty one from the pack
    Migrate,
    /// Fold all events and compare them with the rows, and the index with the database
    Check,
    /// Build the index anew from the database
    Reindex,
    /// Show every setting and where it comes from, without passwords
    Config,
    /// Add users, give new one-time passwords, disable users
    #[command(subcommand)]
    User(users::UserCommand),
    /// Add API tokens
    #[command(subcommand)]
    Token(users::TokenCommand),
    /// Take over cases from a file: history, counted and not mailed
    Import(import::ImportArgs),
    /// Write every case that the filters let through
    Export(export::ExportArgs),
    /// The leaders' figures of a period
    Report(report::ReportArgs),
    /// Train the model anew on the pack and the officers' decisions; list, go back, forget
    Learn(learn::LearnArgs),
    /// Judge labelled texts and measure the engine; no database is touched
    Evaluate(evaluate::EvaluateArgs),
    /// Show a document (operating, upgrading, moving, packs, api), or the help of a command
    Help(manual::HelpArgs),
    /// Write the completions of a shell to standard output
    Completions(manual::CompletionsArgs),
    /// Write the man page to standard output, or one for each command into a folder
    Man(manual::ManArgs),
}

/// Why a command did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    #[error("{}", list(.0))]
    Config(Vec<ConfigError>),
    #[error(transparent)]
    Assembly(#[from] AssemblyError),
    #[error(transparent)]
    Flow(#[from] FlowError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// Something that the caller gave cannot be used.
    #[error("{0}")]
    Usage(String),
    /// The command has done its work and found faults, which it has printed.
    #[error("{0}")]
    Faults(String),
}

fn list(errors: &[ConfigError]) -> String {
    errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// Runs the command line of the process.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // clap prints help to standard output and errors to standard error.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    match dispatch(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            say(&format!("dangvan: {error}"));
            match error {
                CliError::Usage(_) | CliError::Config(_) => ExitCode::from(2),
                _ => ExitCode::FAILURE,
            }
        }
    }
}

fn dispatch(cli: Cli) -> Result<(), CliError> {
    // What speaks of the program itself needs no configuration, and no sound one either.
    match &cli.command {
        Some(Command::Help(args)) => return manual::help(args),
        Some(Command::Completions(args)) => return manual::completions(args),
        Some(Command::Man(args)) => return manual::man(args),
        _ => {}
    }
    let env = |name: &str| std::env::var(name).ok();
    let config = Config::load(&cli.config, &env).map_err(CliError::Config)?;
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => serve::run(config),
        Command::Migrate => open::migrate(&config),
        Command::Check => check::check(&config),
        Command::Reindex => check::reindex(&config),
        Command::Config => print(&config.to_lines().join("\n")),
        Command::User(command) => users::user(&config, command),
        Command::Token(command) => users::token(&config, command),
        Command::Import(args) => import::run(config, &args),
        Command::Export(args) => export::run(config, &args),
        Command::Report(args) => report::run(config, &args),
        Command::Learn(args) => learn::run(config, args),
        Command::Evaluate(args) => evaluate::run(&args, &config),
        // Answered above.
        Command::Help(_) | Command::Completions(_) | Command::Man(_) => Ok(()),
    }
}

/// Writes the result to standard output; a reader that has gone away is no fault.
fn print(text: &str) -> Result<(), CliError> {
    match writeln!(std::io::stdout(), "{text}") {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

/// Says something to the person at the terminal.
fn say(text: &str) {
    // Without a standard error there is nobody to tell.
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Runs a future on a small runtime: commands wait for one thing at a time.
fn wait<T>(future: impl Future<Output = T>) -> Result<T, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(future))
}

/// A bar on a terminal, nothing elsewhere; it appears after a second.
fn progress(what: &'static str) -> indicatif::ProgressBar {
    use std::io::IsTerminal;
    if !std::io::stderr().is_terminal() {
        return indicatif::ProgressBar::hidden();
    }
    let bar = indicatif::ProgressBar::new_spinner();
    bar.set_message(what);
    bar.enable_steady_tick(std::time::Duration::from_secs(1));
    bar
}
