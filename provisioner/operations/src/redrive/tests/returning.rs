//! Every way back, and what goes wrong on it.

use super::{dlq, looked, put_back};
use crate::ports::Trouble;
use crate::redrive::fakes::{EVENT, FakeQueues, REGION, event, letter, stack, trouble, with};
use crate::redrive::{Answer, Move, MoveState, Pick, RedriveFailure, Redriving, plan, redrive};
use serde_json::{Value, json};

const PAYMENT: &str = "arn:aws:lambda:eu-central-1:000000000000:function:stack-PaymentFunction-X";

fn sent_to(world: &FakeQueues) -> Vec<String> {
    let sent = world.sent.lock().unwrap();
    sent.iter().map(|(queue, _)| queue.clone()).collect()
}

#[tokio::test]
async fn r9_move_sends_the_message_as_it_was_where_the_service_can_not_move() {
    let world = FakeQueues::default();
    let message = with(
        letter("m1", 1, "even what is no event"),
        &[("hint", "kept")],
    );
    world.hold("ValidationQueueDlq", message.clone());
    let done = put_back(&world, "ValidationQueueDlq", &Pick::All)
        .await
        .unwrap();
    assert_eq!((done.moved, done.left, done.exit()), (1, 0, 0));
    let sent = world.sent.lock().unwrap();
    let (queue, outgoing) = &sent[0];
    assert_eq!(queue, "ValidationQueue");
    assert_eq!(outgoing.body, message.body);
    assert_eq!(outgoing.attributes, message.attributes);
    assert_eq!(outgoing.trace, message.trace);
    assert!(world.visible("ValidationQueueDlq").is_empty());
}

#[tokio::test]
async fn r9_move_lets_the_service_move_where_it_can() {
    let world = FakeQueues::default();
    world.hold("ValidationQueueDlq", letter("m1", 1, event(EVENT)));
    world.moves.lock().unwrap().push_back(Move::Started);
    let state = |state: &str, moved| {
        Ok(MoveState {
            state: state.to_owned(),
            moved,
            reason: None,
        })
    };
    world.states.lock().unwrap().extend([
        state("RUNNING", 0),
        Err(trouble("following", Trouble::Unavailable)),
        state("COMPLETED", 1),
    ]);
    let done = put_back(&world, "ValidationQueueDlq", &Pick::All)
        .await
        .unwrap();
    assert_eq!(done.moved, 1);
    assert!(sent_to(&world).is_empty(), "the service does it");
    // For a part of the messages the service can't be asked.
    world.moves.lock().unwrap().push_back(Move::Started);
    put_back(&world, "ValidationQueueDlq", &Pick::AtMost(1))
        .await
        .unwrap();
    assert_eq!(sent_to(&world), ["ValidationQueue"]);
}

#[tokio::test]
async fn a_move_that_fails_is_busy_or_is_lost_says_so() {
    let world = FakeQueues::default();
    world.hold("ValidationQueueDlq", letter("m1", 1, event(EVENT)));
    let failed = MoveState {
        state: "FAILED".to_owned(),
        moved: 3,
        reason: Some("AccessDenied".to_owned()),
    };
    world
        .moves
        .lock()
        .unwrap()
        .extend([Move::Running, Move::Started, Move::Started]);
    world.states.lock().unwrap().push_back(Ok(failed));
    let mut exits = Vec::new();
    for _ in 0..3 {
        let failure = put_back(&world, "ValidationQueueDlq", &Pick::All).await;
        exits.push(failure.unwrap_err().exit());
    }
    assert_eq!(exits, [6, 1, 5]);
}

#[tokio::test]
async fn r9_send_invokes_the_rules_one_target_and_never_the_bus() {
    let world = FakeQueues::default();
    let queue = "PaymentUndeliveredDlq";
    world.hold(
        queue,
        with(letter("m1", 1, event(EVENT)), &[("TARGET_ARN", PAYMENT)]),
    );
    // Put there by hand, and one of ours.
    world.hold(queue, letter("m2", 2, event(EVENT)));
    let done = put_back(&world, queue, &Pick::All).await.unwrap();
    assert_eq!((done.moved, done.left), (2, 0));
    let invoked = world.invoked.lock().unwrap();
    let (function, payload) = &invoked[0];
    assert_eq!(function, "stack-PaymentFunction-X");
    assert_eq!(
        serde_json::from_str::<Value>(payload).unwrap(),
        event(EVENT)
    );
}

