//! Tables.

use super::{Touched, body, says, text_of};
use crate::finding::Finding;
use requests::{Call, Service};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What can be set on a table without rebuilding it.
pub const OF_TABLE: &[&str] = &[
    "AttributeDefinitions",
    "BillingMode",
    "ContributorInsightsSpecification",
    "DeletionProtectionEnabled",
    "GlobalSecondaryIndexes",
    "KinesisStreamSpecification",
    "OnDemandThroughput",
    "PointInTimeRecoverySpecification",
    "ProvisionedThroughput",
    "Replicas",
    "ResourcePolicy",
    "SSESpecification",
    "StreamSpecification",
    "TableClass",
    "Tags",
    "TimeToLiveSpecification",
];

pub fn set_table(touched: &Touched<'_>) -> Vec<Call> {
    let name = touched.resource.name();
    let call = |operation, input| Call::new(Service::DynamoDb, operation, input);
    let update =
        |member: &str, value: Value| call("UpdateTable", json!({"TableName": name, member: value}));
    let mut calls = Vec::new();
    if touched.has("TimeToLiveSpecification") {
        let told = touched.told("TimeToLiveSpecification");
        let attribute = told.map(|told| told["AttributeName"].clone()).or_else(|| {
            let there = touched.undeclared("TimeToLiveSpecification");
            there.first().map(|there| there["AttributeName"].clone())
        });
        let on = told.is_some_and(|told| told["Enabled"] == true);
        let input = json!({"TableName": name, "TimeToLiveSpecification": {"AttributeName": attribute, "Enabled": on}});
        calls.push(call("UpdateTimeToLive", input));
    }
    if touched.has("PointInTimeRecoverySpecification") {
        let off = || json!({"PointInTimeRecoveryEnabled": false});
        let told = touched.told("PointInTimeRecoverySpecification").cloned();
        let input = json!({"TableName": name, "PointInTimeRecoverySpecification": told.unwrap_or_else(off)});
        calls.push(call("UpdateContinuousBackups", input));
    }
    if touched.has("DeletionProtectionEnabled") {
        let on = says(touched.told("DeletionProtectionEnabled"));
        calls.push(update("DeletionProtectionEnabled", on.into()));
    }
    if touched.has("BillingMode") || touched.has("ProvisionedThroughput") {
        let mut input =
            json!({"TableName": name, "BillingMode": touched.told_or_default("BillingMode")});
        if let Some(throughput) = touched.told("ProvisionedThroughput") {
            input["ProvisionedThroughput"] = throughput.clone();
        }
        calls.push(call("UpdateTable", input));
    }
    if touched.has("SSESpecification") {
        let told = touched.told("SSESpecification").map(sse);
        let off = || json!({"Enabled": false});
        calls.push(update("SSESpecification", told.unwrap_or_else(off)));
    }
    if touched.has("StreamSpecification") {
        let off = json!({"StreamEnabled": false});
        match touched.told("StreamSpecification") {
            Some(told) => {
                let there = touched.findings.iter().any(|finding| {
                    finding.path.starts_with("StreamSpecification") && finding.actual.is_some()
                });
                // A stream of another kind must go before this one can come.
                if there {
                    calls.push(update("StreamSpecification", off));
                }
                let on = json!({"StreamEnabled": true, "StreamViewType": told["StreamViewType"]});
                calls.push(update("StreamSpecification", on));
            }
            None => calls.push(update("StreamSpecification", off)),
        }
    }
    if touched.has("OnDemandThroughput") {
        // Less than nothing is no limit.
        let told = touched.told("OnDemandThroughput").cloned();
        let none = || json!({"MaxReadRequestUnits": -1, "MaxWriteRequestUnits": -1});
        calls.push(update("OnDemandThroughput", told.unwrap_or_else(none)));
    }
    calls.extend(indexes(touched));
    // Attributes come and go with the indexes that use them.
    if touched.has("AttributeDefinitions") && !touched.has(INDEXES) {
        let told = touched.told_or_default("AttributeDefinitions");
        calls.push(update("AttributeDefinitions", told));
    }
    if touched.has("KinesisStreamSpecification") {
        let told = touched.told("KinesisStreamSpecification");
        let stream = |spec: &Value| json!({"TableName": name, "StreamArn": spec["StreamArn"]});
        for there in touched.there("KinesisStreamSpecification", "StreamArn") {
            let input = json!({"TableName": name, "StreamArn": there});
            calls.push(call("DisableKinesisStreamingDestination", input));
        }
        calls.extend(told.map(|told| call("EnableKinesisStreamingDestination", stream(told))));
    }
    if touched.has("ContributorInsightsSpecification") {
        let on = touched
            .told("ContributorInsightsSpecification")
            .is_some_and(|told| told["Enabled"] == true);
        let action = if on { "ENABLE" } else { "DISABLE" };
        let input = json!({"TableName": name, "ContributorInsightsAction": action});
        calls.push(call("UpdateContributorInsights", input));
    }
    for replica in touched.undeclared("Replicas") {
        let gone = json!([{"Delete": {"RegionName": replica["Region"]}}]);
        calls.push(update("ReplicaUpdates", gone));
    }
    if touched.has("TableClass") {
        calls.push(update("TableClass", touched.told_or_default("TableClass")));
    }
    if touched.has("ResourcePolicy")
        && let Some(arn) = crate::resolve::arn_of(touched.stack, touched.resource)
    {
        calls.push(match touched.told("ResourcePolicy") {
            Some(told) => call(
                "PutResourcePolicy",
                json!({"ResourceArn": arn, "Policy": text_of(&told["PolicyDocument"])}),
            ),
            None => call("DeleteResourcePolicy", json!({ "ResourceArn": arn })),
        });
    }
    calls
}

