//! The tables: reading records, committing changes, claims, and events at rest.
//!
//! Item layout is `contracts::items`; here it becomes attribute values and conditions. SDK errors end here.

mod append;
mod claims;
mod commit;
mod outbox;
mod people;
mod read;
mod sweep;
mod transaction;

pub use claims::TableClaims;
pub(crate) use outbox::{OutboxKey, Outcome, Unpublished, mark, unmarked};
pub(crate) use read::side_by_side;

use aws_sdk_dynamodb::types::AttributeValue;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use contracts::items::{Item, ItemError, attributes};
use ports::PortError;
use std::collections::HashMap;

/// An item as the SDK has it.
pub(crate) type Attributes = HashMap<String, AttributeValue>;

/// A neutral item as attribute values.
pub(crate) fn to_attributes(item: &Item) -> Result<Attributes, PortError> {
    serde_dynamo::to_item(item).map_err(|error| PortError::Corrupt {
        subject: "an item to be written".into(),
        reason: error.to_string(),
    })
}

/// Attribute values as a neutral item.
pub(crate) fn from_attributes(attributes: Attributes, subject: &str) -> Result<Item, PortError> {
    serde_dynamo::from_item(attributes).map_err(|_| PortError::Corrupt {
        subject: subject.to_owned(),
        reason: "it holds an attribute that no record of ours has".into(),
    })
}

/// A text attribute.
pub(crate) fn text(value: impl Into<String>) -> AttributeValue {
    AttributeValue::S(value.into())
}

/// A number attribute.
pub(crate) fn number(value: impl ToString) -> AttributeValue {
    AttributeValue::N(value.to_string())
}

/// The key of an item.
pub(crate) fn key(partition: &str, sort: &str) -> Attributes {
    HashMap::from([
        (attributes::PK.to_owned(), text(partition)),
        (attributes::SK.to_owned(), text(sort)),
    ])
}

pub(crate) fn corrupt(error: &ItemError) -> PortError {
    PortError::Corrupt {
        subject: format!("item {} of {}", error.sort_key, error.partition_key),
        reason: error.reason.clone(),
    }
}

/// A failed call as a port's failure: the service's code and message, or what kept the call from being answered.
pub(crate) fn unavailable<E, R>(
    action: &'static str,
    subject: impl Into<String>,
    error: &SdkError<E, R>,
) -> PortError
where
    E: ProvideErrorMetadata,
{
    let (subject, reason) = (subject.into(), reason(error));
    // Said here too: a decision may turn the failure into an answer that hides it.
    tracing::warn!(action, subject, reason, "a call failed");
    PortError::Unavailable {
        action,
        subject,
        reason,
    }
}

fn reason<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> String {
    match error {
        SdkError::ServiceError(service) => {
            let answer = service.err();
            let code = answer.code().unwrap_or("an unnamed error");
            match answer.message() {
                Some(message) => format!("{code}: {message}"),
                None => code.to_owned(),
            }
        }
        SdkError::TimeoutError(_) => "no answer in time".into(),
        SdkError::DispatchFailure(failure) if failure.is_timeout() => {
            "no connection in time".into()
        }
        SdkError::DispatchFailure(_) => "the service could not be reached".into(),
        SdkError::ConstructionFailure(_) => "the request could not be built".into(),
        _ => "the answer could not be read".into(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // tests
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    fn value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            ".{0,20}".prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-zA-Z_]{1,8}", inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn an_item_comes_back_from_the_table_as_it_went(
            item in prop::collection::btree_map("[a-zA-Z_]{1,8}", value(), 0..6)
        ) {
            let attributes = to_attributes(&item).unwrap();
            prop_assert_eq!(from_attributes(attributes, "item").unwrap(), item);
        }
    }
}
