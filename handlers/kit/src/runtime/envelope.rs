//! What arrives, whatever brought it: an event straight from the bus, a batch of a queue whose messages are events (a rule's
//! target, or a topic's subscription with raw delivery or without), a task, a tick, or records of a table's stream.
//!
//! Unknown fields are tolerated; `replay-name` is kept.

use super::stream::{self, StreamRecord};
use aws_lambda_events::eventbridge::EventBridgeEvent;
use aws_lambda_events::sqs::{SqsEvent, SqsMessage};
use contracts::ids::Sha256Hex;
use contracts::tasks::TaskCall;
use serde::Deserialize;
use serde_json::{Value, json};

/// An event, and what its way here says about it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct BusEvent {
    /// The envelope's id: another one for every publish, the same on every redelivery.
    pub(crate) envelope_id: String,
    /// The event's name.
    pub(crate) detail_type: String,
    /// `{ metadata, data }`. On a replay `metadata.replayOf` names it, so that everything derived inherits it.
    pub(crate) detail: Value,
    /// The replay that brought it or that it derives from.
    pub(crate) replay: Option<String>,
}

/// A message of a queue.
#[derive(Debug)]
pub(crate) struct Message {
    /// By which a partial batch response names it.
    pub(crate) id: String,
    /// How often it was received, this time included.
    pub(crate) receive_count: u32,
    /// The X-Ray header that it carries.
    pub(crate) trace: Option<String>,
    /// The event in it.
    pub(crate) event: Result<BusEvent, Unreadable>,
}

/// What a function was invoked with.
#[derive(Debug)]
pub(crate) enum Arrival {
    /// An event, asynchronously: a failure is the invocation's.
    Event(BusEvent),
    /// A batch: each message fails alone.
    Batch(Vec<Message>),
    /// Records of a table's stream.
    Changes(Vec<StreamRecord>),
    /// A task of the state machine: a failure is the task's.
    Task(TaskCall<Value>),
    /// A tick of the clock, for the handler of this name.
    Tick(String),
}

/// Something that is no event. It never becomes one: it ends in the dead-letter queue.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("it is no event of ours: {0}")]
pub(crate) struct Unreadable(pub(crate) &'static str);

impl Arrival {
    /// Reads a payload.
    pub(crate) fn read(mut payload: Value) -> Result<Self, Unreadable> {
        if let Some(handler) = payload.get("tick").and_then(Value::as_str) {
            return Ok(Self::Tick(handler.to_owned()));
        }
        if payload.get("task").is_some_and(Value::is_string) {
            return TaskCall::deserialize(payload)
                .map(Self::Task)
                .map_err(|_| Unreadable("it is a task without an input"));
        }
        let Some(records) = payload.get_mut("Records").and_then(Value::as_array_mut) else {
            return BusEvent::read(payload).map(Self::Event);
        };
        let of_stream = |record: &Value| record.get("eventSource") == Some(&json!(stream::SOURCE));
        if records.first().is_some_and(of_stream) {
            let records = std::mem::take(records);
            return Ok(Self::Changes(
                records.into_iter().map(StreamRecord::read).collect(),
            ));
        }
        let batch = SqsEvent::deserialize(payload)
            .map_err(|_| Unreadable("its records are not messages of a queue"))?;
        Ok(Self::Batch(
            batch.records.into_iter().map(message).collect(),
        ))
    }
}

fn message(message: SqsMessage) -> Message {
    let attribute = |name: &str| message.attributes.get(name);
    Message {
        receive_count: attribute("ApproximateReceiveCount")
            .and_then(|count| count.parse().ok())
            .unwrap_or(1),
        trace: attribute("AWSTraceHeader").cloned(),
        event: BusEvent::read_text(message.body.as_deref().unwrap_or_default()),
        id: message.message_id.unwrap_or_default(),
    }
}

impl BusEvent {
    fn read_text(body: &str) -> Result<Self, Unreadable> {
        let value: Value =
            serde_json::from_str(body).map_err(|_| Unreadable("its body is no JSON"))?;
        // A topic's subscription without raw delivery wraps the event.
        let wrapped = value.get("Type").is_some_and(|kind| kind == "Notification");
        match value.get("Message").and_then(Value::as_str) {
            Some(inner) if wrapped => {
                let inner = serde_json::from_str(inner)
                    .map_err(|_| Unreadable("the notification's message is no JSON"))?;
                Self::read(inner)
            }
            _ => Self::read(value),
        }
    }

    fn read(value: Value) -> Result<Self, Unreadable> {
        let envelope: EventBridgeEvent<Value> = EventBridgeEvent::deserialize(value)
            .map_err(|_| Unreadable("it has no detail-type, source and detail"))?;
        let mut detail = envelope.detail;
        let Some(metadata) = detail.get_mut("metadata").and_then(Value::as_object_mut) else {
            return Err(Unreadable("its detail has no metadata"));
        };
        if metadata.get("eventType").and_then(Value::as_str) != Some(&envelope.detail_type) {
            return Err(Unreadable("its eventType is not its detail-type"));
        }
        let name = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        let replay = name(envelope.other.get("replay-name"));
        if let Some(replay) = &replay {
            metadata.insert("replayOf".to_owned(), json!(replay));
        }
        let replay = replay.or_else(|| name(metadata.get("replayOf")));
        Ok(Self {
            envelope_id: envelope.id.unwrap_or_default(),
            detail_type: envelope.detail_type,
            detail,
            replay,
        })
    }

    /// A text of the metadata.
    pub(crate) fn metadata(&self, name: &str) -> Option<&str> {
        self.detail.get("metadata")?.get(name)?.as_str()
    }

    /// Digest of the fact: its name and data. What a republish may change (time, cause) is not in it.
    pub(crate) fn digest(&self) -> Sha256Hex {
        let data = self.detail.get("data").unwrap_or(&Value::Null);
        Sha256Hex::of(format!("{}\u{1f}{}", self.detail_type, canonical(data)).as_bytes())
    }
}

/// JSON with sorted keys: another route may have put them in another order.
fn canonical(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let sorted: std::collections::BTreeMap<_, _> = map.iter().collect();
            let fields: Vec<String> = sorted
                .into_iter()
                .map(|(key, value)| format!("{}:{}", Value::from(key.as_str()), canonical(value)))
                .collect();
            format!("{{{}}}", fields.join(","))
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(canonical).collect();
            format!("[{}]", items.join(","))
        }
        leaf => leaf.to_string(),
    }
}

#[cfg(test)]
mod tests;
