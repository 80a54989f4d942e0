//! The services beside the scripted CloudFormation, as far as an inventory asks them: shadows that no stack lists. Whatever
//! else is asked for is gone, unless it was arranged to linger.

use super::{Scripted, State};
use drift::{Api, Call, Trouble, Unreachable};
use serde_json::{Value, json};

impl Api for Scripted {
    async fn call(&self, call: &Call) -> Result<Value, Trouble> {
        Scripted::call(self, call.operation).map_err(|error| match error.code {
            Some(code) => Trouble::Refused {
                call: call.to_string(),
                code,
                message: error.message,
            },
            None => Trouble::Unreachable(Unreachable {
                what: call.to_string(),
                why: error.message,
            }),
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
            // What others hung on a bus, a role and a state machine.
            "ListRules" => {
                let rules = state.hung_on(&text("EventBusName"));
                Ok(json!({ "Rules": named("Name", &rules) }))
            }
            "ListTargetsByRule" => Ok(json!({ "Targets": [{"Id": "1"}] })),
            "DeleteRule" => state.unhang(&text("EventBusName"), &text("Name")),
            "GetAccountAuthorizationDetails" => {
                let roles = state.hung.clone().into_iter().map(|(role, policies)| {
                    let policies: Vec<String> = policies.into_iter().collect();
                    json!({"RoleName": role, "RolePolicyList": named("PolicyName", &policies)})
                });
                Ok(json!({ "RoleDetailList": roles.collect::<Vec<_>>() }))
            }
            "DeleteRolePolicy" => state.unhang(&text("RoleName"), &text("PolicyName")),
            "ListExecutions" => {
                let running = state.hung_on(&text("stateMachineArn"));
                Ok(json!({ "executions": named("executionArn", &running) }))
            }
            "StopExecution" => {
                let arn = text("executionArn");
                state.hung.values_mut().for_each(|on| {
                    on.remove(&arn);
                });
                Ok(Value::Null)
            }
            "DescribeTable" => {
                let on = state.guarded.contains(&text("TableName"));
                match on {
                    true => Ok(json!({"Table": {"DeletionProtectionEnabled": true}})),
                    false => Err(gone()),
                }
            }
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

/// Things by the member that names them.
fn named(member: &str, names: &[String]) -> Vec<Value> {
    let one = |name: &String| Value::from_iter([(member.to_owned(), Value::from(name.as_str()))]);
    names.iter().map(one).collect()
}

impl State {
    fn hung_on(&self, physical_id: &str) -> Vec<String> {
        let on = self.hung.get(physical_id).into_iter().flatten();
        on.cloned().collect()
    }

    fn unhang(&mut self, physical_id: &str, what: &str) -> Result<Value, Trouble> {
        if let Some(on) = self.hung.get_mut(physical_id) {
            on.remove(what);
        }
        Ok(Value::Null)
    }
}
