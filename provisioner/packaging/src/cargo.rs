//! The one cargo command that builds all handlers, and the environment that it runs in.
//!
//! One command with one fixed list of packages, since cargo unifies features over what it builds together. The
//! environment is the caller's without everything that would change the binaries from machine to machine; paths of this
//! machine are replaced in them. The profile `handler` keeps these artifacts apart from those of every other build.

use crate::{Architecture, Builder, PackageOptions, PackagingError, Progress};
use std::collections::VecDeque;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::Command;

/// cargo's profile for handlers, declared in the workspace's manifest.
const PROFILE: &str = "handler";

/// How many of cargo's last lines an error shows.
const TAIL: usize = 40;

/// Variables that change what is built, whole names.
const DROPPED: &[&str] = &[
    "AR",
    "CARGO_ENCODED_RUSTFLAGS",
    "CARGO_INCREMENTAL",
    "CC",
    "CFLAGS",
    "CPPFLAGS",
    "CXX",
    "CXXFLAGS",
    "LDFLAGS",
    "RANLIB",
    "RUSTC",
    "RUSTC_BOOTSTRAP",
    "RUSTC_WORKSPACE_WRAPPER",
    "RUSTC_WRAPPER",
    "RUSTFLAGS",
    // The project's rust-toolchain.toml decides, not the toolchain that happened to start this program.
    "RUSTUP_TOOLCHAIN",
    "SOURCE_DATE_EPOCH",
];

/// Variables that change what is built, beginnings of names.
const DROPPED_PREFIXES: &[&str] = &[
    "AR_",
    "CARGO_BUILD_",
    "CARGO_PROFILE_",
    "CARGO_TARGET_",
    "CARGO_TERM_",
    "CARGO_UNSTABLE_",
    "CC_",
    "CFLAGS_",
    "CXXFLAGS_",
    "CXX_",
    "HOST_",
    "RANLIB_",
    "RING_",
    "TARGET_",
];

/// What is to be built, where, and how.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    project: PathBuf,
    handlers: Vec<String>,
    options: PackageOptions,
    cargo_home: PathBuf,
}

impl Plan {
    /// A plan for the handlers of the project in this (canonical) folder.
    pub(crate) fn new(project: &Path, handlers: &[&str], options: &PackageOptions) -> Self {
        Self {
            project: project.to_owned(),
            handlers: handlers.iter().map(|&name| name.to_owned()).collect(),
            options: *options,
            cargo_home: cargo_home(),
        }
    }

    pub(crate) fn handlers(&self) -> &[String] {
        &self.handlers
    }

    pub(crate) fn architecture(&self) -> Architecture {
        self.options.architecture
    }

    /// The folder of the archives.
    pub(crate) fn target_folder(&self) -> PathBuf {
        self.target().join("handlers")
    }

    /// Everything that cargo makes.
    pub(crate) fn target(&self) -> PathBuf {
        self.project.join("target")
    }

    /// cargo's own folder: its configuration there applies to every build.
    pub(crate) fn cargo_home(&self) -> &Path {
        &self.cargo_home
    }

    pub(crate) fn archive(&self, handler: &str) -> PathBuf {
        self.target_folder().join(format!("{handler}.zip"))
    }

    pub(crate) fn binary(&self, handler: &str) -> PathBuf {
        self.target()
            .join(self.options.architecture.triple())
            .join(PROFILE)
            .join(handler)
    }

    pub(crate) fn depfile(&self, handler: &str) -> PathBuf {
        self.binary(handler).with_extension("d")
    }

    /// cargo's arguments. `--target` keeps the flags below away from build scripts and procedural macros.
    pub(crate) fn arguments(&self) -> Vec<String> {
        let triple = self.options.architecture.triple();
        let (verb, triple) = match self.options.builder {
            Builder::Cargo => ("build", triple.to_owned()),
            Builder::CargoZigbuild => ("zigbuild", format!("{triple}.2.34")),
        };
        let mut arguments: Vec<String> = [
            verb,
            "--profile",
            PROFILE,
            "--locked",
            "--bins",
            "--target",
            &triple,
            "--target-dir",
        ]
        .map(str::to_owned)
        .to_vec();
        arguments.push(self.target().display().to_string());
        for handler in &self.handlers {
            arguments.extend(["-p".to_owned(), handler.clone()]);
        }
        let features: Vec<String> = self
            .handlers
            .iter()
            .map(|handler| format!("{handler}/lambda"))
            .collect();
        arguments.extend(["--features".to_owned(), features.join(",")]);
        arguments
    }

