//! JSON Schema's keywords as AWS's resource schemas use them.

use serde_json::Value;

use super::model::Limit;

/// All that the generator understands, or knows that it may ignore.
const KNOWN: [&str; 39] = [
    "$comment",
    "$ref",
    "additionalProperties",
    "allOf",
    "anyOf",
    "arrayType",
    "const",
    "default",
    "dependencies",
    "dependentExcluded",
    "dependentRequired",
    "description",
    "enum",
    "examples",
    "format",
    "insertionOrder",
    "items",
    "maxItems",
    "maxLength",
    "maxUniqueItems",
    "maximum",
    "minItems",
    "minLength",
    "minimum",
    "oneOf",
    "pattern",
    "patternProperties",
    "prefixItems",
    "properties",
    "relationshipRef",
    "required",
    "requiredOr",
    "requiredXor",
    "title",
    "type",
    "uniqueItems",
    "uniqueKeys",
    "if",
    "then",
];

/// The first keyword of a schema that the generator doesn't know.
pub fn unknown(schema: &Value) -> Option<&str> {
    let mut keywords = schema
        .as_object()
        .into_iter()
        .flatten()
        .map(|(keyword, _)| keyword.as_str());
    keywords.find(|keyword| !KNOWN.contains(keyword))
}

/// The types that a value may have, sorted.
pub fn kinds_of(schema: &Value) -> Vec<&str> {
    let mut kinds: Vec<&str> = match &schema["type"] {
        Value::String(kind) => vec![kind],
        Value::Array(kinds) => kinds.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    kinds.sort_unstable();
    kinds
}

/// Whether an object is a tag: a key and a value.
pub fn is_tag(schema: &Value) -> bool {
    let names: Vec<&String> = schema["properties"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, _)| name)
        .collect();
    names.len() == 2
        && ["Key", "Value"]
            .iter()
            .all(|want| names.contains(&&(*want).to_owned()))
}

/// The texts of a list.
pub fn texts(list: &Value) -> Vec<String> {
    list.as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

/// The bounds that a property states.
pub fn limits(schema: &Value) -> Vec<Limit> {
    let whole = |key: &str| schema[key].as_u64();
    let mut limits = Vec::new();
    let (shortest, longest) = (whole("minLength").unwrap_or(0), whole("maxLength"));
    if (shortest > 0 || longest.is_some()) && kinds_of(schema).contains(&"string") {
        limits.push(Limit::Length(shortest, longest));
    }
    let (fewest, most) = (
        whole("minItems").unwrap_or(0),
        whole("maxItems").or_else(|| whole("maxUniqueItems")),
    );
    if fewest > 0 || most.is_some() {
        limits.push(Limit::Items(fewest, most));
    }
    let (lowest, highest) = (schema["minimum"].as_f64(), schema["maximum"].as_f64());
    if lowest.is_some() || highest.is_some() {
        limits.push(Limit::Range(lowest, highest));
    }
    let numbers: Vec<i64> = schema["enum"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_i64)
        .collect();
    if !numbers.is_empty() {
        limits.push(Limit::OneOf(numbers));
    }
    limits
}
