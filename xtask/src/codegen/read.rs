//! From a CloudFormation resource schema to a [`Model`]. Fails on every keyword and shape that it doesn't know.
//!
//! How alternatives are read (`oneOf`, `anyOf`):
//!
//! | alternatives | read as | reason |
//! |---|---|---|
//! | only `format`, `relationshipRef` or `required` | ignored | they say which of several texts or members, not the shape |
//! | objects with `properties` | one struct with the properties of all, none required | the setter that is called chooses |
//! | anything else | an error | wants an overlay in codegen.toml |
//!
//! Patterns (`pattern`) aren't carried over: they are written for other regular-expression dialects, and cfn-lint
//! judges them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::config::{OverlayKind, TypeConfig};
use super::keywords::{is_tag, kinds_of, limits, texts, unknown};
use super::model::{Field, Kind, Model, Shape};
use super::names;

/// What is wrong with a schema: where, and what.
#[derive(Debug, thiserror::Error)]
#[error("{type_name}: {place}: {problem}")]
pub struct ReadError {
    type_name: String,
    place: String,
    problem: String,
}

struct Reader<'a> {
    config: &'a TypeConfig,
    rust_name: String,
    definitions: Map<String, Value>,
    shapes: BTreeMap<String, Shape>,
    enums: BTreeMap<String, Vec<String>>,
    sets: BTreeMap<String, BTreeSet<Vec<String>>>,
    used: BTreeSet<String>,
}

/// Reads one resource type.
///
/// # Errors
/// On a name, keyword or shape that the generator doesn't know, and on an overlay that fits nothing.
pub fn read(config: &TypeConfig, schema: &Value) -> Result<Model, ReadError> {
    let fail = |place: &str, problem: &str| ReadError {
        type_name: config.name.clone(),
        place: place.to_owned(),
        problem: problem.to_owned(),
    };
    let (module, rust_name) = names::module_and_type(&config.name)
        .ok_or_else(|| fail("name", "isn't AWS::Service::Type"))?;
    if schema["typeName"] != config.name {
        return Err(fail("typeName", "the index names a schema of another type"));
    }
    let mut reader = Reader {
        config,
        rust_name: rust_name.clone(),
        definitions: schema["definitions"]
            .as_object()
            .cloned()
            .unwrap_or_default(),
        shapes: BTreeMap::new(),
        enums: BTreeMap::new(),
        sets: BTreeMap::new(),
        used: BTreeSet::new(),
    };
    reader.collect_sets(schema);
    let read_only = paths(schema, "readOnlyProperties");
    let settable = without(schema, &read_only);
    reader.shape("", &rust_name, &settable)?;
    let mut attributes = BTreeMap::new();
    for path in read_only.iter().chain(&config.attributes) {
        let target = pointed(schema, &reader.definitions, path);
        attributes.insert(
            path.clone(),
            target.is_some_and(|target| target["type"] == "string"),
        );
    }
    if let Some(overlay) = config
        .overlays
        .iter()
        .find(|overlay| !reader.used.contains(&overlay.property))
    {
        return Err(fail(
            &overlay.property,
            &format!("the overlay fits no property ({})", overlay.reason),
        ));
    }
    let tagging = match schema["tagging"]["tagProperty"].as_str() {
        Some("/properties/Tags") if schema["tagging"]["taggable"] == true => {
            Some(if schema["properties"]["Tags"]["type"] == "array" {
                "List"
            } else {
                "Map"
            })
        }
        Some(other) if schema["tagging"]["taggable"] == true => {
            return Err(fail("tagging", &format!("tags under {other}")));
        }
        _ => None,
    };
    Ok(Model {
        type_name: config.name.clone(),
        module,
        rust_name,
        shapes: reader.shapes,
        enums: reader.enums,
        attributes,
        reference: config.reference.clone(),
        create_only: paths(schema, "createOnlyProperties"),
        conditional_create_only: paths(schema, "conditionalCreateOnlyProperties"),
        write_only: paths(schema, "writeOnlyProperties"),
        tagging,
    })
}

/// `/properties/Code/S3Key` to `Code.S3Key`, sorted.
fn paths(schema: &Value, list: &str) -> Vec<String> {
    let pointers = schema[list]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    let mut paths: Vec<String> = pointers
        .map(|pointer| pointer.trim_start_matches("/properties/").replace('/', "."))
        .collect();
    paths.sort();
    paths
}

/// The schema without its read-only properties: nobody sets those.
fn without(schema: &Value, read_only: &[String]) -> Value {
    let mut schema = schema.clone();
    if let Some(properties) = schema["properties"].as_object_mut() {
        properties.retain(|name, _| !read_only.contains(name));
    }
    schema
}

/// The property that a dotted path names.
fn pointed<'a>(
    schema: &'a Value,
    definitions: &'a Map<String, Value>,
    path: &str,
) -> Option<&'a Value> {
    let mut at = schema;
    for step in path.split('.') {
        at = at.get("properties")?.get(step)?;
        while let Some(reference) = at.get("$ref").and_then(Value::as_str) {
            at = definitions.get(reference.trim_start_matches("#/definitions/"))?;
        }
    }
    Some(at)
}

