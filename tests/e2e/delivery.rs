//! R1, R10, R11 and R12: duplicates, redeliveries and poison, delivered for real.

use crate::environment::{Deployed, Document, count, eventually, shared, up};
use contracts::items::attributes;
use serde_json::json;
use std::collections::BTreeSet;

#[test]
fn r12_the_same_document_twice_is_one_invoice_and_one_payment() {
    let environment = shared();
    let document = Document::numbered("invoice.xml", "R12-TWICE");
    let first = environment.json(&["send", document.path(), "--register-vendor"], &[0]);
    environment.resting(first["id"].as_str().unwrap());
    let second = environment.json(&["send", document.path()], &[0]);
    assert_eq!(first["id"], second["id"]);
    assert_eq!(
        (&first["duplicate"], &second["duplicate"]),
        (&json!(false), &json!(true))
    );
    let trace = environment.trace(first["id"].as_str().unwrap());
    assert_eq!(trace["payments"].as_array().map(Vec::len), Some(1));
}

#[test]
fn r12_the_same_document_sent_by_many_at_once_is_one_invoice() {
    let environment = shared();
    let document = Document::numbered("invoice.xml", "R12-CONCURRENT");
    environment.submit(&Document::numbered("invoice.xml", "R12-CONCURRENT-VENDOR"));
    let ids: BTreeSet<String> = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| environment.json(&["send", document.path()], &[0])["id"].to_string())
            })
            .collect();
        senders
            .into_iter()
            .map(|sender| sender.join().unwrap())
            .collect()
    });
    assert_eq!(ids.len(), 1, "{ids:?}");
    let id = ids.first().unwrap().trim_matches('"').to_owned();
    let trace = environment.resting(&id);
    assert_eq!(trace["status"], "PAID", "{trace:#}");
    assert_eq!(trace["payments"].as_array().map(Vec::len), Some(1));
}

#[test]
fn r12_other_content_under_the_same_number_is_rejected_as_a_duplicate() {
    let environment = shared();
    let first = environment.settle(&Document::numbered("invoice.xml", "R12-OTHER"));
    assert_eq!(first["status"], "PAID");
    let document = Document::changed("invoice.xml", "R12-OTHER", &[("EK-2207", "EK-2208")]);
    let second = environment.settle(&document);
    assert_ne!(first["id"], second["id"]);
    assert_eq!(second["status"], "REJECTED", "{second:#}");
}

#[tokio::test]
async fn r12_every_event_delivered_again_changes_nothing() {
    let environment = shared();
    let id = environment.submit(&Document::numbered("invoice.xml", "R12-REDELIVERY"));
    assert_eq!(environment.resting(&id)["status"], "PAID");
    let before = told_to_the_end(&environment, &id).await;
    // What a queue's function says is in the local cloud's log.
    for (event_type, consumer) in [
        ("InvoiceReceived", "invoice-validation"),
        ("InvoiceValidated", "compliance"),
    ] {
        let event = environment.recorded_event(&id, event_type).await;
        environment.publish(&event);
        let event_id = event["detail"]["metadata"]["eventId"].as_str().unwrap();
        eventually("the suppressed delivery in the log", || async {
            environment
                .logged(&["done before", consumer, event_id])
                .then_some(())
        })
        .await;
    }
    // What a rule's function says is not: the same fact under another id goes behind it, and its claim shows.
    for (event_type, consumer, marker) in [
        (
            "InvoiceApproved",
            "payment",
            "00000000-0000-5000-8000-000000000021",
        ),
        (
            "InvoicePaid",
            "notification",
            "00000000-0000-5000-8000-000000000022",
        ),
    ] {
        let mut event = environment.recorded_event(&id, event_type).await;
        environment.publish(&event);
        event["detail"]["metadata"]["eventId"] = json!(marker);
        environment.publish(&event);
        eventually("the claim of the event behind the redelivery", || async {
            environment.is_claimed(consumer, marker).await.then_some(())
        })
        .await;
    }
    // The markers themselves are new facts to the books and the trail; nothing else is.
    let after = environment.trace(&id);
    assert_eq!(without_markers(&after), without_markers(&before));
}

/// The trace of a paid invoice once its vendor is told, its payment booked and every version of it in the audit trail.
async fn told_to_the_end(environment: &Deployed, id: &str) -> serde_json::Value {
    eventually("the end of the story", || async {
        let trace = environment.trace(id);
        let booked = trace["ledger"].as_array().map(Vec::len) == Some(2);
        let audited = trace["audit"]["behind"] == 0;
        (count(&trace, "notice") == 1 && booked && audited).then_some(trace)
    })
    .await
}

