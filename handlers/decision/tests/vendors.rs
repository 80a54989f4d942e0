//! Decisions on changed bank details: a second person, after a waiting time, once (R26).
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // tests

mod desk;

use contracts::State;
use contracts::events::Finding;
use contracts::records::VendorProfile;
use contracts::tasks::Verdict;
use desk::{Desk, account_decision, account_decision_on, waiting};
use ports::ReadVendors;
use ports::memory::sample;
use serde_json::Value;
use time::Duration;

const OTHER: &str = "DE89370400440532013000";

fn pending(account: &str) -> VendorProfile {
    VendorProfile {
        pending_account: Some(account.to_owned()),
        pending_by: Some("bob".to_owned()),
        pending_since: Some(sample::origin().now),
        account_by: Some("ann".to_owned()),
        ..sample::profile()
    }
}

fn desk_of(profile: VendorProfile) -> Desk {
    let desk = Desk::of(&waiting(State::Paid, 12_000));
    desk.world.seed_vendor(profile);
    desk
}

fn profile(desk: &Desk) -> VendorProfile {
    let read = desk.world.vendor(sample::vendor_id());
    desk.world.run(read).unwrap().unwrap()
}

#[test]
fn r26_a_second_person_confirms_after_the_waiting_time() {
    let desk = desk_of(pending(OTHER));
    let (response, body) = desk.send(&account_decision("ann", "approve"));
    assert_eq!(
        (response.status, &body["code"]),
        (409, &"waiting-time".into())
    );
    assert_eq!(body["notBefore"], "2026-01-01T01:00:00Z");
    assert_eq!(response.headers["retry-after"], "3601");
    desk.world.advance(Duration::hours(1));
    assert_eq!(
        desk.says(&account_decision("bob", "approve")),
        (403, "four-eyes".into())
    );
    let request = desk::account_decision("cleo", "approve");
    let (response, body) = desk.send(&request);
    assert_eq!(response.status, 200);
    assert_eq!(
        (&body["by"], &body["status"]),
        (&"cleo".into(), &"ONBOARDED".into())
    );
    let after = profile(&desk);
    assert_eq!(after.version, 2);
    assert_eq!(after.account(), Some(OTHER));
    assert_eq!(
        after.account_by.as_deref(),
        Some("bob"),
        "the editor, not who confirmed"
    );
    assert_eq!(
        (after.pending_account, after.pending_by, after.pending_since),
        (None, None, None)
    );
    let said = after.account_decision.unwrap();
    assert_eq!((said.by.as_str(), said.verdict), ("cleo", Verdict::Approve));
    let outbox = desk.world.outbox();
    assert_eq!(outbox.len(), 1);
    assert_eq!(outbox[0].spec.name, "VendorOnboarded");
    assert_eq!(outbox[0].source, "invoicing.decision");
    assert!(!outbox[0].detail.to_string().contains(OTHER));
    assert_eq!(
        desk.world.vendor_history(sample::vendor_id())[0].actor,
        "cleo"
    );
    // The same request again, and the next one.
    assert_eq!(
        desk.world
            .run(decision::handle(&desk.world, &request))
            .status,
        200
    );
    assert_eq!(
        desk.says(&account_decision("cleo", "reject")),
        (409, "nothing-pending".into())
    );
    assert_eq!(profile(&desk).version, 2);
}

/// The sample's vendor as it stands after its pending account was asked for otherwise.
fn swapped(account: &str) -> VendorProfile {
    VendorProfile {
        version: 2,
        ..pending(account)
    }
}

#[test]
fn r26_an_account_that_nobody_has_looked_at_is_not_confirmed() {
    let desk = desk_of(pending(OTHER));
    desk.world.advance(Duration::hours(1));
    desk.world
        .seed_vendor(swapped("FR1420041010050500013M02606"));
    for decision in ["approve", "reject"] {
        let (response, body) = desk.send(&account_decision("cleo", decision));
        assert_eq!(
            (response.status, &body["code"]),
            (409, &"version-moved".into())
        );
        assert!(!response.body.contains("FR14"));
    }
    assert_eq!(profile(&desk), swapped("FR1420041010050500013M02606"));
    assert!(desk.world.outbox().is_empty());
    let looked = account_decision_on(Some(2), "cleo", "approve");
    assert_eq!(desk.says(&looked), (200, Value::Null));
    assert_eq!(
        profile(&desk).account(),
        Some("FR1420041010050500013M02606")
    );
}

