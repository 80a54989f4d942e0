//! Events that were committed and not published (R25): found by the index, published as they were recorded.

use crate::report::Swept;
use crate::{UNPUBLISHED_AFTER, count};
use ports::{Clock, ReadUnpublished, Republish, Unsent};
use time::OffsetDateTime;

/// How many events a page has of each shard.
pub const A_SHARD: u32 = 25;
/// How many go out together: what one `PutEvents` takes.
pub const TOGETHER: usize = 10;

/// The events of a page, each batch to be published together, the oldest first over all aggregates: within an aggregate, that
/// is the order of its versions.
#[must_use]
pub fn plan(mut events: Vec<Unsent>) -> Vec<Vec<Unsent>> {
    events.sort_by(|a, b| {
        let key = |event: &Unsent| (event.record.at, event.record.version, event.record.event_id);
        key(a).cmp(&key(b))
    });
    events.chunks(TOGETHER).map(<[Unsent]>::to_vec).collect()
}

/// Publishes page by page, until nothing more is found or the run is at its end. What is refused stays for the next run, and
/// is not looked at again in this one: it does not stop those behind it.
pub(crate) async fn all<W>(world: &W, now: OffsetDateTime, until: OffsetDateTime, swept: &mut Swept)
where
    W: Clock + ReadUnpublished + Republish + Sync,
{
    let mut from = None;
    loop {
        let page = world
            .unpublished_since(now - UNPUBLISHED_AFTER, A_SHARD, from)
            .await;
        let page = match page {
            Ok(page) => page,
            Err(failed) => return swept.failures.push(failed),
        };
        swept.failures.extend(page.faults);
        for batch in plan(page.found) {
            swept.unpublished += publish(world, batch, until, swept).await;
        }
        from = page.next;
        if from.is_none() {
            return;
        }
        if world.origin().now >= until {
            swept.more_unpublished = true;
            return;
        }
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
