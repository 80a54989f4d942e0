//! `send` and `trace`.

use crate::cli::{SendArgs, TraceArgs};
use crate::context::Context;
use crate::exit::{Exit, Failure};

/// Submits a document.
pub async fn send(_context: &Context, _args: &SendArgs) -> Result<Exit, Failure> {
    Err(Failure::refused("todo", "next"))
}

/// Shows a timeline.
pub async fn trace(_context: &Context, _args: &TraceArgs) -> Result<Exit, Failure> {
    Err(Failure::refused("todo", "next"))
}
