//! What a property's value may be, and the bag that a generated struct keeps its properties in.
//!
//! A generated struct is built by setters and read only as JSON, so it stores the rendered properties and no typed
//! fields: that keeps three hundred structs cheap to compile.

use serde::Serialize;
use serde_json::{Map, Number, Value};

use crate::val::Val;

/// Something that can stand as a property's value in a template.
pub trait Property {
    /// The value as template JSON.
    fn into_value(self) -> Value;
}

impl Property for String {
    fn into_value(self) -> Value {
        Value::String(self)
    }
}

impl Property for bool {
    fn into_value(self) -> Value {
        Value::Bool(self)
    }
}

impl Property for i64 {
    fn into_value(self) -> Value {
        Value::Number(self.into())
    }
}

impl Property for f64 {
    /// Whole numbers are written without a fraction, so that 5 and 5.0 give one template. JSON knows no NaN: null.
    fn into_value(self) -> Value {
        let whole = format!("{self:.0}").parse::<i64>().ok();
        match whole {
            #[allow(clippy::cast_precision_loss)]
            Some(whole) if whole as f64 == self => Value::Number(whole.into()),
            _ => Number::from_f64(self).map_or(Value::Null, Value::Number),
        }
    }
}

/// A property that AWS's schema leaves open: any JSON, with [`Val`]s in it where references are needed
/// (`json!({"arn": queue.arn()})`).
#[derive(Clone, Debug, PartialEq)]
pub struct Json(Value);

impl Json {
    /// Anything that serialises. A value that can't be represented as JSON becomes null.
    pub fn of(value: &impl Serialize) -> Self {
        Self(serde_json::to_value(value).unwrap_or(Value::Null))
    }
}

impl From<Value> for Json {
    fn from(value: Value) -> Self {
        Self(value)
    }
}

impl From<Val<String>> for Json {
    fn from(value: Val<String>) -> Self {
        Self(value.into_value())
    }
}

impl From<crate::policy::PolicyDocument> for Json {
    fn from(value: crate::policy::PolicyDocument) -> Self {
        Self(value.into_value())
    }
}

impl Property for Json {
    fn into_value(self) -> Value {
        self.0
    }
}

/// The properties of a resource or of a nested definition, by their CloudFormation names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fields(Map<String, Value>);

impl Fields {
    /// Nothing set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets one property; the last call wins.
    pub fn with(mut self, name: &str, value: impl Property) -> Self {
        self.0.insert(name.to_owned(), value.into_value());
        self
    }

    /// Sets a list property; the last call wins.
    pub fn with_list<T: Property>(
        self,
        name: &str,
        values: impl IntoIterator<Item = impl Into<T>>,
    ) -> Self {
        let values = values
            .into_iter()
            .map(|value| value.into().into_value())
            .collect();
        self.with_value(name, Value::Array(values))
    }

    /// Sets a map property; the last call wins.
    pub fn with_map<K: Into<String>, T: Property>(
        self,
        name: &str,
        values: impl IntoIterator<Item = (K, impl Into<T>)>,
    ) -> Self {
        let values = values
            .into_iter()
            .map(|(key, value)| (key.into(), value.into().into_value()))
            .collect();
        self.with_value(name, Value::Object(values))
    }

    fn with_value(mut self, name: &str, value: Value) -> Self {
        self.0.insert(name.to_owned(), value);
        self
    }
}

impl Property for Fields {
    fn into_value(self) -> Value {
        Value::Object(self.0)
    }
}

macro_rules! nested {
    ($($name:ident),+) => {$(
        impl Property for $name {
            fn into_value(self) -> serde_json::Value {
                self.0.into_value()
            }
        }
    )+};
}
pub(crate) use nested;

macro_rules! closed_set {
    ($($name:ident),+) => {$(
        impl Property for $name {
            fn into_value(self) -> serde_json::Value {
                self.as_str().into()
            }
        }
    )+};
}
pub(crate) use closed_set;

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn whole_numbers_have_one_spelling() {
        assert_eq!(5.0_f64.into_value(), json!(5));
        assert_eq!(0.5_f64.into_value(), json!(0.5));
        assert_eq!(f64::NAN.into_value(), Value::Null);
    }
}
