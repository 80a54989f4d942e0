//! Takes vendor registrations and invoice documents in over the API, and answers where they stand.
//!
//! A submission is accepted (202) once its content is stored and its fact is on the bus; whatever follows is other
//! handlers' work, and a GET shows it. What can't become a typed invoice or a registration is refused at once. Every POST is
//! repeatable under its `Idempotency-Key` (R12). Who the caller is was authenticated before; for whom it may act is decided
//! in `acting` (R20).

mod acting;
mod invoices;
mod problem;
mod registration;
mod vendors;

use contracts::envelope::Cause;
use contracts::{CorrelationId, InvoiceId, VendorId};
use ports::api::{IDEMPOTENCY_KEY, Problem, PublishEvents, Request, Response};
use ports::idempotency::{Claims, Terms, answer_once};
use ports::{
    ClaimVendors, Clock, PortError, ReadInvoices, ReadVendors, Staff, WriteInvoiceDocuments,
    WriteRegistrations,
};
use problem::Refused;

pub use ports::api::REPLAYED;

/// What the portal needs of the world.
pub trait PortalWorld:
    Clock
    + ReadVendors
    + ReadInvoices
    + WriteInvoiceDocuments
    + WriteRegistrations
    + PublishEvents
    + ClaimVendors
    + Staff
    + Sync
{
}

impl<W> PortalWorld for W where
    W: Clock
        + ReadVendors
        + ReadInvoices
        + WriteInvoiceDocuments
        + WriteRegistrations
        + PublishEvents
        + ClaimVendors
        + Staff
        + Sync
{
}

/// Answers a request, once for each caller and idempotency key: the portal's whole behaviour.
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
    W: PortalWorld,
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
pub async fn handle<W: PortalWorld>(world: &W, request: &Request) -> Response {
    let answer = match request.route.as_str() {
        "POST /vendors" => vendors::register(world, request).await,
        "GET /vendors/{vendorId}" => vendors::show(world, request).await,
        "POST /invoices" => invoices::submit(world, request).await,
        "GET /invoices/{invoiceId}" => invoices::show(world, request).await,
        _ => Err(Refused::from(Problem {
            status: 404,
            code: "no-such-route",
            title: "The API has no such route.",
            detail: "Use POST /vendors, POST /invoices, or GET with an id.",
        })),
    };
    answer.unwrap_or_else(|refused| refused.response())
}

/// What a request causes: its chain begins with the caller's key.
fn cause(request: &Request) -> Cause {
    let key = request.header(IDEMPOTENCY_KEY).unwrap_or_default();
    let correlation_id = CorrelationId::of_request(request.principal(), key);
    Cause {
        correlation_id,
        causation_id: correlation_id.to_string(),
        replay_of: None,
    }
}

/// Who caused it, as events name them: bounded, and who they are for good. A retry from another session of the same role repeats
/// the event's id, so it must say the same.
fn author(request: &Request) -> String {
    request.principal().chars().take(256).collect()
}

/// The answer to an accepted submission.
fn accepted(
    kind: Accepted,
    correlation_id: CorrelationId,
    status: &str,
    standing: Standing,
) -> Response {
    let (path, name, id) = match kind {
        Accepted::Vendor(id) => ("vendors", "vendorId", id.to_string()),
        Accepted::Invoice(id) => ("invoices", "invoiceId", id.to_string()),
    };
    let duplicate = standing == Standing::AlreadyThere;
    let mut body = serde_json::json!({
        "id": id,
        "status": status,
        "correlationId": correlation_id,
        "duplicate": duplicate,
    });
    body[name] = id.clone().into();
    let response = Response::json(202, &body).with_header("location", format!("/{path}/{id}"));
    if duplicate {
        response.with_header(REPLAYED, "true")
    } else {
        response
    }
}

/// What was accepted.
enum Accepted {
    Vendor(VendorId),
    Invoice(InvoiceId),
}

/// Whether it stands already.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Standing {
    New,
    AlreadyThere,
}

#[cfg(test)]
mod tests;
