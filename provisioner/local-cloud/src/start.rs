//! Starts the emulator and waits until it answers.
//!
//! It gets a process group of its own, so that Ctrl-C in the terminal reaches the command and not the emulator.

use crate::error::tail_of;
use crate::paths::{make_private, remove};
use crate::process::Identity;
use crate::record::{self, Found, Record};
use crate::status::Status;
use crate::stop::Stopped;
use crate::{LocalCloudError, Paths, Progress, environment, health, install, lock, resume, stop};
use std::net::{Ipv4Addr, TcpListener};
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::process::{Child, Command};

/// How long the emulator may take until it answers; half a second is usual.
const PATIENCE: Duration = Duration::from_secs(60);

/// Another program may take the chosen port before the emulator does.
const PORTS_TRIED: usize = 3;

/// What `start` found and did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Started {
    /// Where the emulator serves now.
    pub status: Status,
    /// What it began with.
    pub beginning: Beginning,
}

/// What the emulator that serves now began with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beginning {
    /// It was running.
    AlreadyRunning,
    /// It was started empty.
    Empty,
    /// It was started with what it held when it was stopped.
    Resumed,
    /// It was started empty because the run before died, or was killed, without saving: every stack in it is gone.
    StateLost,
}

/// Makes sure that the local cloud runs: installs and starts it where needed. Running already, it is only looked at,
/// unless it is of another version than [`crate::VERSION`]: then it is stopped, and the right one goes on with its state.
///
/// # Errors
/// Those of [`install::install`] and [`stop::stop`], and [`LocalCloudError::Ended`] or [`LocalCloudError::Silent`].
pub async fn start(paths: &Paths, progress: Progress<'_>) -> Result<Started, LocalCloudError> {
    if let Found::Alive(record, process) = record::find(paths)?
        && record.version == crate::VERSION
        && health::is_healthy(record.port).await
    {
        return Ok(running(&record, &process, Beginning::AlreadyRunning));
    }
    let _held = lock::hold(paths, progress).await?;
    let beginning = loop {
        break match record::find(paths)? {
            Found::Alive(record, process) if record.version != crate::VERSION => {
                progress(&format!(
                    "replacing the local cloud {} by {}, with what it holds",
                    record.version,
                    crate::VERSION
                ));
                match stop::end(paths, record, &process, progress).await? {
                    Stopped::Killed => Beginning::StateLost,
                    Stopped::Saved | Stopped::NotRunning => continue,
                }
            }
            Found::Alive(record, process) => {
                // Started by a command that ended before it answered, or just about to end.
                match await_health(paths, &record, &process, None).await {
                    Ok(()) => return Ok(running(&record, &process, Beginning::AlreadyRunning)),
                    Err(LocalCloudError::Ended { .. }) => continue,
                    Err(error) => return Err(error),
                }
            }
            Found::Died(_, process) => {
                progress(
                    "the local cloud had died without saving: what was deployed to it is gone",
                );
                stop::end_orphans(paths, &process).await?;
                record::discard_state(paths)?;
                Beginning::StateLost
            }
            Found::Stopped(_) | Found::Nothing if record::has_state(paths) => Beginning::Resumed,
            Found::Stopped(_) | Found::Nothing => Beginning::Empty,
        };
    };
    install::ensure(paths, progress).await?;
    let (record, process) = launch(paths, progress).await?;
    Ok(running(&record, &process, beginning))
}

fn running(record: &Record, process: &Identity, beginning: Beginning) -> Started {
    Started {
        status: Status::running(record, process),
        beginning,
    }
}

async fn launch(
    paths: &Paths,
    progress: Progress<'_>,
) -> Result<(Record, Identity), LocalCloudError> {
    // Unpacked functions of earlier runs; the emulator unpacks what it needs again.
    remove(&paths.temporary())?;
    make_private(&paths.temporary().join("home"))?;
    make_private(&paths.state())?;
    resume::forget_stream_positions(paths)?;
    let mut preferred = Record::read(paths).map(|record| record.port);
    let mut attempt = 1;
    loop {
        let port = free_port(preferred.take())?;
        let mut child = spawn(paths, port)?;
        // Before it answers, so that a command that is interrupted now leaves nothing unknown behind.
        let (record, process) = match note(paths, port, &child) {
            Ok(Some(noted)) => noted,
            Ok(None) => return Err(ended(paths, &mut child).await),
            Err(error) => {
                // Nobody would find it again. The first error says what to do; that this fails too adds nothing.
                let _ = child.kill().await;
                return Err(error);
            }
        };
        match await_health(paths, &record, &process, Some(&mut child)).await {
            Ok(()) => {
                progress(&format!(
                    "the local cloud serves at {}",
                    environment::endpoint(port)
                ));
                return Ok((record, process));
            }
            Err(LocalCloudError::Ended { .. })
                if attempt < PORTS_TRIED
                    && TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_err() =>
            {
                attempt += 1;
            }
            Err(error) => {
                record::discard_record_of_the_dead(paths, &process)?;
                return Err(error);
            }
        }
    }
}

