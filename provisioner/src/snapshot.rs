//! The template as an environment was last seen deployed: a cache for `diff --offline`, never the truth.

use crate::exit::Failure;
use crate::project::Project;
use cfn::{Template, TemplateError};
use serde::{Deserialize, Serialize};
use stack::{Environment, Target};
use std::path::PathBuf;

/// One file a stack: the same environment may be deployed to AWS and locally, or to another account.
fn path(project: &Project, environment: &Environment) -> PathBuf {
    let target = match environment.target {
        Target::Aws => "aws",
        Target::Local => "local",
    };
    project.cache(&environment.name).join(format!(
        "deployed.{target}.{}.{}.json",
        environment.account, environment.region
    ))
}

/// Where a committed template of an environment is.
fn golden(project: &Project, file: &str) -> PathBuf {
    project
        .root()
        .join("stack/tests/golden")
        .join(format!("{file}.template.json"))
}

/// Remembers what is deployed. Failing to is no failure: it is a cache.
#[cfg_attr(not(feature = "aws"), allow(dead_code))]
pub fn remember(project: &Project, environment: &Environment, template: &Template) {
    let file = path(project, environment);
    let text = stack::without_expiry(template).minified();
    if std::fs::read_to_string(&file).is_ok_and(|old| old == text) {
        return;
    }
    let _ = std::fs::create_dir_all(project.cache(&environment.name));
    let fresh = file.with_extension("json.new");
    if std::fs::write(&fresh, text).is_ok() {
        let _ = std::fs::rename(fresh, file);
    }
}

/// Forgets it: there is no stack any more.
#[cfg_attr(not(feature = "aws"), allow(dead_code))]
pub fn forget(project: &Project, environment: &Environment) {
    let file = path(project, environment);
    let _ = std::fs::remove_file(file.with_extension("drift.json"));
    let _ = std::fs::remove_file(file);
}

/// What the last comparison of an environment with reality found, on this machine.
#[derive(Debug, Serialize, Deserialize)]
pub struct Compared {
    /// The stack that it was about: a later one of the same name is another.
    stack: String,
    /// When, RFC 3339.
    pub at: String,
    /// How many differences that count.
    differences: usize,
}

impl Compared {
    /// As CloudFormation's own detection calls it.
    #[cfg_attr(not(feature = "aws"), allow(dead_code))]
    pub fn word(&self) -> &'static str {
        match self.differences {
            0 => "in_sync",
            _ => "drifted",
        }
    }
}

/// Remembers what a comparison with reality found, for `list`. Failing to is no failure.
#[cfg_attr(not(feature = "aws"), allow(dead_code))]
pub fn note_comparison(
    project: &Project,
    environment: &Environment,
    stack_id: &str,
    differences: usize,
) {
    let now = time::OffsetDateTime::now_utc().replace_nanosecond(0);
    let now = now.map(|now| now.format(&time::format_description::well_known::Rfc3339));
    let Ok(Ok(at)) = now else {
        return;
    };
    let compared = Compared {
        stack: stack_id.to_owned(),
        at,
        differences,
    };
    let _ = std::fs::create_dir_all(project.cache(&environment.name));
    let file = path(project, environment).with_extension("drift.json");
    let fresh = file.with_extension("json.new");
    if let Ok(text) = serde_json::to_string(&compared)
        && std::fs::write(&fresh, text).is_ok()
    {
        let _ = std::fs::rename(fresh, file);
    }
}

/// What the last comparison of this very stack found, if one was made on this machine.
#[cfg_attr(not(feature = "aws"), allow(dead_code))]
pub fn compared(project: &Project, environment: &Environment, stack_id: &str) -> Option<Compared> {
    let file = path(project, environment).with_extension("drift.json");
    let text = std::fs::read_to_string(file).ok()?;
    let compared: Compared = serde_json::from_str(&text).ok()?;
    (compared.stack == stack_id).then_some(compared)
}

/// What an offline comparison starts from.
pub enum Known {
    /// The snapshot, and its file.
    Snapshot(Template, String),
    /// The committed template, and its file.
    Golden(Template, String),
}

/// Whether an environment is deployed where its own file says, or elsewhere by `--target`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement {
    /// Where its file says, which is what the committed template is for.
    AsCommitted,
    /// Elsewhere: the committed template is another one.
    Elsewhere,
}

/// The snapshot, else the committed template of the environment's file, where that is for the same target.
///
/// # Errors
/// When there is neither, or it can't be read; exit 3.
pub fn known(
    project: &Project,
    environment: &Environment,
    file: &str,
    placement: Placement,
) -> Result<Known, Failure> {
    let snapshot = path(project, environment);
    if let Ok(text) = std::fs::read_to_string(&snapshot) {
        let name = project.relative(&snapshot);
        return Ok(Known::Snapshot(read(&name, &text)?, name));
    }
    let golden = golden(project, file);
    let name = project.relative(&golden);
    match std::fs::read_to_string(&golden) {
        Ok(text) if placement == Placement::AsCommitted => {
            Ok(Known::Golden(read(&name, &text)?, name))
        }
        found => {
            let elsewhere = match found {
                Ok(_) => format!("; {name} is for another target"),
                Err(_) => String::new(),
            };
            Err(Failure::refused(
                "diff.no-baseline",
                format!(
                    "nothing is known here of what {} has deployed{elsewhere}",
                    environment.name
                ),
            )
            .on(environment.name.as_str())
            .help("Run `provision diff` or `up` once without --offline, which remembers it."))
        }
    }
}

fn read(name: &str, text: &str) -> Result<Template, Failure> {
    Template::parse(text).map_err(|error: TemplateError| {
        Failure::refused("diff.baseline", format!("{name} can't be read: {error}"))
            .on(name)
            .help("Delete that file; the next `up` or `diff` writes it anew.")
    })
}
