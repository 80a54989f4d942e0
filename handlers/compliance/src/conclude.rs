//! Carries out what people decided: the last task of the state machine, and the only one that moves an invoice on.
//!
//! | waits as         | approved                              | refused                | disputed         | time is up                 |
//! |------------------|---------------------------------------|------------------------|------------------|----------------------------|
//! | AWAITING_APPROVAL| APPROVED, or DISPUTED (account)       | REJECTED, declined     | DISPUTED, opened | REJECTED, approval-timeout |
//! | DISPUTED         | APPROVED + `DisputeResolved` pay      | REJECTED + reject      |                  | stays                      |
//! | PAYMENT_FAILED   | APPROVED: attempt n + 1               | REJECTED, given up     |                  | stays                      |
//!
//! The state machine says when; what was decided is read from the approval alone, so that no input approves anything. The
//! decisions stand in it under conditions (R27), and an approval takes as many different people as it was begun with.
//!
//! *Which account.* Every approval names the account that the vendor had when it was made. If it is another one by now, nobody
//! approved paying it (R26): an invoice that awaited approval is disputed, like one that names another account than the
//! profile. From DISPUTED and PAYMENT_FAILED the lifecycle has no step to a new dispute, so the account that was approved is
//! pinned, and payment disputes the difference before it claims anything.
//!
//! *Why a dispute or a failed payment does not expire.* Silence must not pay, and rejecting would end a debt that was approved or
//! is contested, for good: the same document is never taken again. So it stays, people are reminded, and the sweeper announces
//! it as stuck.

use crate::{summary, verdict::names_another_account};
use contracts::State;
use contracts::events::{
    ApprovalKind, DisputeOutcome, DisputeReason, DisputeResolved, InvoiceApproved, InvoiceDisputed,
    InvoiceRejected, RejectionReason,
};
use contracts::handlers::Compliance;
use contracts::records::{ApprovalRecord, InvoiceRecord, VendorProfile, normal_account};
use contracts::tasks::{Conclude, Ending, Verdict, Waiting};
use ports::api::principal_of;
use ports::{
    Clock, Fault, InvoiceChange, Occasion, PortError, ReadApprovals, ReadInvoices, ReadVendors,
    WriteInvoices, announce_beside, decide_again, step,
};

/// Moves the invoice on as it was decided. An invoice that has moved on already is left alone, and so is one whose time is up
/// in a state that does not expire.
///
/// # Errors
/// When a port fails, and [`PortError::Corrupt`] when the state machine concludes what nobody decided.
pub async fn conclude<W>(world: &W, input: &Conclude) -> Result<(), Fault>
where
    W: Clock + ReadInvoices + ReadApprovals + WriteInvoices + ReadVendors + Sync,
{
    decide_again(|| attempt(world, input)).await
}

async fn attempt<W>(world: &W, input: &Conclude) -> Result<(), Fault>
where
    W: Clock + ReadInvoices + ReadApprovals + WriteInvoices + ReadVendors + Sync,
{
    let (id, version) = (input.request.invoice_id, input.request.version);
    let record = world.invoice(id).await?;
    let Some(record) = record.filter(|record| record.version == version) else {
        return Ok(());
    };
    let approval = world.approval(id, version).await?;
    let approval = approval.ok_or_else(|| odd(&record, "nobody was asked about it"))?;
    let profile = world.vendor(record.vendor_id()).await?;
    let occasion = Occasion {
        cause: approval.request.cause.clone(),
        origin: world.origin(),
    };
    match change(&record, &approval, profile.as_ref(), &occasion)? {
        Some(change) => Ok(world.commit_invoice(change).await?),
        None => Ok(()),
    }
}

fn odd(record: &InvoiceRecord, reason: &str) -> PortError {
    PortError::Corrupt {
        subject: format!("the approval of invoice {}", record.invoice_id),
        reason: reason.to_owned(),
    }
}

