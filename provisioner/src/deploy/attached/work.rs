//! What is at work on the stack's resources: event source mappings, executions. And tables that are protected.

use super::super::inventory::{Holdings, name_of, pages};
use super::super::survey::retained;
use super::{Attachment, attachment};
use drift::{Api, Call, Resource, Service, Trouble};
use requests::encode;
use serde_json::{Value, json};
use std::collections::BTreeMap;

impl Holdings {
    /// Mappings from or to what is ours: they outlive both their ends.
    pub(super) async fn mappings(&self, api: &impl Api) -> Result<Vec<Attachment>, Trouble> {
        let functions: BTreeMap<&str, &Resource> = self
            .stack
            .of("AWS::Lambda::Function")
            .map(|function| (function.name(), function))
            .collect();
        if functions.is_empty() {
            return Ok(Vec::new());
        }
        let declared = self.names("AWS::Lambda::EventSourceMapping");
        let queues = self.stack.of("AWS::SQS::Queue");
        let queues: BTreeMap<String, &Resource> = queues
            .map(|queue| (self.arn("sqs", name_of(&queue.physical_id)), queue))
            .collect();
        let tables: BTreeMap<&str, &Resource> = self
            .stack
            .of("AWS::DynamoDB::Table")
            .map(|table| (table.name(), table))
            .collect();
        let mut found = Vec::new();
        for mapping in every_mapping(api).await? {
            let id = mapping["UUID"].as_str().unwrap_or_default();
            let source = mapping["EventSourceArn"].as_str().unwrap_or_default();
            let function = mapping["FunctionArn"].as_str().unwrap_or_default();
            let function = function
                .split_once(":function:")
                .unwrap_or(("", function))
                .1;
            let function = function.split(':').next().unwrap_or_default();
            let table = source
                .split_once(":table/")
                .and_then(|(_, rest)| rest.split('/').next());
            let parent = functions
                .get(function)
                .or_else(|| queues.get(source))
                .or_else(|| table.and_then(|table| tables.get(table)));
            if let Some(parent) = parent.filter(|_| !declared.contains(id)) {
                let path = format!("/2015-03-31/event-source-mappings/{id}");
                let call = Call::at(
                    Service::Lambda,
                    "DeleteEventSourceMapping",
                    "DELETE",
                    path,
                    Value::Null,
                );
                found.push(attachment("event source mapping", id, parent, vec![call]));
            }
        }
        Ok(found)
    }

    /// Executions that run: a state machine goes only after the last of them, and one that waits for a person waits long.
    pub(super) async fn executions(&self, api: &impl Api) -> Result<Vec<Attachment>, Trouble> {
        let mut found = Vec::new();
        for machine in self.stack.of("AWS::StepFunctions::StateMachine") {
            let arn = &machine.physical_id;
            let input = json!({"stateMachineArn": arn, "statusFilter": "RUNNING"});
            let call = Call::new(Service::States, "ListExecutions", input);
            let running = pages(api, call, "executions", ("nextToken", "nextToken")).await?;
            let calls: Vec<Call> = running
                .iter()
                .map(|execution| {
                    let input = json!({"executionArn": execution["executionArn"],
                        "error": "EnvironmentDeleted", "cause": "its environment is being deleted"});
                    Call::new(Service::States, "StopExecution", input)
                })
                .collect();
            if !calls.is_empty() {
                found.push(Attachment {
                    what: format!(
                        "{} running executions of {}",
                        calls.len(),
                        machine.logical_id
                    ),
                    calls,
                });
            }
        }
        Ok(found)
    }

    /// Tables that somebody protected against deletion, which is nobody's mistake.
    pub(super) async fn protected(&self, api: &impl Api) -> Result<Vec<String>, Trouble> {
        let says = |table: &&Resource| {
            let declared = table.properties.get("DeletionProtectionEnabled");
            declared.is_none_or(|declared| *declared != true)
                && !retained(&self.template, &table.logical_id)
        };
        let looks = self
            .stack
            .of("AWS::DynamoDB::Table")
            .filter(says)
            .map(async |table| {
                let input = json!({ "TableName": table.name() });
                let call = Call::new(Service::DynamoDb, "DescribeTable", input);
                match api.call(&call).await {
                    Ok(told) if told["Table"]["DeletionProtectionEnabled"] == true => {
                        Ok(Some(format!("{} ({})", table.logical_id, table.name())))
                    }
                    Ok(_) => Ok(None),
                    Err(trouble) if trouble.is_absence() => Ok(None),
                    Err(trouble) => Err(trouble),
                }
            });
        let found = futures_util::future::try_join_all(looks).await?;
        Ok(found.into_iter().flatten().collect())
    }
}

/// Every event source mapping of the account.
async fn every_mapping(api: &impl Api) -> Result<Vec<Value>, Trouble> {
    let mut all = Vec::new();
    let mut marker = String::new();
    loop {
        let path = format!("/2015-03-31/event-source-mappings/?MaxItems=100{marker}");
        let call = Call::get(Service::Lambda, "ListEventSourceMappings", path);
        let mut answer = api.call(&call).await?;
        if let Value::Array(page) = answer["EventSourceMappings"].take() {
            all.extend(page);
        }
        match answer["NextMarker"].as_str() {
            Some(next) if !next.is_empty() => marker = format!("&Marker={}", encode(next)),
            _ => return Ok(all),
        }
    }
}
