//! What the handlers and the stack agree on: events, handler specs, tables, event patterns, records.
//!
//! Pure data. Nothing here performs IO, reads a clock or knows AWS; the stack derives infrastructure from it and the
//! handlers are held to it by the compiler.

mod approvals;
pub mod audit;
mod catalog;
pub mod envelope;
pub mod events;
pub mod handlers;
pub mod ids;
pub mod items;
pub mod lifecycle;
pub mod metrics;
pub mod money;
pub mod needs;
pub mod pattern;
pub mod policy;
pub mod records;
pub mod tables;
pub mod tasks;
pub mod wiring;

pub use catalog::{Event, EventSpec, InvoiceSubject, Subject, SubjectKind, VendorSubject};
pub use envelope::{Detail, Metadata};
pub use handlers::{
    ALL_HANDLERS, Emits, Handler, HandlerSpec, Inputs, Needs, Performs, Replays, Work,
};
pub use ids::{CorrelationId, EventId, InvoiceId, VendorId};
pub use lifecycle::State;
pub use money::{Amount, Currency};
pub use tasks::{Task, TaskSpec};
