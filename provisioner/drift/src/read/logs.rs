//! Log groups, and what takes their lines elsewhere.

use super::shape::{find, list, parsed, pick, set};
use super::{Read, Readers, part};
use crate::live::{Facts, Found, THEIRS_TOO};
use crate::resolve::{Resource, Stack};
use requests::{Api, Call, Service, Trouble};
use serde_json::{Value, json};

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
    policies(readers, stack, name, &mut found).await?;
    let arn = json!(format!("{bare}:*"));
    Ok(found.attribute("Arn", &arn).into())
}

/// Policies of the account that name the group. Those that the delivery of logs writes for itself are nobody's change.
async fn policies<A: Api>(
    readers: &Readers<A>,
    stack: &Stack,
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
            let mut told = json!({"PolicyName": id, "PolicyDocument": document});
            if !is_about_ours_alone(stack, &document) {
                told[THEIRS_TOO] = "it is one policy for log groups of others too, and goes as a whole or not at all: \
                    take the statements on our log groups out of it by hand (`aws logs put-resource-policy`)"
                    .into();
            }
            found.child("AWS::Logs::ResourcePolicy", id, told);
        }
    }
    Ok(())
}

/// Whether all that a policy speaks of are log groups of the stack, each by its whole name.
fn is_about_ours_alone(stack: &Stack, document: &Value) -> bool {
    let is_ours = |resource: &Value| {
        let arn = resource.as_str().unwrap_or_default();
        let named = arn.split_once(":log-group:").map(|(_, rest)| rest);
        let name = named.and_then(|rest| rest.split(':').next());
        let mut groups = stack.of("AWS::Logs::LogGroup");
        name.is_some_and(|name| groups.any(|ours| ours.physical_id == name))
    };
    let mut statements = list(document["Statement"].clone()).into_iter();
    statements.all(|statement| {
        let resources = list(statement["Resource"].clone());
        !resources.is_empty() && resources.iter().all(is_ours)
    })
}

/// Up to the stack's name, where it stands in a group's: then one list tells of all of them.
fn shared_prefix<'a>(name: &'a str, stack: &str) -> &'a str {
    name.find(stack)
        .map_or(name, |at| &name[..at + stack.len()])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resolve::Resource;
    use crate::tests::{deployed, golden};

    #[test]
    fn a_policy_that_names_groups_of_others_too_is_not_ours_to_delete() {
        let stack = deployed(&golden("prod"));
        let ours: Vec<&Resource> = stack.of("AWS::Logs::LogGroup").take(2).collect();
        let arn = |name: &str| format!("arn:aws:logs:eu-central-1:111122223333:log-group:{name}");
        let (one, other) = (arn(&ours[0].physical_id), arn(&ours[1].physical_id));
        let alone = |document: Value| is_about_ours_alone(&stack, &document);
        let both = json!([{"Resource": [format!("{one}:*"), other]}, {"Resource": one}]);
        assert!(alone(json!({ "Statement": both })));
        assert!(alone(
            json!({"Statement": {"Resource": format!("{one}:log-stream:x")}})
        ));
        for theirs in [
            json!({"Resource": arn("/aws/vendedlogs/theirs")}),
            json!({"Resource": [one, arn("*")]}),
            json!({ "Resource": format!("{one}*") }),
            json!({"Resource": "*"}),
            json!({ "NotResource": one }),
            json!({}),
        ] {
            assert!(
                !alone(json!({"Statement": [{"Resource": one}, theirs]})),
                "{theirs}"
            );
        }
    }
}
