//! What can go wrong with the local cloud, and what to do then.

use std::path::{Path, PathBuf};

/// Why the local cloud did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum LocalCloudError {
    /// No Python that the emulator runs on.
    #[error("can't install the local cloud: no usable Python 3.11 or newer was found ({tried})")]
    NoPython {
        /// Each candidate and why it does not do.
        tried: String,
    },
    /// A step of the installation failed.
    #[error("can't install the local cloud in {}: {step} failed: {reason}", path.display())]
    Install {
        /// The virtual environment.
        path: PathBuf,
        /// What was attempted.
        step: &'static str,
        /// The last lines of what the step printed.
        reason: String,
    },
    /// The emulator ended before it answered.
    #[error("the local cloud ended while it was starting ({how}); its log {} ends with:\n{tail}", log.display())]
    Ended {
        /// Exit status.
        how: String,
        /// The log file.
        log: PathBuf,
        /// Its last lines.
        tail: String,
    },
    /// The emulator runs and does not answer.
    #[error("the local cloud (process {pid}) does not answer at {endpoint} after {seconds} s; its log {} ends with:\n{tail}", log.display())]
    Silent {
        /// The emulator's process.
        pid: u32,
        /// Where it should answer.
        endpoint: String,
        /// How long it was waited for.
        seconds: u64,
        /// The log file.
        log: PathBuf,
        /// Its last lines.
        tail: String,
    },
    /// The emulator refused a reset.
    #[error("the local cloud at {endpoint} did not reset: {reason}")]
    Reset {
        /// Where it was asked.
        endpoint: String,
        /// What it answered.
        reason: String,
    },
    /// A process outlived SIGKILL.
    #[error("can't stop the local cloud: process {pid} does not end")]
    Unstoppable {
        /// The process that is left.
        pid: u32,
    },
    /// The processes of this machine can't be looked at.
    #[error("can't look at process {pid}: {reason}")]
    Process {
        /// The process.
        pid: u32,
        /// Why not.
        reason: String,
    },
    /// Another operation holds the lock.
    #[error("the local cloud in {} is busy: another command has been starting, stopping or installing it for {seconds} s", path.display())]
    Busy {
        /// The local cloud's folder.
        path: PathBuf,
        /// How long it was waited for.
        seconds: u64,
    },
    /// A file operation failed.
    #[error("can't {action} {}: {source}", path.display())]
    Io {
        /// What was attempted.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
}

impl LocalCloudError {
    pub(crate) fn io(action: &'static str, path: &Path, source: std::io::Error) -> Self {
        Self::Io {
            action,
            path: path.to_owned(),
            source,
        }
    }

    /// A stable code for machines.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoPython { .. } => "local.no_python",
            Self::Install { .. } => "local.install_failed",
            Self::Ended { .. } => "local.ended",
            Self::Silent { .. } => "local.silent",
            Self::Reset { .. } => "local.reset_failed",
            Self::Unstoppable { .. } => "local.unstoppable",
            Self::Process { .. } => "local.process",
            Self::Busy { .. } => "local.busy",
            Self::Io { .. } => "local.io",
        }
    }

    /// What it happened on.
    #[must_use]
    pub fn subject(&self) -> String {
        match self {
            Self::NoPython { .. } => "python".to_owned(),
            Self::Install { path, .. } | Self::Busy { path, .. } | Self::Io { path, .. } => {
                path.display().to_string()
            }
            Self::Ended { log, .. } => log.display().to_string(),
            Self::Silent { endpoint, .. } | Self::Reset { endpoint, .. } => endpoint.clone(),
            Self::Unstoppable { pid } | Self::Process { pid, .. } => pid.to_string(),
        }
    }

    /// What to do next.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::NoPython { .. } => {
                "install Python 3.11 or newer with its venv module, e.g. `apt install python3 python3-venv` or `brew install python`, and run the command again"
            }
            Self::Install { .. } => {
                "check that the Python package index can be reached (pip's own settings apply: proxy, index, certificates) and run the command again; an interrupted installation is done anew"
            }
            Self::Ended { .. } | Self::Silent { .. } => {
                "look at the log; `provision local stop` and then `provision local start` begin again"
            }
            Self::Reset { .. } => {
                "run `provision local stop`, then `provision local reset`, which empties it while it is stopped"
            }
            Self::Unstoppable { .. } => {
                "the system keeps the process, probably in a blocked file access: end that, or restart the machine"
            }
            Self::Process { .. } => "check that /proc is mounted, or that `ps` can be run",
            Self::Busy { .. } => "wait for the other command, or end it, and run this one again",
            Self::Io { .. } => "check the folder's permissions and the free space on its disk",
        }
    }
}

/// The last lines of a text, for an error message.
pub(crate) fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text
        .lines()
        .filter(|line| !line.trim().is_empty())
        .collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

/// The last lines of a file, read from its last 16 KiB; empty when it can't be read.
pub(crate) fn tail_of(file: &Path, lines: usize) -> String {
    use std::io::{Read, Seek, SeekFrom};
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = std::fs::File::open(file)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(16 * 1024)))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    tail(&String::from_utf8_lossy(&read().unwrap_or_default()), lines)
}

#[cfg(test)]
mod tests {
    use super::tail;

    #[test]
    fn a_tail_keeps_the_last_lines_that_say_something() {
        assert_eq!(tail("a\n\nb\nc\n\n", 2), "b\nc");
        assert_eq!(tail("", 2), "");
    }
}
