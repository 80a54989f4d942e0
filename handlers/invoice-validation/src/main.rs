//! The Lambda function of `invoice-validation`: its decision, wired to the world.

use contracts::handlers::InvoiceValidation;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), kit::Error> {
    kit::Consumer::<InvoiceValidation>::new()
        .on(invoice_validation::handle)
        .run()
        .await
}
