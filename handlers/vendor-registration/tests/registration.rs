//! R1 over a world in memory: profiles, their versions, and when a vendor is onboarded.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // tests

use contracts::VendorSubject;
use contracts::envelope::{Detail, Metadata};
use contracts::events::{DocumentFormat, Finding, VendorRegistered};
use contracts::ids::Sha256Hex;
use contracts::policy::{Policy, VendorChecks};
use contracts::records::{AccountDecision, Registration, VendorProfile};
use contracts::tasks::Verdict;
use ports::memory::{Memory, Schedule, sample};
use ports::{Clock, Fault, PortError, ReadVendors, Stored, WriteRegistrations};
use proptest::prelude::*;
use time::Duration;
use vendor_registration::handle;

fn world(vendor_checks: VendorChecks) -> Memory {
    Memory::new(Policy {
        vendor_checks,
        ..Policy::strictest()
    })
}

/// Stores a registration and gives the event that the portal publishes for it.
fn registered(world: &Memory, registration: &Registration) -> Detail<VendorRegistered> {
    stored(world, &serde_json::to_vec(registration).unwrap())
}

/// The same, by somebody.
fn registered_by(
    world: &Memory,
    who: &str,
    registration: &Registration,
) -> Detail<VendorRegistered> {
    let mut event = registered(world, registration);
    event.data.registered_by = who.to_owned();
    event
}

fn stored(world: &Memory, bytes: &[u8]) -> Detail<VendorRegistered> {
    let document = Stored {
        bytes,
        sha256: &Sha256Hex::of(bytes),
        format: DocumentFormat::Registration,
    };
    let reference = world.run(world.store_registration(document)).unwrap();
    let subject = VendorSubject {
        vendor_id: sample::vendor_id(),
    };
    Detail {
        metadata: Metadata::new::<VendorRegistered>(subject, 0, &sample::cause(), &world.origin()),
        data: VendorRegistered {
            registration: reference,
            registered_by: "tester".into(),
        },
    }
}

fn profile(world: &Memory) -> Option<VendorProfile> {
    world.run(world.vendor(sample::vendor_id())).unwrap()
}

fn named(name: &str) -> Registration {
    Registration {
        name: name.to_owned(),
        ..sample::registration()
    }
}

fn with_account(account: &str) -> Registration {
    Registration {
        account: Some(account.to_owned()),
        ..sample::registration()
    }
}

const INVALID: &str = "NL91ABNA0417164301";

#[test]
fn r1_a_registration_makes_version_1_and_onboards() {
    let world = world(VendorChecks::Enforce);
    let event = registered(&world, &sample::registration());
    world.run(handle(&world, &event)).unwrap();
    let expected = VendorProfile {
        account_by: Some("tester".into()),
        ..sample::profile()
    };
    assert_eq!(profile(&world), Some(expected));
    let outbox = world.outbox();
    assert_eq!(outbox.len(), 1);
    assert_eq!(outbox[0].spec.name, "VendorOnboarded");
    assert_eq!(outbox[0].detail["metadata"]["aggregateVersion"], 1);
    assert_eq!(outbox[0].detail["data"]["vatCheck"], "verified");
}

#[test]
fn r1_the_same_event_twice_leaves_version_1() {
    let world = world(VendorChecks::Warn);
    let event = registered(&world, &sample::registration());
    world.run(handle(&world, &event)).unwrap();
    world.run(handle(&world, &event)).unwrap();
    assert_eq!(profile(&world).unwrap().version, 1);
    assert_eq!(world.outbox().len(), 1);
    assert_eq!(world.vendor_history(sample::vendor_id()).len(), 1);
}

