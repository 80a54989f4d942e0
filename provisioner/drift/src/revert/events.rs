//! Buses, rules with their targets, archives.

use super::{Touched, body, text_of};
use crate::detect::Target;
use requests::{Call, Service};
use serde_json::{Map, Value, json};

/// What can be set on a bus.
pub const OF_BUS: &[&str] = &[
    "DeadLetterConfig",
    "Description",
    "KmsKeyIdentifier",
    "LogConfig",
    "Tags",
];

/// What can be set on a rule.
pub const OF_RULE: &[&str] = &[
    "Description",
    "EventPattern",
    "RoleArn",
    "ScheduleExpression",
    "State",
    "Tags",
    "Targets",
];

fn new(operation: &'static str, input: Value) -> Call {
    Call::new(Service::Events, operation, input)
}

fn bus_settings(touched: &Touched<'_>) -> Value {
    let names = OF_BUS.iter().filter(|name| **name != "Tags");
    let mut input = body(names.filter_map(|name| Some((*name, touched.told(name)?.clone()))));
    input["Name"] = touched.resource.name().into();
    input
}

pub fn set_bus(touched: &Touched<'_>) -> Vec<Call> {
    if touched.properties.iter().all(|name| name == "Tags") {
        return Vec::new();
    }
    vec![new("UpdateEventBus", bus_settings(touched))]
}

pub fn make_bus(touched: &Touched<'_>) -> Vec<Call> {
    let mut input = bus_settings(touched);
    if let Some(tags) = touched.told("Tags") {
        input["Tags"] = tags.clone();
    }
    vec![new("CreateEventBus", input)]
}

pub fn remove_bus_policy(bus: &str, statement: &str) -> Vec<Call> {
    let input = json!({"EventBusName": bus, "StatementId": statement});
    vec![new("RemovePermission", input)]
}

fn bus_of(touched: &Touched<'_>) -> Value {
    touched
        .told("EventBusName")
        .cloned()
        .unwrap_or_else(|| "default".into())
}

fn put_rule(touched: &Touched<'_>) -> Value {
    let names = [
        "Description",
        "EventPattern",
        "RoleArn",
        "ScheduleExpression",
        "State",
    ];
    let told = names.into_iter().filter_map(|name| {
        let told = touched.told(name)?;
        Some((name, text_of(told).into()))
    });
    let mut input = body(told);
    input["Name"] = touched.resource.name().into();
    input["EventBusName"] = bus_of(touched);
    // AWS unsets what is left out, and refuses an empty ARN; the local cloud keeps what is left out.
    if touched.stack.target == Target::Local && input.get("RoleArn").is_none() {
        input["RoleArn"] = "".into();
    }
    input
}

fn put_targets(touched: &Touched<'_>) -> Option<Call> {
    let targets = touched.told("Targets")?;
    let input = json!({"Rule": touched.resource.name(), "EventBusName": bus_of(touched), "Targets": targets});
    Some(new("PutTargets", input))
}

pub fn set_rule(touched: &Touched<'_>) -> Vec<Call> {
    let mut calls = Vec::new();
    if touched
        .properties
        .iter()
        .any(|name| name != "Tags" && name != "Targets")
    {
        calls.push(new("PutRule", put_rule(touched)));
    }
    if touched.has("Targets") {
        let added: Vec<&Value> = touched
            .undeclared("Targets")
            .into_iter()
            .filter_map(|target| target.get("Id"))
            .collect();
        if !added.is_empty() {
            let input = json!({"Rule": touched.resource.name(), "EventBusName": bus_of(touched), "Ids": added});
            calls.push(new("RemoveTargets", input));
        }
        calls.extend(put_targets(touched));
    }
    calls
}

pub fn make_rule(touched: &Touched<'_>) -> Vec<Call> {
    let mut input = put_rule(touched);
    if let Some(tags) = touched.told("Tags") {
        input["Tags"] = tags.clone();
    }
    let mut calls = vec![new("PutRule", input)];
    calls.extend(put_targets(touched));
    calls
}

pub fn remove_rule(there: &Map<String, Value>) -> Vec<Call> {
    let (name, bus) = (&there["Name"], &there["EventBusName"]);
    let targets = there.get("Targets").and_then(Value::as_array);
    let ids: Vec<&Value> = targets
        .into_iter()
        .flatten()
        .filter_map(|target| target.get("Id"))
        .collect();
    let mut calls = Vec::new();
    if !ids.is_empty() {
        calls.push(new(
            "RemoveTargets",
            json!({"Rule": name, "EventBusName": bus, "Ids": ids}),
        ));
    }
    // A rule of another bus that serves others too only loses what pointed at us.
    if there.contains_key("OtherTargets") {
        return calls;
    }
    calls.push(new(
        "DeleteRule",
        json!({"Name": name, "EventBusName": bus}),
    ));
    calls
}

fn archive(touched: &Touched<'_>) -> Value {
    let told = ["Description", "EventPattern", "RetentionDays"]
        .into_iter()
        .filter_map(|name| {
            let told = touched.told(name)?;
            Some((
                name,
                if name == "EventPattern" {
                    text_of(told).into()
                } else {
                    told.clone()
                },
            ))
        });
    let mut input = body(told);
    input["ArchiveName"] = touched.resource.name().into();
    input
}

pub fn set_archive(touched: &Touched<'_>) -> Vec<Call> {
    let mut input = archive(touched);
    // What is left out of an update stays as it is.
    let everything = || touched.told_or_default("EventPattern").to_string().into();
    for (name, unset) in [
        ("RetentionDays", json!(0)),
        ("Description", json!("")),
        ("EventPattern", everything()),
    ] {
        if touched.has(name) && touched.told(name).is_none() {
            input[name] = unset;
        }
    }
    vec![new("UpdateArchive", input)]
}

pub fn make_archive(touched: &Touched<'_>) -> Vec<Call> {
    let mut input = archive(touched);
    input["EventSourceArn"] = touched.told_or_default("SourceArn");
    if let Some(key) = touched.told("KmsKeyIdentifier") {
        input["KmsKeyIdentifier"] = key.clone();
    }
    vec![new("CreateArchive", input)]
}

pub fn remove_archive(name: &str) -> Vec<Call> {
    vec![new("DeleteArchive", json!({ "ArchiveName": name }))]
}
