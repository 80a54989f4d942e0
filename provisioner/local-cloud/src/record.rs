//! The record of which process serves where, so that any later command finds it.
//!
//! `<root>/state.json` is replaced as a whole, never edited. What it says of a process is checked against the system
//! before it is believed.

use crate::paths::remove;
use crate::process::Identity;
use crate::{LocalCloudError, Paths};
use serde::{Deserialize, Serialize};

/// What is remembered between commands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    /// The emulator's version.
    pub(crate) version: String,
    /// Where it serves, or served last: addresses that it handed out name this port.
    pub(crate) port: u16,
    /// The emulator's process; absent once it was stopped in order.
    pub(crate) process: Option<Identity>,
}

/// What the record and the system say together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing was ever started here, or everything was reset while stopped.
    Nothing,
    /// The recorded process lives.
    Alive(Record, Identity),
    /// It ended in order and saved its state.
    Stopped(Record),
    /// It died without saving.
    Died(Record, Identity),
}

impl Record {
    /// Reads the record; none, or one that can't be read, is `None`.
    pub(crate) fn read(paths: &Paths) -> Option<Self> {
        serde_json::from_slice(&std::fs::read(paths.record()).ok()?).ok()
    }

    /// Replaces the record.
    pub(crate) fn write(&self, paths: &Paths) -> Result<(), LocalCloudError> {
        let path = paths.record();
        let text = serde_json::to_vec_pretty(self)
            .map_err(|error| LocalCloudError::io("write", &path, error.into()))?;
        crate::paths::replace(&path, &text)
    }

    /// The emulator's own note of its process, which it removes after it saved its state.
    fn own_note(&self, paths: &Paths) -> std::path::PathBuf {
        paths
            .temporary()
            .join(format!("ministack-{}.pid", self.port))
    }
}

/// Looks at the record and at the process that it names.
pub(crate) fn find(paths: &Paths) -> Result<Found, LocalCloudError> {
    let Some(record) = Record::read(paths) else {
        return Ok(Found::Nothing);
    };
    Ok(match record.process.clone() {
        None => Found::Stopped(record),
        Some(process) if process.is_alive()? => Found::Alive(record, process),
        // Someone else ended it in order, a shutdown of the machine for example.
        Some(_) if !record.own_note(paths).exists() && has_state(paths) => Found::Stopped(record),
        Some(process) => Found::Died(record, process),
    })
}

/// Whether a stopped emulator has left something to begin with.
pub(crate) fn has_state(paths: &Paths) -> bool {
    std::fs::read_dir(paths.state()).is_ok_and(|mut entries| entries.next().is_some())
}

/// Forgets what a run that did not save has left: an older state beside newer objects is worse than none.
pub(crate) fn discard_state(paths: &Paths) -> Result<(), LocalCloudError> {
    remove(&paths.state())?;
    remove(&paths.record())
}

/// After a start that failed: forgets the process if it is dead, so that the next start does not call its state lost.
pub(crate) fn discard_record_of_the_dead(
    paths: &Paths,
    process: &Identity,
) -> Result<(), LocalCloudError> {
    if process.is_alive()? {
        return Ok(());
    }
    match Record::read(paths) {
        Some(record) => Record {
            process: None,
            ..record
        }
        .write(paths),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may")]
    use super::{Found, Record, find};
    use crate::Paths;
    use crate::process::Identity;

    fn record(process: Option<Identity>) -> Record {
        Record {
            version: "1".to_owned(),
            port: 4567,
            process,
        }
    }

    #[test]
    fn a_record_is_believed_only_as_far_as_the_system_agrees() {
        let folder = tempfile::tempdir().unwrap();
        let paths = Paths::of(folder.path()).unwrap();
        paths.create().unwrap();
        assert_eq!(find(&paths).unwrap(), Found::Nothing);

        let own = Identity::of(std::process::id()).unwrap().unwrap();
        let alive = record(Some(own.clone()));
        alive.write(&paths).unwrap();
        assert_eq!(find(&paths).unwrap(), Found::Alive(alive, own.clone()));

        let other = Identity {
            began: "earlier".to_owned(),
            ..own
        };
        let died = record(Some(other.clone()));
        died.write(&paths).unwrap();
        assert_eq!(find(&paths).unwrap(), Found::Died(died.clone(), other));

        // Ended by SIGTERM from outside: the state is saved and the emulator's own note is gone.
        std::fs::create_dir_all(paths.state()).unwrap();
        std::fs::write(paths.state().join("sqs.json"), "{}").unwrap();
        assert_eq!(find(&paths).unwrap(), Found::Stopped(died.clone()));

        // Killed: the note is still there.
        std::fs::create_dir_all(paths.temporary()).unwrap();
        std::fs::write(died.own_note(&paths), "1").unwrap();
        assert!(matches!(find(&paths).unwrap(), Found::Died(..)));

        std::fs::write(paths.record(), "half a rec").unwrap();
        assert_eq!(find(&paths).unwrap(), Found::Nothing);
    }
}
