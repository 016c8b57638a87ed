//! The steps of the desk and of the citizen as they are asked for, after parsing.

use chrono::NaiveDate;

use super::agency::AgencyId;
use super::case::Verb;
use super::scope::{Authority, Flag, Label, Scope};
use super::user::UserName;

/// Of texts that go with a step: as long as a case's own.
pub const STEP_TEXT_MAX: usize = 20_000;
/// A rating is a whole number of stars.
pub const RATING_MIN: i64 = 1;
pub const RATING_MAX: i64 = 5;
/// An extension further than this is a refusal in disguise.
pub const EXTENSION_MAX_DAYS: i64 = 180;

/// A step of the desk.
#[derive(Debug, Clone, PartialEq)]
pub enum Action {
    Decide(Decide),
    Route { agency: AgencyId, reason: Option<String> },
    Accept,
    Return { reason: String },
    Ask { text: String },
    Answer { text: String },
    Approve { what: What },
    ReturnAnswer { reason: String },
    Extend { due_day: NaiveDate, reason: String },
    Refer { destination: String, text: Option<String> },
    Refuse { reason_code: String, text: Option<String> },
    Note { text: String },
    Assign { user: Option<UserName> },
    Restrict { restricted: bool, reason: String, readers: Vec<UserName> },
    Resend,
    Close,
    Reopen { reason: String },
}

/// An officer's decision; what is not given stays as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Decide {
    pub scope: Scope,
    pub category: Option<String>,
    pub authority: Option<Authority>,
    pub labels: Option<Vec<Label>>,
    pub flags: Option<Vec<Flag>>,
    pub reason: Option<String>,
}

super::words! {
    /// What an approval is of.
    What { Answer = "answer", Extension = "extension", }
}

impl Action {
    pub fn verb(&self) -> Verb {
        match self {
            Action::Decide(_) => Verb::Decide,
            Action::Route { .. } => Verb::Route,
            Action::Accept => Verb::Accept,
            Action::Return { .. } => Verb::Return,
            Action::Ask { .. } => Verb::Ask,
            Action::Answer { .. } => Verb::Answer,
            Action::Approve { .. } => Verb::Approve,
            Action::ReturnAnswer { .. } => Verb::ReturnAnswer,
            Action::Extend { .. } => Verb::Extend,
            Action::Refer { .. } => Verb::Refer,
            Action::Refuse { .. } => Verb::Refuse,
            Action::Note { .. } => Verb::Note,
            Action::Assign { .. } => Verb::Assign,
            Action::Restrict { .. } => Verb::Restrict,
            Action::Resend => Verb::Resend,
            Action::Close => Verb::Close,
            Action::Reopen { .. } => Verb::Reopen,
        }
    }
}

/// What a citizen wrote, and the same as it was sent where that was in an old encoding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    pub text: String,
    pub original: Option<String>,
}

/// A step of the citizen, by the code.
#[derive(Debug, Clone, PartialEq)]
pub enum CitizenAction {
    Message { text: Written },
    Rating { score: i64, text: Option<Written> },
    Reopen { reason: Written },
    Withdraw { reason: Option<Written> },
    Contact { email: Option<String>, phone: Option<String>, hide_identity: Option<bool> },
}

impl CitizenAction {
    pub fn verb(&self) -> Verb {
        match self {
            CitizenAction::Message { .. } => Verb::Message,
            CitizenAction::Rating { .. } => Verb::Rating,
            CitizenAction::Reopen { .. } => Verb::Reopen,
            CitizenAction::Withdraw { .. } => Verb::Withdraw,
            CitizenAction::Contact { .. } => Verb::Contact,
        }
    }
}
