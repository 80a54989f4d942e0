//! Processes of this machine: which one it is, whether it lives, and ending it.
//!
//! A process number alone is never trusted: numbers are used again. A process is known by its number *and* the moment
//! when it began, and nothing is signalled before both were compared. A process that only waits to be collected by its
//! parent (a zombie) counts as dead.

use crate::LocalCloudError;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// A process, told apart from a later one with the same number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    /// Its number; also that of its group, since it is started as a group's leader.
    pub(crate) pid: u32,
    /// When it began, in the system's own words; only ever compared.
    pub(crate) began: String,
}

/// What the system says of a living process.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    group: u32,
    began: String,
}

impl Identity {
    /// The process that has this number now; `None` where there is none.
    pub(crate) fn of(pid: u32) -> Result<Option<Self>, LocalCloudError> {
        let seen = look(pid).map_err(|error| failed(pid, &error))?;
        Ok(seen.map(|seen| Self {
            pid,
            began: seen.began,
        }))
    }

    /// Whether this very process lives.
    pub(crate) fn is_alive(&self) -> Result<bool, LocalCloudError> {
        Ok(Self::of(self.pid)?.as_ref() == Some(self))
    }

    /// Asks the process to end, if it is still this one.
    pub(crate) fn terminate(&self) -> Result<(), LocalCloudError> {
        if self.is_alive()? {
            signal(self.pid, |pid| kill_process(pid, Signal::TERM))?;
        }
        Ok(())
    }

    /// Ends the process and its whole group at once, if it is still this one.
    pub(crate) fn kill_group(&self) -> Result<(), LocalCloudError> {
        if self.is_alive()? {
            signal(self.pid, |pid| kill_process_group(pid, Signal::KILL))?;
        }
        Ok(())
    }

    /// The living processes of its group, itself included, that run or name a file in this folder. The folder keeps a
    /// foreign group out that came to the same number after ours was gone.
    pub(crate) fn group_within(&self, folder: &Path) -> Result<Vec<u32>, LocalCloudError> {
        group_members(self.pid, folder).map_err(|error| failed(self.pid, &error))
    }
}

/// Ends one process at once.
pub(crate) fn kill(pid: u32) -> Result<(), LocalCloudError> {
    signal(pid, |pid| kill_process(pid, Signal::KILL))
}

fn signal(
    pid: u32,
    send: impl FnOnce(Pid) -> rustix::io::Result<()>,
) -> Result<(), LocalCloudError> {
    let number = i32::try_from(pid).ok().and_then(Pid::from_raw);
    let Some(number) = number else {
        return Err(failed(pid, &std::io::Error::other("no process number")));
    };
    match send(number) {
        Ok(()) | Err(rustix::io::Errno::SRCH) => Ok(()),
        Err(error) => Err(failed(pid, &error.into())),
    }
}

fn failed(pid: u32, error: &std::io::Error) -> LocalCloudError {
    LocalCloudError::Process {
        pid,
        reason: error.to_string(),
    }
}

#[cfg(target_os = "linux")]
use linux::{group_members, look};
#[cfg(not(target_os = "linux"))]
use ps::{group_members, look};

/// By `/proc`.
#[cfg(target_os = "linux")]
mod linux {
    use super::Seen;
    use std::fs;
    use std::io;
    use std::path::Path;

