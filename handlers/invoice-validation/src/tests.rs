//! The validation over a world in memory, with the project's own samples.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // tests

use super::*;
use contracts::envelope::MAX_EVENT_BYTES;
use contracts::events::DocumentFormat;
use ports::memory::{Memory, Schedule, sample};
use ports::{Stored, WriteInvoiceDocuments};

const VALID: &[u8] = include_bytes!("../../../samples/invoice.xml");
const WRONG_TOTAL: &[u8] = include_bytes!("../../../samples/wrong-total.xml");

/// A world with one submitted invoice, and the event that says so.
fn world(bytes: &[u8]) -> (Memory, InvoiceRecord, Detail<InvoiceReceived>) {
    let world = Memory::default();
    let document = documents::read(bytes).unwrap();
    let stored = Stored {
        bytes,
        sha256: document.sha256(),
        format: DocumentFormat::Ubl,
    };
    let reference = world.run(world.store_invoice(stored)).unwrap();
    let record = InvoiceRecord {
        invoice_id: document.invoice_id(),
        key: document.key(),
        document: reference.clone(),
        summary: None,
        ..sample::invoice(State::Submitted, 1)
    };
    world.seed_invoice(record.clone());
    let event = sample::event(
        &record,
        InvoiceReceived {
            document: reference,
        },
    );
    (world, record, event)
}

fn stored(world: &Memory, record: &InvoiceRecord) -> InvoiceRecord {
    world
        .run(world.invoice(record.invoice_id))
        .unwrap()
        .unwrap()
}

#[test]
fn r4_a_valid_invoice_is_validated_with_its_summary() {
    let (world, record, event) = world(VALID);
    world.run(handle(&world, &event)).unwrap();
    let after = stored(&world, &record);
    assert_eq!((after.state, after.version), (State::Validated, 2));
    assert_eq!(after.summary.unwrap().payable, sample::euro(97_580));
    let [announced] = &world.outbox()[..] else {
        panic!("one event announces it");
    };
    assert_eq!(announced.spec.name, "InvoiceValidated");
    assert_eq!(announced.detail["data"]["payable"]["minor"], 97_580);
    assert_eq!(announced.detail["data"]["documentType"], "380");
}

#[test]
fn r2_an_invoice_that_breaks_a_rule_is_rejected_with_it() {
    let (world, record, event) = world(WRONG_TOTAL);
    world.run(handle(&world, &event)).unwrap();
    let after = stored(&world, &record);
    assert_eq!(after.state, State::Rejected);
    assert_eq!(after.rejection, Some(RejectionReason::Invalid));
    assert_eq!(after.violations[0].rule, "BR-CO-16");
    let announced = &world.outbox()[0];
    assert_eq!(announced.spec.name, "InvoiceRejected");
    assert_eq!(
        announced.detail["data"]["violations"][0]["rule"],
        "BR-CO-16"
    );
    assert_eq!(announced.detail["data"]["violationCount"], 1);
    assert_eq!(
        world.completed_claims(),
        [event.metadata.event_id.to_string()]
    );
}

#[test]
fn r12_the_same_event_twice_judges_once() {
    let (world, record, event) = world(VALID);
    world.run(handle(&world, &event)).unwrap();
    world.run(handle(&world, &event)).unwrap();
    assert_eq!(stored(&world, &record).version, 2);
    assert_eq!(world.outbox().len(), 1);
}

#[test]
fn r12_concurrent_duplicates_judge_once() {
    for first in 0..6 {
        let (world, record, event) = world(VALID);
        let mut schedule = Schedule::default();
        schedule.start(handle(&world, &event));
        schedule.start(handle(&world, &event));
        for turn in 0..first {
            schedule.turn(usize::from(turn % 2 == 0));
        }
        assert!(schedule.finish().iter().all(Result::is_ok));
        assert_eq!(stored(&world, &record).version, 2);
        assert_eq!(world.outbox().len(), 1);
    }
}

#[test]
fn a_premature_event_must_come_again() {
    let (world, mut record, _) = world(VALID);
    record.version = 2;
    let document = record.document.clone();
    let early = sample::event(&record, InvoiceReceived { document });
    let fault = world.run(handle(&world, &early)).unwrap_err();
    assert!(matches!(fault, Fault::Premature { .. }), "{fault}");
    assert!(world.outbox().is_empty());
}

#[test]
fn r2_a_document_that_cannot_be_read_faults_and_does_not_reject() {
    let (_, record, _) = world(VALID);
    let fault = document_of(&record, b"<Invoice").unwrap_err();
    assert!(fault.to_string().contains("document-xml"), "{fault}");
}

#[test]
fn r26_an_event_can_not_pass_a_document_off_as_another_vendors() {
    let (world, mut record, event) = world(VALID);
    record.key.vendor_id = sample::vendor_id();
    world.seed_invoice(record.clone());
    let fault = world.run(handle(&world, &event)).unwrap_err();
    assert!(matches!(fault, Fault::Port(PortError::Corrupt { .. })));
    assert_eq!(stored(&world, &record).state, State::Submitted);
}

#[test]
fn a_port_that_fails_changes_nothing_and_a_retry_does_it() {
    let (world, record, event) = world(VALID);
    world.fail_next(1);
    assert!(world.run(handle(&world, &event)).is_err());
    assert_eq!(stored(&world, &record).state, State::Submitted);
    world.run(handle(&world, &event)).unwrap();
    assert_eq!(stored(&world, &record).state, State::Validated);
}

#[test]
fn a_thousand_violations_stay_within_event_and_item() {
    let (_, record, event) = world(VALID);
    let violation = Violation {
        rule: "R".repeat(64),
        term: Some("T".repeat(64)),
        path: "P".repeat(256),
        message: "m".repeat(600),
    };
    let occasion = Occasion::of(&event.metadata, sample::origin());
    let verdict = Verdict::Broken(vec![violation; 1000]);
    let change = decide(&record, verdict, &occasion).unwrap();
    assert!(serde_json::to_string(&change.record).unwrap().len() < 100_000);
    let detail = &change.events[0].detail;
    assert!(detail.to_string().len() < MAX_EVENT_BYTES);
    assert_eq!(detail["data"]["violationCount"], 1000);
    assert_eq!(
        detail["data"]["violations"].as_array().unwrap().len(),
        MAX_VIOLATIONS
    );
}
