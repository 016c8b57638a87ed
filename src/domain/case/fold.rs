//! A case from its events: what the row must say.

use super::Case;
use crate::domain::event::{Event, Recorded};

/// The case that the events make; an error says which event does not fit.
pub fn fold(events: &[Recorded]) -> Result<Case, String> {
    let mut events = events.iter();
    let first = events.next().ok_or("it has no events")?;
    let Event::Received(received) = &first.event else {
        return Err("its first event is not its receipt".into());
    };
    let mut case = Case::from_received(received, first.actor);
    for recorded in events {
        if recorded.version != case.version + 1 {
            return Err(format!("event {} is missing", case.version + 1));
        }
        case = case
            .apply(&recorded.event, recorded.actor, recorded.occurred_at)
            .map_err(|e| format!("event {} does not follow: {e}", recorded.version))?;
    }
    Ok(case)
}
