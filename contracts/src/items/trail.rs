//! Rows that are only ever appended: the ledger and the audit trail.

use super::{Item, attributes, base, kinds};
use crate::records::{AuditRow, EventRow, LedgerRow};
use crate::tables::keys;

/// A row of the ledger, in its invoice's partition.
#[must_use]
pub fn ledger_row(row: &LedgerRow) -> Item {
    base(
        keys::invoice(row.invoice_id),
        keys::ledger_row(row.event_id, row.line),
        kinds::LEDGER,
        row,
    )
}

/// A version in the audit trail, in its aggregate's partition.
#[must_use]
pub fn audit_row(row: &AuditRow) -> Item {
    let sk = keys::history(row.version);
    let mut item = base(row.aggregate.clone(), sk, kinds::AUDIT, row);
    item.insert(attributes::VERSION.to_owned(), row.version.into());
    item
}

/// An event in the audit trail, in its aggregate's partition.
#[must_use]
pub fn audit_event(row: &EventRow) -> Item {
    let sk = keys::audit_event(row.event_id);
    base(row.aggregate.clone(), sk, kinds::AUDIT_EVENT, row)
}
