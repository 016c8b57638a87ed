//! An OpenAPI document as the tests read it: its operations, and whether a value fits a schema.

use serde_json::{Map, Value, json};

use crate::harness::Answer;

/// An operation with what a caller must know.
pub struct Operation {
    pub id: String,
    pub method: String,
    pub path: String,
    /// A token may be sent.
    pub is_secured: bool,
    /// Something must be sent that says who calls.
    pub must_sign_in: bool,
    pub needs_tag: bool,
    pub roles: Vec<String>,
    /// Of the body.
    pub example: Option<Value>,
    raw: Value,
}

impl Operation {
    /// The path of one case.
    pub fn path_for(&self, number: &str, code: &str) -> String {
        self.path.replace("{number}", number).replace("{code}", code).replace("{id}", "1")
    }

    fn body_schema(&self) -> &Value {
        &self.raw["requestBody"]["content"]["application/json"]["schema"]
    }
}

/// The document.
pub struct Document {
    pub whole: Value,
    pub operations: Vec<Operation>,
}

impl Document {
    pub fn of(whole: Value) -> Document {
        assert_eq!(whole["openapi"], "3.1.0");
        let mut operations = Vec::new();
        for (path, item) in whole["paths"].as_object().unwrap() {
            for (method, raw) in item.as_object().unwrap() {
                operations.push(operation(path, method, raw));
            }
        }
        Document { whole, operations }
    }

    pub fn operation(&self, id: &str) -> &Operation {
        self.operations.iter().find(|o| o.id == id).unwrap_or_else(|| panic!("no {id}"))
    }

    /// The example of the body that is posted to a path.
    pub fn example_of(&self, path: &str) -> Value {
        let found = self.operations.iter().find(|o| o.path == path && o.method == "post");
        found.unwrap_or_else(|| panic!("no {path}")).example.clone().unwrap()
    }

    /// What stands behind a `$ref`.
    fn behind<'a>(&'a self, value: &'a Value) -> &'a Value {
        match value["$ref"].as_str() {
            Some(name) => self.behind(self.whole.pointer(&name[1..]).unwrap()),
            None => value,
        }
    }

    /// The status is one that the operation names, and the body fits what it says of it.
    pub fn check(&self, operation: &Operation, answer: &Answer, what: &str) {
        let named = &operation.raw["responses"][answer.status.to_string()];
        assert!(named.is_object(), "{what}: {} is not documented", answer.status);
        let response = self.behind(named);
        for name in response["headers"].as_object().into_iter().flat_map(Map::keys) {
            let waits = name == "Retry-After";
            assert!(waits || answer.headers.contains_key(name.as_str()), "{what}: no {name}");
        }
        let Some(content) = response["content"].as_object() else {
            assert_eq!(answer.text, "", "{what}");
            return;
        };
        let (kind, content) = content.iter().next().unwrap();
        let sent = answer.headers.get("content-type").unwrap().to_str().unwrap();
        assert_eq!(sent, kind, "{what}");
        if !kind.ends_with("json") {
            return;
        }
        let mut faults = Vec::new();
        self.fits(&answer.body, &content["schema"], "", &mut faults);
        assert!(faults.is_empty(), "{what}: {faults:#?}\n{}", answer.text);
        if kind == "application/problem+json" {
            let word = answer.body["type"].as_str().unwrap().rsplit('/').next().unwrap();
            assert!(content["examples"][word].is_object(), "{what}: {word} is not documented");
        }
    }

    /// Every key is documented, every required one is there, types, words and limits hold.
    pub fn fits(&self, value: &Value, schema: &Value, at: &str, faults: &mut Vec<String>) {
        let schema = self.behind(schema);
        if schema.as_object().is_some_and(Map::is_empty) {
            // Anything at all.
            return;
        }
        if let Some(choices) = schema["oneOf"].as_array() {
            let tries = choices.iter().map(|choice| {
                let mut found = Vec::new();
                self.fits(value, choice, at, &mut found);
                found
            });
            faults.extend(tries.min_by_key(Vec::len).unwrap());
            return;
        }
        if !is_of_type(value, &schema["type"]) {
            faults.push(format!("{at}: {value} is no {}", schema["type"]));
        }
        let words = schema["enum"].as_array();
        if words.is_some_and(|words| !words.contains(value)) {
            faults.push(format!("{at}: {value} is none of {}", schema["enum"]));
        }
        if let (Some(number), Some(least)) = (value.as_f64(), schema["minimum"].as_f64())
            && number < least
        {
            faults.push(format!("{at}: {value} is less than {least}"));
        }
        let as_date = format!("{}T00:00:00Z", value.as_str().unwrap_or(""));
        let date = match schema["format"].as_str() {
            Some("date-time") => value.as_str(),
            Some("date") if !value.is_null() => Some(as_date.as_str()),
            _ => None,
        };
        if date.is_some_and(|date| chrono::DateTime::parse_from_rfc3339(date).is_err()) {
            faults.push(format!("{at}: {value} is no {}", schema["format"]));
        }
        for item in value.as_array().into_iter().flatten() {
            self.fits(item, &schema["items"], &format!("{at}[]"), faults);
        }
        if let Some(map) = value.as_object() {
            self.members_fit(map, schema, at, faults);
        }
    }

