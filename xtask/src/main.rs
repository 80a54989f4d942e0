//! Repository chores: `cargo xtask codegen` (resource types), `cargo xtask tidy` (the house rules that no lint
//! knows) and `cargo xtask requirements` (which tests show which requirement).

mod codegen;
mod requirements;
mod tidy;

use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str = "usage: cargo xtask codegen [--check] [--schemas DIR]\n       cargo xtask tidy\n       cargo xtask requirements [--check]";

/// Why a chore failed, for people.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Failure(String);

impl Failure {
    fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = root().and_then(|root| match arguments.split_first() {
        Some((chore, rest)) if chore == "codegen" => codegen::run(&root, rest),
        Some((chore, rest)) if chore == "requirements" => requirements::run(&root, rest),
        Some((chore, [])) if chore == "tidy" => tidy::run(&root),
        _ => Err(Failure::new(USAGE)),
    });
    match done {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("{failure}");
            ExitCode::FAILURE
        }
    }
}

/// The workspace: the nearest folder upward that holds a `Cargo.lock`.
fn root() -> Result<PathBuf, Failure> {
    let here = std::env::current_dir()
        .map_err(|e| Failure::new(format!("the working folder can't be read: {e}")))?;
    let found = here
        .ancestors()
        .find(|folder| folder.join("Cargo.lock").is_file());
    found
        .map(PathBuf::from)
        .ok_or_else(|| Failure::new("no Cargo.lock above the working folder"))
}
