//! Literal values against the bounds of AWS's schemas. What CloudFormation will fill in can't be judged and isn't.

use serde_json::Value;

use crate::finding::{Code, Finding};
use crate::path::{Path, Step};
use crate::references::intrinsic;
use crate::schema::{Limit, schema};
use crate::template::Template;

pub(super) fn judge(template: &Template) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (id, resource) in template.resources() {
        let Some(schema) = resource["Type"].as_str().and_then(schema) else {
            continue;
        };
        for (path, limit) in schema.bounds {
            if schema.type_name == "AWS::Events::Rule" && *path == "Targets" {
                continue; // has a code of its own
            }
            let (first, _) = path.split_once('.').unwrap_or((path, ""));
            if resource["Properties"].get(first).is_none() {
                continue;
            }
            let steps: Vec<&str> = path.split('.').collect();
            visit(
                &resource["Properties"],
                &Path::default().key("Properties"),
                &steps,
                &mut |at, value| {
                    if let Some(problem) = problem(value, *limit) {
                        let message = format!("{at} of {} {problem}", schema.type_name);
                        findings.push(
                            Finding::error(Code::OutOfBounds, message)
                                .at(id)
                                .path(at.to_string()),
                        );
                    }
                },
            );
        }
    }
    findings
}

/// Calls back for every value at a path; `*` is every element of a list or member of a map.
fn visit(value: &Value, at: &Path, steps: &[&str], found: &mut impl FnMut(&Path, &Value)) {
    if intrinsic(value).is_some() {
        return;
    }
    match (steps.split_first(), value) {
        (None, value) => found(at, value),
        (Some((&"*", rest)), Value::Array(elements)) => {
            for (index, element) in elements.iter().enumerate() {
                visit(element, &at.join(Step::Index(index)), rest, found);
            }
        }
        (Some((&"*", rest)), Value::Object(members)) => {
            for (key, member) in members {
                visit(member, &at.key(key), rest, found);
            }
        }
        (Some((step, rest)), Value::Object(members)) => {
            if let Some(member) = members.get(*step) {
                visit(member, &at.key(step), rest, found);
            }
        }
        _ => {}
    }
}

fn problem(value: &Value, limit: Limit) -> Option<String> {
    match (limit, value) {
        (Limit::Length(from, to), Value::String(text)) => {
            outside(text.chars().count(), from, to, "characters")
        }
        (Limit::Items(from, to), Value::Array(elements)) => {
            outside(elements.len(), from, to, "elements")
        }
        (Limit::Range(from, to), value) => {
            let number = value.as_f64().or_else(|| value.as_str()?.parse().ok())?;
            let bounds = match (from > f64::MIN, to < f64::MAX) {
                (true, true) => format!("{from} to {to}"),
                (true, false) => format!("at least {from}"),
                _ => format!("at most {to}"),
            };
            (number < from || number > to).then(|| format!("is {number}; allowed is {bounds}"))
        }
        (Limit::OneOf(values), Value::Number(number)) => {
            let fits = number
                .as_i64()
                .is_some_and(|number| values.contains(&number));
            (!fits).then(|| format!("is {number}; allowed are {values:?}"))
        }
        _ => None,
    }
}

fn outside(count: usize, from: u64, to: u64, unit: &str) -> Option<String> {
    let count = u64::try_from(count).unwrap_or(u64::MAX);
    let bounds = if to == u64::MAX {
        format!("at least {from}")
    } else {
        format!("{from} to {to}")
    };
    (count < from || count > to).then(|| format!("has {count} {unit}; allowed is {bounds}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::{Code, Stack, Val, events, logs, sqs};

    #[test]
    fn literals_out_of_bounds_are_named_with_their_path() {
        let mut stack = Stack::new("test");
        stack.add("Queue", sqs::Queue::new().visibility_timeout(43_201));
        stack.add("Logs", logs::LogGroup::new().retention_in_days(8));
        let age = events::RuleRetryPolicy::new().maximum_event_age_in_seconds(59);
        stack.add(
            "Rule",
            events::Rule::new().targets([
                events::RuleTarget::new("fine", "arn"),
                events::RuleTarget::new("x".repeat(65), "arn").retry_policy(age),
            ]),
        );
        let findings = stack.synth().findings;
        let paths: BTreeSet<_> = findings.iter().filter_map(|f| f.path.as_deref()).collect();
        let expected = [
            "Properties.RetentionInDays",
            "Properties.VisibilityTimeout",
            "Properties.Targets[1].Id",
            "Properties.Targets[1].RetryPolicy.MaximumEventAgeInSeconds",
        ];
        assert_eq!(paths, BTreeSet::from(expected));
        assert!(
            findings
                .iter()
                .all(|finding| finding.code == Code::OutOfBounds)
        );
        assert!(findings.iter().all(|finding| finding.source.is_some()));
    }

    #[test]
    fn what_is_only_known_later_is_not_judged() {
        let mut stack = Stack::new("test");
        let queue = stack.add("Queue", sqs::Queue::new());
        stack.add(
            "Rule",
            events::Rule::new().description(Val::join("-", [queue.arn(), "x".into()])),
        );
        assert_eq!(stack.synth().findings, []);
    }
}
