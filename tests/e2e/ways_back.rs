//! R9 and R11: what fell out comes back by the way of its kind, and a replay reaches nobody with effects. In an
//! environment of its own, since its roles are broken and its queues looked into.

use crate::environment::{Deployed, Document, apart, eventually};
use aws_sdk_dynamodb::types::AttributeValue;
use aws_sdk_lambda::primitives::Blob;
use aws_sdk_lambda::types::InvocationType;
use aws_sdk_sqs::types::{MessageAttributeValue, QueueAttributeName};
use contracts::wiring::outputs;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// A role that is broken for one test is broken for all: they take turns.
static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

static ENVIRONMENT: LazyLock<Deployed> = LazyLock::new(|| apart("ways-back", "888888888888"));

const FAULT: &str = "InjectedFault";

/// Takes an action away from a handler's role.
async fn deny(role: &str, action: &str) {
    let document = json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Deny", "Action": action, "Resource": "*" }],
    });
    let role = ENVIRONMENT.physical_id(role).await;
    let request = ENVIRONMENT.clients().iam.put_role_policy();
    let request = request.role_name(role).policy_name(FAULT);
    request
        .policy_document(document.to_string())
        .send()
        .await
        .unwrap();
}

/// Gives it back.
async fn mend(role: &str) {
    let role = ENVIRONMENT.physical_id(role).await;
    let request = ENVIRONMENT.clients().iam.delete_role_policy();
    let request = request.role_name(role).policy_name(FAULT);
    request.send().await.unwrap();
}

/// How many messages the overview says a dead-letter queue holds.
fn held(queue: &str) -> u64 {
    let overview = ENVIRONMENT.json(&["redrive", "--list"], &[0]);
    let queues = overview["queues"].as_array().unwrap();
    let line = queues.iter().find(|line| line["queue"] == queue);
    let line = line.unwrap_or_else(|| panic!("no {queue} in {overview:#}"));
    line["messages"].as_u64().unwrap()
}

/// Waits until a dead-letter queue holds a message of this invoice, and looks at it.
async fn fallen(queue: &str, invoice: &str) -> Value {
    eventually("the dead letter", || async {
        if held(queue) == 0 {
            return None;
        }
        let looked = ENVIRONMENT.json(&["redrive", queue, "--list"], &[0]);
        let messages = looked["messages"].as_array().unwrap();
        messages
            .iter()
            .find(|message| message["invoice_id"] == invoice)
            .cloned()
    })
    .await
}

/// Sets how many seconds after a receive a message is visible again; how many it was before.
async fn redelivers_after(queue: &str, seconds: &str) -> String {
    let name = QueueAttributeName::VisibilityTimeout;
    let queue = ENVIRONMENT.physical_id(queue).await;
    let sqs = ENVIRONMENT.clients().sqs;
    let request = sqs.get_queue_attributes().queue_url(&queue);
    let before = request.attribute_names(name.clone()).send().await.unwrap();
    let before = before.attributes().unwrap()[&name].clone();
    let request = sqs.set_queue_attributes().queue_url(&queue);
    request.attributes(name, seconds).send().await.unwrap();
    before
}

fn put_back(queue: &str, message: &Value) -> Value {
    let id = message["id"].as_str().unwrap();
    ENVIRONMENT.json(&["redrive", queue, "--id", id, "--yes"], &[0])
}

/// The recorded event, as a rule delivers it.
async fn delivered(id: &str, event_type: &str) -> Value {
    let mut event = eventually("the recorded event", || async {
        let items = ENVIRONMENT.items(id).await;
        let recorded = items.keys().any(|key| key.ends_with(event_type));
        if recorded {
            Some(ENVIRONMENT.recorded_event(id, event_type).await)
        } else {
            None
        }
    })
    .await;
    event["version"] = "0".into();
    event["id"] = "00000000-0000-4000-8000-000000000009".into();
    event["account"] = ENVIRONMENT.account.as_str().into();
    event["time"] = "2026-01-01T00:00:00Z".into();
    event["region"] = ENVIRONMENT.clients().region.into();
    event["resources"] = json!([]);
    event
}

async fn put_into(queue: &str, body: &str, target: &str) {
    let text = |value: &str| {
        let value = MessageAttributeValue::builder()
            .data_type("String")
            .string_value(value);
        value.build().unwrap()
    };
    ENVIRONMENT
        .clients()
        .sqs
        .send_message()
        .queue_url(ENVIRONMENT.physical_id(queue).await)
        .message_body(body)
        .message_attributes("ERROR_CODE", text("NO_PERMISSIONS"))
        .message_attributes("TARGET_ARN", text(target))
        .send()
        .await
        .unwrap();
}

