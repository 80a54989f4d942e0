//! The reading ports over the tables. Always consistent: a decision on an old state would only be refused later.

use super::{Attributes, corrupt, from_attributes, key, unavailable};
use crate::world::World;
use contracts::ids::InvoiceKey;
use contracts::items::{Item, holder, record};
use contracts::needs;
use contracts::records::{InvoiceRecord, NoticeRecord, PaymentRecord, VendorProfile};
use contracts::tables::{Table, keys};
use contracts::{EventId, Handler, InvoiceId, Needs, VendorId};
use ports::{Answer, ReadInvoices, ReadVendors};
use serde::de::DeserializeOwned;

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

    async fn record<T: DeserializeOwned>(
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
