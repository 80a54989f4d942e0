//! The whole way of the project's samples over a world in memory: every handler's own decision, from submission to notice,
//! ledger and audit trail, in order and in any disorder.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // tests

use contracts::envelope::Detail;
use contracts::events::{
    DocumentFormat, DocumentRef, InvoiceApproved, InvoiceCredited, InvoiceDisputed, InvoicePaid,
    InvoiceReceived, InvoiceRejected, InvoiceSubmitted, InvoiceValidated, PaymentFailed,
    VendorRegistered,
};
use contracts::handlers::Portal;
use contracts::lifecycle::transition;
use contracts::policy::{Policy, VendorChecks};
use contracts::tables::keys;
use contracts::{Currency, Event, InvoiceId, InvoiceSubject, State, VendorSubject};
use ports::memory::{Behaviour, Memory, Schedule, sample};
use ports::{Clock, Draft, Fault, ReadInvoices, Stored, WriteInvoiceDocuments, WriteRegistrations};
use proptest::prelude::*;

/// The samples, and how each ends.
const SAMPLES: [(&[u8], State); 7] = [
    (include_bytes!("../../../samples/invoice.xml"), State::Paid),
    (
        include_bytes!("../../../samples/credit-note.xml"),
        State::Credited,
    ),
    (
        include_bytes!("../../../samples/negative-invoice.xml"),
        State::Credited,
    ),
    (
        include_bytes!("../../../samples/prepaid-invoice.xml"),
        State::Paid,
    ),
    (
        include_bytes!("../../../samples/large-approval.xml"),
        State::AwaitingApproval,
    ),
    (
        include_bytes!("../../../samples/wrong-total.xml"),
        State::Rejected,
    ),
    (
        include_bytes!("../../../samples/negative-price.xml"),
        State::Rejected,
    ),
];

fn world() -> Memory {
    Memory::new(Policy {
        vendor_checks: VendorChecks::Warn,
        automatic_limit_minor: [(Currency::parse("EUR").unwrap(), 1_000_000)].into(),
        ..Policy::strictest()
    })
}

/// What the portal does with a document: stores it and says that it was submitted.
fn submit(world: &Memory, bytes: &[u8]) -> Draft {
    let document = documents::read(bytes).unwrap();
    let stored = Stored {
        bytes,
        sha256: document.sha256(),
        format: document.format(),
    };
    let subject = InvoiceSubject {
        vendor_id: document.vendor_id(),
        invoice_id: document.invoice_id(),
    };
    let data = InvoiceSubmitted {
        document: world.run(world.store_invoice(stored)).unwrap(),
        key: document.key(),
        submitted_by: "tester".into(),
    };
    Draft::of::<Portal, _>(subject, 0, data, &sample::cause(), &world.origin())
}

/// What the portal does with the registration of a document's seller.
fn register(world: &Memory, bytes: &[u8]) -> Draft {
    let document = documents::read(bytes).unwrap();
    let registration = serde_json::to_vec(&document.registration().unwrap()).unwrap();
    let stored = Stored {
        bytes: &registration,
        sha256: &contracts::ids::Sha256Hex::of(&registration),
        format: DocumentFormat::Registration,
    };
    let reference: DocumentRef = world.run(world.store_registration(stored)).unwrap();
    let subject = VendorSubject {
        vendor_id: document.vendor_id(),
    };
    let data = VendorRegistered {
        registration: reference,
        registered_by: "tester".into(),
    };
    Draft::of::<Portal, _>(subject, 0, data, &sample::cause(), &world.origin())
}

fn detail<E: Event>(draft: &Draft) -> Detail<E> {
    serde_json::from_value(draft.detail.clone()).expect("the contract's own JSON reads back")
}

