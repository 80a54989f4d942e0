//! What to do about an approved invoice, from what is stored about it. Nothing here talks to the provider.

use crate::INSTALMENT;
use contracts::events::{DisputeReason, PaymentFailure};
use contracts::records::{
    InvoiceRecord, PaymentRecord, PaymentStatus, VendorProfile, normal_account,
};
use contracts::{Amount, InvoiceId, State};
use ports::{Occasion, PortError};

/// What comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// The event is old: the payment has its outcome, or the invoice went elsewhere.
    Nothing,
    /// There is nothing to claim: it fails for good.
    Fail(PaymentFailure),
    /// The vendor is not the one that was approved: its account changed, or it is no longer onboarded.
    Dispute(DisputeReason),
    /// Claim the payment, then hand the order in.
    Claim(Claim),
    /// A payment is claimed and its outcome is not known: ask the provider.
    Ask(PaymentRecord),
}

/// A payment that may be claimed: a positive amount, and the account that the vendor had at approval and has still.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    amount: Amount,
    payee_account: String,
    attempt: u32,
}

impl Claim {
    /// The claim's record.
    #[must_use]
    pub fn record(self, invoice: InvoiceId, occasion: &Occasion) -> PaymentRecord {
        PaymentRecord {
            key: PaymentRecord::key_of(invoice, INSTALMENT),
            instalment: INSTALMENT,
            attempt: self.attempt,
            amount: self.amount,
            payee_account: self.payee_account,
            status: PaymentStatus::Claimed,
            at: occasion.origin.now,
            cause: Some(occasion.cause.clone()),
        }
    }
}

/// Which attempt comes next: a further one follows a definite decline only (R12).
#[must_use]
pub fn next_attempt(earlier: Option<&PaymentRecord>) -> u32 {
    match earlier {
        None => 1,
        Some(declined) if declined.status == PaymentStatus::Declined => {
            declined.attempt.saturating_add(1)
        }
        Some(other) => other.attempt,
    }
}

/// Decides by the invoice's state. The account is the profile's, never the document's, and only while it is the one that
/// was approved (R26). Approved after a decline it is tried again, under the same key, for the same amount and to the same
/// payee; where the vendor has another account by now, people must settle it in another way than by this payment. That a
/// claim agrees with an earlier one is the store's condition ([`ports::may_follow`]): only there it is judged in the same
/// moment as the version.
///
/// # Errors
/// [`PortError::Corrupt`] when what is stored contradicts itself: a payment without a claim, an amount that can't be paid.
pub fn decide(
    record: &InvoiceRecord,
    profile: Option<&VendorProfile>,
    payment: Option<&PaymentRecord>,
) -> Result<Next, PortError> {
    match (record.state, payment) {
        (State::Approved, earlier) => claim(record, profile, earlier),
        (State::Paying | State::PaymentUnknown, Some(claimed)) => Ok(Next::Ask(claimed.clone())),
        (State::Paying | State::PaymentUnknown, None) => Err(corrupt(
            record,
            "it is being paid, but no payment of it is claimed",
        )),
        _ => Ok(Next::Nothing),
    }
}

fn claim(
    record: &InvoiceRecord,
    profile: Option<&VendorProfile>,
    earlier: Option<&PaymentRecord>,
) -> Result<Next, PortError> {
    let amount = match &record.summary {
        Some(summary) if summary.payable.minor > 0 => summary.payable.clone(),
        Some(_) => return Err(corrupt(record, "it is approved, but nothing is to be paid")),
        None => return Err(corrupt(record, "it is approved, but was never summarised")),
    };
    let account = profile.and_then(VendorProfile::account);
    let approved = record.approved_account.as_deref();
    if approved.map(normal_account) != account.map(normal_account) {
        return Ok(Next::Dispute(DisputeReason::AccountDiffers));
    }
    let Some(account) = account else {
        return Ok(Next::Fail(PaymentFailure::NoAccount));
    };
    if !profile.is_some_and(|profile| profile.onboarded) {
        return Ok(Next::Dispute(DisputeReason::AccountDiffers));
    }
    let declined = earlier.filter(|earlier| earlier.status == PaymentStatus::Declined);
    let payee = declined.map_or(account, |declined| declined.payee_account.as_str());
    if normal_account(payee) != normal_account(account) {
        return Ok(Next::Dispute(DisputeReason::AccountDiffers));
    }
    Ok(Next::Claim(Claim {
        amount,
        payee_account: payee.to_owned(),
        attempt: next_attempt(earlier),
    }))
}

fn corrupt(record: &InvoiceRecord, reason: &str) -> PortError {
    PortError::Corrupt {
        subject: format!("invoice {}", record.invoice_id),
        reason: reason.to_owned(),
    }
}
