//! The lanes, one file an event path. A lane says what lies between an event and the handler at its end, and nothing
//! that follows from it: rule, queues, dead-letter queues, policies, alarms and grants are derived.

mod audit_trail;
mod bookings;
mod decisions;
mod invoice_approved;
mod invoice_outcomes;
mod invoice_paid;
mod invoice_received;
mod invoice_submitted;
mod invoice_validated;
mod vendor_registered;

use crate::graph::Lane;

/// Every lane, in the order of the lifecycle.
#[must_use]
pub fn all() -> Vec<Lane> {
    let mut lanes = vec![
        vendor_registered::lane(),
        invoice_submitted::lane(),
        invoice_received::lane(),
        invoice_validated::lane(),
    ];
    lanes.extend(decisions::lanes());
    lanes.push(invoice_approved::lane());
    lanes.extend(invoice_paid::lanes());
    lanes.push(bookings::lane());
    lanes.extend(invoice_outcomes::lanes());
    lanes.push(audit_trail::lane());
    lanes
}
