//! R14: one row for each version, without gaps, chained; and one row for each event, however often things arrive.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // tests

use audit::{changed, event_row, handle, version_of};
use contracts::audit::{ChainFault, agrees, attributed, verify};
use contracts::envelope::{Detail, Metadata};
use contracts::events::{
    Finding, InvoicePaid, PaidReason, RejectionReason, VendorOnboarded, Violation,
};
use contracts::items::{self, Item, attributes};
use contracts::records::{HistoryRecord, InvoiceRecord};
use contracts::tables::{Table, keys};
use contracts::{EventId, State, VendorSubject};
use ports::memory::{Memory, Schedule, sample};
use ports::{Fault, PortError, TableChange};
use proptest::prelude::*;
use serde_json::json;
use time::{Duration, OffsetDateTime};

const LIFE: [State; 5] = [
    State::Submitted,
    State::Validated,
    State::Approved,
    State::Paying,
    State::Paid,
];

fn head(record: &InvoiceRecord) -> Item {
    let at = OffsetDateTime::UNIX_EPOCH + Duration::seconds(record.version.try_into().unwrap());
    let version = HistoryRecord {
        version: record.version,
        from: None,
        to: Some(record.state),
        actor: "payment".into(),
        cause: sample::cause(),
        announces: Vec::new(),
        at,
    };
    attributed(items::invoice_head(record, at), &version)
}

fn change(before: Option<Item>, after: Option<Item>) -> TableChange {
    TableChange {
        table: Table::Invoices,
        before,
        after,
        expired: false,
    }
}

/// The changes of an invoice's whole life, in their order.
fn life() -> Vec<TableChange> {
    let heads: Vec<Item> = LIFE
        .into_iter()
        .zip(1..)
        .map(|(state, version)| head(&sample::invoice(state, version)))
        .collect();
    let before = std::iter::once(None).chain(heads.iter().cloned().map(Some));
    let pairs = before.zip(heads.iter().cloned().map(Some));
    pairs.map(|(before, after)| change(before, after)).collect()
}

fn aggregate() -> String {
    keys::invoice(sample::invoice(State::Paid, 5).invoice_id)
}

#[test]
fn r14_a_row_says_what_was_before_and_after_who_did_it_and_why() {
    let world = Memory::default();
    for change in life() {
        world.run(changed(&world, &change)).unwrap();
    }
    let rows = world.audit_trail(&aggregate());
    assert_eq!(rows.len(), LIFE.len());
    assert_eq!(rows[0].before, json!(null));
    assert_eq!(rows[0].previous, "");
    assert_eq!(rows[4].before["state"], "PAYING");
    assert_eq!(rows[4].after["state"], "PAID");
    assert_eq!(rows[4].actor, "payment");
    assert_eq!(rows[4].event_id, "request-1");
    assert_eq!(rows[4].at, "1970-01-01T00:00:05.000000000Z");
    assert_eq!(verify(&rows), Ok(()));
    let record = serde_json::to_value(sample::invoice(State::Paid, 5)).unwrap();
    assert_eq!(agrees(&rows, 5, &record), Ok(()));
}

#[test]
fn r14_a_version_before_its_predecessor_is_put_off() {
    let world = Memory::default();
    let life = life();
    let early = world.run(changed(&world, &life[1]));
    assert!(matches!(early, Err(Fault::Premature { .. })), "{early:?}");
    assert_eq!(world.audit_trail(&aggregate()), []);
    world.run(changed(&world, &life[0])).unwrap();
    world.run(changed(&world, &life[1])).unwrap();
    assert_eq!(world.audit_trail(&aggregate()).len(), 2);
}

#[test]
fn r14_another_row_under_a_version_is_an_error_and_changes_nothing() {
    let world = Memory::default();
    let [first, ..] = &life()[..] else { panic!() };
    world.run(changed(&world, first)).unwrap();
    let mut forged = first.clone();
    let image = forged.after.as_mut().unwrap();
    image.get_mut(attributes::RECORD).unwrap()["submittedBy"] = json!("somebody else");
    let kept = world.audit_trail(&aggregate());
    let refused = world.run(changed(&world, &forged));
    let conflict = matches!(refused, Err(Fault::Port(PortError::Conflict { .. })));
    assert!(conflict, "{refused:?}");
    assert_eq!(world.audit_trail(&aggregate()), kept);
}

#[test]
fn r14_neighbours_renewals_and_what_expired_make_no_version() {
    let heads = [1, 2].map(|version| head(&sample::invoice(State::Submitted, version)));
    let renewed = change(Some(heads[0].clone()), Some(heads[0].clone()));
    assert_eq!(version_of(&renewed).unwrap(), None);

    let mut neighbour = heads[0].clone();
    neighbour.insert(attributes::SK.into(), keys::payment(1).into());
    let neighbour = change(None, Some(neighbour));
    assert_eq!(version_of(&neighbour).unwrap(), None);

    let mut expired = change(Some(heads[0].clone()), None);
    expired.expired = true;
    assert_eq!(version_of(&expired).unwrap(), None);
}

#[test]
fn r14_a_head_that_vanished_or_left_a_version_out_is_an_error() {
    let heads = [1, 3].map(|version| head(&sample::invoice(State::Submitted, version)));
    let mut anonymous = heads[0].clone();
    anonymous.remove("actor");
    for (odd, says) in [
        (change(Some(heads[0].clone()), None), "taken away"),
        (
            change(Some(heads[0].clone()), Some(heads[1].clone())),
            "version 3 came directly after 1",
        ),
        (change(None, Some(anonymous)), "`actor`"),
    ] {
        let error = version_of(&odd).unwrap_err().to_string();
        assert!(error.contains(says), "{error}");
    }
}

