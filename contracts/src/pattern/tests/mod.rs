//! Patterns against events: a table per operator, the structure of events, faults, and properties.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // tests

mod faults;
mod properties;
mod structure;
mod texts;
mod values;

use super::Pattern;
use crate::events::{InvoicePaid, InvoiceSubmitted};
use serde_json::{Value, json};

fn matches(pattern: &Value, event: &Value) -> bool {
    let parsed = Pattern::parse(pattern).unwrap_or_else(|error| panic!("{pattern}: {error}"));
    assert_eq!(Pattern::parse(&parsed.to_json()), Ok(parsed.clone()));
    parsed.matches(event)
}

/// The alternatives as the field of a pattern, against each value as the field of an event.
fn table(alternatives: Value, taken: Value, left: Value) {
    let pattern = json!({ "detail": { "field": alternatives } });
    for (values, wanted) in [(taken, true), (left, false)] {
        for value in values.as_array().unwrap() {
            let event = json!({ "detail": { "field": value } });
            assert_eq!(matches(&pattern, &event), wanted, "{pattern} on {value}");
        }
    }
}

fn event(detail_type: &str) -> Value {
    json!({ "source": "invoicing.portal", "detail-type": detail_type, "detail": { "metadata": {} } })
}

#[test]
fn a_pattern_takes_its_event_and_no_other() {
    let pattern = Pattern::event::<InvoiceSubmitted>();
    assert!(pattern.matches(&event("InvoiceSubmitted")));
    assert!(!pattern.matches(&event("InvoicePaid")));
    assert!(!pattern.matches(&json!({ "source": "aws.s3", "detail-type": "InvoiceSubmitted" })));
}

#[test]
fn r11_a_replay_and_what_derives_from_it_are_left_out() {
    let pattern = Pattern::event::<InvoicePaid>().not_replayed();
    assert_eq!(Pattern::parse(&pattern.to_json()), Ok(pattern.clone()));
    assert!(pattern.matches(&event("InvoicePaid")));
    for mark in [json!("again"), json!(null), json!(""), json!(["again"])] {
        let mut replayed = event("InvoicePaid");
        replayed["replay-name"] = mark.clone();
        assert!(!pattern.matches(&replayed), "{mark}");
        let mut derived = event("InvoicePaid");
        derived["detail"]["metadata"]["replayOf"] = mark.clone();
        assert!(!pattern.matches(&derived), "{mark}");
    }
}
