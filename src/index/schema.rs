//! The fields of the desk's index, and the fingerprint that names its directory.

use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STRING, Schema, TextFieldIndexing, TextOptions,
};

use crate::seal::fingerprint;

/// Changes whenever documents are made in another way: analysis, masking, keys.
const RECIPE: u32 = 5;

/// The fields by name.
#[derive(Debug, Clone)]
pub(super) struct Fields {
    pub id: Field,
    pub number: Field,
    pub marked: Field,
    pub folded: Field,
    pub pairs: Field,
    pub status: Field,
    pub scope: Field,
    pub authority: Field,
    pub category: Field,
    pub flag: Field,
    pub agency: Field,
    pub area: Field,
    pub channel: Field,
    pub assigned: Field,
    pub queue: Field,
    pub restricted: Field,
    pub reader: Field,
    pub open: Field,
    pub received_day: Field,
    pub due_seconds: Field,
    pub received_key: Field,
    pub due_key: Field,
}

/// How many fields `compared` names.
pub(super) const COMPARED: usize = 21;

impl Fields {
    /// Every field but the id, with the name that people know it by.
    pub(super) fn compared(&self) -> [(&'static str, Field); COMPARED] {
        [
            ("number", self.number),
            ("text", self.marked),
            ("text", self.folded),
            ("text", self.pairs),
            ("status", self.status),
            ("scope", self.scope),
            ("authority", self.authority),
            ("category", self.category),
            ("flags", self.flag),
            ("agency", self.agency),
            ("area", self.area),
            ("channel", self.channel),
            ("assigned_to", self.assigned),
            ("queue", self.queue),
            ("restricted", self.restricted),
            ("readers", self.reader),
            ("open", self.open),
            ("received_at", self.received_day),
            ("received_at", self.received_key),
            ("due_at", self.due_seconds),
            ("due_at", self.due_key),
        ]
    }
}

/// The schema with its fields.
pub(super) fn schema() -> (Schema, Fields) {
    let mut builder = Schema::builder();
    // Texts come analysed; the tokenizer's name is a formality of the schema.
    let words = |record| {
        let indexing = TextFieldIndexing::default().set_tokenizer("raw").set_index_option(record);
        TextOptions::default().set_indexing_options(indexing)
    };
    let positions = IndexRecordOption::WithFreqsAndPositions;
    let fields = Fields {
        id: builder.add_u64_field("id", INDEXED | FAST),
        number: builder.add_text_field("number", STRING),
        marked: builder.add_text_field("marked", words(positions)),
        folded: builder.add_text_field("folded", words(positions)),
        pairs: builder.add_text_field("pairs", words(IndexRecordOption::WithFreqs)),
        status: builder.add_text_field("status", STRING | FAST),
        scope: builder.add_text_field("scope", STRING | FAST),
        authority: builder.add_text_field("authority", STRING | FAST),
        category: builder.add_text_field("category", STRING | FAST),
        flag: builder.add_text_field("flag", STRING | FAST),
        agency: builder.add_text_field("agency", STRING | FAST),
        area: builder.add_text_field("area", STRING | FAST),
        channel: builder.add_text_field("channel", STRING | FAST),
        assigned: builder.add_text_field("assigned", STRING),
        queue: builder.add_text_field("queue", STRING),
        restricted: builder.add_text_field("restricted", STRING),
        reader: builder.add_text_field("reader", STRING),
        open: builder.add_text_field("open", STRING),
        received_day: builder.add_i64_field("received_day", INDEXED | FAST),
        due_seconds: builder.add_i64_field("due_seconds", INDEXED | FAST),
        received_key: builder.add_u64_field("received_key", INDEXED | FAST),
        due_key: builder.add_u64_field("due_key", INDEXED | FAST),
    };
    (builder.build(), fields)
}

/// Names the directory: schema, recipe and word lists. Another name is another index.
pub(super) fn name(schema: &Schema, word_lists: &str) -> String {
    let description = format!("{RECIPE} {:?} {word_lists}", schema.fields().collect::<Vec<_>>());
    fingerprint(description.as_bytes()).chars().take(16).collect()
}
