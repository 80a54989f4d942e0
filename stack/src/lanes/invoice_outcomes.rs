//! How an invoice goes on and how it ended -> rules -> notification: the vendor hears of it. A rule for each outcome, so
//! that each has its own metrics and can be stopped alone. A paid invoice is told on two ways (see `invoice_paid`).

use crate::graph::Lane;
use contracts::events::{
    DisputeResolved, InvoiceCredited, InvoiceDisputed, InvoiceRejected, PaymentFailed,
};
use contracts::handlers::Notification;

pub(super) fn lanes() -> [Lane; 5] {
    [
        Lane::of::<InvoiceCredited>("InvoiceCreditedToNotification").to::<Notification>(),
        Lane::of::<InvoiceRejected>("InvoiceRejectedToNotification").to::<Notification>(),
        Lane::of::<PaymentFailed>("PaymentFailedToNotification").to::<Notification>(),
        Lane::of::<InvoiceDisputed>("InvoiceDisputedToNotification").to::<Notification>(),
        Lane::of::<DisputeResolved>("DisputeResolvedToNotification").to::<Notification>(),
    ]
}
