//! The template as an environment was last seen deployed: a cache for `diff --offline`, never the truth.

use crate::exit::Failure;
use crate::project::Project;
use cfn::{Template, TemplateError};
use std::path::PathBuf;

fn path(project: &Project, environment: &str) -> PathBuf {
    project.cache(environment).join("deployed.json")
}

/// Where a committed template of an environment is.
fn golden(project: &Project, environment: &str) -> PathBuf {
    project
        .root()
        .join("stack/tests/golden")
        .join(format!("{environment}.template.json"))
}

/// Remembers what is deployed. Failing to is no failure: it is a cache.
#[cfg_attr(not(feature = "aws"), allow(dead_code))]
pub fn remember(project: &Project, environment: &str, template: &Template) {
    let file = path(project, environment);
    let text = template.minified();
    if std::fs::read_to_string(&file).is_ok_and(|old| old == text) {
        return;
    }
    let _ = std::fs::create_dir_all(project.cache(environment));
    let fresh = file.with_extension("json.new");
    if std::fs::write(&fresh, text).is_ok() {
        let _ = std::fs::rename(fresh, file);
    }
}

/// Forgets it: there is no stack any more.
#[cfg_attr(not(feature = "aws"), allow(dead_code))]
pub fn forget(project: &Project, environment: &str) {
    let _ = std::fs::remove_file(path(project, environment));
}

/// What an offline comparison starts from.
pub enum Known {
    /// The snapshot, and its file.
    Snapshot(Template, String),
    /// The committed template, and its file.
    Golden(Template, String),
}

/// The snapshot, else the committed template.
///
/// # Errors
/// When there is neither, or it can't be read; exit 3.
pub fn known(project: &Project, environment: &str, file: &str) -> Result<Known, Failure> {
    let snapshot = path(project, environment);
    if let Ok(text) = std::fs::read_to_string(&snapshot) {
        let name = project.relative(&snapshot);
        return Ok(Known::Snapshot(read(&name, &text)?, name));
    }
    let golden = golden(project, file);
    let name = project.relative(&golden);
    match std::fs::read_to_string(&golden) {
        Ok(text) => Ok(Known::Golden(read(&name, &text)?, name)),
        Err(_) => Err(Failure::refused(
            "diff.no-baseline",
            format!("nothing is known here of what {environment} has deployed"),
        )
        .on(environment)
        .help("Run `provision diff` or `up` once without --offline, which remembers it.")),
    }
}

fn read(name: &str, text: &str) -> Result<Template, Failure> {
    Template::parse(text).map_err(|error: TemplateError| {
        Failure::refused("diff.baseline", format!("{name} can't be read: {error}"))
            .on(name)
            .help("Delete that file; the next `up` or `diff` writes it anew.")
    })
}
