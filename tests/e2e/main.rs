//! End to end: the real program, the real handler binaries, the local cloud with its roles enforced.
//!
//! `make test` builds the program and the handlers first and stops the local cloud afterwards. The tests share one
//! local cloud, apart from the user's (its state is in `target/e2e`): most share the environment `local`; a test that
//! breaks something has an environment, and so an account, of its own.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // a test fails by panicking

mod bad_input;
mod delivery;
mod deployment;
mod drift;
mod environment;
mod ephemeral;
mod expiry;
mod faults;
mod grants;
mod lifecycle;
mod nothing_left;
mod people;
mod scenario;
mod ways_back;
