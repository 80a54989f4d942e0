//! Publishes what was committed and not published (R25), and announces invoices that rest too long (R6).
//!
//! It is woken every minute and holds nothing in between: what is to be done stands in sparse indexes, and goes out of them
//! when it is done. A run goes through all of it, page by page, and begins nothing new near its end; what is left, the next
//! run takes up, the oldest first. A part that fails does not stop the others. Whatever happens twice happens under the same
//! event id.
//!
//! It decides nothing about an invoice: moving a stuck one on is the business of people, and of the handlers that failed.

mod announce;
mod report;
mod republish;

pub use announce::{announcement, cutoffs};
pub use report::Swept;
pub use republish::plan;

use ports::{AnnounceOnce, Clock, Fault, Policies, ReadResting, ReadUnpublished, Republish};
use time::Duration;

/// Since when an event must be committed to count as unpublished (R25). Every handler's run has ended by then.
pub const UNPUBLISHED_AFTER: Duration = Duration::seconds(60);

/// How long a run goes on publishing, and how long until it begins nothing more. With the last call that was begun, both end
/// before the function's timeout.
const PUBLISHING: Duration = Duration::seconds(15);
const ANNOUNCING: Duration = Duration::seconds(28);

/// One run.
///
/// # Errors
/// At its end, when anything failed or is still unpublished: how much, and the first reason.
pub async fn sweep<W>(world: &W) -> Result<(), Fault>
where
    W: Clock + Policies + ReadResting + ReadUnpublished + Republish + AnnounceOnce + Sync,
{
    Ok(run(world).await.into_result()?)
}

/// One run, and what came of it.
pub async fn run<W>(world: &W) -> Swept
where
    W: Clock + Policies + ReadResting + ReadUnpublished + Republish + AnnounceOnce + Sync,
{
    let begin = world.origin().now;
    let mut swept = Swept::default();
    republish::all(world, begin, begin + PUBLISHING, &mut swept).await;
    announce::all(world, begin, begin + ANNOUNCING, &mut swept).await;
    swept
}

fn count(rows: usize) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}
