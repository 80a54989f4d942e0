//! The program under test, run as a user runs it, with a state folder of its own.

use crate::Failure;
use serde_json::Value;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// `provision`, the project that it works on, and where it keeps its state.
#[derive(Debug, Clone)]
pub struct Program {
    binary: PathBuf,
    project: PathBuf,
    state: PathBuf,
    environments: Option<PathBuf>,
    variables: Vec<(String, String)>,
}

/// One finished run.
#[derive(Debug)]
pub struct Run {
    /// What was run, for messages.
    pub command: String,
    /// The exit code; -1 when a signal ended it.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// Wall-clock time of the whole process.
    pub took: Duration,
}

impl Program {
    /// The debug build that `make build` leaves, working on this repository with its state under `target/`.
    ///
    /// # Errors
    /// When it was not built.
    pub fn of_this_workspace(state: &str) -> Result<Self, Failure> {
        let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
        Self::of(&project, target, state)
    }

    /// The same in another clone, with its target folder if that isn't the usual one.
    ///
    /// # Errors
    /// When it was not built.
    pub fn of(project: &Path, target: Option<PathBuf>, state: &str) -> Result<Self, Failure> {
        let project = project.canonicalize()?;
        let target = target.unwrap_or_else(|| project.join("target"));
        let binary = target.join("debug/provision");
        if !binary.is_file() {
            return Err(format!("{} is missing: run `make build` first", binary.display()).into());
        }
        let state = target.join(state);
        std::fs::create_dir_all(&state)?;
        Ok(Self {
            binary,
            project,
            state,
            environments: None,
            variables: Vec::new(),
        })
    }

    /// The same program, reading its environments from another folder.
    #[must_use]
    pub fn with_environments(&self, folder: &Path) -> Self {
        Self {
            environments: Some(folder.to_owned()),
            ..self.clone()
        }
    }

    /// The same program with more environment variables.
    #[must_use]
    pub fn with_variables(&self, variables: &[(&str, &str)]) -> Self {
        let variables = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Self {
            variables,
            ..self.clone()
        }
    }

    /// The program's file.
    #[must_use]
    pub fn binary(&self) -> &Path {
        &self.binary
    }

    /// The repository's folder.
    #[must_use]
    pub fn project(&self) -> &Path {
        &self.project
    }

    /// The folder that the program keeps its state in.
    #[must_use]
    pub fn state(&self) -> &Path {
        &self.state
    }

    /// A sample document of the repository.
    #[must_use]
    pub fn sample(&self, name: &str) -> PathBuf {
        self.project.join("samples").join(name)
    }

    fn command<S: AsRef<OsStr>>(&self, args: &[S]) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .args(args)
            .current_dir(&self.project)
            .env("PROVISION_STATE", &self.state)
            .env("NO_COLOR", "1");
        if let Some(folder) = &self.environments {
            command.env("PROVISION_ENVIRONMENTS", folder);
        }
        for variable in [
            "AWS_PROFILE",
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
        ] {
            command.env_remove(variable);
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs it to its end.
    ///
    /// # Errors
    /// When it can't be started.
    pub fn run<S: AsRef<OsStr>>(&self, args: &[S]) -> Result<Run, Failure> {
        let begun = Instant::now();
        let output = self.command(args).output()?;
        Ok(Run::of(args, output, begun.elapsed()))
    }

    /// Starts it and leaves it running.
    ///
    /// # Errors
    /// When it can't be started.
    pub fn spawn<S: AsRef<OsStr>>(&self, args: &[S]) -> Result<Child, Failure> {
        Ok(self.command(args).spawn()?)
    }

    /// Starts it with its output thrown away, for measuring.
    ///
    /// # Errors
    /// When it can't be started.
    pub fn spawn_quiet<S: AsRef<OsStr>>(&self, args: &[S]) -> Result<Child, Failure> {
        Ok(self
            .command(args)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?)
    }

    /// Runs it with `--output json` and reads the document that it prints; any exit code in `codes` is fine.
    ///
    /// # Errors
    /// When it exits otherwise or prints no JSON; the message holds what it printed.
    pub fn json(&self, args: &[&str], codes: &[i32]) -> Result<Value, Failure> {
        let mut args = args.to_vec();
        args.extend(["--output", "json"]);
        let run = self.run(&args)?.expect(codes)?;
        serde_json::from_str(&run.stdout).map_err(|error| format!("{run}\nno JSON: {error}").into())
    }
}

impl Run {
    fn of<S: AsRef<OsStr>>(args: &[S], output: Output, took: Duration) -> Self {
        let words: Vec<_> = args
            .iter()
            .map(|arg| arg.as_ref().to_string_lossy().into_owned())
            .collect();
        Self {
            command: format!("provision {}", words.join(" ")),
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            took,
        }
    }

    /// The run, if it exited with one of these codes.
    ///
    /// # Errors
    /// With everything that it printed, if not.
    pub fn expect(self, codes: &[i32]) -> Result<Self, Failure> {
        if codes.contains(&self.code) {
            Ok(self)
        } else {
            Err(format!("expected exit {codes:?}\n{self}").into())
        }
    }

    /// The document on standard output.
    ///
    /// # Errors
    /// When there is none.
    pub fn document(&self) -> Result<Value, Failure> {
        serde_json::from_str(&self.stdout)
            .map_err(|error| format!("{self}\nno JSON: {error}").into())
    }
}

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} -> exit {} after {} ms\n--- stdout\n{}\n--- stderr\n{}",
            self.command,
            self.code,
            self.took.as_millis(),
            self.stdout,
            self.stderr
        )
    }
}
