//! What a page's form sends, and what was wrong with it: beside the field and in the list above.

use actix_web::HttpRequest;

use super::frame::is_own_form;
use crate::domain::error::{FieldError, Rule};
use crate::intake::field_message;
use crate::intake::fields::Fields;
use crate::web::ask::Ask;
use crate::web::failure::{Failure, Kind};

/// Fields that belong to the form and not to what it says.
const OWN: [&str; 8] =
    ["token", "go", "step", "form", "signed", "revision", "next", super::kept::NAME];

/// The pairs of a form, as typed.
#[derive(Debug, Clone, Default)]
pub struct Typed {
    pub pairs: Vec<(String, String)>,
}

impl Typed {
    /// The value of a field; nothing where it is not given.
    pub fn get(&self, name: &str) -> &str {
        self.pairs.iter().find(|(n, _)| n == name).map_or("", |(_, value)| value)
    }

    pub fn is_on(&self, name: &str) -> bool {
        !self.get(name).is_empty()
    }

    /// What the form says, without its own fields.
    pub fn fields(&self) -> Fields {
        let kept = self.pairs.iter().filter(|(name, _)| !OWN.contains(&name.as_str()));
        let kept: Vec<(String, String)> = kept.cloned().collect();
        Fields::of_form(&kept)
    }
}

/// A wrong field in words.
#[derive(Debug, Clone)]
pub struct Wrong {
    /// Empty where it is about the form as a whole.
    pub field: String,
    pub message: String,
}

/// All that is wrong.
#[derive(Debug, Clone, Default)]
pub struct Errors {
    pub list: Vec<Wrong>,
    /// What the form came back with: the page says in its status and headers whether it passes.
    pub failure: Option<Failure>,
}

impl Errors {
    /// Of field errors, in the reader's language.
    pub fn of_fields(ask: &Ask, errors: &[FieldError]) -> Errors {
        let mut out = Errors::default();
        for error in errors {
            let mut message = field_message(&ask.context.messages, &ask.language, error);
            if error.rule == Rule::Required && error.field == "reporter.kind" {
                message = ask.say("file-kind-missing");
            }
            out.list.push(Wrong { field: error.field.clone(), message });
        }
        out
    }

    /// Of a failure that the form can be shown again with.
    pub fn of_failure(ask: &Ask, failure: &Failure) -> Errors {
        if failure.kind == Kind::Invalid && !failure.errors.is_empty() {
            return Errors::of_fields(ask, &failure.errors);
        }
        let mut out = Errors { failure: Some(failure.clone()), ..Errors::default() };
        out.whole(failure.title(&ask.context.messages, &ask.language));
        out
    }

    /// What is wrong elsewhere too.
    pub fn and(mut self, other: Errors) -> Errors {
        self.list.extend(other.list);
        self.failure = self.failure.or(other.failure);
        self
    }

    /// Something about the form as a whole.
    pub fn whole(&mut self, message: String) {
        self.list.push(Wrong { field: String::new(), message });
    }

    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub fn has(&self, field: &str) -> bool {
        self.list.iter().any(|w| w.field == field)
    }

    pub fn of(&self, field: &str) -> &str {
        self.list.iter().find(|w| w.field == field).map_or("", |w| &w.message)
    }
}

/// Can what was typed be shown again with the reason beside it? Everything else is a page of its
/// own.
pub fn is_mendable(failure: &Failure) -> bool {
    matches!(
        failure.kind,
        Kind::Invalid | Kind::IllegalStep | Kind::Unavailable | Kind::TooMany | Kind::Stale
    )
}

/// Does what a form asks for, if it is a form of ours: done, or to be shown again with its errors.
pub async fn taken<T>(
    ask: &Ask,
    request: &HttpRequest,
    typed: &Typed,
    act: impl Future<Output = Result<T, Failure>>,
) -> Result<Result<T, Errors>, Failure> {
    let mut errors = Errors::default();
    if !is_own_form(ask, request, typed.get("token")) {
        errors.whole(ask.say("form-token"));
        return Ok(Err(errors));
    }
    match act.await {
        Ok(value) => Ok(Ok(value)),
        Err(failure) if is_mendable(&failure) => Ok(Err(Errors::of_failure(ask, &failure))),
        Err(failure) => Err(failure),
    }
}
