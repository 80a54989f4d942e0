//! R12, R26: however deliveries of one approval and the clock's questions interleave, repeat, fail and die, the invoice is
//! paid at most once.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // tests

use contracts::State;
use contracts::envelope::Detail;
use contracts::events::{ApprovalKind, InvoiceApproved};
use contracts::lifecycle::transition;
use contracts::records::InvoiceRecord;
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
        let state = || world.run(world.invoice(record.invoice_id)).map(|stored| stored.unwrap().state);
        if by_clock {
            while !state().is_ok_and(|state| state != State::Approved) {
                drop(world.run(handle(&world, &event)));
            }
        } else {
            prop_assert!((0..12).any(|_| world.run(handle(&world, &event)).is_ok()), "it never succeeds");
        }
        let settled = (0..12).any(|_| {
            world.advance(Duration::seconds(61));
            drop(world.run(ask_again(&world)));
            state().is_ok_and(|state| matches!(state, State::Paid | State::PaymentFailed))
        });
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

#[derive(Debug, Clone, Copy)]
enum People {
    /// An approval so far is delivered, old ones too.
    Deliver(usize),
    /// A person lets a declined payment be tried again.
    Retry,
    Tick,
    Minute,
    Turn(usize),
    Crash(usize),
    LoseAnswer,
}

fn people() -> impl Strategy<Value = People> {
    prop_oneof![
        3 => any::<usize>().prop_map(People::Deliver),
        3 => Just(People::Retry),
        1 => Just(People::Tick),
        1 => Just(People::Minute),
        14 => (0usize..4).prop_map(People::Turn),
        1 => (0usize..4).prop_map(People::Crash),
        1 => Just(People::LoseAnswer),
    ]
}

fn state(world: &Memory, id: contracts::InvoiceId) -> InvoiceRecord {
    world.run(world.invoice(id)).unwrap().unwrap()
}

fn approval(record: &InvoiceRecord) -> Detail<InvoiceApproved> {
    let data = InvoiceApproved {
        payable: sample::euro(12_000),
        approval: ApprovalKind::PaymentRetried,
    };
    sample::event(record, data)
}

/// What compliance does with a person's approval of a failed payment.
fn retried(world: &Memory, id: contracts::InvoiceId) -> Option<Detail<InvoiceApproved>> {
    let failed = state(world, id);
    if failed.state != State::PaymentFailed {
        return None;
    }
    let again = InvoiceRecord {
        version: failed.version + 1,
        state: State::Approved,
        ..failed
    };
    world.seed_invoice(again.clone());
    Some(approval(&again))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// People may try a declined payment again as often as they like: its attempts follow each other under one key, for one
    /// amount and to one payee, and at most the last of them settles.
    #[test]
    fn r12_attempts_follow_each_other_and_one_settles(
        happenings in proptest::collection::vec(people(), 0..80),
        script in proptest::collection::vec(behaviour(), 0..5),
    ) {
        let world = Memory::default();
        let record = sample::invoice(State::Approved, 3);
        let id = record.invoice_id;
        world.seed_vendor(sample::profile());
        world.seed_invoice(record.clone());
        world.script_provider(script);
        let mut approvals = vec![approval(&record)];
        let mut schedule = Schedule::default();
        for happening in happenings {
            match happening {
                People::Deliver(pick) => {
                    let event = approvals[pick % approvals.len()].clone();
                    let world = &world;
                    schedule.start(async move { handle(world, &event).await });
                }
                People::Retry => approvals.extend(retried(&world, id)),
                People::Tick => {
                    let world = &world;
                    schedule.start(async move { ask_again(world).await });
                }
                People::Minute => world.advance(Duration::seconds(61)),
                People::Turn(pick) => drop(schedule.turn(pick)),
                People::Crash(pick) => schedule.crash(pick),
                People::LoseAnswer => world.lose_next_answers(1),
            }
        }
        schedule.finish();
        let newest = approvals.last().unwrap();
        prop_assert!((0..12).any(|_| world.run(handle(&world, newest)).is_ok()), "it never succeeds");
        for _ in 0..12 {
            world.advance(Duration::seconds(61));
            drop(world.run(ask_again(&world)));
        }

        let orders = world.orders();
        prop_assert_eq!(world.unlicensed_orders(), 0);
        let attempts: Vec<_> = orders.iter().map(|taken| taken.order.attempt).collect();
        let (first, last) = (attempts[0], attempts[attempts.len() - 1]);
        prop_assert_eq!(&attempts, &(first..=last).collect::<Vec<_>>(), "no attempt is left out");
        for (taken, next) in orders.iter().zip(&orders[1..]) {
            prop_assert_eq!(taken.outcome, ProviderAnswer::Declined, "nothing follows a settlement");
            let of = |order: &ports::PaymentOrder| (order.key.clone(), order.amount.clone(), order.payee_account.clone());
            prop_assert_eq!(of(&taken.order), of(&next.order));
        }
        let settled = orders[orders.len() - 1].outcome == ProviderAnswer::Settled;
        let end = if settled { State::Paid } else { State::PaymentFailed };
        prop_assert_eq!(state(&world, id).state, end);
        let paid = world.outbox().iter().filter(|draft| draft.spec.name == "InvoicePaid").count();
        prop_assert_eq!(paid, usize::from(settled));
    }
}
