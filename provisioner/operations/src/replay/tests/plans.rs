//! Plans: who gets replayed events, and what is refused.

use super::{NOW, admits, bus, excludes, planned, request, rule, stack};
use crate::replay::{ReplayFailure, ReplayRequest, moment, plan, plan_text, rule_lines};
use serde_json::json;
use time::macros::datetime;

#[tokio::test]
async fn r11_only_rules_that_admit_replays_get_any() {
    let plan = planned(&bus(), &request("2h", "now")).await.unwrap();
    let json = serde_json::to_value(plan.document()).unwrap();
    assert_eq!(
        json["rules"],
        json!([
            { "rule": "ApprovedToPaymentRule", "gets_replayed": false, "handler": "payment", "why": "it excludes replays" },
            { "rule": "EventsToAuditRule", "gets_replayed": true, "handler": "audit", "why": "it admits replays" },
        ])
    );
    assert_eq!(
        (&json["from"], &json["to"]),
        (
            &json!("2026-06-15T10:00:00Z"),
            &json!("2026-06-15T12:00:00Z")
        )
    );
    assert_eq!(json["replay"], "dev-20260615120000");
    assert_eq!(
        (&json["state"], &json["events_replayed"]),
        (&json!("PLANNED"), &json!(null))
    );
    assert_eq!(
        plan.order().unwrap().rule_arns,
        ["arn:stack-EventsToAuditRule-X"]
    );
    let text = plan_text(&plan);
    assert!(
        text.contains("+ EventsToAuditRule     -> audit: it admits replays"),
        "{text}"
    );
    assert!(
        text.contains("note: events of the last ten minutes"),
        "{text}"
    );
}

#[tokio::test]
async fn r11_a_rule_with_effects_that_was_changed_to_admit_replays_stops_everything() {
    let mut bus = bus();
    bus.rules[1] = rule("stack-ApprovedToPaymentRule-X", &admits());
    let failure = planned(&bus, &request("2h", "now")).await.unwrap_err();
    assert!(matches!(failure, ReplayFailure::Unsafe { .. }), "{failure}");
    assert_eq!(failure.exit(), 3);
    // Even where it was deployed so.
    let deployed = stack(&admits(), &admits());
    let failure = plan(&bus, &deployed, &request("2h", "now"), NOW)
        .await
        .unwrap_err();
    assert!(matches!(failure, ReplayFailure::Unsafe { .. }), "{failure}");
}

#[tokio::test]
async fn without_a_rule_that_admits_replays_nothing_is_ordered() {
    let mut bus = bus();
    bus.rules[0] = rule("stack-EventsToAuditRule-X", &excludes());
    let plan = planned(&bus, &request("2h", "now")).await.unwrap();
    assert_eq!(plan.order().unwrap_err(), ReplayFailure::NobodyGetsAny);
}

#[test]
fn rules_of_others_disabled_ones_and_changed_ones_get_nothing() {
    let why = |rules: &[crate::replay::LiveRule], deployed| {
        let lines = rule_lines(deployed, rules);
        (lines[0].gets_replayed, lines[0].why.clone())
    };
    let audit = rule("stack-EventsToAuditRule-X", &admits());
    let deployed = stack(&excludes(), &admits());
    let mut disabled = audit.clone();
    disabled.enabled = false;
    assert_eq!(
        why(&[disabled], &deployed),
        (false, "it is disabled".to_owned())
    );
    let foreign = rule("somebody-elses", &admits());
    assert!(!why(&[foreign], &deployed).0);
    let strict = stack(&excludes(), &excludes());
    assert_eq!(
        why(std::slice::from_ref(&audit), &strict),
        (false, "its pattern was changed beside the stack".to_owned())
    );
    let other = rule(
        "stack-EventsToAuditRule-X",
        &json!({ "source": ["aws.s3"] }),
    );
    assert_eq!(
        why(&[other], &deployed),
        (false, "it takes none of our events".to_owned())
    );
    let mut odd = audit;
    odd.pattern = Some("{\"source\": 1}".to_owned());
    assert_eq!(
        why(&[odd], &deployed),
        (false, "its pattern can't be judged".to_owned())
    );
}

