//! Judges a received document by the business rules of the profile that it declares (R2, R24).
//!
//! SUBMITTED becomes VALIDATED with a summary of the document, or REJECTED with the rules that it breaks. A document that
//! can't be read, or is not the one that was announced, is no invoice to reject: it faults, and its message ends in the
//! dead-letter queue. Nothing here decides about vendors, limits or payment.

use contracts::State;
use contracts::envelope::Detail;
use contracts::events::{
    InvoiceReceived, InvoiceRejected, InvoiceValidated, MAX_VIOLATIONS, RejectionReason, Violation,
};
use contracts::handlers::InvoiceValidation;
use contracts::records::{InvoiceRecord, InvoiceSummary};
use documents::{Document, judge};
use ports::{
    Clock, Fault, InvoiceChange, Occasion, PortError, ReadInvoiceDocuments, ReadInvoices,
    WriteInvoices, decide_again, reached, step,
};

/// Most violations that an invoice's record keeps.
pub const MAX_KEPT: usize = 200;
/// Most bytes of JSON that they may take there: an item stays under 100 KB.
pub const MAX_KEPT_BYTES: usize = 80 * 1024;

/// Judges the invoice that was received. An invoice that is past SUBMITTED was judged before: nothing is left to do.
///
/// # Errors
/// When a port fails, when the event came too early, and when the document is unreadable or not the announced one.
pub async fn handle<W>(world: &W, event: &Detail<InvoiceReceived>) -> Result<(), Fault>
where
    W: Clock + ReadInvoices + WriteInvoices + ReadInvoiceDocuments + Sync,
{
    decide_again(|| attempt(world, event)).await
}

async fn attempt<W>(world: &W, event: &Detail<InvoiceReceived>) -> Result<(), Fault>
where
    W: Clock + ReadInvoices + WriteInvoices + ReadInvoiceDocuments + Sync,
{
    let id = event.metadata.subject.invoice_id;
    let record = reached(world.invoice(id).await?, event)?;
    if record.state != State::Submitted {
        return Ok(());
    }
    let bytes = world.invoice_document(&record.document).await?;
    let verdict = verdict(&document_of(&record, &bytes)?);
    let occasion = Occasion::of(&event.metadata, world.origin());
    Ok(world
        .commit_invoice(decide(&record, verdict, &occasion)?)
        .await?)
}

/// What the rules say about a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// No rule is broken.
    Valid(InvoiceSummary),
    /// At least one rule is broken.
    Broken(Vec<Violation>),
}

/// Reads the document, and makes sure that it is the one that the record is about: the key in an event is a claim.
///
/// # Errors
/// [`PortError::Corrupt`], with the reason's code and without any content.
pub fn document_of(record: &InvoiceRecord, bytes: &[u8]) -> Result<Document, PortError> {
    let corrupt = |reason: String| PortError::Corrupt {
        subject: format!("the document of invoice {}", record.invoice_id),
        reason,
    };
    let document = documents::read(bytes).map_err(|error| corrupt(error.code().to_owned()))?;
    if document.key() != record.key || document.invoice_id() != record.invoice_id {
        return Err(corrupt("it is another invoice's document".to_owned()));
    }
    Ok(document)
}

/// Judges a document.
#[must_use]
pub fn verdict(document: &Document) -> Verdict {
    let violations = judge(document).violations;
    match document.summary() {
        Ok(summary) if violations.is_empty() => Verdict::Valid(summary),
        // Without a summary there is a violation that says why: `judge` sees to that.
        _ => Verdict::Broken(violations),
    }
}

/// The step that follows from a verdict.
///
/// # Errors
/// When the invoice is not SUBMITTED.
pub fn decide(
    record: &InvoiceRecord,
    verdict: Verdict,
    occasion: &Occasion,
) -> Result<InvoiceChange, Fault> {
    match verdict {
        Verdict::Valid(summary) => {
            let event = InvoiceValidated {
                payable: summary.payable.clone(),
                document_type: record.key.document_type.clone(),
            };
            let mut change =
                step::<InvoiceValidation, _>(record, State::Validated, event, occasion)?;
            change.record.summary = Some(summary);
            Ok(change)
        }
        Verdict::Broken(violations) => {
            let event = InvoiceRejected {
                reason: RejectionReason::Invalid,
                violations: violations.iter().take(MAX_VIOLATIONS).cloned().collect(),
                violation_count: u32::try_from(violations.len()).unwrap_or(u32::MAX),
            };
            let mut change =
                step::<InvoiceValidation, _>(record, State::Rejected, event, occasion)?;
            change.record.rejection = Some(RejectionReason::Invalid);
            change.record.violations = kept(violations);
            Ok(change)
        }
    }
}

/// The first violations, as many as a record has room for.
fn kept(violations: Vec<Violation>) -> Vec<Violation> {
    let mut room = MAX_KEPT_BYTES;
    violations
        .into_iter()
        .take(MAX_KEPT)
        .take_while(|violation| {
            let size =
                serde_json::to_string(violation).map_or(MAX_KEPT_BYTES, |json| json.len() + 1);
            let fits = size <= room;
            room = room.saturating_sub(size);
            fits
        })
        .collect()
}

#[cfg(test)]
mod tests;
