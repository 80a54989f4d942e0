//! Installs the pinned emulator into a virtual environment of its own.
//!
//! A marker, written last, holds the hash of the requirements: an interrupted or outdated installation has no fitting
//! marker and is done anew. pip's own settings (index, proxy, certificates) apply; every package is checked against the
//! hash that is committed here.

use crate::error::tail;
use crate::paths::{make_private, remove};
use crate::{LocalCloudError, Paths, Progress, lock, python};
use sha2::{Digest, Sha256};
use std::path::PathBuf;
use std::process::Stdio;
use tokio::process::Command;

/// What is installed, embedded so that the program needs no file beside it.
const REQUIREMENTS: &str = include_str!("../requirements.txt");

/// Installs the emulator where it is not installed yet, else does nothing.
///
/// # Errors
/// [`LocalCloudError::NoPython`], [`LocalCloudError::Install`], [`LocalCloudError::Busy`].
pub async fn install(paths: &Paths, progress: Progress<'_>) -> Result<(), LocalCloudError> {
    if is_complete(paths) {
        return Ok(());
    }
    let _held = lock::hold(paths, progress).await?;
    ensure(paths, progress).await
}

/// The same for a caller that holds the lock.
pub(crate) async fn ensure(paths: &Paths, progress: Progress<'_>) -> Result<(), LocalCloudError> {
    if is_complete(paths) {
        return Ok(());
    }
    let venv = paths.venv();
    let python = python::find().await?;
    progress(&format!(
        "installing the local cloud (MiniStack {}) with {python}: once, about half a minute",
        crate::VERSION
    ));
    remove(&venv)?;
    make_private(&venv)?;
    let mut create = Command::new(python);
    create.args(["-I", "-m", "venv"]).arg(&venv);
    run(paths, "making the virtual environment", create).await?;
    let requirements = venv.join("requirements.txt");
    write(&requirements, REQUIREMENTS)?;
    let mut pip = Command::new(paths.python());
    pip.args([
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--no-input",
        "--quiet",
        "--require-hashes",
        "--requirement",
    ])
    .arg(&requirements);
    run(paths, "installing its packages with pip", pip).await?;
    write(&marker(paths), &fingerprint())?;
    progress("installed the local cloud");
    Ok(())
}

fn is_complete(paths: &Paths) -> bool {
    // `exists` follows links: a virtual environment whose Python was uninstalled is not complete.
    paths.python().exists()
        && std::fs::read_to_string(marker(paths)).is_ok_and(|found| found == fingerprint())
}

fn marker(paths: &Paths) -> PathBuf {
    paths.venv().join("installed")
}

fn fingerprint() -> String {
    use std::fmt::Write;
    Sha256::digest(REQUIREMENTS.as_bytes())
        .iter()
        .fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

fn write(path: &std::path::Path, text: &str) -> Result<(), LocalCloudError> {
    std::fs::write(path, text).map_err(|source| LocalCloudError::io("write", path, source))
}

async fn run(
    paths: &Paths,
    step: &'static str,
    mut command: Command,
) -> Result<(), LocalCloudError> {
    let failed = |reason: String| LocalCloudError::Install {
        path: paths.venv(),
        step,
        reason,
    };
    let output = command
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    let mut said = String::from_utf8_lossy(&output.stderr).into_owned();
    if said.trim().is_empty() {
        said = String::from_utf8_lossy(&output.stdout).into_owned();
    }
    Err(failed(format!("{}\n{}", output.status, tail(&said, 12))))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may")]
    use super::{REQUIREMENTS, fingerprint, is_complete, marker};
    use crate::Paths;

    #[test]
    fn every_requirement_is_pinned_by_version_and_hash() {
        let mut packages = 0;
        for block in REQUIREMENTS
            .split("\n")
            .filter(|line| !line.starts_with([' ', '#']) && !line.is_empty())
        {
            assert!(block.contains("==") && block.ends_with('\\'), "{block}");
            packages += 1;
        }
        assert!(packages >= 18, "{packages}");
        assert!(REQUIREMENTS.contains(&format!("\nministack=={} ", crate::VERSION)));
        assert!(REQUIREMENTS.contains("\ncbor2=="));
    }

    #[test]
    fn an_interrupted_installation_is_not_complete() {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::of(folder.path()).unwrap();
        std::fs::create_dir_all(paths.python().parent().unwrap()).unwrap();
        std::fs::write(paths.python(), "").unwrap();
        assert!(!is_complete(&paths));
        std::fs::write(marker(&paths), "of other requirements").unwrap();
        assert!(!is_complete(&paths));
        std::fs::write(marker(&paths), fingerprint()).unwrap();
        assert!(is_complete(&paths));
        std::fs::remove_file(paths.python()).unwrap();
        assert!(!is_complete(&paths));
    }
}