    pub(super) fn look(pid: u32) -> io::Result<Option<Seen>> {
        match fs::read_to_string(format!("/proc/{pid}/stat")) {
            Ok(stat) => {
                // Ticks since boot: only one boot's are comparable. Some sandboxes don't name theirs.
                let boot =
                    fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
                Ok(parse(&stat, boot.trim()))
            }
            Err(error) if is_gone(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(super) fn group_members(group: u32, folder: &Path) -> io::Result<Vec<u32>> {
        let folder = folder.as_os_str().as_encoded_bytes();
        let mut found = Vec::new();
        for entry in fs::read_dir("/proc")? {
            let Ok(pid) = entry?.file_name().to_string_lossy().parse::<u32>() else {
                continue;
            };
            if look(pid)?.is_none_or(|seen| seen.group != group) {
                continue;
            }
            match fs::read(format!("/proc/{pid}/cmdline")) {
                Ok(command) if command.windows(folder.len()).any(|part| part == folder) => {
                    found.push(pid);
                }
                Ok(_) => {}
                Err(error) if is_gone(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(found)
    }

    fn is_gone(error: &io::Error) -> bool {
        // A process that ends while its file is open answers ESRCH.
        error.kind() == io::ErrorKind::NotFound
            || error.raw_os_error() == Some(rustix::io::Errno::SRCH.raw_os_error())
    }

    /// `pid (name) state ppid pgrp ...`; the name may hold spaces and brackets, so what follows the last one counts.
    pub(super) fn parse(stat: &str, boot: &str) -> Option<Seen> {
        let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split_whitespace().collect();
        if matches!(*fields.first()?, "Z" | "X") {
            return None;
        }
        Some(Seen {
            group: fields.get(2)?.parse().ok()?,
            began: format!("{boot}:{}", fields.get(19)?),
        })
    }
}

/// By `ps`, where there is no `/proc`.
#[cfg(any(test, not(target_os = "linux")))]
#[cfg_attr(
    target_os = "linux",
    allow(dead_code, reason = "there only its parsing is tested")
)]
mod ps {
    use super::Seen;
    use std::io;
    use std::path::Path;
    use std::process::Command;

    pub(super) fn look(pid: u32) -> io::Result<Option<Seen>> {
        let output = Command::new("ps")
            .env("LC_ALL", "C")
            .args(["-o", "stat=,pgid=,lstart=", "-p", &pid.to_string()])
            .output()?;
        Ok(parse(&String::from_utf8_lossy(&output.stdout)))
    }

    pub(super) fn group_members(group: u32, folder: &Path) -> io::Result<Vec<u32>> {
        let output = Command::new("ps")
            .env("LC_ALL", "C")
            .args(["-A", "-ww", "-o", "pid=,pgid=,stat=,command="])
            .output()?;
        let folder = folder.to_string_lossy();
        Ok(String::from_utf8_lossy(&output.stdout)
            .lines()
            .filter(|line| line.contains(&*folder))
            .filter_map(|line| {
                let mut fields = line.split_whitespace();
                let pid = fields.next()?.parse().ok()?;
                let same = fields.next()?.parse() == Ok(group);
                let dead = fields.next()?.starts_with('Z');
                (same && !dead).then_some(pid)
            })
            .collect())
    }

    pub(super) fn parse(line: &str) -> Option<Seen> {
        let mut fields = line.split_whitespace();
        if fields.next()?.starts_with('Z') {
            return None;
        }
        Some(Seen {
            group: fields.next()?.parse().ok()?,
            began: fields.collect::<Vec<_>>().join(" "),
        })
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may")]
    use super::{Identity, Seen, ps};
    use std::process::{Command, Stdio};

    fn sleeper() -> std::process::Child {
        Command::new("sleep")
            .arg("60")
            .stdin(Stdio::null())
            .spawn()
            .unwrap()
    }

    #[test]
    fn a_process_is_known_until_it_ends() {
        let mut child = sleeper();
        let identity = Identity::of(child.id()).unwrap().unwrap();
        assert!(identity.is_alive().unwrap());
        identity.terminate().unwrap();
        child.wait().unwrap();
        assert!(!identity.is_alive().unwrap());
    }

    #[test]
    fn another_process_with_the_same_number_is_neither_ours_nor_signalled() {
        let mut child = sleeper();
        let earlier = Identity {
            pid: child.id(),
            began: "earlier".to_owned(),
        };
        assert!(!earlier.is_alive().unwrap());
        earlier.terminate().unwrap();
        earlier.kill_group().unwrap();
        assert_eq!(child.try_wait().unwrap(), None, "it was not signalled");
        child.kill().unwrap();
        child.wait().unwrap();
    }

    #[test]
    fn a_zombie_is_dead() {
        let mut child = Command::new("true").spawn().unwrap();
        // Not collected yet: it stays in the table until `wait`.
        while Identity::of(child.id()).unwrap().is_some() {
            std::thread::yield_now();
        }
        assert!(child.wait().unwrap().success());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn names_with_brackets_do_not_confuse() {
        let stat = format!(
            "7 (a) b) S 1 42 42 {}",
            (7..=22)
                .map(|n| n.to_string())
                .collect::<Vec<_>>()
                .join(" ")
        );
        assert_eq!(
            super::linux::parse(&stat, "boot"),
            Some(Seen {
                group: 42,
                began: "boot:22".to_owned()
            })
        );
        assert_eq!(super::linux::parse("7 (a) Z 1 42", "boot"), None);
    }

    #[test]
    fn the_words_of_ps_are_read() {
        assert_eq!(
            ps::parse("Ss   42 Sun Nov 22 14:16:11 2026\n"),
            Some(Seen {
                group: 42,
                began: "Sun Nov 22 14:16:11 2026".to_owned()
            })
        );
        assert_eq!(ps::parse("Z 42 Sun Nov 22 14:16:11 2026"), None);
        assert_eq!(ps::parse(""), None);
    }
}
