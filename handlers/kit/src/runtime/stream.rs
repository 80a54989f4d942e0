//! Records of a table's stream: heads become changes, everything else that rests beside them is skipped.

use super::envelope::Unreadable;
use contracts::items::{Item, attributes, kinds};
use contracts::tables::{Table, keys};
use ports::TableChange;
use serde::Deserialize;
use serde_json::{Map, Value};
use time::{Duration, OffsetDateTime};

/// `eventSource` of the records.
pub(crate) const SOURCE: &str = "aws:dynamodb";

/// One record of a stream.
#[derive(Debug, PartialEq)]
pub(crate) struct StreamRecord {
    /// By which the partial batch response names it.
    pub(crate) sequence: String,
    /// Partition key of its item: records of the same one stay in their order.
    pub(crate) partition: String,
    /// When the service wrote it down.
    pub(crate) at: Option<OffsetDateTime>,
    /// The change, if it is one of a head.
    pub(crate) change: Option<Result<TableChange, Unreadable>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record {
    dynamodb: Images,
    user_identity: Option<Identity>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Images {
    #[serde(default)]
    keys: Map<String, Value>,
    new_image: Option<Map<String, Value>>,
    old_image: Option<Map<String, Value>>,
    #[serde(default)]
    sequence_number: String,
    approximate_creation_date_time: Option<f64>,
}

/// Who changed an item, where it was the service itself.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Identity {
    principal_id: Option<String>,
}

const UNREADABLE: Unreadable = Unreadable("an image holds an attribute that no record of ours has");

impl StreamRecord {
    /// Reads a record. One that can't be read at all has no sequence number either: naming none makes the whole batch come
    /// again.
    pub(crate) fn read(record: Value) -> Self {
        match Record::deserialize(record) {
            Ok(record) => Self::of(record),
            Err(_) => Self {
                sequence: String::new(),
                partition: String::new(),
                at: None,
                change: Some(Err(Unreadable("it is no record of a table's stream"))),
            },
        }
    }

    fn of(record: Record) -> Self {
        let images = record.dynamodb;
        let key = |name: &str| {
            let text = images.keys.get(name).and_then(|key| key.get("S"));
            text.and_then(Value::as_str).unwrap_or_default().to_owned()
        };
        let service = Some("dynamodb.amazonaws.com");
        let by = record.user_identity.and_then(|who| who.principal_id);
        Self {
            partition: key(attributes::PK),
            change: (key(attributes::SK) == keys::HEAD)
                .then(|| change(images.old_image, images.new_image, by.as_deref() == service)),
            sequence: images.sequence_number,
            at: images.approximate_creation_date_time.map(|seconds| {
                OffsetDateTime::UNIX_EPOCH + Duration::saturating_seconds_f64(seconds)
            }),
        }
    }

    /// A text of the item as it is now, or as it was last.
    pub(crate) fn attribute(&self, name: &str) -> Option<&str> {
        let change = self.change.as_ref()?.as_ref().ok()?;
        let item = change.after.as_ref().or(change.before.as_ref())?;
        item.get(name)?.as_str()
    }
}

fn change(
    before: Option<Map<String, Value>>,
    after: Option<Map<String, Value>>,
    expired: bool,
) -> Result<TableChange, Unreadable> {
    let item = |image: Option<Map<String, Value>>| image.map(item).transpose();
    let (before, after) = (item(before)?, item(after)?);
    let either = after.as_ref().or(before.as_ref());
    let kind = either.and_then(|item| item.get(attributes::KIND));
    let table = match kind.and_then(Value::as_str) {
        Some(kinds::INVOICE) => Table::Invoices,
        Some(kinds::VENDOR) => Table::Vendors,
        _ => return Err(Unreadable("its head is neither an invoice nor a vendor")),
    };
    Ok(TableChange {
        table,
        before,
        after,
        expired,
    })
}

/// An image as a neutral item.
fn item(image: Map<String, Value>) -> Result<Item, Unreadable> {
    image
        .into_iter()
        .map(|(name, typed)| Ok((name, plain(typed)?)))
        .collect()
}

/// An attribute value (`{"S": "..."}`) as JSON. Numbers of ours are integers; sets and binaries are none of ours.
fn plain(typed: Value) -> Result<Value, Unreadable> {
    let Value::Object(typed) = typed else {
        return Err(UNREADABLE);
    };
    let mut typed = typed.into_iter();
    let (Some((kind, value)), None) = (typed.next(), typed.next()) else {
        return Err(UNREADABLE);
    };
    match (kind.as_str(), value) {
        ("S", Value::String(text)) => Ok(text.into()),
        ("N", Value::String(digits)) => {
            let signed = digits.parse::<i64>().map(Value::from);
            signed
                .or_else(|_| digits.parse::<u64>().map(Value::from))
                .map_err(|_| UNREADABLE)
        }
        ("BOOL", Value::Bool(value)) => Ok(value.into()),
        ("NULL", _) => Ok(Value::Null),
        ("L", Value::Array(list)) => list.into_iter().map(plain).collect(),
        ("M", Value::Object(map)) => {
            let plain: Result<Map<_, _>, _> = map
                .into_iter()
                .map(|(name, typed)| Ok((name, plain(typed)?)))
                .collect();
            plain.map(Value::Object)
        }
        _ => Err(UNREADABLE),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)] // tests
    use super::*;
    use crate::scripted::typed;
    use proptest::prelude::*;
    use serde_json::json;

