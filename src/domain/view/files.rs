//! Which files of a case a reader may have: those of the citizen and those of the desk differ, and
//! a file cannot be masked.

use serde::Serialize;

use crate::clock::Moment;
use crate::domain::attachment::{KeptFile, MediaType};
use crate::domain::event::{ActorKind, Event};
use crate::domain::file::File;
use crate::domain::user::{Role, User};

/// A file of the case; its bytes are another answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AttachmentView {
    pub id: i64,
    pub name: String,
    #[serde(rename = "type")]
    pub media_type: MediaType,
    /// In bytes.
    pub size: i64,
    /// `citizen` or `agency`.
    pub from: &'static str,
    pub at: Moment,
    /// There is a small picture of it.
    pub preview: bool,
    #[serde(skip)]
    pub kept: [u8; 16],
}

fn view(kept: &KeptFile) -> AttachmentView {
    AttachmentView {
        id: kept.id,
        name: kept.name.clone(),
        media_type: kept.media_type,
        size: kept.size_bytes,
        from: if is_of_citizen(kept) { "citizen" } else { "agency" },
        at: kept.added_at,
        preview: kept.has_preview,
        kept: kept.uid,
    }
}

fn is_of_citizen(kept: &KeptFile) -> bool {
    matches!(kept.author, ActorKind::Citizen | ActorKind::Import)
}

/// What the citizen sees: the own files, and those that came with what the city said to the
/// citizen. An answer's when it has taken effect.
pub(super) fn for_citizen(file: &File) -> Vec<AttachmentView> {
    let shown = file.attachments.iter().filter(|kept| is_told(file, kept));
    shown.map(view).collect()
}

fn is_told(file: &File, kept: &KeptFile) -> bool {
    let came_with = file.events.iter().find(|recorded| recorded.version == kept.version);
    let Some(came_with) = came_with else { return is_of_citizen(kept) };
    if is_of_citizen(kept) || came_with.event.is_public() {
        return true;
    }
    let Event::Answered { text, takes_effect: false, .. } = &came_with.event else { return false };
    let later = file.events.iter().filter(|recorded| recorded.version > kept.version);
    let approved = |event: &Event| matches!(event, Event::AnswerApproved { text: t } if t == text);
    let mut first = later.filter(|recorded| {
        let is_other =
            matches!(recorded.event, Event::Answered { .. } | Event::AnswerReturned { .. });
        is_other || approved(&recorded.event)
    });
    // An answer that was sent back may have been written again in the same words.
    first.next().is_some_and(|recorded| approved(&recorded.event))
}

/// What a user of the desk sees, and how many of the citizen's files are kept back: where who wrote
/// is not to be known, a photograph or a form may say it.
pub(super) fn for_desk(file: &File, user: &User) -> (Vec<AttachmentView>, usize) {
    let is_masked = user.reads_masked(&file.case);
    let may_have =
        |kept: &&KeptFile| !is_masked || (user.role != Role::Oversight && !is_of_citizen(kept));
    let shown: Vec<AttachmentView> = file.attachments.iter().filter(may_have).map(view).collect();
    let kept_back = file.attachments.len() - shown.len();
    (shown, kept_back)
}
