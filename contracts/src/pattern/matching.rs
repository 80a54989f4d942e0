//! Whether a pattern matches an event: its choices spelled out, then field by field in the order of their paths, keeping
//! every way to stay within one element of each array.
//!
//! The order shows in one place: `exists: false` looks at the elements that earlier paths have settled on, as the service
//! does, and at the whole array when there are none.

use super::leaves::{Elements, Leaf, leaves};
use super::matcher::Kind;
use super::{Matcher, Pattern};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// One combination of branches: matchers by dotted path.
pub(super) type Combination<'p> = BTreeMap<String, &'p [Matcher]>;

pub(super) fn pattern(pattern: &Pattern, event: &Value) -> bool {
    if !event.is_object() {
        return false;
    }
    let combinations = combinations(pattern, "");
    let paths = combinations.iter().flat_map(BTreeMap::keys);
    let leaves = leaves(event, &paths.map(String::as_str).collect());
    combinations.iter().any(|fields| all(fields, &leaves))
}

/// Every combination of one branch of each choice, with the fields outside. A field that is in both is the one outside, which
/// comes later in the pattern's text.
pub(super) fn combinations<'p>(pattern: &'p Pattern, base: &str) -> Vec<Combination<'p>> {
    let mut all = vec![Combination::new()];
    for (at, branches) in &pattern.choices {
        let base = below(base, at);
        let chosen: Vec<_> = branches
            .iter()
            .flat_map(|branch| combinations(branch, &base))
            .collect();
        all = all
            .iter()
            .flat_map(|before| {
                chosen.iter().map(|branch| {
                    let mut both = before.clone();
                    both.extend(branch.clone());
                    both
                })
            })
            .collect();
    }
    for (path, matchers) in &pattern.fields {
        for combination in &mut all {
            combination.insert(below(base, path), matchers);
        }
    }
    all
}

fn below(base: &str, path: &[String]) -> String {
    if base.is_empty() {
        path.join(".")
    } else if path.is_empty() {
        base.to_owned()
    } else {
        format!("{base}.{}", path.join("."))
    }
}

fn all(fields: &Combination<'_>, event: &BTreeMap<String, Vec<Leaf<'_>>>) -> bool {
    let mut ways = BTreeSet::from([Elements::default()]);
    for (path, matchers) in fields {
        let leaves = event.get(path).map_or(&[][..], Vec::as_slice);
        ways = ways
            .iter()
            .flat_map(|way| onward(way, leaves, matchers))
            .collect();
    }
    !ways.is_empty()
}

/// The ways on from one way: by each leaf that can be had and is taken, or by the absence of all of them where that is asked.
fn onward(way: &Elements, leaves: &[Leaf<'_>], matchers: &[Matcher]) -> BTreeSet<Elements> {
    let reachable: Vec<_> = leaves
        .iter()
        .filter_map(|leaf| {
            way.with(&leaf.elements)
                .map(|elements| (leaf.value, elements))
        })
        .collect();
    if reachable.is_empty() {
        let absence = matchers
            .iter()
            .any(|matcher| matcher.0 == Kind::Exists(false));
        return absence.then(|| way.clone()).into_iter().collect();
    }
    reachable
        .into_iter()
        .filter(|(value, _)| matchers.iter().any(|matcher| matcher.takes(value)))
        .map(|(_, elements)| elements)
        .collect()
}
