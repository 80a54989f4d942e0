//! Whether a decision on an invoice may be taken, from what is stored about it: plain data in, the next revision out.

use crate::body::{Body, Decision};
use crate::four_eyes::{breaks, is_caller};
use crate::refused::Refused;
use contracts::State;
use contracts::events::DisputeOutcome;
use contracts::records::{ApprovalRecord, DecisionRecord, InvoiceRecord, VendorProfile};
use contracts::tasks::{Ending, Verdict};
use ports::api::Request;
use time::OffsetDateTime;

/// What is to be done with a decision that may be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Judged {
    /// It is recorded already: its answer is given again.
    Recorded(DecisionRecord),
    /// The next revision has it, as its last.
    Record(ApprovalRecord, DecisionRecord),
}

/// Judges in this order: whether the invoice waits for such a decision; whether it is asked for; whether this request, or this
/// person, has said so already; whether it is still open; whether this person may (R27).
pub(crate) fn judge(
    record: &InvoiceRecord,
    approval: Option<&ApprovalRecord>,
    profile: Option<&VendorProfile>,
    body: &Body,
    request: &Request,
    now: OffsetDateTime,
) -> Result<Judged, Refused> {
    let verdict = verdict(body, record.state)?;
    let approval = approval.ok_or_else(|| Refused::not_asked_yet(record.state))?;
    let this = request.cause().correlation_id;
    let mut decisions = approval.decisions.iter();
    if let Some(same) = decisions.find(|decision| decision.request == this) {
        return Ok(Judged::Recorded(same.clone()));
    }
    let Some(ask) = approval.open() else {
        return said(approval, verdict, record.state, request);
    };
    if let Some(rule) = breaks(record, approval, profile, request) {
        return Err(Refused::four_eyes(rule));
    }
    let decision = DecisionRecord {
        turn: ask.turn,
        verdict,
        by: request.principal().to_owned(),
        account: profile.and_then(VendorProfile::account).map(str::to_owned),
        request: this,
        reason: body.reason.clone(),
        at: now,
    };
    let mut next = approval.next();
    next.decisions.push(decision.clone());
    Ok(Judged::Record(next, decision))
}

/// The answer when no question is open: again to whoever said the same, and to others why not.
fn said(
    approval: &ApprovalRecord,
    verdict: Verdict,
    state: State,
    request: &Request,
) -> Result<Judged, Refused> {
    let mut decisions = approval.decisions.iter();
    match decisions.find(|decision| is_caller(&decision.by, request)) {
        Some(mine) if mine.verdict == verdict => Ok(Judged::Recorded(mine.clone())),
        Some(_) => Err(Refused::already_decided()),
        None => Err(match approval.ending() {
            Some(Ending::Timeout) => Refused::time_is_up(),
            Some(_) => Refused::already_decided(),
            None => Refused::not_asked_yet(state),
        }),
    }
}

/// What a decision means for an invoice in a state.
fn verdict(body: &Body, state: State) -> Result<Verdict, Refused> {
    match (state, body.decision, body.outcome) {
        (State::AwaitingApproval | State::PaymentFailed, Decision::Approve, _) => {
            Ok(Verdict::Approve)
        }
        (State::AwaitingApproval | State::PaymentFailed, Decision::Reject, _) => {
            Ok(Verdict::Reject)
        }
        (State::AwaitingApproval, Decision::Dispute, _) => Ok(Verdict::Dispute),
        (State::Disputed, Decision::Resolve, Some(DisputeOutcome::Pay)) => Ok(Verdict::Approve),
        (State::Disputed, Decision::Resolve, Some(DisputeOutcome::Reject)) => Ok(Verdict::Reject),
        (State::AwaitingApproval, ..) => {
            Err(Refused::not_this(state, "approve, reject or dispute it"))
        }
        (State::PaymentFailed, ..) => Err(Refused::not_this(
            state,
            "approve a further attempt, or reject it to give it up",
        )),
        (State::Disputed, ..) => Err(Refused::not_this(
            state,
            "resolve it with outcome pay or reject",
        )),
        _ => Err(Refused::not_waiting(state)),
    }
}
