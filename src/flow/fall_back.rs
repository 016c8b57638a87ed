//! Where the machine was not right often enough, it only suggests: its mode falls back, and that is
//! said.

use super::{Context, FlowError};
use crate::domain::figures::rate;
use crate::domain::taxonomy::{Category, Mode};
use crate::store::{accuracy, packs};

/// So many of the last decisions that an officer has looked at are counted.
const LAST: i64 = 200;
/// Fewer say nothing yet.
const LEAST: i64 = 50;

/// Lets the categories fall back in which the machine is less right than the pack wants; their
/// codes.
pub async fn fall_back(context: &Context) -> Result<Vec<String>, FlowError> {
    let (rules, now) = (context.rules.clone(), context.now);
    let fallen = context.store.write(move |tx| {
        let mut fallen = Vec::new();
        for known in rules.categories.iter().filter(|c| c.mode == Mode::Automatic) {
            let since = known.mode_since;
            let (right, all) = accuracy::last_of(tx.conn, &known.code, since, LAST)?;
            let is_low = rate(right, all).is_some_and(|p| p < rules.settings.wanted_precision);
            if all < LEAST || !is_low {
                continue;
            }
            let (mode, mode_since) = (Mode::Suggest, Some(now));
            let category = Category { mode, mode_since, fell_back: true, ..known.clone() };
            packs::replace(tx.conn, "category", &known.code, &category, None, now)?;
            fallen.push(known.code.clone());
        }
        Ok::<_, FlowError>(fallen)
    });
    let fallen = fallen.await?;
    for category in &fallen {
        tracing::error!(%category, "the machine was not right often enough and only suggests now");
    }
    Ok(fallen)
}
