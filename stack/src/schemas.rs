//! JSON Schema of draft 2020-12 down to draft 4, the only one that EventBridge's registry takes.
//!
//! Every document that fits the one fits the other. A keyword that draft 4 can't say is an error and no silent loss:
//! extend the table here, or say it otherwise in the contract's types.

use serde_json::{Map, Value, json};

/// The dialect's own name, as a draft 4 schema states it.
pub const DRAFT_4: &str = "http://json-schema.org/draft-04/schema#";

/// What `format: uuid` says.
const UUID: &str = "^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$";

/// Why a schema has no draft 4 form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unconvertible {
    /// The keyword that draft 4 doesn't have.
    pub keyword: String,
    /// JSON pointer to the schema that uses it.
    pub at: String,
}

/// Says nothing about which documents fit.
const ANNOTATIONS: &[&str] = &[
    "$comment",
    "default",
    "deprecated",
    "description",
    "examples",
    "title",
];

/// Means the same in both drafts and holds no schema.
const SAME: &[&str] = &[
    "description",
    "title",
    "default",
    "type",
    "enum",
    "format",
    "required",
    "pattern",
    "multipleOf",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
];

/// The draft 4 form of a schema of draft 2020-12.
///
/// # Errors
/// At the first keyword that draft 4 can't say.
pub fn to_draft_4(schema: &Value) -> Result<Value, Unconvertible> {
    let mut converted = convert(schema, "")?;
    if let Some(members) = converted.as_object_mut() {
        members.insert("$schema".into(), DRAFT_4.into());
    }
    Ok(converted)
}

fn convert(schema: &Value, at: &str) -> Result<Value, Unconvertible> {
    let members = match schema {
        // Draft 4 has no boolean schemas.
        Value::Bool(true) => return Ok(json!({})),
        Value::Object(members) => members,
        _ => return Ok(json!({ "not": {} })),
    };
    let mut out = Map::new();
    for (keyword, value) in members {
        let at = format!("{at}/{keyword}");
        match keyword.as_str() {
            "$schema" | "$id" | "$comment" | "deprecated" | "examples" => {}
            "$ref" => {
                let target = value.as_str().unwrap_or_default();
                let target = target.replacen("#/$defs/", "#/definitions/", 1);
                out.insert("$ref".into(), target.into());
            }
            "$defs" | "definitions" => {
                out.insert("definitions".into(), named(value, &at)?);
            }
            "properties" | "patternProperties" => {
                out.insert(keyword.clone(), named(value, &at)?);
            }
            "const" => {
                out.insert("enum".into(), json!([value]));
            }
            "oneOf" | "anyOf" | "allOf" => {
                out.insert(keyword.clone(), listed(value, &at)?);
            }
            "not" => {
                out.insert(keyword.clone(), convert(value, &at)?);
            }
            "items" if members.contains_key("prefixItems") => {
                out.insert("additionalItems".into(), boolean_or_schema(value, &at)?);
            }
            "items" => {
                out.insert(keyword.clone(), convert(value, &at)?);
            }
            "prefixItems" => {
                out.insert("items".into(), listed(value, &at)?);
            }
            "additionalProperties" => {
                out.insert(keyword.clone(), boolean_or_schema(value, &at)?);
            }
            "exclusiveMinimum" | "exclusiveMaximum" => {
                let bound = keyword.replace("exclusiveM", "m");
                // Both bounds at once: draft 4 has one number for the two.
                if members.contains_key(&bound) {
                    return Err(Unconvertible {
                        keyword: keyword.clone(),
                        at,
                    });
                }
                out.insert(bound, value.clone());
                out.insert(keyword.clone(), true.into());
            }
            // Unknown to draft 4; a validator would let anything pass.
            "format" if value == "uuid" => {
                if members.contains_key("pattern") {
                    return Err(Unconvertible {
                        keyword: keyword.clone(),
                        at,
                    });
                }
                out.insert("pattern".into(), UUID.into());
            }
            // Draft 4 wants at least one name.
            "required" if value.as_array().is_some_and(Vec::is_empty) => {}
            same if SAME.contains(&same) => {
                out.insert(keyword.clone(), value.clone());
            }
            _ => {
                return Err(Unconvertible {
                    keyword: keyword.clone(),
                    at,
                });
            }
        }
    }
    Ok(beside_a_reference(out))
}

/// Draft 4 ignores whatever stands beside `$ref`: what constrains moves into `allOf`, what only annotates is dropped.
fn beside_a_reference(mut members: Map<String, Value>) -> Value {
    let Some(reference) = members.remove("$ref") else {
        return Value::Object(members);
    };
    let definitions = members.remove("definitions");
    members.retain(|keyword, _| !ANNOTATIONS.contains(&keyword.as_str()));
    let reference = json!({ "$ref": reference });
    let mut out = match (members.is_empty(), &definitions) {
        (true, None) => return reference,
        (true, Some(_)) => json!({ "allOf": [reference] }),
        (false, _) => json!({ "allOf": [reference, members] }),
    };
    if let (Some(definitions), Some(out)) = (definitions, out.as_object_mut()) {
        out.insert("definitions".into(), definitions);
    }
    out
}

fn named(schemas: &Value, at: &str) -> Result<Value, Unconvertible> {
    let members = schemas.as_object().into_iter().flatten();
    let converted =
        members.map(|(name, schema)| Ok((name.clone(), convert(schema, &format!("{at}/{name}"))?)));
    converted
        .collect::<Result<Map<_, _>, _>>()
        .map(Value::Object)
}

fn listed(schemas: &Value, at: &str) -> Result<Value, Unconvertible> {
    let members = schemas.as_array().into_iter().flatten().enumerate();
    let converted = members.map(|(index, schema)| convert(schema, &format!("{at}/{index}")));
    converted.collect::<Result<Vec<_>, _>>().map(Value::Array)
}

/// The two keywords that take a boolean in draft 4 as well.
fn boolean_or_schema(schema: &Value, at: &str) -> Result<Value, Unconvertible> {
    match schema {
        Value::Bool(_) => Ok(schema.clone()),
        schema => convert(schema, at),
    }
}
