//! From an environment to its template, with the archives that there are. No network, no build.

use crate::artifacts::{self, Archive};
#[cfg(feature = "aws")]
use crate::environment::life;
use crate::exit::Failure;
use crate::project::Project;
use crate::ui::Ui;
use stack::{Artifacts, Environment, Graph, Synthesised};
#[cfg(feature = "aws")]
use std::collections::BTreeMap;

/// The template from the last package record, else with placeholders and a warning.
pub fn offline(project: &Project, environment: &Environment, ui: &Ui) -> Synthesised {
    let artifacts = match artifacts::recorded(project) {
        Some(archives) => artifacts::published(environment, &archives),
        None => {
            ui.warn("the handlers were never packaged here: the template has placeholder keys (`provision package` makes real ones)");
            return with_placeholders(environment);
        }
    };
    stack::synth(environment, &artifacts, &Graph::declared())
}

/// The template with placeholders for the archives, as it is committed.
pub fn with_placeholders(environment: &Environment) -> Synthesised {
    let artifacts = Artifacts::placeholder(&environment.account, &environment.region);
    stack::synth(environment, &artifacts, &Graph::declared())
}

/// The template for these archives.
#[cfg_attr(not(feature = "aws"), allow(dead_code))]
pub fn with(environment: &Environment, archives: &[Archive]) -> Synthesised {
    let artifacts = artifacts::published(environment, archives);
    stack::synth(environment, &artifacts, &Graph::declared())
}

/// Refuses to go on with a template that has errors.
///
/// # Errors
/// The errors; exit 3.
#[cfg_attr(not(feature = "aws"), allow(dead_code))]
pub fn accepted(synthesised: &Synthesised, environment: &str) -> Result<(), Failure> {
    let errors: Vec<String> = synthesised
        .findings
        .iter()
        .filter(|finding| finding.severity == cfn::Severity::Error)
        .map(|finding| {
            format!(
                "{} {}: {}",
                finding.code,
                finding.logical_id.as_deref().unwrap_or("template"),
                finding.message
            )
        })
        .collect();
    match errors.as_slice() {
        [] => Ok(()),
        [first, ..] => Err(Failure::refused(
            "template.invalid",
            format!(
                "the template of {environment} has {} errors; first: {first}",
                errors.len()
            ),
        )
        .on(environment)
        .help(format!(
            "Nothing was written. See all with `provision check --env {environment}`."
        ))),
    }
}

/// The tags of an environment's stack: the file's own, and what says whose it is.
#[cfg(feature = "aws")]
pub fn stack_tags(environment: &Environment) -> BTreeMap<String, String> {
    let mut tags = environment.tags.clone();
    tags.insert(life::NAME.to_owned(), environment.name.clone());
    tags.insert(life::MANAGED.to_owned(), "true".to_owned());
    tags
}