/// What a trace says of the invoice, without what events of the markers' ids left in the books and the trail.
fn without_markers(trace: &serde_json::Value) -> serde_json::Value {
    let mut trace = trace.clone();
    let is_marker = |entry: &serde_json::Value| {
        let id = entry["event_id"].as_str();
        id.is_some_and(|id| id.starts_with("00000000-0000-5000-8000-"))
    };
    for list in ["ledger", "timeline"] {
        if let Some(entries) = trace[list].as_array_mut() {
            entries.retain(|entry| !is_marker(entry));
        }
    }
    trace["audit"]
        .as_object_mut()
        .map(|audit| audit.remove("events"));
    trace
}

#[tokio::test]
async fn r1_the_same_registration_twice_leaves_version_1() {
    let environment = shared();
    let vendor = environment.program.sample("vendor.json");
    let first = environment.json(&["send", vendor.to_str().unwrap()], &[0]);
    environment.settle(&Document::numbered("invoice.xml", "R1-VERSION"));
    let second = environment.json(&["send", vendor.to_str().unwrap()], &[0]);
    assert_eq!(first["id"], second["id"]);
    environment.settle(&Document::numbered("invoice.xml", "R1-VERSION-2"));
    let key = contracts::tables::keys::vendor(first["id"].as_str().unwrap().parse().unwrap());
    let head = environment
        .clients()
        .dynamodb
        .get_item()
        .table_name(&environment.outputs[contracts::wiring::outputs::VENDORS_TABLE])
        .key("pk", aws_sdk_dynamodb::types::AttributeValue::S(key))
        .key(
            "sk",
            aws_sdk_dynamodb::types::AttributeValue::S(contracts::tables::keys::HEAD.into()),
        )
        .send()
        .await
        .unwrap();
    assert_eq!(
        head.item().unwrap()[attributes::VERSION].as_n().unwrap(),
        "1"
    );
}

/// One garbage message and good ones in one queue: the good ones are worked off, the garbage is in the dead-letter
/// queue after its receive count.
#[tokio::test]
async fn r10_a_poison_message_fails_alone() {
    let environment = up("dev");
    let clients = environment.clients();
    let queue = environment.physical_id("ValidationQueue").await;
    let dead = environment.physical_id("ValidationQueueDlq").await;
    // The real visibility timeout is minutes; the test is about who fails, not about how long it takes.
    let timeout = aws_sdk_sqs::types::QueueAttributeName::VisibilityTimeout;
    clients
        .sqs
        .set_queue_attributes()
        .queue_url(&queue)
        .attributes(timeout, "5")
        .send()
        .await
        .unwrap();
    let poison = "this is no event";
    clients
        .sqs
        .send_message()
        .queue_url(&queue)
        .message_body(poison)
        .send()
        .await
        .unwrap();
    let trace = environment.settle(&Document::numbered("invoice.xml", "R10-GOOD"));
    assert_eq!(trace["status"], "PAID", "{trace:#}");
    let message = eventually("the poison in the dead-letter queue", || async {
        let received = clients
            .sqs
            .receive_message()
            .queue_url(&dead)
            .send()
            .await
            .unwrap();
        received
            .messages()
            .first()
            .and_then(|message| message.body().map(str::to_owned))
    })
    .await;
    assert_eq!(message, poison);
}

/// R11: an event that carries a replay's name reaches no handler that has effects. The same event without it does: its
/// claim is what the replayed one must not leave behind.
#[tokio::test]
async fn r11_a_replayed_event_has_no_effect() {
    let environment = shared();
    let id = environment.submit(&Document::numbered("invoice.xml", "R11"));
    assert_eq!(environment.resting(&id)["status"], "PAID");
    let mut event = environment.recorded_event(&id, "InvoiceApproved").await;
    let replayed = "00000000-0000-5000-8000-000000000011";
    let fresh = "00000000-0000-5000-8000-000000000012";
    event["detail"]["metadata"]["eventId"] = json!(replayed);
    event["detail"]["metadata"]["replayOf"] = json!("a-replay");
    environment.publish(&event);
    let metadata = event["detail"]["metadata"].as_object_mut().unwrap();
    metadata.remove("replayOf");
    metadata.insert("eventId".into(), json!(fresh));
    environment.publish(&event);
    eventually("the claim of the event that is no replay", || async {
        environment.is_claimed("payment", fresh).await.then_some(())
    })
    .await;
    assert!(!environment.is_claimed("payment", replayed).await);
}
