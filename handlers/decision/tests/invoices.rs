//! Decisions on invoices: who may say what when, what stands, and what the token hears.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // tests

mod desk;

use contracts::State;
use contracts::records::VendorProfile;
use contracts::tasks::{Turn, Verdict};
use desk::{Desk, TERMS, decision, waiting, with_body};
use ports::api::REPLAYED;
use ports::memory::{Schedule, sample};
use proptest::prelude::*;
use serde_json::{Value, json};

/// One approver is enough.
fn small() -> contracts::records::InvoiceRecord {
    waiting(State::AwaitingApproval, 12_000)
}

/// It takes two.
fn large() -> contracts::records::InvoiceRecord {
    waiting(State::AwaitingApproval, 20_001)
}

fn asked(record: &contracts::records::InvoiceRecord) -> Desk {
    let desk = Desk::of(record);
    desk.ask(record, Turn::First, "token-1");
    desk
}

#[test]
fn r5_a_decision_is_recorded_and_the_token_hears_it() {
    let record = small();
    let desk = asked(&record);
    let (response, body) = desk.send(&decision(record.invoice_id, "ann", "approve"));
    assert_eq!(response.status, 202);
    let expected = json!({
        "id": record.invoice_id, "decision": "approve", "by": "ann", "status": "AWAITING_APPROVAL", "waiting_for": null,
    });
    assert_eq!(body, expected);
    let stored = desk.approval(&record);
    let said = &stored.decisions[0];
    assert_eq!((said.by.as_str(), said.verdict), ("ann", Verdict::Approve));
    assert_eq!(said.reason, "because I say so");
    assert_eq!(said.account.as_deref(), Some(sample::ACCOUNT), "r26");
    let heard = desk.world.task_answers();
    assert_eq!(heard, [("token-1".to_owned(), Verdict::Approve)]);
}

#[test]
fn r12_the_same_request_gets_the_same_answer() {
    let record = small();
    let desk = asked(&record);
    let request = decision(record.invoice_id, "ann", "reject");
    let first = desk.send(&request);
    let again = desk.send(&request);
    assert_eq!(first.1, again.1);
    assert!(again.0.headers.contains_key(REPLAYED));
    // With another key, the same person says the same: it is answered, and recorded once.
    let body = json!({ "decision": "reject", "reason": "because I say so" });
    let other_key = with_body(record.invoice_id, "ann", "other", &body);
    assert_eq!(desk.says(&other_key), (202, Value::Null));
    assert_eq!(desk.approval(&record).decisions.len(), 1);
    assert_eq!(desk.world.task_answers().len(), 1);
    let otherwise = decision(record.invoice_id, "ann", "approve");
    assert_eq!(desk.says(&otherwise), (409, "already-decided".into()));
    let another = decision(record.invoice_id, "bob", "reject");
    assert_eq!(desk.says(&another), (409, "already-decided".into()));
}

#[test]
fn r27_only_staff_decides_and_learns_nothing_else() {
    let record = small();
    let desk = asked(&record);
    for id in [
        record.invoice_id,
        "00000000-0000-0000-0000-000000000009".parse().unwrap(),
    ] {
        let request = decision(id, "a-seller", "approve");
        assert_eq!(desk.says(&request), (403, "not-staff".into()));
    }
    let unknown = "00000000-0000-0000-0000-000000000009".parse().unwrap();
    let request = decision(unknown, "ann", "approve");
    assert_eq!(desk.says(&request), (404, "not-found".into()));
}

#[test]
fn r27_four_eyes_name_the_rule_that_they_rest_on() {
    let record = large();
    let desk = asked(&record);
    let id = record.invoice_id;
    let rule = |caller: &str| {
        let request = with_body(
            id,
            caller,
            &format!("{caller}-key"),
            &json!({ "decision": "approve" }),
        );
        let (response, body) = desk.send(&request);
        (response.status, body["code"].clone(), body["rule"].clone())
    };
    let refused = |rule: &str| (403, Value::from("four-eyes"), Value::from(rule));
    assert_eq!(rule("tester"), refused("submitter"));
    let edited = |by: Option<&str>, pending: Option<&str>| {
        desk.world.seed_vendor(VendorProfile {
            account_by: by.map(str::to_owned),
            pending_by: pending.map(str::to_owned),
            ..sample::profile()
        });
    };
    edited(Some("cleo"), None);
    assert_eq!(rule("cleo"), refused("account-editor"));
    edited(None, Some("bob"));
    assert_eq!(rule("bob"), refused("account-editor"));
    edited(None, None);
    let first = decision(id, "ann", "approve");
    assert_eq!(desk.says(&first), (202, "second-approver".into()));
    // The first again: nothing new until the second is asked, and then another person's turn.
    assert_eq!(rule("ann"), (202, Value::Null, Value::Null));
    let early = decision(id, "bob", "approve");
    let (response, _) = desk.send(&early);
    assert_eq!(response.status, 409);
    assert!(response.headers.contains_key("retry-after"));
    desk.ask(&record, Turn::Second, "token-2");
    let again = with_body(id, "ann", "ann-2", &json!({ "decision": "approve" }));
    assert_eq!(desk.says(&again), (403, "four-eyes".into()));
    let second = with_body(id, "bob", "bob-2", &json!({ "decision": "approve" }));
    assert_eq!(desk.says(&second), (202, Value::Null));
    let heard: Vec<_> = desk
        .world
        .task_answers()
        .into_iter()
        .map(|(token, _)| token)
        .collect();
    assert_eq!(heard, ["token-1", "token-2"]);
}

