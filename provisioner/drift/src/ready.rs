//! Whether resources are ready, by the states that their services tell: a function may be there and not yet runnable, a table
//! not yet writable. Types without a state of their own are ready when they are there.

use crate::resolve::{Resource, Stack};
use futures_util::StreamExt;
use requests::{Api, Call, Service, Trouble, Unreachable, encode};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// How many services are asked at once.
const AT_ONCE: usize = 16;

/// A resource that is not ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its name in the template.
    pub logical_id: String,
    /// CloudFormation's type.
    pub type_name: String,
    /// The service's word, and its reason where it gives one.
    pub state: String,
    /// Whether waiting won't help.
    pub failed: bool,
}

/// Where a state stands in an answer, the words that mean ready, and those that mean that it failed.
struct State {
    pointer: &'static str,
    ready: &'static [&'static str],
    failed: &'static [&'static str],
}

const FUNCTION: &[State] = &[
    State {
        pointer: "/State",
        // One that nobody called for long is reclaimed until the next call.
        ready: &["Active", "Inactive"],
        failed: &["Failed"],
    },
    State {
        pointer: "/LastUpdateStatus",
        ready: &["Successful"],
        failed: &["Failed"],
    },
];
const MAPPING: &[State] = &[State {
    pointer: "/State",
    ready: &["Enabled", "Disabled"],
    failed: &[],
}];
const TABLE: &[State] = &[State {
    pointer: "/Table/TableStatus",
    ready: &["ACTIVE"],
    failed: &["INACCESSIBLE_ENCRYPTION_CREDENTIALS"],
}];
const ARCHIVE: &[State] = &[State {
    pointer: "/State",
    ready: &["ENABLED", "DISABLED"],
    failed: &["CREATE_FAILED", "UPDATE_FAILED"],
}];
const MACHINE: &[State] = &[State {
    pointer: "/status",
    ready: &["ACTIVE"],
    failed: &[],
}];
const KEY: &[State] = &[State {
    pointer: "/KeyMetadata/KeyState",
    ready: &["Enabled", "Disabled"],
    failed: &["PendingDeletion", "Unavailable"],
}];

/// The call that tells a resource's state, and where in its answer; none for types that have none.
fn question(resource: &Resource) -> Option<(Call, &'static [State])> {
    let name = resource.name();
    let lambda = |operation, path: &str| {
        Call::get(Service::Lambda, operation, format!("/2015-03-31/{path}"))
    };
    Some(match resource.type_name.as_str() {
        "AWS::Lambda::Function" => {
            let path = format!("functions/{}/configuration", encode(name));
            (lambda("GetFunctionConfiguration", &path), FUNCTION)
        }
        "AWS::Lambda::EventSourceMapping" => {
            let path = format!("event-source-mappings/{}", encode(&resource.physical_id));
            (lambda("GetEventSourceMapping", &path), MAPPING)
        }
        "AWS::DynamoDB::Table" => {
            let input = json!({ "TableName": name });
            (Call::new(Service::DynamoDb, "DescribeTable", input), TABLE)
        }
        "AWS::Events::Archive" => {
            let input = json!({ "ArchiveName": name });
            (
                Call::new(Service::Events, "DescribeArchive", input),
                ARCHIVE,
            )
        }
        "AWS::StepFunctions::StateMachine" => {
            let input = json!({ "stateMachineArn": resource.physical_id });
            (
                Call::new(Service::States, "DescribeStateMachine", input),
                MACHINE,
            )
        }
        "AWS::KMS::Key" => {
            let input = json!({ "KeyId": resource.physical_id });
            (Call::new(Service::Kms, "DescribeKey", input), KEY)
        }
        _ => return None,
    })
}

/// Which of these resources are not ready. What can't be asked is taken as ready: the readers say that it was not read.
///
/// # Errors
/// When nothing can be reached.
pub async fn waiting(
    api: &impl Api,
    stack: &Stack,
    resources: &BTreeSet<&str>,
) -> Result<Vec<Waiting>, Unreachable> {
    let questions = stack
        .resources
        .iter()
        .filter(|resource| resources.contains(resource.logical_id.as_str()))
        .filter_map(|resource| Some((resource, question(resource)?)));
    let mut answers = futures_util::stream::iter(questions)
        .map(|(resource, (call, states))| async move {
            match api.call(&call).await {
                Ok(answer) => Ok(unready(resource, &answer, states)),
                Err(Trouble::Unreachable(lost)) => Err(lost),
                Err(_) => Ok(None),
            }
        })
        .buffer_unordered(AT_ONCE);
    let mut all = Vec::new();
    while let Some(answer) = answers.next().await {
        all.extend(answer?);
    }
    all.sort_by(|one: &Waiting, other| one.logical_id.cmp(&other.logical_id));
    Ok(all)
}

