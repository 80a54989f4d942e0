//! Asking: the token of a turn, sealed into the approval of the version that waits.

use crate::{ASKED, corrupt, payable, tell, waits};
use contracts::Task;
use contracts::policy::Policy;
use contracts::records::{ApprovalRecord, AskRecord, InvoiceRecord};
use contracts::tasks::{Ask, AskDecision, Turn, Verdict};
use ports::{
    Clock, Fault, Policies, PortError, ReadApprovals, ReadInvoices, Seal, SealTokens, SendNotices,
    WriteApprovals, decide_again,
};

/// Stores the token of a turn and tells approvers that an invoice waits for them. Asked again, the newest token is the one that
/// counts; people are told of a turn by this once, later by reminders.
///
/// # Errors
/// [`Fault::Overtaken`] when the turn is decided, the time is up or the invoice moved on; [`PortError::Corrupt`] when the input
/// asks for less than policy does, or for a second approver before the first; when a port fails.
pub async fn ask<W>(world: &W, ask: &Ask, token: &str) -> Result<(), Fault>
where
    W: Clock
        + ReadInvoices
        + ReadApprovals
        + WriteApprovals
        + Policies
        + SealTokens
        + SendNotices
        + Sync,
{
    let seal = Seal {
        invoice_id: ask.request.invoice_id,
        version: ask.request.version,
        turn: ask.turn,
    };
    let sealed = world.seal(token, seal).await?;
    let asked = decide_again(async || {
        let request = &ask.request;
        let record = world.invoice(request.invoice_id).await?;
        let Some(record) = record.filter(|record| waits(Some(record), request)) else {
            return Err(overtaken(ask, "the invoice does not wait for it any more"));
        };
        let stored = world.approval(request.invoice_id, request.version).await?;
        let question = AskRecord {
            turn: ask.turn,
            sealed_token: sealed.clone(),
            at: world.origin().now,
            reminded: false,
        };
        let asked = next(&record, stored.as_ref(), ask, question, world.policy())?;
        world.store_approval(asked.clone()).await?;
        Ok(asked)
    })
    .await?;
    if asked.reminders == 0 {
        tell(world, ASKED, &asked.request, ask.turn, 0).await?;
    }
    Ok(())
}

fn overtaken(ask: &Ask, reason: &'static str) -> Fault {
    Fault::Overtaken {
        task: AskDecision::SPEC.name,
        subject: format!(
            "version {} of invoice {}",
            ask.request.version, ask.request.invoice_id
        ),
        reason,
    }
}

/// The approval with the question in it. The input is the state machine's: what it says is held against the invoice and policy.
fn next(
    record: &InvoiceRecord,
    stored: Option<&ApprovalRecord>,
    ask: &Ask,
    question: AskRecord,
    policy: &Policy,
) -> Result<ApprovalRecord, Fault> {
    let mut asked = match stored {
        Some(stored) if stored.request != ask.request => {
            return Err(odd(record, "it was asked about with another request"));
        }
        Some(stored) => stored.next(),
        None if ask.request.vendor_id != record.vendor_id() => {
            return Err(odd(record, "it is another vendor's"));
        }
        None if ask.request.approvers < policy.approvers(payable(record)?) => {
            return Err(odd(record, "policy demands more approvers than are asked"));
        }
        None => ApprovalRecord::of(ask.request.clone()),
    };
    if asked.ending().is_some() || asked.decided(ask.turn).is_some() {
        return Err(overtaken(ask, "it is decided, or the time is up"));
    }
    let first = asked.decided(Turn::First);
    if ask.turn == Turn::Second && first.is_none_or(|first| first.verdict != Verdict::Approve) {
        return Err(odd(record, "no first approver agreed"));
    }
    if asked.asked(ask.turn).is_none() {
        asked.reminders = 0;
    }
    asked.asks.retain(|earlier| earlier.turn != ask.turn);
    asked.asks.push(question);
    Ok(asked)
}

fn odd(record: &InvoiceRecord, reason: &str) -> Fault {
    let error: PortError = corrupt(record, reason);
    error.into()
}
