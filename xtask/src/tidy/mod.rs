//! `cargo xtask tidy`: the house rules that no lint knows. Looks at the whole workspace and names every violation.
//!
//! Rules are pure functions on text and on the parsed dependency graph; only this file reads anything.

mod edges;
mod handlers;
pub mod sources;

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Failure;
use sources::SourceFile;

/// Folders that hold nothing of ours.
const SKIPPED: [&str; 4] = ["target", ".git", ".provision", "node_modules"];

/// A broken rule: where, and what to do about it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// A file, with its line where there is one, or a crate.
    pub place: String,
    /// What is wrong and what would be right.
    pub message: String,
}

impl Violation {
    fn new(place: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            place: place.into(),
            message: message.into(),
        }
    }
}

/// Checks the workspace.
///
/// # Errors
/// With every violation, or if the workspace can't be read.
pub fn run(root: &Path) -> Result<String, Failure> {
    let graph = edges::Graph::read(
        &cargo(
            root,
            &["metadata", "--format-version", "1", "--locked", "--no-deps"],
        )
        .map_err(Failure::new)?,
        |package| cargo(root, &[&["tree", "-p", package], &edges::TREE[..]].concat()),
    )
    .map_err(Failure::new)?;
    let files = rust_files(root)?;
    let mut violations = edges::judge(&graph);
    violations.extend(sources::judge(&files, &graph));
    violations.extend(handlers::judge(
        &folders(&root.join("handlers"))?,
        &graph,
        &files,
    ));
    violations.sort();
    violations.dedup();
    if violations.is_empty() {
        return Ok(format!(
            "tidy: {} files, {} crates",
            files.len(),
            graph.members().count()
        ));
    }
    let lines: Vec<String> = violations
        .iter()
        .map(|v| format!("{}: {}", v.place, v.message))
        .collect();
    Err(Failure::new(format!(
        "{}\ntidy: {} violations",
        lines.join("\n"),
        violations.len()
    )))
}

fn cargo(root: &Path, arguments: &[&str]) -> Result<String, String> {
    let asked = format!("cargo {}", arguments.join(" "));
    let output = Command::new("cargo")
        .args(arguments)
        .current_dir(root)
        .output()
        .map_err(|e| format!("running {asked}: {e}"))?;
    if !output.status.success() {
        return Err(format!(
            "{asked}: {}",
            String::from_utf8_lossy(&output.stderr)
        ));
    }
    String::from_utf8(output.stdout).map_err(|e| format!("the output of {asked}: {e}"))
}

pub fn rust_files(root: &Path) -> Result<Vec<SourceFile>, Failure> {
    let mut files = Vec::new();
    let mut waiting = vec![root.to_path_buf()];
    while let Some(folder) = waiting.pop() {
        for path in entries(&folder)? {
            let name = path
                .file_name()
                .and_then(|name| name.to_str())
                .unwrap_or_default();
            if path.is_dir() && !SKIPPED.contains(&name) {
                waiting.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = std::fs::read_to_string(&path)
                    .map_err(|e| Failure::new(format!("reading {}: {e}", path.display())))?;
                let relative = path
                    .strip_prefix(root)
                    .unwrap_or(&path)
                    .display()
                    .to_string();
                files.push(SourceFile {
                    path: relative,
                    text,
                });
            }
        }
    }
    files.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(files)
}

fn folders(folder: &Path) -> Result<Vec<String>, Failure> {
    let folders = entries(folder)?.into_iter().filter(|path| path.is_dir());
    let mut names: Vec<String> = folders
        .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
        .collect();
    names.sort();
    Ok(names)
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let failed = |e: std::io::Error| Failure::new(format!("reading {}: {e}", folder.display()));
    std::fs::read_dir(folder)
        .map_err(failed)?
        .map(|entry| entry.map(|entry| entry.path()).map_err(failed))
        .collect()
}
