//! The tables that tell of an invoice: one consistent query over its partition in each, all pages.

use super::{Remote, service_error};
use crate::ports::{InvoiceItems, ServiceError, Trouble};
use crate::trails::Trails;
use aws_sdk_dynamodb::types::AttributeValue;
use contracts::InvoiceId;
use contracts::items::{Item, attributes};
use contracts::tables::keys;
use serde_json::{Map, Value};
use std::collections::HashMap;

impl InvoiceItems for Remote {
    async fn items(&self, id: InvoiceId) -> Result<Vec<Item>, ServiceError> {
        self.partition(&self.endpoints.invoices_table, id).await
    }

    async fn trails(&self, id: InvoiceId) -> Trails {
        let mut trails = Trails::default();
        let mut seen = |read: Option<Result<Vec<Item>, ServiceError>>| match read? {
            Ok(items) => Some(items),
            Err(why) => {
                trails.unseen.push(why.to_string());
                None
            }
        };
        let (audit, ledger) = tokio::join!(
            self.other(self.endpoints.audit_table.as_deref(), id),
            self.other(self.endpoints.ledger_table.as_deref(), id),
        );
        let (audit, ledger) = (seen(audit), seen(ledger));
        Trails {
            audit,
            ledger,
            ..trails
        }
    }
}

impl Remote {
    async fn other(
        &self,
        table: Option<&str>,
        id: InvoiceId,
    ) -> Option<Result<Vec<Item>, ServiceError>> {
        Some(self.partition(table?, id).await)
    }

    /// Every item of an invoice's partition in a table.
    async fn partition(&self, table: &str, id: InvoiceId) -> Result<Vec<Item>, ServiceError> {
        let subject = || format!("invoice {id} in table {table}");
        let client = self
            .tables
            .get_or_init(|| aws_sdk_dynamodb::Client::new(&self.config));
        let mut items = Vec::new();
        let mut from = None;
        loop {
            let page = client
                .query()
                .table_name(table)
                .consistent_read(true)
                .key_condition_expression("#pk = :pk")
                .expression_attribute_names("#pk", attributes::PK)
                .expression_attribute_values(":pk", AttributeValue::S(keys::invoice(id)))
                .set_exclusive_start_key(from)
                .send()
                .await
                .map_err(|why| service_error("reading", subject(), &why))?;
            for raw in page.items.unwrap_or_default() {
                items.push(item(raw).map_err(|reason| ServiceError {
                    action: "reading",
                    subject: subject(),
                    reason,
                    trouble: Trouble::Other,
                })?);
            }
            from = page.last_evaluated_key.filter(|key| !key.is_empty());
            if from.is_none() {
                return Ok(items);
            }
        }
    }
}

fn item(raw: HashMap<String, AttributeValue>) -> Result<Item, String> {
    raw.into_iter()
        .map(|(name, attribute)| match value(attribute) {
            Ok(value) => Ok((name, value)),
            Err(why) => Err(format!("attribute `{name}` {why}")),
        })
        .collect()
}

/// An attribute as JSON. Sets and binaries are in no item of ours.
fn value(attribute: AttributeValue) -> Result<Value, &'static str> {
    Ok(match attribute {
        AttributeValue::S(text) => Value::String(text),
        AttributeValue::N(number) => {
            serde_json::from_str(&number).map_err(|_| "is no JSON number")?
        }
        AttributeValue::Bool(truth) => Value::Bool(truth),
        AttributeValue::Null(_) => Value::Null,
        AttributeValue::L(list) => {
            Value::Array(list.into_iter().map(value).collect::<Result<_, _>>()?)
        }
        AttributeValue::M(map) => {
            let entries = map
                .into_iter()
                .map(|(name, inner)| Ok((name, value(inner)?)));
            Value::Object(entries.collect::<Result<Map<_, _>, &'static str>>()?)
        }
        _ => return Err("is of a kind that no item of ours has"),
    })
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // tests
    use super::*;
    use serde_json::json;

    #[test]
    fn attributes_read_as_json_and_sets_are_named() {
        let raw = HashMap::from([(
            "record".to_owned(),
            AttributeValue::M(HashMap::from([
                ("minor".to_owned(), AttributeValue::N("-165625".into())),
                ("none".to_owned(), AttributeValue::Null(true)),
                (
                    "list".to_owned(),
                    AttributeValue::L(vec![AttributeValue::Bool(true)]),
                ),
            ])),
        )]);
        let read = item(raw).unwrap();
        assert_eq!(
            read["record"],
            json!({"minor": -165_625, "none": null, "list": [true]})
        );
        let set = HashMap::from([("tags".to_owned(), AttributeValue::Ss(vec!["a".into()]))]);
        assert!(item(set).unwrap_err().contains("`tags`"));
    }
}
