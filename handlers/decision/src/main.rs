//! The Lambda function of `decision`: its answers, wired to the world.

use contracts::handlers::Decision;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), kit::Error> {
    kit::Api::<Decision, _>::new(decision::answer).run().await
}
