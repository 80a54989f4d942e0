//! Two sets of properties, value by value: what was told and what is there. Defaults are subtracted, lists without order
//! are sets, unknown values are compared with nothing. It judges nothing.

use crate::resolve::unknown;
use crate::tables::{default_of, empty_says, is_ordered};
use cfn::{Path, Step};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// One difference.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// Where.
    pub path: Path,
    /// What was told; none where nothing was.
    pub expected: Option<Value>,
    /// What is there; none where nothing is.
    pub actual: Option<Value>,
}

/// Members by which the elements of a list are told apart, the first that both have.
const IDENTITIES: [&str; 7] = [
    "Id",
    "Sid",
    "PolicyName",
    "IndexName",
    "AttributeName",
    "Key",
    "Name",
];

/// Every difference of the canonical properties of a type, and the paths that could not be compared because the template
/// says something that nobody could resolve.
pub fn compare(
    type_name: &str,
    expected: &Map<String, Value>,
    actual: &Map<String, Value>,
) -> (Vec<Difference>, Vec<Path>) {
    let mut comparison = Comparison {
        type_name,
        differences: Vec::new(),
        unresolved: Vec::new(),
    };
    comparison.members(&Path::default(), expected, actual);
    (comparison.differences, comparison.unresolved)
}

/// Whether a value says as much as none: empty, or `false`.
pub fn blank(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::String(text) => text.is_empty() || text == "false",
        Value::Array(elements) => elements.is_empty(),
        Value::Object(members) => members.values().all(blank),
        _ => false,
    }
}

struct Comparison<'a> {
    type_name: &'a str,
    differences: Vec<Difference>,
    unresolved: Vec<Path>,
}

impl Comparison<'_> {
    fn members(&mut self, path: &Path, expected: &Map<String, Value>, actual: &Map<String, Value>) {
        let names: BTreeSet<&String> = expected.keys().chain(actual.keys()).collect();
        for name in names {
            self.values(&path.key(name), expected.get(name), actual.get(name));
        }
    }

    fn values(&mut self, path: &Path, expected: Option<&Value>, actual: Option<&Value>) {
        if expected == actual {
            return;
        }
        if expected.is_some_and(unknown) {
            self.unresolved.push(path.clone());
            return;
        }
        let defaults = default_of(self.type_name, path);
        let is_default = |value: &Value| defaults.iter().any(|default| alike(default, value));
        if defaults.is_empty() {
            let nothing = [expected, actual].into_iter().flatten().all(blank);
            if nothing && !empty_says(self.type_name, path) {
                return;
            }
        } else if match (expected, actual) {
            (None, Some(one)) | (Some(one), None) => is_default(one),
            (Some(expected), Some(actual)) => alike(expected, actual),
            (None, None) => true,
        } {
            return;
        }
        match (expected, actual) {
            (Some(Value::Object(expected)), Some(Value::Object(actual))) => {
                self.members(path, expected, actual);
            }
            (Some(Value::Array(expected)), Some(Value::Array(actual))) => {
                self.lists(path, expected, actual);
            }
            // A whole subtree on one side only: it counts if something in it is more than a default.
            (None, Some(Value::Object(members))) => {
                if members.is_empty()
                    || self.differs(|inner| inner.members(path, &Map::new(), members))
                {
                    self.push(path, expected, actual);
                }
            }
            (Some(Value::Object(members)), None) => {
                if members.is_empty()
                    || self.differs(|inner| inner.members(path, members, &Map::new()))
                {
                    self.push(path, expected, actual);
                }
            }
            (Some(one), Some(other)) if alike(one, other) => {}
            _ => self.push(path, expected, actual),
        }
    }

    fn push(&mut self, path: &Path, expected: Option<&Value>, actual: Option<&Value>) {
        let by_default = || default_of(self.type_name, path).into_iter().next();
        let model = expected.cloned().or_else(by_default);
        self.differences.push(Difference {
            path: path.clone(),
            expected: expected.cloned(),
            actual: actual.map(|actual| as_kind_of(model.as_ref(), actual)),
        });
    }

    /// Whether a comparison apart from this one finds anything.
    fn differs(&self, compare: impl FnOnce(&mut Comparison<'_>)) -> bool {
        let mut inner = Comparison {
            type_name: self.type_name,
            differences: Vec::new(),
            unresolved: Vec::new(),
        };
        compare(&mut inner);
        !inner.differences.is_empty()
    }

    fn lists(&mut self, path: &Path, expected: &[Value], actual: &[Value]) {
        if is_ordered(self.type_name, path) {
            if expected.len() != actual.len() {
                let list = |values: &[Value]| Value::Array(values.to_vec());
                self.push(path, Some(&list(expected)), Some(&list(actual)));
                return;
            }
            for (index, (expected, actual)) in expected.iter().zip(actual).enumerate() {
                self.values(&path.join(Step::Index(index)), Some(expected), Some(actual));
            }
            return;
        }
        let element = path.join(Step::Index(0));
        let (mut gone, mut come) = (Vec::new(), actual.iter().collect::<Vec<_>>());
        for told in expected {
            let same = come.iter().position(|there| {
                told == *there
                    || unknown(told)
                    || !self.differs(|inner| inner.values(&element, Some(told), Some(there)))
            });
            match same {
                Some(index) => {
                    come.remove(index);
                }
                None => gone.push(told),
            }
        }
        if gone.is_empty() && come.is_empty() {
            return;
        }
        if !gone.iter().chain(&come).all(|value| value.is_object()) {
            let list = |values: &[Value]| Value::Array(values.to_vec());
            self.push(path, Some(&list(expected)), Some(&list(actual)));
            return;
        }
        // Two that nothing tells apart are one that was changed.
        if let ([told], [there]) = (gone.as_slice(), come.as_slice())
            && (identity(told).is_none() || identity(there).is_none())
        {
            self.values(&step(path, told, expected), Some(told), Some(there));
            return;
        }
        for told in gone {
            let twin = identity(told).and_then(|id| {
                let index = come.iter().position(|there| identity(there) == Some(id))?;
                Some(come.remove(index))
            });
            self.values(&step(path, told, expected), Some(told), twin);
        }
        for there in come {
            self.push(&step(path, there, actual), None, Some(there));
        }
    }
}

