//! A decision on an invoice that waits: recorded by conditional write, then its token is answered.

use crate::body::Body;
use crate::judge::{Judged, judge};
use crate::refused::Refused;
use crate::{DecisionWorld, Taken, body};
use contracts::InvoiceId;
use contracts::records::{ApprovalRecord, DecisionRecord, InvoiceRecord};
use contracts::tasks::Verdict;
use ports::api::{Request, Response};
use ports::{Fault, PortError, Seal, decide_again};

/// What waits for another person after a first approval.
const SECOND_APPROVER: &str = "second-approver";

/// A decision that stands.
struct Standing {
    record: InvoiceRecord,
    approval: ApprovalRecord,
    decision: DecisionRecord,
}

/// Takes a decision on an invoice.
pub(crate) async fn decide<W: DecisionWorld>(
    world: &W,
    request: &Request,
) -> Result<Response, Refused> {
    let body = body::read(&request.body)?;
    if body.version.is_some() {
        return Err(Refused::invalid(
            "Only a decision on a vendor's account has a `version`.",
        ));
    }
    let id = request.parameter("invoiceId");
    let id: InvoiceId = id
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| Refused::absent("invoice"))?;
    let standing = decide_again(|| attempt(world, request, id, &body)).await??;
    answer_token(world, &standing).await?;
    let Standing {
        record,
        approval,
        decision,
    } = standing;
    tracing::info!(
        invoice_id = %id,
        version = record.version,
        turn = decision.turn.number(),
        "a decision stands"
    );
    let waits = decision.verdict == Verdict::Approve && approval.ending().is_none();
    let taken = Taken {
        id: id.to_string(),
        decision: body.decision,
        by: &decision.by,
        status: record.state.name(),
        waiting_for: waits.then_some(SECOND_APPROVER),
    };
    Ok(Response::json(202, &taken))
}

async fn attempt<W: DecisionWorld>(
    world: &W,
    request: &Request,
    id: InvoiceId,
    body: &Body,
) -> Result<Result<Standing, Refused>, Fault> {
    let Some(record) = world.invoice(id).await? else {
        return Ok(Err(Refused::absent("invoice")));
    };
    let approval = world.approval(id, record.version).await?;
    // After the approval: whoever edits the account from here on does so after deciding.
    let profile = world.vendor(record.vendor_id()).await?;
    let now = world.origin().now;
    let (stored, vendor) = (approval.as_ref(), profile.as_ref());
    let (approval, decision) = match judge(&record, stored, vendor, body, request, now) {
        Err(refused) => return Ok(Err(refused)),
        Ok(Judged::Recorded(decision)) => match approval {
            Some(approval) => (approval, decision),
            None => return Ok(Err(Refused::not_asked_yet(record.state))),
        },
        Ok(Judged::Record(next, decision)) => {
            world.store_approval(next.clone()).await?;
            (next, decision)
        }
    };
    Ok(Ok(Standing {
        record,
        approval,
        decision,
    }))
}

/// Answers the token of the decision's turn. A token that is gone is fine: the reminder finds the decision. So is one that
/// can't be opened, only later: what is recorded stands. A service that does not answer is worth the client's retry.
async fn answer_token<W: DecisionWorld>(world: &W, standing: &Standing) -> Result<(), Refused> {
    let (request, decision) = (&standing.approval.request, &standing.decision);
    let Some(ask) = standing.approval.asked(decision.turn) else {
        return Ok(());
    };
    let seal = Seal {
        invoice_id: request.invoice_id,
        version: request.version,
        turn: decision.turn,
    };
    let answered = async {
        let token = world.open(&ask.sealed_token, seal).await?;
        world.answer_task(&token, decision.verdict).await
    }
    .await;
    match answered {
        Ok(_) => Ok(()),
        Err(error @ PortError::Unavailable { .. }) => Err(error.into()),
        Err(error) => {
            tracing::error!(error = %error, "a recorded decision could not be told: the reminder will find it");
            Ok(())
        }
    }
}
