//! What else changes when a resource is replaced: everything that refers to it, and on through create-only properties.
//!
//! `DependsOn` orders and carries nothing over; it isn't followed.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde_json::Value;

use super::{Action, PropertyChange, Replacement, ResourceChange, compare, replacement};
use crate::path::{Path, Step};
use crate::references::references;
use crate::template::Template;

/// The changes, completed by those that replacements cause; sorted by logical id.
pub(super) fn follow(
    changes: Vec<ResourceChange>,
    old: &Template,
    new: &Template,
) -> Vec<ResourceChange> {
    let mut changes: BTreeMap<String, ResourceChange> = changes
        .into_iter()
        .map(|change| (change.logical_id.clone(), change))
        .collect();
    let replaced = changes
        .values()
        .filter(|change| change.action == Action::Replace);
    let mut waiting: VecDeque<String> = replaced.map(|change| change.logical_id.clone()).collect();
    let mut done: BTreeSet<String> = waiting.iter().cloned().collect();
    while let Some(cause) = waiting.pop_front() {
        for (id, resource) in new
            .resources()
            .filter(|(id, _)| old.resource(id).is_some() && *id != cause)
        {
            let properties = Path::default().key("Properties");
            for reference in references(&properties, &resource["Properties"]) {
                if reference.id != cause {
                    continue;
                }
                let change = changes
                    .entry(id.to_owned())
                    .or_insert_with(|| untouched(id, resource));
                add(change, &reference.path, resource, &cause);
                if change.action == Action::Replace && done.insert(id.to_owned()) {
                    waiting.push_back(id.to_owned());
                }
            }
        }
    }
    changes.into_values().collect()
}

fn untouched(id: &str, resource: &Value) -> ResourceChange {
    ResourceChange {
        logical_id: id.to_owned(),
        type_name: resource["Type"].as_str().unwrap_or_default().to_owned(),
        action: Action::Modify,
        properties: Vec::new(),
        template_only: false,
        conditional: false,
    }
}

/// Notes that a reference's target is replaced. A property that changes by itself already says so.
fn add(change: &mut ResourceChange, path: &Path, resource: &Value, cause: &str) {
    let (path, value) = named(resource, path);
    if change
        .properties
        .iter()
        .any(|property| property.path.touches(&path))
    {
        return;
    }
    let requires_replacement = replacement(&change.type_name, &path);
    change.properties.push(PropertyChange {
        path,
        before: value.cloned(),
        after: value.cloned(),
        requires_replacement,
        cause: Some(cause.to_owned()),
    });
    change.properties.sort_by(|a, b| a.path.cmp(&b.path));
    change.template_only = false;
    if requires_replacement == Replacement::Always {
        change.action = Action::Replace;
    }
}

/// The path with list elements named by their identity, where they have one, and the value that stands there.
fn named<'a>(resource: &'a Value, path: &Path) -> (Path, Option<&'a Value>) {
    let (mut named, mut at) = (Path::default(), Some(resource));
    for step in path.steps() {
        let (step, next) = match step {
            Step::Key(key) => (step.clone(), at.and_then(|value| value.get(key))),
            Step::Index(index) => {
                let list = at
                    .and_then(Value::as_array)
                    .map(Vec::as_slice)
                    .unwrap_or_default();
                let element = list.get(*index);
                let member = compare::identity(list, list).and_then(|key| {
                    let value = element?[key].as_str()?.to_owned();
                    Some(Step::Member {
                        key: key.to_owned(),
                        value,
                    })
                });
                (member.unwrap_or(Step::Index(*index)), element)
            }
            Step::Member { .. } => (step.clone(), None), // references are found by position
        };
        named = named.join(step);
        at = next;
    }
    (named, at)
}
