//! How records rest in the tables: one item layout for the kit, which writes it, and for whoever reads it back.
//!
//! Every item carries its keys, what it is (`kind`) and the whole record as a map (`record`); what conditions and
//! indexes need stands beside it as an attribute of its own. Items are neutral maps of JSON values here: turning them
//! into a service's attribute values is the adapters' business.

mod mapping;
mod trail;

pub use mapping::{caller, held, mapped_principal, mapped_vendor, owner};
pub use trail::{audit_event, audit_row, ledger_row};

use crate::ids::{EventId, InvoiceId, InvoiceKey};
use crate::records::{
    ApprovalRecord, HistoryRecord, InvoiceRecord, NoticeRecord, PaymentRecord, VendorProfile,
};
use crate::tables::{RESTING, SHARDS, UNPUBLISHED, keys};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::Value;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use time::format_description::{BorrowedFormatItem, well_known::Rfc3339};
use time::macros::format_description;
use time::{OffsetDateTime, UtcOffset};

/// An item: attribute names to JSON values. Numbers are integers.
pub type Item = BTreeMap<String, Value>;

/// Names of the attributes.
pub mod attributes {
    /// Partition key.
    pub const PK: &str = "pk";
    /// Sort key.
    pub const SK: &str = "sk";
    /// What the item is: one of [`super::kinds`].
    pub const KIND: &str = "kind";
    /// The whole record, as a map.
    pub const RECORD: &str = "record";
    /// Version of the aggregate, for conditions. On heads, history and events.
    pub const VERSION: &str = "version";
    /// State of the invoice, for people and filters. On invoice heads.
    pub const STATE: &str = "state";
    /// The event, for the publisher's mark. On events.
    pub const EVENT_ID: &str = "event_id";
    /// When the event was published, RFC 3339. On events, once published.
    pub const PUBLISHED_AT: &str = "published_at";
    /// The invoice that holds a business key. On uniqueness items.
    pub const INVOICE_ID: &str = "invoice_id";
    /// Revision of an approval, for conditions.
    pub const REVISION: &str = "revision";
    /// The vendor that a caller acts for. On callers' mappings.
    pub const VENDOR_ID: &str = "vendor_id";
    /// The caller who acts for a vendor. On vendors' mappings.
    pub const PRINCIPAL: &str = "principal";
}

/// What an item is.
pub mod kinds {
    /// An invoice's present state.
    pub const INVOICE: &str = "invoice";
    /// A vendor's present state.
    pub const VENDOR: &str = "vendor";
    /// One version of an aggregate.
    pub const HISTORY: &str = "history";
    /// An event recorded with the change that it announces.
    pub const EVENT: &str = "event";
    /// A payment.
    pub const PAYMENT: &str = "payment";
    /// A notice.
    pub const NOTICE: &str = "notice";
    /// The holder of a business key.
    pub const UNIQUE: &str = "unique";
    /// What people were asked about a version, and decided.
    pub const APPROVAL: &str = "approval";
    /// The vendor that a caller acts for.
    pub const CALLER: &str = "caller";
    /// The caller who acts for a vendor.
    pub const OWNER: &str = "owner";
    /// One row of a posting.
    pub const LEDGER: &str = "ledger";
    /// One version in the audit trail.
    pub const AUDIT: &str = "audit";
    /// One event in the audit trail.
    pub const AUDIT_EVENT: &str = "audit-event";
}

/// An event as it rests beside the change that it announces, until and after it is published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct OutboxRecord {
    /// The event.
    pub event_id: EventId,
    /// Its name: `detail-type`.
    pub event_type: String,
    /// `source` of its producer.
    pub source: String,
    /// The version of the aggregate that it announces.
    pub version: u64,
    /// The whole `detail`, as the JSON text that is published.
    pub detail: String,
    /// The X-Ray header that it is published with, so that publishing it later goes on with the same trace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace: Option<String>,
    /// When the change was made.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

