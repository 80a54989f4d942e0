//! What rests, what was not published, and a bus that remembers every event it took, repetitions included.
//!
//! Publishing, and marking as published, are two turns: between them a sweeper can die.

use super::Memory;
use crate::change::Draft;
use crate::sweep::{
    AnnounceOnce, Cursor, Page, ReadResting, ReadUnpublished, Republish, Resting, Unsent,
};
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

/// At most so many of each shard, the oldest first within each, after those that the cursor names.
fn page<T>(
    limit: u32,
    from: Option<Cursor>,
    rows: impl IntoIterator<Item = T>,
    key: impl Fn(&T) -> (u32, String),
) -> Page<T> {
    let mut shards: BTreeMap<String, BTreeMap<String, T>> = BTreeMap::new();
    for row in rows {
        let (shard, place) = key(&row);
        let shard = shards.entry(shard.to_string()).or_default();
        shard.insert(place, row);
    }
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let (mut found, mut next) = (Vec::new(), Cursor::default());
    for (shard, rows) in shards {
        let last = match &from {
            None => None,
            Some(Cursor(known)) => match known.get(&shard) {
                Some(last) => last.get(PLACE),
                None => continue,
            },
        };
        let rows = rows.into_iter();
        let rows = rows.filter(|(place, _)| last.is_none_or(|last| place > last));
        let rows: Vec<_> = rows.take(limit).collect();
        if let Some((place, _)) = rows.last().filter(|_| rows.len() == limit) {
            let place = BTreeMap::from([(PLACE.to_owned(), place.clone())]);
            next.0.insert(shard, place);
        }
        found.extend(rows.into_iter().map(|(_, row)| row));
    }
    Page {
        found,
        faults: Vec::new(),
        next: (!next.0.is_empty()).then_some(next),
    }
}

const PLACE: &str = "place";

impl ReadResting for Memory {
    async fn resting(
        &self,
        state: State,
        before: OffsetDateTime,
        limit: u32,
        from: Option<Cursor>,
    ) -> Answer<Page<Resting>> {
        self.read(&format!("invoices that rest in {state}"), |inner| {
            let rows = inner.invoices.resting();
            let rests = |row: &Resting| row.state == state && row.since < before;
            page(limit, from, rows.into_iter().filter(rests), |row| {
                let invoice = keys::invoice(row.invoice_id);
                let since = items::timestamp(row.since);
                (items::shard(&invoice), format!("{since} {invoice}"))
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
    async fn unpublished_since(
        &self,
        before: OffsetDateTime,
        limit: u32,
        from: Option<Cursor>,
    ) -> Answer<Page<Unsent>> {
        self.read("unpublished events", |inner| {
            let unmarked = |draft: &&Draft| !inner.published.contains(&draft.event_id);
            let rows = inner.outbox.iter().filter(unmarked).filter_map(unsent);
            let rows = rows.filter(|row| row.record.at < before);
            page(limit, from, rows, |row| {
                let since = items::timestamp(row.record.at);
                let place = format!("{since} {} {}", row.aggregate, row.record.event_id);
                (items::shard(&row.aggregate), place)
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
