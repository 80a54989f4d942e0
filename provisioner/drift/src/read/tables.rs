//! DynamoDB tables.

use super::shape::{pick, set};
use super::{Read, Readers, mappings, part};
use crate::live::Found;
use crate::resolve::{Resource, Stack};
use requests::{Api, Call, Service};
use serde_json::{Value, json};
use std::rc::Rc;

pub async fn table<A: Api>(readers: &Readers<A>, stack: &Stack, resource: &Resource) -> Read {
    let name = resource.name();
    let of = |operation| Call::new(Service::DynamoDb, operation, json!({ "TableName": name }));
    let answer = readers.ask(of("DescribeTable")).await?;
    let table = &answer["Table"];
    let mut found = Found::of(pick(
        table,
        &[
            "AttributeDefinitions",
            "KeySchema",
            "DeletionProtectionEnabled",
            "OnDemandThroughput",
        ],
    ));
    let properties = &mut found.properties;
    let on_demand = table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST";
    let mode = if on_demand {
        "PAY_PER_REQUEST"
    } else {
        "PROVISIONED"
    };
    set(properties, "BillingMode", mode.into());
    let throughput = |of: &Value| {
        pick(
            &of["ProvisionedThroughput"],
            &["ReadCapacityUnits", "WriteCapacityUnits"],
        )
    };
    if !on_demand {
        set(properties, "ProvisionedThroughput", throughput(table));
    }
    for kind in ["GlobalSecondaryIndexes", "LocalSecondaryIndexes"] {
        let indexes = table[kind].as_array().into_iter().flatten();
        let indexes = indexes.map(|index| {
            let mut told = pick(index, &["IndexName", "KeySchema", "Projection"]);
            if !on_demand && kind.starts_with('G') {
                told["ProvisionedThroughput"] = throughput(index);
            }
            told
        });
        set(properties, kind, indexes.collect());
    }
    if table["StreamSpecification"]["StreamEnabled"] == true {
        let view = pick(&table["StreamSpecification"], &["StreamViewType"]);
        set(properties, "StreamSpecification", view);
    }
    let sse = &table["SSEDescription"];
    if matches!(
        sse["Status"].as_str(),
        Some("ENABLED" | "ENABLING" | "UPDATING")
    ) {
        let told = json!({"SSEEnabled": true, "SSEType": sse["SSEType"], "KMSMasterKeyId": sse["KMSMasterKeyArn"]});
        set(properties, "SSESpecification", told);
    }
    let class = table["TableClassSummary"]["TableClass"].clone();
    set(properties, "TableClass", class);
    let replicas = table["Replicas"].as_array().into_iter().flatten();
    let replicas = replicas.map(|replica| json!({ "Region": replica["RegionName"] }));
    set(properties, "Replicas", replicas.collect());
    let arn = table["TableArn"].as_str().unwrap_or_default().to_owned();
    let (expiry, recovery, tags, policy, streams, insights) = tokio::join!(
        readers.ask(of("DescribeTimeToLive")),
        readers.ask(of("DescribeContinuousBackups")),
        readers.tags(
            stack,
            &arn,
            Call::new(
                Service::DynamoDb,
                "ListTagsOfResource",
                json!({ "ResourceArn": arn })
            ),
            "Tags",
        ),
        readers.ask(Call::new(
            Service::DynamoDb,
            "GetResourcePolicy",
            json!({ "ResourceArn": arn })
        )),
        readers.ask(of("DescribeKinesisStreamingDestination")),
        readers.pages(
            Call::new(
                Service::DynamoDb,
                "ListContributorInsights",
                json!({ "MaxResults": 100 })
            ),
            "ContributorInsightsSummaries",
            ("NextToken", "NextToken"),
        ),
    );
    part(
        &mut found,
        "TimeToLiveSpecification",
        expiry.map(|answer| Rc::new(time_to_live(&answer))),
    )?;
    part(
        &mut found,
        "PointInTimeRecoverySpecification",
        recovery.map(|answer| Rc::new(point_in_time(&answer))),
    )?;
    part(&mut found, "Tags", tags)?;
    let policy = policy.map(|answer| match &answer["Policy"] {
        Value::Null => Rc::new(Value::Null),
        policy => Rc::new(json!({ "PolicyDocument": policy })),
    });
    part(&mut found, "ResourcePolicy", policy)?;
    part(
        &mut found,
        "KinesisStreamSpecification",
        streams.map(|answer| Rc::new(streamed_to(&answer))),
    )?;
    part(
        &mut found,
        "ContributorInsightsSpecification",
        insights.map(|all| Rc::new(insights_of(&all, name))),
    )?;
    let stream = &table["LatestStreamArn"];
    if let Some(stream) = stream.as_str() {
        mappings::foreign(readers, stack, stream, &mut found).await?;
    }
    Ok(found
        .attribute("Arn", &table["TableArn"])
        .attribute("StreamArn", stream)
        .into())
}

fn time_to_live(answer: &Value) -> Value {
    let told = &answer["TimeToLiveDescription"];
    match told["TimeToLiveStatus"].as_str() {
        Some("ENABLED" | "ENABLING") => {
            json!({"AttributeName": told["AttributeName"], "Enabled": true})
        }
        _ => Value::Null,
    }
}

/// Where the table's changes are streamed to besides its own stream; one destination is what a table can have.
fn streamed_to(answer: &Value) -> Value {
    let all = answer["KinesisDataStreamDestinations"].as_array();
    let on = ["ACTIVE", "ENABLING", "UPDATING"];
    let mut on = all.into_iter().flatten().filter(|one| {
        let status = one["DestinationStatus"].as_str();
        status.is_some_and(|status| on.contains(&status))
    });
    on.next()
        .map_or(Value::Null, |one| json!({ "StreamArn": one["StreamArn"] }))
}

fn insights_of(all: &Value, table: &str) -> Value {
    let of_table = all.as_array().into_iter().flatten().find(|one| {
        let named = one["TableName"].as_str().unwrap_or_default();
        named.rsplit('/').next() == Some(table) && one["IndexName"].is_null()
    });
    match of_table.and_then(|one| one["ContributorInsightsStatus"].as_str()) {
        Some("ENABLED" | "ENABLING") => json!({ "Enabled": true }),
        _ => Value::Null,
    }
}

fn point_in_time(answer: &Value) -> Value {
    let told = &answer["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"];
    if told["PointInTimeRecoveryStatus"] != "ENABLED" {
        return Value::Null;
    }
    let mut recovery = json!({ "PointInTimeRecoveryEnabled": true });
    if let Some(days) = told.get("RecoveryPeriodInDays") {
        recovery["RecoveryPeriodInDays"] = days.clone();
    }
    recovery
}
