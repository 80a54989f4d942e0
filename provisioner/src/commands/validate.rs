//! `validate FILE`: judges an invoice document against the business rules. It calls nobody and needs no project.

use super::document;
use crate::cli::FileArgs;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use serde::Serialize;

/// The document of `validate --output json`.
#[derive(Debug, Serialize)]
struct ValidateDocument<'a> {
    profile: &'a str,
    violations: &'a [operations::BrokenRule],
}

/// Exit 0: no rule broken that an invoice is rejected for; 2: some; 3: unreadable.
pub fn run(context: &Context, args: &FileArgs) -> Result<Exit, Failure> {
    let name = args.file.display().to_string();
    let bytes = document::read(&args.file)?;
    let validation =
        operations::validate(&name, &bytes).map_err(|error| document::failure(&error))?;
    let found = ValidateDocument {
        profile: &validation.profile,
        violations: &validation.violations,
    };
    context.ui.result(&found, || {
        operations::validation_text(&name, &validation, document::palette(&context.ui))
    })?;
    Ok(document::exit(validation.exit()))
}
