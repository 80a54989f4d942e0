//! Publishing to the bus: as many entries a call as it takes, refused entries again by themselves, then the marks (R25).

use crate::store::{OutboxKey, Unpublished, mark, side_by_side, unavailable};
use crate::world::World;
use aws_sdk_eventbridge::types::{PutEventsRequestEntry, PutEventsResultEntry};
use contracts::items::OutboxRecord;
use contracts::{Handler, Needs, needs};
use ports::api::PublishEvents;
use ports::{Answer, Clock as _, Draft, PortError, Republish, Unsent};
use std::time::Duration;

/// Entries of one `PutEvents` call, and their bytes together: the service's limits.
const MAX_ENTRIES: usize = 10;
const MAX_BYTES: usize = 256 * 1024;
/// Tries of an entry. The pause doubles from [`PAUSE`].
const ROUNDS: u32 = 4;
const PAUSE: Duration = Duration::from_millis(50);

/// One event for the bus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) source: String,
    pub(crate) detail_type: String,
    pub(crate) detail: String,
    /// The X-Ray header that it is published with.
    pub(crate) trace: Option<String>,
}

/// An entry with its place among those that are to be sent.
type Placed = (usize, Entry);

impl Entry {
    /// An event as it was recorded.
    fn of(record: &OutboxRecord) -> Self {
        Self {
            source: record.source.clone(),
            detail_type: record.event_type.clone(),
            detail: record.detail.clone(),
            trace: record.trace.clone(),
        }
    }

    fn bytes(&self) -> usize {
        self.source.len() + self.detail_type.len() + self.detail.len()
    }
}

/// What became of entries that were sent.
#[derive(Debug)]
struct Sent {
    /// Places of those that the bus took.
    taken: Vec<usize>,
    /// Why the others were not taken.
    fault: Option<PortError>,
}

impl<H: Handler> World<H> {
    /// Publishes recorded events and marks each that the bus took. A mark that fails is no failure of the work: the bus has
    /// the event, which stays listed as unpublished until somebody publishes it again, and its consumers suppress the second
    /// one.
    pub(crate) async fn publish_recorded(&self, events: Vec<Unpublished>) -> Answer<()> {
        let (_, fault) = self.publish_and_mark(&events).await;
        fault.map_or(Ok(()), Err)
    }

    /// The same; gives how many the bus took, and why it did not take the others.
    async fn publish_and_mark(&self, events: &[Unpublished]) -> (usize, Option<PortError>) {
        let entries = events.iter().map(|event| Entry::of(&event.record));
        let Sent { taken, fault } = self.send(entries.collect()).await;
        let now = self.origin().now;
        let published: Vec<&Unpublished> = taken.iter().map(|place| &events[*place]).collect();
        let marked = side_by_side(published, async |event| {
            if let Err(error) = mark(self, &event.key, now).await {
                tracing::warn!(error = %error, "an event is published and not marked so");
            }
            Ok(())
        });
        // Each mark's failure is told above.
        let _ = marked.await;
        (taken.len(), fault)
    }

    /// Publishes what was committed in this world and not published yet.
    pub(crate) async fn publish_committed(&self) -> Answer<()> {
        let committed = std::mem::take(&mut self.recorded().unpublished);
        if committed.is_empty() {
            return Ok(());
        }
        self.publish_recorded(committed).await
    }

    /// Sends entries, as many a call as the bus takes. Refused entries keep none of the others back; a call that is not
    /// answered ends it, because the next one would not be either.
    async fn send(&self, entries: Vec<Entry>) -> Sent {
        let mut sent = Sent {
            taken: Vec::new(),
            fault: None,
        };
        for call in calls(entries.into_iter().enumerate().collect()) {
            let places: Vec<usize> = call.iter().map(|(place, _)| *place).collect();
            let (left, fault) = match self.put_call(call).await {
                Ok(()) => (Vec::new(), None),
                Err((left, fault)) => (left, Some(fault)),
            };
            let refused = |place: &usize| left.iter().any(|(refused, _)| refused == place);
            let unanswered = fault.is_some() && places.iter().all(refused);
            sent.taken
                .extend(places.into_iter().filter(|place| !refused(place)));
            sent.fault = fault.or(sent.fault);
            if unanswered {
                break;
            }
        }
        sent
    }

