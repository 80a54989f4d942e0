//! One event, delivered: claimed, decided, published, counted and logged.

use super::direct::UNKNOWN;
use super::envelope::{BusEvent, Unreadable};
use super::invocation::{Service, Way};
use super::logs::causes;
use super::metrics::Tally;
use super::work::{OnEvent, WorkFault, perform};
use crate::store::{Outcome, TableClaims, unmarked};
use crate::world::World;
use contracts::{EventId, Handler};
use futures_util::FutureExt as _;
use ports::PortError;
use ports::idempotency::{Claim, ClaimKey, Consumed, Finished, Grant, NotConsumed, consume_once};
use std::sync::Arc;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tracing::Instrument as _;

/// Why a delivery failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeliveryFault {
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
    #[error("{consumer} has no decision on this event type; check the rule that sent it")]
    Unknown { consumer: &'static str },
    #[error(transparent)]
    NotConsumed(#[from] NotConsumed<WorkFault>),
    #[error("it was done before, and its outcome could not be published again")]
    NotRepublished(#[source] PortError),
}

impl DeliveryFault {
    /// Whether nothing failed: another delivery works on the event, and it comes again.
    fn is_passing(&self) -> bool {
        matches!(self, Self::NotConsumed(NotConsumed::InProgress { .. }))
    }
}

impl<H: Handler> Service<H> {
    /// Delivers one event; the metrics and the log line are written whatever happens.
    pub(crate) async fn deliver(
        &self,
        event: Result<BusEvent, Unreadable>,
        way: Way,
    ) -> Result<(), DeliveryFault> {
        let field = |name| {
            let event = event.as_ref().ok();
            event
                .and_then(|event| event.metadata(name))
                .unwrap_or("")
                .to_owned()
        };
        let detail_type = event
            .as_ref()
            .map_or("", |event| event.detail_type.as_str());
        let span = tracing::info_span!(
            "event",
            consumer = H::SPEC.name,
            event_type = detail_type,
            event_id = field("eventId"),
            correlation_id = field("correlationId"),
            vendor_id = field("vendorId"),
            invoice_id = field("invoiceId"),
            envelope_id = event
                .as_ref()
                .map_or("", |event| event.envelope_id.as_str()),
            request_id = way.request_id,
        );
        self.count_and_log(event, way).instrument(span).await
    }

    async fn count_and_log(
        &self,
        event: Result<BusEvent, Unreadable>,
        way: Way,
    ) -> Result<(), DeliveryFault> {
        let begin = OffsetDateTime::now_utc();
        let known = event.as_ref().ok().and_then(|event| {
            let known = self
                .decisions
                .events
                .get_key_value(event.detail_type.as_str());
            known.map(|(name, _)| *name)
        });
        let mut tally = Tally {
            retried: way.receive_count.is_some_and(|count| count > 1),
            replayed: event.as_ref().is_ok_and(|event| event.replay.is_some()),
            age_ms: event.as_ref().ok().and_then(|event| age_ms(event, begin)),
            ..Tally::default()
        };
        let result = match event {
            Ok(event) => self.consume(event, way, &mut tally).await,
            Err(unreadable) => Err(unreadable.into()),
        };
        let end = OffsetDateTime::now_utc();
        tally.succeeded = result.is_ok();
        tally.latency_ms = (end - begin).whole_milliseconds().try_into().unwrap_or(0);
        match &result {
            Ok(()) if tally.duplicate => tracing::info!("done before: nothing to do"),
            Ok(()) => tracing::info!(latency_ms = tally.latency_ms, "done"),
            Err(fault) if fault.is_passing() => {
                (tally.deferred, tally.retried) = (true, true);
                tracing::warn!(reason = causes(fault), "put off");
            }
            Err(fault) => tracing::error!(error = causes(fault), "failed"),
        }
        self.count(known.unwrap_or(UNKNOWN), &tally, end);
        result
    }

    async fn consume(
        &self,
        event: BusEvent,
        way: Way,
        tally: &mut Tally,
    ) -> Result<(), DeliveryFault> {
        let Some(route) = self.decisions.events.get(event.detail_type.as_str()) else {
            return Err(DeliveryFault::Unknown {
                consumer: H::SPEC.name,
            });
        };
        let id: EventId = event
            .metadata("eventId")
            .and_then(|id| id.parse().ok())
            .ok_or(Unreadable("its eventId is no UUID"))?;
        let settings = &self.shared.settings;
        let wanted = Claim {
            key: ClaimKey::consumer(H::SPEC.name, id),
            payload: event.digest(),
            lease: settings.lease,
            keep: settings.keep,
        };
        let claims = TableClaims(Arc::clone(&self.shared));
        let BusEvent { detail, replay, .. } = event;
        let trace = way.trace;
        let consumed = consume_once(&claims, &wanted, OffsetDateTime::now_utc(), |grant| {
            self.work(route, grant, trace.clone(), detail).boxed_local()
        })
        .await;
        match consumed {
            Ok(Consumed::Fresh { attempt, standing }) => {
                tally.retried |= attempt > 1;
                match standing {
                    Some(outcome) => self.republish(&outcome, trace).await,
                    None => Ok(()),
                }
            }
            Ok(Consumed::Duplicate { outcome }) => {
                tally.duplicate = true;
                if replay.is_some() {
                    return Ok(());
                }
                self.republish(&outcome, trace).await
            }
            Err(fault) => {
                if let NotConsumed::Failed { attempt, .. } = &fault {
                    tally.retried |= *attempt > 1;
                }
                Err(fault.into())
            }
        }
    }

    /// Decides and publishes what was committed, whether or not the decision came to its end. A panic ends here.
    async fn work(
        &self,
        route: &OnEvent<H>,
        grant: Grant,
        trace: Option<String>,
        detail: serde_json::Value,
    ) -> Result<Finished, WorkFault> {
        let world = World::<H>::new(Arc::clone(&self.shared), Some(grant), trace);
        perform(&world, || route(&world, detail)).await?;
        let completed = world.recorded().completed;
        Ok(if completed {
            Finished::Recorded
        } else {
            Finished::Quietly
        })
    }

    /// Publishes what an earlier delivery committed and did not mark.
    async fn republish(&self, outcome: &str, trace: Option<String>) -> Result<(), DeliveryFault> {
        let world = World::<H>::new(Arc::clone(&self.shared), None, trace);
        let again = async {
            let unpublished = unmarked(&world, &Outcome::read(outcome)?).await?;
            if !unpublished.is_empty() {
                tracing::warn!(
                    events = unpublished.len(),
                    "publishing what an earlier delivery committed"
                );
                world.publish_recorded(unpublished).await?;
            }
            Ok(())
        };
        again.await.map_err(DeliveryFault::NotRepublished)
    }
}

/// How old the fact is, by its producer's clock. A replay's age says nothing.
fn age_ms(event: &BusEvent, now: OffsetDateTime) -> Option<i64> {
    if event.replay.is_some() {
        return None;
    }
    let produced = OffsetDateTime::parse(event.metadata("timestamp")?, &Rfc3339).ok()?;
    i64::try_from((now - produced).whole_milliseconds())
        .ok()
        .map(|age| age.max(0))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // tests
    use super::*;
    use serde_json::json;

    #[test]
    fn r16_only_an_event_in_progress_is_put_off() {
        let until = OffsetDateTime::UNIX_EPOCH;
        let in_progress = NotConsumed::InProgress { until };
        assert!(DeliveryFault::from(in_progress).is_passing());
        assert!(!DeliveryFault::from(NotConsumed::OtherPayload).is_passing());
        assert!(!DeliveryFault::Unknown { consumer: "x" }.is_passing());
    }

    #[test]
    fn r16_age_is_by_the_producers_clock_and_never_a_replays() {
        let event = |replay: Option<&str>| BusEvent {
            envelope_id: "e".into(),
            detail_type: "InvoicePaid".into(),
            detail: json!({ "metadata": { "timestamp": "2026-03-01T10:00:00Z" } }),
            replay: replay.map(str::to_owned),
        };
        let now = OffsetDateTime::parse("2026-03-01T10:00:01.5Z", &Rfc3339).unwrap();
        assert_eq!(age_ms(&event(None), now), Some(1500));
        assert_eq!(age_ms(&event(Some("again")), now), None);
    }
}
