//! One alternative of a field: its kinds, their JSON, and what they say of one value. `exists: false` speaks of the
//! field, not of a value, and is answered where fields are chosen.

use super::cidr::{self, Cidr};
use super::excluded::Excluded;
use super::number::{self, Numeric};
use super::text::{self, Wildcard};
use serde_json::{Number, Value, json};

/// One alternative of a field. Made by its constructors, or by [`Matcher::parse`] for every operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matcher(pub(super) Kind);

/// A value to be equal to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scalar {
    /// A string. One that is an IP address equals every spelling of that address.
    Text(String),
    /// A number, equal to every spelling of it (`1`, `1.0`, `1e0`).
    Number(Number),
    /// `true` or `false`.
    Bool(bool),
    /// JSON's `null`.
    Null,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Is(Scalar),
    Prefix(String),
    PrefixIgnoreCase(String),
    Suffix(String),
    SuffixIgnoreCase(String),
    IgnoreCase(String),
    Wildcard(Wildcard),
    Numeric(Numeric),
    Cidr(Cidr),
    Exists(bool),
    AnythingBut(Excluded),
}

impl Matcher {
    /// Equal to the value.
    #[must_use]
    pub fn is(value: impl Into<Scalar>) -> Self {
        Self(Kind::Is(value.into()))
    }

    /// A string that begins with the text.
    #[must_use]
    pub fn prefix(text: &str) -> Self {
        Self(Kind::Prefix(text.to_owned()))
    }

    /// A string that ends with the text.
    #[must_use]
    pub fn suffix(text: &str) -> Self {
        Self(Kind::Suffix(text.to_owned()))
    }

    /// Any value but this text, of any kind. For several texts and other forms see [`Matcher::parse`].
    #[must_use]
    pub fn anything_but(text: &str) -> Self {
        Self(Kind::AnythingBut(Excluded::Texts(vec![text.to_owned()])))
    }

    /// Present, as a leaf: an object, an empty object and an empty list are no leaves; `null` is one.
    #[must_use]
    pub fn present() -> Self {
        Self(Kind::Exists(true))
    }

    /// Not present as a leaf.
    #[must_use]
    pub fn absent() -> Self {
        Self(Kind::Exists(false))
    }

    pub(super) fn to_json(&self) -> Value {
        match &self.0 {
            Kind::Is(value) => value.to_json(),
            Kind::Prefix(text) => json!({ "prefix": text }),
            Kind::PrefixIgnoreCase(text) => json!({ "prefix": { "equals-ignore-case": text } }),
            Kind::Suffix(text) => json!({ "suffix": text }),
            Kind::SuffixIgnoreCase(text) => json!({ "suffix": { "equals-ignore-case": text } }),
            Kind::IgnoreCase(text) => json!({ "equals-ignore-case": text }),
            Kind::Wildcard(wildcard) => json!({ "wildcard": wildcard.source() }),
            Kind::Numeric(numeric) => json!({ "numeric": numeric.to_json() }),
            Kind::Cidr(block) => json!({ "cidr": block.source() }),
            Kind::Exists(wanted) => json!({ "exists": wanted }),
            Kind::AnythingBut(excluded) => json!({ "anything-but": excluded.to_json() }),
        }
    }

    /// Whether one leaf value satisfies this alternative.
    pub(super) fn takes(&self, value: &Value) -> bool {
        match (&self.0, value) {
            (Kind::Is(wanted), value) => wanted.equals(value),
            (Kind::Prefix(text), Value::String(value)) => text::begins(value, text),
            (Kind::PrefixIgnoreCase(text), Value::String(value)) => {
                text::begins_ignoring_case(value, text)
            }
            (Kind::Suffix(text), Value::String(value)) => text::ends(value, text),
            (Kind::SuffixIgnoreCase(text), Value::String(value)) => {
                text::ends_ignoring_case(value, text)
            }
            (Kind::IgnoreCase(text), Value::String(value)) => {
                text::equals_ignoring_case(value, text)
            }
            (Kind::Wildcard(wildcard), Value::String(value)) => wildcard.matches(value),
            (Kind::Numeric(numeric), Value::Number(value)) => numeric.holds(value),
            (Kind::Cidr(block), Value::String(value)) => block.contains(value),
            (Kind::Exists(wanted), _) => *wanted,
            (Kind::AnythingBut(excluded), value) => !excluded.covers(value),
            _ => false,
        }
    }
}

impl Scalar {
    fn to_json(&self) -> Value {
        match self {
            Self::Text(text) => json!(text),
            Self::Number(number) => Value::Number(number.clone()),
            Self::Bool(truth) => json!(truth),
            Self::Null => Value::Null,
        }
    }

    fn equals(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Text(wanted), Value::String(value)) => {
                wanted == value || cidr::same_address(wanted, value)
            }
            (Self::Number(wanted), Value::Number(value)) => number::same(wanted, value),
            (Self::Bool(wanted), Value::Bool(value)) => wanted == value,
            (Self::Null, Value::Null) => true,
            _ => false,
        }
    }
}

impl From<&str> for Scalar {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<i64> for Scalar {
    fn from(number: i64) -> Self {
        Self::Number(number.into())
    }
}

impl From<bool> for Scalar {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}
