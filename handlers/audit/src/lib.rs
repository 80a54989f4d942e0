//! Keeps every event, and every version of every vendor and invoice, in rows that are appended and never change (R14).
//!
//! Two sources, each complete by itself: the bus brings the events, the tables' streams bring the versions. Both bring
//! things more than once, so a row that is there and says the same is no error; one that says something else is.
//! What reads the trail and verifies its chain is not here.

mod versions;

pub use versions::{Version, changed, version_of};

use contracts::envelope::Detail;
use contracts::handlers::{Audit, Consumes};
use contracts::records::EventRow;
use contracts::{Event, Subject};
use ports::{AppendAudit, Fault, PortError};

/// Keeps an event: the whole detail, which by contract holds no content of documents and no personal data. A replayed
/// event is the same event and leaves the row as it is.
///
/// # Errors
/// When the trail does not answer.
pub async fn handle<E, W>(world: &W, event: &Detail<E>) -> Result<(), Fault>
where
    E: Event,
    Audit: Consumes<E>,
    W: AppendAudit + Sync,
{
    match world.append_event(event_row(event)).await {
        // An event's id is derived from what it announces: whatever is there under it is this event.
        Ok(()) | Err(PortError::Conflict { .. }) => Ok(()),
        Err(failed) => Err(failed.into()),
    }
}

/// An event as its row.
#[must_use]
pub fn event_row<E: Event>(event: &Detail<E>) -> EventRow {
    EventRow {
        aggregate: event.metadata.subject.partition(),
        event_id: event.metadata.event_id,
        event_type: E::SPEC.name.to_owned(),
        // An event always serialises: its maps have string keys and it has no floats.
        detail: serde_json::to_value(event).unwrap_or_default(),
    }
}
