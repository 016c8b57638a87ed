//! Schemas of the interface in words: what a value is, within which limits, in the reader's
//! language.

use serde_json::Value;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{
    AdditionalProperties, ArrayItems, Components, KnownFormat, Object, Schema, SchemaFormat,
    SchemaType, Type,
};

use crate::web::openapi::resolve;
use crate::web::pages::frame::Frame;

/// Part of a sentence; code stands between backticks in the document.
pub struct Part {
    pub text: String,
    pub is_code: bool,
}

/// A sentence of the document.
pub fn parts(text: &str) -> Vec<Part> {
    let pieces = text.split('`').enumerate();
    let parts = pieces.map(|(at, text)| Part { text: text.to_owned(), is_code: at % 2 == 1 });
    parts.filter(|part| !part.text.is_empty()).collect()
}

/// What a value is.
#[derive(Default)]
pub struct Kind {
    /// Before the words or the name: `list of:`, `one of:`.
    pub words: String,
    pub choices: Vec<String>,
    /// A shape that is described apart.
    pub name: Option<String>,
    /// After them: `or null`.
    pub after: String,
}

/// A named value with what it is and means.
pub struct Line {
    pub name: String,
    pub is_required: bool,
    /// Path, query or header.
    pub place: String,
    pub kind: Kind,
    pub says: Vec<Part>,
}

/// The words of a schema.
pub struct Teller<'a> {
    pub f: &'a Frame,
    pub components: &'a Components,
}