#[test]
fn r14_a_row_of_the_largest_records_stays_under_100_kb() {
    let mut rejected = sample::invoice(State::Rejected, 3);
    rejected.rejection = Some(RejectionReason::Invalid);
    let violation = Violation {
        rule: "BR-CO-15".into(),
        term: Some("BT-112".into()),
        path: "BG-25[2]/BT-151".into(),
        message: "m".repeat(600),
    };
    let size = |value: &serde_json::Value| value.to_string().len();
    let one = size(&serde_json::to_value(&violation).unwrap()) + 1;
    // What validation keeps at most, and no state follows REJECTED: only one of the two images can be this large.
    rejected.violations = vec![violation; invoice_validation::MAX_KEPT_BYTES / one];
    let change = change(
        Some(head(&sample::invoice(State::Validated, 2))),
        Some(head(&rejected)),
    );
    let row = version_of(&change).unwrap().unwrap().after(None);
    let row = serde_json::to_value(items::audit_row(&row)).unwrap();
    assert!(size(&row) > invoice_validation::MAX_KEPT_BYTES - one);
    assert!(size(&row) < 100_000, "{}", size(&row));
}

fn paid() -> Detail<InvoicePaid> {
    let data = InvoicePaid {
        paid: sample::euro(12_000),
        reason: PaidReason::Settled,
        payment_key: None,
    };
    sample::event(&sample::invoice(State::Paid, 5), data)
}

#[test]
fn r14_an_event_is_kept_whole_in_its_aggregates_partition() {
    let row = event_row(&paid());
    assert_eq!(row.aggregate, aggregate());
    assert_eq!(row.event_type, "InvoicePaid");
    assert_eq!(row.detail, serde_json::to_value(paid()).unwrap());

    let subject = VendorSubject {
        vendor_id: sample::vendor_id(),
    };
    let onboarded = Detail {
        metadata: Metadata::new::<VendorOnboarded>(subject, 1, &sample::cause(), &sample::origin()),
        data: VendorOnboarded {
            vat_check: Finding::Verified,
            iban_check: Finding::Verified,
        },
    };
    let row = event_row(&onboarded);
    assert_eq!(row.aggregate, keys::vendor(sample::vendor_id()));
}

#[test]
fn r11_a_replayed_event_leaves_its_row_as_it_is() {
    let world = Memory::default();
    let event = paid();
    world.run(handle(&world, &event)).unwrap();
    let mut replayed = event.clone();
    replayed.metadata.replay_of = Some("replay-1".into());
    world.run(handle(&world, &replayed)).unwrap();
    assert_eq!(world.audited_events(&aggregate()), [event_row(&event)]);
    world.fail_next(1);
    assert!(world.run(handle(&world, &event)).is_err());
}

#[test]
fn r14_another_fact_under_a_kept_events_id_is_an_error_and_changes_nothing() {
    let world = Memory::default();
    let event = paid();
    world.run(handle(&world, &event)).unwrap();
    let mut later = event.clone();
    later.metadata.timestamp += Duration::seconds(1);
    world.run(handle(&world, &later)).unwrap();
    let mut forged = event.clone();
    forged.data.paid = sample::euro(12_001);
    let refused = world.run(handle(&world, &forged));
    let conflict = matches!(refused, Err(Fault::Port(PortError::Conflict { .. })));
    assert!(conflict, "{refused:?}");
    assert_eq!(world.audited_events(&aggregate()), [event_row(&event)]);
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
        4 => (0..LIFE.len()).prop_map(Happening::Deliver),
        12 => (0usize..4).prop_map(Happening::Turn),
        1 => (0usize..4).prop_map(Happening::Crash),
        1 => Just(Happening::FailNext),
        1 => Just(Happening::LoseAnswer),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn r14_every_interleaving_gives_one_row_a_version_and_a_chain(
        happenings in proptest::collection::vec(happening(), 0..80),
    ) {
        let world = Memory::default();
        let life = life();
        let mut schedule = Schedule::default();
        for happening in happenings {
            match happening {
                Happening::Deliver(version) => schedule.start(changed(&world, &life[version])),
                Happening::Turn(pick) => drop(schedule.turn(pick)),
                Happening::Crash(pick) => schedule.crash(pick),
                Happening::FailNext => world.fail_next(1),
                Happening::LoseAnswer => world.lose_next_answers(1),
            }
            prop_assert_eq!(verify(&world.audit_trail(&aggregate())), Ok(()), "at every moment");
        }
        schedule.finish();
        world.fail_next(0);
        world.lose_next_answers(0);
        // The stream gives each change again, in order, until it is taken.
        for change in &life {
            world.run(changed(&world, change)).unwrap();
        }
        let rows = world.audit_trail(&aggregate());
        let versions: Vec<u64> = rows.iter().map(|row| row.version).collect();
        prop_assert_eq!(versions, [1, 2, 3, 4, 5]);
        prop_assert_eq!(verify(&rows), Ok(()));
    }

    #[test]
    fn r14_a_tampered_row_of_the_trail_is_found_at_its_version(index in 0_usize..4) {
        let world = Memory::default();
        for change in life() {
            world.run(changed(&world, &change)).unwrap();
        }
        let mut rows = world.audit_trail(&aggregate());
        rows[index].after["approvedAccount"] = json!("DE89370400440532013000");
        let version = rows[index].version;
        prop_assert_eq!(verify(&rows), Err(ChainFault::Changed { aggregate: aggregate(), version }));
    }
}

#[test]
fn ids_of_events_are_those_that_the_bus_carries() {
    let event = paid();
    let id = event.metadata.subject.invoice_id.to_string();
    assert_eq!(
        event_row(&event).event_id,
        EventId::of("InvoicePaid", &id, 5)
    );
}
