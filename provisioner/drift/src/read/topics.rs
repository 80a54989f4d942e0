//! SNS topics, their policies and subscriptions.

use super::shape::{parsed, pick, set};
use super::{Answer, Read, Readers, incoming, part};
use crate::detect::is_same_part;
use crate::live::{Facts, Found};
use crate::resolve::{Resource, Stack};
use requests::{Api, Call, Service};
use serde_json::{Map, Value, json};

pub async fn topic<A: Api>(readers: &Readers<A>, stack: &Stack, resource: &Resource) -> Read {
    let arn = resource.physical_id.as_str();
    let (answer, tags, subscriptions) = tokio::join!(
        attributes(readers, arn),
        readers.tags(
            stack,
            arn,
            Call::new(
                Service::Sns,
                "ListTagsForResource",
                json!({ "ResourceArn": arn })
            ),
            "Tags",
        ),
        subscriptions(readers, arn),
    );
    let answer = answer?;
    let told = &answer["Attributes"];
    let mut found = Found::of(pick(
        told,
        &[
            "ContentBasedDeduplication",
            "DeliveryPolicy",
            "DisplayName",
            "FifoTopic",
            "KmsMasterKeyId",
            "SignatureVersion",
            "TracingConfig",
        ],
    ));
    if found.properties.get("DisplayName").and_then(Value::as_str) == Some(resource.name()) {
        found.properties.remove("DisplayName");
    }
    let logging = delivery_status(told);
    set(&mut found.properties, "DeliveryStatusLogging", logging);
    part(&mut found, "Tags", tags)?;
    let policy = parsed(&told["Policy"]);
    if policy.is_object() && !is_default_policy(&policy) {
        let child = json!({"Topics": [arn], "PolicyDocument": policy});
        found.child("AWS::SNS::TopicPolicy", arn, child);
    }
    for subscription in subscriptions?.as_array().into_iter().flatten() {
        let id = subscription["SubscriptionArn"].as_str().unwrap_or_default();
        let told = pick(subscription, &["TopicArn", "Protocol", "Endpoint"]);
        found.child("AWS::SNS::Subscription", id, told);
    }
    incoming::at(readers, stack, arn, &mut found).await?;
    Ok(found.into())
}

/// Who logs how deliveries went, a protocol each: the topic has an attribute for each of three settings.
fn delivery_status(told: &Value) -> Value {
    let protocols = [
        ("application", "Application"),
        ("firehose", "Firehose"),
        ("http/s", "HTTP"),
        ("lambda", "Lambda"),
        ("sqs", "SQS"),
    ];
    let all = protocols.into_iter().filter_map(|(protocol, prefix)| {
        let settings = FEEDBACK.iter().filter_map(|(name, _)| {
            let value = told.get(format!("{prefix}{name}"))?.clone();
            Some(((*name).to_owned(), value)).filter(|(_, value)| value != "")
        });
        let mut settings: Map<String, Value> = settings.collect();
        if settings.is_empty() {
            return None;
        }
        settings.insert("Protocol".into(), protocol.into());
        Some(Value::Object(settings))
    });
    all.collect()
}

/// The settings of delivery logging, and what each is without a declaration.
pub const FEEDBACK: [(&str, &str); 3] = [
    ("SuccessFeedbackRoleArn", ""),
    ("SuccessFeedbackSampleRate", "0"),
    ("FailureFeedbackRoleArn", ""),
];

/// What every topic has that nobody gave a policy: only its own account may use it.
fn is_default_policy(policy: &Value) -> bool {
    let statements = policy["Statement"].as_array();
    statements.is_some_and(|all| {
        let own = |statement: &Value| {
            let condition = &statement["Condition"]["StringEquals"];
            !condition["AWS:SourceOwner"].is_null() || !condition["AWS:SourceAccount"].is_null()
        };
        all.len() == 1 && all[0]["Sid"] == "__default_statement_ID" && own(&all[0])
    })
}

pub async fn policy<A: Api>(readers: &Readers<A>, _: &Stack, resource: &Resource) -> Read {
    let topics = &resource.properties["Topics"];
    let Some(arn) = topics[0].as_str() else {
        return Ok(Facts::NotRead("its topic is not known".to_owned()));
    };
    let answer = attributes(readers, arn).await?;
    let policy = parsed(&answer["Attributes"]["Policy"]);
    if !policy.is_object() || is_default_policy(&policy) {
        return Ok(Facts::Gone);
    }
    Ok(Found::of(json!({"Topics": topics, "PolicyDocument": policy})).into())
}

/// A subscription by its ARN, else the same one made again under another.
pub async fn subscription<A: Api>(readers: &Readers<A>, _: &Stack, resource: &Resource) -> Read {
    let Some(topic) = resource.text("TopicArn") else {
        return Ok(Facts::NotRead("its topic is not known".to_owned()));
    };
    let all = subscriptions(readers, topic).await?;
    let all = all.as_array().into_iter().flatten();
    let mut candidates = all.filter(|subscription| {
        subscription["SubscriptionArn"] == resource.physical_id.as_str()
            || subscription
                .as_object()
                .is_some_and(|told| is_same_part(resource, "AWS::SNS::Subscription", told))
    });
    let Some(subscription) = candidates.next() else {
        return Ok(Facts::Gone);
    };
    let mut found = Found::of(pick(subscription, &["TopicArn", "Protocol", "Endpoint"]));
    let arn = &subscription["SubscriptionArn"];
    let answer = readers
        .ask(Call::new(
            Service::Sns,
            "GetSubscriptionAttributes",
            json!({ "SubscriptionArn": arn }),
        ))
        .await?;
    for name in [
        "DeliveryPolicy",
        "FilterPolicy",
        "FilterPolicyScope",
        "RawMessageDelivery",
        "RedrivePolicy",
        "SubscriptionRoleArn",
    ] {
        set(
            &mut found.properties,
            name,
            answer["Attributes"][name].clone(),
        );
    }
    Ok(found
        .under(arn, &resource.physical_id)
        .attribute("Arn", arn)
        .into())
}

async fn attributes<A: Api>(readers: &Readers<A>, arn: &str) -> Answer {
    let call = Call::new(
        Service::Sns,
        "GetTopicAttributes",
        json!({ "TopicArn": arn }),
    );
    readers.ask(call).await
}

async fn subscriptions<A: Api>(readers: &Readers<A>, arn: &str) -> Answer {
    let call = Call::new(
        Service::Sns,
        "ListSubscriptionsByTopic",
        json!({ "TopicArn": arn }),
    );
    readers
        .pages(call, "Subscriptions", ("NextToken", "NextToken"))
        .await
}
