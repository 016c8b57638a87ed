//! What each reader may see of a case: decided here and nowhere else. Every page, answer and export
//! is made from these.

use serde::Serialize;

use super::agency::AgencyName;
use super::case::{Case, CaseId, Channel, Status, Verb};
use super::event::{Event, Recorded};
use super::file::{Decision, File};
use super::in_language;
use super::jurisdiction::Jurisdiction;
use super::place::Location;
use super::reporter::Reporter;
use super::scope::{Authority, Basis, Flag, Label, Neighbour, Reason, Scope};
use super::user::{Role, User};
use crate::clock::Moment;

mod citizen;
mod files;
mod nearest;
mod said;

pub use citizen::{CitizenEvent, CitizenView, citizen};
pub use files::AttachmentView;
pub use nearest::{Nearest, Suggested};
use nearest::{nearest, suggested};
pub use said::{AnswerView, MessageView, PendingView, RatingView};

use said::{answer, messages, originals, pending, rating};

/// A row of the desk's list.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Item {
    pub number: String,
    pub status: Status,
    pub scope: Scope,
    pub authority: Authority,
    pub category: Option<String>,
    /// 0 to 1; null where an officer decided.
    pub confidence: Option<f64>,
    pub flags: Vec<Flag>,
    pub agency: Option<AgencyName>,
    pub area: Option<String>,
    pub channel: Channel,
    pub received_at: Moment,
    pub due_at: Option<Moment>,
    pub overdue: bool,
    pub excerpt: String,
    pub restricted: bool,
    /// The answer took effect without a second pair of eyes.
    pub unreviewed: bool,
    #[serde(skip)]
    pub id: CaseId,
    /// Offset and length in scalars of `excerpt`.
    #[serde(skip)]
    pub highlights: Vec<(usize, usize)>,
}

/// The excerpt that goes with an item, made from the text as the reader may see it.
#[derive(Debug, Clone, Default)]
pub struct Shown {
    pub text: String,
    pub highlights: Vec<(usize, usize)>,
}

/// A case in the desk's list.
pub fn item(
    id: CaseId,
    case: &Case,
    shown: Shown,
    rules: &Jurisdiction,
    language: &str,
    now: Moment,
) -> Item {
    Item {
        number: case.number.clone(),
        status: case.status,
        scope: case.scope,
        authority: case.authority,
        category: case.category.clone(),
        confidence: confidence(case.confidence_permille),
        flags: case.flags.iter().copied().collect(),
        agency: agency_name(rules, case.agency, language),
        area: case.area.and_then(|a| rules.area(a)).map(|a| a.code.clone()),
        channel: case.channel,
        received_at: case.received_at,
        due_at: case.due_at(),
        overdue: case.is_overdue(now),
        excerpt: shown.text,
        restricted: case.restricted,
        unreviewed: case.unreviewed,
        id,
        highlights: shown.highlights,
    }
}

/// Thousandths as a probability.
pub fn confidence(permille: Option<i64>) -> Option<f64> {
    permille.and_then(|p| i32::try_from(p).ok()).map(|p| f64::from(p) / 1000.0)
}

/// An agency by code and name.
pub fn agency_name(rules: &Jurisdiction, id: Option<i64>, language: &str) -> Option<AgencyName> {
    let agency = rules.agency(id?)?;
    Some(AgencyName {
        code: agency.code.clone(),
        name: in_language(&agency.names, language).to_owned(),
    })
}

/// A decision with its grounds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DecisionView {
    pub basis: Basis,
    pub scope: Scope,
    pub authority: Authority,
    pub category: Option<String>,
    pub labels: Vec<Label>,
    pub confidence: Option<f64>,
    pub reasons: Vec<Reason>,
    pub neighbours: Vec<Neighbour>,
    pub model: Option<String>,
    pub decided_at: Moment,
    /// The officer's name.
    pub by: Option<String>,
    /// The likeliest side and category, also where the machine asks.
    pub likely_scope: Option<Scope>,
    pub likely_category: Option<String>,
    pub verdict: Option<String>,
}

/// The due date and where it comes from.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DeadlineView {
    pub due_at: Option<Moment>,
    pub clock: Option<String>,
    pub basis: Option<String>,
    pub sentence: Option<String>,
}

/// A due date of the ledger: closed, never overwritten.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LedgerLine {
    pub clock: String,
    pub due_at: Moment,
    /// The kind of the event that set it.
    pub cause: String,
    pub from_at: Moment,
    /// Null: it holds.
    pub until_at: Option<Moment>,
}

