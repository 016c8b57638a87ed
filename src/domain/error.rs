//! What can be wrong with what somebody asks: every kind in one table, without HTTP and without
//! words of a language.

use super::case::Verb;

/// A word that is none of an enum's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{word:?} is none of {}", known.join(", "))]
pub struct UnknownWord {
    pub word: String,
    pub known: Vec<&'static str>,
}

/// One thing wrong with one field. `rule` is a message id; `limit` what the rule allows; `actual`
/// what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    pub field: String,
    pub rule: Rule,
    pub limit: Option<String>,
    pub actual: Option<String>,
    /// The name of the file that it is about.
    pub file: Option<String>,
}

impl FieldError {
    /// A rule broken without a limit to name.
    pub fn new(field: &str, rule: Rule) -> FieldError {
        FieldError { field: field.to_owned(), rule, limit: None, actual: None, file: None }
    }

    /// A rule broken, with the limit and what was found.
    pub fn limit(field: &str, rule: Rule, limit: &str, actual: &str) -> FieldError {
        FieldError {
            field: field.to_owned(),
            rule,
            limit: Some(limit.to_owned()),
            actual: Some(actual.to_owned()),
            file: None,
        }
    }
}

super::words! {
    /// The rules a field can break; each has a message in every language.
    Rule {
        Required = "required",
        TooShort = "too_short",
        TooLong = "too_long",
        ControlCharacters = "control_characters",
        UnknownCode = "unknown_code",
        UnknownField = "unknown_field",
        WrongType = "wrong_type",
        NotEmail = "not_email",
        NotPhone = "not_phone",
        OutOfRange = "out_of_range",
        NotDate = "not_date",
        InFuture = "in_future",
        NotInPast = "not_in_past",
        ScopeMismatch = "scope_mismatch",
        NotAllowedHere = "not_allowed_here",
        NotUnderstood = "not_understood",
        Taken = "taken",
        WrongPassword = "wrong_password",
        TooCommon = "too_common",
        Unchanged = "unchanged",
        /// The office that a case accuses does not answer it.
        Accused = "accused",
        /// An instant is wanted, with its zone.
        NotInstant = "not_instant",
        TooEarly = "too_early",
        PeriodTooLong = "period_too_long",
        FileEmpty = "file_empty",
        FileTooLarge = "file_too_large",
        /// By its content it is of no kind that is taken.
        FileType = "file_type",
        FileBroken = "file_broken",
        PictureTooLarge = "picture_too_large",
        TooManyFiles = "too_many_files",
        /// It was kept for a day, and the day is over.
        FileExpired = "file_expired",
    }
}

/// Why a step on a case is not taken.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// The step does not follow from where the case stands; `can` says what does.
    #[error("the step {verb} is not possible now")]
    IllegalStep { verb: Verb, can: Vec<Verb> },
    /// The reader may not do this.
    #[error("the role may not do this")]
    Forbidden,
    /// Unknown, or not for this reader to know of.
    #[error("there is nothing here")]
    NotFound,
    /// One or more fields are wrong.
    #[error("a field is not valid")]
    Invalid(Vec<FieldError>),
}
