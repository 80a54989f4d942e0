//! The memory world keeps the promises of the ports: conditional, all or nothing, once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // tests

use contracts::envelope::{Cause, Origin};
use contracts::events::{DocumentFormat, DocumentRef, InvoiceReceived, InvoiceValidated};
use contracts::handlers::{InvoiceIntake, InvoiceValidation, Payment};
use contracts::ids::{InvoiceKey, SellerIdentity, Sha256Hex};
use contracts::records::{InvoiceRecord, PaymentRecord, PaymentStatus};
use contracts::{Amount, CorrelationId, Currency, State, VendorId};
use ports::memory::{Memory, Schedule};
use ports::{
    Clock, Completes, InvoiceChange, Occasion, PortError, ReadInvoiceDocuments, ReadInvoices,
    Stored, WriteInvoiceDocuments, WriteInvoices, begin, silent_step, step,
};

fn record(content: &[u8]) -> InvoiceRecord {
    let key = InvoiceKey {
        vendor_id: VendorId::of(&SellerIdentity::Vat("DE136695976".into())),
        document_type: "380".into(),
        number: "R-1".into(),
        issue_year: 2026,
    };
    let sha256 = Sha256Hex::of(content);
    InvoiceRecord {
        invoice_id: key.invoice_id(&sha256),
        document: DocumentRef {
            key: format!("invoices/{sha256}"),
            version: None,
            sha256,
            bytes: content.len() as u64,
            format: DocumentFormat::Ubl,
        },
        key,
        version: 1,
        state: State::Submitted,
        submitted_by: "tester".into(),
        summary: None,
        approved_account: None,
        rejection: None,
        violations: vec![],
    }
}

fn occasion(origin: Origin) -> Occasion {
    let cause = Cause {
        correlation_id: CorrelationId::of_request("tester", "1"),
        causation_id: "event-1".into(),
        replay_of: None,
    };
    Occasion { cause, origin }
}

fn received(world: &Memory, record: InvoiceRecord) -> InvoiceChange {
    let document = record.document.clone();
    let event = InvoiceReceived { document };
    let mut change =
        begin::<InvoiceIntake, _>(record, event, &occasion(world.origin())).expect("legal");
    change.claims_key = true;
    change
}

#[test]
fn a_commit_holds_only_on_the_version_before() {
    let world = Memory::default();
    let change = received(&world, record(b"a"));
    let id = change.record.invoice_id;
    world.run(world.commit_invoice(change.clone())).unwrap();
    let again = world.run(world.commit_invoice(change));
    assert!(matches!(again, Err(PortError::Stale { .. })), "{again:?}");
    assert_eq!(world.invoice_history(id).len(), 1);
    assert_eq!(world.outbox().len(), 1);
    assert_eq!(world.completed_claims(), ["event-1"]);
}

#[test]
fn a_refused_commit_leaves_nothing_behind() {
    let world = Memory::default();
    world
        .run(world.commit_invoice(received(&world, record(b"a"))))
        .unwrap();
    let other = received(&world, record(b"b"));
    let id = other.record.invoice_id;
    let refused = world.run(world.commit_invoice(other));
    assert!(
        matches!(refused, Err(PortError::Conflict { .. })),
        "{refused:?}"
    );
    assert_eq!(world.run(world.invoice(id)).unwrap(), None);
    assert!(world.invoice_history(id).is_empty());
    assert_eq!(world.unpublished().len(), 1);
}

#[test]
fn r12_second_claim_of_a_payment_with_other_values_is_an_error() {
    let world = Memory::default();
    let mut approved = record(b"a");
    approved.state = State::Approved;
    world.seed_invoice(approved.clone());
    let mut change =
        silent_step::<Payment>(&approved, State::Paying, &occasion(world.origin())).unwrap();
    assert_eq!(change.completes, Completes::Nothing);
    let payment = PaymentRecord {
        key: PaymentRecord::key_of(approved.invoice_id, 1),
        instalment: 1,
        attempt: 1,
        amount: Amount {
            minor: 100,
            currency: Currency::parse("EUR").unwrap(),
        },
        payee_account: "NL91ABNA0417164300".into(),
        status: PaymentStatus::Claimed,
        at: world.origin().now,
        cause: None,
    };
    change.payment = Some(payment.clone());
    world.run(world.commit_invoice(change.clone())).unwrap();
    let paying = change.record;
    let mut other =
        silent_step::<Payment>(&paying, State::PaymentUnknown, &occasion(world.origin())).unwrap();
    other.payment = Some(PaymentRecord {
        payee_account: "DE89370400440532013000".into(),
        ..payment
    });
    let refused = world.run(world.commit_invoice(other));
    assert!(
        matches!(refused, Err(PortError::Conflict { .. })),
        "{refused:?}"
    );
    assert_eq!(world.completed_claims(), Vec::<String>::new());
}

#[test]
fn a_step_that_the_lifecycle_does_not_have_is_refused() {
    let world = Memory::default();
    let submitted = record(b"a");
    let occasion = occasion(world.origin());
    assert!(silent_step::<Payment>(&submitted, State::Paying, &occasion).is_err());
    assert!(silent_step::<Payment>(&submitted, State::Validated, &occasion).is_err());
    let event = InvoiceValidated {
        payable: Amount {
            minor: 1,
            currency: Currency::parse("EUR").unwrap(),
        },
        document_type: "380".into(),
    };
    let next = step::<InvoiceValidation, _>(&submitted, State::Validated, event.clone(), &occasion)
        .unwrap();
    assert_eq!(
        (next.record.version, next.from),
        (2, Some(State::Submitted))
    );
    assert_eq!(next.events[0].spec.name, "InvoiceValidated");
    let wrong = step::<InvoiceValidation, _>(&submitted, State::Rejected, event, &occasion);
    assert!(
        wrong
            .unwrap_err()
            .to_string()
            .contains("SUBMITTED to REJECTED")
    );
}

#[test]
fn faults_strike_before_or_after_the_write() {
    let world = Memory::default();
    let change = received(&world, record(b"a"));
    let id = change.record.invoice_id;
    world.fail_next(1);
    assert!(world.run(world.commit_invoice(change.clone())).is_err());
    assert_eq!(world.run(world.invoice(id)).unwrap(), None);
    world.lose_next_answers(1);
    assert!(world.run(world.commit_invoice(change)).is_err());
    assert!(world.run(world.invoice(id)).unwrap().is_some());
}

#[test]
fn a_document_is_what_its_claim_check_says() {
    let world = Memory::default();
    let document = Stored {
        bytes: b"<Invoice/>",
        sha256: &Sha256Hex::of(b"<Invoice/>"),
        format: DocumentFormat::Ubl,
    };
    let reference = world.run(world.store_invoice(document)).unwrap();
    let read = world.run(world.invoice_document(&reference)).unwrap();
    assert_eq!(read, b"<Invoice/>");
    let forged = DocumentRef {
        sha256: Sha256Hex::of(b"other"),
        ..reference
    };
    let refused = world.run(world.invoice_document(&forged));
    assert!(matches!(refused, Err(PortError::Corrupt { .. })));
}

#[test]
fn of_two_deliveries_in_step_one_commits() {
    let world = Memory::default();
    let mut schedule = Schedule::default();
    schedule.start(world.commit_invoice(received(&world, record(b"a"))));
    schedule.start(world.commit_invoice(received(&world, record(b"a"))));
    let answers = schedule.finish();
    assert_eq!(answers.iter().filter(|a| a.is_ok()).count(), 1);
}