/// A line of the story.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EventView {
    pub at: Moment,
    pub kind: &'static str,
    /// A name, or what the actor is.
    pub by: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    pub public: bool,
    /// The agency that a routing names.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agency: Option<AgencyName>,
    /// The rule that chose it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
}

/// A mail of the case.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MailView {
    pub id: i64,
    pub to: String,
    pub kind: String,
    pub state: String,
    pub attempts: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
}

/// The whole case for the desk.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CaseView {
    #[serde(flatten)]
    pub item: Item,
    pub version: i64,
    #[serde(skip)]
    pub revision: i64,
    pub title: Option<String>,
    pub text: String,
    /// Texts as they were sent, where they came in an old encoding.
    pub originals: Vec<String>,
    pub language: String,
    /// Null where the role may not see it.
    pub reporter: Option<Reporter>,
    pub reporter_kind: super::reporter::ReporterKind,
    pub hide_identity: bool,
    pub consent_publish: bool,
    pub about: Option<AgencyName>,
    /// The case's name in the system that it came from.
    pub external_id: Option<String>,
    /// Who should answer, where nobody does yet.
    pub suggested: Option<Suggested>,
    pub decision: Option<DecisionView>,
    /// Every earlier one, the first first.
    pub decisions: Vec<DecisionView>,
    pub deadline: DeadlineView,
    /// Every due date that the case has had.
    pub deadlines: Vec<LedgerLine>,
    pub events: Vec<EventView>,
    pub mails: Vec<MailView>,
    pub attachments: Vec<AttachmentView>,
    /// Files that the role may not have, since they may say who wrote.
    pub attachments_kept_back: usize,
    pub related: Vec<String>,
    pub procedure: Option<String>,
    pub location: Option<Location>,
    pub assigned_to: Option<String>,
    pub messages: Vec<MessageView>,
    pub answer: Option<AnswerView>,
    pub rating: Option<RatingView>,
    /// What waits for approval.
    pub pending: Option<PendingView>,
    pub can: Vec<Verb>,
}

/// What a view needs beside the file: the rules, the language, and how to say a deadline and mask a
/// text.
pub struct Lens<'a> {
    pub rules: &'a Jurisdiction,
    pub language: &'a str,
    pub now: Moment,
    pub deadline_sentence: Option<String>,
    /// Masks identity and telephone numbers.
    pub mask: &'a dyn Fn(&str) -> String,
}

impl Lens<'_> {
    /// Whoever may not know who wrote reads depersonalised texts; the others work with what was
    /// written.
    fn text(&self, user: &User, case: &Case, text: &str) -> String {
        if user.reads_masked(case) { (self.mask)(text) } else { text.to_owned() }
    }
}

/// The case as `user` may see it; the caller has asked `User::may_see` before.
pub fn case(id: CaseId, file: &File, user: &User, lens: &Lens<'_>) -> CaseView {
    let case = &file.case;
    let shown_text = |text: &str| lens.text(user, case, text);
    let text = shown_text(file.text("case").unwrap_or(""));
    let shown = Shown { text: first_words(&text), highlights: Vec::new() };
    let mut decisions: Vec<DecisionView> =
        file.decisions.iter().map(|d| decision(d, file, user, lens)).collect();
    let present = decisions.pop();
    let (attachments, attachments_kept_back) = files::for_desk(file, user);
    let today = lens.now.date_naive();
    let clock = case.deadline.as_ref().and_then(|d| lens.rules.clock(&d.clock, today));
    CaseView {
        item: item(id, case, shown, lens.rules, lens.language, lens.now),
        version: case.version,
        revision: case.revision,
        title: file.text("title").map(shown_text),
        text,
        originals: originals(file, &shown_text),
        language: case.language.clone(),
        reporter: user.sees_identity(case).then(|| file.reporter.clone()),
        reporter_kind: case.reporter_kind,
        hide_identity: case.hide_identity,
        consent_publish: case.consent_publish,
        external_id: case.external_id.clone(),
        about: agency_name(lens.rules, case.about, lens.language),
        suggested: suggested(file, user, lens),
        decision: present,
        decisions,
        deadline: DeadlineView {
            due_at: case.due_at(),
            clock: case.deadline.as_ref().map(|d| d.clock.clone()),
            basis: clock.map(|c| c.basis.clone()),
            sentence: lens.deadline_sentence.clone(),
        },
        deadlines: file.deadlines.iter().map(ledger_line).collect(),
        events: file.events.iter().map(|e| event(e, file, user, lens)).collect(),
        mails: file.mails.iter().map(mail).collect(),
        attachments,
        attachments_kept_back,
        related: related(file, user, lens),
        procedure: case.procedure.clone(),
        location: location(file).filter(|_| user.role != Role::Oversight),
        assigned_to: case.assigned_to.and_then(|u| file.user_names.get(&u).cloned()),
        messages: messages(file, &shown_text),
        answer: answer(file, &shown_text),
        rating: rating(file, &shown_text),
        pending: pending(file, &shown_text),
        can: user.can(case, lens.rules),
    }
}

