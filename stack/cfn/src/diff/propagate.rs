//! What else changes when a resource is replaced: everything that refers to it, and on through create-only properties.
//!
//! `DependsOn` orders and carries nothing over; it isn't followed.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{Action, PropertyChange, Replacement, ResourceChange, replacement};
use crate::path::Path;
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

fn untouched(id: &str, resource: &serde_json::Value) -> ResourceChange {
    ResourceChange {
        logical_id: id.to_owned(),
        type_name: resource["Type"].as_str().unwrap_or_default().to_owned(),
        action: Action::Modify,
        properties: Vec::new(),
        template_only: false,
    }
}

/// Notes that a reference's target is replaced. A property that changes by itself already says so.
fn add(change: &mut ResourceChange, path: &Path, resource: &serde_json::Value, cause: &str) {
    let requires_replacement = replacement(&change.type_name, path);
    if change.properties.iter().any(|p| p.path == *path) {
        return;
    }
    let value = at(resource, path);
    change.properties.push(PropertyChange {
        path: path.clone(),
        before: value.clone(),
        after: value,
        requires_replacement,
        cause: Some(cause.to_owned()),
    });
    change.properties.sort_by(|a, b| a.path.cmp(&b.path));
    change.template_only = false;
    if requires_replacement == Replacement::Always {
        change.action = Action::Replace;
    }
}

fn at(resource: &serde_json::Value, path: &Path) -> Option<serde_json::Value> {
    let mut value = resource;
    for step in path.steps() {
        value = match step {
            crate::path::Step::Key(key) => value.get(key)?,
            crate::path::Step::Index(index) => value.get(index)?,
            crate::path::Step::Member { key, value: id } => value
                .as_array()?
                .iter()
                .find(|element| element[key.as_str()] == **id)?,
        };
    }
    Some(value.clone())
}
