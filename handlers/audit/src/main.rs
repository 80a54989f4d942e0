//! The Lambda function of `audit`: its decisions, wired to the world.

use audit::{changed, handle};
use contracts::events::*;
use contracts::handlers::Audit;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), kit::Error> {
    kit::Consumer::<Audit>::new()
        .on(handle::<VendorRegistered, _>)
        .on(handle::<VendorOnboarded, _>)
        .on(handle::<InvoiceSubmitted, _>)
        .on(handle::<InvoiceReceived, _>)
        .on(handle::<InvoiceValidated, _>)
        .on(handle::<InvoiceRejected, _>)
        .on(handle::<InvoiceApprovalRequested, _>)
        .on(handle::<InvoiceApproved, _>)
        .on(handle::<InvoicePaid, _>)
        .on(handle::<InvoiceCredited, _>)
        .on(handle::<PaymentFailed, _>)
        .on(handle::<InvoiceDisputed, _>)
        .on(handle::<DisputeResolved, _>)
        .on(handle::<InvoiceStuck, _>)
        .changes(changed)
        .run()
        .await
}
