//! What an event is: a name, a version, a subject and a schema, from one Rust type.

use crate::envelope::Detail;
use crate::ids::{InvoiceId, VendorId};
use crate::tables::keys;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

/// What an event is about. Two types and no `Option`: an invoice event always has an invoice.
pub trait Subject:
    Clone
    + std::fmt::Debug
    + PartialEq
    + Serialize
    + DeserializeOwned
    + JsonSchema
    + Send
    + Sync
    + 'static
{
    /// Which of the two.
    const KIND: SubjectKind;
    /// The aggregate's id as text: what event ids are derived from.
    fn aggregate(&self) -> String;
    /// The vendor, which both have.
    fn vendor_id(&self) -> VendorId;
    /// Partition key of the aggregate, in its table and in the audit trail.
    fn partition(&self) -> String;
}

/// The two kinds of subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubjectKind {
    /// `vendorId` only.
    Vendor,
    /// `vendorId` and `invoiceId`.
    Invoice,
}

/// The subject of vendor events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VendorSubject {
    /// The vendor.
    pub vendor_id: VendorId,
}

/// The subject of invoice events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InvoiceSubject {
    /// The seller.
    pub vendor_id: VendorId,
    /// The invoice.
    pub invoice_id: InvoiceId,
}

impl Subject for VendorSubject {
    const KIND: SubjectKind = SubjectKind::Vendor;
    fn aggregate(&self) -> String {
        self.vendor_id.to_string()
    }
    fn vendor_id(&self) -> VendorId {
        self.vendor_id
    }
    fn partition(&self) -> String {
        keys::vendor(self.vendor_id)
    }
}

impl Subject for InvoiceSubject {
    const KIND: SubjectKind = SubjectKind::Invoice;
    fn aggregate(&self) -> String {
        self.invoice_id.to_string()
    }
    fn vendor_id(&self) -> VendorId {
        self.vendor_id
    }
    fn partition(&self) -> String {
        keys::invoice(self.invoice_id)
    }
}

/// An event of the contract. Implemented by the `events!` declaration only.
pub trait Event:
    Clone + std::fmt::Debug + Serialize + DeserializeOwned + JsonSchema + Send + Sync + 'static
{
    /// What it is about.
    type Subject: Subject;
    /// Name, version and schema as data.
    const SPEC: EventSpec;
}

/// An event as data, for whoever enumerates the graph.
#[derive(Debug, Clone, Copy)]
pub struct EventSpec {
    /// The event's name: `detail-type` exactly.
    pub name: &'static str,
    /// Schema version, from 1.
    pub version: u32,
    /// What it is about.
    pub subject: SubjectKind,
    /// One sentence for people.
    pub meaning: &'static str,
    /// JSON Schema of `detail` (draft 2020-12).
    pub schema: fn() -> serde_json::Value,
}

impl PartialEq for EventSpec {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.version == other.version
    }
}

impl Eq for EventSpec {}

/// The schema of an event's whole `detail`: metadata and data.
#[must_use]
pub fn schema_of<E: Event>() -> serde_json::Value {
    schemars::schema_for!(Detail<E>).to_value()
}

/// Declares the events once: the payload types, the trait impls and the catalogue.
macro_rules! events {
    ($($(#[doc = $doc:literal])+ $name:ident($subject:ty) v $version:literal { $($(#[$fmeta:meta])* $field:ident : $type:ty),* $(,)? })+) => {
        $(
            $(#[doc = $doc])+
            #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
            #[serde(rename_all = "camelCase")]
            pub struct $name { $($(#[$fmeta])* pub $field: $type),* }

            impl $crate::Event for $name {
                type Subject = $subject;
                const SPEC: $crate::EventSpec = $crate::EventSpec {
                    name: stringify!($name),
                    version: $version,
                    subject: <$subject as $crate::Subject>::KIND,
                    meaning: concat!($($doc),+),
                    schema: $crate::catalog::schema_of::<$name>,
                };
            }
        )+

        /// Every event of the contract, in the order of the lifecycle.
        pub const ALL_EVENTS: &[$crate::EventSpec] = &[$(<$name as $crate::Event>::SPEC),+];
    };
}
pub(crate) use events;
