//! R9: looking and putting back, on queues in memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // tests

mod deployed;
mod looking;
mod returning;

use super::fakes::{FakeQueues, stack};
use super::{
    DeadLetterQueue, Looked, Pick, RedriveFailure, Redriven, dead_letter_queue, look, plan, redrive,
};

fn dlq(id: &str) -> DeadLetterQueue {
    dead_letter_queue(&stack(), id).unwrap()
}

async fn looked(world: &FakeQueues, queue: &str) -> Looked {
    look(world, &dlq(queue)).await.unwrap()
}

async fn put_back(
    world: &FakeQueues,
    queue: &str,
    pick: &Pick,
) -> Result<Redriven, RedriveFailure> {
    let looked = looked(world, queue).await;
    let plan = plan(&stack(), &dlq(queue), &looked, pick)?;
    redrive(world, "dev", &stack(), &plan, &mut |_| {}).await
}
