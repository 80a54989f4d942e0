//! Invoices at some point of their lives, as items of the table.

use contracts::envelope::Cause;
use contracts::events::{DocumentFormat, DocumentRef, RejectionReason, Violation};
use contracts::ids::{CorrelationId, EventId, InvoiceKey, SellerIdentity, Sha256Hex};
use contracts::items::{self, Item, OutboxRecord, attributes, timestamp};
use contracts::records::{
    Announcement, HistoryRecord, InvoiceRecord, NoticeRecord, PaymentRecord, PaymentStatus,
};
use contracts::tables::keys;
use contracts::{Amount, Currency, InvoiceId, State, VendorId};
use serde_json::json;
use time::{Duration, OffsetDateTime};

/// 2026-11-22 14:03:07.120 UTC.
pub(crate) fn beginning() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_795_356_187).unwrap() + Duration::milliseconds(120)
}

fn key() -> InvoiceKey {
    InvoiceKey {
        vendor_id: VendorId::of(&SellerIdentity::Vat("DE1".into())),
        document_type: "380".into(),
        number: "1".into(),
        issue_year: 2026,
    }
}

pub(crate) fn id() -> InvoiceId {
    key().invoice_id(&Sha256Hex::of(b"x"))
}

/// The invoice after `steps`: each state with its event and who did it, 400 ms apart.
pub(crate) fn story(steps: &[(State, Option<&str>, &str)]) -> Vec<Item> {
    let mut all = Vec::new();
    let mut from = None;
    for (index, (state, event, actor)) in steps.iter().enumerate() {
        let version = index as u64 + 1;
        let at = beginning() + Duration::milliseconds(400 * index as i64);
        all.extend(step(version, from, *state, *event, actor, at));
        from = Some(*state);
    }
    let (last, ..) = steps[steps.len() - 1];
    all.push(head(steps.len() as u64, last));
    all
}

fn head(version: u64, state: State) -> Item {
    let rejected = state == State::Rejected;
    let violation = Violation {
        rule: "BR-CO-15".into(),
        term: Some("BT-112".into()),
        path: "BG-22/BT-112".into(),
        message: "Invoice total amount with VAT (BT-112) = Invoice total amount without VAT (BT-109) + Invoice total VAT amount (BT-110).".into(),
    };
    let record = InvoiceRecord {
        invoice_id: id(),
        key: key(),
        version,
        state,
        document: DocumentRef {
            key: "k".into(),
            version: None,
            sha256: Sha256Hex::of(b"x"),
            bytes: 1,
            format: DocumentFormat::Ubl,
        },
        submitted_by: "someone".into(),
        summary: None,
        approved_account: None,
        rejection: rejected.then_some(RejectionReason::Invalid),
        violations: if rejected {
            vec![violation]
        } else {
            Vec::new()
        },
    };
    items::invoice_head(&record, beginning())
}

pub(crate) fn step(
    version: u64,
    from: Option<State>,
    to: State,
    event: Option<&str>,
    actor: &str,
    at: OffsetDateTime,
) -> Vec<Item> {
    let pk = keys::invoice(id());
    let event_id = |name: &str| EventId::of(name, &id().to_string(), version);
    let announces = event.map(|name| Announcement {
        event_id: event_id(name),
        event_type: name.to_owned(),
    });
    let record = HistoryRecord {
        version,
        from,
        to: Some(to),
        actor: actor.into(),
        cause: Cause {
            correlation_id: CorrelationId::of_request("a", "b"),
            causation_id: "c".into(),
            replay_of: None,
        },
        announces: announces.into_iter().collect(),
        at,
    };
    let mut all = vec![items::history(&pk, &record)];
    if let Some(name) = event {
        let reason = match name {
            "InvoiceApproved" => json!({"approval": "automatic"}),
            "InvoiceRejected" => json!({"reason": "invalid"}),
            "InvoicePaid" => json!({"reason": "settled"}),
            "PaymentFailed" => {
                let key = PaymentRecord::key_of(id(), 1);
                json!({"reason": "declined", "attempt": 1, "paymentKey": key})
            }
            _ => json!({}),
        };
        let outbox = OutboxRecord {
            event_id: event_id(name),
            event_type: name.to_owned(),
            source: format!("invoicing.{actor}"),
            version,
            detail: json!({"metadata": {}, "data": reason}).to_string(),
            trace: None,
            at,
        };
        let mut item = items::outbox(&pk, &outbox);
        let published = at + Duration::milliseconds(30);
        item.insert(attributes::PUBLISHED_AT.into(), timestamp(published).into());
        all.push(item);
    }
    all
}

pub(crate) fn payment(status: PaymentStatus, at: OffsetDateTime) -> Item {
    attempt(1, status, at)
}

pub(crate) fn attempt(attempt: u32, status: PaymentStatus, at: OffsetDateTime) -> Item {
    let record = PaymentRecord {
        key: PaymentRecord::key_of(id(), 1),
        instalment: 1,
        attempt,
        amount: Amount {
            minor: 165_625,
            currency: Currency::parse("EUR").unwrap(),
        },
        payee_account: "X".into(),
        status,
        at,
        cause: None,
    };
    items::payment(id(), &record)
}

pub(crate) fn notice(event: &str, at: OffsetDateTime) -> Item {
    let record = NoticeRecord {
        event_type: event.into(),
        event_id: EventId::of(event, &id().to_string(), 5),
        at,
    };
    items::notice(id(), &record)
}

pub(crate) const PAID: [(State, Option<&str>, &str); 5] = [
    (State::Submitted, Some("InvoiceReceived"), "invoice-intake"),
    (
        State::Validated,
        Some("InvoiceValidated"),
        "invoice-validation",
    ),
    (State::Approved, Some("InvoiceApproved"), "compliance"),
    (State::Paying, None, "payment"),
    (State::Paid, Some("InvoicePaid"), "payment"),
];

pub(crate) fn paid() -> Vec<Item> {
    let end = beginning() + Duration::milliseconds(1600);
    let mut all = story(&PAID);
    all.push(payment(PaymentStatus::Settled, end));
    all.push(notice("InvoicePaid", end + Duration::milliseconds(310)));
    all
}

pub(crate) fn rejected() -> Vec<Item> {
    let end = beginning() + Duration::milliseconds(750);
    let mut all = story(&[
        PAID[0],
        (
            State::Rejected,
            Some("InvoiceRejected"),
            "invoice-validation",
        ),
    ]);
    all.push(notice("InvoiceRejected", end));
    all
}
