//! What a decision rests on that was decided before: only of cases that the reader may know of.

use chrono::NaiveDate;
use serde::Serialize;

use super::{Lens, agency_name};
use crate::domain::agency::AgencyName;
use crate::domain::case::Case;
use crate::domain::deadline::day_of;
use crate::domain::file::File;
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::routing::{Route, RoutingQuestion, by_neighbours, route};
use crate::domain::scope::{Neighbour, Reason, ReasonKind};
use crate::domain::user::User;

/// Who reads, and the cases that a decision names, as they stand now.
pub struct Nearest<'a> {
    pub cases: &'a [Case],
    pub user: &'a User,
    pub rules: &'a Jurisdiction,
    pub mask: &'a dyn Fn(&str) -> String,
}

impl Nearest<'_> {
    /// The pack's own texts, and those of cases within sight.
    pub fn neighbours(&self, all: &[Neighbour]) -> Vec<Neighbour> {
        let known = all.iter().filter(|near| self.may_know(near.number.as_deref()));
        let masked = |near: &Neighbour| Neighbour { text: (self.mask)(&near.text), ..near.clone() };
        known.map(masked).collect()
    }

    /// The reasons without those that quote a case out of sight.
    pub fn reasons(&self, all: &[Reason]) -> Vec<Reason> {
        let may_know = |reason: &&Reason| match reason.kind {
            ReasonKind::Neighbour => self.may_know(reason.basis.as_deref()),
            _ => true,
        };
        let mut out: Vec<Reason> = all.iter().filter(may_know).cloned().collect();
        for reason in out.iter_mut().filter(|r| r.kind == ReasonKind::Neighbour) {
            reason.phrase = (self.mask)(&reason.phrase);
        }
        out
    }

    /// The reasons of a text that is masked: where their phrases stand there, or nowhere.
    pub fn depersonalise(&self, reasons: &mut [Reason], text: &str) {
        let text = (self.mask)(text);
        for reason in reasons {
            reason.phrase = (self.mask)(&reason.phrase);
            if reason.length == 0 {
                continue;
            }
            let place = text.split_once(&reason.phrase).map(|(before, _)| before.chars().count());
            reason.length = place.map_or(0, |_| reason.phrase.chars().count());
            reason.offset = place.unwrap_or(0);
        }
    }

    /// Who should answer by where these cases went; a suggestion only.
    pub fn route(&self, all: &[Neighbour], day: NaiveDate) -> Option<Route> {
        let known = all.iter().filter(|near| self.may_know(near.number.as_deref()));
        let went = known.filter_map(|near| {
            let case = self.cases.iter().find(|case| near.number.as_ref() == Some(&case.number));
            Some((case?.agency?, near.similarity))
        });
        by_neighbours(self.rules, went, day)
    }

    fn may_know(&self, number: Option<&str>) -> bool {
        let Some(number) = number else { return true };
        let case = self.cases.iter().find(|case| case.number == number);
        case.is_some_and(|case| self.user.may_see(case, self.rules))
    }
}

/// An agency that should answer, and the rule that says so.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Suggested {
    #[serde(flatten)]
    pub agency: AgencyName,
    pub rule: String,
}

/// By the rules as they are today, else by where the nearest decided cases went.
pub(super) fn suggested(file: &File, user: &User, lens: &Lens<'_>) -> Option<Suggested> {
    let case = &file.case;
    if case.agency.is_some() || !case.status.is_open() {
        return None;
    }
    let grounds = file.decisions.last().map(|decision| &decision.grounds);
    let likely = grounds.and_then(|g| g.likely.as_ref()).and_then(|(_, category)| category.clone());
    let category = case.category.clone().or(likely);
    let day = day_of(lens.now, lens.rules.settings.zone);
    let question = RoutingQuestion::of(lens.rules, case, category.as_deref(), day);
    let nearest = nearest(file, user, lens);
    let all = file.decisions.iter().flat_map(|d| &d.grounds.neighbours).cloned();
    let all: Vec<Neighbour> = all.collect();
    // The office that a case is about is named by a rule or not at all: it may be accused.
    let likened = || nearest.route(&all, day).filter(|likely| Some(likely.agency) != case.about);
    let found = route(lens.rules, &question).or_else(likened)?;
    let agency = agency_name(lens.rules, Some(found.agency), lens.language)?;
    Some(Suggested { agency, rule: found.rule })
}

pub(super) fn nearest<'a>(file: &'a File, user: &'a User, lens: &'a Lens<'_>) -> Nearest<'a> {
    Nearest { cases: &file.neighbours, user, rules: lens.rules, mask: lens.mask }
}
