//! Event patterns as values: a builder, their JSON, and a matcher for the operators that we use.
//!
//! Operators: exact string, `prefix`, `anything-but` (strings) and `exists`. A field matches when any of its matchers
//! does; a pattern matches when all of its fields do. EventBridge's other operators are not built.

use crate::catalog::Event;
use serde_json::{Map, Value, json};

/// One alternative of a field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Matcher {
    /// Equal to the text.
    Is(String),
    /// Begins with the text.
    Prefix(String),
    /// Present and equal to none of the texts.
    AnythingBut(Vec<String>),
    /// Present (`true`) or absent (`false`). Only leaf fields can be tested.
    Exists(bool),
}

/// An event pattern: paths into the envelope and their alternatives.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pattern {
    fields: Vec<(Vec<String>, Vec<Matcher>)>,
}

impl Pattern {
    /// Events of ours of one type, from any of our producers.
    #[must_use]
    pub fn event<E: Event>() -> Self {
        Self::any_of(&[E::SPEC.name])
    }

    /// Events of ours with one of these names.
    #[must_use]
    pub fn any_of(names: &[&str]) -> Self {
        Self::default()
            .field(
                "source",
                [Matcher::Prefix(crate::envelope::SOURCE_PREFIX.to_owned())],
            )
            .field(
                "detail-type",
                names.iter().map(|name| Matcher::Is((*name).to_owned())),
            )
    }

    /// Neither a replay nor derived from one (R11): what every rule with an effect behind it must say.
    #[must_use]
    pub fn not_replayed(self) -> Self {
        self.field("replay-name", [Matcher::Exists(false)])
            .field("detail.metadata.replayOf", [Matcher::Exists(false)])
    }

    /// Adds a condition on a dotted path.
    #[must_use]
    pub fn field(mut self, path: &str, matchers: impl IntoIterator<Item = Matcher>) -> Self {
        self.fields.push((
            path.split('.').map(str::to_owned).collect(),
            matchers.into_iter().collect(),
        ));
        self
    }

    /// The pattern as EventBridge takes it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let mut root = Map::new();
        for (path, matchers) in &self.fields {
            insert(
                &mut root,
                path,
                matchers.iter().map(Matcher::to_json).collect(),
            );
        }
        Value::Object(root)
    }

    /// Whether an event (the whole envelope) matches.
    #[must_use]
    pub fn matches(&self, event: &Value) -> bool {
        self.fields.iter().all(|(path, matchers)| {
            let found = path.iter().try_fold(event, |value, key| value.get(key));
            matchers.iter().any(|matcher| matcher.matches(found))
        })
    }
}

fn insert(into: &mut Map<String, Value>, path: &[String], matchers: Vec<Value>) {
    match path {
        [] => {}
        [leaf] => {
            into.insert(leaf.clone(), Value::Array(matchers));
        }
        [head, rest @ ..] => {
            let child = into
                .entry(head.clone())
                .or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(child) = child {
                insert(child, rest, matchers);
            }
        }
    }
}

impl Matcher {
    fn to_json(&self) -> Value {
        match self {
            Matcher::Is(text) => json!(text),
            Matcher::Prefix(text) => json!({ "prefix": text }),
            Matcher::AnythingBut(texts) => json!({ "anything-but": texts }),
            Matcher::Exists(wanted) => json!({ "exists": wanted }),
        }
    }

    fn matches(&self, found: Option<&Value>) -> bool {
        let text = |test: &dyn Fn(&str) -> bool| match found {
            Some(Value::String(text)) => test(text),
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).any(test),
            _ => false,
        };
        match self {
            Matcher::Is(wanted) => text(&|text| text == wanted),
            Matcher::Prefix(prefix) => text(&|text| text.starts_with(prefix.as_str())),
            Matcher::AnythingBut(none_of) => text(&|text| none_of.iter().all(|not| not != text)),
            // EventBridge tests leaves only: an object is no leaf.
            Matcher::Exists(wanted) => found.is_some_and(|value| !value.is_object()) == *wanted,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::{InvoicePaid, InvoiceSubmitted};

    fn event(detail_type: &str) -> Value {
        json!({ "source": "invoicing.portal", "detail-type": detail_type, "detail": { "metadata": {} } })
    }

    #[test]
    fn a_pattern_takes_its_event_and_no_other() {
        let pattern = Pattern::event::<InvoiceSubmitted>();
        assert!(pattern.matches(&event("InvoiceSubmitted")));
        assert!(!pattern.matches(&event("InvoicePaid")));
        assert!(
            !pattern.matches(&json!({ "source": "aws.s3", "detail-type": "InvoiceSubmitted" }))
        );
    }

    #[test]
    fn r11_a_replay_and_what_derives_from_it_are_left_out() {
        let pattern = Pattern::event::<InvoicePaid>().not_replayed();
        assert!(pattern.matches(&event("InvoicePaid")));
        let mut replayed = event("InvoicePaid");
        replayed["replay-name"] = json!("again");
        assert!(!pattern.matches(&replayed));
        let mut derived = event("InvoicePaid");
        derived["detail"]["metadata"]["replayOf"] = json!("again");
        assert!(!pattern.matches(&derived));
    }

    #[test]
    fn paths_that_share_a_beginning_share_an_object() {
        let pattern = Pattern::default()
            .field(
                "detail.data.reason",
                [Matcher::AnythingBut(vec!["duplicate".into()])],
            )
            .field("detail.metadata.replayOf", [Matcher::Exists(false)]);
        assert_eq!(
            pattern.to_json(),
            json!({ "detail": {
                "data": { "reason": [{ "anything-but": ["duplicate"] }] },
                "metadata": { "replayOf": [{ "exists": false }] },
            } })
        );
    }
}