/// Brings an event to whoever consumes it.
async fn deliver(world: &Memory, draft: Draft) -> Result<(), Fault> {
    match draft.spec.name {
        "VendorRegistered" => {
            vendor_registration::handle(world, &detail::<VendorRegistered>(&draft)).await
        }
        "InvoiceSubmitted" => {
            invoice_intake::handle(world, &detail::<InvoiceSubmitted>(&draft)).await
        }
        "InvoiceReceived" => {
            invoice_validation::handle(world, &detail::<InvoiceReceived>(&draft)).await
        }
        "InvoiceValidated" => compliance::handle(world, &detail::<InvoiceValidated>(&draft)).await,
        "InvoiceApproved" => payment::handle(world, &detail::<InvoiceApproved>(&draft)).await,
        "InvoicePaid" => {
            let event = detail::<InvoicePaid>(&draft);
            accounting::handle(world, &event).await?;
            notification::handle(world, &event).await
        }
        "InvoiceCredited" => {
            let event = detail::<InvoiceCredited>(&draft);
            accounting::handle(world, &event).await?;
            notification::handle(world, &event).await
        }
        "InvoiceRejected" => notification::handle(world, &detail::<InvoiceRejected>(&draft)).await,
        "PaymentFailed" => notification::handle(world, &detail::<PaymentFailed>(&draft)).await,
        "InvoiceDisputed" => notification::handle(world, &detail::<InvoiceDisputed>(&draft)).await,
        _ => Ok(()),
    }
}

/// Delivers an event until its delivery succeeds.
fn deliver_at_last(world: &Memory, draft: &Draft) {
    let delivered = (0..12).any(|_| world.run(deliver(world, draft.clone())).is_ok());
    assert!(delivered, "{} never succeeds", draft.spec.name);
}

/// How often the clock wakes the payment function after the last event: more than any script leaves without an answer.
const TICKS: u32 = 12;

/// Delivers what was committed, in order, until nothing new is committed; then the clock asks after payments whose outcome is
/// not known, and what follows from the answers is delivered too.
fn drain(world: &Memory) {
    let mut delivered = 0;
    for _ in 0..TICKS {
        while let Some(draft) = world.outbox().get(delivered) {
            deliver_at_last(world, draft);
            delivered += 1;
        }
        world.advance(time::Duration::seconds(61));
        // A fault of the world is the next tick's to mend.
        let _ = world.run(payment::ask_again(world));
    }
}

/// Follows the tables' streams, as often as they tell of a change, until everything is in the audit trail.
fn follow(world: &Memory) {
    for _ in 0..2 {
        for change in world.changes() {
            world.run(audit::changed(world, &change)).unwrap();
        }
    }
}

/// What books and trail say of an invoice: balanced rows for what moved, and every version, chained.
fn check_records(world: &Memory, id: InvoiceId) {
    let booked: Vec<_> = world
        .ledger()
        .into_iter()
        .filter(|row| row.invoice_id == id)
        .collect();
    let due = world.run(world.invoice(id)).unwrap().unwrap();
    let moved = due.state.is_terminal()
        && due.state != State::Rejected
        && due
            .summary
            .is_some_and(|summary| summary.payable.minor != 0);
    assert_eq!(booked.len(), if moved { 2 } else { 0 }, "{}", due.state);
    assert_eq!(booked.iter().map(|row| row.amount.minor).sum::<i64>(), 0);

    let partition = keys::invoice(id);
    let trail = world.audit_trail(&partition);
    let history = world.invoice_history(id);
    assert_eq!(trail.len(), history.len(), "one row a version");
    for (row, version) in trail.iter().zip(&history) {
        assert_eq!(row.actor, version.actor);
        let announced = version.announces.first().map(|a| a.event_id.to_string());
        assert_eq!(
            row.event_id,
            announced.unwrap_or_else(|| version.cause.causation_id.clone())
        );
    }
    assert_eq!(contracts::audit::verify(&trail), Ok(()));
    let record = serde_json::to_value(world.run(world.invoice(id)).unwrap()).unwrap();
    let newest = trail.last().map_or(0, |row| row.version);
    assert_eq!(contracts::audit::agrees(&trail, newest, &record), Ok(()));
}

fn invoice_of(draft: &Draft) -> InvoiceId {
    detail::<InvoiceSubmitted>(draft)
        .metadata
        .subject
        .invoice_id
}

fn states(world: &Memory, id: InvoiceId) -> Vec<State> {
    let history = world.invoice_history(id);
    history.iter().map(|row| row.to.unwrap()).collect()
}