    /// rustc's flags: this machine's folders by neutral names. The later one wins where both fit.
    pub(crate) fn flags(&self) -> Vec<String> {
        [(&self.project, "/project"), (&self.cargo_home, "/cargo")]
            .map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display()))
            .to_vec()
    }

    /// Runs cargo to its end, each of its lines as progress. Dropped before, it ends cargo.
    pub(crate) async fn run(&self, progress: Progress<'_>) -> Result<(), PackagingError> {
        let no_cargo = |source| PackagingError::NoToolchain {
            program: "cargo",
            source,
        };
        let mut command = Command::new("cargo");
        in_clean_environment(&mut command, &self.project);
        let mut child = command
            .args(self.arguments())
            .env("CARGO_ENCODED_RUSTFLAGS", self.flags().join("\u{1f}"))
            .env("CARGO_INCREMENTAL", "0")
            .env("CARGO_TERM_COLOR", "never")
            .env("CARGO_TERM_PROGRESS_WHEN", "never")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .map_err(no_cargo)?;
        let mut tail = VecDeque::with_capacity(TAIL);
        if let Some(stderr) = child.stderr.take() {
            let mut lines = BufReader::new(stderr).lines();
            while let Some(line) = lines.next_line().await.map_err(no_cargo)? {
                progress(line.trim_end());
                if tail.len() == TAIL {
                    tail.pop_front();
                }
                tail.push_back(line);
            }
        }
        let status = child.wait().await.map_err(no_cargo)?;
        if status.success() {
            return Ok(());
        }
        Err(PackagingError::Build {
            how: status.to_string(),
            tail: Vec::from(tail).join("\n"),
        })
    }
}

/// Runs a command in the project, without what would change the binaries from machine to machine.
pub(crate) fn in_clean_environment(command: &mut Command, project: &Path) {
    command.current_dir(project);
    for (name, _) in std::env::vars_os() {
        if is_dropped(&name) {
            command.env_remove(name);
        }
    }
}

fn is_dropped(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else {
        return false;
    };
    DROPPED.contains(&name)
        || DROPPED_PREFIXES
            .iter()
            .any(|prefix| name.starts_with(prefix))
}

fn cargo_home() -> PathBuf {
    let named = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    named("CARGO_HOME").map_or_else(
        || PathBuf::from(named("HOME").unwrap_or_default()).join(".cargo"),
        PathBuf::from,
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "tests may")]
    use super::{Plan, is_dropped};
    use crate::{Architecture, Builder, PackageOptions, PackagingError};
    use std::ffi::OsStr;
    use std::path::Path;

    fn plan(options: PackageOptions) -> Plan {
        Plan::new(Path::new("/p"), &["portal", "payment"], &options)
    }

    #[test]
    fn all_handlers_are_built_by_one_command() {
        let arguments = plan(PackageOptions::default()).arguments().join(" ");
        assert_eq!(
            arguments,
            "build --profile handler --locked --bins --target x86_64-unknown-linux-gnu --target-dir /p/target \
             -p portal -p payment --features portal/lambda,payment/lambda"
        );
    }

    #[tokio::test]
    async fn a_failed_build_shows_what_cargo_said_last() {
        let folder = tempfile::tempdir().unwrap();
        let project = folder.path().canonicalize().unwrap();
        let mut said = Vec::new();
        let error = Plan::new(&project, &["portal"], &PackageOptions::default())
            .run(&mut |line| said.push(line.to_owned()))
            .await
            .unwrap_err();
        let PackagingError::Build { how, tail } = error else {
            panic!("{error}");
        };
        assert!(how.contains("exit status"), "{how}");
        assert!(tail.contains("Cargo.toml"), "{tail}");
        assert_eq!(said.join("\n"), tail);
    }

    #[test]
    fn zig_pins_the_glibc_that_lambda_has() {
        let options = PackageOptions {
            architecture: Architecture::Arm64,
            builder: Builder::CargoZigbuild,
        };
        let arguments = plan(options).arguments().join(" ");
        assert!(arguments.starts_with("zigbuild "), "{arguments}");
        assert!(
            arguments.contains("--target aarch64-unknown-linux-gnu.2.34 "),
            "{arguments}"
        );
        assert_eq!(
            plan(options).binary("portal"),
            Path::new("/p/target/aarch64-unknown-linux-gnu/handler/portal")
        );
    }

    #[test]
    fn what_changes_binaries_is_not_inherited_and_the_rest_is() {
        for name in [
            "RUSTFLAGS",
            "CARGO_PROFILE_RELEASE_LTO",
            "CARGO_BUILD_RUSTFLAGS",
            "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER",
            "CC_x86_64_unknown_linux_gnu",
            "RUSTC_WRAPPER",
            "CFLAGS",
        ] {
            assert!(is_dropped(OsStr::new(name)), "{name}");
        }
        for name in [
            "PATH",
            "HOME",
            "CARGO_HOME",
            "RUSTUP_HOME",
            "HTTPS_PROXY",
            "CARGO_NET_OFFLINE",
        ] {
            assert!(!is_dropped(OsStr::new(name)), "{name}");
        }
    }
}
