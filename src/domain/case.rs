//! A case and the steps it may take: `apply` is the only way it changes. Pure: times and dates come
//! with the event.

use std::collections::BTreeSet;

use super::agency::AgencyId;
use super::error::Refusal;
use super::event::{Actor, ActorKind, Deadline, Decided, Event, Received};
use super::place::AreaId;
use super::reporter::ReporterKind;
use super::scope::{Authority, Basis, Flag, Label, Scope};
use super::user::UserId;
use crate::clock::Moment;

mod fold;
mod words;

pub use fold::fold;
pub use words::{Channel, Outcome, OutcomeKind, Pending, Status, Verb};

/// The row's id.
pub type CaseId = i64;

/// A case as it stands after its events.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// Counts every event.
    pub version: i64,
    /// Counts the events of citizens, officers and agencies.
    pub revision: i64,
    pub number: String,
    pub channel: Channel,
    pub external_id: Option<String>,
    pub language: String,
    pub reporter_kind: ReporterKind,
    pub anonymous: bool,
    pub hide_identity: bool,
    pub consent_publish: bool,
    pub status: Status,
    pub scope: Scope,
    pub authority: Authority,
    pub basis: Basis,
    pub category: Option<String>,
    pub labels: Vec<Label>,
    pub confidence_permille: Option<i64>,
    /// The office that the case is about.
    pub about: Option<AgencyId>,
    /// The agency that answers.
    pub agency: Option<AgencyId>,
    pub assigned_to: Option<UserId>,
    pub area: Option<AreaId>,
    pub procedure: Option<String>,
    pub flags: BTreeSet<Flag>,
    pub restricted: bool,
    pub readers: Vec<UserId>,
    pub received_at: Moment,
    pub deadline: Option<Deadline>,
    /// The clock stands since then: the citizen was asked.
    pub paused_at: Option<Moment>,
    pub first_outcome: Option<Outcome>,
    pub rating: Option<(i64, Moment)>,
    pub reopened_count: i64,
    /// An officer must decide.
    pub needs_decision: bool,
    /// An agency handed it back, or its answer was sent back to it.
    pub returned: bool,
    /// The citizen wrote and nobody has acted since.
    pub citizen_wrote: bool,
    /// The answer took effect without a second pair of eyes.
    pub unreviewed: bool,
    pub pending: Option<Pending>,
}

impl Case {
    /// The case that its first event makes.
    pub fn from_received(event: &Received, actor: Actor) -> Case {
        Case {
            version: 1,
            revision: i64::from(actor.is_person()),
            number: event.number.clone(),
            channel: event.channel,
            external_id: event.external_id.clone(),
            language: event.language.clone(),
            reporter_kind: event.reporter_kind,
            anonymous: event.anonymous,
            hide_identity: event.hide_identity,
            consent_publish: event.consent_publish,
            status: Status::Received,
            scope: Scope::Ask,
            authority: Authority::Unknown,
            basis: Basis::Machine,
            category: None,
            labels: Vec::new(),
            confidence_permille: None,
            about: event.about,
            agency: None,
            assigned_to: None,
            area: event.area,
            procedure: event.procedure.clone(),
            flags: event.flags.clone(),
            restricted: false,
            readers: Vec::new(),
            received_at: event.received_at,
            deadline: None,
            paused_at: None,
            first_outcome: None,
            rating: None,
            reopened_count: 0,
            needs_decision: true,
            returned: false,
            citizen_wrote: false,
            unreviewed: false,
            pending: None,
        }
    }

    /// Suspected to be a denunciation and not yet looked at: nothing of it goes anywhere before an
    /// officer decides.
    pub fn is_held(&self) -> bool {
        self.flags.contains(&Flag::DenunciationSuspected) && self.basis != Basis::Officer
    }

    /// Is the due date past, with somebody of the city still to act? Nobody is late while the
    /// citizen is asked.
    pub fn is_overdue(&self, now: Moment) -> bool {
        let runs = self.status.is_open() && self.paused_at.is_none();
        runs && self.due_at().is_some_and(|due| due < now)
    }

    /// The end of the day on which the outcome is due.
    pub fn due_at(&self) -> Option<Moment> {
        self.deadline.as_ref().map(|d| d.due_at)
    }