#[test]
fn r27_the_sessions_of_a_role_are_one_person() {
    let role = "arn:aws:sts::000000000000:assumed-role/finance";
    let mut record = small();
    record.submitted_by = format!("{role}/monday");
    let desk = asked(&record);
    desk.world.hire(role);
    let request = decision(record.invoice_id, &format!("{role}/tuesday"), "approve");
    assert_eq!(desk.says(&request), (403, "four-eyes".into()));
}

#[test]
fn each_state_takes_its_own_decisions() {
    use State::{Approved, AwaitingApproval, Disputed, Paid, PaymentFailed, Rejected};
    let words = [
        "approve",
        "reject",
        "dispute",
        "resolve pay",
        "resolve reject",
    ];
    for (state, allowed) in [
        (AwaitingApproval, vec!["approve", "reject", "dispute"]),
        (PaymentFailed, vec!["approve", "reject"]),
        (Disputed, vec!["resolve pay", "resolve reject"]),
    ] {
        for word in words {
            let record = waiting(state, 12_000);
            let desk = asked(&record);
            let said = desk.says(&decision(record.invoice_id, "ann", word));
            let expected = if allowed.contains(&word) {
                (202, Value::Null)
            } else {
                (409, "decision-not-possible".into())
            };
            assert_eq!(said, expected, "{word} in {state}");
        }
    }
    for state in [Approved, Paid, Rejected, State::Submitted] {
        let record = waiting(state, 12_000);
        let desk = Desk::of(&record);
        let (response, body) = desk.send(&decision(record.invoice_id, "ann", "approve"));
        assert_eq!(
            (response.status, &body["code"]),
            (409, &"not-waiting".into())
        );
        assert_eq!(body["state"], state.name());
    }
}

#[test]
fn what_is_not_asked_yet_can_be_decided_later() {
    let record = small();
    let desk = Desk::of(&record);
    let (response, body) = desk.send(&decision(record.invoice_id, "ann", "approve"));
    assert_eq!(
        (response.status, &body["code"]),
        (409, &"not-asked-yet".into())
    );
    assert!(response.headers.contains_key("retry-after"));
    desk.ask(&record, Turn::First, "token-1");
    // The same request: what may be otherwise later is not remembered.
    let later = decision(record.invoice_id, "ann", "approve");
    assert_eq!(desk.says(&later), (202, Value::Null));
}

#[test]
fn bodies_are_judged_whole() {
    let record = small();
    let desk = asked(&record);
    for (body, code) in [
        (json!([]), "decision-malformed"),
        (json!({}), "decision-invalid"),
        (
            json!({ "decision": "maybe", "reason": "x" }),
            "decision-invalid",
        ),
        (json!({ "decision": "reject" }), "decision-invalid"),
        (
            json!({ "decision": "reject", "reason": " " }),
            "decision-invalid",
        ),
        (
            json!({ "decision": "reject", "reason": "x".repeat(1001) }),
            "decision-invalid",
        ),
        (
            json!({ "decision": "reject", "reason": "a\u{7}" }),
            "decision-invalid",
        ),
        (
            json!({ "decision": "resolve", "reason": "x" }),
            "decision-invalid",
        ),
        (
            json!({ "decision": "approve", "outcome": "pay" }),
            "decision-invalid",
        ),
        (
            json!({ "decision": "approve", "by": "bob" }),
            "decision-invalid",
        ),
    ] {
        let key = ports::api::IDEMPOTENCY_KEY;
        let mut request = with_body(record.invoice_id, "ann", "x", &body);
        request.headers.insert(
            key.into(),
            body.to_string().replace(' ', "").chars().take(60).collect(),
        );
        assert_eq!(desk.says(&request), (400, code.into()), "{body}");
    }
    let mut broken = decision(record.invoice_id, "ann", "approve");
    broken.body = b"{".to_vec();
    assert_eq!(desk.says(&broken), (400, "decision-malformed".into()));
    broken.headers.clear();
    assert_eq!(desk.says(&broken), (400, "idempotency-key-missing".into()));
    assert!(desk.approval(&record).decisions.is_empty());
}

