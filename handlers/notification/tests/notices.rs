//! One notice for each event that is told, whichever way and however often its event arrives.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // tests

use contracts::State;
use contracts::envelope::Detail;
use contracts::events::{
    DisputeOutcome, DisputeReason, DisputeResolved, InvoiceCredited, InvoiceDisputed, InvoicePaid,
    InvoiceRejected, PaidReason, PaymentFailed, PaymentFailure, RejectionReason,
};
use notification::{handle, notify};
use ports::NoticeOutcome::{AlreadySent, Sent};
use ports::ReadInvoices;
use ports::memory::{Memory, Schedule, sample};
use proptest::prelude::*;

fn paid() -> Detail<InvoicePaid> {
    let data = InvoicePaid {
        paid: sample::euro(12_000),
        reason: PaidReason::Settled,
        payment_key: None,
    };
    sample::event(&sample::invoice(State::Paid, 5), data)
}

#[test]
fn r4_a_paid_invoice_is_told_once() {
    let world = Memory::default();
    let event = paid();
    assert_eq!(world.run(notify(&world, &event)).unwrap(), Sent);
    assert_eq!(world.run(notify(&world, &event)).unwrap(), AlreadySent);
    let notices = world.notices();
    assert_eq!(notices.len(), 1);
    assert_eq!(notices[0].event_type, "InvoicePaid");
    assert_eq!(notices[0].event_id, event.metadata.event_id);
    let id = event.metadata.subject.invoice_id;
    let record = world.run(world.notice(id, event.metadata.event_id));
    let record = record.unwrap().unwrap();
    assert_eq!(record.event_id, event.metadata.event_id);
}

#[test]
fn every_kind_of_news_is_told() {
    let world = Memory::default();
    let record = sample::invoice(State::Rejected, 3);
    let credited = InvoiceCredited {
        credited: sample::euro(1),
    };
    let rejected = InvoiceRejected {
        reason: RejectionReason::Invalid,
        violations: vec![],
        violation_count: 0,
    };
    let failed = PaymentFailed {
        reason: PaymentFailure::Declined,
        payment_key: "key".into(),
        attempt: 1,
    };
    let disputed = InvoiceDisputed {
        reason: DisputeReason::Opened,
    };
    let resolved = DisputeResolved {
        outcome: DisputeOutcome::Reject,
    };
    world.run(handle(&world, &paid())).unwrap();
    world
        .run(handle(&world, &sample::event(&record, disputed)))
        .unwrap();
    world
        .run(handle(&world, &sample::event(&record, resolved)))
        .unwrap();
    world
        .run(handle(&world, &sample::event(&record, credited)))
        .unwrap();
    world
        .run(handle(&world, &sample::event(&record, rejected)))
        .unwrap();
    world
        .run(handle(&world, &sample::event(&record, failed)))
        .unwrap();
    let told: Vec<_> = world.notices().iter().map(|n| n.event_type).collect();
    assert_eq!(
        told,
        [
            "InvoicePaid",
            "InvoiceDisputed",
            "DisputeResolved",
            "InvoiceCredited",
            "InvoiceRejected",
            "PaymentFailed"
        ]
    );
}

#[test]
fn r12_two_routes_tell_once_and_the_next_dispute_is_told_again() {
    let world = Memory::default();
    let disputed = |version| {
        let data = InvoiceDisputed {
            reason: DisputeReason::AccountDiffers,
        };
        sample::event(&sample::invoice(State::Disputed, version), data)
    };
    // Both routes bring the same event; the invoice is resolved, and disputed again later.
    for (version, outcome) in [(4, Sent), (4, AlreadySent), (7, Sent), (7, AlreadySent)] {
        let told = world.run(notify(&world, &disputed(version)));
        assert_eq!(told.unwrap(), outcome, "version {version}");
    }
    let ids: Vec<_> = world.notices().iter().map(|n| n.event_id).collect();
    assert_eq!(
        ids,
        [4, 7].map(|version| disputed(version).metadata.event_id)
    );
}

#[test]
fn a_notice_that_did_not_go_out_is_not_recorded() {
    let world = Memory::default();
    let event = paid();
    let mut schedule = Schedule::default();
    schedule.start(handle(&world, &event));
    // The first turn ends before the record is looked up, the second before the notice goes out: then it fails.
    assert!(schedule.turn(0).is_none() && schedule.turn(0).is_none());
    world.fail_next(1);
    assert!(schedule.turn(0).unwrap().is_err());
    let id = event.metadata.subject.invoice_id;
    let recorded = world.run(world.notice(id, event.metadata.event_id));
    assert_eq!(recorded.unwrap(), None);
    assert!(world.notices().is_empty());
}

#[test]
fn a_crash_between_notice_and_record_tells_again_by_the_same_event_id() {
    let world = Memory::default();
    let event = paid();
    let mut schedule = Schedule::default();
    schedule.start(handle(&world, &event));
    while world.notices().is_empty() {
        assert!(schedule.turn(0).is_none());
    }
    schedule.crash(0);
    world.run(handle(&world, &event)).unwrap();
    world.run(handle(&world, &event)).unwrap();
    let ids: Vec<_> = world.notices().iter().map(|n| n.event_id).collect();
    assert_eq!(ids, [event.metadata.event_id; 2]);
}

proptest! {
    /// Arrivals on several routes, interleaved: after any of them was recorded, none that starts later sends.
    #[test]
    fn r12_arrivals_after_a_recorded_notice_are_suppressed(picks in proptest::collection::vec(0usize..3, 0..20)) {
        let world = Memory::default();
        let event = paid();
        let mut schedule = Schedule::default();
        for _ in 0..3 { schedule.start(notify(&world, &event)); }
        for pick in picks { drop(schedule.turn(pick)); }
        schedule.finish();
        let before = world.notices().len();
        prop_assert!((1..=3).contains(&before));
        prop_assert_eq!(world.run(notify(&world, &event)).unwrap(), AlreadySent);
        prop_assert_eq!(world.notices().len(), before);
    }
}
