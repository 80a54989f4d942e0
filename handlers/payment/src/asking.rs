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
    WriteInvoices, decide_again,
};
use time::{Duration, OffsetDateTime};

/// How long a payment rests before the clock asks about it: longer than a delivery takes that is still at it.
const REST: Duration = Duration::seconds(60);
/// How many invoices are read of a shard and state.
const READ: u32 = 50;
/// How many are asked about in one go.
const ASKED: usize = 50;
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
    let mut found = Vec::new();
    for state in [State::Paying, State::PaymentUnknown] {
        found.extend(world.resting(state, begun - REST, READ).await?);
    }
    let mut failed = None;
    for resting in chosen(found, begun) {
        if world.origin().now - begun > BUDGET {
            tracing::warn!(
                "not every payment was asked about in time: the next go takes the others"
            );
            break;
        }
        let asked = decide_again(|| ask_about(world, resting.invoice_id)).await;
        if let Err(fault) = asked {
            let invoice = resting.invoice_id;
            tracing::error!(%invoice, error = %fault, "a payment could not be asked about");
            failed.get_or_insert(fault);
        }
    }
    failed.map_or(Ok(()), Err)
}

/// The longest resting first. When there are more than one go takes, each minute begins at another one: those that stay
/// without an answer don't keep the others from being asked about.
fn chosen(mut found: Vec<Resting>, now: OffsetDateTime) -> Vec<Resting> {
    found.sort_by_key(|resting| (resting.since, resting.invoice_id));
    if found.len() > ASKED {
        let minute = usize::try_from(now.unix_timestamp() / 60).unwrap_or_default();
        let first = minute.wrapping_mul(ASKED) % found.len();
        found.rotate_left(first);
        found.truncate(ASKED);
    }
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
        let mut asked = BTreeSet::new();
        for minute in 0..180 {
            let turn = chosen(found.clone(), now + Duration::minutes(minute));
            assert_eq!(turn.len(), ASKED);
            asked.extend(turn.iter().map(|resting| resting.since));
        }
        assert_eq!(asked.len(), found.len());
        let few = chosen(found[..3].to_vec(), now);
        assert!(few.is_sorted_by_key(|resting| resting.since) && few.len() == 3);
    }
}
