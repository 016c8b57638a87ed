//! Field names and values as officers type them into the search, in every language.

use crate::domain::case::{Channel, Status};
use crate::domain::jurisdiction::Jurisdiction;
use crate::domain::scope::{Authority, Flag, Scope};
use crate::index::query::FieldWord;
use crate::text::messages::{LANGUAGES, Messages};

/// The fields that a query may name, with every word for them and for their values.
pub fn field_words(rules: &Jurisdiction, messages: &Messages) -> Vec<FieldWord> {
    let mut out = Vec::new();
    let words = |prefix: &str, all: Vec<&'static str>| {
        let mut values = Vec::new();
        for word in all {
            values.push((word.to_owned(), word.to_owned()));
            for language in LANGUAGES {
                let said = messages.say(language, &format!("{prefix}-{word}"), &[]);
                values.push((said, word.to_owned()));
            }
        }
        values
    };
    let fields = [
        ("status", words("status", Status::ALL.iter().map(|w| w.word()).collect())),
        ("scope", words("scope", Scope::ALL.iter().map(|w| w.word()).collect())),
        ("authority", words("authority", Authority::ALL.iter().map(|w| w.word()).collect())),
        ("channel", words("channel", Channel::ALL.iter().map(|w| w.word()).collect())),
        ("flag", words("flag", Flag::ALL.iter().map(|w| w.word()).collect())),
        ("category", categories(rules)),
        ("agency", agencies(rules)),
        ("area", areas(rules)),
    ];
    for (field, values) in fields {
        let mut names = vec![field.to_owned()];
        for language in LANGUAGES {
            names.push(messages.say(language, &format!("search-{field}"), &[]));
        }
        out.push(FieldWord { names, field, values, is_of_days: false });
    }
    for field in ["received", "due"] {
        let mut names = vec![field.to_owned()];
        for language in LANGUAGES {
            let said = messages.say(language, &format!("search-{field}-names"), &[]);
            names.extend(said.split(',').map(|name| name.trim().to_owned()));
        }
        out.push(FieldWord { names, field, values: Vec::new(), is_of_days: true });
    }
    out
}

fn categories(rules: &Jurisdiction) -> Vec<(String, String)> {
    let mut out = Vec::new();
    for category in &rules.categories {
        out.push((category.code.clone(), category.code.clone()));
        out.extend(category.names.values().map(|name| (name.clone(), category.code.clone())));
    }
    out
}

/// Agencies and areas are ids in the index: their codes may pass from one to another.
fn agencies(rules: &Jurisdiction) -> Vec<(String, String)> {
    let mut out = Vec::new();
    for agency in &rules.agencies {
        let id = agency.id.to_string();
        out.push((agency.code.clone(), id.clone()));
        out.extend(agency.names.values().map(|name| (name.clone(), id.clone())));
    }
    out
}

fn areas(rules: &Jurisdiction) -> Vec<(String, String)> {
    let mut out = Vec::new();
    for area in &rules.areas {
        let id = area.id.to_string();
        out.push((area.code.clone(), id.clone()));
        out.extend(area.names.values().map(|name| (name.clone(), id.clone())));
    }
    out
}
