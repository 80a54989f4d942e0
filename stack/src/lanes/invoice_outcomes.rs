//! How an invoice ended -> rules -> notification: the vendor hears of it. A rule for each outcome, so that each has its
//! own metrics and can be stopped alone.

use crate::graph::Lane;
use contracts::events::{InvoiceCredited, InvoicePaid, InvoiceRejected, PaymentFailed};
use contracts::handlers::Notification;

pub(super) fn lanes() -> [Lane; 4] {
    [
        Lane::of::<InvoicePaid>("InvoicePaidToNotification").to::<Notification>(),
        Lane::of::<InvoiceCredited>("InvoiceCreditedToNotification").to::<Notification>(),
        Lane::of::<InvoiceRejected>("InvoiceRejectedToNotification").to::<Notification>(),
        Lane::of::<PaymentFailed>("PaymentFailedToNotification").to::<Notification>(),
    ]
}
