//! Golden envelopes of every route, and what is tolerated.
#![allow(clippy::unwrap_used, clippy::panic)] // tests

use super::*;
use proptest::prelude::*;

fn event() -> Value {
    json!({
        "version": "0", "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718", "detail-type": "InvoiceSubmitted",
        "source": "invoicing.portal", "account": "000000000000", "time": "2026-03-01T10:00:00Z", "region": "eu-central-1",
        "resources": [], "tomorrow": "an unknown field",
        "detail": {
            "metadata": { "eventId": "e", "eventType": "InvoiceSubmitted", "correlationId": "c" },
            "data": { "document": { "key": "invoices/a" }, "unknown": 1 },
        },
    })
}

fn batch(bodies: &[String]) -> Value {
    let records: Vec<Value> = bodies
        .iter()
        .enumerate()
        .map(|(index, body)| {
            json!({
                "messageId": format!("m{index}"), "receiptHandle": "r", "body": body,
                "attributes": { "ApproximateReceiveCount": "3", "AWSTraceHeader": "Root=1-a-b;Sampled=1", "SentTimestamp": "1" },
                "messageAttributes": {}, "md5OfBody": "x", "eventSource": "aws:sqs",
                "eventSourceARN": "arn:aws:sqs:eu-central-1:000000000000:validation", "awsRegion": "eu-central-1",
            })
        })
        .collect();
    json!({ "Records": records })
}

fn messages(payload: Value) -> Vec<Message> {
    match Arrival::read(payload).unwrap() {
        Arrival::Batch(messages) => messages,
        other => panic!("{other:?}"),
    }
}

fn direct(payload: Value) -> BusEvent {
    match Arrival::read(payload).unwrap() {
        Arrival::Event(event) => event,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_event_straight_from_the_bus_is_read() {
    let read = direct(event());
    assert_eq!(read.detail_type, "InvoiceSubmitted");
    assert_eq!(read.envelope_id, "6a7e8feb-b491-4cf7-a9f1-bf3703467718");
    assert_eq!(read.metadata("correlationId"), Some("c"));
    assert_eq!(read.replay, None);
}

#[test]
fn every_route_brings_the_same_event() {
    let straight = direct(event());
    let wrapped = json!({
        "Type": "Notification", "MessageId": "n", "TopicArn": "arn:aws:sns:eu-central-1:000000000000:t",
        "Message": event().to_string(), "Timestamp": "2026-03-01T10:00:00Z", "SignatureVersion": "1",
    });
    // A rule's queue and a raw subscription look alike; the third wraps.
    for message in messages(batch(&[event().to_string(), wrapped.to_string()])) {
        assert_eq!(message.event.unwrap(), straight);
        assert_eq!(message.receive_count, 3);
        assert_eq!(message.trace.as_deref(), Some("Root=1-a-b;Sampled=1"));
    }
}

#[test]
fn r10_a_poison_message_is_unreadable_alone() {
    let mut other_type = event();
    other_type["detail"]["metadata"]["eventType"] = json!("InvoicePaid");
    let poison = [
        "not json",
        "{}",
        "[]",
        "{\"Type\":\"Notification\",\"Message\":\"x\"}",
        &other_type.to_string(),
    ];
    let mut bodies: Vec<String> = poison.iter().map(|body| (*body).to_owned()).collect();
    bodies.push(event().to_string());
    let read = messages(batch(&bodies));
    let failed: Vec<_> = read
        .iter()
        .filter(|m| m.event.is_err())
        .map(|m| m.id.as_str())
        .collect();
    assert_eq!(failed, ["m0", "m1", "m2", "m3", "m4"]);
    assert!(read[5].event.is_ok());
}

#[test]
fn r11_a_replay_is_seen_and_handed_on() {
    let mut replayed = event();
    replayed["replay-name"] = json!("again");
    let read = direct(replayed);
    assert_eq!(read.replay.as_deref(), Some("again"));
    assert_eq!(read.metadata("replayOf"), Some("again"));

    let mut derived = event();
    derived["detail"]["metadata"]["replayOf"] = json!("again");
    assert_eq!(direct(derived).replay.as_deref(), Some("again"));
}

#[test]
fn r12_a_republished_fact_has_the_same_digest_and_another_fact_has_not() {
    let one = direct(event());
    let mut republished = event();
    republished["id"] = json!("another envelope");
    republished["detail"]["metadata"]["timestamp"] = json!("2026-03-02T10:00:00Z");
    assert_eq!(direct(republished).digest(), one.digest());
    let mut other = event();
    other["detail"]["data"]["document"]["key"] = json!("invoices/b");
    assert_ne!(direct(other).digest(), one.digest());
}

proptest! {
    #[test]
    fn no_text_makes_the_reader_panic(body in ".{0,200}") {
        let read = messages(batch(&[body]));
        prop_assert_eq!(read.len(), 1);
    }

    #[test]
    fn canonical_json_is_json_with_the_same_meaning(pairs in prop::collection::btree_map("[a-z\"]{1,4}", any::<i64>(), 0..6)) {
        let value = json!({ "a": pairs, "b": [1, "x"] });
        let read: Value = serde_json::from_str(&canonical(&value)).unwrap();
        prop_assert_eq!(read, value);
    }
}

#[test]
fn tasks_ticks_and_streams_are_told_from_events() {
    let task = json!({ "task": "AskDecision", "input": { "turn": "first" }, "token": "t" });
    assert!(matches!(Arrival::read(task), Ok(Arrival::Task(call)) if call.token.is_some()));
    assert!(Arrival::read(json!({ "task": "AskDecision" })).is_err());
    let tick = Arrival::read(json!({ "tick": "sweeper" }));
    assert!(matches!(tick, Ok(Arrival::Tick(name)) if name == "sweeper"));
    let records = json!({ "Records": [{ "eventSource": "aws:dynamodb" }] });
    assert!(matches!(Arrival::read(records), Ok(Arrival::Changes(records)) if records.len() == 1));
    let empty = Arrival::read(json!({ "Records": [] }));
    assert!(matches!(empty, Ok(Arrival::Batch(messages)) if messages.is_empty()));
}
