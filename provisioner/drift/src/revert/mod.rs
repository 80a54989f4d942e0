//! Putting things back: from findings to calls, as data. Nothing is called here.
//!
//! A resource's properties are set again to what was deployed, what was added is removed, and a resource that is gone is made
//! again under its name where nothing was lost with it. On AWS a drift-aware change set (`DeploymentMode` `REVERT_DRIFT`)
//! could do the same for resources that CloudFormation itself knows; it does not know what was added beside the stack, so
//! the direct calls stay.

mod access;
mod api;
mod buckets;
mod events;
mod functions;
mod machines;
mod messaging;
mod observability;
mod tables;
mod tags;
mod ways;

use crate::compare::blank;
use crate::detect::Target;
use crate::finding::{Finding, Kind};
use crate::resolve::{Resource, Stack};
use crate::tables::default_of;
use cfn::{Path, Step as PathStep};
use requests::Call;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// One thing that is put back.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What, for people.
    pub what: String,
    /// How, in order.
    pub calls: Vec<Call>,
}

pub use ways::way_out;

/// What is to be put back on one resource.
struct Touched<'a> {
    stack: &'a Stack,
    resource: &'a Resource,
    properties: BTreeSet<String>,
    findings: Vec<&'a Finding>,
}

impl<'a> Touched<'a> {
    /// The id that it is found under.
    fn id(&self) -> &str {
        let found = self
            .findings
            .first()
            .map(|finding| finding.resource.as_str());
        found.unwrap_or(&self.resource.physical_id)
    }

    fn has(&self, property: &str) -> bool {
        self.properties.contains(property)
    }

    /// What was declared for a property.
    fn told(&self, property: &str) -> Option<&'a Value> {
        self.resource.properties.get(property)
    }

    /// What was declared, else what the service would have filled in.
    fn told_or_default(&self, property: &str) -> Value {
        let by_default = || default_of(&self.resource.type_name, &Path::default().key(property));
        self.told(property)
            .cloned()
            .or_else(|| by_default().into_iter().next_back())
            .unwrap_or_default()
    }

    /// What is there of a member of a property.
    fn there(&self, property: &str, member: &str) -> Vec<Value> {
        let path = format!("{property}.{member}");
        let of = self.findings.iter().filter_map(|finding| {
            let actual = finding.actual.as_ref()?;
            match &finding.path {
                whole if whole == property => actual.get(member).cloned(),
                part if *part == path => Some(actual.clone()),
                _ => None,
            }
        });
        of.collect()
    }

    /// Elements of a list that were not declared: what is there of them.
    fn undeclared(&self, property: &str) -> Vec<&'a Value> {
        let of = self.findings.iter().filter(|finding| {
            finding.kind == Kind::Undeclared && top_of(&finding.path) == property
        });
        of.filter_map(|finding| finding.actual.as_ref())
            .flat_map(|actual| match actual {
                Value::Array(all) => all.iter().collect(),
                one => vec![one],
            })
            .collect()
    }
}

/// Properties that can be set again by a call.
const SETTABLE: &[(&str, &[&str])] = &[
    ("AWS::ApiGatewayV2::Api", api::OF_API),
    ("AWS::ApiGatewayV2::Authorizer", api::OF_AUTHORIZER),
    ("AWS::ApiGatewayV2::Integration", api::OF_INTEGRATION),
    ("AWS::ApiGatewayV2::Route", api::OF_ROUTE),
    ("AWS::ApiGatewayV2::Stage", api::OF_STAGE),
    ("AWS::CloudWatch::Alarm", observability::OF_ALARM),
    (
        "AWS::CloudWatch::CompositeAlarm",
        observability::OF_COMPOSITE,
    ),
    ("AWS::CloudWatch::Dashboard", &["DashboardBody", "Tags"]),
    ("AWS::DynamoDB::Table", tables::OF_TABLE),
    ("AWS::EventSchemas::Registry", &["Description"]),
    (
        "AWS::EventSchemas::Schema",
        &["Content", "Description", "Type"],
    ),
    (
        "AWS::Events::Archive",
        &["Description", "EventPattern", "RetentionDays"],
    ),
    ("AWS::Events::EventBus", events::OF_BUS),
    ("AWS::Events::Rule", events::OF_RULE),
    ("AWS::IAM::Role", access::OF_ROLE),
    ("AWS::KMS::Alias", &["TargetKeyId"]),
    ("AWS::KMS::Key", access::OF_KEY),
    (
        "AWS::Lambda::EventInvokeConfig",
        functions::OF_INVOKE_CONFIG,
    ),
    ("AWS::Lambda::EventSourceMapping", functions::OF_MAPPING),
    ("AWS::Lambda::Function", functions::OF_FUNCTION),
    ("AWS::Lambda::Permission", functions::OF_PERMISSION),
    (
        "AWS::Logs::LogGroup",
        &[
            "DataProtectionPolicy",
            "DeletionProtectionEnabled",
            "KmsKeyId",
            "RetentionInDays",
            "Tags",
        ],
    ),
    ("AWS::S3::Bucket", buckets::OF_BUCKET),
    ("AWS::S3::BucketPolicy", &["PolicyDocument"]),
    ("AWS::SNS::Subscription", messaging::OF_SUBSCRIPTION),
    ("AWS::SNS::Topic", messaging::OF_TOPIC),
    ("AWS::SNS::TopicPolicy", &["PolicyDocument"]),
    ("AWS::SQS::Queue", messaging::OF_QUEUE),
    ("AWS::SQS::QueuePolicy", &["PolicyDocument"]),
    ("AWS::Scheduler::Schedule", machines::OF_SCHEDULE),
    ("AWS::StepFunctions::StateMachine", machines::OF_MACHINE),
];

