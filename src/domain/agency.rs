//! Agencies: who answers, who stands above whom, and how that was on another day.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::Names;
use super::place::AreaId;

/// The row's id. Codes are unique at a time only and are reused; ids are not.
pub type AgencyId = i64;

/// The end of addresses that are not known yet: nothing is ever sent to one.
const PLACEHOLDER: &str = ".invalid";

/// An office of the installation, or one that it sends cases to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Agency {
    pub id: AgencyId,
    pub code: String,
    /// `city`, `department`, `district`, `commune`, `external`.
    pub level: String,
    pub parent: Option<AgencyId>,
    pub names: Names,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub address: Option<String>,
    /// The area that it serves.
    pub area: Option<AreaId>,
    /// What it is competent for.
    pub fields: Vec<String>,
    /// The pack waives the second pair of eyes for its answers.
    pub answers_unreviewed: bool,
    pub valid_from: Option<NaiveDate>,
    pub valid_to: Option<NaiveDate>,
    pub successors: Vec<AgencyId>,
}

impl Agency {
    /// Does it exist on `day`? Validity is half-open.
    pub fn exists_on(&self, day: NaiveDate) -> bool {
        valid_on(self.valid_from, self.valid_to, day)
    }

    /// The address to send to; `None` where it is missing or a placeholder.
    pub fn sendable_email(&self) -> Option<&str> {
        self.email.as_deref().filter(|e| !e.is_empty() && !e.ends_with(PLACEHOLDER))
    }

    /// An office outside the installation answers for itself.
    pub fn is_external(&self) -> bool {
        self.level == "external"
    }
}

/// Half-open validity: `from <= day < to`, a missing end is open.
pub fn valid_on(from: Option<NaiveDate>, to: Option<NaiveDate>, day: NaiveDate) -> bool {
    from.is_none_or(|f| f <= day) && to.is_none_or(|t| day < t)
}

/// An agency as it is shown and named in answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgencyName {
    pub code: String,
    pub name: String,
}
