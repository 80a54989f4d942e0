//! The ledger and the audit trail: rows that are appended and never change.

use super::Memory;
use crate::error::PortError;
use crate::trail::{AppendAudit, AppendLedger};
use crate::world::Answer;
use contracts::EventId;
use contracts::records::{AuditRow, EventRow, LedgerRow};
use std::collections::BTreeMap;

#[derive(Debug, Default)]
pub(super) struct Trail {
    ledger: BTreeMap<(EventId, u32), LedgerRow>,
    versions: BTreeMap<(String, u64), AuditRow>,
    events: BTreeMap<(String, EventId), EventRow>,
}

impl Memory {
    /// Every row of the ledger, by posting and line.
    #[must_use]
    pub fn ledger(&self) -> Vec<LedgerRow> {
        self.lock().trail.ledger.values().cloned().collect()
    }

    /// The audit rows of an aggregate, oldest first.
    #[must_use]
    pub fn audit_trail(&self, aggregate: &str) -> Vec<AuditRow> {
        let inner = self.lock();
        let rows = inner.trail.versions.values();
        rows.filter(|row| row.aggregate == aggregate)
            .cloned()
            .collect()
    }

    /// The audited events of an aggregate.
    #[must_use]
    pub fn audited_events(&self, aggregate: &str) -> Vec<EventRow> {
        let inner = self.lock();
        let rows = inner.trail.events.values();
        rows.filter(|row| row.aggregate == aggregate)
            .cloned()
            .collect()
    }
}

impl AppendLedger for Memory {
    async fn book(&self, rows: Vec<LedgerRow>) -> Answer<()> {
        self.write("the ledger", |inner| {
            let ledger = &mut inner.trail.ledger;
            for row in &rows {
                let booked = ledger.get(&(row.event_id, row.line));
                if booked.is_some_and(|booked| booked != row) {
                    return Err(conflict(format!("line {} of {}", row.line, row.event_id)));
                }
            }
            ledger.extend(rows.into_iter().map(|row| ((row.event_id, row.line), row)));
            Ok(())
        })
        .await
    }
}

impl AppendAudit for Memory {
    async fn audit_row(&self, aggregate: &str, version: u64) -> Answer<Option<AuditRow>> {
        let key = (aggregate.to_owned(), version);
        self.read(&format!("version {version} of {aggregate}"), |inner| {
            inner.trail.versions.get(&key).cloned()
        })
        .await
    }

    async fn append_row(&self, row: AuditRow) -> Answer<()> {
        let subject = format!("version {} of {}", row.version, row.aggregate);
        self.write(&subject, |inner| {
            let key = (row.aggregate.clone(), row.version);
            if inner.trail.versions.contains_key(&key) {
                return Err(conflict(subject.clone()));
            }
            inner.trail.versions.insert(key, row);
            Ok(())
        })
        .await
    }

    async fn audit_event(&self, aggregate: &str, event: EventId) -> Answer<Option<EventRow>> {
        let key = (aggregate.to_owned(), event);
        self.read(&format!("event {event} of {aggregate}"), |inner| {
            inner.trail.events.get(&key).cloned()
        })
        .await
    }

    async fn append_event(&self, row: EventRow) -> Answer<()> {
        let subject = format!("event {} of {}", row.event_id, row.aggregate);
        self.write(&subject, |inner| {
            let key = (row.aggregate.clone(), row.event_id);
            if inner.trail.events.contains_key(&key) {
                return Err(conflict(subject.clone()));
            }
            inner.trail.events.insert(key, row);
            Ok(())
        })
        .await
    }
}

fn conflict(subject: String) -> PortError {
    PortError::Conflict { subject }
}
