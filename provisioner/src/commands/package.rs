//! `package`: builds the handlers where something changed, and makes their archives.

use crate::artifacts::{self, Archive};
use crate::context::Context;
use crate::exit::{Exit, Failure};
use std::fmt::Write;

/// Builds and packages.
pub async fn run(context: &Context) -> Result<Exit, Failure> {
    let project = context.project()?;
    let archives = artifacts::build(&project, &context.ui).await?;
    context.ui.result(&archives, || text(&archives))?;
    Ok(Exit::Done)
}

fn text(archives: &[Archive]) -> String {
    let mut text = String::new();
    for archive in archives {
        let _ = writeln!(
            text,
            "{:22} {:>9} bytes  glibc {:6} {}",
            archive.handler,
            archive.bytes,
            archive.glibc.as_deref().unwrap_or("none"),
            &archive.sha256[..12.min(archive.sha256.len())],
        );
    }
    text
}
