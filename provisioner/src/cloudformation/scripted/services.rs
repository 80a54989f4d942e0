//! The services beside the scripted CloudFormation, as far as an inventory asks them: shadows that no stack lists. Whatever
//! else is asked for is gone, unless it was arranged to linger.

use super::Scripted;
use drift::{Api, Call, Trouble, Unreachable};
use serde_json::{Value, json};

impl Api for Scripted {
    async fn call(&self, call: &Call) -> Result<Value, Trouble> {
        Scripted::call(self, call.operation).map_err(|error| Unreachable {
            what: call.to_string(),
            why: error.message,
        })?;
        let gone = || Trouble::Refused {
            call: call.to_string(),
            code: "ResourceNotFoundException".to_owned(),
            message: "it isn't there".to_owned(),
        };
        let text = |name: &str| call.input[name].as_str().unwrap_or_default().to_owned();
        let mut state = self.state();
        if let Some(answer) = state.lingers.get(call.operation) {
            return Ok(answer.clone());
        }
        match call.operation {
            "DescribeLogGroups" => {
                let prefix = text("logGroupNamePrefix");
                let groups: Vec<Value> = state
                    .log_groups
                    .iter()
                    .filter(|name| name.starts_with(&prefix))
                    .map(|name| json!({ "logGroupName": name }))
                    .collect();
                Ok(json!({ "logGroups": groups }))
            }
            "DeleteLogGroup" => match state.log_groups.remove(&text("logGroupName")) {
                true => Ok(Value::Null),
                false => Err(gone()),
            },
            "ListSubscriptions" => {
                let all: Vec<Value> = state
                    .subscriptions
                    .iter()
                    .map(|(arn, topic)| json!({"SubscriptionArn": arn, "TopicArn": topic}))
                    .collect();
                Ok(json!({ "Subscriptions": all }))
            }
            "Unsubscribe" => {
                state.subscriptions.remove(&text("SubscriptionArn"));
                Ok(Value::Null)
            }
            "DescribeArchive" => match state.archives.contains(&text("ArchiveName")) {
                true => Ok(json!({ "ArchiveName": text("ArchiveName") })),
                false => Err(gone()),
            },
            "DeleteArchive" => match state.archives.remove(&text("ArchiveName")) {
                true => Ok(Value::Null),
                false => Err(gone()),
            },
            "DescribeKey" => match state.keys.get(&text("KeyId")) {
                Some(at) => {
                    Ok(json!({"KeyMetadata": {"KeyState": "PendingDeletion", "DeletionDate": at}}))
                }
                None => Err(gone()),
            },
            other if other.starts_with("List") => Ok(Value::Null),
            _ => Err(gone()),
        }
    }
}
