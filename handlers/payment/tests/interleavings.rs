//! R12, R26: however deliveries of one approval and the clock's questions interleave, repeat, fail and die, the invoice is
//! paid at most once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // tests

use contracts::State;
use contracts::events::{ApprovalKind, InvoiceApproved};
use contracts::lifecycle::transition;
use payment::{ask_again, handle};
use ports::memory::{Behaviour, Memory, Schedule, sample};
use ports::{ProviderAnswer, ReadInvoices};
use proptest::prelude::*;
use time::Duration;

#[derive(Debug, Clone, Copy)]
enum Happening {
    Deliver,
    Tick,
    Minute,
    Turn(usize),
    Crash(usize),
    FailNext,
    LoseAnswer,
    SilenceQuery,
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        2 => Just(Happening::Deliver),
        2 => Just(Happening::Tick),
        2 => Just(Happening::Minute),
        12 => (0usize..4).prop_map(Happening::Turn),
        1 => (0usize..4).prop_map(Happening::Crash),
        1 => Just(Happening::FailNext),
        1 => Just(Happening::LoseAnswer),
        1 => Just(Happening::SilenceQuery),
    ]
}

fn behaviour() -> impl Strategy<Value = Behaviour> {
    prop_oneof![
        Just(Behaviour::Settle),
        Just(Behaviour::Decline),
        Just(Behaviour::SettleSilently),
        Just(Behaviour::DeclineSilently),
        Just(Behaviour::LoseOrder),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn r12_no_interleaving_pays_twice(
        happenings in proptest::collection::vec(happening(), 0..60),
        script in proptest::collection::vec(behaviour(), 0..4),
        by_clock in any::<bool>(),
    ) {
        let world = Memory::default();
        let record = sample::invoice(State::Approved, 3);
        world.seed_vendor(sample::profile());
        world.seed_invoice(record.clone());
        world.script_provider(script);
        let data = InvoiceApproved { payable: sample::euro(12_000), approval: ApprovalKind::Automatic };
        let event = sample::event(&record, data);

        let mut schedule = Schedule::default();
        for happening in happenings {
            match happening {
                Happening::Deliver => schedule.start(handle(&world, &event)),
                Happening::Tick => schedule.start(ask_again(&world)),
                Happening::Minute => world.advance(Duration::seconds(61)),
                Happening::Turn(pick) => drop(schedule.turn(pick)),
                Happening::Crash(pick) => schedule.crash(pick),
                Happening::FailNext => world.fail_next(1),
                Happening::LoseAnswer => world.lose_next_answers(1),
                Happening::SilenceQuery => world.silence_queries(1),
            }
        }
        schedule.finish();
        // The event comes again until a delivery succeeds, as the queue or a person sees to; or it comes once more, and from
        // then on the clock alone asks.
        let settled = if by_clock {
            let state = || world.run(world.invoice(record.invoice_id)).map(|stored| stored.unwrap().state);
            while !state().is_ok_and(|state| state != State::Approved) {
                drop(world.run(handle(&world, &event)));
            }
            (0..12).any(|_| {
                world.advance(Duration::seconds(61));
                drop(world.run(ask_again(&world)));
                state().is_ok_and(|state| matches!(state, State::Paid | State::PaymentFailed))
            })
        } else {
            (0..12).any(|_| world.run(handle(&world, &event)).is_ok())
        };
        prop_assert!(settled, "it never settles");

        let state = world.run(world.invoice(record.invoice_id)).unwrap().unwrap().state;
        let orders = world.orders();
        prop_assert_eq!(orders.len(), 1, "one order under one key and attempt");
        // The provider takes an order once, but the decision must not lean on that: it claims first, and asks before it
        // hands in again.
        prop_assert_eq!(world.unlicensed_orders(), 0);
        let expected = match orders[0].outcome {
            ProviderAnswer::Settled => (State::Paid, "InvoicePaid"),
            _ => (State::PaymentFailed, "PaymentFailed"),
        };
        let outbox = world.outbox();
        prop_assert_eq!(outbox.len(), 1, "one outcome event");
        prop_assert_eq!((state, outbox[0].spec.name), expected);
        // What the clock settles completes nobody's claim: the event's delivery finds nothing to do.
        prop_assert!(world.completed_claims().len() <= 1);

        let mut before = (3, Some(State::Approved));
        for row in world.invoice_history(record.invoice_id) {
            prop_assert_eq!((row.version, row.from), (before.0 + 1, before.1), "no gap");
            prop_assert!(transition(row.from, row.to.unwrap()).is_some());
            before = (row.version, row.to);
        }
        prop_assert_eq!(before.1, Some(state));
    }
}
