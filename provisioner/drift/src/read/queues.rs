//! SQS queues and their policies.

use super::shape::{parsed, pick};
use super::{Answer, Read, Readers, incoming, mappings, part};
use crate::live::{Facts, Found};
use crate::resolve::{Resource, Stack};
use requests::{Api, Call, Service};
use serde_json::json;

pub async fn queue<A: Api>(readers: &Readers<A>, stack: &Stack, resource: &Resource) -> Read {
    let url = resource.physical_id.as_str();
    let answer = attributes(readers, url).await?;
    let told = &answer["Attributes"];
    let mut found = Found::of(pick(
        told,
        &[
            "ContentBasedDeduplication",
            "DeduplicationScope",
            "DelaySeconds",
            "FifoQueue",
            "FifoThroughputLimit",
            "KmsDataKeyReusePeriodSeconds",
            "KmsMasterKeyId",
            "MaximumMessageSize",
            "MessageRetentionPeriod",
            "ReceiveMessageWaitTimeSeconds",
            "RedriveAllowPolicy",
            "RedrivePolicy",
            "VisibilityTimeout",
        ],
    ));
    // With a key of ours SQS' own encryption is off, which says nothing.
    let encrypted = told["KmsMasterKeyId"]
        .as_str()
        .is_some_and(|key| !key.is_empty());
    if !encrypted && let Some(managed) = told.get("SqsManagedSseEnabled") {
        found
            .properties
            .insert("SqsManagedSseEnabled".into(), managed.clone());
    }
    let arn = told["QueueArn"].as_str().unwrap_or_default().to_owned();
    let alone = Call::new(Service::Sqs, "ListQueueTags", json!({ "QueueUrl": url }));
    part(
        &mut found,
        "Tags",
        readers.tags(stack, &arn, alone, "Tags").await,
    )?;
    let policy = parsed(&told["Policy"]);
    if policy.is_object() {
        let child = json!({"Queues": [url], "PolicyDocument": policy});
        found.child("AWS::SQS::QueuePolicy", url, child);
    }
    mappings::foreign(readers, stack, &arn, &mut found).await?;
    incoming::at(readers, stack, &arn, &mut found).await?;
    Ok(found.attribute("Arn", &told["QueueArn"]).into())
}

/// A queue's policy is one of its attributes; ours belong to one queue each.
pub async fn policy<A: Api>(readers: &Readers<A>, _: &Stack, resource: &Resource) -> Read {
    let queues = &resource.properties["Queues"];
    let Some(url) = queues[0].as_str() else {
        return Ok(Facts::NotRead("its queue is not known".to_owned()));
    };
    let answer = attributes(readers, url).await?;
    let policy = parsed(&answer["Attributes"]["Policy"]);
    if !policy.is_object() {
        return Ok(Facts::Gone);
    }
    Ok(Found::of(json!({"Queues": queues, "PolicyDocument": policy})).into())
}

async fn attributes<A: Api>(readers: &Readers<A>, url: &str) -> Answer {
    let input = json!({"QueueUrl": url, "AttributeNames": ["All"]});
    readers
        .ask(Call::new(Service::Sqs, "GetQueueAttributes", input))
        .await
}
