//! Event source mappings. One list of the account serves all.

use super::functions::{by_uuid, is_ours, tail_of_function};
use super::shape::pick;
use super::{Answer, Read, Readers, part};
use crate::detect::is_same_part;
use crate::live::{Facts, Found};
use crate::resolve::{Resource, Stack};
use requests::{Api, Call, Service, Trouble, encode};
use serde_json::{Value, json};
use std::rc::Rc;

pub async fn mapping<A: Api>(readers: &Readers<A>, _: &Stack, resource: &Resource) -> Read {
    let every = every(readers).await?;
    let same = || {
        every.as_array()?.iter().find(|mapping| {
            let told = properties(mapping);
            told.as_object()
                .is_some_and(|told| is_same_part(resource, "AWS::Lambda::EventSourceMapping", told))
        })
    };
    let Some(mapping) = by_uuid(&every, &resource.physical_id).or_else(same) else {
        return Ok(Facts::Gone);
    };
    let mut found = Found::of(properties(mapping));
    if let Some(arn) = mapping["EventSourceMappingArn"].as_str() {
        let path = format!("/2017-03-31/tags/{}", encode(arn));
        let answer = readers
            .ask(Call::get(Service::Lambda, "ListTags", path))
            .await;
        part(
            &mut found,
            "Tags",
            answer.map(|tags| Rc::new(tags["Tags"].clone())),
        )?;
    }
    let id = mapping["UUID"].clone();
    Ok(found
        .under(&id, &resource.physical_id)
        .attribute("Id", &id)
        .into())
}

/// Every mapping of the account.
pub async fn every<A: Api>(readers: &Readers<A>) -> Answer {
    let mut all = Vec::new();
    let mut marker = String::new();
    loop {
        let path = format!("/2015-03-31/event-source-mappings/?MaxItems=100{marker}");
        let call = Call::get(Service::Lambda, "ListEventSourceMappings", path);
        let answer = readers.ask(call).await?;
        let page = answer["EventSourceMappings"].as_array();
        all.extend(page.into_iter().flatten().cloned());
        match answer["NextMarker"].as_str() {
            Some(next) if !next.is_empty() => marker = format!("&Marker={}", encode(next)),
            _ => return Ok(Rc::new(Value::Array(all))),
        }
    }
}

/// Mappings by which a function that is not ours takes what one of our queues or streams holds.
pub async fn foreign<A: Api>(
    readers: &Readers<A>,
    stack: &Stack,
    source: &str,
    found: &mut Found,
) -> Result<(), Trouble> {
    let every = every(readers).await?;
    for mapping in every.as_array().into_iter().flatten() {
        if mapping["EventSourceArn"] == source
            && !is_ours(stack, tail_of_function(&mapping["FunctionArn"]))
        {
            let id = mapping["UUID"].as_str().unwrap_or_default();
            found.child("AWS::Lambda::EventSourceMapping", id, properties(mapping));
        }
    }
    Ok(())
}

/// A mapping in CloudFormation's shape.
pub fn properties(mapping: &Value) -> Value {
    let mut properties = pick(
        mapping,
        &[
            "BatchSize",
            "BisectBatchOnFunctionError",
            "DestinationConfig",
            "EventSourceArn",
            "FilterCriteria",
            "FunctionResponseTypes",
            "MaximumBatchingWindowInSeconds",
            "MaximumRecordAgeInSeconds",
            "MaximumRetryAttempts",
            "MetricsConfig",
            "ParallelizationFactor",
            "ProvisionedPollerConfig",
            "ScalingConfig",
            "StartingPosition",
            "TumblingWindowInSeconds",
        ],
    );
    let off = matches!(mapping["State"].as_str(), Some("Disabled" | "Disabling"));
    properties["Enabled"] = (!off).into();
    properties["FunctionName"] = tail_of_function(&mapping["FunctionArn"]).into();
    properties["KmsKeyArn"] = mapping["KMSKeyArn"].clone();
    let is_queue = mapping["EventSourceArn"]
        .as_str()
        .is_some_and(|arn| arn.contains(":sqs:"));
    // Queues have no position; some answers name one all the same.
    if is_queue && let Some(told) = properties.as_object_mut() {
        told.remove("StartingPosition");
    }
    if properties["DestinationConfig"]["OnFailure"]["Destination"].is_null() {
        properties["DestinationConfig"] = json!(null);
    }
    properties
}
