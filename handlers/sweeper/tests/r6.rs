//! R6: an invoice that rests for longer than its state should take is announced, once for each version.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // tests

use contracts::events::InvoiceStuck;
use contracts::ids::Sha256Hex;
use contracts::policy::{Policy, Stuck};
use contracts::records::InvoiceRecord;
use contracts::{Event, EventId, State};
use ports::memory::{Memory, Schedule, sample};
use ports::{ReadInvoices, Resting};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use sweeper::{announcement, cutoffs, run, sweep};
use time::Duration;

const WORKING: Duration = Duration::minutes(15);
const WAITING: Duration = Duration::days(7);

fn policy() -> Policy {
    Policy {
        stuck: Stuck {
            working_seconds: 900,
            waiting_seconds: 604_800,
        },
        ..Policy::strictest()
    }
}

fn invoice(number: usize, state: State) -> InvoiceRecord {
    let mut record = sample::invoice(state, 3);
    record.key.number = format!("R-{number}");
    record.invoice_id = record.key.invoice_id(&Sha256Hex::of(b"content"));
    record
}

/// What the bus took, by the invoice that it is about.
fn announced(world: &Memory) -> BTreeMap<String, (String, u64)> {
    let outbox = world.outbox().into_iter();
    outbox
        .map(|draft| {
            assert_eq!(draft.spec, InvoiceStuck::SPEC);
            let metadata = &draft.detail["metadata"];
            let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
            (
                text(&metadata["invoiceId"]),
                (
                    text(&draft.detail["data"]["state"]),
                    metadata["aggregateVersion"].as_u64().unwrap(),
                ),
            )
        })
        .collect()
}

#[test]
fn r6_each_state_has_its_own_time_and_terminal_ones_have_none() {
    for state in State::ALL {
        let world = Memory::new(policy());
        let record = invoice(1, state);
        world.seed_invoice(record.clone());
        let limit = if state.waits_for_a_person() {
            WAITING
        } else {
            WORKING
        };
        world.advance(limit);
        world.run(sweep(&world)).unwrap();
        assert_eq!(world.bus(), [], "{state}: not longer than it may");
        world.advance(Duration::seconds(1));
        world.run(sweep(&world)).unwrap();
        let stuck = (state.name().to_owned(), 3);
        let id = record.invoice_id.to_string();
        let expected = (!state.is_terminal()).then_some((id, stuck));
        assert_eq!(announced(&world), expected.into_iter().collect(), "{state}");
    }
}

#[test]
fn r6_a_stuck_version_is_announced_once_and_the_invoice_stays_where_it_is() {
    let world = Memory::new(policy());
    let record = invoice(1, State::Approved);
    world.seed_invoice(record.clone());
    for _ in 0..5 {
        world.advance(WORKING * 2);
        world.run(sweep(&world)).unwrap();
    }
    let id = record.invoice_id.to_string();
    assert_eq!(world.bus(), [EventId::of("InvoiceStuck", &id, 3)]);
    let stored = world.run(world.invoice(record.invoice_id)).unwrap();
    assert_eq!(stored, Some(record));
}

#[test]
fn r6_the_same_version_gives_the_same_event_whenever_it_is_announced() {
    let record = invoice(1, State::Paying);
    let resting = Resting {
        invoice_id: record.invoice_id,
        vendor_id: record.vendor_id(),
        version: record.version,
        state: record.state,
        since: sample::origin().now,
    };
    let mut later = sample::origin();
    later.now += WAITING;
    let (a, b) = (
        announcement(&resting, &sample::origin()),
        announcement(&resting, &later),
    );
    assert_eq!(a.event_id, b.event_id);
    for name in ["correlationId", "causationId", "idempotencyKey"] {
        assert_eq!(
            a.detail["metadata"][name], b.detail["metadata"][name],
            "{name}"
        );
    }
    let next = Resting {
        version: record.version + 1,
        ..resting
    };
    assert_ne!(a.event_id, announcement(&next, &later).event_id);
}

