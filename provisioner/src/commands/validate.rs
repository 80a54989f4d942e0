//! `validate FILE`: judges an invoice document against the business rules, offline.

use crate::cli::FileArgs;
use crate::context::Context;
use crate::exit::{Exit, Failure};

/// Exit 0: no rule broken; 2: some; 3: unreadable.
pub fn run(_context: &Context, _args: &FileArgs) -> Result<Exit, Failure> {
    Err(Failure::refused("todo", "next"))
}
