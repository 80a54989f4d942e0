//! Books what was paid and credited: for each event a posting of two rows that sum to zero (R4).
//!
//! Cash basis: nothing is booked before money moves or a credit is granted, and nothing is accrued.
//!
//! ```text
//! InvoicePaid      debit expenses        credit bank        what was paid
//! InvoiceCredited  debit vendor-credits  credit expenses    what was credited
//! ```
//!
//! An invoice of which nothing was due moves no money and books nothing. The same event books the same rows, under the
//! same keys: a redelivery adds nothing.

use contracts::envelope::Detail;
use contracts::events::{InvoiceCredited, InvoicePaid, PaidReason};
use contracts::handlers::{Accounting, Consumes};
use contracts::records::{LedgerAccount, LedgerRow};
use contracts::{Amount, Event, InvoiceSubject};
use ports::{AppendLedger, Fault, PortError};

/// What an event moves, and between which accounts of the books.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Movement {
    /// The account that is debited.
    pub debit: LedgerAccount,
    /// The account that is credited.
    pub credit: LedgerAccount,
    /// How much; events give it positive.
    pub amount: Amount,
}

/// An event that the books know.
pub trait Booked: Event<Subject = InvoiceSubject> {
    /// What it moves; `None` when no money moves.
    fn movement(&self) -> Option<Movement>;
}

impl Booked for InvoicePaid {
    fn movement(&self) -> Option<Movement> {
        (self.reason == PaidReason::Settled).then(|| Movement {
            debit: LedgerAccount::Expenses,
            credit: LedgerAccount::Bank,
            amount: self.paid.clone(),
        })
    }
}

impl Booked for InvoiceCredited {
    fn movement(&self) -> Option<Movement> {
        Some(Movement {
            debit: LedgerAccount::VendorCredits,
            credit: LedgerAccount::Expenses,
            amount: self.credited.clone(),
        })
    }
}

/// Books an event, once.
///
/// # Errors
/// When the ledger does not answer or holds other rows of this event, and when the event's amount is negative.
pub async fn handle<E, W>(world: &W, event: &Detail<E>) -> Result<(), Fault>
where
    E: Booked,
    Accounting: Consumes<E>,
    W: AppendLedger + Sync,
{
    let rows = posting(event)?;
    if rows.is_empty() {
        return Ok(());
    }
    Ok(world.book(rows).await?)
}

/// The rows that an event is booked as: none, or a debit and a credit of the same amount.
///
/// # Errors
/// [`PortError::Corrupt`] when the amount is negative: no event of ours says so, and swapped sides would hide who did.
pub fn posting<E: Booked>(event: &Detail<E>) -> Result<Vec<LedgerRow>, PortError> {
    let Some(movement) = event.data.movement() else {
        return Ok(Vec::new());
    };
    let amount = movement.amount;
    match amount.minor {
        0 => Ok(Vec::new()),
        // A positive number always has a negative one.
        minor @ 1.. => Ok(vec![
            row(event, 1, movement.debit, minor, &amount),
            row(event, 2, movement.credit, -minor, &amount),
        ]),
        ..0 => Err(PortError::Corrupt {
            subject: format!("{} {}", E::SPEC.name, event.metadata.event_id),
            reason: "its amount is negative, and a posting needs a positive one".to_owned(),
        }),
    }
}

fn row<E: Booked>(
    event: &Detail<E>,
    line: u32,
    account: LedgerAccount,
    minor: i64,
    of: &Amount,
) -> LedgerRow {
    let metadata = &event.metadata;
    LedgerRow {
        event_id: metadata.event_id,
        event_type: E::SPEC.name.to_owned(),
        invoice_id: metadata.subject.invoice_id,
        vendor_id: metadata.subject.vendor_id,
        line,
        account,
        amount: Amount {
            minor,
            currency: of.currency.clone(),
        },
        at: metadata.timestamp,
    }
}
