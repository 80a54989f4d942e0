//! Deciding.

use crate::Failure;
use crate::decide::{Decided, Decision, Wanted, decide};
use crate::fakes::{FakeEnvironment, answer};
use crate::ports::{ApiResponse, Method};
use contracts::events::DisputeOutcome;
use serde_json::{Value, json};
use std::time::Duration;

const ID: &str = "7b6f3f6e-2d4e-5d0a-9d35-6a1c8e7f0a11";

fn shown() -> ApiResponse {
    answer(200, &json!({ "id": ID }))
}

fn taken(waiting_for: Option<&str>) -> ApiResponse {
    let body = json!({
        "id": ID, "decision": "approve", "by": "ann", "status": "AWAITING_APPROVAL", "waiting_for": waiting_for,
    });
    answer(202, &body)
}

fn problem(status: u16, code: &str, retry_after: Option<&str>) -> ApiResponse {
    let mut problem = answer(
        status,
        &json!({ "code": code, "title": "No.", "detail": "Do." }),
    );
    if let Some(seconds) = retry_after {
        let header = ("retry-after".to_owned(), seconds.to_owned());
        problem.headers.extend([header]);
    }
    problem
}

fn wanted<'a>(id: &'a str, decision: Decision, run: &'a str) -> Wanted<'a> {
    Wanted {
        id,
        decision,
        reason: "it is right",
        run,
    }
}

async fn decided(
    fake: &FakeEnvironment,
    script: impl IntoIterator<Item = ApiResponse>,
    decision: Decision,
) -> Result<Decided, Failure> {
    let answers: Vec<_> = script.into_iter().map(Ok).collect();
    fake.api_script.lock().unwrap().extend(answers);
    decide(fake, wanted(ID, decision, "run-1")).await
}

fn keys(fake: &FakeEnvironment) -> Vec<String> {
    let requests = fake.requests.lock().unwrap();
    let posts = requests.iter().filter(|r| r.method == Method::Post);
    posts
        .map(|r| r.headers["idempotency-key"].clone())
        .collect()
}

#[tokio::test]
async fn r5_a_decision_goes_to_the_invoice_and_says_what_it_waits_for() {
    let fake = FakeEnvironment::default();
    let script = [shown(), taken(Some("second-approver"))];
    let first = decided(&fake, script, Decision::Approve).await.unwrap();
    assert_eq!(
        (first.by.as_str(), first.status.as_str()),
        ("ann", "AWAITING_APPROVAL")
    );
    assert!(first.text().contains("another person"));
    let requests = fake.requests.lock().unwrap();
    assert_eq!(requests[1].path, format!("/invoices/{ID}/decisions"));
    let body: Value = serde_json::from_slice(&requests[1].body).unwrap();
    assert_eq!(
        body,
        json!({ "decision": "approve", "reason": "it is right" })
    );
}

#[tokio::test]
async fn r5_a_dispute_is_resolved_with_its_outcome() {
    let fake = FakeEnvironment::default();
    let resolve = Decision::Resolve(DisputeOutcome::Pay);
    decided(&fake, [shown(), taken(None)], resolve)
        .await
        .unwrap();
    let requests = fake.requests.lock().unwrap();
    let body: Value = serde_json::from_slice(&requests[1].body).unwrap();
    assert_eq!(
        (&body["decision"], &body["outcome"]),
        (&"resolve".into(), &"pay".into())
    );
}

#[tokio::test]
async fn r26_a_vendors_account_is_decided_about_under_its_id() {
    let fake = FakeEnvironment::default();
    let vendor = answer(200, &json!({ "version": 7, "onboarded": true }));
    let script = [problem(404, "not-found", None), vendor, taken(None)];
    decided(&fake, script, Decision::Reject).await.unwrap();
    let last = fake.requests.lock().unwrap().pop().unwrap();
    assert_eq!(last.path, format!("/vendors/{ID}/decisions"));
    let body: Value = serde_json::from_slice(&last.body).unwrap();
    assert_eq!(body["version"], 7, "the one that was read");
}

#[tokio::test]
async fn r12_another_run_is_another_request() {
    let fake = FakeEnvironment::default();
    for run in ["run-1", "run-1", "run-2"] {
        let answers = [shown(), taken(None)].map(Ok);
        fake.api_script.lock().unwrap().extend(answers);
        let wanted = wanted(ID, Decision::Approve, run);
        decide(&fake, wanted).await.unwrap();
    }
    let keys = keys(&fake);
    assert_eq!(keys[0], keys[1]);
    assert_ne!(keys[0], keys[2]);
}

#[tokio::test]
async fn a_question_on_its_way_is_waited_for_under_one_key() {
    let fake = FakeEnvironment::default();
    let script = [
        shown(),
        problem(409, "not-waiting", Some("2")),
        problem(409, "not-asked-yet", Some("2")),
        problem(409, "request-in-flight", Some("1")),
        taken(None),
    ];
    decided(&fake, script, Decision::Approve).await.unwrap();
    assert_eq!(fake.waited(), Duration::from_secs(5));
    let keys = keys(&fake);
    assert!(keys.len() == 4 && keys.iter().all(|key| *key == keys[0]));
}

#[tokio::test]
async fn r27_what_may_not_be_decided_is_refused_at_once() {
    for (status, code, retry_after) in [
        (403, "four-eyes", None),
        (403, "not-staff", None),
        (409, "not-waiting", None),
        (409, "already-decided", None),
        (409, "version-moved", None),
        (409, "waiting-time", Some("86400")),
    ] {
        let fake = FakeEnvironment::default();
        let script = [shown(), problem(status, code, retry_after)];
        let failure = decided(&fake, script, Decision::Approve).await.unwrap_err();
        assert_eq!(failure.exit(), 3, "{code}");
        assert!(failure.to_string().contains(code), "{failure}");
        assert_eq!(fake.waited(), Duration::ZERO);
    }
}

#[tokio::test]
async fn a_question_that_is_never_asked_is_refused_in_the_end() {
    let fake = FakeEnvironment::default();
    let never = (0..30).map(|_| problem(409, "not-asked-yet", Some("2")));
    let failure = decided(&fake, [shown()].into_iter().chain(never), Decision::Approve).await;
    assert_eq!(failure.unwrap_err().exit(), 3);
    assert_eq!(fake.waited(), Duration::from_secs(20));
}

#[tokio::test]
async fn what_is_not_there_is_refused() {
    let fake = FakeEnvironment::default();
    let absent = || problem(404, "not-found", None);
    let failure = decided(&fake, [absent(), absent()], Decision::Approve).await;
    let failure = failure.unwrap_err();
    assert_eq!((failure.exit(), failure.code()), (3, "no-such-id"));
    let failure = decide(&fake, wanted("../x", Decision::Approve, "run-1")).await;
    assert_eq!(failure.unwrap_err().code(), "not-an-id");
    assert_eq!(fake.posts(), 0);
}
