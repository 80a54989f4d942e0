//! The Lambda function of `audit`: its decisions, wired to the world.

use audit::{changed, handle};
use contracts::{events::*, handlers::Audit};

macro_rules! keeper_of {
    ($($event:ident)+) => { kit::Consumer::<Audit>::new()$(.on(handle::<$event, _>))+ };
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), kit::Error> {
    keeper_of! {
        VendorRegistered VendorOnboarded InvoiceSubmitted InvoiceReceived InvoiceValidated InvoiceRejected
        InvoiceApprovalRequested InvoiceApproved InvoicePaid InvoiceCredited PaymentFailed InvoiceDisputed
        DisputeResolved InvoiceStuck
    }
    .changes(changed)
    .run()
    .await
}
