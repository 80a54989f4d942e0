//! Events at rest: where they are, which are not published yet, and the mark that says they are (R25).

use super::read::side_by_side;
use super::{Attributes, corrupt, key, text, unavailable};
use crate::world::World;
use contracts::Handler;
use contracts::items::{OutboxRecord, attributes, record, timestamp};
use contracts::tables::{Table, UNPUBLISHED, keys};
use ports::{Answer, PortError};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// Where an event rests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OutboxKey {
    /// `vendors` or `invoices`.
    pub(crate) table: Home,
    /// Partition key.
    pub(crate) pk: String,
    /// Sort key.
    pub(crate) sk: String,
}

/// The tables that events rest in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Home {
    /// Beside a vendor.
    Vendors,
    /// Beside an invoice.
    Invoices,
}

impl Home {
    pub(crate) const fn table(self) -> Table {
        match self {
            Home::Vendors => Table::Vendors,
            Home::Invoices => Table::Invoices,
        }
    }
}

impl OutboxKey {
    /// Where an event rests, by its aggregate's partition key; nothing for a partition that holds no events.
    pub(crate) fn of(aggregate: &str, record: &OutboxRecord) -> Option<Self> {
        let table = match aggregate.split_once('#')?.0 {
            "VENDOR" => Home::Vendors,
            "INVOICE" => Home::Invoices,
            _ => return None,
        };
        Some(Self {
            table,
            pk: aggregate.to_owned(),
            sk: keys::outbox(record.version, &record.event_type),
        })
    }
}

/// An event that is to be published.
#[derive(Debug, Clone)]
pub(crate) struct Unpublished {
    /// The event.
    pub(crate) record: OutboxRecord,
    /// Where its mark goes.
    pub(crate) key: OutboxKey,
}

/// What a consumer's claim remembers of finished work: where its events rest.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Outcome {
    /// The events.
    #[serde(default)]
    pub(crate) outbox: Vec<OutboxKey>,
}

impl Outcome {
    /// Reads what a claim remembers; nothing, where the work recorded nothing.
    pub(crate) fn read(stored: &str) -> Answer<Self> {
        if stored.is_empty() {
            return Ok(Self::default());
        }
        serde_json::from_str(stored).map_err(|_| PortError::Corrupt {
            subject: "the outcome of a claim".into(),
            reason: "it is no list of recorded events".into(),
        })
    }

    /// As a claim remembers it.
    pub(crate) fn write(outbox: &[OutboxKey]) -> String {
        let outcome = Self {
            outbox: outbox.to_vec(),
        };
        // Plain strings always serialise.
        serde_json::to_string(&outcome).unwrap_or_default()
    }
}

/// The events of an outcome that carry no mark yet.
pub(crate) async fn unmarked<H: Handler>(
    world: &World<H>,
    outcome: &Outcome,
) -> Answer<Vec<Unpublished>> {
    let found = side_by_side(&outcome.outbox, async |key| {
        let item = world.item(key.table.table(), &key.pk, &key.sk).await?;
        let unmarked = item.filter(|item| item.contains_key(UNPUBLISHED.partition_key));
        let event = unmarked.map(|item| {
            Ok(Unpublished {
                record: record(&item).map_err(|error| corrupt(&error))?,
                key: key.clone(),
            })
        });
        event.transpose()
    });
    Ok(found.await?.into_iter().flatten().collect())
}

/// Marks an event as published: it leaves the index of unpublished ones.
pub(crate) async fn mark<H: Handler>(
    world: &World<H>,
    at: &OutboxKey,
    now: OffsetDateTime,
) -> Answer<()> {
    world
        .shared
        .dynamo
        .update_item()
        .table_name(world.shared.settings.table(at.table.table()))
        .set_key(Some(key(&at.pk, &at.sk)))
        .update_expression("SET #published = :now REMOVE #shard, #since")
        .condition_expression("attribute_exists(#pk)")
        .set_expression_attribute_names(Some(names([
            ("#published", attributes::PUBLISHED_AT),
            ("#shard", UNPUBLISHED.partition_key),
            ("#since", UNPUBLISHED.sort_key),
            ("#pk", attributes::PK),
        ])))
        .set_expression_attribute_values(Some(Attributes::from([(
            ":now".to_owned(),
            text(timestamp(now)),
        )])))
        .send()
        .await
        .map(|_| ())
        .map_err(|error| {
            unavailable(
                "marking as published",
                format!("{} {}", at.pk, at.sk),
                &error,
            )
        })
}

/// Placeholders of an expression's attribute names.
pub(crate) fn names<const N: usize>(
    pairs: [(&str, &str); N],
) -> std::collections::HashMap<String, String> {
    pairs
        .into_iter()
        .map(|(placeholder, name)| (placeholder.to_owned(), name.to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)] // tests
    use super::*;

    #[test]
    fn r12_a_claim_remembers_where_its_events_rest() {
        let keys = [OutboxKey {
            table: Home::Invoices,
            pk: "INVOICE#a".into(),
            sk: "EVENT#0000000002#InvoiceValidated".into(),
        }];
        let stored = Outcome::write(&keys);
        assert_eq!(Outcome::read(&stored).unwrap().outbox, keys);
        assert_eq!(Outcome::read("").unwrap(), Outcome::default());
        assert!(Outcome::read("[1]").is_err());
    }
}
