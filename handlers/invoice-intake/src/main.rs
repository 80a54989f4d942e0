//! The Lambda function of `invoice-intake`: its decision, wired to the world.

use contracts::handlers::InvoiceIntake;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), kit::Error> {
    kit::Consumer::<InvoiceIntake>::new()
        .on(invoice_intake::handle)
        .run()
        .await
}