/// The member that tells an element of a list apart.
fn identity(element: &Value) -> Option<(&'static str, &str)> {
    IDENTITIES
        .into_iter()
        .find_map(|key| Some((key, element.get(key)?.as_str()?)))
}

fn step(path: &Path, element: &Value, list: &[Value]) -> Path {
    match identity(element) {
        Some((key, value)) => path.join(Step::Member {
            key: key.to_owned(),
            value: value.to_owned(),
        }),
        None => {
            let index = list.iter().position(|other| other == element);
            path.join(Step::Index(index.unwrap_or_default()))
        }
    }
}

/// A text as the number or truth value that it stands for, where that is what the property holds.
fn as_kind_of(model: Option<&Value>, value: &Value) -> Value {
    let parsed = match (model, value) {
        (Some(Value::Number(_) | Value::Bool(_)), Value::String(text)) => {
            serde_json::from_str(text).ok()
        }
        _ => None,
    };
    parsed
        .filter(|parsed: &Value| parsed.is_number() || parsed.is_boolean())
        .unwrap_or_else(|| value.clone())
}

/// Whether two scalars mean the same: services answer `"180"` for 180 and `"true"` for true.
fn alike(one: &Value, other: &Value) -> bool {
    if one == other {
        return true;
    }
    let scalar = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    };
    let (Some(one), Some(other)) = (scalar(one), scalar(other)) else {
        return false;
    };
    one == other
        || matches!((one.parse::<f64>(), other.parse::<f64>()), (Ok(one), Ok(other)) if one == other)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests fail by panicking")]
mod tests {
    use super::*;
    use serde_json::json;

    fn paths(type_name: &str, expected: Value, actual: Value) -> Vec<String> {
        let (Value::Object(expected), Value::Object(actual)) = (expected, actual) else {
            return vec!["no objects".into()];
        };
        let (differences, _) = compare(type_name, &expected, &actual);
        differences
            .iter()
            .map(|difference| difference.path.to_string())
            .collect()
    }

    #[test]
    fn what_a_service_fills_in_is_no_difference() {
        let queue = "AWS::SQS::Queue";
        assert!(
            paths(
                queue,
                json!({"VisibilityTimeout": 180, "RedrivePolicy": {"maxReceiveCount": 3}}),
                json!({"VisibilityTimeout": "180", "DelaySeconds": "0", "MessageRetentionPeriod": "345600",
                       "RedrivePolicy": {"maxReceiveCount": "3"}}),
            )
            .is_empty()
        );
        // A declared default that the service does not mention is none either.
        assert!(paths(queue, json!({"DelaySeconds": 0}), json!({})).is_empty());
    }

    #[test]
    fn a_number_that_came_as_a_text_is_shown_as_a_number() {
        let told = Map::from_iter([("VisibilityTimeout".to_owned(), json!(180))]);
        let there = json!({"VisibilityTimeout": "5", "DelaySeconds": "90"});
        let (differences, _) = compare("AWS::SQS::Queue", &told, there.as_object().unwrap());
        let actual: Vec<_> = differences.iter().map(|one| one.actual.clone()).collect();
        assert_eq!(actual, [Some(json!(90)), Some(json!(5))]);
    }

    #[test]
    fn a_default_that_is_true_is_found_when_it_is_off() {
        let alarm = "AWS::CloudWatch::Alarm";
        assert!(paths(alarm, json!({}), json!({"ActionsEnabled": true})).is_empty());
        assert_eq!(
            paths(alarm, json!({}), json!({"ActionsEnabled": false})),
            ["ActionsEnabled"]
        );
    }

    #[test]
    fn lists_are_sets_and_their_elements_have_names() {
        let rule = "AWS::Events::Rule";
        let target = |id: &str, arn: &str| json!({"Id": id, "Arn": arn});
        assert!(
            paths(
                rule,
                json!({"Targets": [target("a", "1"), target("b", "2")]}),
                json!({"Targets": [target("b", "2"), target("a", "1")]}),
            )
            .is_empty()
        );
        assert_eq!(
            paths(
                rule,
                json!({"Targets": [target("a", "1")]}),
                json!({"Targets": [target("a", "9"), target("mine", "3")]}),
            ),
            ["Targets[Id=a].Arn", "Targets[Id=mine]"]
        );
    }

    #[test]
    fn the_order_of_a_state_machines_lists_means_something() {
        let machine = "AWS::StepFunctions::StateMachine";
        let choices = |list: Value| json!({"DefinitionString": {"Choices": list}});
        assert_eq!(
            paths(
                machine,
                choices(json!(["a", "b"])),
                choices(json!(["b", "a"]))
            )
            .len(),
            2
        );
    }
}