#[test]
fn r1_an_unchanged_registration_later_leaves_version_1_and_a_changed_one_makes_2() {
    let world = world(VendorChecks::Warn);
    let first = registered(&world, &sample::registration());
    world.run(handle(&world, &first)).unwrap();
    world.advance(Duration::hours(1));
    let again = registered(&world, &sample::registration());
    world.run(handle(&world, &again)).unwrap();
    assert_eq!(profile(&world).unwrap().version, 1);
    world.advance(Duration::hours(1));
    let changed = registered(&world, &named("Renamed B.V."));
    world.run(handle(&world, &changed)).unwrap();
    let now = profile(&world).unwrap();
    assert_eq!(now.version, 2);
    assert_eq!(now.registration, named("Renamed B.V."));
    let versions = world.vendor_history(sample::vendor_id());
    assert_eq!(
        versions.iter().map(|v| v.version).collect::<Vec<_>>(),
        [1, 2]
    );
}

#[test]
fn an_older_registration_that_arrives_late_changes_nothing() {
    let world = world(VendorChecks::Warn);
    let older = registered(&world, &named("Renamed B.V."));
    world.advance(Duration::seconds(1));
    let newer = registered(&world, &sample::registration());
    world.run(handle(&world, &newer)).unwrap();
    world.run(handle(&world, &older)).unwrap();
    let now = profile(&world).unwrap();
    assert_eq!((now.version, now.registration), (1, sample::registration()));
}

#[test]
fn an_older_registration_stays_old_when_the_newer_one_says_what_stood_before() {
    let world = world(VendorChecks::Warn);
    let first = registered(&world, &sample::registration());
    world.advance(Duration::seconds(1));
    let between = registered(&world, &named("Renamed B.V."));
    world.advance(Duration::seconds(1));
    let back = registered(&world, &sample::registration());
    for event in [&first, &back, &between] {
        world.run(handle(&world, event)).unwrap();
    }
    let now = profile(&world).unwrap();
    assert_eq!((now.version, now.registration), (1, sample::registration()));
    assert_eq!(
        (world.outbox().len(), now.registered_at),
        (1, back.metadata.timestamp)
    );
}

#[test]
fn r26_another_account_waits_and_the_rest_is_applied() {
    let world = world(VendorChecks::Enforce);
    let first = registered(&world, &sample::registration());
    world.run(handle(&world, &first)).unwrap();
    for account in ["DE89370400440532013000", INVALID] {
        let changed = Registration {
            account: Some(account.to_owned()),
            ..named("Renamed B.V.")
        };
        let event = registered(&world, &changed);
        world.run(handle(&world, &event)).unwrap();
        let now = profile(&world).unwrap();
        assert_eq!(now.registration, named("Renamed B.V."), "the account stays");
        assert_eq!(now.pending_account.as_deref(), Some(account));
        assert_eq!((now.onboarded, now.iban_check), (true, Finding::Verified));
    }
    // Asking for what stands withdraws the change; leaving the account out asks for none.
    for account in [Some("nl91 ABNA 0417164300".to_owned()), None] {
        let event = registered(
            &world,
            &Registration {
                account,
                ..sample::registration()
            },
        );
        world.run(handle(&world, &event)).unwrap();
        let now = profile(&world).unwrap();
        assert_eq!(now.pending_account, None);
        assert_eq!(now.registration, sample::registration());
    }
}

