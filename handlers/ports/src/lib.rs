//! What decisions need from the world, as traits, with in-memory adapters for tests and simulation.
//!
//! One trait a need: a world implements it for a handler only if the handler declares that need. Nothing here knows AWS.
//!
//! A handler's `handle` loads, decides with a pure function and commits, inside [`decide_again`]. Its changes come from
//! [`begin`], [`step`] and [`silent_step`], which refuse what the lifecycle table doesn't have. Each commit says what it means
//! for the consumer's claim: [`Completes::Claim`] ends the event's work (a handler that returns `Ok` without a commit ended
//! it too, and the runtime completes the claim), [`Completes::Nothing`] leaves the claim in progress.

mod accounts;
pub mod api;
mod arrival;
mod change;
mod error;
pub mod idempotency;
mod instruction;
pub mod memory;
mod payments;
mod people;
mod step;
mod stream;
mod sweep;
mod together;
mod trail;
mod world;

pub use accounts::iban_check;
pub use arrival::{decide_again, reached};
pub use change::{
    Announced, Completes, Draft, InvoiceChange, Replaced, VendorChange, invoice_subject,
    vendor_subject,
};
pub use error::{Fault, PortError};
pub use instruction::{Instruction, Payer, instruction};
pub use payments::{PaymentOrder, ProviderAnswer, SUCCESSION, may_follow};
pub use people::{
    AnswerTasks, Answered, ClaimVendors, OpenTokens, ReadApprovals, Seal, SealTokens, Staff,
    StartDecisions, WriteApprovals,
};
pub use step::{IllegalStep, Occasion, announce_beside, begin, silent_step, step};
pub use stream::TableChange;
pub use sweep::{
    AnnounceOnce, Cursor, Page, ReadResting, ReadUnpublished, Republish, Resting, Unsent,
};
pub use together::together;
pub use trail::{AppendAudit, AppendLedger};
pub use world::{
    Answer, Clock, Notice, NoticeOutcome, PayVendors, Policies, ReadInvoiceDocuments, ReadInvoices,
    ReadRegistrations, ReadVendors, SendNotices, Stored, WriteInvoiceDocuments, WriteInvoices,
    WriteRegistrations, WriteVendors,
};
