//! Kept searches are looked at as their officers would: with their sight, by the rules of today.

use crate::app::App;
use crate::domain::deadline::day_of;
use crate::domain::error::Refusal;
use crate::domain::saved::Saved;
use crate::domain::user::User;
use crate::flow::find::Finder;
use crate::flow::keep_search::{AFTER_A_DAY, AFTER_A_MINUTE};
use crate::flow::{FlowError, keep_search};
use crate::intake::query::{Asker, desk_query};

/// Looks at each search whose time has come; one that fails leaves the others. Returns how many
/// alerts were written.
pub async fn step(app: &App) -> Result<usize, FlowError> {
    let mut written = 0;
    for (known, user) in keep_search::due(&app.context()).await? {
        let id = known.id;
        let put_off = match look(app, &known, user).await {
            Ok(Seen::Told) => {
                written += 1;
                tracing::info!(search = id, "an alert was written");
                continue;
            }
            Ok(Seen::NoNews) => continue,
            Ok(Seen::NotNow) => (AFTER_A_MINUTE, known.is_broken),
            Ok(Seen::ShutOut) => (AFTER_A_DAY, known.is_broken),
            Ok(Seen::NotUnderstood) => (AFTER_A_DAY, true),
            Err(error @ FlowError::Store(_)) => return Err(error),
            Err(error) => {
                tracing::warn!(%error, search = id, "a search could not be looked at");
                (AFTER_A_MINUTE, known.is_broken)
            }
        };
        keep_search::put_off(&app.context(), known, put_off).await?;
    }
    Ok(written)
}

/// How a look at a search went.
enum Seen {
    Told,
    NoNews,
    /// The index is being built or far behind.
    NotNow,
    ShutOut,
    /// It names what is gone.
    NotUnderstood,
}

async fn look(app: &App, known: &Saved, user: Option<User>) -> Result<Seen, FlowError> {
    let context = app.context();
    let Some(user) = user else { return Ok(Seen::ShutOut) };
    let rules = &context.rules;
    let today = day_of(context.now, rules.settings.zone);
    let asker = Asker { rules, user: user.id, today, strict: false };
    let Ok(query) = desk_query(&known.wish.query, &asker) else { return Ok(Seen::NotUnderstood) };
    let finder = Finder::new(&context, app.index());
    let held = known.held.as_ref().map(|held| &held.ids);
    match finder.look(&user, query, held).await {
        Ok(None) => Ok(Seen::NotNow),
        Ok(Some(look)) => {
            let is_told = keep_search::tell(&context, &user, known.clone(), look).await?;
            Ok(if is_told { Seen::Told } else { Seen::NoNews })
        }
        Err(FlowError::Refusal(Refusal::Invalid(_))) => Ok(Seen::NotUnderstood),
        Err(error) => Err(error),
    }
}
