//! A value for every schema, made from the schema itself: what an answer looks like.

use serde_json::{Map, Value, json};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{
    ArrayItems, Components, KnownFormat, Object, Schema, SchemaFormat, SchemaType, Type,
};

use super::kit::Shape;

/// Deeper than any schema of ours.
const DEPTH_MAX: usize = 12;
/// An instant and a day that belong together.
const INSTANT: &str = "2026-11-24T03:00:00Z";
const DAY: &str = "2026-11-24";

/// Gives every object that is answered an example.
pub fn add(components: &mut Components) {
    let names: Vec<String> = components.schemas.keys().cloned().collect();
    let made: Vec<(String, Value)> = names
        .into_iter()
        .filter_map(|name| {
            let shape = components.schemas.get(&name)?;
            Some((name.clone(), sample(shape, components)))
        })
        .collect();
    for (name, value) in made {
        if let Some(RefOr::T(Schema::Object(object))) = components.schemas.get_mut(&name)
            && !object.properties.is_empty()
        {
            object.examples = vec![value];
        }
    }
}

/// The schema behind a name.
pub fn resolve<'a>(shape: &'a Shape, components: &'a Components) -> Option<&'a Schema> {
    match shape {
        RefOr::T(schema) => Some(schema),
        RefOr::Ref(named) => {
            let name = named.ref_location.rsplit('/').next()?;
            resolve(components.schemas.get(name)?, components)
        }
    }
}

/// A value that fits.
pub fn sample(shape: &Shape, components: &Components) -> Value {
    at_depth(shape, components, 0)
}

fn at_depth(shape: &Shape, components: &Components, depth: usize) -> Value {
    if depth > DEPTH_MAX {
        return Value::Null;
    }
    let deeper = |shape: &Shape| at_depth(shape, components, depth + 1);
    match resolve(shape, components) {
        Some(Schema::Object(object)) => of_object(object, &deeper),
        Some(Schema::Array(array)) => match &array.items {
            ArrayItems::RefOrSchema(items) => json!([deeper(items)]),
            ArrayItems::False => json!([]),
        },
        Some(Schema::OneOf(one)) => one.items.first().map_or(Value::Null, deeper),
        _ => Value::Null,
    }
}

fn of_object(object: &Object, deeper: &dyn Fn(&Shape) -> Value) -> Value {
    let word = object.enum_values.as_ref().and_then(|words| words.first());
    if let Some(value) = object.default.as_ref().or(object.examples.first()).or(word) {
        return value.clone();
    }
    let kind = match &object.schema_type {
        SchemaType::Type(kind) => Some(kind),
        SchemaType::Array(kinds) => kinds.first(),
        SchemaType::AnyValue => None,
    };
    match kind {
        Some(Type::Object) => {
            let members = object.properties.iter();
            let members = members.map(|(name, shape)| (name.clone(), deeper(shape)));
            Value::Object(members.collect::<Map<_, _>>())
        }
        Some(Type::String) => match &object.format {
            Some(SchemaFormat::KnownFormat(KnownFormat::Date)) => json!(DAY),
            Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)) => json!(INSTANT),
            _ => json!("…"),
        },
        Some(Type::Integer) => json!(1),
        Some(Type::Number) => json!(0.5),
        Some(Type::Boolean) => json!(false),
        _ => Value::Null,
    }
}
