//! Stored events: at least one of every event and version, written once. Whatever is read today is read for ever.

use crate::{folder, writing};
use contracts::events::*;
use contracts::{Detail, Event, EventSpec};
use serde_json::{Value, json};
use std::path::PathBuf;

/// Reads a stored event as its consumers do; what comes out, written again.
type Read = fn(&Value) -> Result<Value, String>;

fn read<E: Event>(stored: &Value) -> Result<Value, String> {
    let detail: Detail<E> =
        serde_json::from_value(stored.clone()).map_err(|error| error.to_string())?;
    serde_json::to_value(detail).map_err(|error| error.to_string())
}

macro_rules! readers {
    ($($event:ident),+ $(,)?) => { [$((<$event as Event>::SPEC, read::<$event> as Read)),+] };
}

fn readers() -> Vec<(EventSpec, Read)> {
    readers![
        VendorRegistered,
        VendorOnboarded,
        InvoiceSubmitted,
        InvoiceReceived,
        InvoiceValidated,
        InvoiceRejected,
        InvoiceApprovalRequested,
        InvoiceApproved,
        InvoicePaid,
        InvoiceCredited,
        PaymentFailed,
        InvoiceDisputed,
        DisputeResolved,
        InvoiceStuck,
    ]
    .to_vec()
}

fn stored(event: &EventSpec) -> PathBuf {
    folder("events").join(format!("{}-v{}.json", event.name, event.version))
}

/// An event that fits a schema of the contract, with every optional field.
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
        "object" => schema["properties"]
            .as_object()
            .unwrap()
            .iter()
            .map(|(name, of)| (name.clone(), fitting(root, of)))
            .collect(),
        "array" => json!([fitting(root, &schema["items"])]),
        "string" => match (schema["format"].as_str(), schema["pattern"].as_str()) {
            (Some("uuid"), _) => json!("018f3c1e-7b1a-5d6e-9c2f-000000000001"),
            (Some("date-time"), _) => json!("2026-01-31T12:00:00Z"),
            (_, Some(pattern)) if pattern.contains("64") => json!("0".repeat(64)),
            (_, Some(_)) => json!("EUR"),
            _ => json!("x"),
        },
        "integer" => schema.get("minimum").cloned().unwrap_or(json!(1)),
        other => panic!("{other}: {schema}"),
    }
}

#[test]
fn r22_every_stored_event_is_still_read() {
    for (event, read) in readers() {
        let path = stored(&event);
        let schema = (event.schema)();
        if writing() && !path.exists() {
            let mut sample = fitting(&schema, &schema);
            sample["metadata"]["eventType"] = event.name.into();
            sample["metadata"]["schemaVersion"] = event.version.into();
            let text = serde_json::to_string_pretty(&sample).unwrap();
            std::fs::write(&path, format!("{text}\n")).unwrap();
        }
        let text = std::fs::read_to_string(&path)
            .unwrap_or_else(|_| panic!("{}: write it with GOLDEN=write", path.display()));
        let mut sample: Value = serde_json::from_str(&text).unwrap();
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        assert!(validator.is_valid(&sample), "{}", event.name);
        assert_eq!(read(&sample), Ok(sample.clone()), "{}", event.name);
        // A newer producer of the same version may say more: consumers don't mind.
        sample["data"]["saidByANewerProducer"] = json!(true);
        sample["metadata"]["saidByANewerProducer"] = json!(true);
        assert!(read(&sample).is_ok(), "{}", event.name);
        // What is required is missed.
        sample["metadata"]
            .as_object_mut()
            .unwrap()
            .remove("eventId");
        assert!(read(&sample).is_err(), "{}", event.name);
    }
}

#[test]
fn r22_every_event_has_a_reader_and_a_sample() {
    let known: Vec<_> = readers().into_iter().map(|(event, _)| event).collect();
    assert_eq!(known.len(), ALL_EVENTS.len());
    for event in ALL_EVENTS {
        assert!(known.contains(event), "{}", event.name);
    }
    for entry in std::fs::read_dir(folder("events")).unwrap() {
        let path = entry.unwrap().path();
        assert!(
            known.iter().any(|event| stored(event) == path),
            "{}: what was stored stays readable",
            path.display()
        );
    }
}

#[test]
fn r14_the_audit_hears_of_every_event() {
    use contracts::{Handler, handlers::Audit};
    let heard = Audit::SPEC.inputs.events;
    let deaf: Vec<_> = ALL_EVENTS
        .iter()
        .filter(|event| !heard.contains(event))
        .map(|event| event.name)
        .collect();
    assert!(deaf.is_empty(), "add to `on` of the audit: {deaf:?}");
}
