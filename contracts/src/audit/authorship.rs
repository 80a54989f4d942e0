//! Who made a version, as its head says it beside the record. A table's stream carries the images of items and nothing else,
//! and the audit trail is written from it (R14).

use crate::items::{self, Item, attributes};
use crate::records::HistoryRecord;
use serde_json::Value;

/// Who or what made the version. On heads.
pub const ACTOR: &str = "actor";
/// When it was made. On heads.
pub const CHANGED_AT: &str = "changed_at";

/// Who made a version, by which event, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Authorship {
    /// Who or what did it.
    pub actor: String,
    /// The event that announces the version, or the event or request that caused it where none does.
    pub event_id: String,
    /// When, like every timestamp at rest.
    pub at: String,
}

/// A head that says who made its version.
#[must_use]
pub fn attributed(mut head: Item, history: &HistoryRecord) -> Item {
    let announced = history.announces.first();
    let event_id = announced.map_or_else(
        || history.cause.causation_id.clone(),
        |event| event.event_id.to_string(),
    );
    head.insert(ACTOR.to_owned(), history.actor.clone().into());
    head.insert(attributes::EVENT_ID.to_owned(), event_id.into());
    head.insert(CHANGED_AT.to_owned(), items::timestamp(history.at).into());
    head
}

/// What a head says of who made its version; the name of the attribute that it lacks otherwise.
///
/// # Errors
/// The attribute that is missing or is no text.
pub fn authorship(head: &Item) -> Result<Authorship, &'static str> {
    let text = |name: &'static str| {
        let value = head.get(name).and_then(Value::as_str);
        value.map(str::to_owned).ok_or(name)
    };
    Ok(Authorship {
        actor: text(ACTOR)?,
        event_id: text(attributes::EVENT_ID)?,
        at: text(CHANGED_AT)?,
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // tests
    use super::*;
    use crate::envelope::Cause;
    use crate::ids::{CorrelationId, EventId};
    use crate::records::Announcement;
    use time::OffsetDateTime;

    #[test]
    fn r14_a_head_names_the_event_that_announces_it_or_else_its_cause() {
        let mut history = HistoryRecord {
            version: 4,
            from: None,
            to: None,
            actor: "payment".into(),
            cause: Cause {
                correlation_id: CorrelationId::of_request("a", "b"),
                causation_id: "cause".into(),
                replay_of: None,
            },
            announces: Vec::new(),
            at: OffsetDateTime::UNIX_EPOCH,
        };
        let silent = authorship(&attributed(Item::new(), &history)).unwrap();
        assert_eq!(silent.event_id, "cause");
        assert_eq!(silent.actor, "payment");
        assert_eq!(silent.at, "1970-01-01T00:00:00.000000000Z");
        let event_id = EventId::of("InvoicePaid", "a", 4);
        history.announces.push(Announcement {
            event_id,
            event_type: "InvoicePaid".into(),
        });
        let announced = authorship(&attributed(Item::new(), &history)).unwrap();
        assert_eq!(announced.event_id, event_id.to_string());
        assert_eq!(authorship(&Item::new()), Err(ACTOR));
    }
}
