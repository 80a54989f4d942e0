//! What the local cloud can't take: the one table of it. What it refuses is left out of a local template and listed as
//! omitted; what it accepts and drops is made good after the deploy, or is judged on the template only.

use cfn::Template;
use contracts::tables::Table;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::environment::Environment;
use crate::graph::Graph;
use crate::ids;

/// Types that the local cloud refuses, and what that costs a local run. Measured on MiniStack 1.5.33.
pub const REFUSED: &[(&str, &str)] = &[
    ("AWS::Budgets::Budget", "nothing is billed locally"),
    ("AWS::CloudWatch::CompositeAlarm", "single alarms remain"),
    (
        "AWS::EventSchemas::Registry",
        "schemas are checked by the handlers",
    ),
    (
        "AWS::EventSchemas::Schema",
        "schemas are checked by the handlers",
    ),
    (
        "AWS::Events::ApiDestination",
        "nothing outside is called locally",
    ),
    (
        "AWS::Events::Archive",
        "made by direct call after the deploy",
    ),
    (
        "AWS::Events::Connection",
        "nothing outside is called locally",
    ),
    ("AWS::Events::EventBusPolicy", "one account only"),
    ("AWS::IAM::RolePolicy", "roles carry their policies inline"),
    ("AWS::Logs::Delivery", "the bus logs nothing locally"),
    (
        "AWS::Logs::DeliveryDestination",
        "the bus logs nothing locally",
    ),
    ("AWS::Logs::DeliverySource", "the bus logs nothing locally"),
    ("AWS::Logs::QueryDefinition", "a console's convenience"),
    ("AWS::ResourceGroups::Group", "a console's convenience"),
    (
        "AWS::SNS::TopicInlinePolicy",
        "topic policies are resources",
    ),
    (
        "AWS::SQS::QueueInlinePolicy",
        "queue policies are resources",
    ),
    ("AWS::XRay::Group", "traces are not kept locally"),
    ("AWS::XRay::ResourcePolicy", "traces are not kept locally"),
    ("AWS::XRay::SamplingRule", "traces are not kept locally"),
];

/// A resource that a local template leaves out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Omitted {
    /// Its logical id.
    pub logical_id: String,
    /// Its type.
    #[serde(rename = "type")]
    pub type_name: String,
    /// What that means for a local run.
    pub reason: String,
}

/// What the local cloud accepts in the template and drops, to be made good by a direct call after the deploy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "kebab-case")]
pub enum Parity {
    /// `UpdateTimeToLive` on a table.
    TimeToLive {
        /// Logical id of the table.
        table: String,
        /// Attribute with the expiry in epoch seconds.
        attribute: String,
    },
    /// `CreateArchive` on the bus, or `UpdateArchive`; `DeleteArchive` when the environment goes.
    Archive {
        /// Logical id of the bus.
        bus: String,
        /// Name of the archive.
        name: String,
        /// How long it keeps events.
        days: u32,
    },
    /// `PutFunctionConcurrency` on a function.
    ReservedConcurrency {
        /// Logical id of the function.
        function: String,
        /// How many executions are reserved for it.
        executions: u32,
    },
}

/// Why TLS-only statements are left out locally. They are judged on the template before they are.
const PLAIN_HTTP: &str = "its TLS-only statement: the local cloud speaks plain HTTP on this machine and would refuse every request";

/// Why a call of the key without a context is not refused locally.
const NO_CONTEXT: &str = "its conditions that a call of the key has an encryption context: the local cloud tells its policies \
    nothing of contexts and would refuse every such call";

/// Leaves out what the local cloud refuses, or what would make it refuse everything.
pub(crate) fn omit(template: Template) -> (Template, Vec<Omitted>) {
    let mut members = template.members().clone();
    let mut omitted = Vec::new();
    if let Some(resources) = members.get_mut("Resources").and_then(Value::as_object_mut) {
        resources.retain(|id, resource| keep(id, resource, &mut omitted));
    }
    if omitted.is_empty() {
        return (template, omitted);
    }
    // A template without some of its resources is still a JSON object.
    let kept = Template::parse(&Value::Object(members).to_string()).unwrap_or(template);
    (kept, omitted)
}

/// Whether a resource stays; what it loses, or that it goes, is noted.
fn keep(id: &str, resource: &mut Value, omitted: &mut Vec<Omitted>) -> bool {
    let type_name = resource["Type"].as_str().unwrap_or_default().to_owned();
    let mut note = |reason: &str| {
        omitted.push(Omitted {
            logical_id: id.to_owned(),
            type_name: type_name.clone(),
            reason: reason.to_owned(),
        });
    };
    if let Some((_, reason)) = REFUSED.iter().find(|(refused, _)| *refused == type_name) {
        note(reason);
        return false;
    }
    if forget_contexts(resource) {
        note(NO_CONTEXT);
    }
    let statements = resource
        .pointer_mut("/Properties/PolicyDocument/Statement")
        .and_then(Value::as_array_mut);
    let Some(statements) = statements else {
        return true;
    };
    let before = statements.len();
    statements.retain(|statement| statement["Condition"]["Bool"]["aws:SecureTransport"].is_null());
    if statements.len() < before {
        note(PLAIN_HTTP);
    }
    // A policy that says nothing is no policy.
    !statements.is_empty()
}

/// The conditions of a role by which a call of the key without a context is refused; whether there were any.
fn forget_contexts(role: &mut Value) -> bool {
    let policies = role
        .pointer_mut("/Properties/Policies")
        .and_then(Value::as_array_mut);
    let statements = policies
        .into_iter()
        .flatten()
        .filter_map(|policy| {
            policy
                .pointer_mut("/PolicyDocument/Statement")?
                .as_array_mut()
        })
        .flatten();
    let mut forgotten = false;
    for statement in statements {
        let condition = statement
            .get_mut("Condition")
            .and_then(Value::as_object_mut);
        let null = |condition: &mut serde_json::Map<String, Value>| {
            let asked = condition.get("Null")?.get("kms:EncryptionContextKeys")?;
            asked.is_string().then(|| condition.remove("Null"))
        };
        forgotten |= condition.and_then(null).is_some();
    }
    forgotten
}

/// What is to be made good after a local deploy.
pub(crate) fn parity(environment: &Environment, graph: &Graph) -> Vec<Parity> {
    let expiring = Table::ALL.into_iter().filter_map(|table| {
        let spec = table.spec();
        Some(Parity::TimeToLive {
            table: spec.logical_id.to_owned(),
            attribute: spec.expires?.to_owned(),
        })
    });
    let reserved = graph.handlers.iter().filter_map(|handler| {
        Some(Parity::ReservedConcurrency {
            function: ids::function(handler.id).logical_id().to_string(),
            executions: environment.capacity.reserved_concurrency?,
        })
    });
    let archive = Parity::Archive {
        bus: ids::BUS.to_owned(),
        name: environment.archive_name(),
        days: environment.retention.archive_days,
    };
    expiring.chain(reserved).chain([archive]).collect()
}