/// Records the new process; `None` where it has ended already.
fn note(
    paths: &Paths,
    port: u16,
    child: &Child,
) -> Result<Option<(Record, Identity)>, LocalCloudError> {
    let Some(pid) = child.id() else {
        return Ok(None);
    };
    let Some(process) = Identity::of(pid)? else {
        return Ok(None);
    };
    let record = Record {
        version: crate::VERSION.to_owned(),
        port,
        process: Some(process.clone()),
    };
    record.write(paths)?;
    Ok(Some((record, process)))
}

fn spawn(paths: &Paths, port: u16) -> Result<Child, LocalCloudError> {
    let log = paths.log();
    if log.exists() {
        std::fs::rename(&log, paths.previous_log())
            .map_err(|source| LocalCloudError::io("rename", &log, source))?;
    }
    let open = |error| LocalCloudError::io("write", &log, error);
    let output = std::fs::File::create(&log).map_err(open)?;
    let errors = output.try_clone().map_err(open)?;
    let python = paths.python();
    Command::new(&python)
        // Isolated: neither Python variables nor packages of the user reach it.
        .args(["-I", "-u", "-m", "ministack"])
        .env_clear()
        .envs(environment::of_emulator(paths, port, std::env::vars_os()))
        .current_dir(paths.temporary())
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(errors)
        .process_group(0)
        .spawn()
        .map_err(|source| LocalCloudError::io("run", &python, source))
}

/// The port of the run before where it is free, since addresses that were handed out then name it; else any.
fn free_port(preferred: Option<u16>) -> Result<u16, LocalCloudError> {
    let bind = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    preferred
        .and_then(|port| bind(port).ok())
        .map_or_else(|| bind(0), Ok)
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|source| {
            LocalCloudError::io(
                "find a free port on",
                std::path::Path::new("127.0.0.1"),
                source,
            )
        })
}

async fn await_health(
    paths: &Paths,
    record: &Record,
    process: &Identity,
    mut child: Option<&mut Child>,
) -> Result<(), LocalCloudError> {
    let began = Instant::now();
    let mut pause = Duration::from_millis(20);
    loop {
        if health::is_healthy(record.port).await {
            return Ok(());
        }
        // Collects a dead child, which then no longer counts as alive.
        if let Some(child) = child.as_deref_mut()
            && matches!(child.try_wait(), Ok(Some(_)))
        {
            return Err(ended(paths, child).await);
        }
        if !process.is_alive()? {
            return Err(LocalCloudError::Ended {
                how: "its process is gone".to_owned(),
                log: paths.log(),
                tail: tail_of(&paths.log(), 15),
            });
        }
        if began.elapsed() > PATIENCE {
            return Err(LocalCloudError::Silent {
                pid: process.pid,
                endpoint: environment::endpoint(record.port),
                seconds: began.elapsed().as_secs(),
                log: paths.log(),
                tail: tail_of(&paths.log(), 15),
            });
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 3 / 2).min(Duration::from_millis(100));
    }
}

async fn ended(paths: &Paths, child: &mut Child) -> LocalCloudError {
    LocalCloudError::Ended {
        how: match child.wait().await {
            Ok(status) => status.to_string(),
            Err(error) => error.to_string(),
        },
        log: paths.log(),
        tail: tail_of(&paths.log(), 15),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may")]
    use super::free_port;
    use std::net::TcpListener;

    #[test]
    fn the_port_of_the_run_before_is_taken_again_only_while_it_is_free() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = taken.local_addr().unwrap().port();
        assert_ne!(free_port(Some(port)).unwrap(), port);
        drop(taken);
        assert_eq!(free_port(Some(port)).unwrap(), port);
    }
}