/// Types that can be made again under their name, what others hang on first.
const REMADE: &[&str] = &[
    "AWS::Logs::LogGroup",
    "AWS::DynamoDB::Table",
    "AWS::S3::Bucket",
    "AWS::Events::EventBus",
    "AWS::SQS::Queue",
    "AWS::SNS::Topic",
    "AWS::IAM::Role",
    "AWS::Lambda::Function",
    "AWS::StepFunctions::StateMachine",
    "AWS::Events::Archive",
    "AWS::Events::Rule",
    "AWS::SQS::QueuePolicy",
    "AWS::SNS::TopicPolicy",
    "AWS::S3::BucketPolicy",
    "AWS::Lambda::Permission",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::EventSourceMapping",
    "AWS::SNS::Subscription",
    "AWS::ApiGatewayV2::Api",
    "AWS::ApiGatewayV2::Authorizer",
    "AWS::ApiGatewayV2::Integration",
    "AWS::ApiGatewayV2::Stage",
    "AWS::ApiGatewayV2::Route",
    "AWS::KMS::Alias",
    "AWS::Scheduler::Schedule",
    "AWS::CloudWatch::Alarm",
    "AWS::CloudWatch::CompositeAlarm",
    "AWS::CloudWatch::Dashboard",
    "AWS::EventSchemas::Registry",
    "AWS::EventSchemas::Schema",
];

/// Types of what was added that can be removed, in this order: what rests on others first.
const REMOVED: &[&str] = &[
    "AWS::ApiGatewayV2::ApiMapping",
    "AWS::ApiGatewayV2::Route",
    "AWS::ApiGatewayV2::Integration",
    "AWS::ApiGatewayV2::Authorizer",
    "AWS::ApiGatewayV2::Stage",
    "AWS::Events::Archive",
    "AWS::Events::EventBusPolicy",
    "AWS::Events::Rule",
    "AWS::IAM::InstanceProfile",
    "AWS::IAM::ManagedPolicy",
    "AWS::KMS::Alias",
    "AWS::KMS::Grant",
    "AWS::Lambda::EventInvokeConfig",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Permission",
    "AWS::Lambda::Url",
    "AWS::Lambda::ProvisionedConcurrency",
    "AWS::Lambda::Alias",
    "AWS::Lambda::Version",
    "AWS::Logs::MetricFilter",
    "AWS::Logs::ResourcePolicy",
    "AWS::Logs::SubscriptionFilter",
    "AWS::Pipes::Pipe",
    "AWS::S3::BucketPolicy",
    "AWS::SNS::Subscription",
    "AWS::SNS::TopicPolicy",
    "AWS::SQS::QueuePolicy",
    "AWS::Scheduler::Schedule",
    "AWS::StepFunctions::StateMachineAlias",
    "AWS::StepFunctions::StateMachineVersion",
];

