//! Typed wrappers for what AWS's schemas leave loose. `codegen.toml` says where each is used and why.

use serde_json::{Value, json};

use crate::property::{Fields, Property};
use crate::val::Val;

/// A tag. Every tag definition of every type has this shape.
#[derive(Clone, Debug, PartialEq)]
pub struct Tag(Fields);

impl Tag {
    /// A tag: a key of 1 to 128 characters, a value of up to 256.
    pub fn new(key: impl Into<Val<String>>, value: impl Into<Val<String>>) -> Self {
        Self(
            Fields::new()
                .with("Key", key.into())
                .with("Value", value.into()),
        )
    }
}

impl Property for Tag {
    fn into_value(self) -> Value {
        self.0.into_value()
    }
}

/// Where a queue's or a subscription's undeliverable messages go.
#[derive(Clone, Debug, PartialEq)]
pub struct RedrivePolicy(Fields);

impl RedrivePolicy {
    /// To the queue with this ARN. A subscription needs no more than that.
    pub fn to(dead_letter_queue: impl Into<Val<String>>) -> Self {
        Self(Fields::new().with("deadLetterTargetArn", dead_letter_queue.into()))
    }

    /// After how many receives a source queue gives a message up: 1 to 1,000. Subscriptions don't have this.
    pub fn max_receive_count(self, receives: impl Into<Val<i64>>) -> Self {
        Self(self.0.with("maxReceiveCount", receives.into()))
    }
}

impl Property for RedrivePolicy {
    fn into_value(self) -> Value {
        self.0.into_value()
    }
}

/// A DynamoDB key: one partition key and perhaps one sort key, by attribute name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeySchema {
    hash: String,
    range: Option<String>,
}

impl KeySchema {
    /// A key of a partition key alone.
    pub fn hash(attribute: impl Into<String>) -> Self {
        Self {
            hash: attribute.into(),
            range: None,
        }
    }

    /// With a sort key.
    pub fn range(self, attribute: impl Into<String>) -> Self {
        Self {
            range: Some(attribute.into()),
            ..self
        }
    }
}

impl Property for KeySchema {
    fn into_value(self) -> Value {
        let mut elements = vec![json!({ "AttributeName": self.hash, "KeyType": "HASH" })];
        elements.extend(
            self.range
                .map(|name| json!({ "AttributeName": name, "KeyType": "RANGE" })),
        );
        Value::Array(elements)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_a_list_with_the_partition_key_first() {
        assert_eq!(
            KeySchema::hash("pk").range("sk").into_value(),
            json!([{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}])
        );
    }

    #[test]
    fn a_redrive_policy_spells_its_members_in_lower_camel_case() {
        assert_eq!(
            RedrivePolicy::to("arn").max_receive_count(5).into_value(),
            json!({"deadLetterTargetArn": "arn", "maxReceiveCount": 5})
        );
    }
}
