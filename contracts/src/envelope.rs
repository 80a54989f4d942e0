//! `detail` of every event: `{ "metadata": {...}, "data": {...} }`, and how its ids are derived.

use crate::catalog::{Event, Subject};
use crate::ids::{CorrelationId, EventId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// Prefix of every `source` of ours: `invoicing.<producer>`.
pub const SOURCE_PREFIX: &str = "invoicing.";

/// Upper bound of one event's JSON, in bytes. The smallest hop (SNS, SQS, Step Functions) takes 256 KB; ours stay well below.
pub const MAX_EVENT_BYTES: usize = 64 * 1024;

/// What every event says about itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Metadata<S> {
    /// Derived from event type, aggregate id and aggregate version, so a retried publish repeats it.
    pub event_id: EventId,
    /// The event's name; equals `detail-type`.
    pub event_type: String,
    /// From 1; consumers tolerate unknown fields within a version.
    pub schema_version: u32,
    /// `vendorId`, and `invoiceId` on invoice events.
    #[serde(flatten)]
    pub subject: S,
    /// The aggregate's version that this event announces: what orders events of one aggregate.
    pub aggregate_version: u64,
    /// UTC, the producer's clock.
    #[serde(with = "time::serde::rfc3339")]
    #[schemars(with = "String", extend("format" = "date-time"))]
    pub timestamp: OffsetDateTime,
    /// The AWS region that it was produced in.
    #[schemars(length(max = 32))]
    pub region: String,
    /// The chain that it belongs to.
    pub correlation_id: CorrelationId,
    /// The id of the event or request that caused it.
    #[schemars(length(max = 128))]
    pub causation_id: String,
    /// What a consumer may deduplicate by; equals `eventId` for events of ours.
    #[schemars(length(max = 128))]
    pub idempotency_key: String,
    /// The replay's name, on every event derived from a replayed one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub replay_of: Option<String>,
}

/// The `detail` of an event.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(bound(serialize = "E: Event", deserialize = "E: Event"))]
#[schemars(bound = "E: Event")]
pub struct Detail<E: Event> {
    /// What it says about itself.
    pub metadata: Metadata<E::Subject>,
    /// What happened.
    pub data: E,
}

/// What a new event inherits from its cause.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cause {
    /// The chain.
    pub correlation_id: CorrelationId,
    /// The causing event's or request's id.
    pub causation_id: String,
    /// Set when the causing event was a replayed one.
    pub replay_of: Option<String>,
}

/// Where and when an event is produced: what a pure function can't know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The producer's clock.
    pub now: OffsetDateTime,
    /// The producer's region.
    pub region: String,
}

impl<S: Subject> Metadata<S> {
    /// The metadata of a new event `E` that announces `aggregate_version` of its subject.
    #[must_use]
    pub fn new<E: Event<Subject = S>>(
        subject: S,
        aggregate_version: u64,
        cause: &Cause,
        origin: &Origin,
    ) -> Self {
        let event_id = EventId::of(E::SPEC.name, &subject.aggregate(), aggregate_version);
        Self {
            event_id,
            event_type: E::SPEC.name.to_owned(),
            schema_version: E::SPEC.version,
            subject,
            aggregate_version,
            timestamp: origin.now,
            region: origin.region.clone(),
            correlation_id: cause.correlation_id,
            causation_id: cause.causation_id.clone(),
            idempotency_key: event_id.to_string(),
            replay_of: cause.replay_of.clone(),
        }
    }

    /// What events caused by this one inherit.
    #[must_use]
    pub fn as_cause(&self) -> Cause {
        Cause {
            correlation_id: self.correlation_id,
            causation_id: self.event_id.to_string(),
            replay_of: self.replay_of.clone(),
        }
    }
}
