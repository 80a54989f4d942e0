//! Queues, topics, subscriptions and their policies.

use super::{Touched, text_of};
use crate::canonical;
use crate::read::FEEDBACK;
use crate::resolve::Stack;
use requests::{Call, Service};
use serde_json::{Map, Value, json};

/// What can be set on a queue.
pub const OF_QUEUE: &[&str] = &[
    "ContentBasedDeduplication",
    "DelaySeconds",
    "KmsDataKeyReusePeriodSeconds",
    "KmsMasterKeyId",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
    "RedriveAllowPolicy",
    "RedrivePolicy",
    "SqsManagedSseEnabled",
    "Tags",
    "VisibilityTimeout",
];

/// What can be set on a topic.
pub const OF_TOPIC: &[&str] = &[
    "DeliveryPolicy",
    "DeliveryStatusLogging",
    "DisplayName",
    "KmsMasterKeyId",
    "SignatureVersion",
    "Tags",
    "TracingConfig",
];

/// What can be set on a subscription.
pub const OF_SUBSCRIPTION: &[&str] = &[
    "DeliveryPolicy",
    "FilterPolicy",
    "FilterPolicyScope",
    "RawMessageDelivery",
    "RedrivePolicy",
    "SubscriptionRoleArn",
];

fn attributes(touched: &Touched<'_>, names: &[&str]) -> Map<String, Value> {
    let names = names
        .iter()
        .filter(|name| **name != "Tags" && **name != LOGGING && touched.has(name));
    names
        .map(|name| {
            (
                (*name).to_owned(),
                text_of(&touched.told_or_default(name)).into(),
            )
        })
        .collect()
}

pub fn set_queue(touched: &Touched<'_>) -> Vec<Call> {
    let attributes = attributes(touched, OF_QUEUE);
    if attributes.is_empty() {
        return Vec::new();
    }
    let input = json!({"QueueUrl": touched.resource.physical_id, "Attributes": attributes});
    vec![Call::new(Service::Sqs, "SetQueueAttributes", input)]
}

pub fn make_queue(touched: &Touched<'_>) -> Vec<Call> {
    let name = touched.resource.physical_id.rsplit('/').next();
    let mut attributes = attributes(touched, OF_QUEUE);
    if let Some(fifo) = touched.told("FifoQueue") {
        attributes.insert("FifoQueue".into(), text_of(fifo).into());
    }
    let tags = touched
        .told("Tags")
        .map(canonical::tags)
        .unwrap_or_else(|| json!({}));
    let input = json!({"QueueName": name, "Attributes": attributes, "tags": tags});
    vec![Call::new(Service::Sqs, "CreateQueue", input)]
}

pub fn put_queue_policy(touched: &Touched<'_>) -> Vec<Call> {
    let policy = text_of(&touched.told_or_default("PolicyDocument"));
    let queues = touched.told("Queues").and_then(Value::as_array);
    let queues = queues.into_iter().flatten();
    queues
        .map(|queue| {
            let input = json!({"QueueUrl": queue, "Attributes": {"Policy": policy}});
            Call::new(Service::Sqs, "SetQueueAttributes", input)
        })
        .collect()
}

pub fn remove_queue_policy(url: &str) -> Vec<Call> {
    let input = json!({"QueueUrl": url, "Attributes": {"Policy": ""}});
    vec![Call::new(Service::Sqs, "SetQueueAttributes", input)]
}

/// One property of the template, fifteen attributes of the topic.
const LOGGING: &str = "DeliveryStatusLogging";

/// The attributes of delivery logging that were declared, and those that somebody set, unset.
fn delivery_status(touched: &Touched<'_>) -> Vec<(String, Value)> {
    if !touched.has(LOGGING) {
        return Vec::new();
    }
    let told = touched.told(LOGGING).and_then(Value::as_array);
    let told = told.into_iter().flatten();
    let of = |one: &Value, unset: bool| -> Vec<(String, Value)> {
        let prefix = match one["Protocol"].as_str().unwrap_or_default() {
            "http/s" => "HTTP",
            "sqs" => "SQS",
            "lambda" => "Lambda",
            "firehose" => "Firehose",
            _ => "Application",
        };
        let settings = FEEDBACK.iter().filter(|(name, _)| one.get(*name).is_some());
        let settings = settings.map(|(name, nothing)| {
            let value = if unset {
                (*nothing).into()
            } else {
                text_of(&one[*name]).into()
            };
            (format!("{prefix}{name}"), value)
        });
        settings.collect()
    };
    let there = touched.undeclared(LOGGING);
    let mut all: Vec<_> = there.iter().flat_map(|one| of(one, true)).collect();
    all.extend(told.flat_map(|one| of(one, false)));
    all
}

