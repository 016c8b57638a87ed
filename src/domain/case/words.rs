//! The words for where a case stands, how it came in, what may be done with it and what waits.

use serde::{Deserialize, Serialize};

use crate::clock::Moment;
use crate::domain::user::UserId;

crate::domain::words! {
    /// Where a case stands.
    Status {
        Received = "received",
        Forwarded = "forwarded",
        InProgress = "in_progress",
        NeedsInfo = "needs_info",
        AnswerReview = "answer_review",
        Answered = "answered",
        Closed = "closed",
        Referred = "referred",
        Refused = "refused",
        Withdrawn = "withdrawn",
    }
}

impl Status {
    /// Does somebody still have to do something?
    pub fn is_open(self) -> bool {
        matches!(
            self,
            Status::Received
                | Status::Forwarded
                | Status::InProgress
                | Status::NeedsInfo
                | Status::AnswerReview
        )
    }
}

crate::domain::words! {
    /// How a case came in.
    Channel {
        Web = "web",
        Api = "api",
        Email = "email",
        Phone = "phone",
        Letter = "letter",
        Counter = "counter",
        Import = "import",
        Hotline = "1022",
        Portal = "portal",
        Other = "other",
    }
}

crate::domain::words! {
    /// The steps that officers, leaders and citizens take on a case.
    Verb {
        Decide = "decide",
        Route = "route",
        Accept = "accept",
        Return = "return",
        Ask = "ask",
        Answer = "answer",
        Approve = "approve",
        ReturnAnswer = "return-answer",
        Extend = "extend",
        Refer = "refer",
        Refuse = "refuse",
        Note = "note",
        Assign = "assign",
        Restrict = "restrict",
        Resend = "resend",
        Close = "close",
        Reopen = "reopen",
        Message = "messages",
        Contact = "contact",
        Rating = "rating",
        Withdraw = "withdraw",
    }
}

impl Verb {
    /// The citizen's steps, by the code.
    pub const OF_CITIZENS: [Verb; 5] =
        [Verb::Message, Verb::Contact, Verb::Rating, Verb::Reopen, Verb::Withdraw];

    /// Is it a step of the desk?
    pub fn is_of_desk(self) -> bool {
        !matches!(self, Verb::Message | Verb::Contact | Verb::Rating | Verb::Withdraw)
    }
}

crate::domain::words! {
    /// How a case came to its first outcome.
    OutcomeKind { Answer = "answer", Referral = "referral", Refusal = "refusal", }
}

/// The first answer, referral or refusal that took effect, and the date it was due then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    pub kind: OutcomeKind,
    pub at: Moment,
    pub due_at: Option<Moment>,
}

impl Outcome {
    /// On time when not after the due date as it then stood; `None` where there was none.
    pub fn is_on_time(&self) -> Option<bool> {
        self.due_at.map(|due| self.at <= due)
    }
}

/// What waits for approval.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Pending {
    Answer { text: String, by: Option<UserId> },
    Extension { due_at: Moment, text: String, by: Option<UserId> },
}

impl Pending {
    /// Who wrote it.
    pub fn by(&self) -> Option<UserId> {
        match self {
            Pending::Answer { by, .. } | Pending::Extension { by, .. } => *by,
        }
    }

    /// What it is, in one word.
    pub fn word(&self) -> &'static str {
        match self {
            Pending::Answer { .. } => "answer",
            Pending::Extension { .. } => "extension",
        }
    }
}
