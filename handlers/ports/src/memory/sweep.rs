//! What rests, what was not published, and a bus that remembers every event it took, repetitions included.
//!
//! Publishing, and marking as published, are two turns: between them a sweeper can die.

use super::Memory;
use crate::change::Draft;
use crate::sweep::{AnnounceOnce, ReadResting, ReadUnpublished, Republish, Resting, Unsent};
use crate::world::Answer;
use contracts::items::{self, OutboxRecord};
use contracts::tables::keys;
use contracts::{EventId, State};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

#[derive(Debug, Default)]
pub(super) struct Sweep {
    pub(super) taken: Vec<EventId>,
    announced: BTreeSet<EventId>,
}

impl Memory {
    /// Every event that the bus took from a port, in order; one that was published twice stands here twice.
    #[must_use]
    pub fn bus(&self) -> Vec<EventId> {
        self.lock().sweep.taken.clone()
    }
}

/// At most so many of each shard, the oldest first within each.
fn of_each_shard<T>(
    limit: u32,
    rows: impl IntoIterator<Item = T>,
    key: impl Fn(&T) -> (u32, OffsetDateTime),
) -> Vec<T> {
    let mut shards: BTreeMap<u32, Vec<T>> = BTreeMap::new();
    for row in rows {
        shards.entry(key(&row).0).or_default().push(row);
    }
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let cut = |mut rows: Vec<T>| {
        rows.sort_by_key(|row| key(row).1);
        rows.truncate(limit);
        rows
    };
    shards.into_values().flat_map(cut).collect()
}

impl ReadResting for Memory {
    async fn resting(
        &self,
        state: State,
        before: OffsetDateTime,
        limit: u32,
    ) -> Answer<Vec<Resting>> {
        self.read(&format!("invoices that rest in {state}"), |inner| {
            let rows = inner.invoices.resting();
            let rests = |row: &Resting| row.state == state && row.since < before;
            of_each_shard(limit, rows.into_iter().filter(rests), |row| {
                (items::shard(&keys::invoice(row.invoice_id)), row.since)
            })
        })
        .await
    }
}

/// A draft as it rests in its aggregate's partition.
fn unsent(draft: &Draft) -> Option<Unsent> {
    let metadata = draft.detail.get("metadata")?;
    let text = |name| metadata.get(name).and_then(Value::as_str);
    let invoice = text("invoiceId").and_then(|id| id.parse().ok());
    let vendor = text("vendorId").and_then(|id| id.parse().ok());
    Some(Unsent {
        record: OutboxRecord {
            event_id: draft.event_id,
            event_type: draft.spec.name.to_owned(),
            source: draft.source.clone(),
            version: metadata.get("aggregateVersion").and_then(Value::as_u64)?,
            detail: draft.detail.to_string(),
            trace: None,
            at: OffsetDateTime::parse(text("timestamp")?, &Rfc3339).ok()?,
        },
        aggregate: invoice
            .map(keys::invoice)
            .or_else(|| vendor.map(keys::vendor))?,
    })
}

impl ReadUnpublished for Memory {
    async fn unpublished_since(&self, before: OffsetDateTime, limit: u32) -> Answer<Vec<Unsent>> {
        self.read("unpublished events", |inner| {
            let unmarked = |draft: &&Draft| !inner.published.contains(&draft.event_id);
            let rows = inner.outbox.iter().filter(unmarked).filter_map(unsent);
            let rows = rows.filter(|row| row.record.at < before);
            of_each_shard(limit, rows, |row| {
                (items::shard(&row.aggregate), row.record.at)
            })
        })
        .await
    }
}

impl Republish for Memory {
    async fn republish(&self, events: Vec<Unsent>) -> Answer<u32> {
        let (mut published, mut failed) = (0, None);
        for event in &events {
            match self.republish_one(event.record.event_id).await {
                Ok(()) => published += 1,
                Err(error) => failed = Some(error),
            }
        }
        match failed {
            Some(error) if published == 0 => Err(error),
            _ => Ok(published),
        }
    }
}

impl Memory {
    async fn republish_one(&self, id: EventId) -> Answer<()> {
        self.write(&format!("event {id} to the bus"), |inner| {
            inner.sweep.taken.push(id);
            Ok(())
        })
        .await?;
        self.write(&format!("the mark of event {id}"), |inner| {
            inner.published.insert(id);
            Ok(())
        })
        .await
    }
}

impl AnnounceOnce for Memory {
    async fn announce_once(&self, draft: Draft) -> Answer<bool> {
        let id = draft.event_id;
        let subject = format!("{} {id}", draft.spec.name);
        let announced = self
            .read(&subject, |inner| inner.sweep.announced.contains(&id))
            .await?;
        if announced {
            return Ok(false);
        }
        self.write(&subject, |inner| {
            inner.sweep.taken.push(id);
            inner.published.insert(id);
            inner.outbox.push(draft);
            Ok(())
        })
        .await?;
        self.write(&format!("the mark of {subject}"), |inner| {
            inner.sweep.announced.insert(id);
            Ok(())
        })
        .await?;
        Ok(true)
    }
}
