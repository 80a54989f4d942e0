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
/// When the trail does not answer, and a conflict when it holds something else under the event's id.
pub async fn handle<E, W>(world: &W, event: &Detail<E>) -> Result<(), Fault>
where
    E: Event,
    Audit: Consumes<E>,
    W: AppendAudit + Sync,
{
    let row = event_row(event);
    let refused = match world.append_event(row.clone()).await {
        Err(refused @ PortError::Conflict { .. }) => refused,
        other => return Ok(other?),
    };
    match world.audit_event(&row.aggregate, row.event_id).await? {
        Some(there) if says_the_same(event, &there) => Ok(()),
        _ => Err(refused.into()),
    }
}

/// Whether a row tells of the same fact as an event. When it was said, and by which replay, may differ. What is kept is read
/// as today's schema reads it, so that fields which came later make no difference.
fn says_the_same<E: Event>(event: &Detail<E>, there: &EventRow) -> bool {
    let Ok(kept) = serde_json::from_value::<Detail<E>>(there.detail.clone()) else {
        return false;
    };
    let about = |detail: &Detail<E>| {
        let of = &detail.metadata;
        (of.subject.partition(), of.aggregate_version)
    };
    let data = |detail: &Detail<E>| serde_json::to_value(&detail.data).ok();
    there.event_type == E::SPEC.name && about(&kept) == about(event) && data(&kept) == data(event)
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
