//! Finds a Python that the emulator runs on: 3.11 or newer, able to make virtual environments.

use crate::LocalCloudError;
use tokio::process::Command;

/// In the order of preference; the unversioned name last, since it is often the oldest.
const CANDIDATES: &[&str] = &["python3.13", "python3.12", "python3.11", "python3"];

/// Prints the version, then fails where `venv` is missing. Debian packs `ensurepip` apart; a venv without it has no pip.
const PROBE: &str = "import sys; print('%d.%d' % sys.version_info[:2]); import venv, ensurepip";

/// What a candidate answered.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Usable,
    Unusable(String),
}

/// The first candidate that will do.
pub(crate) async fn find() -> Result<&'static str, LocalCloudError> {
    let mut tried = Vec::new();
    for candidate in CANDIDATES {
        let verdict = match Command::new(candidate)
            .args(["-I", "-c", PROBE])
            .output()
            .await
        {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Verdict::Unusable("not found".to_owned())
            }
            Err(error) => Verdict::Unusable(error.to_string()),
            Ok(output) => judge(
                output.status.success(),
                &String::from_utf8_lossy(&output.stdout),
                &String::from_utf8_lossy(&output.stderr),
            ),
        };
        match verdict {
            Verdict::Usable => return Ok(candidate),
            Verdict::Unusable(reason) => tried.push(format!("{candidate}: {reason}")),
        }
    }
    Err(LocalCloudError::NoPython {
        tried: tried.join("; "),
    })
}

fn judge(succeeded: bool, stdout: &str, stderr: &str) -> Verdict {
    let Some((major, minor)) = version(stdout) else {
        let said = crate::error::tail(stderr, 1);
        return Verdict::Unusable(if said.is_empty() {
            "does not run".to_owned()
        } else {
            said
        });
    };
    if (major, minor) < (3, 11) {
        return Verdict::Unusable(format!("is {major}.{minor}"));
    }
    if !succeeded {
        return Verdict::Unusable(format!("is {major}.{minor} without its venv module"));
    }
    Verdict::Usable
}

fn version(stdout: &str) -> Option<(u32, u32)> {
    let (major, minor) = stdout.lines().next()?.trim().split_once('.')?;
    Some((major.parse().ok()?, minor.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::{Verdict, judge};

    #[test]
    fn an_old_python_is_refused_by_its_version_and_not_by_its_name() {
        assert_eq!(
            judge(true, "3.9\n", ""),
            Verdict::Unusable("is 3.9".to_owned())
        );
        assert_eq!(judge(true, "3.11\n", ""), Verdict::Usable);
        assert_eq!(judge(true, "4.0\n", ""), Verdict::Usable);
    }

    #[test]
    fn a_python_without_venv_says_so() {
        let verdict = judge(
            false,
            "3.11\n",
            "ModuleNotFoundError: No module named 'ensurepip'",
        );
        assert_eq!(
            verdict,
            Verdict::Unusable("is 3.11 without its venv module".to_owned())
        );
    }

    #[test]
    fn a_name_that_stands_for_nothing_is_told_apart() {
        let verdict = judge(false, "", "pyenv: python3.13: command not found\n");
        assert_eq!(
            verdict,
            Verdict::Unusable("pyenv: python3.13: command not found".to_owned())
        );
    }
}
