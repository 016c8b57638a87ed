//! What an officer asks the desk's list for: filters, queues, order, page; the same for the
//! database and the index.

use chrono::NaiveDate;

use super::agency::AgencyId;
use super::case::{Channel, Status};
use super::figures::Figure;
use super::scope::{Authority, Flag, Scope};
use super::user::UserId;

/// A page holds this many cases unless told.
pub const LIMIT_DEFAULT: usize = 50;
/// A page holds at most this many cases.
pub const LIMIT_MAX: usize = 200;

super::words! {
    /// The order of a list; ties are broken by the case's id, so that paging is stable.
    Sort {
        Relevance = "relevance",
        Received = "received",
        ReceivedDown = "-received",
        Due = "due",
        DueDown = "-due",
    }
}

super::words! {
    /// The queues on the left of the desk.
    Queue {
        Decide = "decide",
        Today = "today",
        Overdue = "overdue",
        Approve = "approve",
        Returned = "returned",
        CitizenWrote = "citizen_wrote",
        MailFailed = "mail_failed",
        Mine = "mine",
    }
}

super::words! {
    /// When a case is due, seen from today in the pack's zone. Closed cases are never due.
    Due { Overdue = "overdue", Today = "today", Week = "week", }
}

/// Filters: a list means any of them, an empty list means all.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Filters {
    pub scope: Vec<Scope>,
    pub authority: Vec<Authority>,
    pub category: Vec<String>,
    pub status: Vec<Status>,
    pub flag: Vec<Flag>,
    pub agency: Vec<AgencyId>,
    pub area: Vec<i64>,
    pub channel: Vec<Channel>,
    /// Of these eight fields: none of these values.
    pub without: Option<Box<Filters>>,
    pub assigned: Vec<UserId>,
    pub due: Option<Due>,
    pub queue: Option<Queue>,
    /// Days of receipt in the pack's zone, both included.
    pub from: Option<NaiveDate>,
    pub to: Option<NaiveDate>,
}

/// The parameters of `GET /api/v1/desk/cases`.
#[derive(Debug, Clone, Default)]
pub struct DeskQuery {
    pub q: String,
    pub filters: Filters,
    /// Officers named by their e-mail address, who are not known here.
    pub assigned_to: Vec<String>,
    pub figure: Option<Figure>,
    pub sort: Option<Sort>,
    pub limit: usize,
    pub cursor: Option<String>,
}

/// Which cases a reader may know of; part of every query, so that hits, totals, facets and snippets
/// agree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    pub user: UserId,
    /// Sees every restricted case; others see those that name them.
    pub confidential: bool,
    /// The agencies whose cases are seen; `None`: all.
    pub agencies: Option<Vec<AgencyId>>,
}

/// A value of a facet with its count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FacetCount {
    /// The word or code; agencies and areas by id.
    pub key: String,
    pub count: u64,
}

/// Field name to counted values, the largest first.
pub type Facets = std::collections::BTreeMap<&'static str, Vec<FacetCount>>;

/// The fields that are counted beside a list.
pub const FACET_FIELDS: [&str; 8] =
    ["scope", "authority", "category", "status", "flag", "agency", "area", "channel"];