#[test]
fn r26_a_changed_account_names_who_asked_for_it_and_since_when() {
    let world = world(VendorChecks::Enforce);
    let seller = registered_by(&world, "seller", &sample::registration());
    world.run(handle(&world, &seller)).unwrap();
    world.advance(Duration::hours(1));
    let first = registered_by(&world, "ann", &with_account("DE89370400440532013000"));
    world.run(handle(&world, &first)).unwrap();
    let pending = profile(&world).unwrap();
    assert_eq!(pending.account_by.as_deref(), Some("seller"));
    let asked = |profile: &VendorProfile| (profile.pending_by.clone(), profile.pending_since);
    let by_ann = (Some("ann".to_owned()), Some(first.metadata.timestamp));
    assert_eq!((pending.version, asked(&pending)), (2, by_ann.clone()));

    // The same account again, in another spelling and by another person: it waits as it did.
    world.advance(Duration::hours(1));
    let again = registered_by(&world, "bob", &with_account("DE89 3704 0044 0532 0130 00"));
    world.run(handle(&world, &again)).unwrap();
    let now = profile(&world).unwrap();
    assert_eq!((now.version, asked(&now)), (2, by_ann), "only renewed");
    assert_eq!(now.registered_at, again.metadata.timestamp);

    // Another account is another request.
    let other = registered_by(&world, "bob", &with_account(INVALID));
    world.run(handle(&world, &other)).unwrap();
    let now = profile(&world).unwrap();
    let by_bob = (Some("bob".to_owned()), Some(other.metadata.timestamp));
    assert_eq!((now.version, asked(&now)), (3, by_bob));

    // Withdrawn, nobody asks any more; the account is still the first one's.
    let back = registered_by(&world, "bob", &sample::registration());
    world.run(handle(&world, &back)).unwrap();
    let now = profile(&world).unwrap();
    assert_eq!((now.version, asked(&now)), (4, (None, None)));
    assert_eq!(now.account_by.as_deref(), Some("seller"));
}

#[test]
fn r26_a_declined_account_is_asked_for_again_by_a_new_registration_only() {
    let world = world(VendorChecks::Enforce);
    let first = registered(&world, &sample::registration());
    world.run(handle(&world, &first)).unwrap();
    world.advance(Duration::hours(1));
    let other = with_account("DE89370400440532013000");
    let changed = registered(&world, &other);
    world.run(handle(&world, &changed)).unwrap();
    world.advance(Duration::hours(1));
    let asked = profile(&world).unwrap();
    assert!(asked.pending_account.is_some());
    let declined = VendorProfile {
        version: asked.version + 1,
        pending_account: None,
        pending_by: None,
        pending_since: None,
        account_decision: Some(AccountDecision {
            verdict: Verdict::Reject,
            by: "bob".into(),
            request: sample::cause().correlation_id,
            reason: "unknown bank".into(),
            at: world.origin().now,
        }),
        ..asked
    };
    world.seed_vendor(declined.clone());
    world.run(handle(&world, &changed)).unwrap();
    assert_eq!(profile(&world), Some(declined), "delivered once more");
    world.advance(Duration::hours(1));
    let again = registered(&world, &other);
    world.run(handle(&world, &again)).unwrap();
    let now = profile(&world).unwrap();
    assert_eq!(now.pending_since, Some(again.metadata.timestamp));
    assert!(now.account_decision.is_some(), "what was decided is kept");
}

#[test]
fn r26_a_mended_account_is_whose_who_mended_it() {
    let world = world(VendorChecks::Enforce);
    for (who, registration) in [
        ("seller", with_account(INVALID)),
        ("ann", sample::registration()),
    ] {
        let event = registered_by(&world, who, &registration);
        world.run(handle(&world, &event)).unwrap();
        let now = profile(&world).unwrap();
        assert_eq!(now.account_by.as_deref(), Some(who));
        assert_eq!((now.pending_account, now.pending_by), (None, None));
    }
}

#[test]
fn r26_an_account_is_not_added_to_a_vendor_without_one_either() {
    let world = world(VendorChecks::Enforce);
    let without = Registration {
        account: None,
        ..sample::registration()
    };
    for registration in [&without, &sample::registration()] {
        let event = registered(&world, registration);
        world.run(handle(&world, &event)).unwrap();
    }
    let now = profile(&world).unwrap();
    assert_eq!(now.registration, without);
    assert_eq!(now.pending_account.as_deref(), Some(sample::ACCOUNT));
    assert_eq!(now.requested(), sample::registration());
}

#[test]
fn r1_warn_onboards_with_an_invalid_account_and_enforce_does_not() {
    for (checks, onboarded) in [(VendorChecks::Warn, true), (VendorChecks::Enforce, false)] {
        let world = world(checks);
        let event = registered(&world, &with_account(INVALID));
        world.run(handle(&world, &event)).unwrap();
        let stored = profile(&world).unwrap();
        assert_eq!(stored.iban_check, Finding::Invalid);
        assert_eq!((stored.version, stored.onboarded), (1, onboarded));
        assert_eq!(world.outbox().len(), usize::from(onboarded));
    }
}

