//! The schema of the own JSON says what the reader takes, no more and no less.

use super::*;
use serde_json::{Map, Value, json};

/// One instance with every property of the schema; each list has one entry.
fn instance(schema: &Value, of: &Value) -> Value {
    if let Some(constant) = of.get("const") {
        return constant.clone();
    }
    if let Some(reference) = of["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap();
        return match name {
            "text" => json!("x"),
            "kind" => json!("creditNote"),
            "date" => json!("2026-03-02"),
            "amount" => json!("1.25"),
            "decimal" => json!("1.125"),
            "base64" => json!("QUJD"),
            _ => instance(schema, &schema["$defs"][name]),
        };
    }
    if let Some(items) = of.get("items") {
        return json!([instance(schema, items)]);
    }
    let mut object = Map::new();
    for (name, property) in of["properties"].as_object().unwrap() {
        object.insert(name.clone(), instance(schema, property));
    }
    if of["maxProperties"] == json!(1) {
        let first = object.iter().next().map(|(k, v)| (k.clone(), v.clone()));
        object = first.into_iter().collect();
    }
    Value::Object(object)
}

/// What in `value` the schema does not admit.
fn faults(schema: &Value, of: &Value, value: &Value, at: &str, out: &mut Vec<String>) {
    if let Some(reference) = of["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap();
        return faults(schema, &schema["$defs"][name], value, at, out);
    }
    let kind = match value {
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
        Value::Number(n) if n.is_i64() => "integer",
        _ => "other",
    };
    let types = match &of["type"] {
        Value::Null => vec![],
        Value::Array(types) => types.clone(),
        one => vec![one.clone()],
    };
    let wrong = (!types.is_empty() && !types.contains(&json!(kind)))
        || of.get("const").is_some_and(|c| c != value)
        || of["enum"].as_array().is_some_and(|of| !of.contains(value));
    if wrong {
        out.push(at.to_owned());
    }
    for (index, entry) in value.as_array().into_iter().flatten().enumerate() {
        faults(schema, &of["items"], entry, &format!("{at}/{index}"), out);
    }
    for (name, entry) in value.as_object().into_iter().flatten() {
        let at = format!("{at}/{name}");
        match of["properties"].get(name) {
            Some(property) => faults(schema, property, entry, &at, out),
            None => out.push(at),
        }
    }
    for name in of["required"].as_array().into_iter().flatten() {
        if value.get(name.as_str().unwrap()).is_none() {
            out.push(format!("{at}/{name}"));
        }
    }
}

#[test]
fn r23_the_sample_fits_the_schema_and_other_documents_do_not() {
    let schema = json_schema();
    let judged = |text: &str| {
        let mut out = Vec::new();
        faults(
            &schema,
            &schema,
            &serde_json::from_str(text).unwrap(),
            "",
            &mut out,
        );
        out
    };
    assert_eq!(judged(JSON), Vec::<String>::new());
    assert_eq!(judged("{}").len(), 2);
    assert_eq!(judged(&with(JSON, "invoice/1", "invoice/2")), ["/format"]);
    let misspelt = with(JSON, "\"dueDate\"", "\"duedate\"");
    assert_eq!(judged(&misspelt), ["/invoice/duedate"]);
    let number = with(JSON, "\"quantity\": \"3\"", "\"quantity\": 3.5");
    assert_eq!(judged(&number), ["/invoice/lines/0/quantity"]);
}

#[test]
fn r23_the_reader_takes_every_property_of_the_schema() {
    let schema = json_schema();
    let whole = instance(&schema, &schema);
    let document = read(whole.to_string().as_bytes()).unwrap();
    let judgement = judge(&document);
    let of_form = |rule: &str| matches!(rule, "DOCUMENT-UNKNOWN" | "DOCUMENT-VALUE");
    let found: Vec<_> = judgement
        .violations
        .iter()
        .chain(&judgement.warnings)
        .filter(|found| of_form(&found.rule))
        .collect();
    assert!(found.is_empty(), "{found:?}");
}

/// The typed invoice, filled from the whole instance, has no name that the schema lacks.
#[test]
fn r23_the_schema_has_every_term_of_the_typed_invoice() {
    let schema = json_schema();
    let whole = instance(&schema, &schema);
    let document = read(whole.to_string().as_bytes()).unwrap();
    let model = serde_json::to_value(document.invoice()).unwrap();
    let mut missing = Vec::new();
    unknown(
        &schema,
        &schema["$defs"]["invoice"],
        &model["invoice"],
        "",
        &mut missing,
    );
    missing.retain(|at| at != "/extensions");
    assert_eq!(missing, Vec::<String>::new());
}

fn unknown(schema: &Value, of: &Value, model: &Value, at: &str, out: &mut Vec<String>) {
    if let Some(reference) = of["$ref"].as_str() {
        let name = reference.rsplit('/').next().unwrap();
        return unknown(schema, &schema["$defs"][name], model, at, out);
    }
    for entry in model.as_array().into_iter().flatten() {
        unknown(schema, &of["items"], entry, at, out);
    }
    for (name, entry) in model.as_object().into_iter().flatten() {
        let camel: String = name
            .split('_')
            .enumerate()
            .map(|(i, word)| match word.chars().next() {
                Some(first) if i > 0 => first.to_uppercase().chain(word.chars().skip(1)).collect(),
                _ => word.to_owned(),
            })
            .collect();
        let camel = match camel.as_str() {
            "CreditTransfer" => "creditTransfer".to_owned(),
            "Card" => "card".to_owned(),
            "DirectDebit" => "directDebit".to_owned(),
            _ => camel,
        };
        let at = format!("{at}/{camel}");
        match of["properties"].get(&camel) {
            Some(property) => unknown(schema, property, entry, &at, out),
            None => out.push(at),
        }
    }
}