/// The validator may not read documents; the message falls into the dead-letter queue. Mended and put back, it goes on
/// as if nothing had happened.
#[tokio::test]
async fn r9_a_message_of_an_inbox_comes_back_after_its_cause_is_mended() {
    let _turn = TURN.lock().await;
    let queue = "ValidationQueueDlq";
    let usual = redelivers_after("ValidationQueue", "1").await;
    deny("InvoiceValidationRole", "s3:GetObject*").await;
    let id = ENVIRONMENT.submit(&Document::numbered("invoice.xml", "R9-MOVE"));
    let message = fallen(queue, &id).await;
    assert_eq!(message["event_type"], "InvoiceReceived", "{message:#}");
    mend("InvoiceValidationRole").await;
    // From now on nothing is to be given up, however slow the machine is.
    redelivers_after("ValidationQueue", &usual).await;

    // Nobody can be asked here: without --yes nothing is taken.
    let refused = ENVIRONMENT.json(&["redrive", queue], &[3]);
    assert_eq!(refused["error"]["code"], "approval.nobody");
    assert_eq!(held(queue), 1);

    let done = put_back(queue, &message);
    assert_eq!(
        (&done["moved"], &done["left"], &done["kind"]),
        (&json!(1), &json!(0), &json!("move")),
        "{done:#}"
    );
    let trace = ENVIRONMENT.resting(&id);
    assert_eq!(trace["status"], "PAID", "{trace:#}");
    assert_eq!(held(queue), 0);
    let id = message["event_id"].as_str().unwrap();
    let gone = ENVIRONMENT.json(&["redrive", queue, "--id", id, "--yes"], &[3]);
    assert_eq!(gone["error"]["code"], "redrive.no-such-message");
}

/// The payment function fails on its event for good. Mended and put back, it pays; put back a second time, as after a
/// crash between putting back and deleting, it pays nobody. A message that is meant for somebody else stays.
#[tokio::test]
async fn r9_what_a_function_failed_on_comes_back_and_twice_is_once() {
    let _turn = TURN.lock().await;
    let queue = "PaymentFailuresDlq";
    deny("PaymentRole", "dynamodb:*").await;
    let id = ENVIRONMENT.submit(&Document::numbered("invoice.xml", "R9-INVOKE"));
    let event = delivered(&id, "InvoiceApproved").await;
    let clients = ENVIRONMENT.clients();
    let function = ENVIRONMENT.physical_id("PaymentFunction").await;
    clients
        .lambda
        .invoke()
        .function_name(&function)
        .invocation_type(InvocationType::Event)
        .payload(Blob::new(event.to_string()))
        .send()
        .await
        .unwrap();
    let message = fallen(queue, &id).await;
    assert!(
        message["cause"]
            .as_str()
            .unwrap()
            .starts_with("RetriesExhausted"),
        "{message:#}"
    );
    mend("PaymentRole").await;
    assert_eq!(put_back(queue, &message)["moved"], 1);
    let trace = ENVIRONMENT.resting(&id);
    assert_eq!(trace["status"], "PAID", "{trace:#}");

    // The same event again, by the other way, with one for somebody else and one that is garbage.
    let queue = "PaymentUndeliveredDlq";
    let arn = format!(
        "arn:aws:lambda:{}:{}:function:{function}",
        clients.region, ENVIRONMENT.account
    );
    put_into(queue, &event.to_string(), &arn).await;
    put_into(queue, &event.to_string(), &format!("{arn}-of-others")).await;
    put_into(queue, "garbage", &arn).await;
    let done = ENVIRONMENT.json(&["redrive", queue, "--yes"], &[1]);
    assert_eq!((&done["moved"], &done["left"]), (&json!(1), &json!(2)));
    assert_eq!(done["failed"].as_array().map(Vec::len), Some(2), "{done:#}");
    assert_eq!(held(queue), 2);
    let again = ENVIRONMENT.trace(&id);
    assert_eq!(again["payments"].as_array().map(Vec::len), Some(1));
}

/// Every item of the tables that a second effect would show in.
async fn business() -> BTreeMap<String, String> {
    let clients = ENVIRONMENT.clients();
    let mut all = BTreeMap::new();
    for table in [outputs::VENDORS_TABLE, outputs::INVOICES_TABLE] {
        let request = clients.dynamodb.scan().consistent_read(true);
        let scanned = request
            .table_name(&ENVIRONMENT.outputs[table])
            .send()
            .await
            .unwrap();
        for item in scanned.items() {
            let key = |name: &str| item.get(name).and_then(|key| key.as_s().ok()).cloned();
            let fields: BTreeMap<&String, String> = item
                .iter()
                .map(|(name, value)| (name, plain(value)))
                .collect();
            let key = format!("{table} {:?} {:?}", key("pk"), key("sk"));
            all.insert(key, format!("{fields:?}"));
        }
    }
    all
}

