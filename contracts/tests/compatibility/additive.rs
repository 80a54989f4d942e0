//! Whether one schema accepts everything that another one does, as far as schemas of the contract differ: what a later
//! form of the same version may change, and what it may not.

use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

/// What readers of the old form would stumble over, by path.
pub fn breaks(old: &Value, new: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare((old, old), (new, new), "$", &mut found);
    found
}

/// A schema within its document: `$ref`s are looked up there.
type At<'a> = (&'a Value, &'a Value);

fn resolved<'a>((root, schema): At<'a>) -> At<'a> {
    match schema["$ref"].as_str() {
        Some(reference) => {
            let target = root.pointer(reference.trim_start_matches('#'));
            resolved((root, target.unwrap_or_else(|| panic!("{reference}"))))
        }
        None => (root, schema),
    }
}

fn compare(old: At<'_>, new: At<'_>, path: &str, found: &mut Vec<String>) {
    let ((old_root, old), (new_root, new)) = (resolved(old), resolved(new));
    let mut broken = |what: String| found.push(format!("{path}: {what}"));
    let (before, after) = (words(&old["type"]), words(&new["type"]));
    if !after.is_empty() && (before.is_empty() || !before.is_subset(&after)) {
        broken(format!("was {before:?}, is {after:?}"));
    }
    for name in words(&new["required"]).difference(&words(&old["required"])) {
        broken(format!("`{name}` is required now"));
    }
    if let Some(values) = values(new) {
        match self::values(old) {
            Some(earlier) if earlier.iter().all(|value| values.contains(value)) => {}
            _ => broken("fewer values are allowed".to_owned()),
        }
    }
    for (bound, tighter) in [
        ("maxLength", less as fn(f64, f64) -> bool),
        ("maxItems", less),
        ("maximum", less),
        ("minLength", more),
        ("minItems", more),
        ("minimum", more),
    ] {
        if let Some(limit) = new[bound].as_f64()
            && old[bound].as_f64().is_none_or(|was| tighter(limit, was))
        {
            broken(format!("{bound} is {limit} now"));
        }
    }
    for exact in ["pattern", "format"] {
        if new.get(exact).is_some() && new[exact] != old[exact] {
            broken(format!("{exact} is {} now", new[exact]));
        }
    }
    if new["additionalProperties"] == json!(false) && old["additionalProperties"] != json!(false) {
        broken("unknown fields are refused now".to_owned());
    }
    let none = Map::new();
    let properties = |schema: &'_ Value| schema["properties"].as_object().unwrap_or(&none).clone();
    let later = properties(new);
    for (name, was) in properties(old) {
        match later.get(&name) {
            Some(is) => compare(
                (old_root, &was),
                (new_root, is),
                &format!("{path}.{name}"),
                found,
            ),
            None => found.push(format!("{path}: `{name}` is gone")),
        }
    }
    if let (Some(was), Some(is)) = (old.get("items"), new.get("items")) {
        compare((old_root, was), (new_root, is), &format!("{path}[]"), found);
    }
    for alternatives in ["oneOf", "anyOf"] {
        let Some(later) = new[alternatives].as_array() else {
            continue;
        };
        let earlier = old[alternatives].as_array().cloned();
        for was in earlier.unwrap_or_else(|| vec![old.clone()]) {
            let kept = later.iter().any(|is| {
                let mut trial = Vec::new();
                compare((old_root, &was), (new_root, is), path, &mut trial);
                trial.is_empty()
            });
            if !kept {
                found.push(format!("{path}: an alternative is gone: {was}"));
            }
        }
    }
}

fn less(a: f64, b: f64) -> bool {
    a < b
}

fn more(a: f64, b: f64) -> bool {
    a > b
}

fn words(value: &Value) -> BTreeSet<String> {
    match value {
        Value::String(word) => [word.clone()].into(),
        Value::Array(words) => words
            .iter()
            .filter_map(|word| word.as_str().map(str::to_owned))
            .collect(),
        _ => BTreeSet::new(),
    }
}

fn values(schema: &Value) -> Option<Vec<Value>> {
    if let Some(value) = schema.get("const") {
        return Some(vec![value.clone()]);
    }
    schema["enum"].as_array().cloned()
}

fn schema() -> Value {
    json!({
        "$defs": { "Kind": { "type": "string", "enum": ["a", "b"] } },
        "type": "object",
        "properties": {
            "kind": { "$ref": "#/$defs/Kind" },
            "name": { "type": "string", "maxLength": 10, "minLength": 1 },
            "lines": { "type": "array", "maxItems": 5, "items": { "type": "integer", "minimum": 0 } },
            "either": { "oneOf": [{ "const": "x" }, { "type": "object", "properties": { "n": { "type": "integer" } } }] },
        },
        "required": ["kind"],
    })
}

fn changed(pointer: &str, value: Value) -> Value {
    let mut schema = schema();
    *schema
        .pointer_mut(pointer)
        .unwrap_or_else(|| panic!("{pointer}")) = value;
    schema
}

#[test]
fn what_readers_stumble_over_is_found() {
    for (pointer, value) in [
        ("/required", json!(["kind", "name"])),
        ("/$defs/Kind/enum", json!(["a"])),
        ("/properties/name/type", json!("integer")),
        ("/properties/name/maxLength", json!(9)),
        ("/properties/name/minLength", json!(2)),
        ("/properties/lines/maxItems", json!(4)),
        ("/properties/lines/items/minimum", json!(1)),
        ("/properties/either/oneOf", json!([{ "const": "x" }])),
        (
            "/properties/name",
            json!({ "type": "string", "maxLength": 10, "minLength": 1, "pattern": "^a" }),
        ),
    ] {
        let found = breaks(&schema(), &changed(pointer, value.clone()));
        assert!(!found.is_empty(), "{pointer} -> {value}");
    }
    let mut gone = schema();
    gone["properties"].as_object_mut().unwrap().remove("name");
    assert_eq!(breaks(&schema(), &gone), ["$: `name` is gone"]);
    let mut closed = schema();
    closed["additionalProperties"] = json!(false);
    assert!(!breaks(&schema(), &closed).is_empty());
}

#[test]
fn what_is_only_added_is_no_break() {
    assert!(breaks(&schema(), &schema()).is_empty());
    let mut grown = changed("/$defs/Kind/enum", json!(["a", "b", "c"]));
    grown["properties"]["more"] = json!({ "type": "string" });
    grown["properties"]["name"]["maxLength"] = json!(20);
    grown["required"] = json!([]);
    assert_eq!(breaks(&schema(), &grown), Vec::<String>::new());
}
