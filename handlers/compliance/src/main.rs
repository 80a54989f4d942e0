//! The Lambda function of `compliance`: its decision, wired to the world.

use contracts::handlers::Compliance;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), kit::Error> {
    kit::Consumer::<Compliance>::new()
        .on(compliance::handle)
        .run()
        .await
}
