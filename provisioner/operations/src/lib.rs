//! Operates a deployed environment: judges and submits documents, registers vendors, sends events, follows invoices,
//! puts dead letters back, replays the archive.
//!
//! Decisions, waiting and rendering live here, above small ports ([`PortalApi`], [`InvoiceItems`], [`Bus`], [`Pace`]); the
//! `aws` feature adds their adapters. Nothing here reads files, arguments or the environment, or prints: the program does.

mod asked;
mod attempts;
#[cfg(feature = "aws")]
pub mod aws;
mod decide;
mod deployed;
mod endpoints;
mod event;
mod failure;
#[cfg(test)]
mod fakes;
mod follow;
mod portal;
mod ports;
mod recognise;
pub mod redrive;
mod render;
pub mod replay;
mod send;
#[cfg(test)]
mod tests;
mod timeline;
mod trails;
mod validate;
mod vendor;

pub use decide::{Decided, Decision, Wanted, decide};
pub use deployed::{Bucket, Deployed, Queue, Target, UnreadableTemplate};
pub use endpoints::{Endpoints, MissingOutput};
pub use event::EventEntry;
pub use failure::{Failure, Place};
pub use follow::{Follow, Presence, follow, trace};
pub use ports::{
    ApiRequest, ApiResponse, Bus, BusAnswer, InvoiceItems, Method, NoAnswer, Pace, PortalApi,
    ServiceError, Trouble,
};
pub use recognise::{Kind, Submission, recognise};
pub use render::{Palette, TimelineLines, timeline_text, validation_text};
pub use send::{Progress, SendOptions, Sent, send};
pub use timeline::{Entry, EntryKind, PaymentLine, Trace, ViolationLine, timeline};
pub use trails::{AuditLine, LedgerLine, Trails};
pub use validate::{BrokenRule, Severity, Validation, validate};
