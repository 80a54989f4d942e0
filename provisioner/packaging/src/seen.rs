//! Files as the file system describes them: enough to say "unchanged" without reading.
//!
//! As in git's index: size, both times and inode. A change that keeps them all is only possible within one tick of the
//! file system's clock, which [`Stamp`] is for.

use crate::PackagingError;
use crate::archive::{hex, replace};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// A file as the file system describes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seen {
    pub(crate) bytes: u64,
    modified: (i64, i64),
    changed: (i64, i64),
    inode: u64,
}

/// A moment of the file system's own clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stamp((i64, i64));

impl Seen {
    pub(crate) fn of(path: &Path) -> Result<Self, PackagingError> {
        Self::find(path)?.ok_or_else(|| {
            PackagingError::io("read", path, io::Error::from(io::ErrorKind::NotFound))
        })
    }

    /// `None` where there is no such file.
    pub(crate) fn find(path: &Path) -> Result<Option<Self>, PackagingError> {
        match std::fs::metadata(path) {
            Ok(found) => Ok(Some(Self {
                bytes: found.size(),
                modified: (found.mtime(), found.mtime_nsec()),
                changed: (found.ctime(), found.ctime_nsec()),
                inode: found.ino(),
            })),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
                ) =>
            {
                Ok(None)
            }
            Err(error) => Err(PackagingError::io("look at", path, error)),
        }
    }

    /// Whether its last change is older than this moment.
    pub(crate) fn is_before(&self, stamp: &Stamp) -> bool {
        self.modified.max(self.changed) < stamp.0
    }
}

impl Stamp {
    /// Now, by the clock that the project's files are dated with.
    pub(crate) fn now(folder: &Path) -> Result<Self, PackagingError> {
        let path = folder.join(".stamp");
        replace(&path, b"")?;
        Ok(Self(Seen::of(&path)?.modified))
    }
}

/// SHA-256 of a file's content.
pub(crate) fn hash(path: &Path) -> Result<String, PackagingError> {
    let bytes = std::fs::read(path).map_err(|source| PackagingError::io("read", path, source))?;
    Ok(hex(&Sha256::digest(&bytes)))
}
