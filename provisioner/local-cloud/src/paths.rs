//! Where the local cloud keeps its things. Only names: nothing is created here except by [`Paths::create`].

use crate::LocalCloudError;
use std::path::{Path, PathBuf};

/// The folders and files of one local cloud, all below `local/` in a state folder (`<project>/.provision/`, as a rule).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paths {
    root: PathBuf,
}

impl Paths {
    /// The local cloud that keeps its things in this state folder. The folder is made if it is missing, so that its name
    /// is one and the same whichever way it is reached.
    ///
    /// # Errors
    /// When the folder can't be made or resolved.
    pub fn of(state: &Path) -> Result<Self, LocalCloudError> {
        make_private(state)?;
        let state = state
            .canonicalize()
            .map_err(|source| LocalCloudError::io("find the state folder", state, source))?;
        Ok(Self {
            root: state.join("local"),
        })
    }

    /// The folder of all others. It also holds the caches of the environment `local`; [`crate::reset`] removes those.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The virtual environment that the emulator is installed in.
    #[must_use]
    pub fn venv(&self) -> PathBuf {
        self.root.join("venv")
    }

    /// Its Python.
    #[must_use]
    pub fn python(&self) -> PathBuf {
        self.venv().join("bin").join("python")
    }

    /// What the emulator saves when it is stopped in order.
    #[must_use]
    pub fn state(&self) -> PathBuf {
        self.root.join("state")
    }

    /// The emulator's temporary files: unpacked functions, and the `HOME` that it and they see.
    #[must_use]
    pub fn temporary(&self) -> PathBuf {
        self.root.join("tmp")
    }

    /// What the emulator and the functions that it runs print.
    #[must_use]
    pub fn log(&self) -> PathBuf {
        self.root.join("log")
    }

    /// The log of the run before.
    #[must_use]
    pub fn previous_log(&self) -> PathBuf {
        self.root.join("log.previous")
    }

    /// Which process serves where.
    #[must_use]
    pub fn record(&self) -> PathBuf {
        self.root.join("state.json")
    }

    /// Held while something is being changed.
    #[must_use]
    pub fn lock(&self) -> PathBuf {
        self.root.join("lock")
    }

    /// Everything that is not a cache of the environment `local`.
    pub(crate) fn is_ours(&self, entry: &Path) -> bool {
        [
            self.venv(),
            self.state(),
            self.temporary(),
            self.log(),
            self.previous_log(),
            self.record(),
            self.lock(),
        ]
        .iter()
        .any(|ours| ours == entry)
    }

    /// Makes the folder of all others, readable for its owner only.
    pub(crate) fn create(&self) -> Result<(), LocalCloudError> {
        make_private(&self.root)
    }
}

/// Makes a folder (and those above it) that only its owner may enter.
pub(crate) fn make_private(folder: &Path) -> Result<(), LocalCloudError> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|source| LocalCloudError::io("create", folder, source))
}

/// Replaces a file as a whole.
pub(crate) fn replace(path: &Path, text: &[u8]) -> Result<(), LocalCloudError> {
    let partial = path.with_extension("json.partial");
    std::fs::write(&partial, text)
        .and_then(|()| std::fs::rename(&partial, path))
        .map_err(|source| LocalCloudError::io("write", path, source))
}

/// Removes a file or a folder with all that is in it; what is not there is removed already.
pub(crate) fn remove(path: &Path) -> Result<(), LocalCloudError> {
    let outcome = match std::fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => std::fs::remove_dir_all(path),
        Ok(_) => std::fs::remove_file(path),
        Err(error) => Err(error),
    };
    match outcome {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(LocalCloudError::io("remove", path, error))
        }
        _ => Ok(()),
    }
}
