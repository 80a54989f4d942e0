//! Our topology: from the typed event graph, an environment and artifacts to a CloudFormation template. Pure.

mod artifacts;
mod environment;

pub use artifacts::Artifacts;
pub use environment::{Api, Capacity, Environment, Retention, Target};