    /// One call, and again just the entries that the bus refused; those that it did not take in the end, and why.
    async fn put_call(&self, mut entries: Vec<Placed>) -> Result<(), (Vec<Placed>, PortError)> {
        let mut pause = PAUSE;
        let mut refusal = String::new();
        for round in 1..=ROUNDS {
            let requests = entries
                .iter()
                .map(|(_, entry)| self.request(entry))
                .collect();
            let answer = self
                .shared
                .bus
                .put_events()
                .set_entries(Some(requests))
                .send()
                .await;
            match answer {
                Ok(answer) => (entries, refusal) = refused(entries, answer.entries()),
                Err(error) => {
                    let fault = unavailable("publishing", describe(&entries), &error);
                    return Err((entries, fault));
                }
            }
            if entries.is_empty() {
                return Ok(());
            }
            if round < ROUNDS {
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
        }
        let fault = PortError::Unavailable {
            action: "publishing",
            subject: describe(&entries),
            reason: format!("the bus refused it {ROUNDS} times: {refusal}"),
        };
        Err((entries, fault))
    }

    fn request(&self, entry: &Entry) -> PutEventsRequestEntry {
        PutEventsRequestEntry::builder()
            .event_bus_name(&self.shared.settings.bus)
            .source(&entry.source)
            .detail_type(&entry.detail_type)
            .detail(&entry.detail)
            .set_trace_header(entry.trace.clone())
            .build()
    }
}

/// A portal's facts are no rows of ours: they go straight to the bus, under ids that a client's retry repeats.
impl<H: Handler> PublishEvents for World<H> {
    async fn publish(&self, drafts: &[Draft]) -> Answer<()> {
        let entries = drafts.iter().map(|draft| Entry {
            source: draft.source.clone(),
            detail_type: draft.spec.name.to_owned(),
            detail: draft.detail.to_string(),
            trace: self.trace.clone(),
        });
        let sent = self.send(entries.collect()).await;
        sent.fault.map_or(Ok(()), Err)
    }
}

/// As they were recorded: whoever recorded them is their source, and their trace goes on.
impl<H: Needs<needs::Republish>> Republish for World<H> {
    async fn republish(&self, events: Vec<Unsent>) -> Answer<u32> {
        let (mut known, mut fault) = (Vec::with_capacity(events.len()), None);
        for event in events.into_iter().map(resting) {
            match event {
                Ok(event) => known.push(event),
                Err(odd) => fault = Some(odd),
            }
        }
        let (taken, refused) = self.publish_and_mark(&known).await;
        match refused.or(fault) {
            Some(fault) if taken == 0 => Err(fault),
            Some(fault) => {
                tracing::warn!(error = %fault, taken, "not everything could be published");
                Ok(u32::try_from(taken).unwrap_or(u32::MAX))
            }
            None => Ok(u32::try_from(taken).unwrap_or(u32::MAX)),
        }
    }
}

/// An unpublished event with the place where it rests.
fn resting(event: Unsent) -> Answer<Unpublished> {
    let Unsent { record, aggregate } = event;
    let key = OutboxKey::of(&aggregate, &record).ok_or_else(|| PortError::Corrupt {
        subject: aggregate,
        reason: "no table of ours keeps events under it".into(),
    })?;
    Ok(Unpublished { record, key })
}

fn describe(entries: &[Placed]) -> String {
    let names = entries.iter().map(|(_, entry)| entry.detail_type.as_str());
    names.collect::<Vec<_>>().join(", ")
}

/// Splits entries into calls within the service's limits, in order.
fn calls(entries: Vec<Placed>) -> Vec<Vec<Placed>> {
    let mut calls: Vec<Vec<Placed>> = Vec::new();
    let mut bytes = 0;
    for entry in entries {
        let size = entry.1.bytes();
        match calls.last_mut() {
            Some(call) if call.len() < MAX_ENTRIES && bytes + size <= MAX_BYTES => {
                call.push(entry);
                bytes += size;
            }
            _ => {
                calls.push(vec![entry]);
                bytes = size;
            }
        }
    }
    calls
}

/// The entries that the bus did not take, and the last reason. An answer that is too short took nothing beyond its end.
fn refused(entries: Vec<Placed>, results: &[PutEventsResultEntry]) -> (Vec<Placed>, String) {
    let mut reason = String::new();
    let mut left = Vec::new();
    for (index, entry) in entries.into_iter().enumerate() {
        match results.get(index) {
            Some(result) if result.event_id().is_some() && result.error_code().is_none() => {}
            Some(result) => {
                reason = result.error_code().unwrap_or("no event id").to_owned();
                left.push(entry);
            }
            None => {
                reason = "no answer for it".into();
                left.push(entry);
            }
        }
    }
    (left, reason)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)] // tests
    use super::*;
    use crate::scripted::{Aws, run};
    use contracts::EventId;
    use contracts::handlers::Sweeper;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn entry(bytes: usize) -> Entry {
        Entry {
            source: "s".into(),
            detail_type: "t".into(),
            detail: "x".repeat(bytes),
            trace: None,
        }
    }

    #[test]
    fn r25_just_the_refused_entries_are_sent_again() {
        let taken = PutEventsResultEntry::builder().event_id("1").build();
        let refusal = PutEventsResultEntry::builder()
            .error_code("ThrottlingException")
            .build();
        let entries = vec![(0, entry(1)), (1, entry(2)), (2, entry(3))];
        let (left, reason) = refused(entries, &[taken, refusal]);
        assert_eq!(left, [(1, entry(2)), (2, entry(3))]);
        assert_eq!(reason, "no answer for it");
    }

    /// A bus that refuses events with `poison` in their detail, and tables that take every mark.
    fn bus() -> Aws {
        Aws::new(|call| match call.operation.as_str() {
            "PutEvents" => {
                let entries = call.input["Entries"].as_array().unwrap();
                let poison = |entry: &Value| entry["Detail"].as_str().unwrap().contains("poison");
                let result = |entry| {
                    if poison(entry) {
                        json!({ "ErrorCode": "InternalFailure" })
                    } else {
                        json!({ "EventId": "1" })
                    }
                };
                Ok(
                    json!({ "FailedEntryCount": 0, "Entries": entries.iter().map(result).collect::<Vec<_>>() }),
                )
            }
            "UpdateItem" => Ok(json!({})),
            other => panic!("{other}"),
        })
    }

    fn unsent(aggregate: &str, detail: &str) -> Unsent {
        let record = OutboxRecord {
            event_id: EventId::of("InvoicePaid", aggregate, 5),
            event_type: "InvoicePaid".into(),
            source: "invoicing.payment".into(),
            version: 5,
            detail: detail.into(),
            trace: Some("Root=1-recorded".into()),
            at: time::OffsetDateTime::UNIX_EPOCH,
        };
        Unsent {
            record,
            aggregate: aggregate.into(),
        }
    }

    #[test]
    fn r25_events_are_republished_as_recorded_and_only_what_the_bus_took_is_marked() {
        let aws = bus();
        let events = vec![
            unsent("INVOICE#a", "{}"),
            unsent("INVOICE#b", "poison"),
            unsent("VENDOR#c", "{}"),
        ];
        assert_eq!(run(aws.world::<Sweeper>().republish(events)).unwrap(), 2);
        let sent = &aws.inputs("PutEvents")[0]["Entries"][0];
        assert_eq!(sent["Source"], "invoicing.payment");
        assert_eq!(sent["TraceHeader"], "Root=1-recorded");
        let marked = aws.inputs("UpdateItem");
        let marked: Vec<_> = marked
            .iter()
            .map(|mark| (&mark["TableName"], &mark["Key"]["pk"]["S"]))
            .collect();
        assert_eq!(
            marked,
            [
                (&json!("INVOICES_TABLE"), &json!("INVOICE#a")),
                (&json!("VENDORS_TABLE"), &json!("VENDOR#c"))
            ]
        );
        // The refused one alone was tried again.
        let again = aws.inputs("PutEvents");
        assert_eq!(again.len(), 4);
        assert_eq!(again[3]["Entries"].as_array().unwrap().len(), 1);
    }

    #[test]
    fn r25_a_bus_that_takes_nothing_is_a_failure() {
        let poison = vec![unsent("INVOICE#a", "poison")];
        let refused = run(bus().world::<Sweeper>().republish(poison));
        assert!(
            matches!(refused, Err(PortError::Unavailable { .. })),
            "{refused:?}"
        );
        let silent = Aws::new(|_| Err(crate::scripted::refused("InternalException")));
        let many = (0..25)
            .map(|n| unsent(&format!("INVOICE#{n}"), "{}"))
            .collect();
        assert!(run(silent.world::<Sweeper>().republish(many)).is_err());
        assert_eq!(
            silent.inputs("PutEvents").len(),
            1,
            "the next call would not be answered either"
        );
        assert!(
            run(bus()
                .world::<Sweeper>()
                .republish(vec![unsent("UNIQUE#a", "{}")]))
            .is_err()
        );
    }

    proptest! {
        #[test]
        fn every_call_is_within_the_limits_and_nothing_is_lost(sizes in prop::collection::vec(0..65_000usize, 0..40)) {
            let entries: Vec<Placed> = sizes.iter().map(|size| entry(*size)).enumerate().collect();
            let calls = calls(entries.clone());
            for call in &calls {
                prop_assert!(call.len() <= MAX_ENTRIES);
                prop_assert!(call.iter().map(|(_, entry)| entry.bytes()).sum::<usize>() <= MAX_BYTES);
            }
            prop_assert_eq!(calls.concat(), entries);
        }
    }
}
