//! The Lambda function of `portal`: its answers, wired to the world.

use contracts::handlers::Portal;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), kit::Error> {
    kit::Api::<Portal, _>::new(portal::answer).run().await
}
