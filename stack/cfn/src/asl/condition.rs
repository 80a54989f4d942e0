//! What a choice asks of its data. A place that isn't there makes AWS fail the execution, except in
//! [`Place::is_present`]: ask that first where it may be absent.

use std::ops::Not;

use serde_json::{Value, json};

use super::payload::Place;

/// A condition on a state's data.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition(Value);

impl Condition {
    /// Every one of them holds.
    pub fn all(conditions: impl IntoIterator<Item = Condition>) -> Self {
        Self(json!({ "And": list(conditions) }))
    }

    /// At least one of them holds.
    pub fn any(conditions: impl IntoIterator<Item = Condition>) -> Self {
        Self(json!({ "Or": list(conditions) }))
    }

    pub(super) fn into_value(self) -> Value {
        self.0
    }
}

fn list(conditions: impl IntoIterator<Item = Condition>) -> Vec<Value> {
    conditions.into_iter().map(Condition::into_value).collect()
}

impl Not for Condition {
    type Output = Self;

    fn not(self) -> Self {
        Self(json!({ "Not": self.0 }))
    }
}

impl Place {
    fn compared(&self, operator: &str, with: Value) -> Condition {
        Condition(json!({ "Variable": self.as_str(), operator: with }))
    }

    /// Whether there is anything, `null` included.
    pub fn is_present(&self) -> Condition {
        self.compared("IsPresent", true.into())
    }

    /// Whether it is `null`.
    pub fn is_null(&self) -> Condition {
        self.compared("IsNull", true.into())
    }

    /// Whether it is this text.
    pub fn is_text(&self, text: &str) -> Condition {
        self.compared("StringEquals", text.into())
    }

    /// Whether it is a text like this; `*` stands for anything.
    pub fn matches(&self, pattern: &str) -> Condition {
        self.compared("StringMatches", pattern.into())
    }

    /// Whether it is the text that is at the other place.
    pub fn is_text_at(&self, other: &Place) -> Condition {
        self.compared("StringEqualsPath", other.as_str().into())
    }

    /// Whether it is this number.
    pub fn is_number(&self, number: i64) -> Condition {
        self.compared("NumericEquals", number.into())
    }

    /// Whether it is a number below this one.
    pub fn is_below(&self, number: i64) -> Condition {
        self.compared("NumericLessThan", number.into())
    }

    /// Whether it is this number or one above it.
    pub fn is_at_least(&self, number: i64) -> Condition {
        self.compared("NumericGreaterThanEquals", number.into())
    }

    /// Whether it is `true`.
    pub fn is_true(&self) -> Condition {
        self.compared("BooleanEquals", true.into())
    }

    /// Whether it is a moment before the one at the other place.
    pub fn is_earlier_than(&self, other: &Place) -> Condition {
        self.compared("TimestampLessThanPath", other.as_str().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_read_like_the_question() {
        let (verdict, approvers) = (Place::at("answer.verdict"), Place::at("approvers"));
        let condition = Condition::all([
            verdict.is_text("approve"),
            !Condition::any([approvers.is_below(2), approvers.is_null()]),
        ]);
        assert_eq!(
            condition.into_value(),
            json!({"And": [
                {"Variable": "$.answer.verdict", "StringEquals": "approve"},
                {"Not": {"Or": [
                    {"Variable": "$.approvers", "NumericLessThan": 2},
                    {"Variable": "$.approvers", "IsNull": true}
                ]}}
            ]})
        );
    }
}
