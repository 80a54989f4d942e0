//! The file of an environment's accepted drift, `environments/drift/NAME.yaml`, on disk.

use crate::exit::{Exit, Failure};
use crate::project::Project;
use ::drift::{Accepted, BadAcceptance};
use std::path::PathBuf;

/// The reviewed file of an environment's accepted drift.
#[derive(Debug)]
pub struct AcceptedFile {
    path: PathBuf,
    /// Its path as it is shown.
    pub shown: String,
}

impl AcceptedFile {
    /// An environment's.
    pub fn of(project: &Project, environment: &str) -> Self {
        let path = project
            .environments()
            .join("drift")
            .join(format!("{environment}.yaml"));
        Self {
            shown: project.relative(&path),
            path,
        }
    }

    /// What it says; nothing where there is none.
    ///
    /// # Errors
    /// It can't be read, or says what means nothing.
    pub fn read(&self) -> Result<Accepted, Failure> {
        match std::fs::read_to_string(&self.path) {
            Ok(text) => Accepted::parse(&text).map_err(|bad| self.refusal(&bad)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Accepted::default()),
            Err(error) => Err(self.refusal(&BadAcceptance::File(error.to_string()))),
        }
    }

    /// Writes it, whole or not at all.
    ///
    /// # Errors
    /// It can't be written.
    pub fn write(&self, accepted: &Accepted) -> Result<(), Failure> {
        let text = accepted.text().map_err(|bad| self.refusal(&bad))?;
        let folder = self.path.parent().map_or(Ok(()), std::fs::create_dir_all);
        let fresh = self.path.with_extension("yaml.new");
        folder
            .and_then(|()| std::fs::write(&fresh, text))
            .and_then(|()| std::fs::rename(&fresh, &self.path))
            .map_err(|error| {
                Failure::new(
                    Exit::Failed,
                    "drift.write",
                    format!("{} can't be written: {error}", self.shown),
                )
                .on(self.shown.as_str())
            })
    }

    /// What it refuses.
    pub fn refusal(&self, bad: &BadAcceptance) -> Failure {
        Failure::refused("drift.accepted", bad.to_string())
            .on(self.shown.as_str())
            .help("Nothing was written. See `provision drift` for logical ids and paths.")
    }
}
