//! State machines, held against the language and against our rules for those that wait for people: every path comes to
//! a declared end, every failure goes somewhere. Judges the definition in the template, whoever wrote it; it can't see one
//! that lies in S3 or that is put together of intrinsics.

mod paths;
mod states;
mod tasks;

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use super::OUTCOMES;
use crate::finding::{Code, Finding};
use crate::handle::Resource;
use crate::stepfunctions::StateMachine;
use crate::template::Template;

/// Step Functions: bytes of a definition. CloudFormation sends it with line breaks and indentation.
const DEFINITION_BYTES: usize = 1_048_576;

/// A flow within a definition: the machine's own, a branch of a Parallel, or what a Map runs.
struct Flow<'a> {
    path: String,
    start: Option<&'a str>,
    states: BTreeMap<&'a str, &'a Value>,
}

/// Everything found in every state machine of the template.
pub(crate) fn judge(template: &Template) -> Vec<Finding> {
    template
        .resources()
        .filter(|(_, resource)| resource["Type"] == StateMachine::TYPE)
        .flat_map(|(id, resource)| {
            let found = definition(&resource["Properties"]).map(|(property, definition)| {
                let outcomes = texts(&resource["Metadata"][OUTCOMES]);
                machine(property, &definition, &outcomes)
            });
            let findings = found.unwrap_or_default();
            findings.into_iter().map(move |finding| finding.at(id))
        })
        .collect()
}

/// The definition and the property that it stands in.
fn definition(properties: &Value) -> Option<(&'static str, Cow<'_, Value>)> {
    if properties["Definition"].is_object() {
        return Some(("Definition", Cow::Borrowed(&properties["Definition"])));
    }
    let text = properties["DefinitionString"].as_str()?;
    let parsed = serde_json::from_str(text).ok()?;
    Some(("DefinitionString", Cow::Owned(parsed)))
}

fn machine(property: &str, definition: &Value, outcomes: &[&str]) -> Vec<Finding> {
    let root = format!("Properties.{property}");
    let mut findings = Vec::new();
    let bytes = serde_json::to_string_pretty(definition).map_or(0, |text| text.len());
    if bytes > DEFINITION_BYTES {
        let message =
            format!("the definition has {bytes} bytes; Step Functions allows {DEFINITION_BYTES}");
        findings.push(Finding::error(Code::DefinitionTooLarge, message).path(root.as_str()));
    }
    let mut flows = Vec::new();
    collect(root, definition, &mut flows);
    findings.extend(names(&flows));
    for (number, flow) in flows.iter().enumerate() {
        let reached = paths::judge(flow, &mut findings);
        if number == 0 {
            paths::outcomes(flow, &reached, outcomes, &mut findings);
        }
        for (name, state) in &flow.states {
            let path = format!("{}.States.{name}", flow.path);
            states::judge(name, state, &path, &mut findings);
            if state["Type"] == "Task" {
                tasks::judge(name, state, &path, &mut findings);
            }
        }
    }
    findings
}

/// The flow and all that are in it, the outermost first. A state that is no object is left to [`names`].
fn collect<'a>(path: String, flow: &'a Value, into: &mut Vec<Flow<'a>>) {
    let states: BTreeMap<&str, &Value> = flow["States"]
        .as_object()
        .into_iter()
        .flatten()
        .map(|(name, state)| (name.as_str(), state))
        .collect();
    let mut inner = Vec::new();
    for (name, state) in &states {
        let branches = state["Branches"].as_array().into_iter().flatten();
        inner.extend(
            branches
                .enumerate()
                .map(|(i, branch)| (format!("{path}.States.{name}.Branches.{i}"), branch)),
        );
        inner.extend(
            ["ItemProcessor", "Iterator"]
                .iter()
                .filter(|member| state[**member].is_object())
                .map(|member| (format!("{path}.States.{name}.{member}"), &state[*member])),
        );
    }
    into.push(Flow {
        path,
        start: flow["StartAt"].as_str(),
        states,
    });
    for (path, flow) in inner {
        collect(path, flow, into);
    }
}

/// Names are fit, and each is given once in the whole machine.
fn names(flows: &[Flow<'_>]) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut taken: BTreeMap<&str, &str> = BTreeMap::new();
    for flow in flows {
        for (name, state) in &flow.states {
            let path = format!("{}.States", flow.path);
            let fits =
                (1..=80).contains(&name.len()) && name.chars().all(|c| matches!(c, ' '..='~'));
            if !fits {
                let message =
                    format!("the state's name {name:?} isn't 1 to 80 printable ASCII characters");
                findings.push(Finding::error(Code::InvalidStateName, message).path(path.as_str()));
            }
            let first = taken.get(name).copied();
            if first.is_some() || state.is_array() {
                let message = format!(
                    "two states are named {name} (in {} and in {path}): name one of them otherwise",
                    first.map_or(path.clone(), |first| format!("{first}.States"))
                );
                findings.push(Finding::error(Code::DuplicateState, message).path(path));
            }
            taken.entry(name).or_insert(&flow.path);
        }
    }
    findings
}

/// The texts of a list.
fn texts(list: &Value) -> Vec<&str> {
    let elements = list.as_array().into_iter().flatten();
    elements.filter_map(Value::as_str).collect()
}

#[cfg(test)]
mod tests;
