//! Invoices that rest too long (R6): announced as `InvoiceStuck`, once for each version.

use crate::count;
use crate::report::Swept;
use contracts::envelope::{Cause, Origin};
use contracts::events::InvoiceStuck;
use contracts::handlers::Sweeper;
use contracts::items::shard;
use contracts::policy::Policy;
use contracts::tables::keys;
use contracts::{CorrelationId, Handler, InvoiceSubject, State};
use ports::{AnnounceOnce, Clock, Draft, Policies, ReadResting, Resting};
use std::collections::BTreeMap;
use time::{Duration, OffsetDateTime};

/// How many invoices a run asks each shard of each state for. Those behind them come into view as these move on.
pub const A_SHARD: u32 = 10;

/// Since when an invoice must rest in a state to be stuck there: every state that an invoice can be stuck in.
#[must_use]
pub fn cutoffs(policy: &Policy, now: OffsetDateTime) -> Vec<(State, OffsetDateTime)> {
    let cutoff = |state: State| {
        let after = policy.stuck_after_seconds(state)?;
        Some((state, now - Duration::seconds(after.into())))
    };
    State::ALL.into_iter().filter_map(cutoff).collect()
}

/// The event that says that an invoice is stuck. It is the same event however often it is made for the same version: nothing
/// in its id or its chain comes from the run.
#[must_use]
pub fn announcement(resting: &Resting, origin: &Origin) -> Draft {
    let Resting {
        invoice_id,
        vendor_id,
        version,
        state,
        ..
    } = *resting;
    let cause = Cause {
        correlation_id: CorrelationId::of_request(
            Sweeper::SPEC.name,
            &format!("{invoice_id}-{version}"),
        ),
        causation_id: format!("{}-{invoice_id}-{version}", Sweeper::SPEC.name),
        replay_of: None,
    };
    let subject = InvoiceSubject {
        vendor_id,
        invoice_id,
    };
    Draft::of::<Sweeper, _>(subject, version, InvoiceStuck { state }, &cause, origin)
}

/// Announces until everything found is looked at, or until there is no time to begin anything more.
pub(crate) async fn all<W>(world: &W, now: OffsetDateTime, until: OffsetDateTime, swept: &mut Swept)
where
    W: Clock + Policies + ReadResting + AnnounceOnce + Sync,
{
    for (state, before) in cutoffs(world.policy(), now) {
        if world.origin().now >= until {
            swept.crowded.push(state.name());
            continue;
        }
        let found = match world.resting(state, before, A_SHARD).await {
            Ok(found) => found,
            Err(failed) => {
                swept.failures.push(failed);
                continue;
            }
        };
        if is_crowded(&found) {
            swept.crowded.push(state.name());
        }
        let mut left = found.len();
        for resting in &found {
            let origin = world.origin();
            if origin.now >= until {
                break;
            }
            left -= 1;
            match world.announce_once(announcement(resting, &origin)).await {
                Ok(said) => swept.announced += u32::from(said),
                Err(failed) => swept.failures.push(failed),
            }
        }
        swept.unannounced += count(left);
    }
}

/// Whether a shard gave as many as were asked for, so that others may be behind them.
fn is_crowded(found: &[Resting]) -> bool {
    let mut shards: BTreeMap<u32, u32> = BTreeMap::new();
    for resting in found {
        *shards
            .entry(shard(&keys::invoice(resting.invoice_id)))
            .or_default() += 1;
    }
    shards.values().any(|found| *found >= A_SHARD)
}
