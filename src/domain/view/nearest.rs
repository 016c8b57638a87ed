//! What a decision rests on that was decided before: only of cases that the reader may know of.

use crate::domain::case::Case;
use crate::domain::jurisdiction::Jurisdiction;
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

    fn may_know(&self, number: Option<&str>) -> bool {
        let Some(number) = number else { return true };
        let case = self.cases.iter().find(|case| case.number == number);
        let sees =
            |case: &Case| self.user.may_see(case, case.readers.contains(&self.user.id), self.rules);
        case.is_some_and(sees)
    }
}
