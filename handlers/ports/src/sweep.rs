//! The ports of the clock's work: what rests too long, and what was committed and not published.

use crate::change::Draft;
use crate::error::PortError;
use crate::world::Answer;
use contracts::items::OutboxRecord;
use contracts::{InvoiceId, State, VendorId};
use std::collections::BTreeMap;
use std::future::Future;
use time::OffsetDateTime;

/// An invoice that rests in a state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resting {
    /// The invoice.
    pub invoice_id: InvoiceId,
    /// Its seller.
    pub vendor_id: VendorId,
    /// Its version.
    pub version: u64,
    /// Where it rests.
    pub state: State,
    /// Since when.
    pub since: OffsetDateTime,
}

/// Where to go on in a sparse index: by shard, the key of the last row that was read, as the adapter wrote it down.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cursor(pub BTreeMap<String, BTreeMap<String, String>>);

/// A page over all shards of an index.
#[derive(Debug)]
pub struct Page<T> {
    /// What was found, the oldest first within each shard.
    pub found: Vec<T>,
    /// Shards and rows that could not be read. They hide nothing else.
    pub faults: Vec<PortError>,
    /// Where more may be found, in the shards that gave as many rows as were asked for.
    pub next: Option<Cursor>,
}

/// Granted by the need of the same name.
pub trait ReadResting {
    /// The invoices that rest in a state since before a time, over all shards, the longest first within each; at most `limit` a
    /// shard and page. An index may lag: whoever acts reads the invoice itself.
    fn resting(
        &self,
        state: State,
        before: OffsetDateTime,
        limit: u32,
        from: Option<Cursor>,
    ) -> impl Future<Output = Answer<Page<Resting>>> + Send;
}

/// Where a recorded event rests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unsent {
    /// The event.
    pub record: OutboxRecord,
    /// Partition key of its aggregate.
    pub aggregate: String,
}

/// Granted by the need of the same name.
pub trait ReadUnpublished {
    /// The events that are committed since before a time and not marked as published, of vendors and invoices; at most `limit`
    /// a shard and page. Read consistently before they are given: an index may lag.
    fn unpublished_since(
        &self,
        before: OffsetDateTime,
        limit: u32,
        from: Option<Cursor>,
    ) -> impl Future<Output = Answer<Page<Unsent>>> + Send;
}

/// Granted by the need of the same name.
pub trait Republish {
    /// Publishes recorded events as they were recorded, entry by entry, and marks those that the bus took. One that fails does not
    /// stop the others. Gives how many were published and marked; it is an error only when none was.
    fn republish(&self, events: Vec<Unsent>) -> impl Future<Output = Answer<u32>> + Send;
}

/// Saying something once: for facts whose ids are derived and that no row of ours records.
pub trait AnnounceOnce {
    /// Publishes an event unless this handler published it before. Gives whether it did now.
    fn announce_once(&self, draft: Draft) -> impl Future<Output = Answer<bool>> + Send;
}
