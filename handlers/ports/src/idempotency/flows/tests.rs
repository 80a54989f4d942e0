//! Duplicate, concurrent duplicate, crash and failure, over claims in memory (R12).
#![allow(clippy::unwrap_used, clippy::panic)] // tests

use super::*;
use crate::idempotency::{MemoryClaims, Progress};
use contracts::EventId;
use std::cell::Cell;
use std::collections::BTreeMap;
use std::pin::pin;
use std::task::{Context, Poll, Waker};

/// Memory never waits: one poll is enough.
fn now_or_never<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("memory does not wait"),
    }
}

fn at(second: i64) -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + Duration::seconds(second)
}

fn wanted() -> Claim {
    Claim {
        key: ClaimKey::consumer("payment", EventId::of("InvoiceApproved", "a", 3)),
        payload: Sha256Hex::of(b"x"),
        lease: Duration::seconds(50),
        keep: Duration::days(1),
    }
}

fn consume(
    claims: &MemoryClaims,
    second: i64,
    effects: &Cell<u32>,
) -> Result<Consumed, NotConsumed<String>> {
    now_or_never(consume_once(claims, &wanted(), at(second), async |_| {
        effects.set(effects.get() + 1);
        Ok(Finished::Quietly)
    }))
}

#[test]
fn r12_a_duplicate_does_nothing() {
    let (claims, effects) = (MemoryClaims::default(), Cell::new(0));
    assert!(matches!(
        consume(&claims, 0, &effects),
        Ok(Consumed::Fresh { attempt: 1, .. })
    ));
    assert!(matches!(
        consume(&claims, 1, &effects),
        Ok(Consumed::Duplicate { .. })
    ));
    assert_eq!(effects.get(), 1);
}

#[test]
fn r12_a_concurrent_duplicate_waits_its_turn() {
    let (claims, effects) = (MemoryClaims::default(), Cell::new(0));
    let first = now_or_never(consume_once(&claims, &wanted(), at(0), async |_| {
        effects.set(effects.get() + 1);
        assert!(matches!(
            consume(&claims, 1, &effects),
            Err(NotConsumed::InProgress { until }) if until == at(50)
        ));
        Ok::<_, String>(Finished::Quietly)
    }));
    assert!(first.is_ok());
    assert_eq!(effects.get(), 1);
}

#[test]
fn r12_a_crash_between_claim_and_effect_is_taken_over_after_the_lease() {
    let (claims, effects) = (MemoryClaims::default(), Cell::new(0));
    let crashed = match now_or_never(claims.claim(&wanted(), at(0))).unwrap() {
        Verdict::Claimed(grant) => grant,
        other => panic!("{other:?}"),
    };
    assert!(matches!(
        consume(&claims, 49, &effects),
        Err(NotConsumed::InProgress { .. })
    ));
    assert!(matches!(
        consume(&claims, 50, &effects),
        Ok(Consumed::Fresh { attempt: 2, .. })
    ));
    // The crashed one wakes up late: it can neither complete nor give back what is another's now.
    assert!(matches!(
        now_or_never(claims.complete(&crashed, "late")),
        Err(PortError::TakenOver { .. })
    ));
    now_or_never(claims.release(&crashed)).unwrap();
    assert!(matches!(
        claims.record(&crashed.key).unwrap().progress,
        Progress::Done { .. }
    ));
    assert_eq!(effects.get(), 1);
}

#[test]
fn r12_a_failure_gives_the_claim_back_and_counts_the_attempt() {
    let (claims, effects) = (MemoryClaims::default(), Cell::new(0));
    let failed = now_or_never(consume_once(&claims, &wanted(), at(0), async |_| {
        Err::<Finished, _>("no answer".to_owned())
    }));
    assert!(matches!(
        failed,
        Err(NotConsumed::Failed { attempt: 1, .. })
    ));
    assert!(matches!(
        consume(&claims, 1, &effects),
        Ok(Consumed::Fresh { attempt: 2, .. })
    ));
}

#[test]
fn r12_a_failure_after_the_work_was_recorded_keeps_it_recorded() {
    let (claims, effects) = (MemoryClaims::default(), Cell::new(0));
    let failed = now_or_never(consume_once(&claims, &wanted(), at(0), async |grant| {
        claims.complete(&grant, "recorded").await.unwrap();
        Err::<Finished, _>("could not publish".to_owned())
    }));
    assert!(failed.is_err());
    assert_eq!(
        consume(&claims, 1, &effects).unwrap(),
        Consumed::Duplicate {
            outcome: "recorded".into()
        }
    );
    assert_eq!(effects.get(), 0);
}

#[test]
fn r12_a_recorded_outcome_whose_answer_was_lost_is_handed_back() {
    let claims = MemoryClaims::default();
    let consumed = now_or_never(consume_once(&claims, &wanted(), at(0), async |grant| {
        claims.complete(&grant, "recorded").await.unwrap();
        Ok::<_, String>(Finished::Quietly)
    }));
    assert_eq!(
        consumed.unwrap(),
        Consumed::Fresh {
            attempt: 1,
            standing: Some("recorded".into())
        }
    );
}

#[test]
fn r12_an_event_id_with_other_content_is_an_error() {
    let (claims, effects) = (MemoryClaims::default(), Cell::new(0));
    consume(&claims, 0, &effects).unwrap();
    let other = Claim {
        payload: Sha256Hex::of(b"y"),
        ..wanted()
    };
    let refused = now_or_never(consume_once(&claims, &other, at(1), async |_| {
        Ok::<_, String>(Finished::Quietly)
    }));
    assert!(matches!(refused, Err(NotConsumed::OtherPayload)));
}

