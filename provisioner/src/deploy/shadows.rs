//! The shadows that a stack throws, which no stack lists: the log group that a late invocation makes again, a subscription on
//! a topic that is gone, an archive of the bus, a table's system backup.

use super::inventory::{Holdings, Item, Sight, delete_archive, delete_group, list, name_of, pages};
use super::tear_down::Scheduled;
use drift::{Api, Call, Service, Trouble, Unreachable};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use time::OffsetDateTime;

impl Holdings {
    /// The log groups that an invocation makes which comes after the deletion.
    pub(super) async fn log_groups(&self, api: &impl Api) -> Result<Sight, Unreachable> {
        let groups: BTreeSet<String> = self
            .stack
            .of("AWS::Lambda::Function")
            .map(|function| format!("/aws/lambda/{}", name_of(&function.physical_id)))
            .collect();
        if groups.is_empty() {
            return Ok(Sight::default());
        }
        // Functions are named after their stack; other stacks' names may begin the same, so that only exact names count.
        let call = Call::new(
            Service::Logs,
            "DescribeLogGroups",
            json!({"logGroupNamePrefix": format!("/aws/lambda/{}", self.stack.place.stack_name)}),
        );
        let found = pages(api, call, "logGroups", "nextToken").await;
        shadows(found, "log groups of functions", |group| {
            let name = group["logGroupName"].as_str()?;
            groups.contains(name).then(|| Item {
                what: format!("log group {name}"),
                clear: Some(delete_group(name)),
            })
        })
    }

    /// Subscriptions on topics of the stack.
    pub(super) async fn subscriptions(&self, api: &impl Api) -> Result<Sight, Unreachable> {
        let topics: BTreeSet<&str> = self
            .stack
            .of("AWS::SNS::Topic")
            .map(|topic| topic.physical_id.as_str())
            .collect();
        if topics.is_empty() {
            return Ok(Sight::default());
        }
        let call = Call::new(Service::Sns, "ListSubscriptions", json!({}));
        let found = pages(api, call, "Subscriptions", "NextToken").await;
        shadows(found, "subscriptions", |subscription| {
            let topic = subscription["TopicArn"].as_str()?;
            let arn = subscription["SubscriptionArn"].as_str()?;
            // One that nobody confirmed has no ARN; SNS forgets it after some days.
            topics.contains(topic).then(|| Item {
                what: format!("subscription {arn} of {topic}"),
                clear: arn.starts_with("arn:").then(|| {
                    let input = json!({ "SubscriptionArn": arn });
                    Call::new(Service::Sns, "Unsubscribe", input)
                }),
            })
        })
    }

    /// The archive of the bus, which the local cloud gets beside the stack.
    pub(super) async fn archive(&self, api: &impl Api) -> Result<Sight, Unreachable> {
        if self.stack.of("AWS::Events::Archive").next().is_some()
            || self.stack.of("AWS::Events::EventBus").next().is_none()
        {
            return Ok(Sight::default());
        }
        let input = json!({ "ArchiveName": self.archive });
        let call = Call::new(Service::Events, "DescribeArchive", input);
        let found = match api.call(&call).await {
            Ok(answer) => Ok(vec![answer]),
            Err(trouble) if trouble.is_absence() => Ok(Vec::new()),
            Err(trouble) => Err(trouble),
        };
        shadows(found, "the archive", |_| {
            Some(Item {
                what: format!("archive {}", self.archive),
                clear: Some(delete_archive(&self.archive)),
            })
        })
    }

    /// A table that can be restored to a point in time leaves a backup of 35 days.
    pub(super) async fn backups(&self, api: &impl Api) -> Result<Sight, Unreachable> {
        let mut sight = Sight::default();
        for table in self.stack.of("AWS::DynamoDB::Table") {
            let recovery = &table.properties.get("PointInTimeRecoverySpecification");
            if recovery.is_none_or(|spec| spec["PointInTimeRecoveryEnabled"] != true) {
                continue;
            }
            let input = json!({"TableName": table.physical_id, "BackupType": "SYSTEM"});
            let call = Call::new(Service::DynamoDb, "ListBackups", input);
            match api.call(&call).await {
                Ok(answer) => {
                    for backup in list(&answer["BackupSummaries"]) {
                        let arn = backup["BackupArn"].as_str().unwrap_or_default();
                        let when = backup["BackupExpiryDateTime"]
                            .as_f64()
                            .and_then(|at| OffsetDateTime::from_unix_timestamp(at as i64).ok());
                        if let Some(when) = when {
                            let what = format!("system backup of {} {arn}", table.logical_id);
                            sight.scheduled.push(Scheduled::at(what, when));
                        }
                    }
                }
                Err(Trouble::Unreachable(lost)) => return Err(lost),
                Err(trouble) if trouble.is_absence() => {}
                Err(trouble) => sight
                    .unseen
                    .push(format!("system backups of {}: {trouble}", table.logical_id)),
            }
        }
        Ok(sight)
    }
}

fn shadows(
    found: Result<Vec<Value>, Trouble>,
    of: &str,
    item: impl Fn(&Value) -> Option<Item>,
) -> Result<Sight, Unreachable> {
    match found {
        Ok(found) => Ok(Sight {
            left: found.iter().filter_map(item).collect(),
            ..Sight::default()
        }),
        Err(Trouble::Unreachable(lost)) => Err(lost),
        Err(trouble) => Ok(Sight {
            unseen: vec![format!("{of}: {trouble}")],
            ..Sight::default()
        }),
    }
}
