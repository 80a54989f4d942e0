//! R25: whatever was committed and not published is published later, whoever died in between.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // tests

use contracts::EventId;
use contracts::State;
use contracts::events::InvoiceValidated;
use contracts::handlers::InvoiceValidation;
use contracts::ids::Sha256Hex;
use contracts::records::InvoiceRecord;
use ports::memory::{Memory, Schedule, sample};
use ports::{Clock, Occasion, ReadUnpublished, WriteInvoices, step};
use proptest::prelude::*;
use std::collections::BTreeSet;
use sweeper::{plan, run, sweep};
use time::Duration;

const MINUTE: Duration = Duration::seconds(60);

fn invoice(number: usize) -> InvoiceRecord {
    let mut record = sample::invoice(State::Submitted, 1);
    record.key.number = format!("R-{number}");
    record.invoice_id = record.key.invoice_id(&Sha256Hex::of(b"content"));
    record
}

/// Commits a change of an invoice whose event nobody publishes.
fn commit(world: &Memory, number: usize) -> EventId {
    let record = invoice(number);
    world.seed_invoice(record.clone());
    let occasion = Occasion {
        cause: sample::cause(),
        origin: world.origin(),
    };
    let event = InvoiceValidated {
        payable: sample::euro(1),
        document_type: "380".into(),
    };
    let change = step::<InvoiceValidation, _>(&record, State::Validated, event, &occasion).unwrap();
    let id = change.events[0].event_id;
    world.run(world.commit_invoice(change)).unwrap();
    id
}

#[test]
fn r25_only_what_is_unpublished_for_a_minute_is_published_as_it_was_recorded() {
    let world = Memory::default();
    let old = commit(&world, 1);
    let marked = commit(&world, 2);
    world.mark_published(marked);
    world.advance(MINUTE);
    let young = commit(&world, 3);
    assert!(world.run(sweep(&world)).is_ok());
    assert_eq!(world.bus(), [], "not older than a minute yet");
    world.advance(Duration::seconds(1));
    assert!(world.run(sweep(&world)).is_ok());
    assert_eq!(world.bus(), [old]);
    let left: Vec<_> = world.unpublished().iter().map(|e| e.event_id).collect();
    assert_eq!(left, [young]);
    assert!(world.run(sweep(&world)).is_ok());
    assert_eq!(world.bus(), [old], "marked: not again");
}

#[test]
fn r25_a_run_goes_through_all_pages() {
    let world = Memory::default();
    let mut ids = Vec::new();
    for number in 0..900 {
        ids.push(commit(&world, number));
        world.advance(Duration::milliseconds(10));
    }
    world.advance(MINUTE * 2);
    let swept = world.run(run(&world));
    assert_eq!((swept.republished, swept.unpublished), (900, 0));
    assert!(swept.into_result().is_ok());
    assert_eq!(
        world.bus().into_iter().collect::<BTreeSet<_>>(),
        ids.into_iter().collect()
    );
}

#[test]
fn r25_a_page_of_refused_events_does_not_hide_those_behind_it() {
    let world = Memory::default();
    for number in 0..600 {
        commit(&world, number);
    }
    world.advance(MINUTE * 2);
    // The oldest of every shard are refused: more than a page has.
    world.break_down("to the bus");
    let swept = world.run(run(&world));
    assert_eq!(
        (swept.republished, swept.unpublished),
        (0, 600),
        "all were tried"
    );
    assert!(swept.into_result().is_err());
    world.break_down("nothing");
    assert!(world.run(sweep(&world)).is_ok());
    assert_eq!(world.unpublished(), []);
}

#[test]
fn r25_one_event_that_fails_does_not_stop_the_others() {
    let world = Memory::default();
    let ids: Vec<_> = (0..30).map(|number| commit(&world, number)).collect();
    world.advance(MINUTE * 2);
    world.break_down(&format!("event {} to the bus", ids[4]));
    let swept = world.run(run(&world));
    assert_eq!((swept.republished, swept.unpublished), (29, 1));
    assert!(swept.into_result().is_err());
    world.break_down("nothing");
    assert!(world.run(sweep(&world)).is_ok());
    assert_eq!(world.unpublished(), []);
    assert_eq!(world.bus().len(), 30, "nobody's event went out twice");
}

#[test]
fn r25_nothing_new_is_begun_near_the_end_of_a_run() {
    let world = Memory::default();
    for number in 0..30 {
        commit(&world, number);
    }
    world.advance(MINUTE * 2);
    let mut schedule = Schedule::default();
    schedule.start(run(&world));
    // Find, publish and mark the first: then the world becomes slow.
    for _ in 0..4 {
        assert!(schedule.turn(0).is_none());
    }
    world.advance(Duration::seconds(16));
    let swept = schedule.finish().remove(0);
    assert_eq!((swept.republished, swept.unpublished), (10, 20));
    assert!(world.run(sweep(&world)).is_ok());
    assert_eq!(world.unpublished(), []);
}

#[test]
fn r25_versions_of_an_aggregate_go_in_their_order() {
    let world = Memory::default();
    for number in 0..3 {
        commit(&world, number);
    }
    world.advance(MINUTE * 2);
    let mut found = world
        .run(world.unpublished_since(world.origin().now, 9, None))
        .unwrap()
        .found;
    for (event, version) in found.iter_mut().zip([7, 3, 5]) {
        event.record.version = version;
    }
    let batches = plan(found);
    let versions: Vec<_> = batches[0]
        .iter()
        .map(|event| event.record.version)
        .collect();
    assert_eq!(versions, [3, 5, 7]);
}

#[derive(Debug, Clone, Copy)]
enum Happening {
    Commit,
    Sweep,
    Turn(usize),
    Crash(usize),
    FailNext,
    LoseAnswer,
    Wait,
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        3 => Just(Happening::Commit),
        2 => Just(Happening::Sweep),
        20 => (0usize..3).prop_map(Happening::Turn),
        2 => (0usize..3).prop_map(Happening::Crash),
        1 => Just(Happening::FailNext),
        1 => Just(Happening::LoseAnswer),
        1 => Just(Happening::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Sweepers that overlap, fail and die: every event is published in the end, and none that was not committed.
    #[test]
    fn r25_no_crash_loses_an_event(happenings in proptest::collection::vec(happening(), 0..120)) {
        let world = Memory::default();
        let mut committed = BTreeSet::new();
        let mut schedule = Schedule::default();
        for (number, happening) in happenings.into_iter().enumerate() {
            match happening {
                // A fault that is due is the committer's: its change did not happen then.
                Happening::Commit => {
                    world.fail_next(0);
                    world.lose_next_answers(0);
                    committed.insert(commit(&world, number));
                }
                Happening::Sweep => schedule.start(sweep(&world)),
                Happening::Turn(pick) => drop(schedule.turn(pick)),
                Happening::Crash(pick) => schedule.crash(pick),
                Happening::FailNext => world.fail_next(1),
                Happening::LoseAnswer => world.lose_next_answers(1),
                Happening::Wait => world.advance(MINUTE),
            }
        }
        schedule.finish();
        world.fail_next(0);
        world.lose_next_answers(0);
        world.advance(MINUTE * 2);
        prop_assert!(world.run(sweep(&world)).is_ok());
        prop_assert_eq!(world.bus().into_iter().collect::<BTreeSet<_>>(), committed);
        let sent = world.bus().len();
        world.advance(MINUTE);
        prop_assert!(world.run(sweep(&world)).is_ok());
        prop_assert_eq!(world.bus().len(), sent, "nothing is left to repeat");
    }
}
