//! Environment files: from YAML in `environments/` to a validated [`Environment`]. It calls nobody.
//!
//! A fault of shape is reported alone, with its place; faults of meaning all at once, each with its place.

mod codes;
#[cfg(feature = "aws")]
pub mod life;
mod marks;
mod meaning;
mod people;
mod selection;
mod shape;

pub use selection::Selection;

use crate::cli::TargetArg;
use crate::exit::{Failure, Place};
use crate::project::Project;
use marks::Marks;
use stack::{Environment, Kind, Target};

/// Reads and judges the environment that was selected.
///
/// # Errors
/// No such file, or faults in it; exit 3.
pub fn load(project: &Project, selection: &Selection) -> Result<Environment, Failure> {
    let path = project
        .environments()
        .join(format!("{}.yaml", selection.file));
    let file = project.relative(&path);
    let text = std::fs::read_to_string(&path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => unknown(project, &selection.file),
        _ => Failure::refused(
            "environment.unreadable",
            format!("{file} can't be read: {error}"),
        )
        .on(file.as_str()),
    })?;
    let mut environment = parse(&file, &text)?;
    environment.name = match &selection.name {
        None => selection.file.clone(),
        Some(name) if names(project).contains(name) => {
            return Err(Failure::refused(
                "usage.name",
                format!("`{name}` is the name of a file in environments/"),
            )
            .on(name.as_str())
            .help("Choose another --name for the ephemeral environment."));
        }
        Some(name) => name.clone(),
    };
    if selection.is_ephemeral() {
        environment.kind = Kind::Ephemeral;
    }
    if selection.target == Some(TargetArg::Local) {
        environment.target = Target::Local;
    }
    if selection.is_ephemeral() && environment.protected {
        return Err(Failure::refused(
            "environment.protected",
            format!("{file} says protected, and an ephemeral environment goes by itself"),
        )
        .on(file)
        .help("Set `protected: false` there, or make a file of its own for an environment that stays."));
    }
    if let Some(profile) = &selection.profile {
        environment.profile = Some(profile.clone());
    }
    Ok(environment)
}

/// An environment from the text of its file.
///
/// # Errors
/// The first fault of shape, or every fault of meaning.
pub fn parse(file: &str, text: &str) -> Result<Environment, Failure> {
    let marks = Marks::read(text);
    let environment = shape::read(file, text, &marks)?;
    let mut faults: Vec<Failure> = meaning::faults(&environment)
        .into_iter()
        .map(|fault| {
            let range = match fault.path.strip_suffix(']').and_then(|p| p.split_once('[')) {
                Some((list, element)) => marks.element(list, element, text),
                None => marks.value(&fault.path),
            }
            .unwrap_or(0..0);
            Failure::refused(
                "environment.value",
                format!("{}: {}", fault.path, fault.message),
            )
            .on(file)
            .help(fault.hint)
            .at(Place {
                file: file.to_owned(),
                text: text.to_owned(),
                offset: range.start,
                length: range.len(),
                label: fault.message,
            })
        })
        .collect();
    match faults.len() {
        0 => Ok(environment),
        1 => Err(faults.remove(0)),
        count => Err(Failure {
            faults: faults.into(),
            ..Failure::refused(
                "environment.invalid",
                format!("{count} values in {file} are wrong"),
            )
            .on(file)
        }),
    }
}

/// The environments that there are, sorted.
pub fn names(project: &Project) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(project.environments())
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            Some(name.strip_suffix(".yaml")?.to_owned())
        })
        .collect();
    names.sort();
    names
}

fn unknown(project: &Project, name: &str) -> Failure {
    let names = names(project);
    let help = match shape::nearest(name, names.iter().map(String::as_str)) {
        Some(meant) => format!("Did you mean `{meant}`? There are: {}.", names.join(", ")),
        None if names.is_empty() => "environments/ is empty: add NAME.yaml to it.".to_owned(),
        None => format!("There are: {}.", names.join(", ")),
    };
    Failure::refused(
        "environment.unknown",
        format!("there is no environment `{name}`"),
    )
    .on(name)
    .help(help)
}

#[cfg(test)]
mod tests;
