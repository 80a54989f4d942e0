//! The Lambda runtime: what a function's `main` starts.

pub(crate) mod api;
pub(crate) mod consumer;
pub(crate) mod delivery;
pub(crate) mod envelope;
pub(crate) mod logs;
pub(crate) mod metrics;