impl Teller<'_> {
    /// What the value is.
    pub fn kind(&self, shape: &RefOr<Schema>) -> Kind {
        let schema = resolve(shape, self.components);
        if let (RefOr::Ref(named), Some(Schema::Object(object))) = (shape, schema)
            && !object.properties.is_empty()
        {
            let name = named.ref_location.rsplit('/').next().map(str::to_owned);
            return Kind { name, ..Kind::default() };
        }
        match schema {
            Some(Schema::Object(object)) => self.of_object(object),
            Some(Schema::Array(array)) => match &array.items {
                ArrayItems::RefOrSchema(items) => self.before("docs-type-list", items),
                ArrayItems::False => self.plain("docs-type-list"),
            },
            Some(Schema::OneOf(one)) => {
                let inner = one.items.first().map(|first| self.kind(first)).unwrap_or_default();
                Kind { after: self.f.t("docs-type-null"), ..inner }
            }
            _ => self.plain("docs-type-any"),
        }
    }

    /// The members of an object.
    pub fn members(&self, object: &Object) -> Vec<Line> {
        let mut out = Vec::new();
        for (name, shape) in &object.properties {
            out.push(Line {
                name: name.clone(),
                is_required: object.required.contains(name),
                place: String::new(),
                kind: self.kind(shape),
                says: parts(self.says(shape)),
            });
            self.within(name, shape, &mut out);
        }
        out
    }

    /// The members of an object that has no name of its own stand below it.
    fn within(&self, name: &str, shape: &RefOr<Schema>, out: &mut Vec<Line>) {
        let inner = match shape {
            RefOr::T(Schema::Object(inner)) => inner,
            RefOr::T(Schema::OneOf(one)) => match one.items.first() {
                Some(RefOr::T(Schema::Object(inner))) => inner,
                _ => return,
            },
            _ => return,
        };
        for line in self.members(inner) {
            out.push(Line { name: format!("{name}.{}", line.name), ..line });
        }
    }

    /// What a schema says of itself; a name may be told in other words where it is used.
    pub fn says<'b>(&'b self, shape: &'b RefOr<Schema>) -> &'b str {
        let own = match shape {
            RefOr::Ref(named) => Some(named.description.as_str()),
            RefOr::T(Schema::Object(object)) => object.description.as_deref(),
            RefOr::T(Schema::Array(array)) => match (&array.description, &array.items) {
                (None, ArrayItems::RefOrSchema(items)) => Some(self.says(items)),
                (own, _) => own.as_deref(),
            },
            RefOr::T(Schema::OneOf(one)) => match one.description.as_deref() {
                None => one.items.first().map(|first| self.says(first)),
                own => own,
            },
            RefOr::T(_) => None,
        };
        let behind = match (own, resolve(shape, self.components)) {
            (None | Some(""), Some(Schema::Object(object))) => object.description.as_deref(),
            _ => own,
        };
        behind.unwrap_or("")
    }

    fn plain(&self, id: &str) -> Kind {
        Kind { words: self.f.t(id), ..Kind::default() }
    }

    fn before(&self, id: &str, shape: &RefOr<Schema>) -> Kind {
        let inner = self.kind(shape);
        let words = format!("{} {}", self.f.t(id), inner.words).trim().to_owned();
        Kind { words, ..inner }
    }

    fn of_object(&self, object: &Object) -> Kind {
        let (kind, is_nullable) = match &object.schema_type {
            SchemaType::Type(kind) => (Some(kind), false),
            SchemaType::Array(kinds) => (kinds.first(), kinds.contains(&Type::Null)),
            SchemaType::AnyValue => (None, false),
        };
        let mut out = match kind {
            _ if object.enum_values.is_some() => self.plain("docs-type-words"),
            Some(Type::String) => self.text(object),
            Some(Type::Integer) => self.number("docs-type-whole", object),
            Some(Type::Number) => self.number("docs-type-number", object),
            Some(Type::Boolean) => self.plain("docs-type-boolean"),
            Some(Type::Object) => match object.additional_properties.as_deref() {
                Some(AdditionalProperties::RefOr(values)) => self.before("docs-type-map", values),
                _ => self.plain("docs-type-object"),
            },
            _ => self.plain("docs-type-any"),
        };
        let words = object.enum_values.iter().flatten().filter_map(Value::as_str);
        out.choices.extend(words.map(str::to_owned));
        if is_nullable {
            out.after = self.f.t("docs-type-null");
        }
        if let Some(value) = &object.default {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let told = self.f.with("docs-default", "value", &value);
            out.after = if out.after.is_empty() { told } else { format!("{}, {told}", out.after) };
        }
        out
    }

    fn text(&self, object: &Object) -> Kind {
        let known = |size: usize| {
            i64::try_from(size).map_or_else(|_| size.to_string(), |size| self.f.number(&size))
        };
        let min = object.min_length.map(known).unwrap_or_default();
        let max = object.max_length.map(known).unwrap_or_default();
        let id = match (&object.format, object.min_length, object.max_length) {
            (Some(SchemaFormat::KnownFormat(KnownFormat::Date)), _, _) => "docs-type-day",
            (Some(SchemaFormat::KnownFormat(_)), _, _) => "docs-type-instant",
            (Some(SchemaFormat::Custom(_)), _, Some(_)) => "docs-type-email",
            (_, Some(_), Some(_)) => "docs-type-text-range",
            (_, None, Some(_)) => "docs-type-text-max",
            (_, Some(_), None) => "docs-type-text-min",
            _ => "docs-type-text",
        };
        let words = self.f.ask.tell(id, &[("min", &min), ("max", &max)]);
        Kind { words, ..Kind::default() }
    }

    fn number(&self, id: &str, object: &Object) -> Kind {
        let told = |limit: Option<&utoipa::Number>| {
            let value = limit.and_then(|limit| serde_json::to_value(limit).ok());
            value.map(|value| value.to_string().trim_end_matches(".0").to_owned())
        };
        let (min, max) = (told(object.minimum.as_ref()), told(object.maximum.as_ref()));
        let limits = match (&min, &max) {
            (Some(min), Some(max)) => {
                self.f.ask.tell("docs-type-range", &[("min", min), ("max", max)])
            }
            (Some(min), None) => self.f.with("docs-type-from", "min", min),
            _ => String::new(),
        };
        let words = format!("{} {limits}", self.f.t(id)).trim().to_owned();
        Kind { words, ..Kind::default() }
    }
}
