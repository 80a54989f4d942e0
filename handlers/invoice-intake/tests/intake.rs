//! Intake over a world in memory: once, first come, and never two under one key.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // tests

use contracts::envelope::{Detail, Metadata};
use contracts::events::{DocumentFormat, DocumentRef, InvoiceSubmitted, RejectionReason};
use contracts::ids::Sha256Hex;
use contracts::{InvoiceId, InvoiceSubject, State};
use invoice_intake::{Decision, decide, handle};
use ports::memory::{Memory, Schedule, sample};
use ports::{Fault, PortError, ReadInvoices};
use proptest::prelude::*;

fn submitted(content: &[u8]) -> Detail<InvoiceSubmitted> {
    let key = sample::invoice(State::Submitted, 1).key;
    let sha256 = Sha256Hex::of(content);
    let subject = InvoiceSubject {
        vendor_id: key.vendor_id,
        invoice_id: key.invoice_id(&sha256),
    };
    let (cause, origin) = (sample::cause(), sample::origin());
    Detail {
        metadata: Metadata::new::<InvoiceSubmitted>(subject, 0, &cause, &origin),
        data: InvoiceSubmitted {
            document: DocumentRef {
                key: format!("invoices/{sha256}"),
                version: None,
                sha256,
                bytes: content.len() as u64,
                format: DocumentFormat::Ubl,
            },
            key,
            submitted_by: "tester".into(),
        },
    }
}

fn id(event: &Detail<InvoiceSubmitted>) -> InvoiceId {
    event.metadata.subject.invoice_id
}

fn state(world: &Memory, event: &Detail<InvoiceSubmitted>) -> Option<State> {
    let stored = world.run(world.invoice(id(event))).unwrap();
    stored.map(|record| record.state)
}

fn published(world: &Memory) -> Vec<&'static str> {
    world.outbox().iter().map(|draft| draft.spec.name).collect()
}

#[test]
fn r4_a_submission_becomes_version_1_and_is_announced() {
    let world = Memory::default();
    let event = submitted(b"a");
    world.run(handle(&world, &event)).unwrap();
    let stored = world.run(world.invoice(id(&event))).unwrap().unwrap();
    assert_eq!((stored.version, stored.state), (1, State::Submitted));
    assert_eq!(stored.document, event.data.document);
    assert_eq!(published(&world), ["InvoiceReceived"]);
    let holder = world.run(world.holder(&event.data.key)).unwrap();
    assert_eq!(holder, Some(id(&event)));
    let announced = &world.outbox()[0].detail["metadata"];
    assert_eq!(
        announced["causationId"],
        event.metadata.event_id.to_string()
    );
}

#[test]
fn r12_the_same_submission_twice_is_one_invoice() {
    let world = Memory::default();
    let event = submitted(b"a");
    world.run(handle(&world, &event)).unwrap();
    world.run(handle(&world, &event)).unwrap();
    assert_eq!(world.invoice_history(id(&event)).len(), 1);
    assert_eq!(published(&world), ["InvoiceReceived"]);
}

#[test]
fn other_content_under_the_same_number_is_rejected_as_duplicate() {
    let world = Memory::default();
    let (first, second) = (submitted(b"a"), submitted(b"b"));
    world.run(handle(&world, &first)).unwrap();
    world.run(handle(&world, &second)).unwrap();
    let stored = world.run(world.invoice(id(&second))).unwrap().unwrap();
    assert_eq!((stored.version, stored.state), (1, State::Rejected));
    assert_eq!(stored.rejection, Some(RejectionReason::Duplicate));
    assert_eq!(published(&world), ["InvoiceReceived", "InvoiceRejected"]);
    assert_eq!(state(&world, &first), Some(State::Submitted));
    let holder = world.run(world.holder(&first.data.key)).unwrap();
    assert_eq!(holder, Some(id(&first)), "the first keeps the key");
}

#[test]
fn an_event_with_forged_ids_is_refused() {
    let world = Memory::default();
    let mut event = submitted(b"a");
    event.metadata.subject.invoice_id = id(&submitted(b"b"));
    let fault = world.run(handle(&world, &event)).unwrap_err();
    assert!(
        matches!(fault, Fault::Port(PortError::Corrupt { .. })),
        "{fault}"
    );
    assert!(world.outbox().is_empty());
}

#[test]
fn the_decision_is_by_what_is_stored_and_who_holds_the_key() {
    let stored = sample::invoice(State::Paid, 5);
    let (own, other) = (stored.invoice_id, id(&submitted(b"other")));
    assert_eq!(decide(own, Some(&stored), Some(other)), Decision::Known);
    assert_eq!(decide(own, None, Some(own)), Decision::Known);
    assert_eq!(decide(own, None, Some(other)), Decision::RejectDuplicate);
    assert_eq!(decide(own, None, None), Decision::Receive);
}

proptest! {
    /// However submissions of two documents under one key interleave and die, one document is received and the other,
    /// once it is delivered, rejected.
    #[test]
    fn r12_no_interleaving_receives_two_under_one_key(
        starts in proptest::collection::vec(any::<bool>(), 1..5),
        turns in proptest::collection::vec((0usize..4, 0u8..12), 0..30),
    ) {
        let world = Memory::default();
        let documents = [submitted(b"a"), submitted(b"b")];
        let mut schedule = Schedule::default();
        for second in starts {
            schedule.start(handle(&world, &documents[usize::from(second)]));
        }
        for (pick, luck) in turns {
            match luck {
                0 => schedule.crash(pick),
                1 => world.lose_next_answers(1),
                _ => drop(schedule.turn(pick)),
            }
        }
        schedule.finish();
        for document in &documents {
            let delivered = (0..3).any(|_| world.run(handle(&world, document)).is_ok());
            prop_assert!(delivered);
        }
        let mut states = documents.each_ref().map(|document| state(&world, document));
        states.sort();
        prop_assert_eq!(states, [Some(State::Submitted), Some(State::Rejected)]);
        prop_assert_eq!(world.outbox().len(), 2);
        for document in &documents {
            prop_assert_eq!(world.invoice_history(id(document)).len(), 1);
        }
    }
}