fn post(caller: &str, key: Option<&str>, body: &str) -> Request {
    Request {
        method: "POST".into(),
        route: "POST /invoices".into(),
        path_parameters: BTreeMap::new(),
        headers: key
            .map(|key| (IDEMPOTENCY_KEY.to_owned(), key.to_owned()))
            .into_iter()
            .collect(),
        body: body.into(),
        caller: caller.into(),
    }
}

const TERMS: Terms = Terms {
    lease: Duration::seconds(35),
    keep: Duration::days(1),
};

fn answer(claims: &MemoryClaims, request: &Request, second: i64, with: Response) -> Answered {
    now_or_never(answer_once(
        claims,
        request,
        TERMS,
        at(second),
        async || with,
    ))
    .unwrap()
}

fn accepted(id: u32) -> Response {
    Response::json(202, &serde_json::json!({ "id": id }))
}

#[test]
fn r12_the_same_request_gets_the_same_answer() {
    let claims = MemoryClaims::default();
    let request = post("a", Some("k"), "body");
    assert!(!answer(&claims, &request, 0, accepted(1)).repeated);
    let again = answer(&claims, &request, 1, accepted(2));
    assert_eq!(
        again,
        Answered {
            response: accepted(1),
            repeated: true
        }
    );
}

#[test]
fn r12_another_body_under_the_key_is_422_and_another_caller_is_not() {
    let claims = MemoryClaims::default();
    answer(&claims, &post("a", Some("k"), "body"), 0, accepted(1));
    let other_body = answer(&claims, &post("a", Some("k"), "other"), 1, accepted(2));
    assert_eq!(other_body.response.status, 422);
    let other_caller = answer(&claims, &post("b", Some("k"), "other"), 1, accepted(3));
    assert_eq!(other_caller.response, accepted(3));
}

#[test]
fn r12_a_request_in_flight_is_409_with_the_time_to_wait() {
    let claims = MemoryClaims::default();
    let request = post("a", Some("k"), "body");
    let outer = now_or_never(answer_once(&claims, &request, TERMS, at(0), async || {
        let inner = answer(&claims, &request, 10, accepted(2)).response;
        assert_eq!(inner.status, 409);
        assert_eq!(inner.headers["retry-after"], "26");
        accepted(1)
    }));
    assert_eq!(outer.unwrap().response, accepted(1));
}

#[test]
fn r12_a_post_without_a_usable_key_is_400() {
    let claims = MemoryClaims::default();
    let long = "k".repeat(MAX_KEY + 1);
    for key in [
        None,
        Some(""),
        Some("a b"),
        Some("schlüssel"),
        Some(long.as_str()),
    ] {
        let refused = answer(&claims, &post("a", key, "body"), 0, accepted(1));
        assert_eq!(refused.response.status, 400, "{key:?}");
    }
}

#[test]
fn a_server_fault_is_not_remembered() {
    let claims = MemoryClaims::default();
    let request = post("a", Some("k"), "body");
    let later = Response::json(409, &serde_json::json!({})).with_header("Retry-After", "2");
    assert_eq!(answer(&claims, &request, 0, later).response.status, 409);
    let fault = Response::json(503, &serde_json::json!({}));
    assert_eq!(answer(&claims, &request, 0, fault).response.status, 503);
    assert_eq!(
        answer(&claims, &request, 1, accepted(1)).response,
        accepted(1)
    );
}

#[test]
fn r12_a_refusal_that_may_be_lifted_is_not_remembered() {
    for status in [403, 404, 409] {
        let claims = MemoryClaims::default();
        let request = post("a", Some("k"), "body");
        let refused = Response::json(status, &serde_json::json!({ "code": "not-found" }));
        answer(&claims, &request, 0, refused);
        let later = answer(&claims, &request, 1, accepted(1));
        assert_eq!((later.response, later.repeated), (accepted(1), false));
    }
    // What is wrong with the request itself stays wrong.
    let claims = MemoryClaims::default();
    let request = post("a", Some("k"), "body");
    let wrong = Response::json(400, &serde_json::json!({ "code": "decision-invalid" }));
    answer(&claims, &request, 0, wrong.clone());
    assert_eq!(answer(&claims, &request, 1, accepted(1)).response, wrong);
}

#[test]
fn r12_a_long_answer_is_kept_by_its_status() {
    let kept_of = |length: usize| -> Response {
        let answer = Response::json(400, &"x".repeat(length));
        serde_json::from_str(&kept(&answer)).unwrap()
    };
    assert_eq!(kept_of(1_000).body.len(), 1_002);
    let short = kept_of(MAX_KEPT);
    assert_eq!(short.status, 400);
    assert!(short.body.len() < 1_000 && short.body.contains("answer-not-kept"));
}

#[test]
fn r12_the_sessions_of_a_role_are_one_caller() {
    let claims = MemoryClaims::default();
    let terms = Terms {
        lease: Duration::seconds(50),
        keep: Duration::days(1),
    };
    let repeated: Vec<_> = ["one", "two"]
        .map(|session| {
            let request = Request {
                method: "POST".into(),
                route: "POST /invoices".into(),
                path_parameters: BTreeMap::new(),
                headers: BTreeMap::from([(IDEMPOTENCY_KEY.to_owned(), "k".to_owned())]),
                body: Vec::new(),
                caller: format!("arn:aws:sts::000000000000:assumed-role/clerks/{session}"),
            };
            let answer = answer_once(&claims, &request, terms, at(0), async || {
                Response::json(202, &())
            });
            now_or_never(answer).unwrap().repeated
        })
        .into();
    assert_eq!(repeated, [false, true]);
}
