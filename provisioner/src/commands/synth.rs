//! `synth`: prints the template. It calls nobody and builds nothing.

use crate::cli::Output;
use crate::context::Context;
use crate::exit::{Exit, Failure};
use crate::{synthesis, ui};

/// Prints the template; with `--output json` too, which is what a template is.
pub fn run(context: &Context) -> Result<Exit, Failure> {
    let project = context.project()?;
    let (_, environment) = context.environment(&project)?;
    let synthesised = synthesis::offline(&project, &environment, &context.ui);
    for omitted in &synthesised.omitted {
        context.ui.explain(format!(
            "omitted locally: {} ({}): {}",
            omitted.logical_id, omitted.type_name, omitted.reason
        ));
    }
    let errors = synthesised.has_errors();
    let text = match context.ui.output {
        Output::Json => synthesised.template.minified(),
        _ => synthesised.template.pretty(),
    };
    ui::raw(text.as_bytes())?;
    if errors {
        context.ui.warn(format!(
            "the template has errors: see `provision check --env {}`",
            environment.name
        ));
    }
    Ok(Exit::Done)
}