#[test]
fn r26_an_account_that_is_swapped_while_it_is_decided_about_is_not_confirmed() {
    let desk = desk_of(pending(OTHER));
    desk.world.advance(Duration::hours(1));
    let request = account_decision("cleo", "approve");
    let mut schedule = ports::memory::Schedule::default();
    schedule.start(decision::handle(&desk.world, &request));
    for _ in ["begin", "read"] {
        assert!(schedule.turn(0).is_none());
    }
    desk.world
        .seed_vendor(swapped("FR1420041010050500013M02606"));
    let answer = schedule.finish().remove(0);
    assert_eq!(answer.status, 409);
    assert!(answer.body.contains("version-moved"), "{}", answer.body);
    assert_eq!(profile(&desk).version, 2);
}

#[test]
fn r26_a_decision_on_an_account_says_what_it_is_about() {
    let desk = desk_of(pending(OTHER));
    desk.world.advance(Duration::hours(1));
    for decision in ["approve", "reject"] {
        assert_eq!(
            desk.says(&account_decision_on(None, "cleo", decision)),
            (400, "decision-invalid".into())
        );
    }
    assert_eq!(profile(&desk).version, 1);
}

#[test]
fn r26_a_rejected_account_is_dropped_at_once_and_tells_nobody() {
    let desk = desk_of(pending(OTHER));
    assert_eq!(
        desk.says(&account_decision("bob", "reject")),
        (403, "four-eyes".into())
    );
    assert_eq!(
        desk.says(&account_decision("ann", "reject")),
        (200, Value::Null)
    );
    let after = profile(&desk);
    assert_eq!((after.version, after.account()), (2, Some(sample::ACCOUNT)));
    assert_eq!(
        (after.pending_account, after.account_by.as_deref()),
        (None, Some("ann"))
    );
    assert_eq!(after.account_decision.unwrap().reason, "I called them");
    assert!(desk.world.outbox().is_empty());
}

#[test]
fn r26_an_account_that_fails_its_check_is_not_confirmed() {
    let desk = desk_of(pending("DE89370400440532013001"));
    desk.world.advance(Duration::hours(2));
    assert_eq!(
        desk.says(&account_decision("ann", "approve")),
        (409, "account-invalid".into())
    );
    assert_eq!(profile(&desk).version, 1);
    // What can't be judged may pass, as at registration.
    let desk = desk_of(pending("123-456.789"));
    desk.world.advance(Duration::hours(2));
    assert_eq!(
        desk.says(&account_decision("ann", "approve")),
        (200, Value::Null)
    );
    assert_eq!(profile(&desk).iban_check, Finding::Unverifiable);
}

#[test]
fn vendors_take_no_other_decisions() {
    let desk = desk_of(sample::profile());
    assert_eq!(
        desk.says(&account_decision("ann", "approve")),
        (409, "nothing-pending".into())
    );
    assert_eq!(
        desk.says(&account_decision("ann", "dispute")),
        (400, "decision-invalid".into())
    );
    assert_eq!(
        desk.says(&account_decision("a-seller", "approve")),
        (403, "not-staff".into())
    );
    let mut unknown = account_decision("bob", "approve");
    unknown.path_parameters.clear();
    assert_eq!(desk.says(&unknown), (404, "not-found".into()));
}

#[test]
fn r26_two_people_who_race_decide_once() {
    let desk = desk_of(pending(OTHER));
    desk.world.advance(Duration::hours(1));
    let requests = [
        account_decision("ann", "approve"),
        account_decision("cleo", "reject"),
    ];
    let mut schedule = ports::memory::Schedule::default();
    for request in &requests {
        schedule.start(decision::handle(&desk.world, request));
    }
    let mut statuses: Vec<_> = schedule
        .finish()
        .iter()
        .map(|answer| answer.status)
        .collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
    assert_eq!(profile(&desk).version, 2);
}
