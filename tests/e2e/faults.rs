//! R12 and R25: crashes between the steps, injected by taking a permission away while the real binaries run.

use crate::environment::{Deployed, Document, eventually, up};
use aws_sdk_sqs::types::QueueAttributeName;
use serde_json::Value;
use std::time::Duration;

const POLICY: &str = "InjectedFault";

async fn deny(environment: &Deployed, role: &str, action: &str) {
    let document = serde_json::json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Deny", "Action": action, "Resource": "*" }],
    });
    environment
        .clients()
        .iam
        .put_role_policy()
        .role_name(role)
        .policy_name(POLICY)
        .policy_document(document.to_string())
        .send()
        .await
        .unwrap();
}

async fn allow_again(environment: &Deployed, role: &str) {
    environment
        .clients()
        .iam
        .delete_role_policy()
        .role_name(role)
        .policy_name(POLICY)
        .send()
        .await
        .unwrap();
}

/// A failed message comes again after 10 s instead of minutes: late enough that a slow machine sees the failure and mends its
/// cause within one or two receives, long before the message is given up.
async fn redeliver_soon(environment: &Deployed, queue: &str) {
    let queue = environment.physical_id(queue).await;
    let timeout = QueueAttributeName::VisibilityTimeout;
    let attributes = environment
        .clients()
        .sqs
        .set_queue_attributes()
        .queue_url(&queue)
        .attributes(timeout, "10");
    attributes.send().await.unwrap();
}

fn status(trace: &Value) -> &str {
    trace["status"].as_str().unwrap_or_default()
}

/// The validator commits VALIDATED and fails to publish. The message comes again, the claim is done, the recorded event
/// is published, and the invoice goes on as if nothing had happened. Should the message have been given up by then, the sweeper
/// publishes: the promise is the event, not the way.
#[tokio::test]
async fn r12_a_crash_between_commit_and_publish_loses_no_event() {
    let environment = up("staging");
    redeliver_soon(&environment, "ValidationQueue").await;
    let role = environment.physical_id("InvoiceValidationRole").await;
    deny(&environment, &role, "events:PutEvents").await;
    let id = environment.submit(&Document::numbered("invoice.xml", "R12-CRASH-PUBLISH"));
    let committed = eventually("the commit", || async {
        let trace = environment.trace(&id);
        (status(&trace) == "VALIDATED").then_some(trace)
    })
    .await;
    let recorded = environment.recorded_event(&id, "InvoiceValidated").await;
    assert_eq!(status(&committed), "VALIDATED");
    allow_again(&environment, &role).await;
    let trace = environment.resting(&id);
    assert_eq!(status(&trace), "PAID", "{trace:#}");
    let published = environment.recorded_event(&id, "InvoiceValidated").await;
    assert_eq!(
        recorded, published,
        "the event that was recorded is the event that was published"
    );
    assert_eq!(trace["payments"].as_array().map(Vec::len), Some(1));
}

/// The payment handler claims the payment and can't hand it in. When the event comes again it asks first, and pays once.
#[tokio::test]
async fn r12_a_crash_between_claim_and_effect_pays_once() {
    let environment = up("staging");
    let role = environment.physical_id("PaymentRole").await;
    deny(&environment, &role, "s3:PutObject").await;
    let id = environment.submit(&Document::numbered("invoice.xml", "R12-CRASH-EFFECT"));
    eventually("the claim", || async {
        (status(&environment.trace(&id)) == "PAYING").then_some(())
    })
    .await;
    allow_again(&environment, &role).await;
    pays_once_when_approved_again(&environment, &id).await;
}

/// The provider has the order and does not answer: the payment is unknown until the clock asks, and the provider is asked
/// instead of paid a second time.
#[tokio::test]
async fn r26_a_provider_that_does_not_answer_is_asked_and_never_paid_again() {
    let environment = up("staging");
    // The sandbox gives no answer to this amount, and settles it when asked.
    let id = environment.submit(&Document::unanswered("R26-UNKNOWN"));
    eventually("the unknown payment", || async {
        (status(&environment.trace(&id)) == "PAYMENT_UNKNOWN").then_some(())
    })
    .await;
    // The event's work is done: the clock asks, once the payment has rested for a minute.
    for _ in 0..180 {
        if status(&environment.trace(&id)) == "PAID" {
            break;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    paid_once(&environment, &id);
}

/// Delivers the approval again until the invoice is paid: the local cloud does not retry a rule's function, AWS does.
async fn pays_once_when_approved_again(environment: &Deployed, id: &str) {
    let approved = environment.recorded_event(id, "InvoiceApproved").await;
    eventually("the payment", || async {
        environment.publish(&approved);
        tokio::time::sleep(Duration::from_secs(1)).await;
        (status(&environment.trace(id)) == "PAID").then_some(())
    })
    .await;
    paid_once(environment, id);
}

fn paid_once(environment: &Deployed, id: &str) {
    let trace = environment.trace(id);
    assert_eq!(status(&trace), "PAID", "{trace:#}");
    let payments = trace["payments"].as_array().unwrap();
    assert_eq!(payments.len(), 1, "{trace:#}");
    assert_eq!(payments[0]["attempt"], 1);
}