pub fn set_topic(touched: &Touched<'_>) -> Vec<Call> {
    let attributes = attributes(touched, OF_TOPIC).into_iter();
    attributes
        .chain(delivery_status(touched))
        .map(|(name, value)| topic_attribute(&touched.resource.physical_id, &name, value))
        .collect()
}

fn topic_attribute(arn: &str, name: &str, value: Value) -> Call {
    let input = json!({"TopicArn": arn, "AttributeName": name, "AttributeValue": value});
    Call::new(Service::Sns, "SetTopicAttributes", input)
}

pub fn make_topic(touched: &Touched<'_>) -> Vec<Call> {
    let tags = touched.told("Tags").cloned().unwrap_or_else(|| json!([]));
    let input = json!({"Name": touched.resource.name(), "Attributes": attributes(touched, OF_TOPIC), "Tags": tags});
    vec![Call::new(Service::Sns, "CreateTopic", input)]
}

pub fn put_topic_policy(touched: &Touched<'_>) -> Vec<Call> {
    let policy = text_of(&touched.told_or_default("PolicyDocument"));
    let topics = touched.told("Topics").and_then(Value::as_array);
    let topics = topics.into_iter().flatten().filter_map(Value::as_str);
    topics
        .map(|topic| topic_attribute(topic, "Policy", policy.clone().into()))
        .collect()
}

/// A topic is never without a policy: this is the one that it is made with.
pub fn default_topic_policy(stack: &Stack, arn: &str) -> Vec<Call> {
    let policy = json!({
        "Version": "2008-10-17", "Id": "__default_policy_ID",
        "Statement": [{"Sid": "__default_statement_ID", "Effect": "Allow", "Principal": {"AWS": "*"},
            "Action": ["SNS:GetTopicAttributes", "SNS:SetTopicAttributes", "SNS:AddPermission", "SNS:RemovePermission",
                       "SNS:DeleteTopic", "SNS:Subscribe", "SNS:ListSubscriptionsByTopic", "SNS:Publish"],
            "Resource": arn, "Condition": {"StringEquals": {"AWS:SourceOwner": stack.place.account}}}],
    });
    vec![topic_attribute(arn, "Policy", policy.to_string().into())]
}

pub fn set_subscription(touched: &Touched<'_>) -> Vec<Call> {
    let attributes = attributes(touched, OF_SUBSCRIPTION).into_iter();
    attributes
        .map(|(name, value)| {
            let value = match (name.as_str(), value.as_str()) {
                // Without a declaration there is no filter, and messages come wrapped.
                ("FilterPolicy", Some("")) => "{}".into(),
                ("RawMessageDelivery", Some("")) => "false".into(),
                _ => value,
            };
            let arn = touched.id();
            let input =
                json!({"SubscriptionArn": arn, "AttributeName": name, "AttributeValue": value});
            Call::new(Service::Sns, "SetSubscriptionAttributes", input)
        })
        .collect()
}

pub fn subscribe(touched: &Touched<'_>) -> Vec<Call> {
    let told = |name| touched.told_or_default(name);
    let input = json!({"TopicArn": told("TopicArn"), "Protocol": told("Protocol"), "Endpoint": told("Endpoint"),
        "Attributes": attributes(touched, OF_SUBSCRIPTION), "ReturnSubscriptionArn": true});
    vec![Call::new(Service::Sns, "Subscribe", input)]
}

pub fn unsubscribe(arn: &str) -> Vec<Call> {
    vec![Call::new(
        Service::Sns,
        "Unsubscribe",
        json!({ "SubscriptionArn": arn }),
    )]
}