#[test]
fn r1_what_can_not_be_judged_is_no_reason_to_refuse() {
    let world = world(VendorChecks::Enforce);
    let event = registered(&world, &with_account("IBAN32423940"));
    world.run(handle(&world, &event)).unwrap();
    let stored = profile(&world).unwrap();
    assert_eq!(stored.iban_check, Finding::Unverifiable);
    assert!(stored.onboarded);
}

#[test]
fn r1_a_mended_account_onboards_under_enforce() {
    let world = world(VendorChecks::Enforce);
    let wrong = registered(&world, &with_account(INVALID));
    world.run(handle(&world, &wrong)).unwrap();
    let mended = registered(&world, &sample::registration());
    world.run(handle(&world, &mended)).unwrap();
    let stored = profile(&world).unwrap();
    assert_eq!((stored.version, stored.onboarded), (2, true));
    assert_eq!(world.outbox().len(), 1);
}

#[test]
fn r1_onboarded_is_announced_only_with_the_commit() {
    let world = world(VendorChecks::Warn);
    let event = registered(&world, &sample::registration());
    let mut schedule = Schedule::default();
    schedule.start(handle(&world, &event));
    while schedule.running() > 0 {
        assert_eq!(profile(&world).is_some(), !world.outbox().is_empty());
        schedule.turn(0).transpose().unwrap();
    }
    assert!(profile(&world).is_some());
}

#[test]
fn what_is_no_registration_or_another_vendors_is_refused_without_its_content() {
    let world = world(VendorChecks::Warn);
    let mut other = sample::registration();
    other.vat_id = Some("DE136695976".into());
    for event in [
        stored(&world, br#"{"name":"Secret Ltd","country":7}"#),
        stored(&world, b"\xff\xfe"),
        registered(&world, &other),
    ] {
        let fault = world.run(handle(&world, &event)).unwrap_err();
        assert!(
            matches!(fault, Fault::Port(PortError::Corrupt { .. })),
            "{fault}"
        );
        assert!(!fault.to_string().contains("Secret"));
    }
    assert_eq!(profile(&world), None);
}

proptest! {
    /// However three registrations interleave, die and come again, the newest one stands, though it says what the oldest
    /// said, and no version is missing.
    #[test]
    fn r14_versions_have_no_gap_and_the_newest_registration_stands(
        turns in proptest::collection::vec((0usize..4, 0u8..10), 0..40),
    ) {
        let world = world(VendorChecks::Warn);
        let oldest = registered(&world, &named("A"));
        world.advance(Duration::seconds(1));
        let between = registered(&world, &named("B"));
        world.advance(Duration::seconds(1));
        let newest = registered(&world, &named("A"));
        let mut schedule = Schedule::default();
        for event in [&oldest, &newest, &between, &oldest] { schedule.start(handle(&world, event)); }
        for (pick, luck) in turns {
            match luck {
                0 => schedule.crash(pick),
                1 => world.lose_next_answers(1),
                _ => drop(schedule.turn(pick)),
            }
        }
        schedule.finish();
        for event in [&newest, &between, &oldest] {
            prop_assert!((0..3).any(|_| world.run(handle(&world, event)).is_ok()));
        }
        let stored = profile(&world).unwrap();
        prop_assert_eq!(stored.registration, named("A"));
        prop_assert_eq!(stored.registered_at, newest.metadata.timestamp);
        let versions: Vec<_> = world.vendor_history(sample::vendor_id()).iter().map(|v| v.version).collect();
        prop_assert_eq!(versions, (1..=stored.version).collect::<Vec<_>>());
        prop_assert!(stored.version <= 3);
        prop_assert_eq!(world.outbox().len() as u64, stored.version);
    }
}
