//! What follows from a judgement by the rules: who should answer, by when, and whether the machine
//! may forward the case by itself. Pure; `flow` turns it into rows.

use std::collections::BTreeSet;

use super::agency::AgencyId;
use super::deadline::{choose_clock, day_of, end_of_day};
use super::event::{Deadline, Decided};
use super::jurisdiction::Jurisdiction;
use super::place::AreaId;
use super::routing::{Route, RoutingQuestion, route};
use super::scope::{Authority, Basis, Flag, Judgement, Scope};
use super::taxonomy::Mode;
use crate::clock::Moment;

/// What is judged.
#[derive(Debug, Clone, Default)]
pub struct Question {
    pub text: String,
    pub title: Option<String>,
    pub about: Option<AgencyId>,
    pub area: Option<AreaId>,
    pub procedure: Option<String>,
    /// Flags that the intake knows already.
    pub flags: BTreeSet<Flag>,
}

/// A decision, ready to be recorded.
#[derive(Debug, Clone)]
pub struct Proposal {
    pub judgement: Judgement,
    pub decided: Decided,
    /// Who should answer, whether or not the machine may forward it.
    pub route: Option<Route>,
    /// The machine forwards the case by itself.
    pub forwards: bool,
    /// The machine refers the case there by itself: its category belongs elsewhere.
    pub refers: Option<String>,
}

/// A draw between 0 and 1: whether an automatic decision is looked at all the same. The same text
/// has the same draw, so that sending it again changes nothing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Draw(pub f64);

/// Close to the threshold so many times as many are looked at.
const NEAR_THRESHOLD: f64 = 4.0;
/// Close is within so much of the least confidence that is wanted.
const NEAR: f64 = 0.03;

impl Draw {
    /// Is a decision of this confidence looked at, where `share` of them are to be?
    fn is_sampled(self, confidence: f64, wanted: f64, share: f64) -> bool {
        let is_near = confidence < wanted + NEAR;
        self.0 < if is_near { (share * NEAR_THRESHOLD).min(1.0) } else { share }
    }
}

/// What follows from a judgement by the rules.
pub fn propose(
    rules: &Jurisdiction,
    question: &Question,
    judgement: Judgement,
    (at, draw): (Moment, Draw),
) -> Proposal {
    let day = day_of(at, rules.settings.zone);
    let category = judgement.category.as_deref();
    let chosen = route(
        rules,
        &RoutingQuestion {
            category,
            about: question.about,
            area: question.area,
            field: question.procedure.as_deref().and_then(|p| rules.field_of(p)),
            day,
        },
    );
    let flags: BTreeSet<Flag> = question.flags.union(&judgement.flags).copied().collect();
    let authority = authority_of(rules, chosen.as_ref().map(|r| r.agency));
    let restricts = rules.restricts(judgement.scope, category);
    let may = rules.mode(category) == Mode::Automatic
        && !restricts
        && !flags.contains(&Flag::DenunciationSuspected);
    let forwards = may
        && authority == Authority::Own
        && judgement.scope == Scope::In
        && chosen.as_ref().is_some_and(|route| route.is_certain);
    let settings = &rules.settings;
    let (wanted, share) = (settings.wanted_precision, settings.review_sample);
    let is_sampled = draw.is_sampled(judgement.confidence, wanted, share);
    // What is forwarded is looked at beside its way; what is referred, before it leaves.
    let elsewhere = category.filter(|_| may && judgement.scope == Scope::Out && !is_sampled);
    let refers = elsewhere.and_then(|c| rules.destination_for(c)).map(|d| d.code.clone());
    let confidence_permille = permille(judgement.confidence);
    let decided = Decided {
        basis: Basis::Machine,
        scope: judgement.scope,
        authority,
        category: judgement.category.clone(),
        labels: judgement.labels.clone(),
        flags,
        confidence_permille: Some(confidence_permille),
        needs_decision: refers.is_none() && (!forwards || is_sampled),
        restricts,
        deadline: deadline(rules, (judgement.scope, authority, category), at),
        text: None,
    };
    Proposal { judgement, decided, route: chosen, forwards, refers }
}

/// Whose case it is, by the agency that would answer.
pub fn authority_of(rules: &Jurisdiction, agency: Option<AgencyId>) -> Authority {
    match agency.and_then(|id| rules.agency(id)) {
        Some(agency) if agency.is_external() => Authority::Other,
        Some(_) => Authority::Own,
        None => Authority::Unknown,
    }
}

/// The due date of a decision, counted from the day of `from` in the pack's zone.
pub fn deadline(
    rules: &Jurisdiction,
    decision: (Scope, Authority, Option<&str>),
    from: Moment,
) -> Option<Deadline> {
    let zone = rules.settings.zone;
    let day = day_of(from, zone);
    let clock = choose_clock(&rules.clock_choices, &rules.clocks, decision, day)?;
    let last = rules.calendar.last_day(day, clock.limit, clock.unit);
    Some(Deadline { clock: clock.code.clone(), due_at: end_of_day(last, zone) })
}

/// A probability in thousandths.
pub fn permille(probability: f64) -> i64 {
    // Between 0 and 1000, so that the text always holds a whole number.
    format!("{:.0}", probability.clamp(0.0, 1.0) * 1000.0).parse().unwrap_or(0)
}
