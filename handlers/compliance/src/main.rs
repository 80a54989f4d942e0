//! The Lambda function of `compliance`: its decisions, wired to the world.

use contracts::handlers::Compliance;
use contracts::tasks::ConcludeDecision;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), kit::Error> {
    kit::Consumer::<Compliance>::new()
        .on(compliance::handle)
        .performs::<ConcludeDecision>(compliance::conclude)
        .run()
        .await
}
