//! Submitting an invoice document, and showing an invoice.

use crate::acting::acting;
use crate::problem::{Refused, absent};
use crate::{Accepted, PortalWorld, Standing, accepted, author, cause};
use contracts::envelope::{Cause, Metadata, Origin};
use contracts::events::{InvoiceSubmitted, Violation};
use contracts::handlers::Portal;
use contracts::records::{InvoiceRecord, PaymentRecord};
use contracts::{Amount, Event, EventId, InvoiceId, InvoiceSubject, State};
use documents::{Document, Unreadable};
use ports::api::{Problem, Request, Response};
use ports::{Draft, Stored};
use serde::Serialize;

/// Accepts a document that can become a typed invoice; whether it is a good one is judged later.
pub(crate) async fn submit<W: PortalWorld>(
    world: &W,
    request: &Request,
) -> Result<Response, Refused> {
    let document = documents::read(&request.body).map_err(|error| unreadable(&error))?;
    let (id, cause) = (document.invoice_id(), cause(request));
    acting(world, request)
        .await?
        .submits_for(document.vendor_id())?;
    let answer = |status: State, standing| {
        accepted(
            Accepted::Invoice(id),
            cause.correlation_id,
            status.name(),
            standing,
        )
    };
    if let Some(known) = world.invoice(id).await? {
        return Ok(answer(known.state, Standing::AlreadyThere));
    }
    let reference = world
        .store_invoice(Stored {
            bytes: &request.body,
            sha256: document.sha256(),
            format: document.format(),
        })
        .await?;
    let event = InvoiceSubmitted {
        document: reference,
        key: document.key(),
        submitted_by: author(request),
    };
    let metadata = metadata(subject(&document), &cause, &world.origin());
    let draft = Draft::with::<Portal, _>(metadata, event);
    world.publish(&[draft]).await?;
    Ok(answer(State::Submitted, Standing::New))
}

/// Before the invoice is there its version is 0. The fact is this request's: a retry repeats the id, and another caller with
/// the same document, whose event says something else, has another one.
fn metadata(subject: InvoiceSubject, cause: &Cause, origin: &Origin) -> Metadata<InvoiceSubject> {
    let aggregate = format!("{}:{}", subject.invoice_id, cause.correlation_id);
    let event_id = EventId::of(InvoiceSubmitted::SPEC.name, &aggregate, 0);
    Metadata {
        event_id,
        idempotency_key: event_id.to_string(),
        ..Metadata::new::<InvoiceSubmitted>(subject, 0, cause, origin)
    }
}

fn subject(document: &Document) -> InvoiceSubject {
    InvoiceSubject {
        vendor_id: document.vendor_id(),
        invoice_id: document.invoice_id(),
    }
}

fn unreadable(error: &Unreadable) -> Refused {
    let status = match error {
        Unreadable::TooLarge { .. } => 413,
        _ => 400,
    };
    Refused::from(Problem {
        status,
        code: error.code(),
        title: "The document can't become an invoice.",
        detail: "",
    })
    .because(error.to_string())
    .at(error.position())
}

/// An invoice as the API shows it: where it stands and why. No account, no name.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    id: InvoiceId,
    vendor_id: contracts::VendorId,
    status: State,
    version: u64,
    document_type: &'a str,
    number: &'a str,
    issue_year: i32,
    #[serde(skip_serializing_if = "Option::is_none")]
    payable: Option<&'a Amount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credit_note: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    due_date: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rejection: Option<contracts::events::RejectionReason>,
    violations: &'a [Violation],
    payments: Vec<ShownPayment<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ShownPayment<'a> {
    key: &'a str,
    attempt: u32,
    amount: &'a Amount,
    status: contracts::records::PaymentStatus,
}

/// Shows an invoice to who may see it.
pub(crate) async fn show<W: PortalWorld>(
    world: &W,
    request: &Request,
) -> Result<Response, Refused> {
    let acting = acting(world, request).await?;
    let id: InvoiceId = request
        .parameter("invoiceId")
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| absent("invoice"))?;
    let found = world.invoice(id).await?;
    let record = acting.sees(found, InvoiceRecord::vendor_id, "invoice")?;
    let payment = world.payment(id, PaymentRecord::INSTALMENT).await?;
    Ok(Response::json(200, &shown(&record, payment.as_ref())))
}

fn shown<'a>(record: &'a InvoiceRecord, payment: Option<&'a PaymentRecord>) -> Shown<'a> {
    let summary = record.summary.as_ref();
    Shown {
        id: record.invoice_id,
        vendor_id: record.vendor_id(),
        status: record.state,
        version: record.version,
        document_type: &record.key.document_type,
        number: &record.key.number,
        issue_year: record.key.issue_year,
        payable: summary.map(|summary| &summary.payable),
        credit_note: summary.map(|summary| summary.credit_note),
        due_date: summary.and_then(|summary| summary.due_date.as_deref()),
        rejection: record.rejection,
        violations: &record.violations,
        payments: payment
            .map(|payment| ShownPayment {
                key: &payment.key,
                attempt: payment.attempt,
                amount: &payment.amount,
                status: payment.status,
            })
            .into_iter()
            .collect(),
    }
}
