//! What an administrator gives: a user's particulars, an agency's contacts, and when they are
//! wrong. Pure checks; who is asked and what is written is the verb's affair.

use super::agency::AgencyId;
use super::error::{FieldError, Rule};
use super::reporter::looks_like_email;
use super::user::{Role, UserId};

/// Addresses of this host are for a trial on one's own machine.
const LOCAL_HOST: &str = "@localhost";

/// A user as an administrator describes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserDraft {
    /// Lower case. Names the user when signing in, and is not changed afterwards.
    pub email: String,
    pub name: String,
    pub role: Role,
    pub agency: Option<AgencyId>,
    pub confidential: bool,
    /// Mail about cases that wait for a decision.
    pub notify_triage: bool,
}

impl UserDraft {
    /// What is wrong with it, field by field.
    pub fn faults(&self) -> Vec<FieldError> {
        let mut out = Vec::new();
        if !looks_like_email(&self.email) && !self.email.ends_with(LOCAL_HOST) {
            out.push(FieldError::new("email", Rule::NotEmail));
        }
        if self.name.trim().is_empty() {
            out.push(FieldError::new("name", Rule::Required));
        }
        if self.role == Role::Agency && self.agency.is_none() {
            out.push(FieldError::new("agency", Rule::Required));
        }
        out
    }

    /// What nobody may do to the own account, so that no installation locks itself out.
    pub fn faults_of_own(&self, own: UserId, changed: UserId) -> Vec<FieldError> {
        let loses = own == changed && self.role != Role::Admin;
        if loses { vec![FieldError::new("role", Rule::NotAllowedHere)] } else { Vec::new() }
    }
}

/// How an agency is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contacts {
    pub email: Option<String>,
    pub phone: Option<String>,
    pub address: Option<String>,
}