/// A value as text; the fields of maps in their order.
fn plain(value: &AttributeValue) -> String {
    match value {
        AttributeValue::M(map) => {
            let sorted: BTreeMap<_, _> = map.iter().map(|(k, v)| (k, plain(v))).collect();
            format!("{sorted:?}")
        }
        AttributeValue::L(list) => format!("{:?}", list.iter().map(plain).collect::<Vec<_>>()),
        other => format!("{other:?}"),
    }
}

/// The archive goes to the audit trail and to nobody else; nobody is paid again and nothing changes.
#[tokio::test]
async fn r11_a_replay_reaches_only_who_admits_it_and_changes_nothing() {
    let _turn = TURN.lock().await;
    let id = ENVIRONMENT.submit(&Document::numbered("invoice.xml", "R11-REPLAY"));
    assert_eq!(ENVIRONMENT.resting(&id)["status"], "PAID");
    let window = ["--from", "1h", "--to", "now"];
    let replay = |more: &[&str], codes: &[i32]| {
        let args: Vec<_> = ["replay"]
            .iter()
            .chain(&window)
            .chain(more)
            .copied()
            .collect();
        ENVIRONMENT.json(&args, codes)
    };

    let plan = replay(&["--plan"], &[0]);
    assert_eq!(plan["state"], "PLANNED");
    let admitting: Vec<_> = plan["rules"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|rule| rule["gets_replayed"] == true)
        .map(|rule| {
            (
                rule["rule"].as_str().unwrap(),
                rule["handler"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(admitting, [("EventsToAuditRule", "audit")], "{plan:#}");
    let effects = ["--rule", "InvoiceApprovedToPaymentRule", "--yes"];
    assert_eq!(
        replay(&effects, &[3])["error"]["code"],
        "replay.gets-nothing"
    );
    assert_eq!(replay(&["--rule", "NoSuchRule"], &[3])["exit"], 3);
    assert_eq!(replay(&[], &[3])["error"]["code"], "approval.nobody");

    let before = business().await;
    let done = replay(&["--yes"], &[0]);
    assert_eq!(done["state"], "COMPLETED", "{done:#}");
    // The audit's inbox is worked off before the tables are compared.
    let inbox = ENVIRONMENT.physical_id("AuditQueue").await;
    eventually("the end of the replayed events", || async {
        let request = ENVIRONMENT.clients().sqs.get_queue_attributes();
        let answer = request
            .queue_url(&inbox)
            .attribute_names(QueueAttributeName::All);
        let answer = answer.send().await.unwrap();
        let none = |name: QueueAttributeName| answer.attributes().unwrap()[&name] == "0";
        let empty = none(QueueAttributeName::ApproximateNumberOfMessages)
            && none(QueueAttributeName::ApproximateNumberOfMessagesNotVisible);
        empty.then_some(())
    })
    .await;
    let after = business().await;
    let of_invoice = |all: &BTreeMap<String, String>| -> Vec<(String, String)> {
        all.iter()
            .filter(|(key, _)| key.contains(&id))
            .map(|(key, item)| (key.clone(), item.clone()))
            .collect()
    };
    assert!(!of_invoice(&before).is_empty());
    assert_eq!(of_invoice(&before), of_invoice(&after));
    let trace = ENVIRONMENT.trace(&id);
    assert_eq!(trace["payments"].as_array().map(Vec::len), Some(1));
}

/// Usage is refused before anybody is called.
#[test]
fn what_makes_no_sense_is_refused() {
    for args in [
        &["redrive"][..],
        &["redrive", "NoSuchQueue", "--list"],
        &["redrive", "ValidationQueue", "--yes"],
        &["redrive", "ValidationQueueDlq", "--list", "--max", "1"],
        &["replay", "--from", "yesterday", "--to", "now"],
        &["replay", "--from", "1h", "--to", "2h"],
        &[
            "replay",
            "--from",
            "2999-01-01T00:00:00Z",
            "--to",
            "2999-01-02T00:00:00Z",
        ],
    ] {
        let refused = ENVIRONMENT.json(args, &[3]);
        assert_eq!(refused["exit"], 3, "{args:?}");
    }
}
