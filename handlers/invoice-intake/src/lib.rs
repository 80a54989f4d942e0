//! Stores a submitted document as an invoice, once, and rejects other content under the same number.
//!
//! The first document of a business key claims it, in the transaction that stores the invoice: uniqueness is a condition
//! of the write, never a question asked before it. The document itself is not read here.

use contracts::envelope::Detail;
use contracts::events::{InvoiceReceived, InvoiceRejected, InvoiceSubmitted, RejectionReason};
use contracts::handlers::InvoiceIntake;
use contracts::records::InvoiceRecord;
use contracts::{InvoiceId, State};
use ports::{
    Clock, Fault, IllegalStep, InvoiceChange, Occasion, PortError, ReadInvoices, WriteInvoices,
    begin, decide_again,
};

/// What a submission leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// The invoice is there already: nothing to do.
    Known,
    /// It is the first of its key: store it and claim the key.
    Receive,
    /// Another document holds its key: store it as rejected.
    RejectDuplicate,
}

/// Decides by what is stored under the invoice's id and who holds its business key.
#[must_use]
pub fn decide(
    invoice: InvoiceId,
    stored: Option<&InvoiceRecord>,
    holder: Option<InvoiceId>,
) -> Decision {
    match (stored, holder) {
        (Some(_), _) => Decision::Known,
        // Stored between the two reads: head and key are written together.
        (None, Some(holder)) if holder == invoice => Decision::Known,
        (None, Some(_)) => Decision::RejectDuplicate,
        (None, None) => Decision::Receive,
    }
}

/// Takes a submission in.
///
/// # Errors
/// When a port fails, and when the event's ids are not those of its key and document.
pub async fn handle<W>(world: &W, event: &Detail<InvoiceSubmitted>) -> Result<(), Fault>
where
    W: Clock + ReadInvoices + WriteInvoices + Sync,
{
    check_identity(event)?;
    decide_again(|| attempt(world, event)).await
}

async fn attempt<W>(world: &W, event: &Detail<InvoiceSubmitted>) -> Result<(), Fault>
where
    W: Clock + ReadInvoices + WriteInvoices + Sync,
{
    let id = event.metadata.subject.invoice_id;
    let stored = world.invoice(id).await?;
    let holder = match stored {
        Some(_) => None,
        None => world.holder(&event.data.key).await?,
    };
    let occasion = Occasion::of(&event.metadata, world.origin());
    let change = match decide(id, stored.as_ref(), holder) {
        Decision::Known => return Ok(()),
        Decision::Receive => receive(event, &occasion)?,
        Decision::RejectDuplicate => reject(event, &occasion)?,
    };
    match world.commit_invoice(change).await {
        // Another document claimed the key since it was read: decide again, now against its holder.
        Err(PortError::Conflict { subject }) => Err(PortError::Stale { subject }.into()),
        committed => Ok(committed?),
    }
}

/// An event whose ids don't follow from its key and document would make two invoices of one document.
fn check_identity(event: &Detail<InvoiceSubmitted>) -> Result<(), PortError> {
    let (subject, data) = (&event.metadata.subject, &event.data);
    let same = subject.vendor_id == data.key.vendor_id
        && subject.invoice_id == data.key.invoice_id(&data.document.sha256);
    if same {
        return Ok(());
    }
    Err(PortError::Corrupt {
        subject: format!("InvoiceSubmitted of {}", subject.invoice_id),
        reason: "its ids don't follow from its business key and its document's digest".to_owned(),
    })
}

fn receive(
    event: &Detail<InvoiceSubmitted>,
    occasion: &Occasion,
) -> Result<InvoiceChange, IllegalStep> {
    let received = InvoiceReceived {
        document: event.data.document.clone(),
    };
    let record = record(event, State::Submitted);
    let mut change = begin::<InvoiceIntake, _>(record, received, occasion)?;
    change.claims_key = true;
    Ok(change)
}

fn reject(
    event: &Detail<InvoiceSubmitted>,
    occasion: &Occasion,
) -> Result<InvoiceChange, IllegalStep> {
    let rejected = InvoiceRejected {
        reason: RejectionReason::Duplicate,
        violations: Vec::new(),
        violation_count: 0,
    };
    let record = InvoiceRecord {
        rejection: Some(RejectionReason::Duplicate),
        ..record(event, State::Rejected)
    };
    begin::<InvoiceIntake, _>(record, rejected, occasion)
}

fn record(event: &Detail<InvoiceSubmitted>, state: State) -> InvoiceRecord {
    InvoiceRecord {
        invoice_id: event.metadata.subject.invoice_id,
        key: event.data.key.clone(),
        version: 1,
        state,
        document: event.data.document.clone(),
        submitted_by: event.data.submitted_by.clone(),
        summary: None,
        approved_account: None,
        rejection: None,
        violations: Vec::new(),
    }
}
