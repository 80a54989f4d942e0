//! What CloudFormation's own drift detection says beside our readers: what only it finds becomes a finding, what both find
//! counts once, and what our readers can't read is noted as in sync where it says so. Pure.
//!
//! Its values are compared again by our rules: it takes the order of a set, or a default that was written out, for drift.

use crate::canonical;
use crate::compare::compare;
use crate::detect::Detected;
use crate::finding::{Finding, Kind, in_order};
use crate::resolve::Resource;
use crate::{revert, risk};
use cfn::{Path, Step};
use serde_json::{Map, Value};

/// What CloudFormation says of one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Theirs {
    /// Its name in the template.
    pub logical_id: String,
    /// `IN_SYNC`, `MODIFIED`, `DELETED`, or another word of CloudFormation's.
    pub status: String,
    /// Its properties as they were deployed, as JSON.
    pub expected: Option<String>,
    /// Its properties as they are, as JSON; those that CloudFormation reads.
    pub actual: Option<String>,
    /// Where they differ: paths as `/RedrivePolicy/maxReceiveCount`.
    pub differing: Vec<String>,
}

/// Takes what CloudFormation found into a detection of ours; how many findings are its alone.
pub fn merge(detected: &mut Detected, theirs: &[Theirs]) -> usize {
    let mut new = Vec::new();
    for told in theirs {
        let resource = detected
            .stack
            .resources
            .iter()
            .find(|resource| resource.logical_id == told.logical_id);
        let Some(resource) = resource else {
            continue;
        };
        let ours: Vec<&Finding> = detected
            .report
            .findings
            .iter()
            .filter(|finding| finding.logical_id.as_ref() == Some(&told.logical_id))
            .collect();
        if ours.iter().any(|finding| finding.kind == Kind::Deleted) {
            continue;
        }
        match told.status.as_str() {
            "DELETED" => new.push(Finding {
                kind: Kind::Deleted,
                expected: Some(Value::Object(resource.properties.clone())),
                risk: risk::of_deleted(&resource.type_name),
                revertible: revert::can_remake(&detected.stack, resource),
                ..of(resource)
            }),
            "MODIFIED" => {
                let found = differences(told, resource)
                    .into_iter()
                    .map(|difference| Finding {
                        kind: match difference.expected {
                            None => Kind::Undeclared,
                            Some(_) => Kind::Modified,
                        },
                        risk: risk::of_property(&resource.type_name, &difference),
                        revertible: revert::can_set(&detected.stack, resource, &difference.path),
                        path: difference.path.to_string(),
                        expected: difference.expected,
                        actual: difference.actual,
                        ..of(resource)
                    });
                new.extend(found.filter(|theirs| {
                    let same = |ours: &&Finding| top(&ours.path) == top(&theirs.path);
                    !ours.iter().any(same)
                }));
            }
            "IN_SYNC" => {
                for unread in &mut detected.report.not_checked {
                    if unread.logical_id == told.logical_id {
                        unread
                            .reason
                            .push_str("; CloudFormation's own detection finds it in sync");
                    }
                }
            }
            _ => {}
        }
    }
    let count = new.len();
    detected.report.findings.extend(new);
    in_order(&mut detected.report.findings);
    count
}

fn of(resource: &Resource) -> Finding {
    Finding {
        logical_id: Some(resource.logical_id.clone()),
        resource: resource.physical_id.clone(),
        parent: None,
        type_name: resource.type_name.clone(),
        kind: Kind::Modified,
        path: String::new(),
        expected: None,
        actual: None,
        risk: risk::of_deleted(&resource.type_name),
        who: None,
        when: None,
        revertible: false,
        way_out: None,
        ignored_until: None,
    }
}

/// The property that a path, ours or CloudFormation's, begins with.
fn top(path: &str) -> &str {
    let path = path.trim_start_matches('/');
    path.split(['.', '[', '/']).next().unwrap_or_default()
}

