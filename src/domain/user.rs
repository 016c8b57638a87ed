//! Users, roles and what each may do: the permission table of the product, in one place.

use serde::{Deserialize, Serialize};

use super::agency::AgencyId;
use super::case::{Case, Pending, Verb};
use super::jurisdiction::Jurisdiction;
use super::search::Sight;

/// The row's id.
pub type UserId = i64;

super::words! {
    /// What somebody is to the service.
    Role {
        Triage = "triage",
        Agency = "agency",
        Leader = "leader",
        Oversight = "oversight",
        Admin = "admin",
    }
}

/// Who may take the step on a case within sight that is not restricted.
pub fn roles_of(verb: Verb) -> &'static [Role] {
    match verb {
        Verb::Decide | Verb::Route | Verb::Refer | Verb::Refuse | Verb::Restrict => {
            &[Role::Triage, Role::Leader, Role::Admin]
        }
        // Nobody approves what they wrote: `flow::handle` asks who did.
        Verb::Approve | Verb::ReturnAnswer => &[Role::Triage, Role::Leader, Role::Admin],
        _ => &[Role::Triage, Role::Agency, Role::Leader, Role::Admin],
    }
}

/// An officer, leader, overseer or administrator.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    pub id: UserId,
    pub email: String,
    pub name: String,
    pub role: Role,
    /// Required for the role agency; narrows a leader to a subtree.
    pub agency: Option<AgencyId>,
    /// May read restricted cases.
    pub confidential: bool,
    pub must_change_password: bool,
    /// Asked for mail about cases that wait for a decision.
    pub notify_triage: bool,
    pub language: String,
    pub disabled: bool,
}

/// A user as a step names one: by the id, or by the e-mail address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserName {
    Id(UserId),
    Email(String),
}

impl UserName {
    /// The user among these.
    pub fn find<'a>(&self, users: &'a [User]) -> Option<&'a User> {
        users.iter().find(|user| match self {
            UserName::Id(id) => user.id == *id,
            UserName::Email(email) => user.email.to_lowercase() == *email,
        })
    }
}

impl User {
    /// The agencies whose cases the user sees; `None`: all.
    pub fn agencies_seen(&self, jurisdiction: &Jurisdiction) -> Option<Vec<AgencyId>> {
        match (self.role, self.agency) {
            (Role::Agency | Role::Leader, Some(agency)) => Some(jurisdiction.subtree(agency)),
            // A user of the role agency without one is refused when made; should it happen, nothing
            // is seen.
            (Role::Agency, None) => Some(Vec::new()),
            _ => None,
        }
    }

    /// The reader's part of every query.
    pub fn sight(&self, jurisdiction: &Jurisdiction) -> Sight {
        Sight {
            user: self.id,
            confidential: self.confidential,
            agencies: self.agencies_seen(jurisdiction),
        }
    }

    /// May the user know of this case at all? A restricted case is for the confidential and for
    /// whom it names.
    pub fn may_see(&self, case: &Case, jurisdiction: &Jurisdiction) -> bool {
        if case.restricted {
            return self.confidential || case.readers.contains(&self.id);
        }
        self.is_within(case, jurisdiction)
    }

    /// May the user take the step on this case? Whether the case allows it now is another question.
    pub fn may(&self, verb: Verb, case: &Case, jurisdiction: &Jurisdiction) -> bool {
        if !self.may_see(case, jurisdiction) || self.role == Role::Oversight {
            return false;
        }
        let roles = roles_of(verb);
        // Whom the confidential right or the case itself lets in may do with it what triage may.
        roles.contains(&self.role) || (case.restricted && roles.contains(&Role::Triage))
    }

    /// May the case be assigned to the user: is it somebody who may answer it?
    pub fn may_be_given(&self, case: &Case, jurisdiction: &Jurisdiction) -> bool {
        !self.disabled && self.may(Verb::Answer, case, jurisdiction)
    }

    /// May the user read the reporter's name and contact?
    pub fn sees_identity(&self, case: &Case) -> bool {
        match self.role {
            Role::Triage | Role::Leader | Role::Admin => true,
            Role::Agency => !case.hide_identity,
            Role::Oversight => false,
        }
    }

    /// Are identity and telephone numbers in a case's texts masked for the user? Where who wrote is
    /// not to be known, the texts do not say it either.
    pub fn reads_masked(&self, case: &Case) -> bool {
        !self.sees_identity(case)
    }

    /// May look a reporter up by e-mail or telephone? Only cases count whose reporter the user may
    /// know.
    pub fn may_look_up_reporters(&self) -> bool {
        self.role != Role::Oversight
    }

    /// What the user may do with the case where it stands.
    pub fn can(&self, case: &Case, jurisdiction: &Jurisdiction) -> Vec<Verb> {
        let own = case.pending.as_ref().and_then(Pending::by) == Some(self.id);
        let mut can = case.can();
        // Nobody approves what they wrote.
        can.retain(|verb| verb.is_of_desk() && !(own && *verb == Verb::Approve));
        can.retain(|verb| self.may(*verb, case, jurisdiction));
        can
    }

    /// May read reports; of all agencies, or of the own subtree.
    pub fn may_read_reports(&self) -> bool {
        true
    }

    /// May read how right the machine is.
    pub fn may_read_accuracy(&self) -> bool {
        self.role != Role::Agency
    }

    /// May read how each officer decides.
    pub fn may_read_officers(&self) -> bool {
        matches!(self.role, Role::Leader | Role::Admin)
    }

    /// May draft changes of the rules and try them on past cases.
    pub fn may_try_rules(&self) -> bool {
        matches!(self.role, Role::Triage | Role::Admin)
    }

    /// May change agencies, users, packs; may read mail and health.
    pub fn may_administer(&self) -> bool {
        self.role == Role::Admin
    }

    fn is_within(&self, case: &Case, jurisdiction: &Jurisdiction) -> bool {
        match self.agencies_seen(jurisdiction) {
            None => true,
            Some(agencies) => case.agency.is_some_and(|a| agencies.contains(&a)),
        }
    }
}