    fn members_fit(
        &self,
        map: &Map<String, Value>,
        schema: &Value,
        at: &str,
        faults: &mut Vec<String>,
    ) {
        for (name, inner) in map {
            let at = format!("{at}.{name}");
            let (known, others) = (&schema["properties"][name], &schema["additionalProperties"]);
            match (known.is_object(), others.is_object()) {
                (true, _) => self.fits(inner, known, &at, faults),
                (false, true) => self.fits(inner, others, &at, faults),
                (false, false) => faults.push(format!("{at} is not documented")),
            }
        }
        for name in schema["required"].as_array().into_iter().flatten() {
            if !map.contains_key(name.as_str().unwrap()) {
                faults.push(format!("{at}.{} is missing", name.as_str().unwrap()));
            }
        }
    }

    /// The example of a body with one field wrong, for each limit that the schema names.
    pub fn broken_bodies(&self, operation: &Operation) -> Vec<(String, Value)> {
        let example = operation.example.clone().unwrap();
        let schema = operation.body_schema();
        let mut out = Vec::new();
        for (pointer, field, member, is_required) in self.fields(schema, "", "") {
            let mut values: Vec<Value> = wrong_values(self.behind(&member));
            if is_required {
                values.push(Value::Null);
            }
            for value in values {
                let mut body = example.clone();
                set(&mut body, &pointer, value);
                out.push((field.clone(), body));
            }
        }
        out
    }

    /// Pointer, name, schema and need of each field, those of objects within too.
    fn fields(&self, schema: &Value, at: &str, name: &str) -> Vec<(String, String, Value, bool)> {
        let mut out = Vec::new();
        let schema = self.behind(schema);
        for (member, inner) in schema["properties"].as_object().into_iter().flatten() {
            let needed = schema["required"].as_array();
            let needed = needed.is_some_and(|all| all.contains(&json!(member)));
            let (at, name) = (format!("{at}/{member}"), format!("{name}{member}"));
            out.extend(self.fields(inner, &at, &format!("{name}.")));
            out.push((at, name, inner.clone(), needed));
        }
        // A point on the map is read as a whole.
        out.retain(|(at, ..)| !at.starts_with("/location/"));
        out
    }

    /// The parameters of the query that are words, with the words.
    pub fn words_of_queries(&self, operation: &Operation) -> Vec<(String, Vec<String>)> {
        let mut out = Vec::new();
        for parameter in operation.raw["parameters"].as_array().into_iter().flatten() {
            let schema = self.behind(&parameter["schema"]);
            let schema = if schema["type"] == "array" { &schema["items"] } else { schema };
            let words = self.behind(schema)["enum"].as_array();
            if let (Some(words), true) = (words, parameter["in"] == "query") {
                let words = words.iter().map(|word| word.as_str().unwrap().to_owned());
                out.push((parameter["name"].as_str().unwrap().to_owned(), words.collect()));
            }
        }
        out
    }
}

fn operation(path: &str, method: &str, raw: &Value) -> Operation {
    let security = raw["security"].as_array().unwrap();
    let needs = |p: &Value| p["name"] == "If-Match" && p["required"] == true;
    let roles = raw["x-roles"].as_array().into_iter().flatten();
    let body = &raw["requestBody"]["content"]["application/json"]["example"];
    Operation {
        id: raw["operationId"].as_str().unwrap().to_owned(),
        method: method.to_owned(),
        path: path.to_owned(),
        is_secured: !security.is_empty(),
        must_sign_in: !security.is_empty() && !security.contains(&json!({})),
        needs_tag: raw["parameters"].as_array().into_iter().flatten().any(needs),
        roles: roles.map(|role| role.as_str().unwrap().to_owned()).collect(),
        example: Some(body).filter(|body| body.is_object()).cloned(),
        raw: raw.clone(),
    }
}

fn is_of_type(value: &Value, kind: &Value) -> bool {
    match kind {
        Value::Array(kinds) => kinds.iter().any(|kind| is_of_type(value, kind)),
        Value::String(kind) => match kind.as_str() {
            "string" => value.is_string(),
            "integer" => value.is_i64(),
            "number" => value.is_number(),
            "boolean" => value.is_boolean(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            _ => value.is_null(),
        },
        _ => true,
    }
}

/// Values that the schema of a field does not allow.
fn wrong_values(schema: &Value) -> Vec<Value> {
    let size = |name: &str| schema[name].as_u64().and_then(|size| usize::try_from(size).ok());
    let mut out = Vec::new();
    out.extend(size("maxLength").map(|max| json!("x".repeat(max + 1))));
    out.extend(size("minLength").map(|min| json!("x".repeat(min - 1))));
    if schema["enum"].is_array() {
        out.push(json!("nonsense"));
    }
    match schema["type"].as_str() {
        Some("integer") => out.push(json!("nonsense")),
        Some("boolean") => out.push(json!("perhaps")),
        Some("array") => out.push(json!(7)),
        Some("object") => out.push(json!("nonsense")),
        _ if schema["format"].is_string() => out.push(json!("nonsense")),
        _ => {}
    }
    out.extend(schema["minimum"].as_i64().map(|least| json!(least - 1)));
    out.extend(schema["maximum"].as_i64().map(|most| json!(most + 1)));
    out
}

/// Puts a value at a pointer; null takes the field away.
fn set(body: &mut Value, pointer: &str, value: Value) {
    let (outer, name) = pointer.rsplit_once('/').unwrap();
    let Some(Value::Object(map)) = body.pointer_mut(outer) else { panic!("no {outer}") };
    if value.is_null() {
        map.remove(name);
    } else {
        map.insert(name.to_owned(), value);
    }
}
