//! Kept searches are looked at as their officers would: with their sight, by the rules of today.

use crate::app::App;
use crate::domain::deadline::day_of;
use crate::domain::error::Refusal;
use crate::domain::saved::Saved;
use crate::domain::user::User;
use crate::flow::find::Finder;
use crate::flow::{FlowError, keep_search};
use crate::intake::query::{Asker, desk_query};

/// Looks at each search whose time has come; one that fails leaves the others. Returns how many
/// alerts were written.
pub async fn step(app: &App) -> Result<usize, FlowError> {
    let mut written = 0;
    for (known, user) in keep_search::due(&app.context()).await? {
        let id = known.id;
        match look(app, known, user).await {
            Ok(true) => {
                written += 1;
                tracing::info!(search = id, "an alert was written");
            }
            Ok(false) => {}
            Err(error @ FlowError::Store(_)) => return Err(error),
            Err(error) => tracing::warn!(%error, search = id, "a search could not be looked at"),
        }
    }
    Ok(written)
}

async fn look(app: &App, known: Saved, user: Option<User>) -> Result<bool, FlowError> {
    let context = app.context();
    let Some(user) = user else {
        keep_search::put_off(&context, known, false).await?;
        return Ok(false);
    };
    let rules = &context.rules;
    let today = day_of(context.now, rules.settings.zone);
    let asker = Asker { rules, user: user.id, today, strict: false };
    let Ok(query) = desk_query(&known.wish.query, &asker) else {
        keep_search::put_off(&context, known, true).await?;
        return Ok(false);
    };
    let index = app.index();
    if index.is_none() && !query.q.is_empty() {
        // Words wait for the index, which opens in a moment.
        return Ok(false);
    }
    let finder = Finder { context: &context, index };
    match finder.look(&user, query, known.held.as_ref()).await {
        Ok(look) => keep_search::tell(&context, &user, known, look).await,
        Err(FlowError::Refusal(Refusal::Invalid(_))) => {
            keep_search::put_off(&context, known, true).await?;
            Ok(false)
        }
        Err(error) => Err(error),
    }
}
