//! `InvoiceSubmitted` -> rule -> invoice-intake: the document is stored once and its business key is taken.

use crate::graph::Lane;
use contracts::events::InvoiceSubmitted;
use contracts::handlers::InvoiceIntake;

pub(super) fn lane() -> Lane {
    Lane::of::<InvoiceSubmitted>("InvoiceSubmittedToIntake").to::<InvoiceIntake>()
}
