//! What the provider's answer makes of a claimed payment and its invoice.

use contracts::State;
use contracts::events::{InvoicePaid, PaidReason, PaymentFailed, PaymentFailure};
use contracts::handlers::Payment;
use contracts::records::{InvoiceRecord, PaymentRecord, PaymentStatus};
use ports::{IllegalStep, InvoiceChange, Occasion, ProviderAnswer, silent_step, step};

/// What to record.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// Settled or declined, with the event that says so.
    Final(Box<InvoiceChange>),
    /// No answer, for the first time: record PAYMENT_UNKNOWN, and let the clock ask.
    NowUnknown(Box<InvoiceChange>),
    /// Still no answer: nothing new to record; the clock asks again.
    StillUnknown,
}

/// The change for an answer. `NotFound` after handing the order in is no answer either: it is asked for again, never
/// taken for a decline.
///
/// # Errors
/// When the invoice is neither PAYING nor PAYMENT_UNKNOWN.
pub fn settle(
    record: &InvoiceRecord,
    payment: PaymentRecord,
    answer: ProviderAnswer,
    occasion: &Occasion,
) -> Result<Outcome, IllegalStep> {
    let (mut change, status) = match answer {
        ProviderAnswer::Settled => {
            let event = InvoicePaid {
                paid: payment.amount.clone(),
                reason: PaidReason::Settled,
                payment_key: Some(payment.key.clone()),
            };
            let change = step::<Payment, _>(record, State::Paid, event, occasion)?;
            (change, PaymentStatus::Settled)
        }
        ProviderAnswer::Declined => {
            let event = PaymentFailed {
                reason: PaymentFailure::Declined,
                payment_key: payment.key.clone(),
                attempt: payment.attempt,
            };
            let change = step::<Payment, _>(record, State::PaymentFailed, event, occasion)?;
            (change, PaymentStatus::Declined)
        }
        ProviderAnswer::Unknown | ProviderAnswer::NotFound => {
            if record.state == State::PaymentUnknown {
                return Ok(Outcome::StillUnknown);
            }
            let change = silent_step::<Payment>(record, State::PaymentUnknown, occasion)?;
            (change, PaymentStatus::Unknown)
        }
    };
    change.payment = Some(PaymentRecord {
        status,
        at: occasion.origin.now,
        ..payment
    });
    Ok(match status {
        PaymentStatus::Unknown => Outcome::NowUnknown(Box::new(change)),
        _ => Outcome::Final(Box::new(change)),
    })
}
