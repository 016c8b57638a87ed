//! Deadlines against a counter that walks day by day, and the steps of a case in random order: no
//! state is reached that the rules do not know.

use std::collections::BTreeSet;

use chrono::{Datelike, Days, NaiveDate, Weekday};
use dangvan::domain::case::{Case, Channel, Pending, Status};
use dangvan::domain::deadline::{Calendar, Unit};
use dangvan::domain::event::{Actor, ActorKind, Deadline, Event, Received};
use dangvan::domain::reporter::ReporterKind;
use proptest::prelude::*;

use crate::harness::start;

fn day(offset: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 1).unwrap().checked_add_days(Days::new(offset)).unwrap()
}

/// Walks one day after another: the day of the event is not counted, a period that ends on a day
/// off ends on the next working day.
fn walked(calendar: &Calendar, from: NaiveDate, limit: u32, unit: Unit) -> NaiveDate {
    let works = |day: NaiveDate| match calendar.days.get(&day) {
        Some(off) => !off,
        None => day.weekday() != Weekday::Sat && day.weekday() != Weekday::Sun,
    };
    let (mut at, mut left) = (from, limit);
    while left > 0 {
        at = at.succ_opt().unwrap();
        if unit == Unit::CalendarDay || works(at) {
            left -= 1;
        }
    }
    while unit == Unit::CalendarDay && !works(at) {
        at = at.succ_opt().unwrap();
    }
    at
}

proptest! {
    #[test]
    fn the_last_day_is_the_walked_one(
        from in 0_u64..400,
        limit in 0_u32..60,
        special in proptest::collection::btree_map(0_u64..500, any::<bool>(), 0..60),
    ) {
        let days = special.into_iter().map(|(offset, off)| (day(offset), off)).collect();
        let calendar = Calendar { days, provisional: Vec::new() };
        for unit in [Unit::CalendarDay, Unit::WorkingDay] {
            let last = calendar.last_day(day(from), limit, unit);
            prop_assert_eq!(last, walked(&calendar, day(from), limit, unit));
            prop_assert!(last <= calendar.last_day(day(from), limit + 1, unit));
            prop_assert!(last <= calendar.last_day(day(from + 1), limit, unit));
        }
    }

    #[test]
    fn no_order_of_steps_reaches_an_unknown_state(
        steps in proptest::collection::vec((0_usize..19, any::<bool>()), 1..40),
    ) {
        let mut case = received();
        for (step, by_citizen) in steps {
            let event = event(step);
            let kind = if by_citizen { ActorKind::Citizen } else { ActorKind::Officer };
            let actor = Actor { kind, id: None };
            let may = event.verb().is_none_or(|verb| case.allows(verb));
            match case.apply(&event, actor, start()) {
                Ok(next) => {
                    prop_assert_eq!(next.version, case.version + 1);
                    case = next;
                }
                // An approval also needs the thing that it approves.
                Err(_) => prop_assert!(!may || case.pending.is_some()),
            }
            holds(&case)?;
        }
    }
}

fn holds(case: &Case) -> Result<(), TestCaseError> {
    let open = case.status.is_open();
    prop_assert!(open || !(case.needs_decision || case.returned));
    prop_assert!(open || case.pending.is_none());
    prop_assert_eq!(case.paused_at.is_some(), case.status == Status::NeedsInfo);
    let answer = matches!(case.pending, Some(Pending::Answer { .. }));
    prop_assert_eq!(answer, case.status == Status::AnswerReview);
    let settled = matches!(
        case.status,
        Status::Answered | Status::Referred | Status::Refused | Status::Closed
    );
    prop_assert!(!settled || case.first_outcome.is_some());
    prop_assert!(case.status != Status::Forwarded || case.agency.is_some());
    Ok(())
}

/// A case that has just come in, with a date.
pub fn received() -> Case {
    let first = Received {
        number: "DV26-000001-3".into(),
        channel: Channel::Web,
        external_id: None,
        language: "vi".into(),
        reporter_kind: ReporterKind::Individual,
        anonymous: false,
        hide_identity: false,
        consent_publish: false,
        about: None,
        area: None,
        procedure: None,
        flags: BTreeSet::new(),
        received_at: start(),
    };
    let mut case = Case::from_received(&first, Actor::CITIZEN);
    case.deadline = Some(Deadline { clock: "c".into(), due_at: start() });
    case
}

fn event(step: usize) -> Event {
    let text = "t".to_owned();
    let deadline = Some(Deadline { clock: "c".into(), due_at: start() });
    match step {
        0 => Event::Routed { agency: 1, rule: "officer".into(), text: None },
        1 => Event::Accepted {},
        2 => Event::Returned { text },
        3 => Event::Asked { text },
        4 => Event::CitizenWrote { text },
        5 => Event::Answered { text, takes_effect: false, unreviewed: false },
        6 => Event::Answered { text, takes_effect: true, unreviewed: true },
        7 => Event::AnswerApproved { text },
        8 => Event::AnswerReturned { text },
        9 => Event::ExtensionAsked { due_at: start(), text, takes_effect: false },
        10 => Event::ExtensionApproved { due_at: start(), text },
        11 => Event::Referred { destination: "d".into(), text: None },
        12 => Event::Refused { reason_code: "R01".into(), text: None },
        13 => Event::Noted { text },
        14 => Event::Closed {},
        15 => Event::Reopened { text, deadline },
        16 => Event::Withdrawn { text: None },
        17 => Event::Resumed { deadline, extension: Some(start()) },
        _ => Event::Rated { score: 3, text: None },
    }
}