/// One item of an invoice's partition, read back.
#[derive(Debug, Clone, PartialEq)]
pub enum InvoiceItem {
    /// The present state.
    Head(Box<InvoiceRecord>),
    /// One version.
    History(HistoryRecord),
    /// An event, and when it was published, if it was.
    Event(OutboxRecord, Option<OffsetDateTime>),
    /// A payment.
    Payment(PaymentRecord),
    /// A notice.
    Notice(NoticeRecord),
    /// What people were asked about a version, and decided.
    Approval(Box<ApprovalRecord>),
    /// Something that this version of the program does not know; a newer one may have written it.
    Unknown {
        /// Its sort key.
        sort_key: String,
    },
}

/// An item that can't be read back.
#[derive(Debug, thiserror::Error)]
#[error("item {sort_key} of {partition_key} can't be read: {reason}")]
pub struct ItemError {
    /// Partition key, as far as it could be read.
    pub partition_key: String,
    /// Sort key, as far as it could be read.
    pub sort_key: String,
    /// Which attribute is odd. Never its content.
    pub reason: String,
}

/// The shard of a sparse index that an aggregate belongs to, by its partition key.
#[must_use]
pub fn shard(partition_key: &str) -> u32 {
    let first = Sha256::digest(partition_key.as_bytes())[0];
    u32::from(first) % SHARDS
}

fn base(partition_key: String, sort_key: String, kind: &str, record: &impl Serialize) -> Item {
    BTreeMap::from([
        (attributes::PK.to_owned(), Value::String(partition_key)),
        (attributes::SK.to_owned(), Value::String(sort_key)),
        (attributes::KIND.to_owned(), Value::from(kind)),
        // A record always serialises: its maps have string keys and it has no floats.
        (
            attributes::RECORD.to_owned(),
            serde_json::to_value(record).unwrap_or(Value::Null),
        ),
    ])
}

/// A time as index keys and marks carry it: RFC 3339 in UTC with nine decimals always, so that text order is time order.
#[must_use]
pub fn timestamp(at: OffsetDateTime) -> String {
    const FIXED: &[BorrowedFormatItem<'_>] = format_description!(
        version = 2,
        "[year]-[month]-[day]T[hour]:[minute]:[second].[subsecond digits:9]Z"
    );
    // Only a year that no clock shows can't be written.
    at.to_offset(UtcOffset::UTC)
        .format(FIXED)
        .unwrap_or_default()
}

/// An invoice's head. While the state is not terminal the item is in the `resting` index since `at`.
#[must_use]
pub fn invoice_head(record: &InvoiceRecord, at: OffsetDateTime) -> Item {
    let pk = keys::invoice(record.invoice_id);
    let shard = shard(&pk);
    let mut item = base(pk, keys::HEAD.to_owned(), kinds::INVOICE, record);
    item.insert(attributes::VERSION.to_owned(), record.version.into());
    item.insert(attributes::STATE.to_owned(), record.state.name().into());
    if !record.state.is_terminal() {
        let resting = format!("{}#{shard}", record.state.name());
        item.insert(RESTING.partition_key.to_owned(), resting.into());
        item.insert(RESTING.sort_key.to_owned(), timestamp(at).into());
    }
    item
}

/// A vendor's head.
#[must_use]
pub fn vendor_head(profile: &VendorProfile) -> Item {
    let pk = keys::vendor(profile.vendor_id);
    let mut item = base(pk, keys::HEAD.to_owned(), kinds::VENDOR, profile);
    item.insert(attributes::VERSION.to_owned(), profile.version.into());
    item
}

/// One version's history item in an aggregate's partition.
#[must_use]
pub fn history(partition_key: &str, record: &HistoryRecord) -> Item {
    let sk = keys::history(record.version);
    let mut item = base(partition_key.to_owned(), sk, kinds::HISTORY, record);
    item.insert(attributes::VERSION.to_owned(), record.version.into());
    item
}

/// An event that is recorded and not yet published: in the `unpublished` index since its change.
#[must_use]
pub fn outbox(partition_key: &str, record: &OutboxRecord) -> Item {
    let sk = keys::outbox(record.version, &record.event_type);
    let mut item = base(partition_key.to_owned(), sk, kinds::EVENT, record);
    item.insert(attributes::VERSION.to_owned(), record.version.into());
    item.insert(
        attributes::EVENT_ID.to_owned(),
        record.event_id.to_string().into(),
    );
    item.insert(
        UNPUBLISHED.partition_key.to_owned(),
        format!("EVENT#{}", shard(partition_key)).into(),
    );
    item.insert(UNPUBLISHED.sort_key.to_owned(), timestamp(record.at).into());
    item
}

