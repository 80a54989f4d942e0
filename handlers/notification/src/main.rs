//! The Lambda function of `notification`: its decision, wired to the world.

use contracts::events::{
    DisputeResolved, InvoiceCredited, InvoiceDisputed, InvoicePaid, InvoiceRejected, PaymentFailed,
};
use contracts::handlers::Notification;
use notification::handle;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), kit::Error> {
    kit::Consumer::<Notification>::new()
        .on(handle::<InvoicePaid, _>)
        .on(handle::<InvoiceCredited, _>)
        .on(handle::<InvoiceRejected, _>)
        .on(handle::<PaymentFailed, _>)
        .on(handle::<InvoiceDisputed, _>)
        .on(handle::<DisputeResolved, _>)
        .run()
        .await
}
