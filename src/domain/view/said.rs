//! What was said in a case: messages, the answer that took effect, what waits for approval, the
//! rating.

use serde::Serialize;

use super::super::case::Pending;
use super::super::event::Event;
use super::super::file::File;
use crate::clock::Moment;

/// Something said between citizen and agency.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MessageView {
    pub at: Moment,
    /// `citizen` or `agency`.
    pub from: &'static str,
    pub text: String,
}

/// The answer that took effect.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AnswerView {
    pub text: String,
    pub at: Moment,
}

/// The citizen's rating.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RatingView {
    pub score: i64,
    pub at: Moment,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// An answer or an extension that waits for another pair of eyes.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PendingView {
    /// `answer` or `extension`.
    pub what: &'static str,
    /// The answer, or why more time is asked for.
    pub text: String,
    /// The officer's name.
    pub by: Option<String>,
    pub at: Option<Moment>,
    /// The due date that is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Moment>,
}

pub(super) type Shown<'a> = &'a dyn Fn(&str) -> String;

pub(super) fn messages(file: &File, shown: Shown<'_>) -> Vec<MessageView> {
    let mut out = Vec::new();
    for recorded in &file.events {
        let from = match recorded.event {
            Event::CitizenWrote { .. } => "citizen",
            Event::Asked { .. } => "agency",
            _ => continue,
        };
        let text = recorded.event.text_hash().and_then(|h| file.text_by_hash(h));
        if let Some(text) = text {
            out.push(MessageView { at: recorded.occurred_at, from, text: shown(&text.body) });
        }
    }
    out
}

pub(super) fn originals(file: &File, shown: Shown<'_>) -> Vec<String> {
    file.texts.iter().filter(|t| t.kind == "original").map(|t| shown(&t.body)).collect()
}

/// The latest answer, referral or refusal that took effect, with its text.
pub(super) fn answer(file: &File, shown: Shown<'_>) -> Option<AnswerView> {
    let took_effect = |event: &Event| match event {
        Event::Answered { takes_effect, .. } => *takes_effect,
        Event::AnswerApproved { .. } | Event::Referred { .. } | Event::Refused { .. } => true,
        _ => false,
    };
    let last = file.events.iter().rev().find(|e| took_effect(&e.event))?;
    let text = last.event.text_hash().and_then(|h| file.text_by_hash(h));
    Some(AnswerView {
        text: text.map(|t| shown(&t.body)).unwrap_or_default(),
        at: last.occurred_at,
    })
}

/// The latest rating.
pub(super) fn rating(file: &File, shown: Shown<'_>) -> Option<RatingView> {
    let (score, at) = file.case.rating?;
    let last = file.events.iter().rev().find(|e| matches!(e.event, Event::Rated { .. }));
    let text = last.and_then(|e| e.event.text_hash()).and_then(|h| file.text_by_hash(h));
    Some(RatingView { score, at, text: text.map(|t| shown(&t.body)) })
}

/// What waits for approval, with its text.
pub(super) fn pending(file: &File, shown: Shown<'_>) -> Option<PendingView> {
    let pending = file.case.pending.as_ref()?;
    let (text, by, due_at) = match pending {
        Pending::Answer { text, by } => (text, by, None),
        Pending::Extension { due_at, text, by } => (text, by, Some(*due_at)),
    };
    let asked = file.events.iter().rev().find(|e| e.event.text_hash() == Some(text));
    Some(PendingView {
        what: pending.word(),
        text: file.text_by_hash(text).map(|t| shown(&t.body)).unwrap_or_default(),
        by: by.and_then(|id| file.user_names.get(&id).cloned()),
        at: asked.map(|e| e.occurred_at),
        due_at,
    })
}
