//! One change of the local cloud at a time, over all processes of this machine: an advisory lock on a file.
//!
//! The operating system releases it with the process, so a killed command never leaves it behind.

use crate::{LocalCloudError, Paths, Progress};
use std::fs::{File, TryLockError};
use std::time::{Duration, Instant};

/// Longer than an installation takes on a slow line.
const PATIENCE: Duration = Duration::from_secs(300);

/// The lock, held until dropped.
#[derive(Debug)]
pub(crate) struct Held {
    _file: File,
}

/// Waits for the lock and takes it.
pub(crate) async fn hold(paths: &Paths, progress: Progress<'_>) -> Result<Held, LocalCloudError> {
    paths.create()?;
    let path = paths.lock();
    let file = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&path)
        .map_err(|source| LocalCloudError::io("open", &path, source))?;
    let began = Instant::now();
    let mut told = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Held { _file: file }),
            Err(TryLockError::Error(source)) => {
                return Err(LocalCloudError::io("lock", &path, source));
            }
            Err(TryLockError::WouldBlock) if began.elapsed() > PATIENCE => {
                return Err(LocalCloudError::Busy {
                    path: paths.root().to_owned(),
                    seconds: began.elapsed().as_secs(),
                });
            }
            Err(TryLockError::WouldBlock) => {
                if !told {
                    progress(
                        "another command is starting or stopping the local cloud: waiting for it",
                    );
                    told = true;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}
