//! The Lambda function of `payment`: its decision, wired to the world.

use contracts::handlers::Payment;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), kit::Error> {
    kit::Consumer::<Payment>::new()
        .on(payment::handle)
        .every(payment::ask_again)
        .run()
        .await
}
