//! STK049: a state machine's role may invoke the functions of its tasks and no others (R21). That its definition is sound
//! is judged by cfn.

use super::finding::Fault;
use super::subject::{Found, Subject, allows};
use crate::views::{list, statements, text};
use serde_json::Value;
use std::collections::BTreeSet;

/// STK049.
pub(super) fn invokes(subject: &Subject<'_>) -> Vec<Fault> {
    subject
        .of_type("AWS::StepFunctions::StateMachine")
        .flat_map(|machine| {
            let called = called(&machine);
            let role = subject.referred(&machine.properties["RoleArn"]);
            let allowed: BTreeSet<String> = role
                .iter()
                .flat_map(|role| statements(role.resource))
                .filter(|statement| allows(statement, "lambda:InvokeFunction"))
                .flat_map(|statement| list(statement.get("Resource")))
                .collect();
            let missing = called
                .difference(&allowed)
                .map(|function| format!("its tasks invoke {function}, which its role may not"));
            let more = allowed
                .difference(&called)
                .map(|function| format!("its role may invoke {function}, which no task does"));
            let found: Vec<_> = missing.chain(more).collect();
            found
                .into_iter()
                .map(move |fault| Fault::at(machine.id, fault))
        })
        .collect()
}

/// The functions that a machine's tasks name, as references.
fn called(machine: &Found<'_>) -> BTreeSet<String> {
    let definition = machine.properties["DefinitionString"].as_str();
    let definition: Value = definition
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    let states = definition["States"].as_object().into_iter().flatten();
    states
        .filter_map(|(_, state)| state["Parameters"]["FunctionName"].as_str())
        .map(|function| {
            let name = function
                .strip_prefix("${")
                .and_then(|f| f.strip_suffix('}'));
            let placed = name.map(|name| &machine.properties["DefinitionSubstitutions"][name]);
            placed.map_or_else(|| function.to_owned(), text)
        })
        .collect()
}
