//! From the sources of handlers and reaper to archives that Lambda takes: built by one cargo command, checked, zipped
//! reproducibly.
//!
//! It knows no AWS and publishes nothing. The same sources, toolchain and C compiler give the same bytes, whatever the
//! project's folder and CARGO_HOME are called. Nothing is built when nothing changed: [`package`] compares a record of
//! what the archives were made from (see [`fingerprint`]) before it calls cargo.

mod archive;
mod cargo;
mod depfile;
mod elf;
mod error;
mod fingerprint;
mod seen;
mod target;
mod toolchain;

use fingerprint::{Record, Verdict};
use seen::{Seen, Stamp};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use toolchain::Toolchain;

pub use error::PackagingError;
pub use target::{Architecture, Builder, PackageOptions};

/// Receives progress, one line of text for people a call.
pub type Progress<'a> = &'a mut (dyn FnMut(&str) + Send);

/// The function that deletes ephemeral environments: no handler, and packaged like one.
pub const REAPER: &str = "reaper";

/// A handler's archive: the JSON of `provision package`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Archive {
    /// The handler's name, e.g. `invoice-validation`; or [`REAPER`].
    pub handler: String,
    /// The zip file, absolute.
    pub path: PathBuf,
    /// The zip file's SHA-256 in lower-case hexadecimal digits.
    pub sha256: String,
    /// The zip file's size in bytes.
    pub bytes: u64,
    /// The newest glibc that the binary needs, e.g. `2.34`; absent when it needs none.
    pub glibc: Option<String>,
}

/// Builds and archives every handler of [`contracts::ALL_HANDLERS`], in that order, and the reaper, into `target/handlers/`.
///
/// Where nothing changed since the last call it answers from the record, without cargo and without a word of progress.
///
/// # Errors
/// When cargo is missing or fails, when a binary would not run in Lambda, and when a file can't be read or written.
pub async fn package(
    project_root: &Path,
    options: &PackageOptions,
    progress: Progress<'_>,
) -> Result<Vec<Archive>, PackagingError> {
    let handlers: Vec<&str> = contracts::ALL_HANDLERS
        .iter()
        .map(|handler| handler.name)
        .chain([REAPER])
        .collect();
    let project = project_root
        .canonicalize()
        .map_err(|source| PackagingError::io("find the project folder", project_root, source))?;
    let plan = cargo::Plan::new(&project, &handlers, options);
    let last = Record::read(&project);
    let toolchain = Toolchain::of(&project, last.as_ref().map(|last| &last.toolchain)).await?;
    let reason = match fingerprint::compare(&project, last.as_ref(), &plan, &toolchain)? {
        Verdict::Fresh(archives) => return Ok(archives),
        Verdict::Stale(reason) => reason,
    };
    progress(&format!("building {} handlers: {reason}", handlers.len()));
    let stamp = Stamp::now(&plan.target_folder())?;
    plan.run(progress).await?;
    let packaged = archive_all(&project, &plan, last.as_ref(), progress)?;
    let record = fingerprint::record(&project, &plan, toolchain, packaged, &stamp)?;
    record.write(&project)?;
    Ok(record.archives(&project))
}

/// What the last [`package`] made, without a look at whether it is still up to date; `None` before the first.
#[must_use]
pub fn recorded(project_root: &Path) -> Option<Vec<Archive>> {
    let project = project_root.canonicalize().ok()?;
    Record::read(&project).map(|record| record.archives(&project))
}

fn archive_all(
    project: &Path,
    plan: &cargo::Plan,
    last: Option<&Record>,
    progress: Progress<'_>,
) -> Result<Vec<fingerprint::Packaged>, PackagingError> {
    let mut all = Vec::new();
    for handler in plan.handlers() {
        let binary = plan.binary(handler);
        if let Some(same) = last.and_then(|last| last.reusable(project, handler, &binary)) {
            all.push(same);
            continue;
        }
        let bytes = std::fs::read(&binary)
            .map_err(|source| PackagingError::io("read the built handler", &binary, source))?;
        let glibc = elf::check(handler, &bytes, plan.architecture())?;
        let written = archive::write(&plan.archive(handler), &bytes)?;
        progress(&format!(
            "packaged {handler}: {:.1} MB",
            written.bytes as f64 / 1_000_000.0
        ));
        all.push(fingerprint::Packaged {
            handler: handler.clone(),
            binary: Seen::of(&binary)?,
            archive: Seen::of(&plan.archive(handler))?,
            sha256: written.sha256,
            glibc,
        });
    }
    Ok(all)
}