/// An invoice's payment.
#[must_use]
pub fn payment(invoice_id: InvoiceId, record: &PaymentRecord) -> Item {
    base(
        keys::invoice(invoice_id),
        keys::payment(record.instalment),
        kinds::PAYMENT,
        record,
    )
}

/// A notice about an invoice.
#[must_use]
pub fn notice(invoice_id: InvoiceId, record: &NoticeRecord) -> Item {
    base(
        keys::invoice(invoice_id),
        keys::notice(record.event_id),
        kinds::NOTICE,
        record,
    )
}

/// What people were asked about a version of an invoice, and decided.
#[must_use]
pub fn approval(record: &ApprovalRecord) -> Item {
    let mut item = base(
        keys::invoice(record.request.invoice_id),
        keys::approval(record.request.version),
        kinds::APPROVAL,
        record,
    );
    item.insert(attributes::REVISION.to_owned(), record.revision.into());
    item
}

/// The item that makes an invoice unique: the holder of its business key.
#[must_use]
pub fn unique(key: &InvoiceKey, holder: InvoiceId) -> Item {
    let mut item = base(
        keys::unique(key),
        keys::UNIQUE.to_owned(),
        kinds::UNIQUE,
        key,
    );
    item.insert(attributes::INVOICE_ID.to_owned(), holder.to_string().into());
    item
}

fn text<'a>(item: &'a Item, name: &str) -> Option<&'a str> {
    item.get(name).and_then(Value::as_str)
}

fn odd(item: &Item, reason: impl Into<String>) -> ItemError {
    let key = |name| text(item, name).unwrap_or("(no key)").to_owned();
    ItemError {
        partition_key: key(attributes::PK),
        sort_key: key(attributes::SK),
        reason: reason.into(),
    }
}

/// The record that an item carries.
///
/// # Errors
/// When it carries none of this type.
pub fn record<T: DeserializeOwned>(item: &Item) -> Result<T, ItemError> {
    // The decoder's own words may quote the content: the item's kind must do.
    item.get(attributes::RECORD)
        .and_then(|value| T::deserialize(value).ok())
        .ok_or_else(|| {
            let kind = text(item, attributes::KIND).unwrap_or("known");
            odd(
                item,
                format!("`{}` holds no {kind} record", attributes::RECORD),
            )
        })
}

/// The invoice that a uniqueness item names.
///
/// # Errors
/// When it names none.
pub fn holder(item: &Item) -> Result<InvoiceId, ItemError> {
    text(item, attributes::INVOICE_ID)
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| {
            odd(
                item,
                format!("`{}` is no invoice id", attributes::INVOICE_ID),
            )
        })
}

/// When an event's item says that it was published.
///
/// # Errors
/// When the attribute is there and is no time.
pub fn published_at(item: &Item) -> Result<Option<OffsetDateTime>, ItemError> {
    text(item, attributes::PUBLISHED_AT)
        .map(|at| OffsetDateTime::parse(at, &Rfc3339))
        .transpose()
        .map_err(|_| {
            odd(
                item,
                format!("`{}` is no RFC 3339 time", attributes::PUBLISHED_AT),
            )
        })
}

/// Reads an item of an invoice's partition. Kinds that are not known are tolerated.
///
/// # Errors
/// When an item of a known kind does not carry its record.
pub fn read_invoice_item(item: &Item) -> Result<InvoiceItem, ItemError> {
    Ok(match text(item, attributes::KIND) {
        Some(kinds::INVOICE) => InvoiceItem::Head(Box::new(record(item)?)),
        Some(kinds::HISTORY) => InvoiceItem::History(record(item)?),
        Some(kinds::EVENT) => InvoiceItem::Event(record(item)?, published_at(item)?),
        Some(kinds::PAYMENT) => InvoiceItem::Payment(record(item)?),
        Some(kinds::NOTICE) => InvoiceItem::Notice(record(item)?),
        Some(kinds::APPROVAL) => InvoiceItem::Approval(Box::new(record(item)?)),
        _ => InvoiceItem::Unknown {
            sort_key: text(item, attributes::SK).unwrap_or("(no key)").to_owned(),
        },
    })
}

#[cfg(test)]
mod tests;