/// Whether a property that differs can be set again.
pub fn can_set(stack: &Stack, resource: &Resource, path: &Path) -> bool {
    let top = match path.steps().first() {
        Some(PathStep::Key(key)) => key.as_str(),
        _ => return false,
    };
    settable(&resource.type_name).contains(&top)
        && knows_all(resource)
        && stack.place.account.len() == 12
}

/// Whether a resource that is gone can be made again. What an environment keeps when a resource goes is not replaced by an
/// empty one, which would only stand in the way of a backup; where it lets it go, an empty one is what a deployment makes.
pub fn can_remake(stack: &Stack, resource: &Resource) -> bool {
    let may = match resource.type_name.as_str() {
        "AWS::DynamoDB::Table" => !resource.kept,
        // A bucket that locks is made so by a header, and never later.
        "AWS::S3::Bucket" => !resource.kept && !says(resource.properties.get("ObjectLockEnabled")),
        // It would come back under another id, and everything names it.
        "AWS::ApiGatewayV2::Api" => stack.target == Target::Local,
        type_name => REMADE.contains(&type_name),
    };
    may && knows_all(resource)
}

/// Whether what was added can be removed.
pub fn can_remove(type_name: &str) -> bool {
    REMOVED.contains(&type_name)
}

/// The properties of a type that can be set again.
pub fn settable(type_name: &str) -> &'static [&'static str] {
    let found = SETTABLE.iter().find(|(of, _)| *of == type_name);
    found.map_or(&[], |(_, properties)| properties)
}

/// A value that could not be resolved can't be written either.
fn knows_all(resource: &Resource) -> bool {
    fn known(value: &Value) -> bool {
        match value {
            Value::Array(all) => all.iter().all(known),
            Value::Object(all) => all.values().all(known),
            scalar => !crate::resolve::unknown(scalar),
        }
    }
    resource.properties.values().all(known)
}

/// What puts these findings back: first what was added goes, then what is gone comes back, then what differs is set.
pub fn plan(stack: &Stack, findings: &[Finding]) -> Vec<Step> {
    let wanted: Vec<&Finding> = findings
        .iter()
        .filter(|finding| finding.revertible && finding.counts())
        .collect();
    let mut removed: Vec<&&Finding> = wanted
        .iter()
        .filter(|finding| finding.kind == Kind::Added)
        .collect();
    removed.sort_by_key(|finding| REMOVED.iter().position(|of| *of == finding.type_name));
    let removed = removed.into_iter().map(|finding| Step {
        what: format!(
            "remove {} {} from {}",
            finding.type_name,
            finding.resource,
            finding.owner()
        ),
        calls: remove(stack, finding),
    });
    let mut steps: Vec<Step> = removed.collect();
    for type_name in REMADE {
        for resource in stack.of(type_name) {
            let gone = wanted.iter().any(|finding| {
                finding.kind == Kind::Deleted && finding.owner() == resource.logical_id
            });
            if gone {
                steps.push(Step {
                    what: format!("make {} again", resource.logical_id),
                    calls: remake(stack, resource),
                });
            }
        }
    }
    for resource in &stack.resources {
        let of: Vec<&Finding> = wanted
            .iter()
            .filter(|finding| {
                matches!(finding.kind, Kind::Modified | Kind::Undeclared)
                    && finding.owner() == resource.logical_id
            })
            .copied()
            .collect();
        if of.is_empty() {
            continue;
        }
        let touched = Touched {
            stack,
            resource,
            properties: of.iter().map(|finding| top_of(&finding.path)).collect(),
            findings: of,
        };
        let names: Vec<&str> = touched.properties.iter().map(String::as_str).collect();
        steps.push(Step {
            what: format!("set {} of {}", names.join(", "), resource.logical_id),
            calls: set(&touched),
        });
    }
    steps.retain(|step| !step.calls.is_empty());
    steps
}

/// The property that a path begins with.
fn top_of(path: &str) -> String {
    let end = path.find(['.', '[']).unwrap_or(path.len());
    path[..end].to_owned()
}