#[test]
fn r6_a_state_that_fails_does_not_hide_the_others() {
    let world = Memory::new(policy());
    world.seed_invoice(invoice(1, State::Approved));
    world.seed_invoice(invoice(2, State::Paying));
    world.advance(WORKING * 2);
    world.break_down("rest in APPROVED");
    let swept = world.run(run(&world));
    assert_eq!((swept.announced, swept.failures.len()), (1, 1));
    let error = swept.into_result().unwrap_err().to_string();
    assert!(error.contains("APPROVED"), "{error}");
    world.break_down("nothing");
    world.run(sweep(&world)).unwrap();
    assert_eq!(announced(&world).len(), 2);
}

#[test]
fn r6_what_publishing_fails_with_does_not_hide_stuck_invoices() {
    let world = Memory::new(policy());
    world.seed_invoice(invoice(1, State::Approved));
    world.advance(WORKING * 2);
    world.break_down("unpublished events");
    assert!(world.run(sweep(&world)).is_err());
    assert_eq!(announced(&world).len(), 1);
}

#[test]
fn r6_those_announced_before_hide_nobody_and_are_no_error() {
    let world = Memory::new(policy());
    for number in 0..600 {
        world.seed_invoice(invoice(number, State::Approved));
    }
    world.advance(WORKING * 2);
    let swept = world.run(run(&world));
    assert_eq!(swept.announced, 600, "{swept:?}");
    assert!(swept.crowded.is_empty());
    world.seed_invoice(invoice(600, State::Approved));
    world.advance(WORKING * 2);
    let swept = world.run(run(&world));
    assert_eq!(swept.announced, 1, "{swept:?}");
    assert!(swept.into_result().is_ok());
}

#[test]
fn r6_a_run_that_is_late_leaves_the_rest_to_the_next() {
    let world = Memory::new(policy());
    for number in 0..20 {
        world.seed_invoice(invoice(number, State::Approved));
    }
    world.advance(WORKING * 2);
    let mut schedule = Schedule::default();
    schedule.start(run(&world));
    while world.bus().len() < 3 {
        assert!(schedule.turn(0).is_none());
    }
    world.advance(Duration::seconds(30));
    let swept = schedule.finish().remove(0);
    assert!(swept.unannounced > 0, "{swept:?}");
    assert!(!swept.crowded.is_empty());
    assert!(swept.into_result().is_ok(), "nothing failed");
    world.run(sweep(&world)).unwrap();
    assert_eq!(announced(&world).len(), 20);
}

proptest! {
    #[test]
    fn r6_a_cutoff_is_as_long_ago_as_the_policy_says(working in 0_u32..10_000_000, waiting in 0_u32..10_000_000) {
        let policy = Policy { stuck: Stuck { working_seconds: working, waiting_seconds: waiting }, ..policy() };
        let now = sample::origin().now;
        let cutoffs = cutoffs(&policy, now);
        prop_assert_eq!(cutoffs.len(), State::ALL.iter().filter(|state| !state.is_terminal()).count());
        for (state, before) in cutoffs {
            let seconds = if state.waits_for_a_person() { waiting } else { working };
            prop_assert_eq!(now - before, Duration::seconds(seconds.into()));
        }
    }

    /// Sweepers that overlap, fail and die: every stuck version is announced, and never under two ids.
    #[test]
    fn r6_no_crash_hides_a_stuck_invoice(
        happenings in proptest::collection::vec((0_u8..12, 0_usize..3), 0..100),
    ) {
        let world = Memory::new(policy());
        let stuck: BTreeSet<EventId> = (0..4)
            .map(|number| {
                let record = invoice(number, State::Approved);
                let id = record.invoice_id.to_string();
                world.seed_invoice(record);
                EventId::of("InvoiceStuck", &id, 3)
            })
            .collect();
        world.advance(WORKING * 2);
        let mut schedule = Schedule::default();
        for (what, pick) in happenings {
            match what {
                0 => schedule.start(sweep(&world)),
                1 => world.fail_next(1),
                2 => world.lose_next_answers(1),
                3 => schedule.crash(pick),
                _ => drop(schedule.turn(pick)),
            }
        }
        schedule.finish();
        world.fail_next(0);
        world.lose_next_answers(0);
        prop_assert!(world.run(sweep(&world)).is_ok());
        prop_assert_eq!(world.bus().into_iter().collect::<BTreeSet<_>>(), stuck);
        let sent = world.bus().len();
        prop_assert!(world.run(sweep(&world)).is_ok());
        prop_assert_eq!(world.bus().len(), sent);
    }
}
