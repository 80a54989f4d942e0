//! Our topology: from the typed event graph, an environment and artifacts to a CloudFormation template. Pure.
//!
//! Lanes are declared once ([`lanes`]), handlers once (`contracts`). Everything else is derived: rules, queues,
//! policies, roles, alarms, checks and views. Nothing here reads a file, a clock or the network.

mod artifacts;
mod bootstrap;
mod capability;
pub mod checks;
mod constructs;
mod environment;
mod graph;
mod ids;
pub mod lanes;
mod machines;
mod numbers;
mod observability;
pub mod schemas;
mod shared;
pub mod surge;
mod synth;
mod topology;
mod views;

pub use artifacts::Artifacts;
pub use bootstrap::{
    BOOTSTRAP_STACK, DELETION_ROLE_VARIABLE, DELETIONS, bootstrap, bootstrap_with_reaper,
};
pub use capability::{Omitted, Parity, REFUSED};
pub use checks::Finding;
pub use constructs::expiry::{expiring, without_expiry};
pub use environment::{Api, Capacity, Environment, Jwt, Kind, Mail, ObjectLock, Retention, Target};
pub use graph::{Graph, Lane, LaneOf, LaneOfEverything, Path, SharedRule};
pub use synth::{Synthesised, synth};
