//! Queues, topics, the bus.

use super::{Change, Scene, change, open, queue, visibility};
use ::drift::{Call, Service};
use serde_json::json;

pub fn queues(scene: &Scene) -> Vec<Change> {
    let url = scene.id("ValidationQueue");
    let sqs = |operation, input| Call::new(Service::Sqs, operation, input);
    vec![
        change(
            "a shorter visibility timeout",
            ("ValidationQueue", "modified", "VisibilityTimeout"),
            "loses_events",
            vec![visibility(scene, "5")],
        ),
        change(
            "no dead-letter queue",
            ("ValidationQueue", "modified", "RedrivePolicy"),
            "loses_events",
            vec![queue(scene, "ValidationQueue", "RedrivePolicy", "")],
        ),
        change(
            "a delay",
            ("ValidationQueue", "undeclared", "DelaySeconds"),
            "loses_events",
            vec![queue(scene, "ValidationQueue", "DelaySeconds", "90")],
        ),
        change(
            "a short retention",
            ("ValidationQueueDlq", "modified", "MessageRetentionPeriod"),
            "loses_events",
            vec![queue(
                scene,
                "ValidationQueueDlq",
                "MessageRetentionPeriod",
                "60",
            )],
        ),
        change(
            "another key",
            ("ValidationQueue", "modified", "KmsMasterKeyId"),
            "widens_access",
            vec![queue(
                scene,
                "ValidationQueue",
                "KmsMasterKeyId",
                "alias/aws/sqs",
            )],
        ),
        change(
            "an open queue",
            ("ValidationQueuePolicy", "undeclared", "PolicyDocument"),
            "widens_access",
            vec![queue(scene, "ValidationQueue", "Policy", &open("sqs:*"))],
        ),
        change(
            "a policy where there was none",
            ("ComplianceQueueDlq", "added", ""),
            "widens_access",
            vec![queue(scene, "ComplianceQueueDlq", "Policy", &open("sqs:*"))],
        ),
        change(
            "another tag",
            ("ValidationQueue", "modified", "Tags.owner"),
            "cosmetic",
            vec![sqs(
                "TagQueue",
                json!({"QueueUrl": url, "Tags": {"owner": "me"}}),
            )],
        ),
        change(
            "a deleted queue",
            ("PaymentUndeliveredDlq", "deleted", ""),
            "loses_events",
            vec![sqs(
                "DeleteQueue",
                json!({"QueueUrl": scene.id("PaymentUndeliveredDlq")}),
            )],
        ),
    ]
}

pub fn topics(scene: &Scene) -> Vec<Change> {
    let topic = scene.id("ValidatedInvoicesTopic");
    let subscription = scene.id("ComplianceSubscription");
    let sns = |operation, input| Call::new(Service::Sns, operation, input);
    let of_topic = |name: &str, value: &str| {
        sns(
            "SetTopicAttributes",
            json!({"TopicArn": topic, "AttributeName": name, "AttributeValue": value}),
        )
    };
    let of_subscription = |name: &str, value: &str| {
        let input = json!({"SubscriptionArn": subscription, "AttributeName": name, "AttributeValue": value});
        sns("SetSubscriptionAttributes", input)
    };
    vec![
        change(
            "an open topic",
            (
                "ValidatedInvoicesTopicPolicy",
                "undeclared",
                "PolicyDocument",
            ),
            "widens_access",
            vec![of_topic("Policy", &open("sns:Publish"))],
        ),
        change(
            "another display name",
            ("ValidatedInvoicesTopic", "undeclared", "DisplayName"),
            "cosmetic",
            vec![of_topic("DisplayName", "mine")],
        ),
        change(
            "somebody who listens too",
            ("ValidatedInvoicesTopic", "added", ""),
            "widens_access",
            vec![sns(
                "Subscribe",
                json!({"TopicArn": topic, "Protocol": "sqs", "Endpoint": scene.arn("sqs", "mine")}),
            )],
        ),
        change(
            "a filter",
            ("ComplianceSubscription", "undeclared", "FilterPolicy"),
            "loses_events",
            vec![of_subscription("FilterPolicy", r#"{"never":["x"]}"#)],
        ),
        change(
            "wrapped messages",
            ("ComplianceSubscription", "modified", "RawMessageDelivery"),
            "loses_events",
            vec![of_subscription("RawMessageDelivery", "false")],
        ),
        change(
            "a deleted subscription",
            ("ComplianceSubscription", "deleted", ""),
            "loses_events",
            vec![sns("Unsubscribe", json!({"SubscriptionArn": subscription}))],
        ),
    ]
}

pub fn events(scene: &Scene) -> Vec<Change> {
    let bus = scene.id("Bus");
    let rule = scene.name("InvoiceApprovedToPaymentRule");
    let events = |operation, input| Call::new(Service::Events, operation, input);
    vec![
        change(
            "a disabled rule",
            ("InvoiceApprovedToPaymentRule", "modified", "State"),
            "loses_events",
            vec![events(
                "DisableRule",
                json!({"Name": rule, "EventBusName": bus}),
            )],
        ),
        change(
            "another pattern",
            ("InvoiceApprovedToPaymentRule", "", "EventPattern"),
            "loses_events",
            vec![events(
                "PutRule",
                json!({"Name": rule, "EventBusName": bus, "EventPattern": "{\"source\":[\"x\"]}"}),
            )],
        ),
        change(
            "one more target",
            (
                "InvoiceApprovedToPaymentRule",
                "undeclared",
                "Targets[Id=spy]",
            ),
            "widens_access",
            vec![events(
                "PutTargets",
                json!({"Rule": rule, "EventBusName": bus, "Targets": [{"Id": "spy", "Arn": scene.arn("sqs", "mine")}]}),
            )],
        ),
        change(
            "a rule of somebody's",
            ("Bus", "added", ""),
            "widens_access",
            vec![
                events(
                    "PutRule",
                    json!({"Name": "spy", "EventBusName": bus, "EventPattern": "{\"source\":[{\"prefix\":\"\"}]}"}),
                ),
                events(
                    "PutTargets",
                    json!({"Rule": "spy", "EventBusName": bus, "Targets": [{"Id": "1", "Arn": scene.arn("sqs", "mine")}]}),
                ),
            ],
        ),
        change(
            "an open bus",
            ("Bus", "added", ""),
            "widens_access",
            vec![events(
                "PutPermission",
                json!({"EventBusName": bus, "Action": "events:PutEvents", "Principal": "*", "StatementId": "open"}),
            )],
        ),
        change(
            "an archive of somebody's",
            ("Bus", "added", ""),
            "widens_access",
            vec![events(
                "CreateArchive",
                json!({"ArchiveName": "spy", "EventSourceArn": scene.arn("events", &format!("event-bus/{bus}"))}),
            )],
        ),
        change(
            "our archive gone",
            ("Archive", "deleted", ""),
            "loses_data",
            vec![events("DeleteArchive", json!({"ArchiveName": bus}))],
        ),
        change(
            "a deleted rule",
            ("InvoiceApprovedToPaymentRule", "deleted", ""),
            "loses_events",
            vec![
                events(
                    "RemoveTargets",
                    json!({"Rule": rule, "EventBusName": bus, "Ids": ["target"]}),
                ),
                events("DeleteRule", json!({"Name": rule, "EventBusName": bus})),
            ],
        ),
    ]
}
