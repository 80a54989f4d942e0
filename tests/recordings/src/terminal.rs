//! Commands in a pseudo-terminal, as a person has them: colours, progress, questions. What they write goes to a tape.

use crate::Failure;
use crate::tape::Tape;
use pty_process::Size;
use pty_process::blocking::{Command, open};
use std::ffi::OsString;
use std::io::{Read, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// How long somebody thinks before answering a question.
const THINKING: Duration = Duration::from_millis(900);
/// How a question ends.
const QUESTION: &[u8] = b"[y/N] ";

/// Where commands run.
#[derive(Debug, Clone)]
pub struct Terminal {
    /// Columns.
    pub columns: u16,
    /// Lines.
    pub rows: u16,
    /// The working folder.
    pub folder: PathBuf,
    /// Variables that are set.
    pub variables: Vec<(String, OsString)>,
    /// Variables that are not passed on.
    pub without: Vec<String>,
}

impl Terminal {
    /// Runs a command line through `sh`, answers every question with yes, and records what appears.
    ///
    /// # Errors
    /// When there is no terminal, when it can't be started, or when it ends with another exit code.
    pub fn run(&self, tape: &mut Tape, command: &str, expected: i32) -> Result<(), Failure> {
        let (mut pty, pts) = open()?;
        pty.resize(Size::new(self.rows, self.columns))?;
        let mut shell = Command::new("sh")
            .args(["-c", command])
            .current_dir(&self.folder);
        for name in &self.without {
            shell = shell.env_remove(name);
        }
        let mut child = shell
            .envs(self.variables.iter().map(|(name, value)| (name, value)))
            .env("TERM", "xterm-256color")
            .spawn(pts)?;
        let mut seen = Vec::new();
        let mut last = Instant::now();
        let mut buffer = [0; 16 * 1024];
        // The terminal's end is an error on Linux and an end of file elsewhere.
        while let Ok(read @ 1..) = pty.read(&mut buffer) {
            let bytes = buffer.get(..read).unwrap_or_default();
            tape.program(last.elapsed(), bytes);
            last = Instant::now();
            seen.extend_from_slice(bytes);
            if seen.ends_with(QUESTION) {
                tape.rest(THINKING);
                pty.write_all(b"y\n").map_err(|why| Failure::Terminal {
                    attempt: format!("`{command}` could not be answered"),
                    why,
                })?;
            }
        }
        let status = child.wait().map_err(|why| Failure::Terminal {
            attempt: format!("the end of `{command}` was not seen"),
            why,
        })?;
        let code = status.code().unwrap_or(-1);
        if code == expected {
            return Ok(());
        }
        Err(Failure::Exit {
            command: command.to_owned(),
            code,
            expected,
            output: String::from_utf8_lossy(&seen).into_owned(),
        })
    }
}
