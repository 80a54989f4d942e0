//! Stops the emulator, with every function that it runs, and empties it.

use crate::paths::remove;
use crate::process::{self, Identity};
use crate::record::{self, Found, Record};
use crate::status::Status;
use crate::{LocalCloudError, Paths, Progress, environment, health, lock, status};
use std::time::{Duration, Instant};

/// How long the emulator may take to save its state; a third of a second is usual.
const GRACE: Duration = Duration::from_secs(20);

/// How long a process may take to go after SIGKILL.
const KILL_PATIENCE: Duration = Duration::from_secs(5);

/// What `stop` found and did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// It was not running.
    NotRunning,
    /// It ended in order: the next start resumes with what it held.
    Saved,
    /// It was, or had to be, killed: what it held is gone.
    Killed,
}

/// Stops the local cloud. Afterwards no process of it is left: neither the emulator nor the functions that it ran.
///
/// # Errors
/// [`LocalCloudError::Unstoppable`], [`LocalCloudError::Busy`], and failures to look at the processes.
pub async fn stop(paths: &Paths, progress: Progress<'_>) -> Result<Stopped, LocalCloudError> {
    let _held = lock::hold(paths, progress).await?;
    match record::find(paths)? {
        Found::Nothing => Ok(Stopped::NotRunning),
        Found::Stopped(record) => {
            if let Some(process) = &record.process {
                end_orphans(paths, process).await?;
                forget_process(record, paths)?;
            }
            Ok(Stopped::NotRunning)
        }
        Found::Died(_, process) => {
            end_orphans(paths, &process).await?;
            record::discard_state(paths)?;
            Ok(Stopped::Killed)
        }
        Found::Alive(record, process) => end(paths, record, &process, progress).await,
    }
}

/// Ends a running emulator and its functions; in order where it lets itself.
pub(crate) async fn end(
    paths: &Paths,
    record: Record,
    process: &Identity,
    progress: Progress<'_>,
) -> Result<Stopped, LocalCloudError> {
    process.terminate()?;
    let saved = is_gone_within(process, GRACE).await?;
    if !saved {
        progress("the local cloud does not end by itself: killing it");
        process.kill_group()?;
        if !is_gone_within(process, KILL_PATIENCE).await? {
            return Err(LocalCloudError::Unstoppable { pid: process.pid });
        }
    }
    end_orphans(paths, process).await?;
    if saved {
        forget_process(record, paths)?;
        Ok(Stopped::Saved)
    } else {
        record::discard_state(paths)?;
        Ok(Stopped::Killed)
    }
}

/// Empties the local cloud: everything deployed to it, and the caches of the environment `local` about it. It keeps
/// running if it runs.
///
/// # Errors
/// [`LocalCloudError::Reset`] when the emulator refuses, [`LocalCloudError::Busy`], and failed file operations.
pub async fn reset(paths: &Paths, progress: Progress<'_>) -> Result<Status, LocalCloudError> {
    let _held = lock::hold(paths, progress).await?;
    match record::find(paths)? {
        Found::Alive(record, _) => {
            health::reset(record.port)
                .await
                .map_err(|reason| LocalCloudError::Reset {
                    endpoint: environment::endpoint(record.port),
                    reason,
                })?;
        }
        Found::Died(_, process) => {
            end_orphans(paths, &process).await?;
            record::discard_state(paths)?;
        }
        Found::Stopped(_) | Found::Nothing => record::discard_state(paths)?,
    }
    forget_caches(paths)?;
    status(paths).await
}

fn forget_caches(paths: &Paths) -> Result<(), LocalCloudError> {
    let failed = |source| LocalCloudError::io("list", paths.root(), source);
    for entry in std::fs::read_dir(paths.root()).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        if !paths.is_ours(&path) {
            remove(&path)?;
        }
    }
    Ok(())
}

fn forget_process(record: Record, paths: &Paths) -> Result<(), LocalCloudError> {
    Record {
        process: None,
        ..record
    }
    .write(paths)
}

/// Ends the functions that outlived the emulator which ran them. What they were doing is lost with it anyway.
pub(crate) async fn end_orphans(paths: &Paths, leader: &Identity) -> Result<(), LocalCloudError> {
    let began = Instant::now();
    loop {
        let left = leader.group_within(paths.root())?;
        let Some(first) = left.first() else {
            return Ok(());
        };
        if began.elapsed() > KILL_PATIENCE {
            return Err(LocalCloudError::Unstoppable { pid: *first });
        }
        for pid in left {
            process::kill(pid)?;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

async fn is_gone_within(process: &Identity, patience: Duration) -> Result<bool, LocalCloudError> {
    let began = Instant::now();
    while process.is_alive()? {
        if began.elapsed() > patience {
            return Ok(false);
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(true)
}