    /// Does the case allow the step where it stands?
    pub fn allows(&self, verb: Verb) -> bool {
        use Status::*;
        let status = self.status;
        let with_agency = matches!(status, Forwarded | InProgress | NeedsInfo);
        match verb {
            Verb::Decide => status != Withdrawn,
            Verb::Route => !self.is_held() && (status == Received || with_agency),
            Verb::Accept => status == Forwarded,
            Verb::Return => with_agency && self.agency.is_some(),
            Verb::Ask => matches!(status, Received | Forwarded | InProgress),
            Verb::Answer => status == Received || with_agency,
            Verb::Refer | Verb::Refuse => status == Received || with_agency,
            Verb::Approve => self.pending.is_some(),
            // An answer, or a request for more time.
            Verb::ReturnAnswer => status == AnswerReview || self.pending.is_some(),
            Verb::Extend => {
                self.pending.is_none()
                    && self.deadline.is_some()
                    && matches!(status, Received | Forwarded | InProgress)
            }
            Verb::Note | Verb::Assign | Verb::Restrict | Verb::Resend => true,
            // Of who wrote without a name nothing is kept, and nothing taken.
            Verb::Contact => !self.anonymous,
            Verb::Close => matches!(status, Answered | Referred | Refused),
            Verb::Reopen => matches!(status, Answered | Closed | Referred | Refused),
            Verb::Rating => matches!(status, Answered | Closed | Referred | Refused),
            Verb::Message => status.is_open() || status == Answered,
            Verb::Withdraw => status.is_open(),
        }
    }

    /// What follows from where the case stands.
    pub fn can(&self) -> Vec<Verb> {
        Verb::ALL.iter().copied().filter(|v| self.allows(*v)).collect()
    }

    /// The case after the event. Errors: `IllegalStep` where the case does not allow it.
    pub fn apply(&self, event: &Event, actor: Actor, at: Moment) -> Result<Case, Refusal> {
        if let Some(verb) = event.verb()
            && !self.may_follow(event, verb, actor)
        {
            return Err(Refusal::IllegalStep { verb, can: self.can() });
        }
        let mut next = self.clone();
        next.version += 1;
        next.revision += i64::from(actor.is_person());
        if matches!(actor.kind, ActorKind::Officer | ActorKind::Agency) {
            next.citizen_wrote = false;
        }
        next.change(event, actor, at);
        Ok(next)
    }

    /// History from a file and the machine's first decision are not bound to the order of the desk.
    fn may_follow(&self, event: &Event, verb: Verb, actor: Actor) -> bool {
        match event {
            Event::ExtensionApproved { .. } => {
                matches!(self.pending, Some(Pending::Extension { .. }))
            }
            Event::AnswerApproved { .. } => self.status == Status::AnswerReview,
            _ if actor.kind == ActorKind::Import => true,
            _ => self.allows(verb),
        }
    }

    fn change(&mut self, event: &Event, actor: Actor, at: Moment) {
        match event {
            Event::Received(_) | Event::Noted { .. } | Event::Resent { .. } => {}
            Event::Decided(decided) => self.decide(decided),
            Event::Routed { agency, .. } => self.routed(*agency, actor),
            Event::Accepted {} => self.status = Status::InProgress,
            Event::Returned { .. } => self.handed_back(),
            Event::TakenBack { to_triage } => self.taken_back(*to_triage),
            Event::Asked { .. } => {
                self.status = Status::NeedsInfo;
                self.paused_at = Some(at);
            }
            Event::Resumed { deadline, extension } => self.resumed(deadline.as_ref(), *extension),
            Event::CitizenWrote { .. } => {
                self.citizen_wrote = true;
                self.resumed(None, None);
            }
            Event::ContactChanged { hide_identity, flags } => {
                self.hide_identity = hide_identity.unwrap_or(self.hide_identity);
                self.flags = flags.clone();
            }
            Event::Answered { text, takes_effect, unreviewed } => {
                self.answered(text, *takes_effect, *unreviewed, actor, at);
            }
            Event::AnswerApproved { .. } => self.settle(OutcomeKind::Answer, Status::Answered, at),
            Event::AnswerReturned { .. } => self.sent_back(),
            Event::ExtensionAsked { due_at, text, takes_effect } => match takes_effect {
                true => self.extend_to(*due_at),
                false => {
                    self.returned = false;
                    let (due_at, text) = (*due_at, text.clone());
                    self.pending = Some(Pending::Extension { due_at, text, by: actor.id });
                }
            },
            Event::ExtensionApproved { due_at, .. } => self.extend_to(*due_at),
            Event::Referred { .. } => self.settle(OutcomeKind::Referral, Status::Referred, at),
            Event::Refused { .. } => self.settle(OutcomeKind::Refusal, Status::Refused, at),
            Event::Assigned { user } => self.assigned_to = *user,
            Event::Restricted { restricted, readers, .. } => {
                // Its agency can work on it no more: somebody with the right has to.
                self.needs_decision |= *restricted && self.status.is_open();
                self.restricted = *restricted;
                self.readers = readers.clone();
            }
            Event::Closed {} => self.status = Status::Closed,
            Event::Reopened { deadline, .. } => self.reopen(deadline.as_ref(), actor),
            Event::Withdrawn { .. } => self.end(Status::Withdrawn),
            Event::Rated { score, .. } => self.rating = Some((*score, at)),
            Event::Stood { status } if status.is_open() => self.status = *status,
            Event::Stood { status } => self.end(*status),
        }
    }

