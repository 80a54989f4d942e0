//! AWS adapters and the Lambda runtime: the only handler code that knows AWS.
//!
//! A function's `main` names its handler and its decisions; the kit does the rest. For every event: decode the envelope of
//! whatever route brought it, claim it, run the decision in a [`World`] that grants what the handler declares, publish what
//! was committed, mark it, and acknowledge last. Tasks of the state machine, ticks of the clock and changes of tables go the
//! same way without a claim: their decisions are idempotent by versions. Decisions are not here.

mod announce;
mod clients;
#[cfg(feature = "decisions")]
mod decisions;
#[cfg(feature = "documents")]
mod documents;
#[cfg(feature = "notices")]
mod notices;
#[cfg(feature = "documents")]
mod provider;
mod publisher;
mod runtime;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)] // tests
mod scripted;
mod settings;
mod staff;
mod store;
mod world;

pub use runtime::api::Api;
pub use runtime::consumer::Consumer;
pub use settings::{Settings, SettingsError};
pub use store::TableClaims;
pub use world::World;

/// Why a function could not start or had to stop.
pub type Error = lambda_runtime::Error;
