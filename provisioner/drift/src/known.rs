//! Whether a place that somebody names, `LOGICAL_ID[:PATH]`, is one that a finding can be about. An entry that matches nothing
//! would look like an acceptance and be none.

use crate::accepted::BadAcceptance;
use crate::detect::Detected;
use crate::resolve::Resource;
use crate::revert;
use serde_json::Value;
use std::collections::BTreeSet;

/// How many names are suggested.
const NEAREST: usize = 3;

impl Detected {
    /// Checks that a finding can be about a resource, and about a path of it if one is named.
    ///
    /// # Errors
    /// The stack has no such resource, or nothing of it has such a path; with the nearest that there are.
    pub fn knows(&self, logical_id: &str, path: Option<&str>) -> Result<(), BadAcceptance> {
        let mut all = self.stack.resources.iter();
        let Some(resource) = all.find(|resource| resource.logical_id == logical_id) else {
            return Err(BadAcceptance::Resource(logical_id.to_owned()));
        };
        let Some(path) = path else {
            return Ok(());
        };
        let own = |finding: &&crate::Finding| finding.owner() == logical_id;
        let found: Vec<&str> = self
            .report
            .findings
            .iter()
            .filter(own)
            .flat_map(|finding| [finding.path.as_str(), finding.resource.as_str()])
            .filter(|name| !name.is_empty())
            .collect();
        let below = |name: &&str| {
            name.strip_prefix(path)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        if found.iter().any(below) || can_be(resource, path) {
            return Ok(());
        }
        let names = found
            .into_iter()
            .map(str::to_owned)
            .chain(properties(resource));
        Err(BadAcceptance::Path {
            resource: logical_id.to_owned(),
            path: path.to_owned(),
            nearest: nearest(path, names.collect()),
        })
    }
}

/// The properties that a finding about a resource can be about.
fn properties(resource: &Resource) -> impl Iterator<Item = String> {
    let declared = resource.properties.keys().cloned();
    let settable = revert::settable(&resource.type_name).iter();
    declared.chain(settable.map(|name| (*name).to_owned()))
}

/// Whether a path lies in a property that the type has. Inside of one that was not declared anything may come to be;
/// inside of a scalar nothing lies.
fn can_be(resource: &Resource, path: &str) -> bool {
    let end = path.find(['.', '[']).unwrap_or(path.len());
    let (top, rest) = path.split_at(end);
    let scalar = |value: &Value| match value {
        Value::Object(_) | Value::Array(_) => false,
        // A document in a text has a structure of its own.
        Value::String(text) => !text.trim_start().starts_with(['{', '[']),
        _ => true,
    };
    let declared = resource.properties.get(top);
    properties(resource).any(|name| name == top)
        && (rest.is_empty() || !declared.is_some_and(scalar))
}

/// The names that are most like one.
fn nearest(name: &str, names: BTreeSet<String>) -> Vec<String> {
    let mut ranked: Vec<(usize, String)> = names
        .into_iter()
        .map(|other| (distance(&name.to_lowercase(), &other.to_lowercase()), other))
        .collect();
    ranked.sort();
    ranked
        .into_iter()
        .take(NEAREST)
        .map(|(_, name)| name)
        .collect()
}

/// How many letters must be changed, added or taken away to make one text of another.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut above: Vec<usize> = (0..=other.len()).collect();
    for (line, letter) in one.chars().enumerate() {
        let mut row = vec![line + 1];
        for (column, there) in other.iter().enumerate() {
            let changed = above[column] + usize::from(letter != *there);
            row.push(changed.min(above[column + 1] + 1).min(row[column] + 1));
        }
        above = row;
    }
    above.last().copied().unwrap_or_default()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use crate::Target;
    use serde_json::json;

    fn detected() -> Detected {
        let stack = crate::tests::deployed(&crate::tests::golden("prod"));
        let mut facts = std::collections::BTreeMap::new();
        let mut bus = crate::Found::default();
        bus.child("AWS::Events::Rule", "bus|spy", json!({"State": "ENABLED"}));
        facts.insert("Bus".to_owned(), bus.into());
        let report = crate::judge(&stack, &facts, Target::Aws);
        Detected {
            stack,
            report,
            facts,
        }
    }

    #[test]
    fn a_place_must_be_one_that_a_finding_can_be_about() {
        let detected = detected();
        for (resource, path) in [
            ("ComplianceQueue", None),
            ("ComplianceQueue", Some("VisibilityTimeout")),
            ("ComplianceQueue", Some("RedrivePolicy.maxReceiveCount")),
            // Nobody declared it; it could be set.
            ("ComplianceQueue", Some("DelaySeconds")),
            ("Decisions", Some("DefinitionString.States.Ask")),
            ("Bus", Some("bus|spy")),
        ] {
            assert_eq!(
                detected.knows(resource, path),
                Ok(()),
                "{resource} {path:?}"
            );
        }
        assert_eq!(
            detected.knows("Nothing", None),
            Err(BadAcceptance::Resource("Nothing".into()))
        );
        let Err(BadAcceptance::Path { nearest, .. }) =
            detected.knows("ComplianceQueue", Some("VisibilityTimeOuts"))
        else {
            panic!("a path of nothing was accepted");
        };
        assert_eq!(nearest[0], "VisibilityTimeout");
        assert!(
            detected
                .knows("ComplianceQueue", Some("VisibilityTimeout.x"))
                .is_err()
        );
        assert!(detected.knows("Bus", Some("bus|other")).is_err());
    }

    #[test]
    fn the_distance_of_texts_counts_their_differences() {
        for (one, other, expected) in [
            ("", "abc", 3),
            ("kitten", "sitting", 3),
            ("a", "a", 0),
            ("flaw", "lawn", 2),
        ] {
            assert_eq!(distance(one, other), expected, "{one} {other}");
        }
    }
}
