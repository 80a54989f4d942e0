//! Decides whether a valid invoice is paid, credited, disputed, rejected or put before people, and carries out what people
//! decided ([`conclude`]).
//!
//! The order of the checks is the decision's meaning; [`verdict`] explains it. Rejections by business rules come earlier
//! (validation), people decide elsewhere; no payment is made here. An approval pins the account that the vendor has at
//! that moment: a later one is not what was approved (R26).

mod conclude;
mod verdict;

pub use conclude::conclude;
pub use verdict::{Verdict, verdict};

use contracts::envelope::Detail;
use contracts::events::{
    ApprovalKind, DisputeReason, InvoiceApprovalRequested, InvoiceApproved, InvoiceCredited,
    InvoiceDisputed, InvoicePaid, InvoiceRejected, InvoiceValidated, PaidReason,
};
use contracts::handlers::Compliance;
use contracts::records::{InvoiceRecord, InvoiceSummary, VendorProfile};
use contracts::{Amount, State};
use ports::{
    Clock, Fault, IllegalStep, InvoiceChange, Occasion, Policies, PortError, ReadInvoices,
    ReadVendors, WriteInvoices, decide_again, reached, step,
};

/// Judges a validated invoice and moves it on. An invoice that has moved on already is left alone.
///
/// # Errors
/// When a port fails, when the event came too early, and when a validated invoice has no summary.
pub async fn handle<W>(world: &W, event: &Detail<InvoiceValidated>) -> Result<(), Fault>
where
    W: Clock + ReadInvoices + WriteInvoices + ReadVendors + Policies + Sync,
{
    decide_again(|| attempt(world, event)).await
}

async fn attempt<W>(world: &W, event: &Detail<InvoiceValidated>) -> Result<(), Fault>
where
    W: Clock + ReadInvoices + WriteInvoices + ReadVendors + Policies + Sync,
{
    let id = event.metadata.subject.invoice_id;
    let record = reached(world.invoice(id).await?, event)?;
    if record.state != State::Validated {
        return Ok(());
    }
    let summary = summary(&record)?;
    let profile = world.vendor(record.vendor_id()).await?;
    let verdict = verdict(
        &record.key.document_type,
        summary,
        profile.as_ref(),
        world.policy(),
    );
    let occasion = Occasion::of(&event.metadata, world.origin());
    let mut change = change(&record, summary.payable.clone(), verdict, &occasion)?;
    if change.record.state == State::Approved {
        let account = profile.as_ref().and_then(VendorProfile::account);
        change.record.approved_account = account.map(str::to_owned);
    }
    Ok(world.commit_invoice(change).await?)
}

fn summary(record: &InvoiceRecord) -> Result<&InvoiceSummary, PortError> {
    record.summary.as_ref().ok_or_else(|| PortError::Corrupt {
        subject: format!("invoice {}", record.invoice_id),
        reason: "it is validated, but has no summary".to_owned(),
    })
}

/// The verdict as a step of the invoice.
fn change(
    record: &InvoiceRecord,
    payable: Amount,
    verdict: Verdict,
    occasion: &Occasion,
) -> Result<InvoiceChange, IllegalStep> {
    match verdict {
        Verdict::Reject(reason) => {
            let event = InvoiceRejected {
                reason,
                violations: Vec::new(),
                violation_count: 0,
            };
            let mut change = step::<Compliance, _>(record, State::Rejected, event, occasion)?;
            change.record.rejection = Some(reason);
            Ok(change)
        }
        Verdict::Credit(credited) => {
            let event = InvoiceCredited { credited };
            step::<Compliance, _>(record, State::Credited, event, occasion)
        }
        Verdict::NothingDue => {
            let event = InvoicePaid {
                paid: payable,
                reason: PaidReason::NothingDue,
                payment_key: None,
            };
            step::<Compliance, _>(record, State::Paid, event, occasion)
        }
        Verdict::Dispute => {
            let event = InvoiceDisputed {
                reason: DisputeReason::AccountDiffers,
            };
            step::<Compliance, _>(record, State::Disputed, event, occasion)
        }
        Verdict::Approve => {
            let event = InvoiceApproved {
                payable,
                approval: ApprovalKind::Automatic,
            };
            step::<Compliance, _>(record, State::Approved, event, occasion)
        }
        Verdict::AskPeople => {
            let event = InvoiceApprovalRequested { payable };
            step::<Compliance, _>(record, State::AwaitingApproval, event, occasion)
        }
    }
}
