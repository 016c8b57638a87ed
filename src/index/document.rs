//! A case as the index sees it: words without personal data, and the fields that are filtered by.

use chrono::{Datelike, NaiveDate};
use tantivy::TantivyDocument;
use tantivy::tokenizer::{PreTokenizedString, Token as IndexToken};

use super::schema::Fields;
use crate::clock::Moment;
use crate::text::folded;
use crate::text::personal::PersonalPatterns;
use crate::text::tokens::{Token, tokens};
use crate::text::typing::retyped;

/// Everything that the index is told of a case.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseDocument {
    pub case_id: i64,
    pub number: String,
    /// Title, text, messages, answers; masked before they are indexed.
    pub texts: Vec<String>,
    pub status: String,
    pub scope: String,
    pub authority: String,
    pub category: Option<String>,
    pub labels: Vec<String>,
    pub flags: Vec<String>,
    pub agency: Option<i64>,
    /// The agency and all above it.
    pub agency_path: Vec<i64>,
    pub area: Option<i64>,
    pub channel: String,
    pub assigned_to: Option<i64>,
    pub queues: Vec<String>,
    pub received_at: Moment,
    pub received_day: NaiveDate,
    pub due_at: Option<Moment>,
    /// Its sender is asked: until then nothing is due.
    pub is_paused: bool,
    pub is_open: bool,
    pub restricted: bool,
    pub readers: Vec<i64>,
}

/// The low bits of a sort key hold the case's id, so that no two cases share a key.
pub(super) const KEY_ID_BITS: u32 = 24;

/// A unique key that sorts by time: seconds, then id.
pub(super) fn sort_key(at: Option<Moment>, case_id: i64) -> u64 {
    // A missing date sorts after all others: 2^39 seconds are the year 19391.
    let seconds = at.map_or(1 << 39, |at| u64::try_from(at.timestamp()).unwrap_or(0));
    let id = u64::try_from(case_id).unwrap_or(0) & ((1 << KEY_ID_BITS) - 1);
    (seconds << KEY_ID_BITS) | id
}

/// Ids are never negative.
pub(super) fn id(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// A part of a number that is looked for has at least so many characters.
const NUMBER_PART_MIN: usize = 3;

/// A number from each of its characters to its end, as written and without its hyphens: whatever
/// part of it somebody quotes is the beginning of one of these.
pub(super) fn number_tails(number: &str) -> Vec<String> {
    let number = number.to_uppercase();
    let mut out = Vec::new();
    for form in [number.clone(), number.replace('-', "")] {
        let starts = form.char_indices().filter(|(_, c)| *c != '-');
        let tails = starts.filter_map(|(start, _)| form.get(start..));
        out.extend(tails.filter(|tail| tail.len() >= NUMBER_PART_MIN).map(str::to_owned));
    }
    out.sort_unstable();
    out.dedup();
    out
}

/// The document; each text is analysed once.
pub(super) fn document(
    fields: &Fields,
    case: &CaseDocument,
    patterns: &PersonalPatterns,
    retypes: bool,
) -> TantivyDocument {
    let mut out = TantivyDocument::default();
    out.add_u64(fields.id, id(case.case_id));
    for part in number_tails(&case.number) {
        out.add_text(fields.number, part);
    }
    for text in &case.texts {
        let masked = patterns.mask(text);
        add_words(&mut out, fields, &masked, retypes);
    }
    out.add_text(fields.status, &case.status);
    out.add_text(fields.scope, &case.scope);
    out.add_text(fields.authority, &case.authority);
    out.add_text(fields.channel, &case.channel);
    if let Some(category) = &case.category {
        out.add_text(fields.category, category);
    }
    for flag in &case.flags {
        out.add_text(fields.flag, flag);
    }
    for queue in &case.queues {
        out.add_text(fields.queue, queue);
    }
    if let Some(agency) = case.agency {
        out.add_text(fields.agency, agency.to_string());
    }
    if let Some(area) = case.area {
        out.add_text(fields.area, area.to_string());
    }
    if let Some(user) = case.assigned_to {
        out.add_text(fields.assigned, user.to_string());
    }
    for reader in &case.readers {
        out.add_text(fields.reader, reader.to_string());
    }
    out.add_text(fields.restricted, if case.restricted { "yes" } else { "no" });
    out.add_text(fields.open, if case.is_open { "yes" } else { "no" });
    out.add_i64(fields.received_day, i64::from(case.received_day.num_days_from_ce()));
    let due = case.due_at.filter(|_| !case.is_paused);
    out.add_i64(fields.due_seconds, due.map_or(i64::MAX, |due| due.timestamp()));
    out.add_u64(fields.received_key, sort_key(Some(case.received_at), case.case_id));
    out.add_u64(fields.due_key, sort_key(case.due_at, case.case_id));
    out
}

/// `retypes`: a word that is the keys of a syllable stands there as that syllable too.
fn add_words(out: &mut TantivyDocument, fields: &Fields, text: &str, retypes: bool) {
    let tokens = tokens(text);
    let meant = |token: &Token| retyped(&token.marked).filter(|_| retypes);
    let of = |word: &dyn Fn(&Token) -> String, form: &dyn Fn(&str) -> String| {
        let tokens = tokens.iter().zip(0_usize..).flat_map(|(token, position)| {
            let also = meant(token).map(|meant| form(&meant));
            [word(token)].into_iter().chain(also).map(move |text| IndexToken {
                offset_from: 0,
                offset_to: 0,
                position,
                text,
                position_length: 1,
            })
        });
        PreTokenizedString { text: String::new(), tokens: tokens.collect() }
    };
    out.add_pre_tokenized_text(fields.marked, of(&|t| t.marked.clone(), &str::to_owned));
    out.add_pre_tokenized_text(fields.folded, of(&|t| t.folded.clone(), &folded));
    let pairs = tokens.iter().zip(tokens.iter().skip(1)).zip(0_usize..);
    let pairs = pairs.map(|((left, right), position)| IndexToken {
        offset_from: 0,
        offset_to: 0,
        position,
        text: pair(&left.folded, &right.folded),
        position_length: 1,
    });
    let pairs = PreTokenizedString { text: String::new(), tokens: pairs.collect() };
    out.add_pre_tokenized_text(fields.pairs, pairs);
}

/// Two folded syllables that stand side by side.
pub(super) fn pair(left: &str, right: &str) -> String {
    format!("{left}_{right}")
}
