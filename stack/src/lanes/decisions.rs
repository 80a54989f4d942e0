//! What waits for people -> rules -> approval, which puts it before them; what rests too long -> approval, which begins the
//! decision again where it died.

use crate::graph::Lane;
use contracts::events::{InvoiceApprovalRequested, InvoiceDisputed, InvoiceStuck, PaymentFailed};
use contracts::handlers::Approval;

pub(super) fn lanes() -> [Lane; 4] {
    [
        Lane::of::<InvoiceApprovalRequested>("InvoiceApprovalRequestedToApproval").to::<Approval>(),
        Lane::of::<InvoiceDisputed>("InvoiceDisputedToApproval").to::<Approval>(),
        Lane::of::<PaymentFailed>("PaymentFailedToApproval").to::<Approval>(),
        Lane::of::<InvoiceStuck>("InvoiceStuckToApproval").to::<Approval>(),
    ]
}