    fn decide(&mut self, decided: &Decided) {
        self.basis = decided.basis;
        self.scope = decided.scope;
        self.authority = decided.authority;
        self.category = decided.category.clone();
        self.labels = decided.labels.clone();
        self.flags = decided.flags.clone();
        self.confidence_permille = decided.confidence_permille;
        self.needs_decision = decided.needs_decision && self.status.is_open();
        self.restricted |= decided.restricts;
        if self.status.is_open() && self.deadline != decided.deadline {
            self.deadline = decided.deadline.clone();
            // More time was asked for on a clock that no longer runs.
            self.pending.take_if(|p| matches!(p, Pending::Extension { .. }));
        }
    }

    fn routed(&mut self, agency: AgencyId, actor: Actor) {
        self.agency = Some(agency);
        self.status = Status::Forwarded;
        // What the machine forwards may be looked at beside its way.
        self.needs_decision &= actor.kind == ActorKind::Machine;
        self.returned = false;
        self.paused_at = None;
        self.assigned_to = None;
        // What another agency asked for is not this one's.
        self.pending = None;
    }

    fn handed_back(&mut self) {
        self.status = Status::Received;
        self.agency = None;
        self.assigned_to = None;
        self.returned = true;
        self.needs_decision = true;
        self.pending = None;
        self.paused_at = None;
    }

    fn sent_back(&mut self) {
        if self.status == Status::AnswerReview {
            self.status = Status::InProgress;
        }
        self.returned = true;
        self.pending = None;
    }

    fn taken_back(&mut self, to_triage: bool) {
        if self.status.is_open() {
            self.handed_back();
            self.returned = false;
            self.needs_decision = to_triage;
        }
        self.agency = None;
        self.assigned_to = None;
    }

    fn resumed(&mut self, deadline: Option<&Deadline>, extension: Option<Moment>) {
        if let (Some(Pending::Extension { due_at, .. }), Some(moved)) =
            (&mut self.pending, extension)
        {
            *due_at = moved;
        }
        if self.status == Status::NeedsInfo {
            self.status = self.status_of_work();
            self.paused_at = None;
            self.deadline = deadline.cloned().or(self.deadline.take());
        }
    }

    fn status_of_work(&self) -> Status {
        if self.agency.is_some() { Status::InProgress } else { Status::Received }
    }

    fn answered(
        &mut self,
        text: &str,
        takes_effect: bool,
        unreviewed: bool,
        actor: Actor,
        at: Moment,
    ) {
        if takes_effect {
            self.unreviewed = unreviewed;
            return self.settle(OutcomeKind::Answer, Status::Answered, at);
        }
        self.status = Status::AnswerReview;
        self.returned = false;
        self.paused_at = None;
        self.pending = Some(Pending::Answer { text: text.to_owned(), by: actor.id });
    }

    fn extend_to(&mut self, due_at: Moment) {
        self.pending = None;
        if let Some(deadline) = &mut self.deadline {
            deadline.due_at = due_at;
        }
    }

    fn settle(&mut self, kind: OutcomeKind, status: Status, at: Moment) {
        if self.first_outcome.is_none() {
            self.first_outcome = Some(Outcome { kind, at, due_at: self.due_at() });
        }
        self.end(status);
    }

    fn end(&mut self, status: Status) {
        self.status = status;
        self.needs_decision = false;
        self.returned = false;
        self.citizen_wrote = false;
        self.pending = None;
        self.paused_at = None;
    }

    fn reopen(&mut self, deadline: Option<&Deadline>, actor: Actor) {
        self.status = self.status_of_work();
        self.reopened_count += 1;
        self.deadline = deadline.cloned();
        self.needs_decision = self.agency.is_none();
        self.citizen_wrote = actor.kind == ActorKind::Citizen;
        self.unreviewed = false;
    }
}