fn unready(resource: &Resource, answer: &Value, states: &[State]) -> Option<Waiting> {
    let waiting = |state: String, failed| Waiting {
        logical_id: resource.logical_id.clone(),
        type_name: resource.type_name.clone(),
        state,
        failed,
    };
    for state in states {
        let Some(word) = answer.pointer(state.pointer).and_then(Value::as_str) else {
            continue;
        };
        if !state.ready.contains(&word) {
            let reason = format!("{}Reason", state.pointer);
            let reason = answer.pointer(&reason).and_then(Value::as_str);
            let said = reason.map_or_else(|| word.to_owned(), |why| format!("{word} ({why})"));
            return Some(waiting(said, state.failed.contains(&word)));
        }
    }
    let indexes = answer.pointer("/Table/GlobalSecondaryIndexes");
    let building = indexes.and_then(Value::as_array)?.iter().find(|index| {
        let status = index["IndexStatus"].as_str();
        status.is_some_and(|status| status != "ACTIVE")
    })?;
    let (name, status) = (&building["IndexName"], &building["IndexStatus"]);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Some(waiting(
        format!("{}: index {}", text(status), text(name)),
        false,
    ))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use crate::resolve::Place;
    use serde_json::Map;

    struct Told(Vec<(&'static str, Value)>);

    impl Api for Told {
        async fn call(&self, call: &Call) -> Result<Value, Trouble> {
            let told = self
                .0
                .iter()
                .find(|(operation, _)| *operation == call.operation);
            Ok(told.map(|(_, answer)| answer.clone()).unwrap_or_default())
        }
    }

    fn stack() -> Stack {
        let resource = |logical_id: &str, type_name: &str| Resource {
            logical_id: logical_id.to_owned(),
            type_name: type_name.to_owned(),
            physical_id: logical_id.to_lowercase(),
            properties: Map::new(),
            kept: false,
        };
        Stack {
            place: Place {
                partition: "aws".into(),
                region: "eu-central-1".into(),
                account: "1".repeat(12),
                stack_name: "s".into(),
                stack_id: "s".into(),
            },
            tags: Default::default(),
            target: crate::Target::Aws,
            resources: vec![
                resource("Intake", "AWS::Lambda::Function"),
                resource("Invoices", "AWS::DynamoDB::Table"),
                resource("Key", "AWS::KMS::Key"),
                resource("Queue", "AWS::SQS::Queue"),
            ],
            unmade: Vec::new(),
        }
    }

    #[tokio::test]
    async fn what_is_being_made_or_failed_is_not_ready_and_says_so() {
        let api = Told(vec![
            (
                "GetFunctionConfiguration",
                json!({"State": "Active", "LastUpdateStatus": "Failed", "LastUpdateStatusReason": "no such key"}),
            ),
            (
                "DescribeTable",
                json!({"Table": {"TableStatus": "ACTIVE", "GlobalSecondaryIndexes": [
                    {"IndexName": "stuck", "IndexStatus": "CREATING"}]}}),
            ),
            (
                "DescribeKey",
                json!({"KeyMetadata": {"KeyState": "Enabled"}}),
            ),
        ]);
        let all = BTreeSet::from(["Intake", "Invoices", "Key", "Queue"]);
        let told = waiting(&api, &stack(), &all).await.unwrap();
        let told: Vec<_> = told
            .iter()
            .map(|one| (one.logical_id.as_str(), one.state.as_str(), one.failed))
            .collect();
        assert_eq!(
            told,
            [
                ("Intake", "Failed (no such key)", true),
                ("Invoices", "CREATING: index stuck", false),
            ]
        );
        let others = BTreeSet::from(["Queue"]);
        assert!(waiting(&api, &stack(), &others).await.unwrap().is_empty());
    }
}
