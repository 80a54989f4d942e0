//! What waits for people -> rules -> approval, which puts it before them.

use crate::graph::Lane;
use contracts::events::{InvoiceApprovalRequested, InvoiceDisputed, PaymentFailed};
use contracts::handlers::Approval;

pub(super) fn lanes() -> [Lane; 3] {
    [
        Lane::of::<InvoiceApprovalRequested>("InvoiceApprovalRequestedToApproval").to::<Approval>(),
        Lane::of::<InvoiceDisputed>("InvoiceDisputedToApproval").to::<Approval>(),
        Lane::of::<PaymentFailed>("PaymentFailedToApproval").to::<Approval>(),
    ]
}
