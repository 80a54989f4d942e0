//! A change of a table as its stream tells it: one version of a vendor or an invoice, with what was before.
//!
//! Only heads are changes: history, events, payments and whatever else rests beside them never arrive, and neither does a
//! registration that was renewed without a new version.

use contracts::tables::Table;
use serde_json::Value;

/// One version of an aggregate, after it was committed.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The table that it was committed to.
    pub table: Table,
    /// The aggregate's partition key, e.g. `INVOICE#<id>`.
    pub aggregate: String,
    /// The version that the change made, from 1.
    pub version: u64,
    /// The record before; `None` for version 1.
    pub before: Option<Value>,
    /// The record after.
    pub after: Value,
    /// Who or what did it.
    pub actor: String,
    /// The event that announces the change, or the event or request that caused it where none does.
    pub event_id: String,
    /// When it was made, RFC 3339.
    pub at: String,
}