    fn record(sort_key: &str, old: Value, new: Value) -> Value {
        let image = |value: Value| match value {
            Value::Null => Value::Null,
            value => typed(&value)["M"].clone(),
        };
        json!({
            "eventID": "1", "eventName": "MODIFY", "eventSource": "aws:dynamodb", "awsRegion": "eu-central-1",
            "eventSourceARN": "arn:aws:dynamodb:eu-central-1:000000000000:table/t/stream/s",
            "dynamodb": {
                "ApproximateCreationDateTime": 1_700_000_000, "SizeBytes": 1, "StreamViewType": "NEW_AND_OLD_IMAGES",
                "Keys": { "pk": { "S": "INVOICE#a" }, "sk": { "S": sort_key } },
                "SequenceNumber": "42", "OldImage": image(old), "NewImage": image(new),
            },
        })
    }

    fn head(version: u64) -> Value {
        json!({ "kind": "invoice", "version": version, "record": { "state": "PAID", "list": [1, null, true] } })
    }

    #[test]
    fn r14_a_head_becomes_a_change_with_both_images() {
        let read = StreamRecord::read(record("HEAD", head(1), head(2)));
        assert_eq!(
            (read.sequence.as_str(), read.partition.as_str()),
            ("42", "INVOICE#a")
        );
        assert_eq!(read.at.unwrap().unix_timestamp(), 1_700_000_000);
        let change = read.change.unwrap().unwrap();
        assert_eq!(change.table, Table::Invoices);
        assert!(!change.expired);
        assert_eq!(json!(change.before.unwrap()), head(1));
        assert_eq!(json!(change.after.unwrap()), head(2));
    }

    #[test]
    fn r14_what_rests_beside_a_head_is_no_change() {
        let beside = StreamRecord::read(record("VERSION#0000000001", Value::Null, head(1)));
        assert_eq!(beside.change, None);
        assert_eq!(beside.sequence, "42");
    }

    #[test]
    fn r14_who_took_a_head_away_is_told() {
        let mut removed = record("HEAD", head(3), Value::Null);
        let by_hand = StreamRecord::read(removed.clone()).change.unwrap();
        assert!(!by_hand.unwrap().expired);
        removed["userIdentity"] =
            json!({ "type": "Service", "principalId": "dynamodb.amazonaws.com" });
        let change = StreamRecord::read(removed).change.unwrap().unwrap();
        assert!(change.expired && change.after.is_none());
    }

    #[test]
    fn r10_what_can_not_be_read_fails_and_is_not_skipped() {
        let mut foreign = head(1);
        foreign["kind"] = json!("something");
        let odd = StreamRecord::read(record("HEAD", Value::Null, foreign));
        assert!(odd.change.unwrap().is_err());
        let mut binary = record("HEAD", Value::Null, head(1));
        binary["dynamodb"]["NewImage"]["x"] = json!({ "B": "AA==" });
        assert!(StreamRecord::read(binary).change.unwrap().is_err());
        assert!(StreamRecord::read(json!(1)).change.unwrap().is_err());
    }

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
        fn an_image_tells_what_was_written(value in value()) {
            prop_assert_eq!(plain(typed(&value)).unwrap(), value);
        }
    }
}
