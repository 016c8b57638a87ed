//! Compares the clock with the newest events. A clock that ran backwards harms no case, since
//! versions and not times order its events; but due dates and figures are then counted from a wrong
//! day, so somebody must hear of it.

use super::{Context, FlowError};
use crate::store::history;

/// Clocks of several machines differ by less than this.
const TOLERANCE_SECONDS: i64 = 5;

/// By how many seconds the clock is behind the newest event that was recorded; `None` where it is
/// not.
pub async fn behind(context: &Context) -> Result<Option<i64>, FlowError> {
    let newest = context.store.read(|conn| Ok::<_, FlowError>(history::newest_at(conn)?)).await?;
    let seconds = newest.map_or(0, |newest| (newest - context.now).num_seconds());
    Ok(Some(seconds).filter(|seconds| *seconds > TOLERANCE_SECONDS))
}
