//! R22: the schemas in the registry say the same as those that come from the types.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests fail by panicking"
)]

mod common;

use common::{environment, synth_of};
use contracts::events::ALL_EVENTS;
use serde_json::{Value, json};
use stack::Graph;
use stack::schemas::{DRAFT_4, Unconvertible, to_draft_4};

/// A document that fits a schema of the contract: every property, the shortest that there is.
fn fitting(root: &Value, schema: &Value) -> Value {
    if let Some(reference) = schema["$ref"].as_str() {
        return fitting(root, root.pointer(&reference[1..]).unwrap());
    }
    if let Some(one) = schema["oneOf"].as_array().or(schema["anyOf"].as_array()) {
        return fitting(root, &one[0]);
    }
    if let Some(value) = schema.get("const") {
        return value.clone();
    }
    if let Some(values) = schema["enum"].as_array() {
        return values[0].clone();
    }
    let kind = schema["type"].as_str().or(schema["type"][0].as_str());
    match kind.unwrap_or_else(|| panic!("{schema}")) {
        "object" => {
            let properties = schema["properties"].as_object().unwrap();
            properties
                .iter()
                .map(|(name, of)| (name.clone(), fitting(root, of)))
                .collect()
        }
        "array" => json!([fitting(root, &schema["items"])]),
        "string" => match schema["format"].as_str() {
            Some("uuid") => json!("018f3c1e-7b1a-5d6e-9c2f-000000000001"),
            Some("date-time") => json!("2026-01-31T12:00:00Z"),
            _ => schema["pattern"].as_str().map_or_else(
                || json!("x"),
                |pattern| {
                    // The contract's patterns are of digits and letters of a fixed count.
                    let sixty_four = pattern.contains("64");
                    json!(if sixty_four {
                        "0".repeat(64)
                    } else {
                        "EUR".to_owned()
                    })
                },
            ),
        },
        "integer" => schema.get("minimum").cloned().unwrap_or(json!(1)),
        other => panic!("{other}: {schema}"),
    }
}

/// The document with each value in it, at any depth, taken away or put wrong, one at a time.
fn mutations(value: &Value) -> Vec<Value> {
    let mut out = Vec::new();
    if let Value::Object(members) = value {
        for name in members.keys() {
            let mut without = members.clone();
            without.remove(name);
            out.push(Value::Object(without));
            for inner in mutations(&members[name]) {
                let mut with = members.clone();
                with.insert(name.clone(), inner);
                out.push(Value::Object(with));
            }
        }
        let mut more = members.clone();
        more.insert("unheardOf".into(), json!(1));
        out.push(Value::Object(more));
    }
    if let Value::Array(items) = value {
        out.push(Value::Array(vec![items[0].clone(); 60]));
        out.extend(mutations(&items[0]).into_iter().map(|item| json!([item])));
    }
    for wrong in [
        json!(null),
        json!(-1),
        json!(1.5),
        json!("y".repeat(2000)),
        json!([]),
        json!(true),
    ] {
        out.push(wrong);
    }
    out
}

#[test]
fn r22_both_forms_of_every_schema_judge_the_same_documents_alike() {
    for event in ALL_EVENTS {
        let modern = (event.schema)();
        let draft_4 = to_draft_4(&modern).unwrap();
        assert!(
            jsonschema::draft4::meta::is_valid(&draft_4),
            "{}",
            event.name
        );
        let as_modern = jsonschema::draft202012::options()
            .should_validate_formats(true)
            .build(&modern)
            .unwrap();
        let as_draft_4 = jsonschema::draft4::new(&draft_4).unwrap();
        let sample = fitting(&modern, &modern);
        assert!(as_modern.is_valid(&sample), "{}: {sample}", event.name);
        let (mut fits, mut fails) = (0, 0);
        for document in std::iter::once(sample.clone()).chain(mutations(&sample)) {
            let verdict = as_modern.is_valid(&document);
            assert_eq!(
                as_draft_4.is_valid(&document),
                verdict,
                "{}: {document}",
                event.name
            );
            *(if verdict { &mut fits } else { &mut fails }) += 1;
        }
        assert!(
            fits > 1 && fails > 50,
            "{}: {fits} fit, {fails} fail",
            event.name
        );
    }
}

#[test]
fn r22_the_registry_holds_every_version_of_every_event_under_each_source_that_publishes_it() {
    let graph = Graph::declared();
    let prod = environment("prod");
    let template = synth_of(&prod, &graph).template;
    let mut names = Vec::new();
    for (id, resource) in template
        .resources()
        .filter(|(_, r)| r["Type"] == "AWS::EventSchemas::Schema")
    {
        let properties = &resource["Properties"];
        assert_eq!(properties["Type"], "JSONSchemaDraft4", "{id}");
        assert_eq!(properties["RegistryName"], prod.stack_name(), "{id}");
        let content = properties["Content"].as_str().unwrap();
        assert!(content.len() <= 100_000, "{id}");
        let content: Value = serde_json::from_str(content).unwrap();
        assert_eq!(content["$schema"], DRAFT_4, "{id}");
        names.push(properties["SchemaName"].as_str().unwrap().to_owned());
    }
    for event in ALL_EVENTS {
        let suffix = format!("@{}-v{}", event.name, event.version);
        assert!(names.iter().any(|name| name.ends_with(&suffix)), "{suffix}");
        for producer in graph.producers(event.name) {
            assert!(
                names.contains(&format!("{}{suffix}", producer.source())),
                "{suffix}"
            );
        }
    }
}

#[test]
fn what_draft_4_can_say_otherwise_is_said_otherwise() {
    let modern = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$defs": { "Kind": { "const": "a" } },
        "properties": {
            "kind": { "$ref": "#/$defs/Kind", "description": "gone" },
            "short": { "$ref": "#/$defs/Kind", "maxLength": 3 },
            "positive": { "type": "number", "exclusiveMinimum": 0 },
            "pair": { "prefixItems": [true, { "type": "string" }], "items": false },
        },
        "required": [],
    });
    let draft_4 = json!({
        "$schema": DRAFT_4,
        "definitions": { "Kind": { "enum": ["a"] } },
        "properties": {
            "kind": { "$ref": "#/definitions/Kind" },
            "short": { "allOf": [{ "$ref": "#/definitions/Kind" }, { "maxLength": 3 }] },
            "positive": { "type": "number", "minimum": 0, "exclusiveMinimum": true },
            "pair": { "items": [{}, { "type": "string" }], "additionalItems": false },
        },
    });
    assert_eq!(to_draft_4(&modern), Ok(draft_4));
}

#[test]
fn what_draft_4_cannot_say_is_an_error_and_no_silent_loss() {
    let schema = json!({ "properties": { "a": { "if": {}, "then": {} } } });
    let error = Unconvertible {
        keyword: "if".into(),
        at: "/properties/a/if".into(),
    };
    assert_eq!(to_draft_4(&schema), Err(error));
}