/// A table changes one index at a time: what was added goes, what is gone comes back, and what differs goes to come back
/// in the next round.
fn indexes(touched: &Touched<'_>) -> Vec<Call> {
    if !touched.has(INDEXES) {
        return Vec::new();
    }
    let name = touched.resource.name();
    let update = |change: Value| {
        let mut input = json!({"TableName": name, "GlobalSecondaryIndexUpdates": [change]});
        if let Some(definitions) = touched.told("AttributeDefinitions") {
            input["AttributeDefinitions"] = definitions.clone();
        }
        Call::new(Service::DynamoDb, "UpdateTable", input)
    };
    let declared = touched.told(INDEXES).and_then(Value::as_array);
    let declared = |name: &str| {
        let mut all = declared.into_iter().flatten();
        all.find(|index| index["IndexName"] == *name)
    };
    let of_indexes = touched
        .findings
        .iter()
        .filter(|finding| finding.path.starts_with(INDEXES));
    let mut calls = Vec::new();
    let mut seen = BTreeSet::new();
    for finding in of_indexes {
        for name in index_names(finding, touched.told(INDEXES)) {
            if !seen.insert(name.clone()) {
                continue;
            }
            // What is there under a declared name is another index: it goes first.
            let whole = finding.path.ends_with(']') || finding.path == INDEXES;
            calls.push(match declared(&name) {
                Some(told) if whole && finding.actual.is_none() => {
                    update(json!({ "Create": told }))
                }
                _ => update(json!({"Delete": {"IndexName": name}})),
            });
        }
    }
    calls
}

/// The indexes that a finding is about: the one in its path, else all of its lists, else those that were declared.
fn index_names(finding: &Finding, declared: Option<&Value>) -> Vec<String> {
    let in_path = finding.path.split_once("[IndexName=").map(|(_, rest)| rest);
    if let Some(rest) = in_path {
        let name = rest.split(']').next().unwrap_or(rest);
        return vec![name.trim_matches('"').to_owned()];
    }
    let lists = [finding.expected.as_ref(), finding.actual.as_ref()];
    let names = |lists: &[Option<&Value>]| -> Vec<String> {
        let all = lists
            .iter()
            .flatten()
            .flat_map(|list| list.as_array())
            .flatten();
        all.filter_map(|index| index["IndexName"].as_str().map(str::to_owned))
            .collect()
    };
    match names(&lists) {
        none if none.is_empty() => names(&[declared]),
        some => some,
    }
}

const INDEXES: &str = "GlobalSecondaryIndexes";

/// The table as it was declared, empty. What its own call doesn't take is set in the next round.
pub fn make_table(touched: &Touched<'_>) -> Vec<Call> {
    let names = [
        "AttributeDefinitions",
        "BillingMode",
        "DeletionProtectionEnabled",
        "GlobalSecondaryIndexes",
        "KeySchema",
        "LocalSecondaryIndexes",
        "OnDemandThroughput",
        "ProvisionedThroughput",
        "TableClass",
        "Tags",
    ];
    let told = names
        .into_iter()
        .filter_map(|name| Some((name, touched.told(name)?.clone())));
    let mut input = body(told);
    input["TableName"] = touched.resource.name().into();
    if let Some(stream) = touched.told("StreamSpecification") {
        input["StreamSpecification"] =
            json!({"StreamEnabled": true, "StreamViewType": stream["StreamViewType"]});
    }
    if let Some(told) = touched.told("SSESpecification") {
        input["SSESpecification"] = sse(told);
    }
    vec![Call::new(Service::DynamoDb, "CreateTable", input)]
}

fn sse(told: &Value) -> Value {
    json!({"Enabled": told["SSEEnabled"], "SSEType": "KMS", "KMSMasterKeyId": told["KMSMasterKeyId"]})
}
