//! The Lambda function of `approval`: its decisions, wired to the world.

use contracts::events::{InvoiceApprovalRequested, InvoiceDisputed, InvoiceStuck, PaymentFailed};
use contracts::handlers::Approval;
use contracts::tasks::{AskDecision, RemindDecision};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), kit::Error> {
    kit::Consumer::<Approval>::new()
        .on::<InvoiceApprovalRequested>(approval::handle)
        .on::<InvoiceDisputed>(approval::handle)
        .on::<PaymentFailed>(approval::handle)
        .on::<InvoiceStuck>(approval::revive)
        .asks::<AskDecision>(approval::ask)
        .performs::<RemindDecision>(approval::remind)
        .run()
        .await
}
