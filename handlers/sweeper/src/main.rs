//! The Lambda function of `sweeper`: its run, wired to the world.

use contracts::handlers::Sweeper;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), kit::Error> {
    kit::Consumer::<Sweeper>::new()
        .every(sweeper::sweep)
        .run()
        .await
}
