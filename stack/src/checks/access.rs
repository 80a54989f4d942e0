//! Rules about what roles may do (R21), and that functions have code.

use super::finding::Fault;
use super::subject::{Subject, allows, condition, referred_id};
use crate::constructs::grant::{Cause, committing};
use crate::ids;
use crate::views::{list, statements};
use contracts::HandlerSpec;
use contracts::needs::Need;
use std::collections::BTreeSet;

/// Actions that know no resources, and who says so.
const WITHOUT_RESOURCES: &[(&str, &str)] = &[
    (
        "dynamodb:ListStreams",
        "DynamoDB lists the streams of the account, or none",
    ),
    (
        "logs:CreateLogDelivery",
        "CloudWatch Logs has no resource type for it",
    ),
    (
        "logs:DeleteLogDelivery",
        "CloudWatch Logs has no resource type for it",
    ),
    (
        "logs:DescribeLogGroups",
        "Step Functions asks for groups by a prefix of their names",
    ),
    (
        "logs:DescribeResourcePolicies",
        "CloudWatch Logs has no resource type for it",
    ),
    (
        "logs:GetLogDelivery",
        "CloudWatch Logs has no resource type for it",
    ),
    (
        "logs:ListLogDeliveries",
        "CloudWatch Logs has no resource type for it",
    ),
    (
        "logs:PutResourcePolicy",
        "CloudWatch Logs has no resource type for it",
    ),
    (
        "logs:UpdateLogDelivery",
        "CloudWatch Logs has no resource type for it",
    ),
    (
        "states:SendTaskSuccess",
        "Step Functions has no resource type for it: a token names its own task",
    ),
    (
        "xray:GetSamplingRules",
        "AWS X-Ray has no resource type for it",
    ),
    (
        "xray:GetSamplingTargets",
        "AWS X-Ray has no resource type for it",
    ),
    (
        "xray:PutTelemetryRecords",
        "AWS X-Ray has no resource type for it",
    ),
    (
        "xray:PutTraceSegments",
        "AWS X-Ray has no resource type for it",
    ),
];

/// STK020.
pub(super) fn causes(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for role in subject.of_type("AWS::IAM::Role") {
        for statement in statements(role.resource) {
            let sid = statement["Sid"].as_str().unwrap_or_default();
            if Cause::of_sid(sid).is_none() {
                faults.push(Fault::at(
                    role.id,
                    format!(
                        "the statement {sid:?} names no need, edge or part of the kit as its cause"
                    ),
                ));
            }
        }
        if !role.properties["ManagedPolicyArns"].is_null() {
            faults.push(Fault::at(
                role.id,
                "managed policies say nothing of a cause: grant \
                what is needed by a need, an edge or the kit",
            ));
        }
    }
    faults
}

/// STK021. A `*` behind a bucket's prefix stands for the objects under it, one behind a state machine's name for its executions:
/// both are none.
pub(super) fn wildcards(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for role in subject.of_type("AWS::IAM::Role") {
        for statement in statements(role.resource) {
            for resource in list(statement.get("Resource")) {
                let prefix = resource
                    .strip_suffix("/*")
                    .is_some_and(|rest| rest.contains(".Arn}/"));
                let executions = resource
                    .strip_suffix(":*")
                    .is_some_and(|rest| rest.contains(":execution:") && !rest.contains('*'));
                if !resource.contains('*') || prefix || executions {
                    continue;
                }
                for action in list(statement.get("Action")) {
                    if !WITHOUT_RESOURCES.iter().any(|(known, _)| *known == action) {
                        faults.push(Fault::at(
                            role.id,
                            format!("{action} is granted on {resource}"),
                        ));
                    }
                }
            }
            for action in list(statement.get("Action")) {
                if action.contains('*') {
                    faults.push(Fault::at(
                        role.id,
                        format!("{action} grants actions that nobody named"),
                    ));
                }
            }
        }
    }
    faults
}

