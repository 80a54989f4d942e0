//! Batches of a stream that a function gave up: objects of a bucket, each with the whole batch. They go back to the
//! function, which must answer that it worked off all of it; only then is the object removed.

use super::look::{Looked, RedrivePlan};
use super::ports::{DeadLetters, Depth, StreamRecords};
use super::run::{Failed, MessageLine, Redriven, Redriving, deliver, still_here};
use crate::deployed::{Bucket, Deployed};
use crate::ports::ServiceError;

/// How many objects are counted, at most.
const COUNTED: usize = 1_000;
/// How many objects are read, at most: each can hold a whole batch of images.
const READ: usize = 200;

pub(super) async fn depth(
    world: &impl StreamRecords,
    bucket: &Bucket,
) -> Result<Depth, ServiceError> {
    let keys = world.keys(bucket, COUNTED).await?;
    Ok(Depth {
        visible: keys.len() as u64,
        held: 0,
    })
}

/// Reads the oldest objects; keys begin with the mapping, its shard and the day.
pub(super) async fn look(
    world: &impl StreamRecords,
    bucket: &Bucket,
) -> Result<Looked, ServiceError> {
    let keys = world.keys(bucket, COUNTED).await?;
    let mut letters = Vec::new();
    for key in keys.iter().take(READ) {
        letters.extend(world.read(bucket, key).await?);
    }
    letters.sort_by(|a, b| (a.sent_ms, &a.id).cmp(&(b.sent_ms, &b.id)));
    Ok(Looked {
        letters,
        held: keys.len() as u64,
    })
}

/// One after the other, the oldest first: the changes of one record are told in their order.
pub(super) async fn put_back_all(
    world: &(impl DeadLetters + StreamRecords),
    bucket: &Bucket,
    deployed: &Deployed,
    plan: &RedrivePlan,
    done: &mut Redriven,
    tell: &mut dyn FnMut(Redriving<'_>),
) {
    for line in &plan.chosen {
        let returned = one(world, bucket, deployed, plan, line).await;
        // The next ones have a chance of their own.
        let _ = done.note(line, returned, tell);
    }
}

async fn one(
    world: &(impl DeadLetters + StreamRecords),
    bucket: &Bucket,
    deployed: &Deployed,
    plan: &RedrivePlan,
    line: &MessageLine,
) -> Result<(), Failed> {
    let stays = |reason: String| Failed {
        id: line.id.clone(),
        reason,
    };
    let letter = world
        .read(bucket, &line.id)
        .await
        .map_err(|error| stays(error.to_string()))?
        .ok_or_else(|| stays("it is not there any more: another run has put it back".to_owned()))?;
    deliver(world, deployed, &plan.dlq, &letter).await?;
    let removed = world.remove(bucket, &line.id).await;
    removed.map_err(|error| still_here(&line.id, &error))
}
