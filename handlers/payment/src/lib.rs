//! Pays an approved invoice exactly once, to the account that the vendor had when it was approved (R12, R26).
//!
//! ```text
//! APPROVED --claim--> PAYING --order--> settled: PAID | declined: PAYMENT_FAILED | no answer: PAYMENT_UNKNOWN
//! ```
//!
//! A vendor whose account is another by now, or who is no longer onboarded, is not paid: the invoice is DISPUTED.
//! The claim is committed before the provider hears of the payment, and holds amount and payee for good. Whoever finds
//! PAYING or PAYMENT_UNKNOWN asks the provider first, by the payment key, and hands the order in only when the provider
//! never got it: under the same key and attempt, which the provider takes once. Besides the event that comes again, a clock
//! asks so ([`ask_again`]). That a declined payment is tried again is people's decision: the invoice is APPROVED once more,
//! and attempt n+1 is claimed under the same key.

mod asking;
mod decision;
mod settle;

pub use asking::ask_again;
pub use decision::{Next, decide, next_attempt};
pub use settle::{Outcome, settle};

use contracts::InvoiceId;
use contracts::envelope::Detail;
use contracts::events::{InvoiceApproved, InvoiceDisputed, PaymentFailed, PaymentFailure};
use contracts::handlers::Payment;
use contracts::records::{InvoiceRecord, PaymentRecord, VendorProfile};
use contracts::{State, VendorId};
use ports::{
    Clock, Fault, InvoiceChange, Occasion, PayVendors, PaymentOrder, PortError, ProviderAnswer,
    ReadInvoices, ReadVendors, WriteInvoices, decide_again, reached, silent_step, step,
};

const INSTALMENT: u32 = PaymentRecord::INSTALMENT;

/// Pays the invoice that was approved, or finds out what became of its payment.
///
/// # Errors
/// When a port fails, and when the event came too early. That the provider did not answer is none: the payment is recorded
/// as unknown, and from then on the clock asks ([`ask_again`]).
pub async fn handle<W>(world: &W, event: &Detail<InvoiceApproved>) -> Result<(), Fault>
where
    W: Clock + ReadInvoices + WriteInvoices + ReadVendors + PayVendors + Sync,
{
    decide_again(|| attempt(world, event)).await
}

async fn attempt<W>(world: &W, event: &Detail<InvoiceApproved>) -> Result<(), Fault>
where
    W: Clock + ReadInvoices + WriteInvoices + ReadVendors + PayVendors + Sync,
{
    let subject = &event.metadata.subject;
    let record = reached(world.invoice(subject.invoice_id).await?, event)?;
    let payment = world.payment(record.invoice_id, INSTALMENT).await?;
    let profile = world.vendor(record.vendor_id()).await?;
    let occasion = || Occasion::of(&event.metadata, world.origin());
    match decide(&record, profile.as_ref(), payment.as_ref())? {
        Next::Nothing => Ok(()),
        Next::Fail(reason) => {
            let attempt = next_attempt(payment.as_ref());
            let change = fail(&record, reason, attempt, &occasion())?;
            Ok(world.commit_invoice(change).await?)
        }
        Next::Dispute(reason) => {
            let event = InvoiceDisputed { reason };
            let change = step::<Payment, _>(&record, State::Disputed, event, &occasion())?;
            Ok(world.commit_invoice(change).await?)
        }
        Next::Claim(claim) => {
            let (change, claimed) = claim_of(&record, claim, &occasion())?;
            let paying = change.record.clone();
            world.commit_invoice(change).await?;
            let order = order_of(&paying, &claimed, profile.as_ref())?;
            let answer = world.pay(&order).await?;
            conclude(world, &paying, claimed, answer, &occasion()).await
        }
        Next::Ask(claimed) => {
            let answer = ask(world, &record, &claimed, profile.as_ref()).await?;
            conclude(world, &record, claimed, answer, &occasion()).await
        }
    }
}

/// Asks the provider what became of a claimed payment, and hands the order in when it never got it.
async fn ask<W>(
    world: &W,
    record: &InvoiceRecord,
    claimed: &PaymentRecord,
    profile: Option<&VendorProfile>,
) -> Result<ProviderAnswer, Fault>
where
    W: PayVendors + Sync,
{
    match world.payment_status(&claimed.key, claimed.attempt).await? {
        ProviderAnswer::NotFound => Ok(world.pay(&order_of(record, claimed, profile)?).await?),
        answer => Ok(answer),
    }
}

/// Records the provider's answer. Without one the event's work ends all the same: the clock owns the payment now.
async fn conclude<W>(
    world: &W,
    record: &InvoiceRecord,
    payment: PaymentRecord,
    answer: ProviderAnswer,
    occasion: &Occasion,
) -> Result<(), Fault>
where
    W: WriteInvoices + Sync,
{
    match settle(record, payment, answer, occasion)? {
        Outcome::Final(change) | Outcome::NowUnknown(change) => {
            Ok(world.commit_invoice(*change).await?)
        }
        Outcome::StillUnknown => Ok(()),
    }
}

fn fail(
    record: &InvoiceRecord,
    reason: PaymentFailure,
    attempt: u32,
    occasion: &Occasion,
) -> Result<InvoiceChange, Fault> {
    let event = PaymentFailed {
        reason,
        payment_key: PaymentRecord::key_of(record.invoice_id, INSTALMENT),
        attempt,
    };
    Ok(step::<Payment, _>(
        record,
        State::PaymentFailed,
        event,
        occasion,
    )?)
}

fn claim_of(
    record: &InvoiceRecord,
    claim: decision::Claim,
    occasion: &Occasion,
) -> Result<(InvoiceChange, PaymentRecord), Fault> {
    let payment = claim.record(record.invoice_id, occasion);
    let mut change = silent_step::<Payment>(record, State::Paying, occasion)?;
    change.payment = Some(payment.clone());
    Ok((change, payment))
}

/// The order for a claimed payment: what was claimed, not what the profile says by now.
fn order_of(
    record: &InvoiceRecord,
    payment: &PaymentRecord,
    profile: Option<&VendorProfile>,
) -> Result<PaymentOrder, Fault> {
    let profile = profile.ok_or_else(|| gone(record.vendor_id(), record.invoice_id))?;
    Ok(PaymentOrder {
        key: payment.key.clone(),
        attempt: payment.attempt,
        amount: payment.amount.clone(),
        payee_account: payment.payee_account.clone(),
        payee_name: profile.registration.name.clone(),
        reference: record.key.number.clone(),
        requested_at: payment.at,
    })
}

fn gone(vendor: VendorId, invoice: InvoiceId) -> PortError {
    PortError::Corrupt {
        subject: format!("vendor {vendor}"),
        reason: format!("it has no profile, but a payment of its invoice {invoice} is claimed"),
    }
}
