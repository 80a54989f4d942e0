//! Log groups, and what takes their lines elsewhere.

use super::shape::{find, list, parsed, pick, set};
use super::{Read, Readers, part};
use crate::live::{Facts, Found};
use crate::resolve::{Resource, Stack};
use requests::{Api, Call, Service, Trouble};
use serde_json::json;

pub async fn group<A: Api>(readers: &Readers<A>, stack: &Stack, resource: &Resource) -> Read {
    let name = resource.physical_id.as_str();
    let groups = Call::new(
        Service::Logs,
        "DescribeLogGroups",
        json!({ "logGroupNamePrefix": shared_prefix(name, &stack.place.stack_name) }),
    );
    let groups = readers
        .pages(groups, "logGroups", ("nextToken", "nextToken"))
        .await?;
    let Some(group) = find(&groups, "logGroupName", name) else {
        return Ok(Facts::Gone);
    };
    let mut found = Found::default();
    set(
        &mut found.properties,
        "RetentionInDays",
        group["retentionInDays"].clone(),
    );
    set(&mut found.properties, "KmsKeyId", group["kmsKeyId"].clone());
    set(
        &mut found.properties,
        "LogGroupClass",
        group["logGroupClass"].clone(),
    );
    // The list tells of both without a request more.
    if group["deletionProtectionEnabled"] == true {
        set(
            &mut found.properties,
            "DeletionProtectionEnabled",
            true.into(),
        );
    }
    if group["dataProtectionStatus"] == "ACTIVATED" {
        set(
            &mut found.properties,
            "DataProtectionPolicy",
            json!({"Status": "ACTIVATED"}),
        );
    }
    let arn = group["arn"].as_str().unwrap_or_default();
    let bare = arn.trim_end_matches(":*");
    let subscriptions = Call::new(
        Service::Logs,
        "DescribeSubscriptionFilters",
        json!({ "logGroupName": name }),
    );
    let (tags, subscriptions) = tokio::join!(
        readers.tags(
            stack,
            bare,
            Call::new(
                Service::Logs,
                "ListTagsForResource",
                json!({ "resourceArn": bare })
            ),
            "tags",
        ),
        readers.pages(
            subscriptions,
            "subscriptionFilters",
            ("nextToken", "nextToken")
        ),
    );
    part(&mut found, "Tags", tags)?;
    for filter in subscriptions?.as_array().into_iter().flatten() {
        let id = filter["filterName"].as_str().unwrap_or_default();
        let told = json!({"LogGroupName": name, "FilterName": id,
            "FilterPattern": filter["filterPattern"], "DestinationArn": filter["destinationArn"]});
        found.child(
            "AWS::Logs::SubscriptionFilter",
            format!("{name}|{id}"),
            told,
        );
    }
    if group["metricFilterCount"].as_i64().unwrap_or_default() > 0 {
        let metrics = Call::new(
            Service::Logs,
            "DescribeMetricFilters",
            json!({ "logGroupName": name }),
        );
        let metrics = readers
            .pages(metrics, "metricFilters", ("nextToken", "nextToken"))
            .await?;
        for filter in metrics.as_array().into_iter().flatten() {
            let id = filter["filterName"].as_str().unwrap_or_default();
            let mut told = pick(filter, &["filterPattern"]);
            told["LogGroupName"] = name.into();
            told["FilterName"] = id.into();
            found.child("AWS::Logs::MetricFilter", format!("{name}|{id}"), told);
        }
    }
    policies(readers, name, &mut found).await?;
    let arn = json!(format!("{bare}:*"));
    Ok(found.attribute("Arn", &arn).into())
}

/// Policies of the account that name the group. Those that the delivery of logs writes for itself are nobody's change.
async fn policies<A: Api>(
    readers: &Readers<A>,
    group: &str,
    found: &mut Found,
) -> Result<(), Trouble> {
    let every = Call::new(Service::Logs, "DescribeResourcePolicies", json!({}));
    let every = readers
        .pages(every, "resourcePolicies", ("nextToken", "nextToken"))
        .await;
    let every = match every {
        Err(trouble) => return part(found, "ResourcePolicies", Err(trouble)),
        Ok(every) => every,
    };
    let named = format!(":log-group:{group}");
    for policy in every.as_array().into_iter().flatten() {
        let id = policy["policyName"].as_str().unwrap_or_default();
        let document = parsed(&policy["policyDocument"]);
        let statements = list(document["Statement"].clone()).into_iter();
        let names_it = statements
            .flat_map(|statement| list(statement["Resource"].clone()))
            .any(|resource| {
                let rest = resource.as_str().and_then(|arn| arn.split_once(&named));
                rest.is_some_and(|(_, rest)| rest.is_empty() || rest.starts_with([':', '*']))
            });
        if names_it && !id.starts_with("AWSLogDelivery") {
            let told = json!({"PolicyName": id, "PolicyDocument": document});
            found.child("AWS::Logs::ResourcePolicy", id, told);
        }
    }
    Ok(())
}

/// Up to the stack's name, where it stands in a group's: then one list tells of all of them.
fn shared_prefix<'a>(name: &'a str, stack: &str) -> &'a str {
    name.find(stack)
        .map_or(name, |at| &name[..at + stack.len()])
}