#[tokio::test]
async fn r9_send_to_a_topic_reaches_every_queue_that_is_subscribed() {
    let world = FakeQueues::default();
    world.hold("ValidatedUndeliveredDlq", letter("m1", 1, event(EVENT)));
    put_back(&world, "ValidatedUndeliveredDlq", &Pick::All)
        .await
        .unwrap();
    assert_eq!(sent_to(&world), ["AuditQueue", "ComplianceQueue"]);
}

#[tokio::test]
async fn r9_send_of_a_subscription_goes_to_its_queue_raw() {
    let world = FakeQueues::default();
    let wrapped = json!({
        "Type": "Notification", "TopicArn": "arn:aws:sns:x", "Message": event(EVENT).to_string(),
    });
    world.hold("ComplianceSubscriptionDlq", letter("m1", 1, wrapped));
    put_back(&world, "ComplianceSubscriptionDlq", &Pick::All)
        .await
        .unwrap();
    let sent = world.sent.lock().unwrap();
    assert_eq!(sent[0].0, "ComplianceQueue");
    assert_eq!(
        serde_json::from_str::<Value>(&sent[0].1.body).unwrap(),
        event(EVENT)
    );
    assert!(sent[0].1.attributes.is_empty());
}

#[tokio::test]
async fn r9_send_named_goes_where_the_message_says_if_that_is_ours() {
    let world = FakeQueues::default();
    let queue = "BusUndeliveredDlq";
    let rule = |name: &str| format!("{REGION}:rule/bus/{name}");
    let cases = [
        ("by-target", "TARGET_ARN", PAYMENT.to_owned()),
        ("by-rule", "RULE_ARN", rule("stack-ApprovedToPaymentRule-X")),
        ("foreign", "TARGET_ARN", PAYMENT.replace("Payment", "Other")),
        ("foreign-rule", "RULE_ARN", rule("another")),
        ("unnamed", "ERROR_CODE", "X".to_owned()),
    ];
    for (n, (id, name, value)) in cases.iter().enumerate() {
        world.hold(
            queue,
            with(letter(id, n as u64, event(EVENT)), &[(name, value)]),
        );
    }
    let encrypted = json!({
        "detail-type": "Encrypted Events",
        "detail": { "encrypted-payload": "AgR4", "kms-key-arn": "arn:aws:kms:the-key" },
    });
    world.hold(
        queue,
        with(
            letter("encrypted", 9, encrypted),
            &[("TARGET_ARN", PAYMENT)],
        ),
    );
    let done = put_back(&world, queue, &Pick::All).await.unwrap();
    assert_eq!((done.moved, done.left, done.exit()), (2, 4, 1));
    let stay: Vec<_> = done
        .failed
        .iter()
        .map(|failed| failed.id.as_str())
        .collect();
    assert_eq!(stay, ["foreign", "foreign-rule", "unnamed", "encrypted"]);
    assert!(done.failed[3].reason.contains("arn:aws:kms:the-key"));
    assert_eq!(world.visible(queue).len(), 4);
    assert_eq!(world.invoked.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn r9_invoke_gives_the_function_what_it_failed_on() {
    let world = FakeQueues::default();
    let queue = "PaymentFailuresDlq";
    let record = |function: &str| {
        json!({
            "requestContext": { "functionArn": format!("{function}:$LATEST"), "condition": "RetriesExhausted" },
            "requestPayload": event(EVENT),
        })
    };
    world.hold(queue, letter("m1", 1, record(PAYMENT)));
    world.hold(
        queue,
        letter("foreign", 2, record(&PAYMENT.replace("Payment", "Other"))),
    );
    world.hold(queue, letter("no-record", 3, event(EVENT)));
    let done = put_back(&world, queue, &Pick::All).await.unwrap();
    assert_eq!(done.moved, 1);
    let invoked = world.invoked.lock().unwrap();
    assert_eq!(invoked.len(), 1);
    assert_eq!(
        serde_json::from_str::<Value>(&invoked[0].1).unwrap(),
        event(EVENT)
    );
    let stay: Vec<_> = done
        .failed
        .iter()
        .map(|failed| failed.id.as_str())
        .collect();
    assert_eq!(stay, ["foreign", "no-record"]);
}

#[tokio::test]
async fn r9_records_of_a_stream_go_back_to_the_function_that_must_work_off_all_of_them() {
    let world = FakeQueues::default();
    let bucket = "StreamFailures";
    let batch = json!({ "Records": [{ "eventSource": "aws:dynamodb" }] });
    let record = |payload: Value| {
        json!({
            "requestContext": {
                "functionArn": "arn:aws:lambda:eu-central-1:000000000000:function:stack-AuditFunction-X",
                "condition": "RetryAttemptsExhausted",
            },
            "responseContext": { "functionError": "Unhandled" },
            "payload": payload,
        })
    };
    world.hold(bucket, letter("a/2", 2, record(batch.clone())));
    world.hold(bucket, letter("a/1", 1, record(batch.to_string().into())));
    world.hold(bucket, letter("a/3", 3, record(batch.clone())));
    world.hold(bucket, letter("no-record", 4, "{}"));
    let lines = looked(&world, bucket).await.lines();
    assert_eq!(lines[0].id, "a/1", "the oldest first");
    assert_eq!(lines[0].cause, "RetryAttemptsExhausted: Unhandled");
    let failures = [
        Answer::Done,
        Answer::FailedOn(1),
        Answer::Failed("Stale".to_owned()),
    ];
    world.answers.lock().unwrap().extend(failures);
    let done = put_back(&world, bucket, &Pick::All).await.unwrap();
    assert_eq!((done.moved, done.left, done.exit()), (1, 3, 1));
    {
        let invoked = world.invoked.lock().unwrap();
        assert_eq!(invoked.len(), 3);
        assert_eq!(invoked[0].0, "stack-AuditFunction-X");
        assert_eq!(serde_json::from_str::<Value>(&invoked[0].1).unwrap(), batch);
    }
    // What was worked off is gone, the others wait for the next time.
    assert_eq!(world.visible(bucket), ["a/2", "a/3", "no-record"]);
    let done = put_back(&world, bucket, &Pick::AtMost(2)).await.unwrap();
    assert_eq!((done.moved, done.left, done.exit()), (2, 1, 0));
}

#[tokio::test]
async fn a_poison_body_stays_where_a_function_would_have_to_take_it() {
    let world = FakeQueues::default();
    let queue = "PaymentUndeliveredDlq";
    world.hold(queue, letter("foreign", 1, "no event at all"));
    world.hold(
        queue,
        with(letter("poison", 2, "not json"), &[("TARGET_ARN", PAYMENT)]),
    );
    let done = put_back(&world, queue, &Pick::All).await.unwrap();
    assert_eq!((done.moved, done.left, done.exit()), (0, 2, 1));
    assert!(world.invoked.lock().unwrap().is_empty());
    assert_eq!(world.visible(queue), ["foreign", "poison"]);
}

#[tokio::test]
async fn r9_a_crash_between_putting_back_and_deleting_is_a_duplicate_and_never_a_loss() {
    let world = FakeQueues::default();
    world.hold("ValidationQueueDlq", letter("m1", 1, event(EVENT)));
    world.breaks("delete");
    let done = put_back(&world, "ValidationQueueDlq", &Pick::All)
        .await
        .unwrap();
    assert_eq!((done.moved, done.exit()), (0, 1));
    assert!(
        done.failed[0]
            .reason
            .contains("was put back and is still here")
    );
    assert_eq!(world.visible("ValidationQueueDlq"), ["m1"]);
    world.mend();
    let done = put_back(&world, "ValidationQueueDlq", &Pick::All)
        .await
        .unwrap();
    assert_eq!(done.exit(), 0);
    let sent = world.sent.lock().unwrap();
    assert_eq!(sent.len(), 2, "twice, with the same event id");
    assert_eq!(sent[0], sent[1]);
}

#[tokio::test]
async fn a_message_that_can_not_be_put_back_is_not_deleted() {
    let world = FakeQueues::default();
    world.hold("ValidationQueueDlq", letter("m1", 1, event(EVENT)));
    world.breaks("send");
    let done = put_back(&world, "ValidationQueueDlq", &Pick::All)
        .await
        .unwrap();
    assert_eq!((done.moved, done.left, done.exit()), (0, 1, 1));
    assert_eq!(world.visible("ValidationQueueDlq"), ["m1"]);
}

#[tokio::test]
async fn a_queue_that_can_not_be_read_any_more_loses_nothing_and_hides_nothing() {
    let world = FakeQueues::default();
    let queue = "PaymentUndeliveredDlq";
    for n in 0..15 {
        world.hold(queue, letter(&format!("m{n:02}"), n, event(EVENT)));
    }
    let looked = looked(&world, queue).await;
    let plan = plan(&stack(), &dlq(queue), &looked, &Pick::All).unwrap();
    *world.receives.lock().unwrap() = Some(1);
    let done = redrive(&world, "dev", &stack(), &plan, &mut |_| {}).await;
    let done = done.unwrap();
    assert_eq!((done.moved, done.left, done.exit()), (10, 5, 1));
    assert_eq!(done.failed.len(), 5);
    assert!(done.failed[0].reason.contains("was not reached"));
    assert_eq!(world.visible(queue).len(), 5);
}

#[tokio::test]
async fn max_takes_the_oldest_and_id_takes_the_one() {
    let world = FakeQueues::default();
    let queue = "ValidationQueueDlq";
    let other = "44444444-4444-5444-8444-444444444444";
    world.hold(queue, letter("new", 30, event(EVENT)));
    world.hold(queue, letter("old", 10, event(other)));
    world.hold(queue, letter("mid", 20, "poison"));
    let done = put_back(&world, queue, &Pick::AtMost(1)).await.unwrap();
    assert_eq!((done.messages[0].id.as_str(), done.left), ("old", 2));
    let done = put_back(&world, queue, &Pick::One("mid".to_owned()))
        .await
        .unwrap();
    assert_eq!((done.moved, done.left), (1, 1));
    let gone = put_back(&world, queue, &Pick::One(other.to_owned()))
        .await
        .unwrap_err();
    assert!(
        matches!(gone, RedriveFailure::NoSuchMessage { .. }),
        "{gone}"
    );
    assert_eq!(gone.exit(), 3);
    put_back(&world, queue, &Pick::One(EVENT.to_owned()))
        .await
        .unwrap();
    assert!(world.visible(queue).is_empty());
}

#[tokio::test]
async fn what_came_after_the_plan_is_not_taken() {
    let world = FakeQueues::default();
    let queue = "PaymentUndeliveredDlq";
    world.hold(queue, letter("planned", 1, event(EVENT)));
    let plan = plan(
        &stack(),
        &dlq(queue),
        &looked(&world, queue).await,
        &Pick::All,
    )
    .unwrap();
    world.hold(queue, letter("later", 0, event(EVENT)));
    let mut told = Vec::new();
    let done = redrive(&world, "dev", &stack(), &plan, &mut |progress| {
        if let Redriving::PutBack(line) = progress {
            told.push(line.id.clone());
        }
    })
    .await
    .unwrap();
    assert_eq!((told, done.moved), (vec!["planned".to_owned()], 1));
    assert_eq!(world.visible(queue), ["later"]);
}

#[tokio::test]
async fn what_another_run_took_meanwhile_is_reported() {
    let world = FakeQueues::default();
    let queue = "PaymentUndeliveredDlq";
    world.hold(queue, letter("m1", 1, event(EVENT)));
    let plan = plan(
        &stack(),
        &dlq(queue),
        &looked(&world, queue).await,
        &Pick::All,
    )
    .unwrap();
    put_back(&world, queue, &Pick::All).await.unwrap();
    let done = redrive(&world, "dev", &stack(), &plan, &mut |_| {})
        .await
        .unwrap();
    assert_eq!((done.moved, done.exit()), (0, 1));
    assert!(done.failed[0].reason.contains("another run"));
    assert_eq!(world.invoked.lock().unwrap().len(), 1);
}
