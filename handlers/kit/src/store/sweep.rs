//! The sparse indexes, over all their shards: what rests, and what is not published (R6, R25). An index has keys only and may
//! lag; what it names is read consistently before it is given.

use super::outbox::Home;
use super::read::{Search, side_by_side};
use super::{OutboxKey, Outcome, corrupt, text, unmarked};
use crate::world::World;
use contracts::items::{Item, attributes, record, timestamp};
use contracts::records::InvoiceRecord;
use contracts::tables::{IndexSpec, RESTING, SHARDS, Table, UNPUBLISHED, keys};
use contracts::{Handler, Needs, State, needs};
use futures_util::FutureExt as _;
use ports::{Answer, Cursor, Page, PortError, ReadResting, ReadUnpublished, Resting, Unsent};
use std::collections::BTreeMap;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The keys of rows of an index.
type Keys = Vec<(String, String)>;
/// A row's keys in the table and in the index.
type Place = BTreeMap<String, String>;

impl<H: Handler> World<H> {
    /// The keys in one shard of an index from before a time, the oldest first, and the last row's place when there may be more.
    async fn listed(
        &self,
        (table, index): (Table, IndexSpec),
        shard: String,
        before: OffsetDateTime,
        limit: u32,
        after: Option<Place>,
    ) -> Answer<(Keys, Option<Place>)> {
        let after = after.map(|place| place.into_iter().map(|(name, key)| (name, text(key))));
        let items = Search::of(table, "#shard = :shard AND #since < :before")
            .index(index.name)
            .name("#shard", index.partition_key)
            .name("#since", index.sort_key)
            .value(":shard", text(shard))
            .value(":before", text(timestamp(before)))
            .limit(limit)
            .after(after.map(Iterator::collect))
            .run(self)
            .await?;
        let key = |item: &Item, name: &str| {
            let text = item.get(name).and_then(|key| key.as_str());
            text.unwrap_or_default().to_owned()
        };
        let place = |item: &Item| {
            let names = [
                attributes::PK,
                attributes::SK,
                index.partition_key,
                index.sort_key,
            ];
            names.map(|name| (name.to_owned(), key(item, name))).into()
        };
        let full = items.len() >= limit as usize;
        let last = items.last().filter(|_| full).map(place);
        let keys = |item| (key(item, attributes::PK), key(item, attributes::SK));
        Ok((items.iter().map(keys).collect(), last))
    }
}

/// Shards that are still to be read, each from behind the row that was read last.
fn shards_left<S>(
    all: impl IntoIterator<Item = (String, S)>,
    from: Option<Cursor>,
) -> Vec<(String, S, Option<Place>)> {
    let left = all.into_iter().filter_map(|(name, shard)| match &from {
        None => Some((name, shard, None)),
        Some(Cursor(places)) => {
            let place = places.get(&name)?.clone();
            Some((name, shard, Some(place)))
        }
    });
    left.collect()
}

/// Where the next page begins.
fn cursor(places: impl IntoIterator<Item = (String, Option<Place>)>) -> Option<Cursor> {
    let places = places.into_iter();
    let places: BTreeMap<_, _> = places.filter_map(|(name, at)| Some((name, at?))).collect();
    (!places.is_empty()).then_some(Cursor(places))
}

/// An invoice's head as one that rests, unless it moved on since the index was written.
fn resting(head: &Item, state: State, before: OffsetDateTime) -> Answer<Option<Resting>> {
    let invoice: InvoiceRecord = record(head).map_err(|error| corrupt(&error))?;
    let since = head.get(RESTING.sort_key).and_then(|since| since.as_str());
    let Some(since) = since.filter(|_| invoice.state == state) else {
        return Ok(None);
    };
    let since = OffsetDateTime::parse(since, &Rfc3339).map_err(|_| PortError::Corrupt {
        subject: keys::invoice(invoice.invoice_id),
        reason: format!("`{}` is no RFC 3339 time", RESTING.sort_key),
    })?;
    Ok((since < before).then(|| Resting {
        invoice_id: invoice.invoice_id,
        vendor_id: invoice.vendor_id(),
        version: invoice.version,
        state,
        since,
    }))
}

/// Reads of which one that fails does not hide the others: one odd item, or one shard, must not keep a sweeper from its work
/// for good. Gives what came; the failures go to `faults`.
async fn each<T, O, F>(
    all: impl IntoIterator<Item = T>,
    read: impl Fn(T) -> F,
    faults: &mut Vec<PortError>,
) -> Vec<O>
where
    F: Future<Output = Answer<O>>,
{
    let answers = side_by_side(all, |one| read(one).map(Ok)).await;
    let mut came = Vec::new();
    for answer in answers.unwrap_or_default() {
        match answer {
            Ok(one) => came.push(one),
            Err(failed) => {
                tracing::warn!(error = %failed, "left out of what was found");
                faults.push(failed);
            }
        }
    }
    came
}

