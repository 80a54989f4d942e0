//! A message of a dead-letter queue: which event it is and why it lies there. Content stays unread beyond that, and
//! nothing of it is shown: an event's type only if it is one of ours, ids only if they are ids.

use contracts::events::ALL_EVENTS;
use contracts::{CorrelationId, EventId, InvoiceId};
use serde_json::Value;
use std::collections::BTreeMap;
use std::str::FromStr;

/// A received message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The queue's id for it, the same at every receive.
    pub id: String,
    /// What gives it back or deletes it after this receive.
    pub receipt: String,
    /// What was sent.
    pub body: String,
    /// Its attributes.
    pub attributes: BTreeMap<String, Attribute>,
    /// The trace that it belongs to.
    pub trace: Option<String>,
    /// How often it was received, looks included.
    pub receives: u32,
    /// When it was sent, in milliseconds of the epoch.
    pub sent_ms: u64,
}

/// An attribute of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute {
    /// `String`, `Number` or `Binary`, perhaps with a label.
    pub data_type: String,
    /// Its value.
    pub value: AttributeValue,
}

/// The value of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AttributeValue {
    /// A text or a number.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// Which event a message carries.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Carried {
    pub event_type: Option<&'static str>,
    pub event_id: Option<EventId>,
    pub invoice_id: Option<InvoiceId>,
    pub correlation_id: Option<CorrelationId>,
}

/// Longest text of a service that is shown.
const LONGEST_REASON: usize = 200;

impl Letter {
    /// An attribute's text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        match &self.attributes.get(name)?.value {
            AttributeValue::Text(text) => Some(text),
            AttributeValue::Bytes(_) => None,
        }
    }

    /// The event in it, however it is wrapped.
    pub(crate) fn carried(&self) -> Carried {
        let Ok(body) = serde_json::from_str::<Value>(&self.body) else {
            return Carried::default();
        };
        if body["requestPayload"].is_object() {
            return carried(&body["requestPayload"]);
        }
        match unwrapped(&body) {
            Some(message) => serde_json::from_str(message)
                .map_or_else(|_| Carried::default(), |message: Value| carried(&message)),
            None => carried(&body),
        }
    }

    /// Why it lies here, as far as whoever put it here says: the same text for the same cause.
    pub(crate) fn cause(&self) -> String {
        let body = serde_json::from_str::<Value>(&self.body).unwrap_or_default();
        // EventBridge and its scheduler, then SNS.
        for (code, message) in [
            ("ERROR_CODE", "ERROR_MESSAGE"),
            ("ErrorCode", "ErrorMessage"),
        ] {
            if let Some(code) = self.text(code) {
                return reason(code, self.text(message));
            }
        }
        if let Some(condition) = body["requestContext"]["condition"].as_str() {
            let error = body["responsePayload"]["errorType"]
                .as_str()
                .or_else(|| body["responseContext"]["functionError"].as_str());
            return reason(condition, error);
        }
        if self.carried().event_type.is_none() {
            return "not an event of ours".to_owned();
        }
        "received too often without success".to_owned()
    }
}

/// The message that SNS wrapped where it could not deliver it raw.
pub(crate) fn unwrapped(body: &Value) -> Option<&str> {
    (body["Type"] == "Notification" && body["TopicArn"].is_string())
        .then(|| body["Message"].as_str())
        .flatten()
}

fn carried(event: &Value) -> Carried {
    let metadata = &event["detail"]["metadata"];
    let name = event["detail-type"].as_str().unwrap_or_default();
    Carried {
        event_type: ALL_EVENTS
            .iter()
            .map(|spec| spec.name)
            .find(|known| *known == name),
        event_id: id(&metadata["eventId"]),
        invoice_id: id(&metadata["invoiceId"]),
        correlation_id: id(&metadata["correlationId"]),
    }
}

fn id<T: FromStr>(value: &Value) -> Option<T> {
    value.as_str()?.parse().ok()
}

/// A code and a message without what differs from one message to the next.
fn reason(code: &str, message: Option<&str>) -> String {
    let message = message.unwrap_or_default();
    let constant = ["(Service:", "Request ID", "RequestId", "request id"]
        .iter()
        .filter_map(|marker| message.find(marker))
        .min()
        .unwrap_or(message.len());
    let message = message[..constant].trim_end_matches([' ', ';', ',', '(', ':']);
    let text = if message.is_empty() {
        code.to_owned()
    } else {
        format!("{code}: {message}")
    };
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(LONGEST_REASON)
        .collect()
}
