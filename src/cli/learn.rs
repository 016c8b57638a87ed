//! `dangvan learn`: trains the model anew on the pack and the officers' decisions, lists models,
//! goes back to the one before, forgets labels.

use chrono::NaiveDate;

use super::{CliError, open, print, say};
use crate::app::App;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::deadline::{end_of_day, start_of_day};
use crate::domain::error::Refusal;
use crate::flow::learn::{self, Named, Training};
use crate::flow::{Context, FlowError};

/// Arguments of `learn`; without any, the model is trained anew.
#[derive(Debug, Clone, clap::Args)]
pub struct LearnArgs {
    /// List the models, the newest first
    #[arg(long, conflicts_with_all = ["rollback", "forget"])]
    list: bool,
    /// Go back to the model before the one in use
    #[arg(long, conflicts_with = "forget")]
    rollback: bool,
    /// Forget the labels that the options below name, and train anew
    #[arg(long, requires = "which")]
    forget: bool,
    /// Of this officer, by e-mail
    #[arg(long, group = "which", requires = "forget")]
    officer: Option<String>,
    /// Of the case with this number
    #[arg(long, group = "which", requires = "forget")]
    case: Option<String>,
    /// Decided on this day or later (2026-01-31)
    #[arg(long, group = "which", requires = "forget")]
    from: Option<NaiveDate>,
    /// Decided on this day or earlier
    #[arg(long, group = "which", requires = "forget")]
    to: Option<NaiveDate>,
}

/// Runs the command.
pub fn run(config: Config, args: LearnArgs) -> Result<(), CliError> {
    let (seal, store) = open::open(&config)?;
    let app = super::wait(App::assemble(config, Clock::System, seal, store))??;
    let done = super::wait(act(&app.context(), args))?;
    app.store.stop();
    done
}

async fn act(context: &Context, args: LearnArgs) -> Result<(), CliError> {
    if args.list {
        for model in learn::list(context).await? {
            let made = context.messages.day("en", model.made_at.date_naive());
            let (id, labels) = (model.id, model.labels);
            print(&format!("model {id}: {}, made {made}, {labels} labels", model.state))?;
        }
        return Ok(());
    }
    if args.rollback {
        let (gone, back) = learn::roll_back(context).await.map_err(|error| match error {
            FlowError::Refusal(_) => {
                CliError::Faults("there is no model before the one in use to go back to".to_owned())
            }
            other => other.into(),
        })?;
        return print(&format!("model {gone} is withdrawn, model {back} is in use again"));
    }
    if args.forget {
        let zone = context.rules.settings.zone;
        let named = Named {
            officer: args.officer,
            number: args.case.map(|number| number.trim().to_uppercase()),
            from: args.from.map(|day| start_of_day(day, zone)),
            to: args.to.map(|day| end_of_day(day, zone)),
        };
        let forgotten = learn::forget(context, named).await.map_err(unknown)?;
        print(&format!("{forgotten} labels forgotten"))?;
    }
    say("Training the model: this takes a moment.");
    match learn::train(context).await? {
        Training::Taken { model, labels, before, now } => print(&format!(
            "model {model} is in use: {labels} labels beside the pack; {:.1} % of the pack's own \
             texts right, {:.1} % before",
            now * 100.0,
            before * 100.0
        )),
        Training::Refused { before, now } => Err(CliError::Faults(format!(
            "the new model was not taken: it has {:.1} % of the pack's own texts right, the one \
             in use {:.1} %",
            now * 100.0,
            before * 100.0
        ))),
        Training::Overtaken => {
            Err(CliError::Faults("another model was trained meanwhile; try again".to_owned()))
        }
    }
}

/// A name that there is not is a wrong use, and said as one.
fn unknown(error: FlowError) -> CliError {
    match error {
        FlowError::Refusal(Refusal::Invalid(errors)) => {
            let names: Vec<String> = errors.into_iter().map(|e| e.field).collect();
            CliError::Usage(format!("--{} names nothing that there is", names.join(", --")))
        }
        other => other.into(),
    }
}