#[test]
fn r27_a_crash_between_recording_and_answering_is_found_by_the_reminder() {
    let record = small();
    let desk = asked(&record);
    let request = decision(record.invoice_id, "ann", "approve");
    let mut schedule = Schedule::default();
    schedule.start(decision::handle(&desk.world, &request));
    while desk.approval(&record).decisions.is_empty() {
        assert!(
            schedule.turn(0).is_none(),
            "it is recorded before it answers"
        );
    }
    schedule.crash(0);
    assert!(desk.world.task_answers().is_empty());
    let ask = desk::question(&record, Turn::First);
    let reminded = desk.world.run(approval::remind(&desk.world, &ask)).unwrap();
    assert_eq!(
        (reminded.decided, reminded.verdict),
        (true, Some(Verdict::Approve))
    );
    // And the person's own retry tells the token, where it still waits.
    let again = desk.world.run(decision::handle(&desk.world, &request));
    assert_eq!(again.status, 202);
    assert_eq!(desk.world.task_answers().len(), 1);
    assert_eq!(desk.approval(&record).decisions.len(), 1);
}

#[test]
fn r27_a_token_that_is_gone_does_not_undo_the_decision() {
    let record = small();
    let desk = asked(&record);
    desk.world.expire_token("token-1");
    let request = decision(record.invoice_id, "ann", "reject");
    assert_eq!(desk.says(&request), (202, Value::Null));
    assert_eq!(desk.approval(&record).decisions.len(), 1);
}

#[test]
fn r27_an_answer_that_is_not_taken_is_worth_a_retry_with_the_same_key() {
    let record = small();
    let desk = asked(&record);
    let request = decision(record.invoice_id, "ann", "approve");
    let mut schedule = Schedule::default();
    schedule.start(ports::idempotency::answer_once(
        &desk.claims,
        &request,
        TERMS,
        sample::origin().now,
        || decision::handle(&desk.world, &request),
    ));
    while desk.approval(&record).decisions.is_empty() {
        assert!(schedule.turn(0).is_none());
    }
    desk.world.fail_next(1);
    let failed = schedule.finish().remove(0).unwrap().response;
    assert_eq!(failed.status, 503);
    assert_eq!(desk.says(&request), (202, Value::Null));
    assert_eq!(desk.world.task_answers().len(), 1);
    assert_eq!(desk.approval(&record).decisions.len(), 1);
}

#[test]
fn r5_nobody_decides_when_the_time_is_up() {
    let record = small();
    let desk = asked(&record);
    let ask = desk::question(&record, Turn::First);
    for round in 0..2 {
        desk.world.run(approval::remind(&desk.world, &ask)).unwrap();
        if round == 0 {
            desk.ask(&record, Turn::First, "token-2");
        }
    }
    let late = decision(record.invoice_id, "ann", "approve");
    assert_eq!(desk.says(&late), (409, "time-is-up".into()));
}

proptest! {
    /// Two people decide at the same moment, in any interleaving: one of them is the first approver.
    #[test]
    fn r27_two_approvers_who_race_are_never_both_first(picks in proptest::collection::vec(0usize..2, 0..24), verdicts in any::<(bool, bool)>()) {
        let record = large();
        let desk = asked(&record);
        let word = |approves| if approves { "approve" } else { "reject" };
        let requests = [
            decision(record.invoice_id, "ann", word(verdicts.0)),
            decision(record.invoice_id, "bob", word(verdicts.1)),
        ];
        let mut schedule = Schedule::default();
        for request in &requests {
            schedule.start(decision::handle(&desk.world, request));
        }
        let mut answers = Vec::new();
        for pick in picks { answers.extend(schedule.turn(pick)); }
        answers.extend(schedule.finish());
        let taken = answers.iter().filter(|answer| answer.status == 202).count();
        let refused = answers.iter().filter(|answer| answer.status == 409).count();
        prop_assert_eq!((taken, refused), (1, 1));
        let stored = desk.approval(&record);
        prop_assert_eq!(stored.decisions.len(), 1);
        prop_assert_eq!(desk.world.task_answers(), vec![("token-1".to_owned(), stored.decisions[0].verdict)]);
    }
}