/// The rules of the lifecycle that no disorder may break.
fn check_history(world: &Memory, id: InvoiceId, end: State) {
    let stored = world.run(world.invoice(id)).unwrap().unwrap();
    assert_eq!(stored.state, end);
    let mut before = (0, None);
    let mut outcomes = 0;
    for row in world.invoice_history(id) {
        assert_eq!((row.version, row.from), (before.0 + 1, before.1), "no gap");
        let step = transition(row.from, row.to.unwrap()).expect("a legal step");
        let announced: Vec<_> = row
            .announces
            .iter()
            .map(|a| a.event_type.as_str())
            .collect();
        assert_eq!(
            announced,
            Vec::from_iter(step.announces),
            "what the table says"
        );
        outcomes += usize::from(row.to.is_some_and(State::is_terminal)) * announced.len();
        before = (row.version, row.to);
    }
    assert_eq!(
        outcomes,
        usize::from(end.is_terminal()),
        "one outcome event"
    );
}

#[test]
fn r4_every_sample_ends_as_it_should_and_is_told_once() {
    for (bytes, end) in SAMPLES {
        let world = world();
        deliver_at_last(&world, &register(&world, bytes));
        let submitted = submit(&world, bytes);
        deliver_at_last(&world, &submitted);
        drain(&world);
        follow(&world);
        check_history(&world, invoice_of(&submitted), end);
        check_records(&world, invoice_of(&submitted));
        let told = usize::from(end.is_terminal());
        assert_eq!(world.notices().len(), told, "{end}");
    }
}

#[test]
fn r4_a_paid_invoice_goes_the_whole_way() {
    let world = world();
    let (bytes, _) = SAMPLES[0];
    deliver_at_last(&world, &register(&world, bytes));
    let submitted = submit(&world, bytes);
    deliver_at_last(&world, &submitted);
    drain(&world);
    let way = [
        State::Submitted,
        State::Validated,
        State::Approved,
        State::Paying,
        State::Paid,
    ];
    assert_eq!(states(&world, invoice_of(&submitted)), way);
    assert_eq!(world.settlements(), 1);
}

#[test]
fn r3_without_a_registration_the_same_invoice_is_rejected() {
    let world = world();
    let submitted = submit(&world, SAMPLES[0].0);
    deliver_at_last(&world, &submitted);
    drain(&world);
    let way = [State::Submitted, State::Validated, State::Rejected];
    assert_eq!(states(&world, invoice_of(&submitted)), way);
}

#[derive(Debug, Clone, Copy)]
enum Happening {
    Deliver(usize),
    Turn(usize),
    Crash(usize),
    FailNext,
    LoseAnswer,
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        6 => any::<usize>().prop_map(Happening::Deliver),
        24 => any::<usize>().prop_map(Happening::Turn),
        1 => any::<usize>().prop_map(Happening::Crash),
        1 => Just(Happening::FailNext),
        1 => Just(Happening::LoseAnswer),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Events of all samples arrive in any order, twice, at once and half-done: each invoice ends where it should, without a
    /// gap in its history, with one outcome event, and the one that is to be paid is paid once.
    #[test]
    fn r12_no_disorder_changes_how_invoices_end(
        happenings in proptest::collection::vec(happening(), 0..250),
        script in proptest::collection::vec(
            prop_oneof![Just(Behaviour::SettleSilently), Just(Behaviour::LoseOrder), Just(Behaviour::Settle)], 0..3),
    ) {
        let world = world();
        world.script_provider(script);
        deliver_at_last(&world, &register(&world, SAMPLES[0].0));
        let submitted = SAMPLES.map(|(bytes, _)| submit(&world, bytes));

        let mut schedule = Schedule::default();
        for happening in happenings {
            match happening {
                Happening::Deliver(pick) => {
                    let outbox = world.outbox();
                    let pick = pick % (submitted.len() + outbox.len());
                    let draft = submitted.iter().chain(&outbox).nth(pick).unwrap();
                    schedule.start(deliver(&world, draft.clone()));
                }
                Happening::Turn(pick) => drop(schedule.turn(pick)),
                Happening::Crash(pick) => schedule.crash(pick),
                Happening::FailNext => world.fail_next(1),
                Happening::LoseAnswer => world.lose_next_answers(1),
            }
        }
        schedule.finish();
        submitted.iter().for_each(|draft| deliver_at_last(&world, draft));
        drain(&world);
        follow(&world);
        for (draft, (_, end)) in submitted.iter().zip(SAMPLES) {
            check_history(&world, invoice_of(draft), end);
            check_records(&world, invoice_of(draft));
        }
        prop_assert_eq!(world.settlements(), 1);
    }
}
