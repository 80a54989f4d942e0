//! Reminding: what stands when nobody answered a token in time.

use crate::{REMINDED, tell, waits};
use contracts::policy::Policy;
use contracts::records::ApprovalRecord;
use contracts::tasks::{Ask, Reminded};
use ports::{
    Clock, Fault, Policies, ReadApprovals, ReadInvoices, SendNotices, WriteApprovals, decide_again,
};
use time::OffsetDateTime;

const DECIDED_ELSEWHERE: Reminded = Reminded {
    decided: false,
    verdict: None,
    again: false,
};
const ASK_AGAIN: Reminded = Reminded {
    again: true,
    ..DECIDED_ELSEWHERE
};

/// What a reminder does.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    /// Nothing: that is the answer.
    Answer(Reminded),
    /// People are reminded, and asked again.
    Remind(ApprovalRecord),
    /// Nothing to store, but perhaps the notice got lost.
    TellAgain,
    /// The time is up.
    Expire(ApprovalRecord),
}

/// Finds the decision whose answer got lost, or reminds people, or closes the approval because its time is up. Closing takes
/// a revision, as a decision does: one of them stands, and nobody decides afterwards.
///
/// # Errors
/// When a port fails.
pub async fn remind<W>(world: &W, ask: &Ask) -> Result<Reminded, Fault>
where
    W: Clock + ReadInvoices + ReadApprovals + WriteApprovals + Policies + SendNotices + Sync,
{
    decide_again(|| attempt(world, ask)).await
}

async fn attempt<W>(world: &W, ask: &Ask) -> Result<Reminded, Fault>
where
    W: Clock + ReadInvoices + ReadApprovals + WriteApprovals + Policies + SendNotices + Sync,
{
    let request = &ask.request;
    let record = world.invoice(request.invoice_id).await?;
    if !waits(record.as_ref(), request) {
        return Ok(DECIDED_ELSEWHERE);
    }
    let stored = world.approval(request.invoice_id, request.version).await?;
    let Some(stored) = stored else {
        return Ok(ASK_AGAIN);
    };
    let reminders = match step(&stored, ask, world.policy(), world.origin().now) {
        Step::Answer(answer) => return Ok(answer),
        Step::Expire(expired) => {
            world.store_approval(expired).await?;
            return Ok(DECIDED_ELSEWHERE);
        }
        Step::Remind(reminded) => {
            let reminders = reminded.reminders;
            world.store_approval(reminded).await?;
            reminders
        }
        Step::TellAgain => stored.reminders,
    };
    tell(world, REMINDED, request, ask.turn, reminders).await?;
    Ok(ASK_AGAIN)
}

fn step(stored: &ApprovalRecord, ask: &Ask, policy: &Policy, now: OffsetDateTime) -> Step {
    if let Some(decision) = stored.decided(ask.turn) {
        return Step::Answer(Reminded {
            decided: true,
            verdict: Some(decision.verdict),
            again: false,
        });
    }
    if stored.ending().is_some() {
        return Step::Answer(DECIDED_ELSEWHERE);
    }
    let Some(asked) = stored.asked(ask.turn) else {
        return Step::Answer(ASK_AGAIN);
    };
    if asked.reminded {
        return Step::TellAgain;
    }
    let mut next = stored.next();
    if stored.request.waiting.expires() && stored.reminders >= policy.approvals.reminders {
        next.expired_at = Some(now);
        return Step::Expire(next);
    }
    next.reminders += 1;
    let same = next.asks.iter_mut().filter(|asked| asked.turn == ask.turn);
    same.for_each(|asked| asked.reminded = true);
    Step::Remind(next)
}
