//! An event as EventBridge sees it: leaves under dotted paths, each with the array elements that it lies in.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Which element of which array: arrays by their order in the event. Fields of a match must agree on it.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Elements(BTreeMap<usize, usize>);

impl Elements {
    /// Both together, unless they name different elements of one array.
    pub(super) fn with(&self, other: &Self) -> Option<Self> {
        let mut joined = self.clone();
        for (array, element) in &other.0 {
            if joined
                .0
                .insert(*array, *element)
                .is_some_and(|before| before != *element)
            {
                return None;
            }
        }
        Some(joined)
    }
}

/// A string, number, boolean or null of the event.
pub(super) struct Leaf<'e> {
    pub(super) value: &'e Value,
    pub(super) elements: Elements,
}

/// The leaves of an event at the wanted paths.
pub(super) fn leaves<'e>(
    event: &'e Value,
    wanted: &BTreeSet<&str>,
) -> BTreeMap<String, Vec<Leaf<'e>>> {
    let mut walk = Walk {
        wanted,
        arrays: 0,
        found: BTreeMap::new(),
    };
    walk.visit(event, "", &Elements::default());
    walk.found
}

struct Walk<'w, 'e> {
    wanted: &'w BTreeSet<&'w str>,
    arrays: usize,
    found: BTreeMap<String, Vec<Leaf<'e>>>,
}

impl<'e> Walk<'_, 'e> {
    fn visit(&mut self, value: &'e Value, path: &str, elements: &Elements) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    let dot = if path.is_empty() { "" } else { "." };
                    self.visit(value, &format!("{path}{dot}{name}"), elements);
                }
            }
            Value::Array(items) => {
                let array = self.arrays;
                self.arrays += 1;
                for (index, item) in items.iter().enumerate() {
                    let mut inside = elements.clone();
                    // A plain value is found in any element; only what has parts must keep them together.
                    if item.is_object() || item.is_array() {
                        inside.0.insert(array, index);
                    }
                    self.visit(item, path, &inside);
                }
            }
            value if self.wanted.contains(path) => {
                let elements = elements.clone();
                let leaves = self.found.entry(path.to_owned()).or_default();
                leaves.push(Leaf { value, elements });
            }
            _ => {}
        }
    }
}
