//! `InvoiceApproved` -> rule -> payment: an approved invoice is paid, once.

use crate::graph::Lane;
use contracts::events::InvoiceApproved;
use contracts::handlers::Payment;

pub(super) fn lane() -> Lane {
    Lane::of::<InvoiceApproved>("InvoiceApprovedToPayment").to::<Payment>()
}
