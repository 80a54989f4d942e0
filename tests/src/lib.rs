//! What the end-to-end tests and the benchmarks share: running the real program, and looking at the local cloud from
//! outside with clients of its own. Asserts nothing itself.

mod cloud;
mod program;

pub use cloud::{Clients, account_of};
pub use program::{Program, Run};

/// What goes wrong in a test's own machinery; a test shows it and fails.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
