//! The Lambda runtime: what a function's `main` starts.

pub(crate) mod api;
pub(crate) mod consumer;
pub(crate) mod delivery;
pub(crate) mod direct;
pub(crate) mod envelope;
pub(crate) mod invocation;
pub(crate) mod logs;
pub(crate) mod metrics;
pub(crate) mod stream;
pub(crate) mod work;
