//! What the index holds of each case, read back from the words that searches look up, and whether
//! it is what the case should be found by. Nothing is written; nothing is mended here.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{DefaultHasher, Hasher};

use tantivy::postings::Postings;
use tantivy::schema::{Field, IndexRecordOption, Value};
use tantivy::tokenizer::MAX_TOKEN_LEN;
use tantivy::{DocSet, SegmentReader, TERMINATED, TantivyDocument, Term};

use super::document::{CaseDocument, document};
use super::schema::{COMPARED, Fields};
use super::{Index, IndexError};

/// For each field the sum of its words' hashes, each as often as it occurs: two documents with the
/// same sums are found by the same words, and a sum takes eight bytes however long the text is.
type Sums = [u64; COMPARED];

/// What the index holds of one case.
struct Held {
    sums: Sums,
    number: String,
    copies: u32,
}

/// The whole index, as of one commit.
pub struct Audit {
    /// The change up to which the index says that it is up to date.
    pub mark: i64,
    held: HashMap<i64, Held>,
}

impl Index {
    /// Files whose content is not what was written into them.
    pub fn damaged_files(&self) -> Result<Vec<String>, IndexError> {
        let damaged = self.inner.validate_checksum()?;
        let mut names: Vec<String> = damaged.iter().map(|p| p.display().to_string()).collect();
        names.sort();
        Ok(names)
    }

    /// Reads all that the index holds, as of one commit.
    pub fn audit(&self) -> Result<Audit, IndexError> {
        let mark = self.reload_at_one_mark()?;
        let mut held = HashMap::new();
        for segment in self.reader.searcher().segment_readers() {
            read_segment(segment, &self.fields, &mut held)?;
        }
        Ok(Audit { mark, held })
    }

    /// A service may commit beside us: the reader and the mark must be of the same commit.
    fn reload_at_one_mark(&self) -> Result<i64, IndexError> {
        loop {
            let before = self.payload()?.map_or(0, |mark| mark.mark);
            self.reader.reload()?;
            if self.payload()?.map_or(0, |mark| mark.mark) == before {
                return Ok(before);
            }
        }
    }
}

impl Audit {
    /// How many cases the index holds that were not yet asked for.
    pub fn left(&self) -> usize {
        self.held.len()
    }

    /// How the index differs from what it should hold of a case; the case is then done with.
    pub fn differs(&mut self, index: &Index, case: &CaseDocument) -> Option<String> {
        let Some(held) = self.held.remove(&case.case_id) else {
            return Some("it is missing from the index".into());
        };
        if held.copies > 1 {
            return Some(format!("the index holds it {} times", held.copies));
        }
        let should =
            sums_of(&index.fields, &document(&index.fields, case, &index.patterns, index.retypes));
        let named = index.fields.compared().into_iter().zip(should.iter().zip(&held.sums));
        let mut wrong: Vec<&str> =
            named.filter(|(_, (should, is))| should != is).map(|((name, _), _)| name).collect();
        wrong.dedup();
        (!wrong.is_empty()).then(|| format!("the index has another {}", wrong.join(", ")))
    }

    /// The case has changed since the mark: what the index holds of it is old, and no fault.
    pub fn pass(&mut self, case: i64) {
        self.held.remove(&case);
    }

    /// The cases that nobody has asked for, by id, with their numbers.
    pub fn rest(self) -> Vec<(i64, String)> {
        let mut rest: Vec<_> = self.held.into_iter().map(|(id, held)| (id, held.number)).collect();
        rest.sort();
        rest
    }
}

fn read_segment(
    segment: &SegmentReader,
    fields: &Fields,
    into: &mut HashMap<i64, Held>,
) -> Result<(), IndexError> {
    let count = usize::try_from(segment.max_doc()).unwrap_or(0);
    let mut all: Vec<Sums> = vec![[0; COMPARED]; count];
    let mut numbers: Vec<String> = vec![String::new(); count];
    for ((_, field), place) in fields.compared().into_iter().zip(0..) {
        each_word(segment, field, |doc, word, times| {
            if let Some(sum) = all.get_mut(doc).and_then(|sums| sums.get_mut(place)) {
                *sum = sum.wrapping_add(hash(word).wrapping_mul(times));
            }
            // Of a number's parts the longest is the number itself.
            if field == fields.number
                && let Some(number) = numbers.get_mut(doc)
                && number.len() < word.len()
            {
                *number = String::from_utf8_lossy(word).into_owned();
            }
        })?;
    }
    let ids = segment.fast_fields().u64("id")?;
    for ((sums, number), doc) in all.into_iter().zip(numbers).zip(0_u32..) {
        if segment.is_deleted(doc) {
            continue;
        }
        let id = i64::try_from(ids.first(doc).unwrap_or(0)).unwrap_or(0);
        match into.entry(id) {
            Entry::Occupied(mut there) => there.get_mut().copies += 1,
            Entry::Vacant(free) => {
                free.insert(Held { sums, number, copies: 1 });
            }
        }
    }
    Ok(())
}

/// Every word of a field with every document that holds it, and how often.
fn each_word(
    segment: &SegmentReader,
    field: Field,
    mut tell: impl FnMut(usize, &[u8], u64),
) -> Result<(), IndexError> {
    let failed = |e: std::io::Error| tantivy::TantivyError::from(e);
    let words = segment.inverted_index(field)?;
    let mut stream = words.terms().stream().map_err(failed)?;
    while stream.advance() {
        let with = IndexRecordOption::WithFreqs;
        let mut found = words.read_postings_from_terminfo(stream.value(), with).map_err(failed)?;
        while found.doc() != TERMINATED {
            let doc = usize::try_from(found.doc()).unwrap_or(usize::MAX);
            tell(doc, stream.key(), u64::from(found.term_freq()));
            found.advance();
        }
    }
    Ok(())
}

/// The sums that a document will have once it is in the index.
fn sums_of(fields: &Fields, document: &TantivyDocument) -> Sums {
    let mut sums: Sums = [0; COMPARED];
    for (field, value) in document.field_values() {
        let place = fields.compared().iter().position(|(_, compared)| *compared == field);
        let Some(sum) = place.and_then(|place| sums.get_mut(place)) else { continue };
        let mut add = |word: &[u8]| {
            // Longer words are left out of an index.
            if word.len() <= MAX_TOKEN_LEN {
                *sum = sum.wrapping_add(hash(word));
            }
        };
        if let Some(text) = value.as_pre_tokenized_text() {
            text.tokens.iter().for_each(|token| add(token.text.as_bytes()));
        } else if let Some(word) = value.as_str() {
            add(word.as_bytes());
        } else if let Some(number) = value.as_u64() {
            add(Term::from_field_u64(field, number).serialized_value_bytes());
        } else if let Some(number) = value.as_i64() {
            add(Term::from_field_i64(field, number).serialized_value_bytes());
        }
    }
    sums
}

fn hash(word: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(word);
    hasher.finish()
}
