//! An event as a file holds it and the bus takes it. Not judged by the contract: a broken event is a legitimate test.

use crate::failure::{Failure, Place};
use contracts::InvoiceId;
use serde::Deserialize;
use serde_json::{Map, Value};

/// One entry for the bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventEntry {
    /// `source`.
    pub source: String,
    /// `detail-type`.
    pub detail_type: String,
    /// `detail`, as JSON text.
    pub detail: String,
    /// `detail.metadata.eventId`, where there is one.
    pub event_id: Option<String>,
    /// `detail.metadata.correlationId`, where there is one.
    pub correlation_id: Option<String>,
    /// `detail.metadata.invoiceId`, where there is one.
    pub invoice_id: Option<InvoiceId>,
}

#[derive(Deserialize)]
struct Envelope {
    source: String,
    #[serde(rename = "detail-type")]
    detail_type: String,
    detail: Map<String, Value>,
}

const HELP: &str =
    r#"an event is {"source": "invoicing.<producer>", "detail-type": "<Event>", "detail": {...}}"#;

impl EventEntry {
    /// Reads an entry. `detail` must be an object; what is in it is the sender's business.
    ///
    /// # Errors
    /// [`Failure::Unreadable`] with line and column.
    pub fn parse(name: &str, text: &str) -> Result<Self, Failure> {
        let unreadable = |place, reason: String| Failure::Unreadable {
            name: name.to_owned(),
            place,
            reason,
            help: HELP.to_owned(),
        };
        let envelope: Envelope = serde_json::from_str(text).map_err(|why| {
            let place = (why.line() > 0).then(|| Place {
                line: why.line(),
                column: why.column(),
            });
            unreadable(place, format!("not an event: {why}"))
        })?;
        for (field, value) in [
            ("source", &envelope.source),
            ("detail-type", &envelope.detail_type),
        ] {
            if value.is_empty() {
                return Err(unreadable(
                    None,
                    format!("not an event: `{field}` is empty"),
                ));
            }
        }
        let known = |field: &str| {
            let text = envelope.detail.get("metadata")?.get(field)?.as_str()?;
            Some(text.to_owned())
        };
        let (event_id, correlation_id) = (known("eventId"), known("correlationId"));
        let invoice_id = known("invoiceId").and_then(|id| id.parse().ok());
        Ok(Self {
            source: envelope.source,
            detail_type: envelope.detail_type,
            detail: Value::Object(envelope.detail).to_string(),
            event_id,
            correlation_id,
            invoice_id,
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // tests
    use super::*;

    #[test]
    fn an_entry_keeps_its_detail_and_finds_its_ids() {
        let id = "6f1c2d0e-7b54-5a3e-9a41-70b15c0de001";
        let text = format!(
            r#"{{"source":"invoicing.portal","detail-type":"InvoicePaid",
                "detail":{{"metadata":{{"eventId":"e","correlationId":"c","invoiceId":"{id}"}},"data":{{"n": 7}}}}}}"#
        );
        let entry = EventEntry::parse("e.json", &text).unwrap();
        assert!(entry.detail.contains("\"n\":7"), "{}", entry.detail);
        assert_eq!(entry.event_id.as_deref(), Some("e"));
        assert_eq!(entry.correlation_id.as_deref(), Some("c"));
        assert_eq!(entry.invoice_id.unwrap().to_string(), id);
    }

    #[test]
    fn a_detail_of_any_shape_can_be_sent_and_a_broken_envelope_is_placed() {
        let poison = r#"{"source":"s","detail-type":"t","detail":{"metadata":7}}"#;
        assert_eq!(EventEntry::parse("e", poison).unwrap().event_id, None);
        let broken = EventEntry::parse("e.json", "{\"source\":\n 7}").unwrap_err();
        assert!(broken.to_string().starts_with("e.json:2:"), "{broken}");
        assert_eq!(broken.exit(), 3);
        let text = r#"{"source":"s","detail-type":"t","detail":"text"}"#;
        assert!(EventEntry::parse("e", text).is_err());
    }
}
