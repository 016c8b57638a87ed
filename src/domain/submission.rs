//! What a citizen files, after parsing: every field checked, nothing typed lost on the way.

use super::agency::AgencyId;
use super::case::{Channel, Status};
use super::place::{AreaId, Location};
use super::reporter::Reporter;
use super::scope::Scope;
use crate::clock::Moment;

/// Unicode scalars after NFC and trimming: shorter says nothing that could be judged.
pub const TEXT_MIN: usize = 10;
/// Longer belongs in an attachment.
pub const TEXT_MAX: usize = 20_000;
pub const TITLE_MAX: usize = 200;
pub const NAME_MAX: usize = 200;
pub const ADDRESS_MAX: usize = 500;
/// An id of another system.
pub const EXTERNAL_ID_MAX: usize = 200;

/// A case as it is filed.
#[derive(Debug, Clone, PartialEq)]
pub struct Submission {
    pub text: String,
    /// Title and text as they were sent, where they came in an old encoding.
    pub originals: Vec<String>,
    pub title: Option<String>,
    pub language: String,
    pub reporter: Reporter,
    pub area: Option<AreaId>,
    pub agency: Option<AgencyId>,
    pub procedure: Option<String>,
    pub location: Option<Location>,
    pub anonymous: bool,
    pub hide_identity: bool,
    pub consent_publish: bool,
    pub channel: Channel,
    pub external_id: Option<String>,
    /// When it reached the administration: now, or the day on the letter.
    pub received_at: Moment,
}

/// A case as another system had it.
#[derive(Debug, Clone, PartialEq)]
pub struct Historical {
    pub submission: Submission,
    /// Missing: the machine decides.
    pub scope: Option<Scope>,
    pub category: Option<String>,
    pub agency: Option<AgencyId>,
    pub status: Status,
    pub due_at: Option<Moment>,
    pub answered_at: Option<Moment>,
    pub rating: Option<i64>,
}
