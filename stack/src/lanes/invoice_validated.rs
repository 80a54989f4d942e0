//! `InvoiceValidated` -> rule -> topic -> queue `Compliance` -> compliance. A topic, since further checks may listen to
//! valid invoices without a change here.

use crate::graph::Lane;
use contracts::events::InvoiceValidated;
use contracts::handlers::Compliance;

pub(super) fn lane() -> Lane {
    Lane::of::<InvoiceValidated>("InvoiceValidatedToCompliance")
        .through_topic("ValidatedInvoices", "Compliance")
        .to::<Compliance>()
}
