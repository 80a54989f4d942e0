//! What CloudFormation says of a stack, as far as the reaper asks, and the deletion.

use crate::rule::StackFacts;
use requests::{Api, Call, Service, Trouble};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stack {
    pub name: String,
    pub status: String,
    pub reason: String,
    pub tags: BTreeMap<String, String>,
    pub is_protected: bool,
}

/// A resource of a stack that has an id at its service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resource {
    pub logical_id: String,
    pub type_name: String,
    pub physical_id: String,
    pub status: String,
}

impl Stack {
    pub fn facts(&self) -> StackFacts<'_> {
        StackFacts {
            name: &self.name,
            status: &self.status,
            tags: &self.tags,
            is_protected: self.is_protected,
        }
    }
}

/// The stack with this ARN; none if there is none any more.
pub async fn describe(api: &impl Api, id: &str) -> Result<Option<Stack>, Trouble> {
    let call = of("DescribeStacks", json!({ "StackName": id }));
    let answer = match api.call(&call).await {
        Ok(answer) => answer,
        Err(trouble) if is_gone(&trouble) => return Ok(None),
        Err(trouble) => return Err(trouble),
    };
    let Some(found) = list(&answer["Stacks"]).next() else {
        return Ok(None);
    };
    let text = |name: &str| found[name].as_str().unwrap_or_default().to_owned();
    let tags = list(&found["Tags"]).filter_map(|tag| {
        let value = tag["Value"].as_str().unwrap_or_default();
        Some((tag["Key"].as_str()?.to_owned(), value.to_owned()))
    });
    let stack = Stack {
        name: text("StackName"),
        status: text("StackStatus"),
        reason: text("StackStatusReason"),
        tags: tags.collect(),
        is_protected: found["EnableTerminationProtection"] == "true",
    };
    Ok((stack.status != "DELETE_COMPLETE").then_some(stack))
}

/// The stack's resources.
pub async fn resources(api: &impl Api, id: &str) -> Result<Vec<Resource>, Trouble> {
    let mut all = Vec::new();
    let mut next = Value::Null;
    loop {
        let input = json!({ "StackName": id, "NextToken": next });
        let answer = api.call(&of("ListStackResources", input)).await?;
        all.extend(list(&answer["StackResourceSummaries"]).filter_map(|found| {
            let text = |name: &str| found[name].as_str().map(str::to_owned);
            Some(Resource {
                logical_id: text("LogicalResourceId")?,
                type_name: text("ResourceType")?,
                physical_id: text("PhysicalResourceId").filter(|id| !id.is_empty())?,
                status: text("ResourceStatus").unwrap_or_default(),
            })
        }));
        next = answer["NextToken"].clone();
        if next.as_str().is_none_or(str::is_empty) {
            return Ok(all);
        }
    }
}

/// The template that the stack was last deployed with; none if it isn't JSON.
pub async fn template(api: &impl Api, id: &str) -> Result<Option<Value>, Trouble> {
    let input = json!({ "StackName": id, "TemplateStage": "Original" });
    let answer = api.call(&of("GetTemplate", input)).await?;
    let body = answer["TemplateBody"].as_str().unwrap_or_default();
    Ok(serde_json::from_str(body).ok())
}

/// Starts the deletion, which CloudFormation performs as `role`. The token makes a request that is sent twice one deletion.
pub async fn delete(api: &impl Api, id: &str, role: &str, token: &str) -> Result<(), Trouble> {
    let input = json!({ "StackName": id, "RoleARN": role, "ClientRequestToken": token });
    api.call(&of("DeleteStack", input)).await.map(|_| ())
}

/// Whether a refusal means that there is no such stack: CloudFormation has no code of its own for it.
fn is_gone(trouble: &Trouble) -> bool {
    matches!(trouble, Trouble::Refused { code, message, .. }
        if code == "ValidationError" && message.contains("does not exist"))
}

fn of(operation: &'static str, input: Value) -> Call {
    Call::new(Service::CloudFormation, operation, input)
}

/// The elements of a list; XML writes an empty one as an empty text, and one of S3's with one element without a list.
pub fn list(value: &Value) -> impl Iterator<Item = &Value> {
    match value {
        Value::Array(items) => items.as_slice(),
        Value::Object(_) => std::slice::from_ref(value),
        _ => &[],
    }
    .iter()
}