/// The step that the recorded decisions lead to; `None` when the invoice stays.
fn change(
    record: &InvoiceRecord,
    approval: &ApprovalRecord,
    profile: Option<&VendorProfile>,
    occasion: &Occasion,
) -> Result<Option<InvoiceChange>, Fault> {
    let waiting = Waiting::of(record.state).filter(|w| *w == approval.request.waiting);
    let waiting = waiting.ok_or_else(|| odd(record, "it waits for something else"))?;
    let ending = approval
        .ending()
        .ok_or_else(|| odd(record, "not as many people as it takes have decided"))?;
    let submitter = principal_of(&record.submitted_by);
    if approval.decisions.iter().any(|d| d.by == submitter) {
        return Err(odd(record, "who submitted it has decided about it").into());
    }
    let reject = |reason| reject(record, reason, occasion);
    let mut change = match (waiting, ending) {
        (Waiting::Approval, Ending::Approve) => {
            if let Some(account) = payable_to(record, approval, profile)? {
                approve(record, ApprovalKind::Manual, account, occasion)?
            } else {
                dispute(record, DisputeReason::AccountDiffers, occasion)?
            }
        }
        (Waiting::Approval, Ending::Reject) => reject(RejectionReason::Declined)?,
        (Waiting::Approval, Ending::Timeout) => reject(RejectionReason::ApprovalTimeout)?,
        (Waiting::Approval, Ending::Dispute) => dispute(record, DisputeReason::Opened, occasion)?,
        (Waiting::Dispute, Ending::Approve) => {
            let account = approved_account(approval, profile);
            let change = approve(record, ApprovalKind::DisputeResolved, account, occasion)?;
            resolved(change, DisputeOutcome::Pay, occasion)?
        }
        (Waiting::Dispute, Ending::Reject) => {
            let change = reject(RejectionReason::DisputeLost)?;
            resolved(change, DisputeOutcome::Reject, occasion)?
        }
        (Waiting::PaymentFailed, Ending::Approve) => {
            let account = approved_account(approval, profile);
            approve(record, ApprovalKind::PaymentRetried, account, occasion)?
        }
        (Waiting::PaymentFailed, Ending::Reject) => reject(RejectionReason::PaymentGivenUp)?,
        (Waiting::Dispute | Waiting::PaymentFailed, Ending::Timeout) => return Ok(None),
        (Waiting::Dispute | Waiting::PaymentFailed, Ending::Dispute) => {
            return Err(odd(record, "only what awaits approval can be disputed").into());
        }
    };
    if let Some(last) = approval
        .decisions
        .last()
        .filter(|_| ending != Ending::Timeout)
    {
        change.actor.clone_from(&last.by);
    }
    Ok(Some(change))
}

/// The account that everybody approved, if it is the profile's still: the first that is another one, else the profile's.
fn approved_account(approval: &ApprovalRecord, profile: Option<&VendorProfile>) -> Option<String> {
    let present = profile.and_then(VendorProfile::account);
    let differs = |account: &Option<String>| {
        account.as_deref().map(normal_account) != present.map(normal_account)
    };
    let mut approved = approval
        .decisions
        .iter()
        .filter(|decision| decision.verdict == Verdict::Approve)
        .map(|decision| decision.account.clone());
    approved
        .find(differs)
        .unwrap_or_else(|| present.map(str::to_owned))
}

/// What an approved invoice is paid to (`Some(None)`: the vendor has no account, which payment tells people); `None` when it is
/// to be disputed.
fn payable_to(
    record: &InvoiceRecord,
    approval: &ApprovalRecord,
    profile: Option<&VendorProfile>,
) -> Result<Option<Option<String>>, PortError> {
    let summary = summary(record)?;
    let onboarded = profile.filter(|profile| profile.onboarded);
    Ok(onboarded
        .filter(|profile| !names_another_account(summary, profile))
        .and_then(|profile| {
            let present = profile.account().map(str::to_owned);
            let approved = approved_account(approval, Some(profile));
            (approved == present).then_some(present)
        }))
}

fn approve(
    record: &InvoiceRecord,
    approval: ApprovalKind,
    account: Option<String>,
    occasion: &Occasion,
) -> Result<InvoiceChange, Fault> {
    let payable = summary(record)?.payable.clone();
    let event = InvoiceApproved { payable, approval };
    let mut change = step::<Compliance, _>(record, State::Approved, event, occasion)?;
    change.record.approved_account = account;
    Ok(change)
}

fn reject(
    record: &InvoiceRecord,
    reason: RejectionReason,
    occasion: &Occasion,
) -> Result<InvoiceChange, Fault> {
    let event = InvoiceRejected {
        reason,
        violations: Vec::new(),
        violation_count: 0,
    };
    let mut change = step::<Compliance, _>(record, State::Rejected, event, occasion)?;
    change.record.rejection = Some(reason);
    Ok(change)
}

fn dispute(
    record: &InvoiceRecord,
    reason: DisputeReason,
    occasion: &Occasion,
) -> Result<InvoiceChange, Fault> {
    let event = InvoiceDisputed { reason };
    Ok(step::<Compliance, _>(
        record,
        State::Disputed,
        event,
        occasion,
    )?)
}

fn resolved(
    change: InvoiceChange,
    outcome: DisputeOutcome,
    occasion: &Occasion,
) -> Result<InvoiceChange, Fault> {
    let event = DisputeResolved { outcome };
    Ok(announce_beside::<Compliance, _>(change, event, occasion)?)
}
