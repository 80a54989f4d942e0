//! The clock's part: payments whose outcome is not known are asked about until it is (R26).
//!
//! No event has to come again for it, so no claim of an event is completed either: whoever delivers the event later finds
//! the invoice settled and does nothing.

use crate::settle::{Outcome, settle};
use crate::{INSTALMENT, Next, ask, decide};
use contracts::envelope::Cause;
use contracts::records::PaymentRecord;
use contracts::{CorrelationId, Handler, InvoiceId, State, handlers::Payment};
use ports::{
    Clock, Completes, Fault, Occasion, PayVendors, ReadInvoices, ReadResting, ReadVendors, Resting,
    WriteInvoices, decide_again, together,
};
use std::collections::VecDeque;
use time::{Duration, OffsetDateTime};

/// How long a payment rests before the clock asks about it: longer than a delivery takes that is still at it.
const REST: Duration = Duration::seconds(60);
/// How many invoices a page has of each shard of a state.
const A_SHARD: u32 = 25;
/// How many are asked about side by side.
const AT_ONCE: usize = 8;
/// How long one go may take; the function ends a little later.
const BUDGET: Duration = Duration::seconds(20);

/// Asks the provider about every payment that rests without an outcome, and settles what it answers. An order is handed in
/// again only when the provider never got it. One that fails does not keep the others from being asked about; one without an
/// answer is asked about the next time.
///
/// # Errors
/// The first failure of a port, after everything was tried.
pub async fn ask_again<W>(world: &W) -> Result<(), Fault>
where
    W: Clock + ReadResting + ReadInvoices + WriteInvoices + ReadVendors + PayVendors + Sync,
{
    let begun = world.origin().now;
    let until = begun + BUDGET;
    let (mut failed, mut late) = (None, false);
    let mut turns: VecDeque<_> = [(State::PaymentUnknown, None), (State::Paying, None)].into();
    while let Some((state, from)) = turns.pop_front() {
        if world.origin().now > until {
            late = true;
            break;
        }
        let page = world.resting(state, begun - REST, A_SHARD, from).await?;
        let all = page.found.len();
        let asked = together(turned(page.found, begun), AT_ONCE, |resting| {
            let id = resting.invoice_id;
            let in_time = world.origin().now <= until;
            in_time.then_some(async move { (id, decide_again(|| ask_about(world, id)).await) })
        });
        let asked = asked.await;
        late |= asked.len() < all;
        for (invoice, asked) in asked {
            if let Err(fault) = asked {
                tracing::error!(%invoice, error = %fault, "a payment could not be asked about");
                failed.get_or_insert(fault);
            }
        }
        for fault in page.faults {
            failed.get_or_insert(fault.into());
        }
        if let Some(next) = page.next {
            turns.push_back((state, Some(next)));
        }
    }
    if late {
        tracing::warn!("not every payment was asked about in time: the next go asks again");
    }
    failed.map_or(Ok(()), Err)
}

/// The longest resting first, but each minute begins at another one: where there is not time for all, those that stay without
/// an answer don't keep the others from being asked about.
fn turned(mut found: Vec<Resting>, now: OffsetDateTime) -> Vec<Resting> {
    found.sort_by_key(|resting| (resting.since, resting.invoice_id));
    let minute = usize::try_from(now.unix_timestamp() / 60).unwrap_or_default();
    let first = minute
        .wrapping_mul(AT_ONCE)
        .checked_rem(found.len())
        .unwrap_or_default();
    found.rotate_left(first);
    found
}

async fn ask_about<W>(world: &W, id: InvoiceId) -> Result<(), Fault>
where
    W: Clock + ReadInvoices + WriteInvoices + ReadVendors + PayVendors + Sync,
{
    let under_way = |state| matches!(state, State::Paying | State::PaymentUnknown);
    let record = world.invoice(id).await?;
    // The index may lag: the invoice says where it stands.
    let Some(record) = record.filter(|record| under_way(record.state)) else {
        return Ok(());
    };
    let payment = world.payment(id, INSTALMENT).await?;
    let profile = world.vendor(record.vendor_id()).await?;
    let Next::Ask(claimed) = decide(&record, profile.as_ref(), payment.as_ref())? else {
        return Ok(());
    };
    let origin = world.origin();
    if claimed.at > origin.now - REST {
        return Ok(());
    }
    let answer = ask(world, &record, &claimed, profile.as_ref()).await?;
    let occasion = Occasion {
        cause: cause_of(&claimed),
        origin,
    };
    match settle(&record, claimed, answer, &occasion)? {
        Outcome::Final(mut change) | Outcome::NowUnknown(mut change) => {
            change.completes = Completes::Nothing;
            Ok(world.commit_invoice(*change).await?)
        }
        Outcome::StillUnknown => Ok(()),
    }
}

/// What the outcome inherits: what the claim was caused by. Payments of an earlier form don't say.
fn cause_of(claimed: &PaymentRecord) -> Cause {
    claimed.cause.clone().unwrap_or_else(|| Cause {
        correlation_id: CorrelationId::of_request(Payment::SPEC.name, &claimed.key),
        causation_id: claimed.key.clone(),
        replay_of: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ports::memory::sample;
    use std::collections::BTreeSet;

    fn resting(seconds: i64) -> Resting {
        let record = sample::invoice(State::Paying, 4);
        Resting {
            invoice_id: record.invoice_id,
            vendor_id: record.vendor_id(),
            version: 4,
            state: State::Paying,
            since: sample::origin().now + Duration::seconds(seconds),
        }
    }

    #[test]
    fn r26_every_payment_has_its_turn_however_many_stay_without_an_answer() {
        let found: Vec<_> = (0..180).rev().map(resting).collect();
        let now = sample::origin().now;
        let mut first = BTreeSet::new();
        for minute in 0..180 {
            let turn = turned(found.clone(), now + Duration::minutes(minute));
            assert_eq!(turn.len(), found.len());
            first.extend(turn[..AT_ONCE].iter().map(|resting| resting.since));
        }
        assert_eq!(first.len(), found.len());
        assert_eq!(turned(Vec::new(), now), []);
    }
}
