//! `grants.txt`: role, actions, resource, condition, cause; read from the template, so that it shows what is deployed.

use crate::constructs::grant::Cause;
use cfn::Template;
use serde_json::Value;
use std::fmt::Write as _;

/// A line for every statement of every role.
pub(crate) fn grants(template: &Template) -> String {
    let mut out = String::new();
    for (role, resource) in template.resources() {
        for statement in statements(resource) {
            let cause = statement
                .get("Sid")
                .and_then(Value::as_str)
                .and_then(Cause::of_sid)
                .unwrap_or_else(|| "no cause".to_owned());
            let resources = list(statement.get("Resource")).join(" ");
            let conditions = conditions(statement);
            let actions = list(statement.get("Action")).join(" ");
            // Writing to a String never fails.
            let _ = writeln!(
                out,
                "{role} | {actions} | {resources} | {conditions} | {cause}"
            );
        }
    }
    out
}

/// The statements of a role's inline policies; none for other resources.
pub(crate) fn statements(resource: &Value) -> impl Iterator<Item = &Value> {
    let policies = resource["Type"]
        .as_str()
        .filter(|name| *name == "AWS::IAM::Role")
        .and_then(|_| resource["Properties"]["Policies"].as_array());
    policies
        .into_iter()
        .flatten()
        .filter_map(|policy| policy["PolicyDocument"]["Statement"].as_array())
        .flatten()
}

/// One value or a list of them, as text.
pub(crate) fn list(value: Option<&Value>) -> Vec<String> {
    match value {
        None => Vec::new(),
        Some(Value::Array(values)) => values.iter().map(text).collect(),
        Some(value) => vec![text(value)],
    }
}

/// A template's value in the notation of `Fn::Sub`: `${Queue.Arn}`.
pub(crate) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Object(members) => match members.iter().next() {
            Some((name, Value::String(id))) if name == "Ref" => format!("${{{id}}}"),
            Some((name, Value::String(text))) if name == "Fn::Sub" => text.clone(),
            Some((name, Value::Array(path))) if name == "Fn::GetAtt" => {
                let path: Vec<_> = path.iter().filter_map(Value::as_str).collect();
                format!("${{{}}}", path.join("."))
            }
            _ => value.to_string(),
        },
        other => other.to_string(),
    }
}

fn conditions(statement: &Value) -> String {
    let Some(operators) = statement.get("Condition").and_then(Value::as_object) else {
        return "-".to_owned();
    };
    let mut said = Vec::new();
    for (operator, keys) in operators {
        for (key, values) in keys.as_object().into_iter().flatten() {
            said.push(format!(
                "{key} {operator} {}",
                list(Some(values)).join(", ")
            ));
        }
    }
    said.join("; ")
}