/// STK022. Whoever publishes recorded events again does so in their producers' names; everybody else in its own.
pub(super) fn publishing(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for role in subject.of_type("AWS::IAM::Role") {
        let handler = subject.handler_of(role.id);
        for statement in
            statements(role.resource).filter(|statement| allows(statement, "events:PutEvents"))
        {
            let bus = subject.referred(&statement["Resource"]);
            if bus.is_none_or(|bus| bus.kind != "AWS::Events::EventBus") {
                faults.push(Fault::at(
                    role.id,
                    "PutEvents is granted on something else than the bus",
                ));
            }
            let Some(handler) = handler else {
                faults.push(Fault::at(
                    role.id,
                    "PutEvents is granted to a role of no handler",
                ));
                continue;
            };
            let again = statement["Sid"]
                .as_str()
                .and_then(Cause::of_sid)
                .is_some_and(|cause| cause.starts_with("need:"))
                && handler.has(Need::Republish);
            let (sources, events): (BTreeSet<String>, BTreeSet<&str>) = if again {
                let producers = || committing(subject.graph);
                let events = producers().flat_map(|producer| producer.emits);
                (
                    producers().map(HandlerSpec::source).collect(),
                    events.map(|event| event.name).collect(),
                )
            } else {
                (
                    BTreeSet::from([handler.source()]),
                    handler.emits.iter().map(|event| event.name).collect(),
                )
            };
            let own = condition(statement, "StringEqualsIfExists", "events:detail-type")
                .iter()
                .map(String::as_str)
                .collect::<BTreeSet<_>>()
                == events
                && BTreeSet::from_iter(condition(
                    statement,
                    "StringEqualsIfExists",
                    "events:source",
                )) == sources;
            if !own {
                faults.push(Fault::at(
                    role.id,
                    format!(
                        "PutEvents is not limited to {}'s own events and source",
                        handler.name
                    ),
                ));
            }
        }
    }
    faults
}

/// STK024.
pub(super) fn needs(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    for handler in &subject.graph.handlers {
        let id = ids::role(handler.id).logical_id().to_string();
        let role = subject.template.resource(&id);
        for declared in handler
            .needs
            .iter()
            .filter(|declared| !matches!(declared.need, Need::Policy | Need::Staff))
        {
            let sid = Cause::Need(declared.name).sid();
            let granted =
                role.is_some_and(|role| statements(role).any(|statement| statement["Sid"] == sid));
            if !granted {
                faults.push(Fault::at(
                    &id,
                    format!(
                        "{} needs {} and gets no grant for it",
                        handler.name, declared.name
                    ),
                ));
            }
        }
    }
    faults
}

/// STK025.
pub(super) fn archives(subject: &Subject<'_>) -> Vec<Fault> {
    subject
        .of_type("AWS::Lambda::Function")
        .filter(|function| {
            let code = &function.properties["Code"];
            let named = |name: &str| code[name].is_string() || referred_id(&code[name]).is_some();
            !named("S3Bucket") || !named("S3Key")
        })
        .map(|function| {
            Fault::at(
                function.id,
                "no published archive is known for it: package the handlers first",
            )
        })
        .collect()
}

/// STK026. What a table is appended to by is all that any role may do to it, besides reading.
pub(super) fn append_only(subject: &Subject<'_>) -> Vec<Fault> {
    let mut faults = Vec::new();
    let needs = subject.graph.handlers.iter().flat_map(|h| h.needs);
    let appended: BTreeSet<&str> = needs
        .filter_map(|declared| match declared.need {
            Need::AppendTable(table) => Some(table.spec().logical_id),
            _ => None,
        })
        .collect();
    let harmless = ["PutItem", "Query", "GetItem"].map(|action| format!("dynamodb:{action}"));
    for role in subject.of_type("AWS::IAM::Role") {
        for statement in statements(role.resource) {
            let on = list(statement.get("Resource"));
            let table = on.iter().find_map(|on| {
                let table = on.strip_prefix("${")?.split('.').next()?;
                appended.get(table)
            });
            let Some(table) = table else { continue };
            for action in list(statement.get("Action")) {
                if !harmless.contains(&action) {
                    faults.push(Fault::at(
                        role.id,
                        format!("{action} would change what {table} keeps: it is append-only"),
                    ));
                }
            }
        }
    }
    faults
}

/// STK027.
pub(super) fn answers(subject: &Subject<'_>) -> Vec<Fault> {
    let answer = |action: &str| action.starts_with("states:SendTask");
    let roles: Vec<_> = subject
        .of_type("AWS::IAM::Role")
        .filter(|role| {
            statements(role.resource)
                .flat_map(|statement| list(statement.get("Action")))
                .any(|action| answer(&action))
        })
        .collect();
    roles
        .iter()
        .filter(|role| {
            let declared = subject.handler_of(role.id);
            roles.len() > 1 || declared.is_none_or(|handler| !handler.has(Need::AnswerTasks))
        })
        .map(|role| {
            Fault::at(
                role.id,
                "it may answer task tokens: only the one handler that people's decisions come to may",
            )
        })
        .collect()
}
