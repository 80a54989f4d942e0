//! State machines, schedules, schemas.

use super::{Touched, body, text_of};
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
    if touched.has("DefinitionString") {
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

pub fn set_registry(touched: &Touched<'_>) -> Vec<Call> {
    let name = touched.resource.text("RegistryName").unwrap_or_default();
    let input = json!({ "Description": text_of(&touched.told_or_default("Description")) });
    let path = format!("/v1/registries/name/{}", encode(name));
    vec![Call::at(
        Service::Schemas,
        "UpdateRegistry",
        "PUT",
        path,
        input,
    )]
}

pub fn set_schema(touched: &Touched<'_>) -> Vec<Call> {
    let registry = touched.resource.text("RegistryName").unwrap_or_default();
    let registry = registry.rsplit('/').next().unwrap_or_default();
    let schema = touched.resource.text("SchemaName").unwrap_or_default();
    let input = json!({
        "Content": text_of(&touched.told_or_default("Content")),
        "Description": text_of(&touched.told_or_default("Description")),
        "Type": touched.told_or_default("Type"),
    });
    let path = format!(
        "/v1/registries/name/{}/schemas/name/{}",
        encode(registry),
        encode(schema)
    );
    vec![Call::at(
        Service::Schemas,
        "UpdateSchema",
        "PUT",
        path,
        input,
    )]
}
