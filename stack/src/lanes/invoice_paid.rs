//! `InvoicePaid` on two ways: rule -> notification, and one rule -> topic -> the inboxes of accounting, audit and
//! notification. The second arrival at notification and at audit has no effect: both know the event's id.

use crate::graph::Lane;
use contracts::events::InvoicePaid;
use contracts::handlers::{Accounting, Audit, Notification};

/// The rule that the lanes through the topic share.
const BROADCAST: &str = "InvoicePaidToTopic";
/// The topic.
const TOPIC: &str = "InvoicePaid";

pub(super) fn lanes() -> [Lane; 4] {
    let broadcast = |inbox| Lane::of::<InvoicePaid>(BROADCAST).through_topic(TOPIC, inbox);
    [
        Lane::of::<InvoicePaid>("InvoicePaidToNotification").to::<Notification>(),
        broadcast("Accounting").to::<Accounting>(),
        broadcast("Audit").to::<Audit>(),
        broadcast("Notification").to::<Notification>(),
    ]
}