fn set(touched: &Touched<'_>) -> Vec<Call> {
    let mut calls = match touched.resource.type_name.as_str() {
        "AWS::ApiGatewayV2::Api" => api::set_api(touched),
        "AWS::ApiGatewayV2::Authorizer" => {
            api::set_part(touched, "authorizers", api::OF_AUTHORIZER)
        }
        "AWS::ApiGatewayV2::Integration" => {
            api::set_part(touched, "integrations", api::OF_INTEGRATION)
        }
        "AWS::ApiGatewayV2::Route" => api::set_part(touched, "routes", api::OF_ROUTE),
        "AWS::ApiGatewayV2::Stage" => api::set_part(touched, "stages", api::OF_STAGE),
        "AWS::CloudWatch::Alarm" => observability::put_alarm(touched),
        "AWS::CloudWatch::CompositeAlarm" => observability::put_composite(touched),
        "AWS::CloudWatch::Dashboard" => observability::put_dashboard(touched),
        "AWS::DynamoDB::Table" => tables::set_table(touched),
        "AWS::EventSchemas::Registry" => machines::put_registry(touched, "PUT"),
        "AWS::EventSchemas::Schema" => machines::put_schema(touched, "PUT"),
        "AWS::Events::Archive" => events::set_archive(touched),
        "AWS::Events::EventBus" => events::set_bus(touched),
        "AWS::Events::Rule" => events::set_rule(touched),
        "AWS::IAM::Role" => access::set_role(touched),
        "AWS::KMS::Alias" => access::put_alias(touched, "UpdateAlias"),
        "AWS::KMS::Key" => access::set_key(touched),
        "AWS::Lambda::EventInvokeConfig" => functions::put_invoke_config(touched),
        "AWS::Lambda::EventSourceMapping" => functions::set_mapping(touched),
        "AWS::Lambda::Function" => functions::set_function(touched),
        "AWS::Lambda::Permission" => functions::set_permission(touched),
        "AWS::Logs::LogGroup" => observability::set_group(touched),
        "AWS::S3::Bucket" => buckets::set_bucket(touched),
        "AWS::S3::BucketPolicy" => buckets::put_bucket_policy(touched),
        "AWS::SNS::Subscription" => messaging::set_subscription(touched),
        "AWS::SNS::Topic" => messaging::set_topic(touched),
        "AWS::SNS::TopicPolicy" => messaging::put_topic_policy(touched),
        "AWS::SQS::Queue" => messaging::set_queue(touched),
        "AWS::SQS::QueuePolicy" => messaging::put_queue_policy(touched),
        "AWS::Scheduler::Schedule" => machines::put_schedule(touched, "PUT"),
        "AWS::StepFunctions::StateMachine" => machines::set_machine(touched),
        _ => Vec::new(),
    };
    if touched.has("Tags") {
        calls.extend(tags::set(touched));
    }
    calls
}

/// As if every property had been touched, by the calls that make the resource.
fn remake(stack: &Stack, resource: &Resource) -> Vec<Call> {
    let all = Touched {
        stack,
        resource,
        properties: resource.properties.keys().cloned().collect(),
        findings: Vec::new(),
    };
    match resource.type_name.as_str() {
        "AWS::ApiGatewayV2::Api" => api::make_api(&all),
        "AWS::ApiGatewayV2::Authorizer" => api::make_part(&all, "authorizers", api::OF_AUTHORIZER),
        "AWS::ApiGatewayV2::Integration" => {
            api::make_part(&all, "integrations", api::OF_INTEGRATION)
        }
        "AWS::ApiGatewayV2::Stage" => api::make_part(&all, "stages", api::OF_STAGE),
        "AWS::ApiGatewayV2::Route" => api::make_part(&all, "routes", api::OF_ROUTE),
        "AWS::CloudWatch::Dashboard" => observability::put_dashboard(&all),
        "AWS::DynamoDB::Table" => tables::make_table(&all),
        "AWS::EventSchemas::Registry" => machines::put_registry(&all, "POST"),
        "AWS::EventSchemas::Schema" => machines::put_schema(&all, "POST"),
        "AWS::Events::Archive" => events::make_archive(&all),
        "AWS::Events::EventBus" => events::make_bus(&all),
        "AWS::Events::Rule" => events::make_rule(&all),
        "AWS::IAM::Role" => access::make_role(&all),
        "AWS::KMS::Alias" => access::put_alias(&all, "CreateAlias"),
        "AWS::Lambda::EventSourceMapping" => functions::make_mapping(&all),
        "AWS::Lambda::Function" => functions::make_function(&all),
        "AWS::Lambda::Permission" => functions::add_permission(&all),
        "AWS::Logs::LogGroup" => observability::make_group(&all),
        "AWS::S3::Bucket" => buckets::make_bucket(&all),
        "AWS::SNS::Subscription" => messaging::subscribe(&all),
        "AWS::SNS::Topic" => messaging::make_topic(&all),
        "AWS::SQS::Queue" => messaging::make_queue(&all),
        "AWS::Scheduler::Schedule" => machines::put_schedule(&all, "POST"),
        "AWS::StepFunctions::StateMachine" => machines::make_machine(&all),
        _ => set(&all),
    }
}

