//! Reviving: an invoice that waits for people and is announced as stuck gets its decision again, where its execution died (R5, R6).
//! Where it lives, nothing happens: people just have not decided yet.

use crate::start;
use contracts::envelope::Detail;
use contracts::events::InvoiceStuck;
use contracts::tasks::Waiting;
use ports::{Fault, Policies, ReadApprovals, ReadInvoices, StartDecisions, reached};

/// Starts the decision about the version that the event announces, unless it runs. An invoice that has moved on, or that waits
/// for no person, is left alone.
///
/// # Errors
/// When a port fails, when the event came too early, and when the invoice has no summary.
pub async fn revive<W>(world: &W, event: &Detail<InvoiceStuck>) -> Result<(), Fault>
where
    W: ReadInvoices + ReadApprovals + Policies + StartDecisions + Sync,
{
    let id = event.metadata.subject.invoice_id;
    let record = reached(world.invoice(id).await?, event)?;
    match Waiting::of(record.state) {
        Some(waiting) if record.version == event.metadata.aggregate_version => {
            start(world, &record, waiting, event.metadata.as_cause()).await
        }
        _ => Ok(()),
    }
}
