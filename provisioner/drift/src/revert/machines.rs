//! State machines, schedules, schemas.

use super::{Touched, body, text_of};
use crate::canonical;
use requests::{Call, Service, encode};
use serde_json::{Map, Value, json};

/// What can be set on a state machine.
pub const OF_MACHINE: &[&str] = &[
    "DefinitionString",
    "EncryptionConfiguration",
    "LoggingConfiguration",
    "RoleArn",
    "Tags",
    "TracingConfiguration",
];

/// What can be set on a schedule.
pub const OF_SCHEDULE: &[&str] = &[
    "ActionAfterCompletion",
    "Description",
    "EndDate",
    "FlexibleTimeWindow",
    "KmsKeyArn",
    "ScheduleExpression",
    "ScheduleExpressionTimezone",
    "StartDate",
    "State",
    "Target",
];

/// Names with a small letter at every depth.
fn small(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.iter().map(|(key, member)| {
                let mut letters = key.chars();
                let first = letters.next().into_iter().flat_map(char::to_lowercase);
                (first.chain(letters).collect(), small(member))
            });
            Value::Object(members.collect::<Map<_, _>>())
        }
        Value::Array(elements) => elements.iter().map(small).collect(),
        scalar => scalar.clone(),
    }
}

pub fn set_machine(touched: &Touched<'_>) -> Vec<Call> {
    let mut input = json!({ "stateMachineArn": touched.resource.physical_id });
    // The service takes another encryption together with a definition only.
    if touched.has("DefinitionString") || touched.has("EncryptionConfiguration") {
        let definition = touched
            .told("DefinitionString")
            .or_else(|| touched.told("Definition"));
        let mut text = definition.map(text_of).unwrap_or_default();
        let own = touched
            .told("DefinitionSubstitutions")
            .and_then(Value::as_object);
        for (name, value) in own.into_iter().flatten() {
            text = text.replace(&format!("${{{name}}}"), &text_of(value));
        }
        input["definition"] = text.into();
    }
    if touched.has("RoleArn") {
        input["roleArn"] = touched.told_or_default("RoleArn");
    }
    let unset = [
        (
            "LoggingConfiguration",
            "loggingConfiguration",
            json!({"level": "OFF"}),
        ),
        (
            "TracingConfiguration",
            "tracingConfiguration",
            json!({"enabled": false}),
        ),
        (
            "EncryptionConfiguration",
            "encryptionConfiguration",
            json!({"type": "AWS_OWNED_KEY"}),
        ),
    ];
    for (ours, theirs, unset) in unset {
        if touched.has(ours) {
            input[theirs] = touched.told(ours).map_or(unset, small);
        }
    }
    if input.as_object().is_some_and(|members| members.len() == 1) {
        return Vec::new();
    }
    vec![Call::new(Service::States, "UpdateStateMachine", input)]
}

pub fn make_machine(touched: &Touched<'_>) -> Vec<Call> {
    let set = set_machine(touched);
    let Some(mut input) = set.into_iter().next().map(|call| call.input) else {
        return Vec::new();
    };
    if let Some(members) = input.as_object_mut() {
        members.remove("stateMachineArn");
    }
    input["name"] = touched.resource.name().into();
    input["type"] = touched.told_or_default("StateMachineType");
    if let Some(Value::Object(tags)) = touched.told("Tags").map(canonical::tags) {
        let tags = tags
            .iter()
            .map(|(key, value)| json!({"key": key, "value": value}));
        input["tags"] = tags.collect();
    }
    vec![Call::new(Service::States, "CreateStateMachine", input)]
}

pub fn remove_version(arn: &str) -> Vec<Call> {
    let input = json!({ "stateMachineVersionArn": arn });
    vec![Call::new(
        Service::States,
        "DeleteStateMachineVersion",
        input,
    )]
}

pub fn remove_alias(arn: &str) -> Vec<Call> {
    let input = json!({ "stateMachineAliasArn": arn });
    vec![Call::new(Service::States, "DeleteStateMachineAlias", input)]
}

/// The id of somebody's schedule is its group's name and its own.
pub fn remove_schedule(id: &str) -> Vec<Call> {
    let (group, name) = id.split_once('/').unwrap_or(("default", id));
    let path = format!("/schedules/{}?groupName={}", encode(name), encode(group));
    let call = Call::at(
        Service::Scheduler,
        "DeleteSchedule",
        "DELETE",
        path,
        Value::Null,
    );
    vec![call]
}

pub fn remove_pipe(name: &str) -> Vec<Call> {
    let path = format!("/v1/pipes/{}", encode(name));
    vec![Call::at(
        Service::Pipes,
        "DeletePipe",
        "DELETE",
        path,
        Value::Null,
    )]
}

/// A schedule is put as a whole: what is left out of the request is unset.
pub fn put_schedule(touched: &Touched<'_>, method: &'static str) -> Vec<Call> {
    let names = OF_SCHEDULE.iter().chain(&["GroupName"]);
    let told = names.filter_map(|name| {
        let mut told = touched.told(name)?.clone();
        if *name == "Target"
            && let Some(input) = told.get_mut("Input")
        {
            *input = text_of(input).into();
        }
        Some((*name, told))
    });
    let path = format!("/schedules/{}", encode(touched.resource.name()));
    let operation = if method == "POST" {
        "CreateSchedule"
    } else {
        "UpdateSchedule"
    };
    vec![Call::at(
        Service::Scheduler,
        operation,
        method,
        path,
        body(told),
    )]
}

/// Makes or changes a registry, by the method.
pub fn put_registry(touched: &Touched<'_>, method: &'static str) -> Vec<Call> {
    let name = touched.resource.text("RegistryName").unwrap_or_default();
    let mut input = json!({ "Description": text_of(&touched.told_or_default("Description")) });
    let operation = if method == "POST" {
        tagged(touched, &mut input);
        "CreateRegistry"
    } else {
        "UpdateRegistry"
    };
    let path = format!("/v1/registries/name/{}", encode(name));
    vec![Call::at(Service::Schemas, operation, method, path, input)]
}

/// Makes or changes a schema, by the method.
pub fn put_schema(touched: &Touched<'_>, method: &'static str) -> Vec<Call> {
    let registry = touched.resource.text("RegistryName").unwrap_or_default();
    let registry = registry.rsplit('/').next().unwrap_or_default();
    let schema = touched.resource.text("SchemaName").unwrap_or_default();
    let mut input = json!({
        "Content": text_of(&touched.told_or_default("Content")),
        "Description": text_of(&touched.told_or_default("Description")),
        "Type": touched.told_or_default("Type"),
    });
    let operation = if method == "POST" {
        tagged(touched, &mut input);
        "CreateSchema"
    } else {
        "UpdateSchema"
    };
    let path = format!(
        "/v1/registries/name/{}/schemas/name/{}",
        encode(registry),
        encode(schema)
    );
    vec![Call::at(Service::Schemas, operation, method, path, input)]
}

fn tagged(touched: &Touched<'_>, input: &mut Value) {
    if let Some(tags) = touched.told("Tags") {
        input["tags"] = canonical::tags(tags);
    }
}
