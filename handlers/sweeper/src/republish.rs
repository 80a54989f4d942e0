//! Events that were committed and not published (R25): found by the index, published as they were recorded.

use crate::report::Swept;
use crate::{UNPUBLISHED_AFTER, count};
use ports::{Clock, ReadUnpublished, Republish, Unsent};
use time::OffsetDateTime;

/// How many events a run asks each shard for at a time.
pub const A_SHARD: u32 = 25;
/// How many events a run publishes at most.
pub const A_RUN: usize = 500;
/// How many go out together: what one `PutEvents` takes.
pub const TOGETHER: usize = 10;

/// What of the events that were found is published, and what is left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// In their order, each to be published together.
    pub batches: Vec<Vec<Unsent>>,
    /// How many are left to the next run.
    pub left: u32,
}

/// At most so many, the oldest first over all aggregates: within an aggregate, that is the order of its versions.
#[must_use]
pub fn plan(mut events: Vec<Unsent>, most: usize) -> Plan {
    events.sort_by(|a, b| {
        let key = |event: &Unsent| (event.record.at, event.record.version, event.record.event_id);
        key(a).cmp(&key(b))
    });
    let left = events.split_off(events.len().min(most));
    Plan {
        batches: events.chunks(TOGETHER).map(<[Unsent]>::to_vec).collect(),
        left: count(left.len()),
    }
}

/// Publishes, and looks again, until nothing is found, something fails, or the run is at its end.
pub(crate) async fn all<W>(world: &W, now: OffsetDateTime, until: OffsetDateTime, swept: &mut Swept)
where
    W: Clock + ReadUnpublished + Republish + Sync,
{
    let mut most = A_RUN;
    loop {
        let found = match world
            .unpublished_since(now - UNPUBLISHED_AFTER, A_SHARD)
            .await
        {
            Ok(found) => found,
            Err(failed) => return swept.failures.push(failed),
        };
        let all = found.len();
        let Plan { batches, mut left } = plan(found, most);
        for batch in batches {
            left += publish(world, batch, until, swept).await;
        }
        swept.unpublished = left;
        if all == 0 || left > 0 {
            return;
        }
        most -= all;
    }
}

/// Publishes a batch, unless the time is up. Gives how many of it are left.
async fn publish<W>(world: &W, batch: Vec<Unsent>, until: OffsetDateTime, swept: &mut Swept) -> u32
where
    W: Clock + Republish + Sync,
{
    let all = count(batch.len());
    if world.origin().now >= until {
        return all;
    }
    match world.republish(batch).await {
        Ok(published) => {
            swept.republished += published;
            all.saturating_sub(published)
        }
        Err(failed) => {
            swept.failures.push(failed);
            all
        }
    }
}
