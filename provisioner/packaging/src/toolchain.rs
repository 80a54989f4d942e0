//! Which compilers a build would use.

use crate::PackagingError;
use crate::cargo::in_clean_environment;
use crate::seen::Seen;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::Path;

/// The compilers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Toolchain {
    /// What must stay the same for the answer to be believed without asking again; absent where nothing vouches for it.
    pub(crate) key: Option<String>,
    /// What `rustc -vV` says.
    pub(crate) version: String,
    /// What `cc --version` says, for the C in dependencies; empty where there is none.
    pub(crate) c_compiler: String,
}

impl Toolchain {
    /// The compilers that a build would use now. Asking them costs 20 ms: where the project pins an exact version and the
    /// programs `rustc` and `cc` are the same files as before, the last answer stands.
    pub(crate) async fn of(project: &Path, last: Option<&Self>) -> Result<Self, PackagingError> {
        let key = key(project);
        if let Some(last) = last
            && key.is_some()
            && last.key == key
        {
            return Ok(last.clone());
        }
        let failed = |source| PackagingError::NoToolchain {
            program: "rustc",
            source,
        };
        let mut command = tokio::process::Command::new("rustc");
        in_clean_environment(&mut command, project);
        let output = command.arg("-vV").output().await.map_err(failed)?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(failed(io::Error::other(said)));
        }
        Ok(Self {
            key,
            version: String::from_utf8_lossy(&output.stdout).into_owned(),
            c_compiler: c_compiler(project).await,
        })
    }
}

/// A missing C compiler is no fault here: cargo says so itself where it needs one.
async fn c_compiler(project: &Path) -> String {
    let mut command = tokio::process::Command::new("cc");
    in_clean_environment(&mut command, project);
    match command.arg("--version").output().await {
        Ok(output) => String::from_utf8_lossy(&output.stdout).into_owned(),
        Err(_) => String::new(),
    }
}

fn key(project: &Path) -> Option<String> {
    let pinned = std::fs::read_to_string(project.join("rust-toolchain.toml")).ok()?;
    let is_exact = pinned.lines().any(|line| {
        line.split_once('=').is_some_and(|(name, value)| {
            name.trim() == "channel" && value.trim().trim_matches('"').split('.').count() == 3
        })
    });
    let rustc = program("rustc")?;
    let cc = program("cc").unwrap_or_default();
    is_exact.then(|| format!("{pinned}\n{rustc}\n{cc}"))
}

/// The file that a program's name stands for, as the file system describes it.
fn program(name: &str) -> Option<String> {
    let path = std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(name))
        .find(|program| program.is_file())?;
    let seen = serde_json::to_string(&Seen::find(&path).ok()??).ok()?;
    Some(format!("{}\n{seen}", path.display()))
}
