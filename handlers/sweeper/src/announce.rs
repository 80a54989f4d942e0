//! Invoices that rest too long (R6): announced as `InvoiceStuck`, once for each version.

use crate::count;
use crate::report::Swept;
use contracts::envelope::{Cause, Origin};
use contracts::events::InvoiceStuck;
use contracts::handlers::Sweeper;
use contracts::policy::Policy;
use contracts::{CorrelationId, Handler, InvoiceSubject, State};
use ports::{AnnounceOnce, Clock, Draft, Policies, ReadResting, Resting, together};
use std::collections::VecDeque;
use time::{Duration, OffsetDateTime};

/// How many invoices a page has of each shard of a state.
pub const A_SHARD: u32 = 25;
/// How many are announced side by side.
const AT_ONCE: usize = 8;

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

/// Announces until everything that rests is looked at, or until there is no time to begin anything more. States take turns,
/// page by page, so that a crowd in one does not hide another; what was announced before costs one refused write.
pub(crate) async fn all<W>(world: &W, now: OffsetDateTime, until: OffsetDateTime, swept: &mut Swept)
where
    W: Clock + Policies + ReadResting + AnnounceOnce + Sync,
{
    let cutoffs = cutoffs(world.policy(), now).into_iter();
    let mut turns: VecDeque<_> = cutoffs.map(|cutoff| (cutoff, None)).collect();
    while let Some(((state, before), from)) = turns.pop_front() {
        if world.origin().now >= until {
            swept.crowded.push(state.name());
            continue;
        }
        let page = match world.resting(state, before, A_SHARD, from).await {
            Ok(page) => page,
            Err(failed) => {
                swept.failures.push(failed);
                continue;
            }
        };
        swept.failures.extend(page.faults);
        let all = page.found.len();
        let said = together(page.found, AT_ONCE, |resting| {
            let origin = world.origin();
            let draft = (origin.now < until).then(|| announcement(&resting, &origin))?;
            Some(world.announce_once(draft))
        });
        let said = said.await;
        swept.unannounced += count(all - said.len());
        for said in said {
            match said {
                Ok(said) => swept.announced += u32::from(said),
                Err(failed) => swept.failures.push(failed),
            }
        }
        if let Some(next) = page.next {
            turns.push_back(((state, before), Some(next)));
        }
    }
}
