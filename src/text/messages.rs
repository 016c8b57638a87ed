//! What the service says, in every language it speaks, with an explicit language at each call. Law,
//! names and letters of a jurisdiction are not here: they are the pack's.

use std::collections::BTreeMap;

use chrono::NaiveDate;
use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};

/// The languages of the service itself; a pack may use fewer.
pub const LANGUAGES: [&str; 2] = ["vi", "en"];

const SOURCES: [(&str, &[&str]); 2] = [
    (
        "vi",
        &[
            include_str!("messages/vi.ftl"),
            include_str!("messages/vi-pages.ftl"),
            include_str!("messages/vi-admin.ftl"),
            include_str!("messages/vi-lab.ftl"),
            include_str!("messages/vi-files.ftl"),
        ],
    ),
    (
        "en",
        &[
            include_str!("messages/en.ftl"),
            include_str!("messages/en-pages.ftl"),
            include_str!("messages/en-admin.ftl"),
            include_str!("messages/en-lab.ftl"),
            include_str!("messages/en-files.ftl"),
        ],
    ),
];

/// All messages, parsed once.
pub struct Messages {
    bundles: BTreeMap<&'static str, FluentBundle<FluentResource>>,
}

impl std::fmt::Debug for Messages {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Messages")
    }
}

/// A message file that cannot be used: a fault of the build.
#[derive(Debug, thiserror::Error)]
#[error("the messages in {language} cannot be used: {why}")]
pub struct BadMessages {
    pub language: &'static str,
    pub why: String,
}

impl Messages {
    /// Parses the embedded files.
    pub fn new() -> Result<Messages, BadMessages> {
        let mut bundles = BTreeMap::new();
        for (language, sources) in SOURCES {
            let bad = |why: String| BadMessages { language, why };
            let id = language.parse().map_err(|e| bad(format!("{e}")))?;
            let mut bundle = FluentBundle::new_concurrent(vec![id]);
            // Isolation marks would be copied with a number or a code and break it.
            bundle.set_use_isolating(false);
            for source in sources {
                let resource = FluentResource::try_new((*source).to_owned())
                    .map_err(|(_, errors)| bad(format!("{errors:?}")))?;
                bundle.add_resource(resource).map_err(|errors| bad(format!("{errors:?}")))?;
            }
            bundles.insert(language, bundle);
        }
        Ok(Messages { bundles })
    }

    /// The message in the language, else in English, else the id itself so that a gap is seen.
    pub fn say(&self, language: &str, id: &str, values: &[(&str, &str)]) -> String {
        self.find(language, id, values)
            .or_else(|| self.find("en", id, values))
            .unwrap_or_else(|| id.to_owned())
    }

    /// The message, if there is one.
    pub fn find(&self, language: &str, id: &str, values: &[(&str, &str)]) -> Option<String> {
        let bundle = self.bundles.get(language)?;
        let pattern = bundle.get_message(id)?.value()?;
        let mut args = FluentArgs::new();
        for (name, value) in values {
            args.set(*name, *value);
        }
        let mut errors = Vec::new();
        let text = bundle.format_pattern(pattern, Some(&args), &mut errors).into_owned();
        Some(text)
    }

    /// A calendar day as people write it here: 24/11/2026.
    pub fn day(&self, _language: &str, day: NaiveDate) -> String {
        day.format("%d/%m/%Y").to_string()
    }

    /// A whole number with the language's separator of thousands.
    pub fn number(&self, language: &str, value: i64) -> String {
        let digits = value.unsigned_abs().to_string();
        let separator = if language == "vi" { '.' } else { ',' };
        let mut out = String::new();
        let length = digits.chars().count();
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (length - place).is_multiple_of(3) {
                out.push(separator);
            }
            out.push(digit);
        }
        if value < 0 { format!("-{out}") } else { out }
    }

    /// A number with a fixed count of decimals: `99,67` in Vietnamese, `99.67` in English.
    pub fn decimal(&self, language: &str, value: f64, decimals: usize) -> String {
        let text = format!("{value:.decimals$}");
        if language == "vi" { text.replace('.', ",") } else { text }
    }
}
