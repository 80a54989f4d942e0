//! Puts an invoice that waits for people before them: starts the decision, keeps its task tokens, reminds (R5).
//!
//! ```text
//! InvoiceApprovalRequested | InvoiceDisputed | PaymentFailed --handle--> execution <invoice>-<version>
//! InvoiceStuck --revive--> the same; where it died, execution <invoice>-<version>-<n>
//!     ask: token sealed into the approval --(no answer in time)--> remind: decided | ask again | the time is up
//! ```
//!
//! What is asked for and has been overtaken (the turn is decided, the invoice moved on) is [`Fault::Overtaken`], which the
//! state machine sends to the reminder: that says what stands. Who may decide, and what it leads to, is not decided here;
//! no invoice moves on here.

mod ask;
mod remind;
mod revive;

pub use ask::ask;
pub use remind::remind;
pub use revive::revive;

use contracts::envelope::{Cause, Detail};
use contracts::events::{InvoiceApprovalRequested, InvoiceDisputed, PaymentFailed};
use contracts::records::{InvoiceRecord, InvoiceSummary};
use contracts::tasks::{DecisionRequest, Turn, Waiting};
use contracts::{Amount, Event, EventId, InvoiceSubject};
use ports::{
    Fault, Notice, Policies, PortError, ReadApprovals, ReadInvoices, SendNotices, StartDecisions,
    reached,
};

/// An event after which an invoice waits for people.
pub trait Waits: Event<Subject = InvoiceSubject> {
    /// What it waits for.
    const WAITING: Waiting;
}

impl Waits for InvoiceApprovalRequested {
    const WAITING: Waiting = Waiting::Approval;
}

impl Waits for InvoiceDisputed {
    const WAITING: Waiting = Waiting::Dispute;
}

impl Waits for PaymentFailed {
    const WAITING: Waiting = Waiting::PaymentFailed;
}

/// Starts the decision about the version that the event announces. An invoice that has moved on is left alone.
///
/// However it came to wait, the amount says how many people must agree: a dispute resolved in favour of paying and a payment
/// that is tried again let the same money go as an approval.
///
/// # Errors
/// When a port fails, when the event came too early, and when the invoice has no summary.
pub async fn handle<W, E>(world: &W, event: &Detail<E>) -> Result<(), Fault>
where
    W: ReadInvoices + ReadApprovals + Policies + StartDecisions + Sync,
    E: Waits,
{
    let id = event.metadata.subject.invoice_id;
    let record = reached(world.invoice(id).await?, event)?;
    if record.version != event.metadata.aggregate_version || record.state != E::WAITING.state() {
        return Ok(());
    }
    start(world, &record, E::WAITING, event.metadata.as_cause()).await
}

/// Starts the decision about a version that waits. One that people were asked about already goes on with the request that they
/// were asked with, whatever began it again and whatever policy says by now.
async fn start<W>(
    world: &W,
    record: &InvoiceRecord,
    waiting: Waiting,
    cause: Cause,
) -> Result<(), Fault>
where
    W: ReadApprovals + Policies + StartDecisions + Sync,
{
    let asked = world.approval(record.invoice_id, record.version).await?;
    let request = match asked {
        Some(asked) => asked.request,
        None => DecisionRequest {
            invoice_id: record.invoice_id,
            vendor_id: record.vendor_id(),
            version: record.version,
            waiting,
            approvers: world.policy().approvers(payable(record)?),
            cause,
        },
    };
    Ok(world.start_decision(&request).await?)
}

fn payable(record: &InvoiceRecord) -> Result<&Amount, PortError> {
    let summary: Option<&InvoiceSummary> = record.summary.as_ref();
    summary
        .map(|summary| &summary.payable)
        .ok_or_else(|| corrupt(record, "it waits for people, but was never summarised"))
}

fn corrupt(record: &InvoiceRecord, reason: &str) -> PortError {
    PortError::Corrupt {
        subject: format!("invoice {}", record.invoice_id),
        reason: reason.to_owned(),
    }
}

/// Whether the invoice still waits as it did when the execution was begun.
fn waits(record: Option<&InvoiceRecord>, request: &DecisionRequest) -> bool {
    record.is_some_and(|record| {
        record.version == request.version && record.state == request.waiting.state()
    })
}

/// What approvers are told, the first time and again: which invoice, and nothing of it.
const ASKED: &str = "DecisionAsked";
const REMINDED: &str = "DecisionReminder";

/// Tells approvers. The same turn and reminder again has the same id, by which subscribers deduplicate.
async fn tell<W>(
    world: &W,
    kind: &'static str,
    request: &DecisionRequest,
    turn: Turn,
    reminders: u32,
) -> Result<(), PortError>
where
    W: SendNotices + Sync,
{
    let aggregate = format!("{}:{}:{reminders}", request.invoice_id, turn.number());
    let notice = Notice {
        vendor_id: request.vendor_id,
        invoice_id: request.invoice_id,
        event_type: kind,
        event_id: EventId::of(kind, &aggregate, request.version),
    };
    world.send_notice(&notice).await
}
