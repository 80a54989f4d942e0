//! What decisions need from the world, as traits, with in-memory adapters for tests and simulation.
//!
//! One trait a need: a world implements it for a handler only if the handler declares that need. Nothing here knows AWS.

mod change;
mod error;
pub mod memory;
mod payments;
mod world;

pub use change::{Announced, Draft, InvoiceChange, VendorChange, invoice_subject, vendor_subject};
pub use error::{Fault, PortError};
pub use payments::{PaymentOrder, ProviderAnswer};
pub use world::{
    Answer, Clock, Notice, NoticeOutcome, PayVendors, Policies, ReadInvoiceDocuments, ReadInvoices,
    ReadRegistrations, ReadVendors, SendNotices, Stored, WriteInvoiceDocuments, WriteInvoices,
    WriteRegistrations, WriteVendors,
};