#[tokio::test]
async fn a_rule_is_named_by_its_id_or_name_and_must_get_something() {
    let of = |rule: &str| ReplayRequest {
        rule: Some(rule.to_owned()),
        ..request("2h", "1h")
    };
    for name in ["EventsToAuditRule", "stack-EventsToAuditRule-X"] {
        let plan = planned(&bus(), &of(name)).await.unwrap();
        assert_eq!(plan.order().unwrap().rule_arns.len(), 1);
    }
    let failure = planned(&bus(), &of("ApprovedToPaymentRule"))
        .await
        .unwrap_err();
    assert!(
        failure.to_string().contains("would get nothing"),
        "{failure}"
    );
    let failure = planned(&bus(), &of("NoSuchRule")).await.unwrap_err();
    assert!(
        failure.help().contains("EventsToAuditRule"),
        "{}",
        failure.help()
    );
    assert_eq!(failure.exit(), 3);
}

#[tokio::test]
async fn a_window_that_can_hold_nothing_is_refused() {
    for (from, to, why) in [
        ("1h", "2h", "is empty"),
        ("1h", "1h", "is empty"),
        ("1h", "2026-06-15T12:00:01Z", "ends in the future"),
        ("30d", "7d", "is older than the 7 days"),
    ] {
        let failure = planned(&bus(), &request(from, to)).await.unwrap_err();
        assert!(failure.to_string().contains(why), "{from} {to}: {failure}");
        assert_eq!(failure.exit(), 3);
    }
    let mut young = bus();
    young.archive.as_mut().unwrap().since = Some(datetime!(2026-06-15 11:00 UTC));
    let failure = planned(&young, &request("5h", "2h")).await.unwrap_err();
    assert!(
        failure.to_string().contains("before there was an archive"),
        "{failure}"
    );
    young.archive = None;
    let failure = planned(&young, &request("5h", "2h")).await.unwrap_err();
    assert_eq!(failure.code(), "replay.no-archive");
}

#[tokio::test]
async fn a_window_that_is_partly_too_old_is_planned_with_a_note() {
    let plan = planned(&bus(), &request("30d", "1h")).await.unwrap();
    assert_eq!(
        plan.notes,
        ["events before 2026-06-08T12:00:00Z are no longer in the archive"]
    );
    let mut forever = bus();
    forever.archive.as_mut().unwrap().retention_days = None;
    assert!(
        planned(&forever, &request("30d", "1h"))
            .await
            .unwrap()
            .notes
            .is_empty()
    );
}

#[test]
fn moments_are_dates_or_how_long_ago() {
    for (text, wanted) in [
        ("now", datetime!(2026-06-15 12:00 UTC)),
        ("90s", datetime!(2026-06-15 11:58:30 UTC)),
        ("15m", datetime!(2026-06-15 11:45 UTC)),
        ("7d", datetime!(2026-06-08 12:00 UTC)),
        ("2026-06-15T12:00:00+02:00", datetime!(2026-06-15 10:00 UTC)),
    ] {
        assert_eq!(moment(text, NOW).unwrap(), wanted, "{text}");
    }
    for text in [
        "",
        "h",
        "-1h",
        "1.5h",
        "yesterday",
        "2026-06-15",
        "99999999999999999999d",
        "1µ",
    ] {
        let failure = moment(text, NOW).unwrap_err();
        assert_eq!(failure.exit(), 3, "{text}");
    }
    // So long ago that there is no such moment.
    assert!(moment("9223372036854775807s", NOW).is_err());
}

#[tokio::test]
async fn a_name_is_what_the_service_takes() {
    let of = |name: &str| ReplayRequest {
        name: Some(name.to_owned()),
        ..request("2h", "1h")
    };
    for name in ["", "a b", "a/b", &"x".repeat(65)] {
        let failure = planned(&bus(), &of(name)).await.unwrap_err();
        assert_eq!(failure.exit(), 3, "{name}");
    }
    assert_eq!(
        planned(&bus(), &of("a.b-c_1"))
            .await
            .unwrap()
            .document()
            .replay,
        "a.b-c_1"
    );
}
