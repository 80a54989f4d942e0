//! What a stack holds, and the shadows that it throws, seen through the services themselves: what is still there after a
//! deletion, whatever CloudFormation says, and what goes by itself later.

use super::tear_down::Scheduled;
use crate::cloudformation::{StackResource, StackView};
use crate::exit::{Exit, Failure};
use cfn::Template;
use drift::{
    Api, Call, Facts, Live, Place, Readers, Resource, Service, Trouble, Unreachable, resolve,
};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde_json::{Value, json};
use stack::Environment;
use std::collections::{BTreeMap, BTreeSet};
use time::format_description::well_known::Rfc3339;
use time::{Duration, OffsetDateTime};

/// Resources that are read at a time.
const AT_ONCE: usize = 16;

/// How long AWS waits before it deletes a key, unless its template says otherwise (KMS: 30 days).
const KEY_WINDOW_DAYS: i64 = 30;

/// Parts of other resources, which are there only as long as those; and keys, which are asked for apart.
const PARTS: &[&str] = &[
    "AWS::ApiGatewayV2::Authorizer",
    "AWS::ApiGatewayV2::Integration",
    "AWS::ApiGatewayV2::Route",
    "AWS::ApiGatewayV2::Stage",
    "AWS::EventSchemas::Schema",
    "AWS::Events::Rule",
    "AWS::KMS::Key",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::Permission",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
];

/// What a stack holds.
#[derive(Debug)]
pub struct Holdings {
    pub(super) stack: drift::Stack,
    pub(super) template: Template,
    pub(super) archive: String,
    pub(super) since: Option<OffsetDateTime>,
}

/// Something that is still there.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// `ValidationQueue (AWS::SQS::Queue) https://...`.
    pub what: String,
    /// What deletes it, where it is a shadow and nobody's data.
    pub clear: Option<Call>,
}

/// What a look yields.
#[derive(Debug, Default, PartialEq)]
pub struct Sight {
    /// What is still there.
    pub left: Vec<Item>,
    /// What people made of it, which stays until people delete it.
    pub kept: Vec<String>,
    /// What goes by itself.
    pub scheduled: Vec<Scheduled>,
    /// What could not be looked at, and why.
    pub unseen: Vec<String>,
}

impl Holdings {
    /// What a stack holds, by its template and its list of resources.
    pub fn of(
        environment: &Environment,
        view: &StackView,
        resources: &[StackResource],
        template: &Template,
    ) -> Self {
        let physical: BTreeMap<String, String> = resources
            .iter()
            .filter_map(|resource| {
                Some((resource.logical_id.clone(), resource.physical_id.clone()?))
            })
            .collect();
        let place = Place {
            partition: if environment.region.starts_with("cn-") {
                "aws-cn".to_owned()
            } else {
                "aws".to_owned()
            },
            region: environment.region.clone(),
            account: environment.account.clone(),
            stack_name: view.name.clone(),
            stack_id: view.id.clone(),
        };
        Self {
            stack: resolve(template, &place, &physical, &BTreeMap::new(), &view.tags),
            template: template.clone(),
            archive: environment.archive_name(),
            since: view.created,
        }
    }

    /// Leaves out what outlives the stack.
    pub fn without(mut self, retained: &BTreeSet<String>) -> Self {
        let resources = &mut self.stack.resources;
        resources.retain(|resource| !retained.contains(&resource.logical_id));
        self
    }

    /// Looks for everything that the stack held. `now` dates keys whose service doesn't.
    ///
    /// # Errors
    /// When nothing can be reached.
    pub async fn look(&self, api: &impl Api, now: OffsetDateTime) -> Result<Sight, Unreachable> {
        let mut sight = Sight::default();
        let readers = Readers::new(api);
        let (found, keys, groups, subscriptions, archive, backups) = tokio::try_join!(
            self.resources(&readers),
            self.keys(api, now),
            self.log_groups(api),
            self.subscriptions(api),
            self.archive(api),
            self.backups(api),
        )?;
        for part in [found, keys, groups, subscriptions, archive, backups] {
            sight.left.extend(part.left);
            sight.kept.extend(part.kept);
            sight.scheduled.extend(part.scheduled);
            sight.unseen.extend(part.unseen);
        }
        sight.left.sort_by(|a, b| a.what.cmp(&b.what));
        sight.left.dedup_by(|a, b| a.what == b.what);
        sight.unseen.sort();
        Ok(sight)
    }

