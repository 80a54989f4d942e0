//! The ports of rows that are only ever appended: the ledger and the audit trail.

use crate::world::Answer;
use contracts::EventId;
use contracts::records::{AuditRow, EventRow, LedgerRow};
use std::future::Future;

/// Granted by the need of the same name.
pub trait AppendLedger {
    /// Appends the rows of one posting, all or none, and completes the event's claim with them. Rows that are there already, the
    /// same, are no error; others under the same keys are a `Conflict`.
    fn book(&self, rows: Vec<LedgerRow>) -> impl Future<Output = Answer<()>> + Send;
}

/// Granted by the need of the same name.
pub trait AppendAudit {
    /// A version's row.
    fn audit_row(
        &self,
        aggregate: &str,
        version: u64,
    ) -> impl Future<Output = Answer<Option<AuditRow>>> + Send;
    /// Appends a version's row: `Conflict` when there is one.
    fn append_row(&self, row: AuditRow) -> impl Future<Output = Answer<()>> + Send;
    /// An event's row.
    fn audit_event(
        &self,
        aggregate: &str,
        event: EventId,
    ) -> impl Future<Output = Answer<Option<EventRow>>> + Send;
    /// Appends an event: `Conflict` when it is there.
    fn append_event(&self, row: EventRow) -> impl Future<Output = Answer<()>> + Send;
}
