//! Makers of schemas, so that the tables beside them read as tables. Nothing of the interface
//! itself is here.

use serde_json::Value;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{
    AdditionalProperties, ArrayBuilder, KnownFormat, Object, ObjectBuilder, OneOfBuilder,
    RefBuilder, Schema, SchemaFormat, SchemaType, Type,
};

/// A schema, or the name of one.
pub type Shape = RefOr<Schema>;

fn of(kind: Type, says: &str) -> ObjectBuilder {
    let says = Some(says).filter(|says| !says.is_empty());
    ObjectBuilder::new().schema_type(kind).description(says)
}

/// A text of any length.
pub fn text(says: &str) -> ObjectBuilder {
    of(Type::String, says)
}

/// A text of so many characters.
pub fn text_of(min: usize, max: usize, says: &str) -> ObjectBuilder {
    text(says).min_length(Some(min).filter(|min| *min > 0)).max_length(Some(max))
}

/// A text in a form that other programs know.
pub fn text_in(format: &str, says: &str) -> ObjectBuilder {
    text(says).format(Some(SchemaFormat::Custom(format.to_owned())))
}

/// One of these words.
pub fn word<'a>(words: impl IntoIterator<Item = &'a str>, says: &str) -> ObjectBuilder {
    text(says).enum_values(Some(words.into_iter().map(Value::from)))
}

/// A calendar day.
pub fn day(says: &str) -> ObjectBuilder {
    text(says).format(Some(SchemaFormat::KnownFormat(KnownFormat::Date)))
}

/// An instant in RFC 3339.
pub fn instant(says: &str) -> ObjectBuilder {
    text(says).format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)))
}

/// A whole number.
pub fn whole(says: &str) -> ObjectBuilder {
    of(Type::Integer, says)
}

/// A whole number that is never negative.
pub fn count(says: &str) -> ObjectBuilder {
    whole(says).minimum(Some(0))
}

/// An officer by name: no id need be known.
pub fn officer(says: &str) -> ObjectBuilder {
    let kinds = SchemaType::Array(vec![Type::String, Type::Integer]);
    of(Type::String, format!("{says} By e-mail address or id.").trim()).schema_type(kinds)
}

/// A number, with a fraction or without.
pub fn number(says: &str) -> ObjectBuilder {
    of(Type::Number, says)
}

/// A number from 0 to 1.
pub fn share(says: &str) -> ObjectBuilder {
    number(says).minimum(Some(0)).maximum(Some(1))
}

pub fn yes_no(says: &str) -> ObjectBuilder {
    of(Type::Boolean, says)
}

/// Any number of something.
pub fn list(items: impl Into<Shape>, says: &str) -> ArrayBuilder {
    let says = Some(says).filter(|says| !says.is_empty());
    let items: Shape = items.into();
    ArrayBuilder::new().items(items).description(says)
}

/// A schema that has a name of its own.
pub fn named(name: &str, says: &str) -> Shape {
    let says = Some(says).filter(|says| !says.is_empty());
    RefOr::Ref(RefBuilder::new().ref_location_from_schema_name(name).description(says).build())
}

/// The same, or null.
pub fn or_null(shape: impl Into<Shape>) -> Shape {
    match shape.into() {
        RefOr::T(Schema::Object(mut object)) => {
            let mut kinds = match object.schema_type {
                SchemaType::Type(kind) => vec![kind],
                SchemaType::Array(kinds) => kinds,
                SchemaType::AnyValue => Vec::new(),
            };
            kinds.extend((!kinds.is_empty()).then_some(Type::Null));
            object.schema_type = match kinds.is_empty() {
                true => SchemaType::AnyValue,
                false => SchemaType::Array(kinds),
            };
            if let Some(words) = &mut object.enum_values {
                words.push(Value::Null);
            }
            RefOr::T(Schema::Object(object))
        }
        RefOr::T(other) => one_or_null(RefOr::T(other), ""),
        RefOr::Ref(mut named) => {
            let says = std::mem::take(&mut named.description);
            one_or_null(RefOr::Ref(named), &says)
        }
    }
}

fn one_or_null(shape: Shape, says: &str) -> Shape {
    let null = Object::with_type(Type::Null);
    let says = Some(says).filter(|says| !says.is_empty());
    RefOr::T(Schema::OneOf(OneOfBuilder::new().item(shape).item(null).description(says).build()))
}

/// Anything at all.
pub fn anything() -> ObjectBuilder {
    ObjectBuilder::new().schema_type(SchemaType::AnyValue)
}

/// Something with a value by name, all of one kind.
pub fn map(values: impl Into<Shape>, says: &str) -> ObjectBuilder {
    let values: Shape = values.into();
    of(Type::Object, says).additional_properties(Some(AdditionalProperties::RefOr(values)))
}

/// A member of an object.
pub struct Member {
    name: &'static str,
    is_required: bool,
    shape: Shape,
}

impl Member {
    pub fn of(name: &'static str, is_required: bool, shape: Shape) -> Member {
        Member { name, is_required, shape }
    }

    pub fn is_required(&self) -> bool {
        self.is_required
    }
}

/// A member that is always there.
pub fn must(name: &'static str, shape: impl Into<Shape>) -> Member {
    Member { name, is_required: true, shape: shape.into() }
}

/// A member that may be missing.
pub fn may(name: &'static str, shape: impl Into<Shape>) -> Member {
    Member { name, is_required: false, shape: shape.into() }
}

/// What is answered: an object that may grow members in a later version.
pub fn record(says: &str, members: Vec<Member>) -> ObjectBuilder {
    let mut out = of(Type::Object, says);
    for Member { name, is_required, shape } in members {
        out = out.property(name, shape);
        if is_required {
            out = out.required(name);
        }
    }
    out
}

/// What is sent: an object whose unknown members are refused by name.
pub fn sent(says: &str, members: Vec<Member>) -> ObjectBuilder {
    let none = AdditionalProperties::<Schema>::FreeForm(false);
    record(says, members).additional_properties(Some(none))
}

/// The words of an enum.
macro_rules! words_of {
    ($name:ty) => {
        <$name>::ALL.iter().map(|word| word.word())
    };
}
pub(super) use words_of;