    /// The stack's own resources. Queues and log groups are many: one list by the stack's name tells which of them are worth
    /// a question of their own.
    async fn resources(&self, readers: &Readers<&impl Api>) -> Result<Sight, Unreachable> {
        let mut sight = Sight::default();
        let stack = self.stack.place.stack_name.as_str();
        let queues = json!({"QueueNamePrefix": stack, "MaxResults": 1000});
        let queues = Call::new(Service::Sqs, "ListQueues", queues);
        let groups = Call::new(
            Service::Logs,
            "DescribeLogGroups",
            json!({ "logGroupNamePrefix": stack }),
        );
        let api = *readers.api();
        let (queues, groups) = tokio::join!(
            pages(api, queues, "QueueUrls", ("NextToken", "NextToken")),
            pages(api, groups, "logGroups", ("nextToken", "nextToken"))
        );
        let queues: Option<BTreeSet<String>> = queues.ok().map(|urls| {
            let names = urls.iter().filter_map(Value::as_str).map(name_of);
            names.map(str::to_owned).collect()
        });
        let groups: Option<BTreeSet<String>> = groups.ok().map(|groups| {
            let names = groups
                .iter()
                .filter_map(|group| group["logGroupName"].as_str());
            names.map(str::to_owned).collect()
        });
        let may_be_there = |resource: &Resource| {
            let name = name_of(&resource.physical_id);
            let listed = match resource.type_name.as_str() {
                part if PARTS.contains(&part) => return false,
                "AWS::SQS::Queue" => &queues,
                "AWS::Logs::LogGroup" => &groups,
                _ => return true,
            };
            match listed {
                Some(listed) if name.starts_with(stack) => listed.contains(name),
                _ => true,
            }
        };
        let mut reading = stream::iter(&self.stack.resources)
            .filter(|resource| std::future::ready(may_be_there(resource)))
            .map(|resource| async move {
                let facts = readers.read(&self.stack, resource).await?;
                Ok::<_, Unreachable>((resource, facts))
            })
            .buffer_unordered(AT_ONCE)
            .boxed_local();
        while let Some((resource, facts)) = reading.try_next().await? {
            let what = format!(
                "{} ({}) {}",
                resource.logical_id, resource.type_name, resource.physical_id
            );
            match facts {
                Facts::Gone => {}
                Facts::NotRead(why) => sight.unseen.push(format!("{what}: {why}")),
                Facts::Found(_) => sight.left.push(Item {
                    clear: (resource.type_name == "AWS::Logs::LogGroup")
                        .then(|| delete_group(&resource.physical_id)),
                    what,
                }),
            }
        }
        Ok(sight)
    }

    /// Keys are not deleted with the stack: AWS waits some days, in case somebody needs them.
    async fn keys(&self, api: &impl Api, now: OffsetDateTime) -> Result<Sight, Unreachable> {
        let mut sight = Sight::default();
        for key in self.stack.of("AWS::KMS::Key") {
            let what = format!("{} (AWS::KMS::Key) {}", key.logical_id, key.physical_id);
            let call = Call::new(
                Service::Kms,
                "DescribeKey",
                json!({ "KeyId": key.physical_id }),
            );
            let told = match api.call(&call).await {
                Ok(mut answer) => answer["KeyMetadata"].take(),
                Err(Trouble::Unreachable(lost)) => return Err(lost),
                Err(trouble) if trouble.is_absence() => continue,
                Err(trouble) => {
                    sight.unseen.push(format!("{what}: {trouble}"));
                    continue;
                }
            };
            if told["KeyState"] != "PendingDeletion" {
                sight.left.push(Item { what, clear: None });
                continue;
            }
            let when = told["DeletionDate"]
                .as_f64()
                .and_then(|at| OffsetDateTime::from_unix_timestamp(at as i64).ok())
                .unwrap_or_else(|| now + Duration::days(self.window(&key.logical_id)));
            sight.scheduled.push(Scheduled::at(what, when));
        }
        Ok(sight)
    }

    fn window(&self, key: &str) -> i64 {
        self.template
            .resource(key)
            .and_then(|key| key["Properties"]["PendingWindowInDays"].as_i64())
            .unwrap_or(KEY_WINDOW_DAYS)
    }
}

/// What deletes an archive.
pub fn delete_archive(name: &str) -> Call {
    let input = json!({ "ArchiveName": name });
    Call::new(Service::Events, "DeleteArchive", input)
}

/// Makes a call that deletes. What is gone already is fine.
///
/// # Errors
/// What the service refuses (exit 1), or no answer (exit 5).
pub async fn clear(api: &impl Api, call: &Call) -> Result<(), Failure> {
    match api.call(call).await {
        Ok(_) => Ok(()),
        Err(trouble) if trouble.is_absence() => Ok(()),
        Err(Trouble::Unreachable(lost)) => Err(unreachable(&lost)),
        Err(trouble) => Err(
            Failure::new(Exit::Failed, "aws.refused", trouble.to_string())
                .help("The service's own words are above; run the same command again."),
        ),
    }
}

/// Nobody answers while the inventory is taken.
pub fn unreachable(lost: &Unreachable) -> Failure {
    Failure::new(Exit::LostContact, "aws.lost-contact", lost.to_string())
        .help("What is left could not be seen. Run the same command again.")
}

pub(super) fn delete_group(name: &str) -> Call {
    Call::new(
        Service::Logs,
        "DeleteLogGroup",
        json!({ "logGroupName": name }),
    )
}

/// The last part of an ARN, a URL or a path; else the whole.
pub(super) fn name_of(id: &str) -> &str {
    id.rsplit([':', '/']).next().unwrap_or(id)
}

pub(super) fn list(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(list) => list.iter().collect(),
        Value::Object(_) => vec![value],
        _ => Vec::new(),
    }
}

/// All pages of a list: the members of `items`, following `token` from answer to input.
pub(super) async fn pages(
    api: &impl Api,
    mut call: Call,
    items: &str,
    token: (&str, &str),
) -> Result<Vec<Value>, Trouble> {
    let mut all = Vec::new();
    loop {
        let answer = api.call(&call).await?;
        all.extend(list(&answer[items]).into_iter().cloned());
        match answer[token.0].as_str() {
            Some(next) if !next.is_empty() => call.input[token.1] = next.into(),
            _ => return Ok(all),
        }
    }
}

impl Scheduled {
    /// Something that goes at a time.
    pub fn at(what: String, when: OffsetDateTime) -> Self {
        let when = when.replace_nanosecond(0).unwrap_or(when);
        Self {
            what,
            when: when.format(&Rfc3339).unwrap_or_default(),
        }
    }
}
