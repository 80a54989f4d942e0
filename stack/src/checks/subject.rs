//! What checks look at, and how they read it: resources by type, references, policy statements.

use crate::bootstrap::reaper;
use crate::environment::Environment;
use crate::graph::Graph;
use crate::ids;
use crate::views::{list, text};
use cfn::Template;
use contracts::HandlerSpec;
use serde_json::Value;

/// A template and what it came from.
pub(crate) struct Subject<'a> {
    pub environment: &'a Environment,
    pub graph: &'a Graph,
    pub template: &'a Template,
}

/// A resource of the template.
#[derive(Clone, Copy)]
pub(crate) struct Found<'a> {
    pub id: &'a str,
    pub kind: &'a str,
    pub resource: &'a Value,
    pub properties: &'a Value,
}

impl<'a> Subject<'a> {
    /// A resource by its logical id.
    pub(crate) fn get(&self, id: &str) -> Option<Found<'a>> {
        let resources = self.template.members().get("Resources")?.as_object()?;
        let (id, resource) = resources.get_key_value(id)?;
        Some(found(id, resource))
    }

    pub(crate) fn resources(&self) -> impl Iterator<Item = Found<'a>> + use<'a> {
        self.template
            .resources()
            .map(|(id, resource)| found(id, resource))
    }

    pub(crate) fn of_type(&self, kind: &'static str) -> impl Iterator<Item = Found<'a>> + use<'a> {
        self.resources().filter(move |found| found.kind == kind)
    }

    /// The resource that a value refers to.
    pub(crate) fn referred(&self, value: &Value) -> Option<Found<'a>> {
        self.get(&referred_id(value)?)
    }

    /// Whether a schedule wakes the reaper, which is in the bootstrap stack with its dead-letter queue.
    pub(crate) fn wakes_reaper(&self, schedule: &Found<'_>) -> bool {
        let target = &schedule.properties["Target"];
        target["Arn"] == Value::from(reaper::function_arn())
            && target["DeadLetterConfig"]["Arn"] == Value::from(reaper::dlq_arn())
    }

    /// The functions that a rule is on directly, or a schedule: invoked asynchronously.
    pub(crate) fn asynchronous(&self) -> Vec<Found<'a>> {
        let rules = self
            .of_type("AWS::Events::Rule")
            .flat_map(|rule| targets(rule.properties));
        let schedules = self
            .of_type("AWS::Scheduler::Schedule")
            .map(|schedule| &schedule.properties["Target"]);
        let invoked: Vec<_> = rules
            .chain(schedules)
            .filter_map(|target| referred_id(&target["Arn"]))
            .collect();
        self.of_type("AWS::Lambda::Function")
            .filter(|function| invoked.iter().any(|id| id == function.id))
            .collect()
    }

    /// The functions that what is delivered there comes to: a function itself, who polls a queue, who is subscribed to a
    /// topic.
    pub(crate) fn reached(&self, to: &Found<'a>) -> Vec<Found<'a>> {
        match to.kind {
            "AWS::Lambda::Function" => vec![*to],
            "AWS::SQS::Queue" => self
                .of_type("AWS::Lambda::EventSourceMapping")
                .filter(|mapping| {
                    referred_id(&mapping.properties["EventSourceArn"]).as_deref() == Some(to.id)
                })
                .filter_map(|mapping| self.referred(&mapping.properties["FunctionName"]))
                .collect(),
            "AWS::SNS::Topic" => self
                .of_type("AWS::SNS::Subscription")
                .filter(|subscription| {
                    referred_id(&subscription.properties["TopicArn"]).as_deref() == Some(to.id)
                })
                .filter_map(|subscription| self.referred(&subscription.properties["Endpoint"]))
                .flat_map(|endpoint| self.reached(&endpoint))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// The handler whose role or function has this logical id.
    pub(crate) fn handler_of(&self, id: &str) -> Option<&'a HandlerSpec> {
        self.graph.handlers.iter().find(|handler| {
            ids::role(handler.id).logical_id().as_str() == id
                || ids::function(handler.id).logical_id().as_str() == id
        })
    }

    /// The queues and buckets that hold what could not be delivered: whatever a redrive policy, a dead-letter
    /// configuration or an on-failure destination names.
    pub(crate) fn dead_letter_ids(&self) -> Vec<String> {
        let mut ids: Vec<String> = self
            .resources()
            .flat_map(|found| {
                let own = [
                    &found.properties["RedrivePolicy"]["deadLetterTargetArn"],
                    &found.properties["DeadLetterConfig"]["Arn"],
                    &found.properties["DestinationConfig"]["OnFailure"]["Destination"],
                    &found.properties["Target"]["DeadLetterConfig"]["Arn"],
                ];
                let of_targets =
                    targets(found.properties).map(|target| &target["DeadLetterConfig"]["Arn"]);
                own.into_iter()
                    .chain(of_targets)
                    .filter_map(referred_id)
                    .collect::<Vec<_>>()
            })
            .collect();
        ids.sort();
        ids.dedup();
        ids
    }
}

fn found<'a>(id: &'a str, resource: &'a Value) -> Found<'a> {
    Found {
        id,
        kind: resource["Type"].as_str().unwrap_or_default(),
        resource,
        properties: &resource["Properties"],
    }
}

/// A rule's targets; none for other resources.
pub(crate) fn targets(properties: &Value) -> impl Iterator<Item = &Value> {
    properties["Targets"].as_array().into_iter().flatten()
}

/// The logical id in `Ref`, `Fn::GetAtt` or at the beginning of `Fn::Sub`.
pub(crate) fn referred_id(value: &Value) -> Option<String> {
    let text = match value {
        Value::Object(_) => text(value),
        _ => return None,
    };
    let inner = text.strip_prefix("${")?;
    let end = inner.find(['.', '}'])?;
    inner.get(..end).map(str::to_owned)
}

/// The statements of a policy document.
pub(crate) fn statements(document: &Value) -> impl Iterator<Item = &Value> {
    document["Statement"].as_array().into_iter().flatten()
}

/// Whether a statement allows an action.
pub(crate) fn allows(statement: &Value, action: &str) -> bool {
    statement["Effect"] == "Allow"
        && list(statement.get("Action"))
            .iter()
            .any(|allowed| allowed == action)
}

/// Whether a statement speaks of an AWS service.
pub(crate) fn is_for(statement: &Value, service: &str) -> bool {
    list(statement["Principal"].get("Service"))
        .iter()
        .any(|name| name == service)
}

/// The values of a condition, as text; empty where it is not set.
pub(crate) fn condition(statement: &Value, operator: &str, key: &str) -> Vec<String> {
    list(statement["Condition"][operator].get(key))
}

/// A number in the template.
pub(crate) fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or(0)
}

/// A number that a function gets as text in its environment.
pub(crate) fn variable(function: &Found<'_>, name: &str) -> Option<u64> {
    function.properties["Environment"]["Variables"][name]
        .as_str()?
        .parse()
        .ok()
}
