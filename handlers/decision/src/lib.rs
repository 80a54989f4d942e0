//! Takes people's decisions on waiting invoices and on changed bank details, under four eyes (R5, R26, R27).
//!
//! Who decides is who the API authenticated, and staff; nothing in a request names a person. A decision is recorded first, by
//! conditional write, and the state machine's token is answered after it: when the answer gets lost, or the token is gone, the
//! reminder finds what is recorded. What a decision leads to is not decided here: compliance carries it out. Only a pending
//! account is confirmed or dropped at once, because nothing waits for it.
//!
//! Every POST is repeatable under its `Idempotency-Key` (R12). No reason, account or token is logged.

mod body;
mod four_eyes;
mod invoices;
mod judge;
mod refused;
mod vendors;

use body::Decision;
use ports::api::{REPLAYED, Request, Response};
use ports::idempotency::{Claims, Terms, answer_once};
use ports::{
    AnswerTasks, Clock, OpenTokens, Policies, PortError, ReadApprovals, ReadInvoices, ReadVendors,
    Staff, WriteApprovals, WriteVendors,
};
use refused::Refused;
use serde::Serialize;

/// What taking decisions needs of the world.
pub trait DecisionWorld:
    Clock
    + Policies
    + Staff
    + ReadInvoices
    + ReadApprovals
    + WriteApprovals
    + ReadVendors
    + WriteVendors
    + OpenTokens
    + AnswerTasks
    + Sync
{
}

impl<W> DecisionWorld for W where
    W: Clock
        + Policies
        + Staff
        + ReadInvoices
        + ReadApprovals
        + WriteApprovals
        + ReadVendors
        + WriteVendors
        + OpenTokens
        + AnswerTasks
        + Sync
{
}

/// Answers a request, once for each caller and idempotency key: the handler's whole behaviour.
///
/// # Errors
/// When the claim on the idempotency key can't be taken or completed; the client may try again.
pub async fn answer<W, C>(
    world: &W,
    claims: &C,
    terms: Terms,
    request: &Request,
) -> Result<Response, PortError>
where
    W: DecisionWorld,
    C: Claims,
{
    let now = world.origin().now;
    let answered = answer_once(claims, request, terms, now, || handle(world, request)).await?;
    Ok(if answered.repeated {
        answered.response.with_header(REPLAYED, "true")
    } else {
        answered.response
    })
}

/// Answers a request without looking at earlier ones: what [`answer`] repeats.
pub async fn handle<W: DecisionWorld>(world: &W, request: &Request) -> Response {
    let answer = match request.route.as_str() {
        _ if !world.is_staff(request.principal()) => Err(Refused::not_staff()),
        "POST /invoices/{invoiceId}/decisions" => invoices::decide(world, request).await,
        "POST /vendors/{vendorId}/decisions" => vendors::decide(world, request).await,
        _ => Err(Refused::no_such_route()),
    };
    answer.unwrap_or_else(Refused::response)
}

/// The answer to a decision that was taken.
#[derive(Debug, Serialize)]
struct Taken<'a> {
    /// Of the invoice or the vendor.
    id: String,
    decision: Decision,
    /// The principal that decided.
    by: &'a str,
    /// Where the invoice or the vendor stands now; what the decision leads to may need a second.
    status: &'a str,
    /// What else must happen before the decision is carried out; `null` when nothing.
    waiting_for: Option<&'static str>,
}
