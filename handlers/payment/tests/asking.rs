//! R26: payments whose outcome is not known are asked about by the clock.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // tests

use contracts::State;
use contracts::envelope::Detail;
use contracts::events::{ApprovalKind, InvoiceApproved};
use contracts::records::InvoiceRecord;
use payment::{ask_again, handle};
use ports::ReadInvoices;
use ports::memory::{Behaviour, Memory, Schedule, sample};
use time::Duration;

/// An approved invoice of the sample vendor under a number of its own, and the event that says so.
fn approved(world: &Memory, number: &str) -> (InvoiceRecord, Detail<InvoiceApproved>) {
    let mut record = sample::invoice(State::Approved, 3);
    record.key.number = number.to_owned();
    record.invoice_id = record.key.invoice_id(&record.document.sha256);
    world.seed_invoice(record.clone());
    let data = InvoiceApproved {
        payable: sample::euro(12_000),
        approval: ApprovalKind::Automatic,
    };
    let event = sample::event(&record, data);
    (record, event)
}

fn world() -> Memory {
    let world = Memory::default();
    world.seed_vendor(sample::profile());
    world
}

fn state(world: &Memory, record: &InvoiceRecord) -> State {
    let stored = world.run(world.invoice(record.invoice_id)).unwrap();
    stored.unwrap().state
}

#[test]
fn r26_an_unknown_payment_is_settled_by_the_clock_and_the_event_finds_it_done() {
    let world = world();
    let (record, event) = approved(&world, "1");
    world.script_provider([Behaviour::SettleSilently]);
    world.run(handle(&world, &event)).unwrap();
    let completed = world.completed_claims();
    assert_eq!(state(&world, &record), State::PaymentUnknown);

    world.run(ask_again(&world)).unwrap();
    assert_eq!(
        state(&world, &record),
        State::PaymentUnknown,
        "rests too short"
    );

    world.advance(Duration::seconds(61));
    world.silence_queries(1);
    world.run(ask_again(&world)).unwrap();
    assert_eq!(
        state(&world, &record),
        State::PaymentUnknown,
        "no answer yet"
    );

    world.run(ask_again(&world)).unwrap();
    assert_eq!(state(&world, &record), State::Paid);
    let paid = &world.outbox()[0].detail["metadata"];
    assert_eq!(paid["eventType"], "InvoicePaid");
    let approval = serde_json::to_value(&event.metadata).unwrap();
    assert_eq!(paid["correlationId"], approval["correlationId"]);
    assert_eq!(paid["causationId"], approval["eventId"]);
    assert_eq!(
        world.completed_claims(),
        completed,
        "no event's claim is ours"
    );

    world.run(handle(&world, &event)).unwrap();
    world.run(ask_again(&world)).unwrap();
    assert_eq!(world.outbox().len(), 1);
    assert_eq!(world.orders()[0].submissions, 1, "asked, never resent");
}

#[test]
fn r26_a_claim_whose_order_never_left_is_handed_in_by_the_clock() {
    let world = world();
    let (record, event) = approved(&world, "1");
    let mut schedule = Schedule::default();
    schedule.start(handle(&world, &event));
    while state(&world, &record) != State::Paying {
        assert!(schedule.turn(0).is_none());
    }
    schedule.crash(0);
    world.advance(Duration::seconds(61));
    world.run(ask_again(&world)).unwrap();
    assert_eq!(state(&world, &record), State::Paid);
    assert_eq!((world.settlements(), world.unlicensed_orders()), (1, 0));
}

#[test]
fn r26_the_clock_claims_nothing() {
    let world = world();
    let (record, _) = approved(&world, "1");
    world.advance(Duration::hours(1));
    world.run(ask_again(&world)).unwrap();
    assert_eq!(state(&world, &record), State::Approved);
    assert!(world.orders().is_empty());
}

#[test]
fn r26_one_that_fails_does_not_stop_the_others() {
    let world = world();
    // It is being paid, and nothing says what was claimed: only a person can mend that.
    let mut odd = sample::invoice(State::Paying, 4);
    odd.key.number = "odd".into();
    odd.invoice_id = odd.key.invoice_id(&odd.document.sha256);
    world.seed_invoice(odd.clone());
    let others: Vec<_> = ["1", "2", "3"]
        .map(|number| approved(&world, number))
        .into();
    world.script_provider([
        Behaviour::SettleSilently,
        Behaviour::DeclineSilently,
        Behaviour::LoseOrder,
    ]);
    for (_, event) in &others {
        world.run(handle(&world, event)).unwrap();
    }
    world.advance(Duration::seconds(61));
    let fault = world.run(ask_again(&world)).unwrap_err();
    assert!(
        fault.to_string().contains(&odd.invoice_id.to_string()),
        "{fault}"
    );
    let states: Vec<_> = others
        .iter()
        .map(|(record, _)| state(&world, record))
        .collect();
    assert_eq!(states, [State::Paid, State::PaymentFailed, State::Paid]);
    assert_eq!(world.unlicensed_orders(), 0);
}