/// The differences that are some by our rules too.
fn differences(told: &Theirs, resource: &Resource) -> Vec<crate::compare::Difference> {
    let parsed = |text: &Option<String>| -> Option<Map<String, Value>> {
        serde_json::from_str(text.as_deref()?).ok()
    };
    let (Some(expected), Some(actual)) = (parsed(&told.expected), parsed(&told.actual)) else {
        // It says where, and not what.
        let paths = told
            .differing
            .iter()
            .map(|path| crate::compare::Difference {
                path: Path::default().key(top(path)),
                expected: resource.properties.get(top(path)).cloned(),
                actual: None,
            });
        return paths.collect();
    };
    let (expected, actual) = (
        canonical::properties(&expected),
        canonical::properties(&actual),
    );
    let (mut differences, _) = compare(&resource.type_name, &expected, &actual);
    differences.retain(|difference| match difference.path.steps().first() {
        Some(Step::Key(name)) => told.differing.iter().any(|path| top(path) == name),
        _ => false,
    });
    differences
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use crate::finding::{NotChecked, Report, Risk};
    use crate::resolve::{Place, Stack};
    use serde_json::json;

    fn detected() -> Detected {
        let resource = |logical_id: &str, type_name: &str, properties: Value| Resource {
            logical_id: logical_id.to_owned(),
            type_name: type_name.to_owned(),
            physical_id: logical_id.to_lowercase(),
            properties: properties.as_object().cloned().unwrap_or_default(),
            kept: false,
        };
        let queue = json!({"VisibilityTimeout": 180, "DelaySeconds": 0});
        Detected {
            stack: Stack {
                place: Place {
                    partition: "aws".into(),
                    region: "eu-central-1".into(),
                    account: "1".repeat(12),
                    stack_name: "s".into(),
                    stack_id: "s".into(),
                },
                tags: Default::default(),
                target: crate::Target::Aws,
                resources: vec![
                    resource("Gone", "AWS::SNS::Topic", json!({})),
                    resource("Odd", "AWS::Events::Connection", json!({})),
                    resource("Queue", "AWS::SQS::Queue", queue),
                ],
                unmade: Vec::new(),
            },
            report: Report {
                checked: 2,
                not_checked: vec![NotChecked {
                    logical_id: "Odd".into(),
                    type_name: "AWS::Events::Connection".into(),
                    reason: "nobody reads it".into(),
                }],
                findings: vec![Finding {
                    path: "VisibilityTimeout".into(),
                    expected: Some(json!(180)),
                    actual: Some(json!(1)),
                    risk: Risk::LosesEvents,
                    ..of(&resource("Queue", "AWS::SQS::Queue", json!({})))
                }],
                adopted: 0,
            },
            facts: Default::default(),
        }
    }

    fn theirs(logical_id: &str, status: &str) -> Theirs {
        Theirs {
            logical_id: logical_id.into(),
            status: status.into(),
            expected: None,
            actual: None,
            differing: Vec::new(),
        }
    }

    #[test]
    fn what_both_find_counts_once_and_what_only_cloudformation_finds_is_a_finding() {
        let mut detected = detected();
        let queue = Theirs {
            expected: Some(r#"{"VisibilityTimeout":180,"DelaySeconds":0}"#.into()),
            actual: Some(r#"{"VisibilityTimeout":1,"DelaySeconds":5}"#.into()),
            differing: vec!["/VisibilityTimeout".into(), "/DelaySeconds".into()],
            ..theirs("Queue", "MODIFIED")
        };
        let told = [queue, theirs("Gone", "DELETED"), theirs("Odd", "IN_SYNC")];
        assert_eq!(merge(&mut detected, &told), 2);
        let found: Vec<_> = detected
            .report
            .findings
            .iter()
            .map(|finding| {
                (
                    finding.owner().to_owned(),
                    finding.kind,
                    finding.path.clone(),
                )
            })
            .collect();
        assert_eq!(found.len(), 3);
        assert!(found.contains(&("Queue".into(), Kind::Modified, "DelaySeconds".into())));
        assert!(found.contains(&("Gone".into(), Kind::Deleted, String::new())));
        assert!(detected.report.not_checked[0].reason.contains("in sync"));
        // A second time nothing is new.
        assert_eq!(merge(&mut detected, &told), 0);
    }

    #[test]
    fn what_differs_by_its_rules_alone_is_no_finding() {
        let mut detected = detected();
        let same = Theirs {
            expected: Some(r#"{"DelaySeconds":"0"}"#.into()),
            actual: Some(r#"{"DelaySeconds":0}"#.into()),
            differing: vec!["/DelaySeconds".into()],
            ..theirs("Queue", "MODIFIED")
        };
        assert_eq!(merge(&mut detected, &[same]), 0);
    }
}