impl<H: Needs<needs::ReadResting>> ReadResting for World<H> {
    async fn resting(
        &self,
        state: State,
        before: OffsetDateTime,
        limit: u32,
        from: Option<Cursor>,
    ) -> Answer<Page<Resting>> {
        let mut faults = Vec::new();
        let all = (0..SHARDS).map(|shard| (format!("{}#{shard}", state.name()), ()));
        let shard = async |(name, (), after): (String, (), Option<Place>)| {
            let index = (Table::Invoices, RESTING);
            let listed = self.listed(index, name.clone(), before, limit, after);
            let (keys, last) = listed.await?;
            Ok((keys, (name, last)))
        };
        let listed = each(shards_left(all, from), shard, &mut faults).await;
        let (keys, places): (Vec<Keys>, Vec<_>) = listed.into_iter().unzip();
        let head =
            async |(pk, sk): (String, String)| match self.item(Table::Invoices, &pk, &sk).await? {
                Some(head) => resting(&head, state, before),
                None => Ok(None),
            };
        let found = each(keys.concat(), head, &mut faults).await;
        Ok(Page {
            found: found.into_iter().flatten().collect(),
            faults,
            next: cursor(places),
        })
    }
}

impl<H: Needs<needs::ReadUnpublished>> ReadUnpublished for World<H> {
    async fn unpublished_since(
        &self,
        before: OffsetDateTime,
        limit: u32,
        from: Option<Cursor>,
    ) -> Answer<Page<Unsent>> {
        let mut faults = Vec::new();
        let homes = [("vendors", Home::Vendors), ("invoices", Home::Invoices)];
        let all = homes.into_iter().flat_map(|(name, home)| {
            (0..SHARDS).map(move |shard| (format!("{name} {shard}"), (home, shard)))
        });
        let shard = async |(name, (home, shard), after): (String, (Home, u32), Option<Place>)| {
            let shard = format!("{}{shard}", keys::OUTBOX);
            let index = (home.table(), UNPUBLISHED);
            let (keys, last) = self.listed(index, shard, before, limit, after).await?;
            let key = |(pk, sk)| OutboxKey {
                table: home,
                pk,
                sk,
            };
            let keys: Vec<_> = keys.into_iter().map(key).collect();
            Ok((keys, (name, last)))
        };
        let listed = each(shards_left(all, from), shard, &mut faults).await;
        let (keys, places): (Vec<Vec<OutboxKey>>, Vec<_>) = listed.into_iter().unzip();
        let event = async |key| unmarked(self, &Outcome { outbox: vec![key] }).await;
        let unmarked = each(keys.concat(), event, &mut faults).await.concat();
        let unsent = unmarked.into_iter().map(|event| Unsent {
            record: event.record,
            aggregate: event.key.pk,
        });
        Ok(Page {
            found: unsent.collect(),
            faults,
            next: cursor(places),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic)] // tests
    use super::*;
    use crate::scripted::{Aws, run, typed};
    use contracts::EventId;
    use contracts::handlers::Sweeper;
    use contracts::items::{self, OutboxRecord};
    use ports::memory::sample;
    use serde_json::{Value, json};
    use std::collections::BTreeSet;
    use time::macros::datetime;

    const BEFORE: OffsetDateTime = datetime!(2026-01-01 12:00 UTC);

    fn wire(item: &Item) -> Value {
        typed(&json!(item))["M"].clone()
    }

    /// A table whose index names `item` in its shard, and which holds `stored` for it now.
    fn listing(index: &'static str, item: &Item, stored: Value) -> Aws {
        let item = item.clone();
        Aws::new(move |call| match call.operation.as_str() {
            "Query" => {
                assert_eq!(call.input["IndexName"], index);
                let shard = &call.input["ExpressionAttributeValues"][":shard"]["S"];
                let names = &call.input["ExpressionAttributeNames"];
                let mine = &item[names["#shard"].as_str().unwrap()] == shard
                    && (index == "resting" || call.input["TableName"] == "INVOICES_TABLE");
                let keys = [item.clone()].map(|item| wire(&item));
                Ok(json!({ "Items": if mine { json!(keys) } else { json!([]) } }))
            }
            "GetItem" => Ok(json!({ "Item": stored })),
            other => panic!("{other}"),
        })
    }

    fn paying() -> InvoiceRecord {
        sample::invoice(State::Paying, 5)
    }

    #[test]
    fn r6_what_rests_is_found_in_every_shard_and_read_again() {
        let since = datetime!(2026-01-01 11:00 UTC);
        let head = items::invoice_head(&paying(), since);
        let aws = listing("resting", &head, wire(&head));
        let found = run(aws
            .world::<Sweeper>()
            .resting(State::Paying, BEFORE, 10, None))
        .unwrap();
        assert!(found.next.is_none() && found.faults.is_empty());
        let found = found.found;
        assert_eq!(found.len(), 1);
        assert_eq!(
            (found[0].since, found[0].version),
            (since, paying().version)
        );
        let shards: BTreeSet<String> = aws
            .inputs("Query")
            .iter()
            .map(|input| {
                assert_eq!(input["Limit"], 10);
                input["ExpressionAttributeValues"][":shard"]["S"]
                    .as_str()
                    .unwrap()
                    .to_owned()
            })
            .collect();
        assert_eq!(shards.len(), 16, "{shards:?}");
        assert_eq!(aws.inputs("GetItem")[0]["ConsistentRead"], true);
    }

    #[test]
    fn r6_what_moved_on_behind_the_index_is_not_given() {
        let listed = items::invoice_head(&paying(), datetime!(2026-01-01 11:00 UTC));
        for now in [
            items::invoice_head(&sample::invoice(State::Paid, 6), BEFORE),
            items::invoice_head(&paying(), BEFORE),
        ] {
            let aws = listing("resting", &listed, wire(&now));
            let found = run(aws
                .world::<Sweeper>()
                .resting(State::Paying, BEFORE, 10, None));
            assert_eq!(found.unwrap().found, []);
        }
    }

    #[test]
    fn r25_unpublished_events_are_found_in_both_tables_and_read_again() {
        let record = OutboxRecord {
            event_id: EventId::of("InvoicePaid", "a", 5),
            event_type: "InvoicePaid".into(),
            source: "invoicing.payment".into(),
            version: 5,
            detail: "{}".into(),
            trace: None,
            at: datetime!(2026-01-01 11:00 UTC),
        };
        let mut item = items::outbox("INVOICE#a", &record);
        let aws = listing("unpublished", &item, wire(&item));
        let found = run(aws.world::<Sweeper>().unpublished_since(BEFORE, 5, None)).unwrap();
        assert_eq!(
            found.found,
            [Unsent {
                record,
                aggregate: "INVOICE#a".into()
            }]
        );
        assert_eq!(aws.inputs("Query").len(), 2 * 16);

        let stale = item.clone();
        item.remove(UNPUBLISHED.partition_key);
        let marked = listing("unpublished", &stale, wire(&item));
        let found = run(marked.world::<Sweeper>().unpublished_since(BEFORE, 5, None));
        assert_eq!(found.unwrap().found, [], "it was published meanwhile");
    }

    #[test]
    fn r25_a_shard_or_an_item_that_fails_does_not_hide_the_others() {
        let record = |version| OutboxRecord {
            event_id: EventId::of("InvoicePaid", "a", version),
            event_type: "InvoicePaid".into(),
            source: "invoicing.payment".into(),
            version,
            detail: "{}".into(),
            trace: None,
            at: datetime!(2026-01-01 11:00 UTC),
        };
        let (odd, good) = (record(4), record(5));
        let (mut odd, kept) = (items::outbox("INVOICE#a", &odd), good.clone());
        odd.insert(attributes::RECORD.to_owned(), json!({}));
        let good = items::outbox("INVOICE#a", &good);
        let shard = good[UNPUBLISHED.partition_key].clone();
        let aws = Aws::new(move |call| match call.operation.as_str() {
            "Query" if call.input["ExpressionAttributeValues"][":shard"]["S"] != shard => {
                Err(crate::scripted::refused("InternalServerError"))
            }
            "Query" if call.input["TableName"] == "VENDORS_TABLE" => Ok(json!({ "Items": [] })),
            "Query" => Ok(json!({ "Items": [wire(&odd), wire(&good)] })),
            "GetItem" => {
                let asked = &call.input["Key"]["sk"]["S"];
                let item = [&odd, &good].into_iter().find(|item| item["sk"] == *asked);
                Ok(json!({ "Item": wire(item.unwrap()) }))
            }
            other => panic!("{other}"),
        });
        let found = run(aws.world::<Sweeper>().unpublished_since(BEFORE, 5, None)).unwrap();
        assert_eq!(found.found.len(), 1);
        assert_eq!(found.found[0].record, kept);
        let corrupt = |fault: &&PortError| matches!(fault, PortError::Corrupt { .. });
        assert_eq!(found.faults.iter().filter(corrupt).count(), 1);
        assert!(found.faults.len() > 1, "shards that failed are told too");
    }

    #[test]
    fn r6_a_full_page_is_gone_on_from_its_last_row_and_in_its_shard_only() {
        let head = items::invoice_head(&paying(), datetime!(2026-01-01 11:00 UTC));
        let aws = listing("resting", &head, wire(&head));
        let world = aws.world::<Sweeper>();
        let page = run(world.resting(State::Paying, BEFORE, 1, None)).unwrap();
        assert!(page.next.is_some());
        run(world.resting(State::Paying, BEFORE, 1, page.next)).unwrap();
        let queries = aws.inputs("Query");
        assert_eq!(queries.len(), 16 + 1);
        let from = queries[16]["ExclusiveStartKey"].as_object().unwrap();
        assert_eq!(from.len(), 4, "{from:?}");
        for (name, key) in from {
            assert_eq!(key["S"], head[name], "{name}");
        }
    }

    #[test]
    fn a_search_that_fails_is_told_however_little_it_finds() {
        let aws = Aws::new(|_| Err(crate::scripted::refused("InternalServerError")));
        let found = run(aws.world::<Sweeper>().unpublished_since(BEFORE, 5, None));
        let faults = found.unwrap().faults;
        assert!(matches!(faults[0], PortError::Unavailable { .. }));
    }
}
