//! What decisions need from the world, as traits, with in-memory adapters for tests and simulation.
//!
//! One trait a need: a world implements it for a handler only if the handler declares that need. Nothing here knows AWS.

pub mod api;
mod arrival;
mod change;
mod error;
pub mod idempotency;
mod instruction;
pub mod memory;
mod payments;
mod step;
mod world;

pub use arrival::{decide_again, reached};
pub use change::{
    Announced, Completes, Draft, InvoiceChange, VendorChange, invoice_subject, vendor_subject,
};
pub use error::{Fault, PortError};
pub use instruction::{Instruction, Payer, instruction};
pub use payments::{PaymentOrder, ProviderAnswer, may_follow};
pub use step::{IllegalStep, Occasion, begin, silent_step, step};
pub use world::{
    Answer, Clock, Notice, NoticeOutcome, PayVendors, Policies, ReadInvoiceDocuments, ReadInvoices,
    ReadRegistrations, ReadVendors, SendNotices, Stored, WriteInvoiceDocuments, WriteInvoices,
    WriteRegistrations, WriteVendors,
};
