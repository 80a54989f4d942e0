//! Sending, following and judging against an environment in memory.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // tests

mod deciding;
mod following;
mod judging;
mod ordering;
mod sending;
mod stories;
mod tracing;