impl Reader<'_> {
    fn fail(&self, place: &str, problem: impl Into<String>) -> ReadError {
        ReadError {
            type_name: self.config.name.clone(),
            place: place.to_owned(),
            problem: problem.into(),
        }
    }

    /// Which closed sets each short enum name would stand for in the whole schema: a name with one set keeps it.
    fn collect_sets(&mut self, node: &Value) {
        match node {
            Value::Object(members) => {
                for (name, property) in members
                    .get("properties")
                    .and_then(Value::as_object)
                    .into_iter()
                    .flatten()
                {
                    for holder in [property, &property["items"]] {
                        let mut set = texts(&holder["enum"]);
                        set.sort();
                        if !set.is_empty() {
                            let short = names::nested(&self.rust_name, name);
                            self.sets.entry(short).or_default().insert(set);
                        }
                    }
                }
                members.values().for_each(|value| self.collect_sets(value));
            }
            Value::Array(elements) => elements.iter().for_each(|value| self.collect_sets(value)),
            _ => {}
        }
    }

    /// Reads an object with properties as a struct. `definition` is its name in the schema, "" for the resource.
    fn shape(
        &mut self,
        definition: &str,
        rust_name: &str,
        object: &Value,
    ) -> Result<(), ReadError> {
        if self.shapes.contains_key(rust_name) {
            return Err(self.fail(
                definition,
                format!("two shapes would be called {rust_name}"),
            ));
        }
        let empty = Shape {
            name: rust_name.to_owned(),
            fields: Vec::new(),
            required: Vec::new(),
        };
        self.shapes.insert(rust_name.to_owned(), empty); // taken: a recursive schema fails above
        let mut fields = Vec::new();
        let properties = object["properties"]
            .as_object()
            .cloned()
            .unwrap_or_default();
        for (name, property) in &properties {
            let place = if definition.is_empty() {
                name.clone()
            } else {
                format!("{definition}.{name}")
            };
            fields.push(self.field(definition, name, &place, property)?);
        }
        fields.sort_by(|a, b| a.name.cmp(&b.name));
        let mut required: Vec<String> = texts(&object["required"]);
        required.retain(|name| properties.contains_key(name));
        required.sort();
        if let Some(order) = self.config.new.get(definition) {
            let mut sorted = order.clone();
            sorted.sort();
            if sorted != required {
                return Err(self.fail(
                    definition,
                    format!("`new` orders {order:?}, but {required:?} are required"),
                ));
            }
            required.clone_from(order);
        }
        self.shapes.insert(
            rust_name.to_owned(),
            Shape {
                name: rust_name.to_owned(),
                fields,
                required,
            },
        );
        Ok(())
    }

    fn field(
        &mut self,
        definition: &str,
        name: &str,
        place: &str,
        property: &Value,
    ) -> Result<Field, ReadError> {
        let resolved = self.resolve(place, property)?;
        let kind = match self
            .config
            .overlays
            .iter()
            .find(|overlay| overlay.property == place)
        {
            Some(overlay) => {
                self.used.insert(place.to_owned());
                match overlay.kind {
                    OverlayKind::Json => Kind::Json,
                    OverlayKind::Policy => Kind::Policy,
                    OverlayKind::Redrive => Kind::Redrive,
                    OverlayKind::KeySchema => Kind::KeySchema,
                    OverlayKind::TextMap => Kind::Map(Box::new(Kind::Text)),
                }
            }
            None => self.kind(definition, name, place, property)?,
        };
        let items = self.resolve(place, &resolved["items"])?;
        let judged = !matches!(
            kind,
            Kind::Json | Kind::Policy | Kind::Redrive | Kind::KeySchema
        );
        Ok(Field {
            name: name.to_owned(),
            limits: if judged {
                limits(&resolved)
            } else {
                Vec::new()
            },
            item_limits: if matches!(kind, Kind::List(_)) {
                limits(&items)
            } else {
                Vec::new()
            },
            unordered: resolved["insertionOrder"] == false,
            kind,
        })
    }

    /// Follows `$ref`, members beside it winning.
    fn resolve(&self, place: &str, property: &Value) -> Result<Value, ReadError> {
        let Some(reference) = property["$ref"].as_str() else {
            return Ok(property.clone());
        };
        let name = reference.trim_start_matches("#/definitions/");
        let target = self
            .definitions
            .get(name)
            .ok_or_else(|| self.fail(place, format!("no definition {reference}")))?;
        let mut resolved = self.resolve(place, target)?;
        if let (Some(resolved), Some(members)) = (resolved.as_object_mut(), property.as_object()) {
            resolved.extend(
                members
                    .iter()
                    .filter(|(key, _)| *key != "$ref")
                    .map(|(k, v)| (k.clone(), v.clone())),
            );
        }
        Ok(resolved)
    }

    fn kind(
        &mut self,
        definition: &str,
        name: &str,
        place: &str,
        property: &Value,
    ) -> Result<Kind, ReadError> {
        if !property.is_object() {
            return Err(self.fail(place, "isn't an object"));
        }
        self.judge_keywords(place, property)?;
        if let Some(reference) = property["$ref"].as_str() {
            let target = reference.trim_start_matches("#/definitions/").to_owned();
            return self.definition(&target, name, place);
        }
        let merged = self.alternatives(place, property)?;
        match kinds_of(&merged).as_slice() {
            ["object"] => self.object(definition, name, place, &merged),
            ["object", "string"] if merged.get("properties").is_none() => Ok(Kind::Json),
            ["array"] => {
                let item = self.kind(definition, name, place, &merged["items"])?;
                Ok(Kind::List(Box::new(item)))
            }
            ["string"] => Ok(self.text(definition, name, &merged)),
            ["integer"] => Ok(Kind::Integer),
            ["number"] => Ok(Kind::Number),
            ["boolean"] => Ok(Kind::Boolean),
            other => Err(self.fail(
                place,
                format!("type {other:?} wants an overlay in codegen.toml"),
            )),
        }
    }

    fn definition(&mut self, target: &str, name: &str, place: &str) -> Result<Kind, ReadError> {
        let schema = self
            .definitions
            .get(target)
            .cloned()
            .ok_or_else(|| self.fail(place, format!("no definition {target}")))?;
        let merged = self.alternatives(target, &schema)?;
        let has_members = merged["properties"]
            .as_object()
            .is_some_and(|members| !members.is_empty());
        if !has_members {
            let name = if merged["enum"].is_array() {
                target
            } else {
                name
            };
            return self.kind("", name, target, &schema);
        }
        if is_tag(&merged) {
            return Ok(Kind::Tag);
        }
        let rust_name = names::nested(&self.rust_name, target);
        if !self.shapes.contains_key(&rust_name) {
            self.judge_keywords(target, &merged)?;
            self.shape(target, &rust_name, &merged)?;
        }
        Ok(Kind::Struct(rust_name))
    }

    fn judge_keywords(&self, place: &str, schema: &Value) -> Result<(), ReadError> {
        unknown(schema).map_or(Ok(()), |keyword| {
            Err(self.fail(place, format!("unknown keyword `{keyword}`")))
        })
    }

    fn object(
        &mut self,
        definition: &str,
        name: &str,
        place: &str,
        object: &Value,
    ) -> Result<Kind, ReadError> {
        let some = |key: &str| {
            object[key]
                .as_object()
                .filter(|members| !members.is_empty())
                .cloned()
        };
        match (some("properties"), some("patternProperties")) {
            (None, None) => Ok(Kind::Json),
            (Some(_), None) => {
                let rust_name = names::nested(&self.rust_name, &format!("{definition}{name}"));
                self.shape(name, &rust_name, object)?;
                Ok(Kind::Struct(rust_name))
            }
            (None, Some(patterns)) => match patterns.values().collect::<Vec<_>>().as_slice() {
                [value] => Ok(Kind::Map(Box::new(
                    self.kind(definition, name, place, value)?,
                ))),
                _ => Err(self.fail(place, "several patternProperties")),
            },
            (Some(_), Some(_)) => Err(self.fail(place, "both properties and patternProperties")),
        }
    }

    /// See the table in this file's head.
    fn alternatives(&self, place: &str, schema: &Value) -> Result<Value, ReadError> {
        let mut merged = schema.clone();
        for keyword in ["oneOf", "anyOf"] {
            for alternative in schema[keyword].as_array().into_iter().flatten() {
                let keys: Vec<&str> = alternative
                    .as_object()
                    .into_iter()
                    .flatten()
                    .map(|(key, _)| key.as_str())
                    .collect();
                if keys
                    .iter()
                    .all(|key| ["format", "relationshipRef", "required"].contains(key))
                {
                    continue;
                }
                let plain = [
                    "additionalProperties",
                    "properties",
                    "required",
                    "type",
                    "description",
                ];
                let Some(properties) = alternative["properties"]
                    .as_object()
                    .filter(|_| keys.iter().all(|key| plain.contains(key)))
                else {
                    return Err(self.fail(
                        place,
                        format!("`{keyword}` of {keys:?} wants an overlay in codegen.toml"),
                    ));
                };
                merged["type"] = "object".into();
                for (name, property) in properties {
                    merged["properties"][name] = property.clone();
                }
            }
        }
        Ok(merged)
    }

    fn text(&mut self, definition: &str, name: &str, property: &Value) -> Kind {
        let mut values = texts(&property["enum"]);
        values.extend(property["const"].as_str().map(str::to_owned));
        // An older spelling of the same value (`Glacier` beside `GLACIER`) would be the same variant: the first stays.
        let mut seen = BTreeSet::new();
        values.retain(|value| seen.insert(names::variant(value).to_ascii_lowercase()));
        if values.is_empty() {
            return Kind::Text;
        }
        let short = names::nested(&self.rust_name, name);
        let shared = self.sets.get(&short).is_none_or(|sets| sets.len() <= 1);
        let local = if shared {
            name.to_owned()
        } else {
            format!("{definition}{name}")
        };
        let rust_name = names::nested(&self.rust_name, &local);
        self.enums.insert(rust_name.clone(), values);
        Kind::Enum(rust_name)
    }
}

#[cfg(test)]
mod tests;
