//! The nouns and the rules of the field: pure, synchronous, total. No database, no network, no
//! clock of its own.

pub mod accuracy;
pub mod action;
pub mod administration;
pub mod agency;
pub mod attachment;
pub mod case;
pub mod deadline;
pub mod edition;
pub mod error;
pub mod event;
pub mod figures;
pub mod file;
pub mod jurisdiction;
pub mod letter;
pub mod notice;
pub mod pause;
pub mod place;
pub mod proposal;
pub mod reporter;
pub mod routing;
pub mod saved;
pub mod scope;
pub mod search;
pub mod submission;
pub mod taxonomy;
pub mod truth;
pub mod user;
pub mod view;

/// Text in the languages of the pack: language code to text.
pub type Names = std::collections::BTreeMap<String, String>;

/// The text in `language`, else in any language there is.
pub fn in_language<'a>(names: &'a Names, language: &str) -> &'a str {
    names.get(language).or_else(|| names.values().next()).map_or("", String::as_str)
}

/// An enum whose variants have one word each, in JSON, in the database and in URLs.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(serde::Serialize, serde::Deserialize)]
        pub enum $name { $($(#[$vdoc])* #[serde(rename = $word)] $variant,)+ }

        impl $name {
            /// Every variant, in order.
            pub const ALL: &'static [$name] = &[$($name::$variant,)+];

            /// The word for it.
            pub fn word(self) -> &'static str {
                match self { $($name::$variant => $word,)+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.word())
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::domain::error::UnknownWord;

            fn from_str(word: &str) -> Result<$name, Self::Err> {
                match word {
                    $($word => Ok($name::$variant),)+
                    _ => Err($crate::domain::error::UnknownWord {
                        word: word.to_owned(),
                        known: $name::ALL.iter().map(|v| v.word()).collect(),
                    }),
                }
            }
        }
    };
}
pub(crate) use words;
