//! Each fault by itself, made in a definition that is otherwise clean: found once, at its place.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

use serde_json::{Map, json};

use super::*;

fn clean() -> Value {
    let guarded = |resource: &str, next: &str| {
        json!({
            "Type": "Task", "Resource": resource, "Parameters": {"Payload": {"token.$": "$$.Task.Token"}}, "TimeoutSeconds": 60,
            "Retry": [{"ErrorEquals": ["Lambda.ServiceException"], "IntervalSeconds": 2, "MaxAttempts": 3, "BackoffRate": 2, "MaxDelaySeconds": 60}],
            "Catch": [{"ErrorEquals": ["States.Timeout"], "Next": "Pause"}, {"ErrorEquals": ["States.ALL"], "Next": "Failed"}],
            "Next": next
        })
    };
    json!({"StartAt": "Route", "States": {
        "Route": {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericEquals": 1, "Next": "Ask"}], "Default": "Each"},
        "Ask": guarded("arn:aws:states:::lambda:invoke.waitForTaskToken", "Done"),
        "Pause": {"Type": "Wait", "Seconds": 1, "Next": "Ask"},
        "Each": {"Type": "Map", "ItemProcessor": {"StartAt": "Item", "States": {"Item": {"Type": "Pass", "End": true}}}, "Next": "Both"},
        "Both": {"Type": "Parallel", "Next": "Done", "Branches": [
            {"StartAt": "Left", "States": {"Left": {"Type": "Pass", "End": true}}},
            {"StartAt": "Right", "States": {"Right": {"Type": "Pass", "End": true}}}]},
        "Done": {"Type": "Succeed"},
        "Failed": {"Type": "Fail", "Error": "Failed"}
    }})
}

/// What is found, as `code path`.
fn found(definition: &Value, outcomes: &[&str]) -> Vec<String> {
    let metadata = json!({ OUTCOMES: outcomes });
    let properties = json!({"RoleArn": "arn", "Definition": definition});
    let machine =
        json!({"Type": StateMachine::TYPE, "Properties": properties, "Metadata": metadata});
    let members = json!({"Resources": {"Machine": machine}});
    let template = Template::parse(&members.to_string()).unwrap();
    let mut found: Vec<String> = judge(&template)
        .into_iter()
        .map(|finding| {
            assert_eq!(finding.logical_id.as_deref(), Some("Machine"));
            let path = finding.path.unwrap();
            let path = path
                .trim_start_matches("Properties.Definition.")
                .trim_start_matches("States.");
            format!("{} {path}", finding.code.as_str())
        })
        .collect();
    found.sort();
    found
}

const OUTCOMES_OF_CLEAN: [&str; 2] = ["Done", "Failed"];

/// Replaces the value at a pointer below `/States`; null removes it.
fn broken(pointer: &str, value: Value) -> Value {
    let mut definition = clean();
    let (parent, leaf) = pointer.rsplit_once('/').unwrap();
    let parent = definition.pointer_mut(&format!("/States{parent}")).unwrap();
    match (parent, value) {
        (Value::Array(list), Value::Null) => {
            list.remove(leaf.parse().unwrap());
        }
        (Value::Array(list), value) => list[leaf.parse::<usize>().unwrap()] = value,
        (parent, Value::Null) => {
            parent.as_object_mut().unwrap().remove(leaf).unwrap();
        }
        (parent, value) => parent[leaf] = value,
    }
    definition
}

#[test]
fn a_clean_machine_has_no_findings() {
    assert_eq!(found(&clean(), &OUTCOMES_OF_CLEAN), Vec::<String>::new());
}

#[test]
#[rustfmt::skip]
fn r5_every_fault_of_a_machine_is_found_at_its_place() {
    let null = || Value::Null;
    let pass = |next: &str| json!({"Type": "Pass", "Next": next});
    let end = || json!({"Type": "Pass", "End": true});
    let long = "x".repeat(81);
    let at_long = format!("/{long}");
    let cases: Vec<(&str, Value, Vec<&str>)> = vec![
        ("/Pause/Next", json!("Nowhere"), vec!["CFN016 Pause.Next", "CFN018 Pause"]),
        ("/Route/Default", json!("Nowhere"), vec!["CFN016 Route.Default", "CFN017 Both", "CFN017 Each"]),
        ("/Route/Choices/0/Next", json!("Done"), vec!["CFN017 Ask", "CFN017 Failed", "CFN017 Pause", "CFN019 Metadata.Outcomes"]),
        ("/Ask/Catch/1/Next", json!("Nowhere"), vec!["CFN016 Ask.Catch.1.Next", "CFN017 Failed", "CFN019 Metadata.Outcomes"]),
        ("/Each/ItemProcessor/StartAt", json!("Nowhere"), vec!["CFN016 Each.ItemProcessor.StartAt"]),
        ("/Both/Branches/1/States/Left", end(), vec!["CFN017 Both.Branches.1.States.Left", "CFN023 Both.Branches.1.States"]),
        ("/Orphan", pass("Done"), vec!["CFN017 Orphan"]),
        ("/Pause/Next", json!("Pause"), vec!["CFN018 Pause"]),
        ("/Each", end(), vec!["CFN017 Both", "CFN019 Each"]),
        ("/Ask/Retry", null(), vec!["CFN020 Ask"]),
        ("/Ask/Retry", json!([]), vec!["CFN020 Ask"]),
        ("/Ask/Catch/0", null(), vec!["CFN017 Pause"]),
        ("/Ask/Parameters/Payload", null(), vec!["CFN021 Ask.Parameters"]),
        ("/Ask/TimeoutSeconds", null(), vec!["CFN021 Ask"]),
        ("/Ask/Retry/0/ErrorEquals", json!(["States.TaskFailed"]), vec!["CFN021 Ask.Retry.0"]),
        ("/Ask/Retry/0/ErrorEquals", json!(["States.ALL"]), vec!["CFN021 Ask.Retry.0"]),
        ("/Ask/Retry/0/ErrorEquals", json!(["States.Timeout"]), vec!["CFN021 Ask.Retry.0"]),
        ("/Ask/Retry/0/ErrorEquals", json!(["Lambda.Unknown"]), vec!["CFN021 Ask.Retry.0"]),
        ("/Ask/Retry/0/ErrorEquals", json!(["errors.Premature"]), vec!["CFN021 Ask.Retry.0"]),
        ("/Route/Choices", json!([]), vec!["CFN017 Ask", "CFN017 Failed", "CFN017 Pause", "CFN019 Metadata.Outcomes", "CFN022 Route"]),
        ("/Ask", json!([clean()["States"]["Ask"], clean()["States"]["Ask"]]),
            vec!["CFN017 Failed", "CFN017 Pause", "CFN018 Ask", "CFN018 Pause", "CFN019 Metadata.Outcomes", "CFN023 States"]),
        ("/Ask/Catch/0/ErrorEquals", json!(["States.ALL"]), vec!["CFN025 Ask.Catch.0"]),
        ("/Ask/Catch/1/ErrorEquals", json!(["Other", "States.ALL"]), vec!["CFN025 Ask.Catch.1"]),
        ("/Pause/Seconds", null(), vec!["CFN026 Pause"]),
        ("/Pause/Timestamp", json!("2026-01-31T00:00:00Z"), vec!["CFN026 Pause"]),
        ("/Both/Type", json!("Fork"), vec!["CFN028 Both.Type"]),
        ("/Both/End", json!(true), vec!["CFN019 Both", "CFN028 Both"]),
        ("/Both/Next", null(), vec!["CFN018 Both", "CFN018 Each", "CFN028 Both"]),
        ("/Done/Next", json!("Failed"), vec!["CFN028 Done"]),
        ("/Pause/Seconds", json!("60"), vec!["CFN028 Pause.Seconds"]),
        ("/Ask/TimeoutSeconds", json!(100_000_000), vec!["CFN028 Ask.TimeoutSeconds"]),
        ("/Ask/HeartbeatSeconds", json!(60), vec!["CFN028 Ask.HeartbeatSeconds"]),
        ("/Ask/Retry/0/BackoffRate", json!(0.5), vec!["CFN028 Ask.Retry.0"]),
        ("/Ask/Retry/0/MaxDelaySeconds", json!(2), vec!["CFN028 Ask.Retry.0"]),
        ("/Ask/Retry/0/IntervalSeconds", json!(0), vec!["CFN028 Ask.Retry.0"]),
        ("/Ask/Retry/0/ErrorEquals", json!([]), vec!["CFN028 Ask.Retry.0"]),
        (at_long.as_str(), end(), vec!["CFN017 LONG", "CFN024 States"]),
    ];
    for (pointer, value, expected) in cases {
        let actual: Vec<String> = found(&broken(pointer, value.clone()), &OUTCOMES_OF_CLEAN)
            .into_iter()
            .map(|text| text.replace(&long, "LONG"))
            .collect();
        assert_eq!(actual, expected, "{pointer} = {value}");
    }
}

#[test]
fn r5_a_choice_without_a_default_is_found() {
    let found = found(&broken("/Route/Default", Value::Null), &OUTCOMES_OF_CLEAN);
    assert_eq!(found, ["CFN017 Both", "CFN017 Each", "CFN022 Route"]);
}

#[test]
fn r5_an_end_that_nobody_declared_is_found() {
    assert_eq!(found(&clean(), &["Done"]), ["CFN019 Failed"]);
    assert_eq!(
        found(&clean(), &["Done", "Failed", "Expired"]),
        ["CFN019 Metadata.Outcomes"]
    );
    assert_eq!(found(&clean(), &[]), ["CFN019 Done", "CFN019 Failed"]);
}

#[test]
fn r5_a_timeout_that_nobody_catches_is_found() {
    let mut definition = broken("/Ask/Catch/0", Value::Null);
    definition["States"]["Ask"]["Catch"][0]["ErrorEquals"] = json!(["States.TaskFailed"]);
    definition["States"]
        .as_object_mut()
        .unwrap()
        .remove("Pause");
    assert_eq!(found(&definition, &OUTCOMES_OF_CLEAN), ["CFN021 Ask"]);
}

#[test]
fn another_services_own_errors_may_be_retried_in_a_callback() {
    let mut definition = clean();
    definition["States"]["Ask"]["Resource"] =
        json!("arn:aws:states:::sqs:sendMessage.waitForTaskToken");
    definition["States"]["Ask"]["Retry"][0]["ErrorEquals"] = json!(["Sqs.SqsException"]);
    assert_eq!(found(&definition, &OUTCOMES_OF_CLEAN), Vec::<String>::new());
}

#[test]
fn a_definition_above_1_mb_is_found() {
    let mut definition = clean();
    let texts: Map<String, Value> = (0..1_100)
        .map(|i| (i.to_string(), "x".repeat(1_000).into()))
        .collect();
    definition["States"]["Each"]["Parameters"] = Value::Object(texts);
    assert_eq!(
        found(&definition, &OUTCOMES_OF_CLEAN),
        ["CFN027 Properties.Definition"]
    );
}

#[test]
fn a_definition_that_is_text_is_read_too() {
    let text = broken("/Pause/Next", json!("Nowhere")).to_string();
    let (property, definition) = definition_of(&json!({ "DefinitionString": text })).unwrap();
    assert_eq!(property, "DefinitionString");
    assert_eq!(machine(property, &definition, &OUTCOMES_OF_CLEAN).len(), 2);
}

fn definition_of(properties: &Value) -> Option<(&'static str, Value)> {
    definition(properties).map(|(property, found)| (property, found.into_owned()))
}