fn remove(stack: &Stack, finding: &Finding) -> Vec<Call> {
    let empty = Map::new();
    let there = finding.actual.as_ref().and_then(Value::as_object);
    let there = there.unwrap_or(&empty);
    let text = |name: &str| there.get(name).and_then(Value::as_str).unwrap_or_default();
    match finding.type_name.as_str() {
        "AWS::ApiGatewayV2::ApiMapping" => api::remove_mapping(finding),
        "AWS::ApiGatewayV2::Authorizer" => api::remove(finding, "authorizers"),
        "AWS::ApiGatewayV2::Integration" => api::remove(finding, "integrations"),
        "AWS::ApiGatewayV2::Route" => api::remove(finding, "routes"),
        "AWS::ApiGatewayV2::Stage" => api::remove(finding, "stages"),
        "AWS::Events::Archive" => events::remove_archive(&finding.resource),
        "AWS::Events::EventBusPolicy" => {
            events::remove_bus_policy(text("EventBusName"), text("StatementId"))
        }
        "AWS::Events::Rule" => events::remove_rule(there),
        "AWS::IAM::InstanceProfile" => access::leave_profile(text("RoleName"), &finding.resource),
        "AWS::IAM::ManagedPolicy" => access::detach(text("RoleName"), text("PolicyArn")),
        "AWS::KMS::Alias" => access::remove_alias(&finding.resource),
        "AWS::KMS::Grant" => access::revoke(text("KeyId"), &finding.resource),
        "AWS::Lambda::Alias" => functions::remove_alias(text("FunctionName"), text("Name")),
        "AWS::Lambda::EventInvokeConfig" => {
            functions::remove_invoke_config(text("FunctionName"), text("Qualifier"))
        }
        "AWS::Lambda::EventSourceMapping" => functions::remove_mapping(&finding.resource),
        "AWS::Lambda::Permission" => {
            let id = finding.resource.rsplit('|').next().unwrap_or_default();
            functions::remove_permission(text("FunctionName"), id)
        }
        "AWS::Lambda::ProvisionedConcurrency" => {
            functions::remove_provisioned(text("FunctionName"), text("Qualifier"))
        }
        "AWS::Lambda::Url" => functions::remove_url(&finding.resource),
        "AWS::Lambda::Version" => functions::remove_version(text("FunctionName"), text("Version")),
        "AWS::Logs::MetricFilter" => observability::remove_filter(
            "DeleteMetricFilter",
            text("LogGroupName"),
            text("FilterName"),
        ),
        "AWS::Logs::ResourcePolicy" => observability::remove_policy(&finding.resource),
        "AWS::Logs::SubscriptionFilter" => observability::remove_filter(
            "DeleteSubscriptionFilter",
            text("LogGroupName"),
            text("FilterName"),
        ),
        "AWS::Pipes::Pipe" => machines::remove_pipe(&finding.resource),
        "AWS::S3::BucketPolicy" => buckets::remove_bucket_policy(&finding.resource),
        "AWS::SNS::Subscription" => messaging::unsubscribe(&finding.resource),
        "AWS::SNS::TopicPolicy" => messaging::default_topic_policy(stack, &finding.resource),
        "AWS::SQS::QueuePolicy" => messaging::remove_queue_policy(&finding.resource),
        "AWS::Scheduler::Schedule" => machines::remove_schedule(&finding.resource),
        "AWS::StepFunctions::StateMachineAlias" => machines::remove_alias(&finding.resource),
        "AWS::StepFunctions::StateMachineVersion" => machines::remove_version(&finding.resource),
        _ => Vec::new(),
    }
}

/// A value as the text that a service wants: JSON for what is no text.
fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// A body with these members, without those that say nothing.
fn body(members: impl IntoIterator<Item = (&'static str, Value)>) -> Value {
    let members = members
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| (name.to_owned(), value));
    Value::Object(members.collect())
}

/// Whether a declared value says anything.
fn says(value: Option<&Value>) -> bool {
    value.is_some_and(|value| !blank(value))
}
