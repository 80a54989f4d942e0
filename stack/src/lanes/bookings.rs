//! `InvoiceCredited` -> rule -> queue `Accounting` -> accounting: what is credited is booked. What is paid comes to the same
//! queue through its topic.

use crate::graph::Lane;
use contracts::events::InvoiceCredited;
use contracts::handlers::Accounting;

pub(super) fn lane() -> Lane {
    Lane::of::<InvoiceCredited>("InvoiceCreditedToAccounting")
        .through_queue("Accounting")
        .to::<Accounting>()
}
