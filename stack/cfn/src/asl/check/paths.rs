//! Where a flow leads: to states that exist, from its start to each of them, from each of them to an end, and to the ends
//! that were declared.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Flow;
use crate::finding::{Code, Finding};

/// The states that paths from the start lead to.
pub(super) fn judge<'a>(flow: &Flow<'a>, findings: &mut Vec<Finding>) -> BTreeSet<&'a str> {
    let mut edges: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, state) in &flow.states {
        for (member, target) in leads(state) {
            if flow.states.contains_key(target) {
                edges.entry(name).or_default().insert(target);
            } else {
                findings.push(nowhere(
                    &format!("{}.States.{name}.{member}", flow.path),
                    target,
                ));
            }
        }
    }
    let start = flow.start.filter(|start| flow.states.contains_key(start));
    let Some(start) = start else {
        findings.push(nowhere(
            &format!("{}.StartAt", flow.path),
            flow.start.unwrap_or_default(),
        ));
        return BTreeSet::new();
    };
    let reached = closure([start], &edges);
    let ends = flow.states.iter().filter(|(_, state)| is_end(state));
    let ending = closure(ends.map(|(name, _)| *name), &turned(&edges));
    for name in flow.states.keys() {
        let path = format!("{}.States.{name}", flow.path);
        if !reached.contains(name) {
            let message =
                format!("no path from {start} leads to {name}: lead one there, or remove it");
            findings.push(Finding::error(Code::UnreachableState, message).path(path.as_str()));
        }
        if !ending.contains(name) {
            let message =
                format!("no path from {name} leads to an end: an execution there goes on for ever");
            findings.push(Finding::error(Code::EndlessState, message).path(path));
        }
    }
    reached
}

/// Every path of the machine's own flow ends in a declared outcome, and every outcome can be had.
pub(super) fn outcomes(
    flow: &Flow<'_>,
    reached: &BTreeSet<&str>,
    declared: &[&str],
    findings: &mut Vec<Finding>,
) {
    let kind = |name: &str| {
        flow.states
            .get(name)
            .map_or(&Value::Null, |state| &state["Type"])
    };
    let is_outcome = |name: &str| kind(name) == "Succeed" || kind(name) == "Fail";
    for name in reached.iter().filter(|name| is_end(flow.states[**name])) {
        let problem = if !is_outcome(name) {
            "is neither a Succeed nor a Fail state: let it lead to one"
        } else if !declared.contains(name) {
            "isn't among the machine's outcomes: declare it, or lead the path to one of them"
        } else {
            continue;
        };
        let message = format!("a path ends in {name}, which {problem}");
        findings.push(
            Finding::error(Code::UndeclaredOutcome, message)
                .path(format!("{}.States.{name}", flow.path)),
        );
    }
    for name in declared
        .iter()
        .filter(|name| !(reached.contains(*name) && is_outcome(name)))
    {
        let message = format!("no path ends in the declared outcome {name}");
        findings.push(Finding::error(Code::UndeclaredOutcome, message).path("Metadata.Outcomes"));
    }
}

fn nowhere(path: &str, target: &str) -> Finding {
    let message = format!("{path} leads to the state {target:?}, which this flow doesn't have");
    Finding::error(Code::UndefinedState, message).path(path)
}

/// A flow ends in this state.
fn is_end(state: &Value) -> bool {
    state["Type"] == "Succeed" || state["Type"] == "Fail" || state["End"] == true
}

/// Where a state leads, by the member that says so.
fn leads(state: &Value) -> Vec<(String, &str)> {
    let mut found = Vec::new();
    for member in ["Next", "Default"] {
        found.extend(state[member].as_str().map(|to| (member.to_owned(), to)));
    }
    for list in ["Choices", "Catch"] {
        let elements = state[list].as_array().into_iter().flatten().enumerate();
        found.extend(elements.filter_map(|(i, element)| {
            let target = element["Next"].as_str()?;
            Some((format!("{list}.{i}.Next"), target))
        }));
    }
    found
}

fn turned<'a>(
    edges: &BTreeMap<&'a str, BTreeSet<&'a str>>,
) -> BTreeMap<&'a str, BTreeSet<&'a str>> {
    let mut turned: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (from, targets) in edges {
        for to in targets {
            turned.entry(to).or_default().insert(from);
        }
    }
    turned
}

/// These, and whatever edges lead to from them.
fn closure<'a>(
    from: impl IntoIterator<Item = &'a str>,
    edges: &BTreeMap<&'a str, BTreeSet<&'a str>>,
) -> BTreeSet<&'a str> {
    let mut open: Vec<&str> = from.into_iter().collect();
    let mut found = BTreeSet::new();
    while let Some(name) = open.pop() {
        if found.insert(name) {
            open.extend(edges.get(name).into_iter().flatten());
        }
    }
    found
}
