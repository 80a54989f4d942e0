//! Looks take nothing, show no content, and group by cause.

use super::{dlq, looked};
use crate::redrive::fakes::{CORRELATION, EVENT, FakeQueues, INVOICE, event, letter, stack, with};
use crate::redrive::{
    DeadLetters, Pick, Place, RedriveFailure, Redriven, dead_letter_queue, dead_letter_queues,
    look, looked_text, overview, overview_text, plan, plan_text,
};
use serde_json::json;
use std::time::Duration;

#[test]
fn r9_every_kind_of_way_back_is_read_from_the_deployed_template() {
    let kinds: Vec<_> = dead_letter_queues(&stack())
        .iter()
        .map(|dlq| {
            (
                dlq.id().to_owned(),
                dlq.way.kind().to_owned(),
                dlq.way.to().map(str::to_owned),
                dlq.open().is_ok(),
            )
        })
        .collect();
    let line = |id: &str, kind: &str, to: Option<&str>, open| {
        (id.to_owned(), kind.to_owned(), to.map(str::to_owned), open)
    };
    assert_eq!(
        kinds,
        [
            line("BusUndeliveredDlq", "send-named", None, true),
            line(
                "ComplianceSubscriptionDlq",
                "send",
                Some("ComplianceQueue"),
                true
            ),
            line("OtherDlq", "by-hand", Some("ValidationQueue"), false),
            line(
                "PaymentFailuresDlq",
                "invoke",
                Some("PaymentFunction"),
                true
            ),
            line(
                "PaymentUndeliveredDlq",
                "send",
                Some("PaymentFunction"),
                true
            ),
            line("StreamFailures", "records", Some("AuditFunction"), true),
            line(
                "ValidatedUndeliveredDlq",
                "send",
                Some("ValidatedTopic"),
                true
            ),
            line("ValidationQueueDlq", "move", Some("ValidationQueue"), true),
        ]
    );
}

#[test]
fn a_queue_is_found_by_id_and_by_name_and_an_unknown_one_names_the_others() {
    assert_eq!(
        dead_letter_queue(&stack(), "stack-PaymentFailuresDlq-X").unwrap(),
        dlq("PaymentFailuresDlq")
    );
    // A queue that is none for dead letters is none of these.
    let failure = dead_letter_queue(&stack(), "ValidationQueue").unwrap_err();
    assert_eq!(failure.exit(), 3);
    assert!(
        failure.help().contains("ValidationQueueDlq"),
        "{}",
        failure.help()
    );
    let closed = dlq("OtherDlq").open().unwrap_err();
    assert!(
        matches!(closed, RedriveFailure::UnknownWay { .. }),
        "{closed}"
    );
}

#[tokio::test]
async fn the_overview_begins_with_the_queues_whose_alarms_ring() {
    let world = FakeQueues::default();
    world.hold("ValidationQueueDlq", letter("m1", 1, event(EVENT)));
    world.hold("PaymentFailuresDlq", letter("m2", 1, "{}"));
    world.hold("PaymentFailuresDlq", letter("m3", 2, "{}"));
    let overview = overview(&world, "dev", &stack()).await.unwrap();
    let order: Vec<_> = overview
        .queues
        .iter()
        .map(|line| (line.queue.as_str(), line.messages))
        .collect();
    assert_eq!(
        order[..3],
        [
            ("PaymentFailuresDlq", 2),
            ("ValidationQueueDlq", 1),
            ("BusUndeliveredDlq", 0)
        ]
    );
    let text = overview_text(&overview);
    assert!(text.starts_with("!      2  PaymentFailuresDlq"), "{text}");
    assert!(
        text.ends_with("dev: 2 of 8 dead-letter queues hold messages\n"),
        "{text}"
    );
}

#[tokio::test]
async fn a_look_leaves_every_message_to_be_received_again() {
    let world = FakeQueues::default();
    for n in 0..25 {
        let id = format!("m{n:02}");
        world.hold("ValidationQueueDlq", letter(&id, 100 - n, event(EVENT)));
    }
    let looked = looked(&world, "ValidationQueueDlq").await;
    assert_eq!(looked.letters.len(), 25);
    assert_eq!(looked.letters[0].id, "m24", "the oldest first");
    assert_eq!(world.visible("ValidationQueueDlq").len(), 25);
}

