//! Publishing to the bus: as many entries a call as it takes, refused entries again by themselves, then the marks (R25).

use crate::store::{Unpublished, mark};
use crate::world::World;
use aws_sdk_eventbridge::types::{PutEventsRequestEntry, PutEventsResultEntry};
use contracts::Handler;
use contracts::items::OutboxRecord;
use futures_util::future::join_all;
use ports::api::PublishEvents;
use ports::{Answer, Clock as _, Draft, PortError};
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

impl<H: Handler> World<H> {
    /// Publishes recorded events and marks each. A mark that fails is no failure of the work: the bus has the event, which
    /// stays listed as unpublished until somebody publishes it again, and its consumers suppress the second one.
    pub(crate) async fn publish_recorded(&self, events: Vec<Unpublished>) -> Answer<()> {
        let entries = events.iter().map(|event| Entry::of(&event.record));
        self.put_events(entries.collect()).await?;
        let now = self.origin().now;
        for marked in join_all(events.iter().map(|event| mark(self, &event.key, now))).await {
            if let Err(error) = marked {
                tracing::warn!(error = %error, "an event is published and not marked so");
            }
        }
        Ok(())
    }

    /// Publishes what was committed in this world and not published yet.
    pub(crate) async fn publish_committed(&self) -> Answer<()> {
        let committed = std::mem::take(&mut self.recorded().unpublished);
        if committed.is_empty() {
            return Ok(());
        }
        self.publish_recorded(committed).await
    }

    async fn put_events(&self, entries: Vec<Entry>) -> Answer<()> {
        for call in calls(entries) {
            self.put_call(call).await?;
        }
        Ok(())
    }

    async fn put_call(&self, mut entries: Vec<Entry>) -> Answer<()> {
        let mut pause = PAUSE;
        let mut refusal = String::new();
        for round in 1..=ROUNDS {
            let sent = self
                .shared
                .bus
                .put_events()
                .set_entries(Some(entries.iter().map(|e| self.request(e)).collect()))
                .send()
                .await
                .map_err(|error| {
                    crate::store::unavailable("publishing", describe(&entries), &error)
                })?;
            (entries, refusal) = refused(entries, sent.entries());
            if entries.is_empty() {
                return Ok(());
            }
            if round < ROUNDS {
                tokio::time::sleep(pause).await;
                pause *= 2;
            }
        }
        Err(PortError::Unavailable {
            action: "publishing",
            subject: describe(&entries),
            reason: format!("the bus refused it {ROUNDS} times: {refusal}"),
        })
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
        self.put_events(entries.collect()).await
    }
}

fn describe(entries: &[Entry]) -> String {
    let names: Vec<&str> = entries.iter().map(|e| e.detail_type.as_str()).collect();
    names.join(", ")
}

/// Splits entries into calls within the service's limits, in order.
fn calls(entries: Vec<Entry>) -> Vec<Vec<Entry>> {
    let mut calls: Vec<Vec<Entry>> = Vec::new();
    let mut bytes = 0;
    for entry in entries {
        let size = entry.bytes();
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
fn refused(entries: Vec<Entry>, results: &[PutEventsResultEntry]) -> (Vec<Entry>, String) {
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
    use super::*;
    use proptest::prelude::*;

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
        let (left, reason) = refused(vec![entry(1), entry(2), entry(3)], &[taken, refusal]);
        assert_eq!(left, [entry(2), entry(3)]);
        assert_eq!(reason, "no answer for it");
    }

    proptest! {
        #[test]
        fn every_call_is_within_the_limits_and_nothing_is_lost(sizes in prop::collection::vec(0..65_000usize, 0..40)) {
            let entries: Vec<Entry> = sizes.iter().map(|size| entry(*size)).collect();
            let calls = calls(entries.clone());
            for call in &calls {
                prop_assert!(call.len() <= MAX_ENTRIES);
                prop_assert!(call.iter().map(Entry::bytes).sum::<usize>() <= MAX_BYTES);
            }
            prop_assert_eq!(calls.concat(), entries);
        }
    }
}
