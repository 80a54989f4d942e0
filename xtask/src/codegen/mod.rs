//! `cargo xtask codegen`: writes `stack/cfn/src/generated` from the resource schemas that cfn-lint carries.
//!
//! Goes through cfn-lint's index of a region (type to schema file) and fails on whatever it doesn't know. The schemas
//! and their descriptions are not copied into the project.

mod config;
mod emit;
mod keywords;
mod model;
mod names;
mod read;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::Failure;
use config::Config;

const TARGET: &str = "stack/cfn/src/generated";
const CONFIG: &str = "stack/cfn/codegen.toml";
const VENV: &str = "target/tools/cfn-lint";

/// Runs the generator. `--schemas DIR` names the folder `cfnlint/data/schemas`; `--check` compares instead of writing.
///
/// # Errors
/// If a schema can't be found or read, or if `--check` finds a difference.
pub fn run(root: &Path, arguments: &[String]) -> Result<String, Failure> {
    let (mut check, mut schemas) = (false, None);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.as_str() {
            "--check" => check = true,
            "--schemas" => {
                schemas = Some(
                    rest.next()
                        .map(PathBuf::from)
                        .ok_or_else(|| Failure::new("--schemas wants a folder"))?,
                );
            }
            other => {
                return Err(Failure::new(format!(
                    "unknown argument {other}; codegen takes --check and --schemas DIR"
                )));
            }
        }
    }
    let config = read_config(root)?;
    let schemas = schemas.map_or_else(|| installed(root), Ok)?;
    judge_version(&schemas, &config.cfn_lint)?;
    let wanted = generate(&config, &schemas)?;
    let target = root.join(TARGET);
    if check {
        compare(&target, &wanted)
    } else {
        write(&target, &wanted)
    }
}

fn read_config(root: &Path) -> Result<Config, Failure> {
    let path = root.join(CONFIG);
    let text = std::fs::read_to_string(&path)
        .map_err(|e| Failure::new(format!("reading {}: {e}", path.display())))?;
    toml::from_str(&text).map_err(|e| Failure::new(format!("{CONFIG}: {e}")))
}

/// `cfnlint/data/schemas` in the virtual environment that `make` keeps.
fn installed(root: &Path) -> Result<PathBuf, Failure> {
    let lib = root.join(VENV).join("lib");
    let pythons = std::fs::read_dir(&lib).ok().into_iter().flatten().flatten();
    pythons
        .map(|python| python.path().join("site-packages/cfnlint/data/schemas"))
        .find(|schemas| schemas.is_dir())
        .ok_or_else(|| {
            Failure::new(format!(
                "no cfn-lint under {}: run `make codegen`, or name its schemas by --schemas DIR",
                lib.display()
            ))
        })
}

/// Another cfn-lint carries other schemas, and the result would differ without anybody having changed anything.
fn judge_version(schemas: &Path, version: &str) -> Result<(), Failure> {
    let packages = schemas.ancestors().nth(3).unwrap_or(schemas);
    let pinned = packages.join(format!("cfn_lint-{version}.dist-info"));
    if pinned.is_dir() {
        return Ok(());
    }
    Err(Failure::new(format!(
        "cfn-lint {version} is pinned in {CONFIG}, but {} isn't there",
        pinned.display()
    )))
}

fn generate(config: &Config, schemas: &Path) -> Result<BTreeMap<String, String>, Failure> {
    let index = read_json(
        &schemas
            .join("providers")
            .join(format!("{}.json", config.region)),
    )?;
    let mut models = Vec::new();
    for wanted in &config.types {
        let file = index[&wanted.name].as_str().ok_or_else(|| {
            Failure::new(format!(
                "cfn-lint's index of {} has no {}",
                config.region, wanted.name
            ))
        })?;
        let schema = read_json(&schemas.join("resources").join(format!("{file}.json")))?;
        models.push(read::read(wanted, &schema).map_err(|e| Failure::new(e.to_string()))?);
    }
    emit::files(&models)
        .into_iter()
        .map(|(name, text)| Ok((name, formatted(&text)?)))
        .collect()
}

fn read_json(path: &Path) -> Result<Value, Failure> {
    let text = std::fs::read_to_string(path)
        .map_err(|e| Failure::new(format!("reading {}: {e}", path.display())))?;
    serde_json::from_str(&text).map_err(|e| Failure::new(format!("{}: {e}", path.display())))
}

fn formatted(text: &str) -> Result<String, Failure> {
    let failed = |e: std::io::Error| Failure::new(format!("running rustfmt: {e}"));
    let mut rustfmt = Command::new("rustfmt")
        .args(["--edition", "2024"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let mut input = rustfmt
        .stdin
        .take()
        .ok_or_else(|| Failure::new("rustfmt takes no input"))?;
    let text = text.to_owned();
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = rustfmt.wait_with_output().map_err(failed)?;
    let written = writer
        .join()
        .map_err(|_| Failure::new("feeding rustfmt failed"))?;
    written.map_err(failed)?;
    if !output.status.success() {
        return Err(Failure::new("rustfmt refuses the generated code"));
    }
    String::from_utf8(output.stdout).map_err(|e| Failure::new(format!("rustfmt's output: {e}")))
}

fn existing(target: &Path) -> BTreeMap<String, String> {
    let entries = std::fs::read_dir(target)
        .ok()
        .into_iter()
        .flatten()
        .flatten();
    entries
        .filter_map(|entry| {
            Some((
                entry.file_name().into_string().ok()?,
                std::fs::read_to_string(entry.path()).ok()?,
            ))
        })
        .collect()
}

fn compare(target: &Path, wanted: &BTreeMap<String, String>) -> Result<String, Failure> {
    let there = existing(target);
    let mut names: Vec<&String> = wanted.keys().chain(there.keys()).collect();
    names.sort();
    names.dedup();
    names.retain(|name| wanted.get(*name) != there.get(*name));
    if names.is_empty() {
        return Ok(format!(
            "{TARGET} is what codegen writes ({} files)",
            wanted.len()
        ));
    }
    let list: Vec<String> = names
        .iter()
        .map(|name| format!("{TARGET}/{name}"))
        .collect();
    Err(Failure::new(format!(
        "not what codegen writes: {}; run `cargo xtask codegen`",
        list.join(", ")
    )))
}

fn write(target: &Path, wanted: &BTreeMap<String, String>) -> Result<String, Failure> {
    let failed = |e: std::io::Error| Failure::new(format!("writing {}: {e}", target.display()));
    std::fs::create_dir_all(target).map_err(failed)?;
    let there = existing(target);
    for name in there.keys().filter(|name| !wanted.contains_key(*name)) {
        std::fs::remove_file(target.join(name)).map_err(failed)?;
    }
    let mut written = 0;
    for (name, text) in wanted
        .iter()
        .filter(|(name, text)| there.get(*name) != Some(text))
    {
        std::fs::write(target.join(name), text).map_err(failed)?;
        written += 1;
    }
    Ok(format!(
        "{written} of {} files written to {TARGET}",
        wanted.len()
    ))
}