/// The sender's other cases that the reader may know of: who filed them is said by naming them.
fn related(file: &File, user: &User, lens: &Lens<'_>) -> Vec<String> {
    let may_know = |case: &&Case| {
        let is_hidden = case.hide_identity && !matches!(user.role, Role::Triage | Role::Admin);
        !is_hidden && !case.restricted && user.may_see(case, lens.rules)
    };
    // Of a sender who is not to be known, no other case is told.
    if !user.sees_identity(&file.case) {
        return Vec::new();
    }
    file.related.iter().filter(may_know).map(|case| case.number.clone()).collect()
}

/// At most this many scalars stand in a list without a search.
const EXCERPT_SCALARS: usize = 160;

fn first_words(text: &str) -> String {
    let mut out: String = text.chars().take(EXCERPT_SCALARS).collect();
    if text.chars().nth(EXCERPT_SCALARS).is_some() {
        out.push('…');
    }
    out.replace(['\n', '\r'], " ")
}

fn decision(decision: &Decision, file: &File, user: &User, lens: &Lens<'_>) -> DecisionView {
    let grounds = &decision.grounds;
    let nearest = nearest(file, user, lens);
    let mut reasons = nearest.reasons(&grounds.reasons);
    if user.reads_masked(&file.case) {
        nearest.depersonalise(&mut reasons, file.text("case").unwrap_or(""));
    }
    let is_last = file.decisions.last() == Some(decision);
    DecisionView {
        basis: decision.basis,
        scope: decision.scope,
        authority: decision.authority,
        category: decision.category.clone(),
        labels: if is_last { file.case.labels.clone() } else { Vec::new() },
        confidence: confidence(decision.confidence_permille),
        reasons,
        neighbours: nearest.neighbours(&grounds.neighbours),
        model: decision.model.clone(),
        decided_at: decision.decided_at,
        by: decision.user.and_then(|u| file.user_names.get(&u).cloned()),
        likely_scope: grounds.likely.as_ref().map(|(scope, _)| *scope),
        likely_category: grounds.likely.as_ref().and_then(|(_, category)| category.clone()),
        verdict: decision.verdict.clone(),
    }
}

fn event(recorded: &Recorded, file: &File, user: &User, lens: &Lens<'_>) -> EventView {
    let by = recorded.actor.id.and_then(|id| file.user_names.get(&id).cloned());
    let text = recorded.event.text_hash().and_then(|h| file.text_by_hash(h));
    let (agency, rule) = match &recorded.event {
        Event::Routed { agency, rule, .. } => {
            (agency_name(lens.rules, Some(*agency), lens.language), Some(rule.clone()))
        }
        _ => (None, None),
    };
    EventView {
        at: recorded.occurred_at,
        kind: recorded.event.kind(),
        by: by.unwrap_or_else(|| recorded.actor.kind.to_string()),
        text: text.map(|t| lens.text(user, &file.case, &t.body)),
        public: recorded.event.is_public(),
        agency,
        rule,
    }
}

fn ledger_line(kept: &super::file::KeptDeadline) -> LedgerLine {
    LedgerLine {
        clock: kept.clock.clone(),
        due_at: kept.due_at,
        cause: kept.cause.clone(),
        from_at: kept.from_at,
        until_at: kept.until_at,
    }
}

fn mail(mail: &super::file::KeptMail) -> MailView {
    MailView {
        id: mail.id,
        to: mail.to.clone(),
        kind: mail.kind.clone(),
        state: mail.state.clone(),
        attempts: mail.attempts,
        last_error: mail.last_error.clone(),
    }
}

fn location(file: &File) -> Option<Location> {
    let (latitude, longitude) = file.text("location")?.split_once(',')?;
    Some(Location { latitude: latitude.parse().ok()?, longitude: longitude.parse().ok()? })
}
