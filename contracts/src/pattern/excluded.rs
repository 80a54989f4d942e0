//! What `anything-but` leaves out.

use super::number;
use super::text::{self, Wildcard};
use serde_json::{Number, Value, json};

/// What `anything-but` excludes. A value of another kind is never excluded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Excluded {
    Texts(Vec<String>),
    Numbers(Vec<Number>),
    Prefixes(Vec<String>),
    Suffixes(Vec<String>),
    IgnoreCase(Vec<String>),
    Wildcards(Vec<Wildcard>),
}

impl Excluded {
    pub(super) fn to_json(&self) -> Value {
        match self {
            Self::Texts(texts) => json!(texts),
            Self::Numbers(numbers) => json!(numbers),
            Self::Prefixes(texts) => json!({ "prefix": texts }),
            Self::Suffixes(texts) => json!({ "suffix": texts }),
            Self::IgnoreCase(texts) => json!({ "equals-ignore-case": texts }),
            Self::Wildcards(wildcards) => {
                let sources: Vec<_> = wildcards.iter().map(Wildcard::source).collect();
                json!({ "wildcard": sources })
            }
        }
    }

    pub(super) fn covers(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Texts(texts), Value::String(value)) => texts.contains(value),
            (Self::Numbers(numbers), Value::Number(value)) => {
                numbers.iter().any(|number| number::same(number, value))
            }
            (Self::Prefixes(texts), Value::String(value)) => {
                texts.iter().any(|text| text::begins(value, text))
            }
            (Self::Suffixes(texts), Value::String(value)) => {
                texts.iter().any(|text| text::ends(value, text))
            }
            (Self::IgnoreCase(texts), Value::String(value)) => texts
                .iter()
                .any(|text| text::equals_ignoring_case(value, text)),
            (Self::Wildcards(wildcards), Value::String(value)) => {
                wildcards.iter().any(|wildcard| wildcard.matches(value))
            }
            _ => false,
        }
    }
}
