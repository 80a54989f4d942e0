//! `InvoiceReceived` -> rule -> queue `Validation` -> invoice-validation. A queue, since judging a document is the
//! slowest step: it takes the surge of a month's end at its own pace.

use crate::graph::Lane;
use contracts::events::InvoiceReceived;
use contracts::handlers::InvoiceValidation;

pub(super) fn lane() -> Lane {
    Lane::of::<InvoiceReceived>("InvoiceReceivedToValidation")
        .through_queue("Validation")
        .to::<InvoiceValidation>()
}
