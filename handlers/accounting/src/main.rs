//! The Lambda function of `accounting`: its decision, wired to the world.

use accounting::handle;
use contracts::events::{InvoiceCredited, InvoicePaid};
use contracts::handlers::Accounting;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), kit::Error> {
    kit::Consumer::<Accounting>::new()
        .on(handle::<InvoicePaid, _>)
        .on(handle::<InvoiceCredited, _>)
        .run()
        .await
}