#[tokio::test]
async fn a_look_that_breaks_off_gives_back_what_it_took() {
    let world = FakeQueues::default();
    for n in 0..15 {
        world.hold("ValidationQueueDlq", letter(&format!("m{n}"), n, "x"));
    }
    *world.receives.lock().unwrap() = Some(1);
    let failure = look(&world, &dlq("ValidationQueueDlq")).await.unwrap_err();
    assert_eq!(failure.exit(), 1);
    assert_eq!(world.visible("ValidationQueueDlq").len(), 15);
}

#[tokio::test]
async fn a_look_does_not_wait_for_messages_that_somebody_else_holds() {
    let world = FakeQueues::default();
    let dlq = dlq("ValidationQueueDlq");
    let Place::Queue(queue) = &dlq.place else {
        panic!("{dlq:?}")
    };
    world.hold(&queue.id, letter("m", 1, "x"));
    let held = world.receive(queue, Duration::ZERO, Duration::ZERO).await;
    assert_eq!(held.unwrap().len(), 1);
    assert!(looked(&world, &queue.id).await.letters.is_empty());
}

#[tokio::test]
async fn messages_are_grouped_by_what_the_deliverer_says_and_nothing_of_their_content_is_shown() {
    let world = FakeQueues::default();
    let queue = "PaymentUndeliveredDlq";
    let attributes = [
        ("ERROR_CODE", "NO_PERMISSIONS"),
        (
            "ERROR_MESSAGE",
            "Not allowed (Service: Lambda, Request ID: 17)",
        ),
        (
            "TARGET_ARN",
            "arn:aws:lambda:eu-central-1:000000000000:function:stack-PaymentFunction-X",
        ),
    ];
    world.hold(queue, with(letter("m1", 1, event(EVENT)), &attributes));
    world.hold(queue, with(letter("m2", 2, event(EVENT)), &attributes));
    world.hold(queue, letter("m3", 3, "garbage with 1234.56 EUR in it"));
    world.hold(queue, letter("m4", 4, event(EVENT)));
    let looked = looked(&world, queue).await;
    let plan = plan(&stack(), &dlq(queue), &looked, &Pick::All).unwrap();
    let causes: Vec<_> = plan
        .causes
        .iter()
        .map(|cause| (cause.cause.as_str(), cause.messages))
        .collect();
    assert_eq!(
        causes,
        [
            ("NO_PERMISSIONS: Not allowed", 2),
            ("not an event of ours", 1),
            ("received too often without success", 1),
        ]
    );
    let document = Redriven::looked("dev", &dlq(queue), &looked);
    let json = serde_json::to_value(&document).unwrap();
    assert_eq!(
        json["messages"][0],
        json!({
            "id": "m1", "event_type": "InvoiceApproved", "event_id": EVENT, "invoice_id": INVOICE,
            "correlation_id": CORRELATION, "cause": "NO_PERMISSIONS: Not allowed", "receive_count": 1,
        })
    );
    assert_eq!((&json["moved"], &json["left"]), (&json!(0), &json!(4)));
    for text in [json.to_string(), plan_text(&plan), looked_text(&document)] {
        assert!(!text.contains("1234.56"), "{text}");
    }
}

#[tokio::test]
async fn a_failed_invocation_says_how_it_failed() {
    let world = FakeQueues::default();
    let record = json!({
        "requestContext": { "condition": "RetriesExhausted" }, "requestPayload": event(EVENT),
        "responseContext": { "functionError": "Unhandled" },
        "responsePayload": { "errorType": "Stale", "errorMessage": "1234.56 EUR" },
    });
    world.hold("PaymentFailuresDlq", letter("m1", 1, record));
    let lines = looked(&world, "PaymentFailuresDlq").await.lines();
    assert_eq!(lines[0].cause, "RetriesExhausted: Stale");
    assert_eq!(lines[0].event_type, Some("InvoiceApproved"));
}
