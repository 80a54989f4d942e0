//! `check`: every static check on one or all environments. It calls nobody and builds nothing.

use crate::context::Context;
use crate::environment::{self, Selection};
use crate::exit::{Exit, Failure};
use crate::synthesis;
use cfn::Severity;
use serde::Serialize;
use stack::Finding;
use std::fmt::Write;

/// The document of one environment.
#[derive(Debug, Serialize)]
struct Checked {
    environment: String,
    errors: Vec<Finding>,
    warnings: Vec<Finding>,
}

/// Checks the selected environment, else all. Exit 1 if there are errors.
pub fn run(context: &Context) -> Result<Exit, Failure> {
    let project = context.project()?;
    let selections = match &context.global.env {
        Some(_) => vec![Selection::from_flags(&context.global)?],
        None => environment::names(&project)
            .into_iter()
            .map(|file| Selection {
                file,
                name: None,
                ttl_seconds: None,
                target: context.global.target,
                profile: None,
            })
            .collect(),
    };
    let mut all = Vec::new();
    for selection in &selections {
        let environment = environment::load(&project, selection)?;
        let quiet = crate::ui::Ui {
            voice: crate::ui::Voice::Quiet,
            ..context.ui
        };
        let findings = synthesis::offline(&project, &environment, &quiet).findings;
        let (errors, rest): (Vec<_>, Vec<_>) = findings
            .into_iter()
            .partition(|finding| finding.severity == Severity::Error);
        all.push(Checked {
            environment: environment.name,
            errors,
            warnings: rest
                .into_iter()
                .filter(|finding| finding.severity == Severity::Warning)
                .collect(),
        });
    }
    let errors = all.iter().any(|checked| !checked.errors.is_empty());
    let text = || all.iter().map(text).collect::<String>();
    match (&context.global.env, all.first()) {
        (Some(_), Some(one)) => context.ui.result(one, text)?,
        _ => context.ui.result(&all, text)?,
    }
    Ok(if errors { Exit::Failed } else { Exit::Done })
}

fn text(checked: &Checked) -> String {
    let mut text = format!(
        "{}: {} errors, {} warnings\n",
        checked.environment,
        checked.errors.len(),
        checked.warnings.len()
    );
    for finding in checked.errors.iter().chain(&checked.warnings) {
        let mark = if finding.severity == Severity::Error {
            '✗'
        } else {
            '!'
        };
        let source = finding
            .source
            .map(|source| format!("  {source}"))
            .unwrap_or_default();
        let _ = writeln!(
            text,
            "  {mark} {} {}: {}{source}",
            finding.code,
            finding.logical_id.as_deref().unwrap_or("template"),
            finding.message
        );
    }
    text
}
