//! The shadows that a stack throws, which no stack lists: the log group that a late invocation makes again, a subscription on
//! a topic that is gone, an archive of the bus, backups of a table.

use super::inventory::{Holdings, Item, Sight, delete_archive, delete_group, name_of, pages};
use super::tear_down::Scheduled;
use drift::{Api, Call, Service, Trouble, Unreachable};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use time::OffsetDateTime;

impl Holdings {
    /// The log groups that an invocation makes which comes after the deletion.
    pub(super) async fn log_groups(&self, api: &impl Api) -> Result<Sight, Unreachable> {
        let groups: BTreeSet<String> = self
            .stack
            .of("AWS::Lambda::Function")
            .map(|function| format!("/aws/lambda/{}", name_of(&function.physical_id)))
            .collect();
        // Other stacks' names may begin the same, so that only exact names count.
        let Some(first) = groups.first() else {
            return Ok(Sight::default());
        };
        let prefix = groups
            .iter()
            .fold(first.as_str(), |one, other| common(one, other));
        let input = json!({ "logGroupNamePrefix": prefix });
        let call = Call::new(Service::Logs, "DescribeLogGroups", input);
        let found = pages(api, call, "logGroups", ("nextToken", "nextToken")).await;
        shadows(found, "log groups of functions", |group| {
            let name = group["logGroupName"].as_str()?;
            groups.contains(name).then(|| Item {
                what: format!("log group {name}"),
                clear: Some(delete_group(name)),
            })
        })
    }

    /// Subscriptions on topics of the stack, and those of others' topics that lead to what was the stack's.
    pub(super) async fn subscriptions(&self, api: &impl Api) -> Result<Sight, Unreachable> {
        let topics: BTreeSet<&str> = self
            .stack
            .of("AWS::SNS::Topic")
            .map(|topic| topic.physical_id.as_str())
            .collect();
        if topics.is_empty() {
            return Ok(Sight::default());
        }
        let queues = self.stack.of("AWS::SQS::Queue");
        let queues = queues.map(|queue| self.arn("sqs", name_of(&queue.physical_id)));
        let functions = self.stack.of("AWS::Lambda::Function");
        let functions = functions.map(|of| self.arn("lambda", &format!("function:{}", of.name())));
        let ends: BTreeSet<String> = queues.chain(functions).collect();
        let call = Call::new(Service::Sns, "ListSubscriptions", json!({}));
        let found = pages(api, call, "Subscriptions", ("NextToken", "NextToken")).await;
        shadows(found, "subscriptions", |subscription| {
            let topic = subscription["TopicArn"].as_str()?;
            let arn = subscription["SubscriptionArn"].as_str()?;
            let end = subscription["Endpoint"].as_str().unwrap_or_default();
            // One that nobody confirmed has no ARN; SNS forgets it after some days.
            (topics.contains(topic) || ends.contains(end)).then(|| Item {
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

    /// A table that can be restored to a point in time leaves a backup of 35 days; what people backed up stays for ever.
    pub(super) async fn backups(&self, api: &impl Api) -> Result<Sight, Unreachable> {
        let tables: BTreeMap<&str, &str> = self
            .stack
            .of("AWS::DynamoDB::Table")
            .map(|table| (table.name(), table.logical_id.as_str()))
            .collect();
        if tables.is_empty() {
            return Ok(Sight::default());
        }
        let call = Call::new(
            Service::DynamoDb,
            "ListBackups",
            json!({"BackupType": "ALL"}),
        );
        let token = ("LastEvaluatedBackupArn", "ExclusiveStartBackupArn");
        let found = pages(api, call, "BackupSummaries", token).await;
        let at = |time: &Value| OffsetDateTime::from_unix_timestamp(time.as_f64()? as i64).ok();
        let (mut kept, mut scheduled) = (Vec::new(), Vec::new());
        let sight = shadows(found, "backups of tables", |backup| {
            let table = tables.get(backup["TableName"].as_str()?)?;
            let arn = backup["BackupArn"].as_str()?;
            // One from before is of another table of that name.
            if at(&backup["BackupCreationDateTime"]) < self.since {
                return None;
            }
            let what = format!("backup of {table} {arn}");
            match at(&backup["BackupExpiryDateTime"]) {
                Some(when) => scheduled.push(Scheduled::at(what, when)),
                None => kept.push(format!(
                    "{what}, which somebody made: `aws dynamodb delete-backup --backup-arn {arn}` deletes it"
                )),
            }
            None
        })?;
        Ok(Sight {
            kept,
            scheduled,
            ..sight
        })
    }
}

/// The log groups that functions of a stack left which is gone altogether, so that nothing lists them: the functions' names are
/// CloudFormation's, `STACK-LogicalId-SUFFIX`, and no other stack's are of that form.
///
/// # Errors
/// When nothing can be reached.
pub async fn groups_of_gone(api: &impl Api, stack: &str) -> Result<Vec<Item>, Unreachable> {
    let prefix = format!("/aws/lambda/{stack}-");
    let input = json!({ "logGroupNamePrefix": prefix });
    let call = Call::new(Service::Logs, "DescribeLogGroups", input);
    let found = pages(api, call, "logGroups", ("nextToken", "nextToken")).await;
    let sight = shadows(found, "log groups of functions", |group| {
        let name = group["logGroupName"].as_str()?;
        let (logical_id, suffix) = name.strip_prefix(&prefix)?.split_once('-')?;
        let is_made = logical_id.starts_with(|first: char| first.is_ascii_uppercase())
            && (12..=13).contains(&suffix.len())
            && suffix.bytes().all(|byte| byte.is_ascii_alphanumeric());
        is_made.then(|| Item {
            what: format!("log group {name}"),
            clear: Some(delete_group(name)),
        })
    })?;
    Ok(sight.left)
}

/// What both texts begin with.
fn common<'t>(one: &'t str, other: &str) -> &'t str {
    let same = one.char_indices().zip(other.chars());
    let end = same.take_while(|((_, a), b)| a == b).last();
    &one[..end.map_or(0, |((at, char), _)| at + char.len_utf8())]
}

fn shadows(
    found: Result<Vec<Value>, Trouble>,
    of: &str,
    item: impl FnMut(&Value) -> Option<Item>,
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
