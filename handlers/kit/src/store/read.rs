//! The reading ports over the tables. Always consistent: a decision on an old state would only be refused later.

use super::{Attributes, corrupt, from_attributes, key, unavailable};
use crate::world::World;
use aws_sdk_dynamodb::types::AttributeValue;
use contracts::ids::InvoiceKey;
use contracts::items::{Item, holder, record};
use contracts::needs;
use contracts::records::{InvoiceRecord, NoticeRecord, PaymentRecord, VendorProfile};
use contracts::tables::{Table, keys};
use contracts::{EventId, Handler, InvoiceId, Needs, VendorId};
use futures_util::future::join_all;
use ports::{Answer, ReadInvoices, ReadVendors};
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::future::Future;

/// A query, being put together.
pub(crate) struct Search {
    table: Table,
    index: Option<&'static str>,
    condition: &'static str,
    names: HashMap<String, String>,
    values: Attributes,
    limit: Option<u32>,
    after: Option<Attributes>,
}

impl Search {
    /// Of a table, consistently, all that there is.
    pub(crate) fn of(table: Table, condition: &'static str) -> Self {
        Self {
            table,
            index: None,
            condition,
            names: HashMap::new(),
            values: Attributes::new(),
            limit: None,
            after: None,
        }
    }

    /// Of an index of the table: it may lag.
    pub(crate) fn index(self, index: &'static str) -> Self {
        Self {
            index: Some(index),
            ..self
        }
    }

    /// So many at most.
    pub(crate) fn limit(self, limit: u32) -> Self {
        Self {
            limit: Some(limit),
            ..self
        }
    }

    /// From behind a row, given by its keys in the table and in the index.
    pub(crate) fn after(self, after: Option<Attributes>) -> Self {
        Self { after, ..self }
    }

    pub(crate) fn name(mut self, placeholder: &str, name: &str) -> Self {
        self.names.insert(placeholder.to_owned(), name.to_owned());
        self
    }

    pub(crate) fn value(mut self, placeholder: &str, value: AttributeValue) -> Self {
        self.values.insert(placeholder.to_owned(), value);
        self
    }

    /// Searches, page by page.
    pub(crate) async fn run<H: Handler>(self, world: &World<H>) -> Answer<Vec<Item>> {
        let table = world.shared.settings.table(self.table);
        let most = self.limit.map_or(usize::MAX, |limit| limit as usize);
        let (mut found, mut from) = (Vec::new(), self.after);
        loop {
            let page = world
                .shared
                .dynamo
                .query()
                .table_name(table)
                .set_index_name(self.index.map(str::to_owned))
                .consistent_read(self.index.is_none())
                .key_condition_expression(self.condition)
                .set_expression_attribute_names(Some(self.names.clone()))
                .set_expression_attribute_values(Some(self.values.clone()))
                .set_limit(self.limit.and_then(|limit| i32::try_from(limit).ok()))
                .set_exclusive_start_key(from)
                .send()
                .await
                .map_err(|error| unavailable("searching", table, &error))?;
            for attributes in page.items.unwrap_or_default() {
                found.push(from_attributes(attributes, table)?);
            }
            from = page.last_evaluated_key.filter(|key| !key.is_empty());
            if from.is_none() || found.len() >= most {
                found.truncate(most);
                return Ok(found);
            }
        }
    }
}

/// How many calls are under way at once.
const AT_ONCE: usize = 8;

/// Works on all of them, some at once, and gives what came of each in their order.
///
/// # Errors
/// The first failure; nothing more is begun after it.
pub(crate) async fn side_by_side<T, O, F>(
    all: impl IntoIterator<Item = T>,
    work: impl Fn(T) -> F,
) -> Answer<Vec<O>>
where
    F: Future<Output = Answer<O>>,
{
    let (mut all, mut done) = (all.into_iter(), Vec::new());
    loop {
        let some: Vec<F> = all.by_ref().take(AT_ONCE).map(&work).collect();
        if some.is_empty() {
            return Ok(done);
        }
        for answer in join_all(some).await {
            done.push(answer?);
        }
    }
}

impl<H: Handler> World<H> {
    pub(crate) async fn item(
        &self,
        table: Table,
        partition: &str,
        sort: &str,
    ) -> Answer<Option<Item>> {
        let subject = || format!("{partition} {sort}");
        let found = self
            .shared
            .dynamo
            .get_item()
            .table_name(self.shared.settings.table(table))
            .set_key(Some(key(partition, sort)))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| unavailable("reading", subject(), &error))?;
        found
            .item
            .map(|attributes: Attributes| from_attributes(attributes, &subject()))
            .transpose()
    }

    pub(crate) async fn record<T: DeserializeOwned>(
        &self,
        table: Table,
        partition: &str,
        sort: &str,
    ) -> Answer<Option<T>> {
        let item = self.item(table, partition, sort).await?;
        item.map(|item| record(&item).map_err(|error| corrupt(&error)))
            .transpose()
    }
}

impl<H: Needs<needs::ReadVendors>> ReadVendors for World<H> {
    async fn vendor(&self, id: VendorId) -> Answer<Option<VendorProfile>> {
        self.record(Table::Vendors, &keys::vendor(id), keys::HEAD)
            .await
    }
}

impl<H: Needs<needs::ReadInvoices>> ReadInvoices for World<H> {
    async fn invoice(&self, id: InvoiceId) -> Answer<Option<InvoiceRecord>> {
        self.record(Table::Invoices, &keys::invoice(id), keys::HEAD)
            .await
    }

    async fn holder(&self, business_key: &InvoiceKey) -> Answer<Option<InvoiceId>> {
        let item = self
            .item(Table::Invoices, &keys::unique(business_key), keys::UNIQUE)
            .await?;
        item.map(|item| holder(&item).map_err(|error| corrupt(&error)))
            .transpose()
    }

    async fn payment(&self, id: InvoiceId, instalment: u32) -> Answer<Option<PaymentRecord>> {
        self.record(
            Table::Invoices,
            &keys::invoice(id),
            &keys::payment(instalment),
        )
        .await
    }

    async fn notice(&self, id: InvoiceId, event: EventId) -> Answer<Option<NoticeRecord>> {
        self.record(Table::Invoices, &keys::invoice(id), &keys::notice(event))
            .await
    }
}
