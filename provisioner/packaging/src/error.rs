//! What can go wrong with packaging, and what to do then.

use std::path::{Path, PathBuf};

/// Why the handlers were not packaged.
#[derive(Debug, thiserror::Error)]
pub enum PackagingError {
    /// cargo or rustc can't be run.
    #[error("can't build the handlers: `{program}` does not run: {source}")]
    NoToolchain {
        /// The program.
        program: &'static str,
        /// Why not.
        #[source]
        source: std::io::Error,
    },
    /// The build failed.
    #[error("the build of the handlers failed ({how}); cargo's last lines:\n{tail}")]
    Build {
        /// Exit status.
        how: String,
        /// The last lines of cargo's messages.
        tail: String,
    },
    /// A built handler is no program that can be read.
    #[error("the binary of handler {handler} can't be read as an ELF program: {reason}")]
    NoProgram {
        /// The handler.
        handler: String,
        /// Why not.
        reason: String,
    },
    /// A built handler is for another processor.
    #[error(
        "the binary of handler {handler} is for another processor: it is built for {found}, the functions run on {wanted}"
    )]
    OtherMachine {
        /// The handler.
        handler: String,
        /// ELF's number or name of the machine.
        found: String,
        /// The architecture that was asked for.
        wanted: &'static str,
    },
    /// A built handler would not start in Lambda.
    #[error(
        "the binary of handler {handler} needs glibc {needed}, and the runtime provided.al2023 has {offered}"
    )]
    Glibc {
        /// The handler.
        handler: String,
        /// What it needs.
        needed: String,
        /// What there is.
        offered: String,
    },
    /// A zip file can't be made.
    #[error("can't make the archive {}: {reason}", path.display())]
    Zip {
        /// The zip file.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// A file operation failed.
    #[error("can't {action} {}: {source}", path.display())]
    Io {
        /// What was attempted.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// Why it failed.
        #[source]
        source: std::io::Error,
    },
}

impl PackagingError {
    pub(crate) fn io(action: &'static str, path: &Path, source: std::io::Error) -> Self {
        Self::Io {
            action,
            path: path.to_owned(),
            source,
        }
    }

    /// A stable code for machines.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NoToolchain { .. } => "package.no_toolchain",
            Self::Build { .. } => "package.build_failed",
            Self::NoProgram { .. } => "package.no_program",
            Self::OtherMachine { .. } => "package.other_machine",
            Self::Glibc { .. } => "package.glibc_too_new",
            Self::Zip { .. } => "package.zip",
            Self::Io { .. } => "package.io",
        }
    }

    /// What it happened on.
    #[must_use]
    pub fn subject(&self) -> String {
        match self {
            Self::NoToolchain { program, .. } => (*program).to_owned(),
            Self::Build { .. } => "cargo build".to_owned(),
            Self::NoProgram { handler, .. }
            | Self::OtherMachine { handler, .. }
            | Self::Glibc { handler, .. } => handler.clone(),
            Self::Zip { path, .. } | Self::Io { path, .. } => path.display().to_string(),
        }
    }

    /// What to do next.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::NoToolchain { .. } => {
                "install Rust with rustup (https://rustup.rs); the project's rust-toolchain.toml names the version"
            }
            Self::Build { .. } => "correct what the compiler names, then run the command again",
            Self::NoProgram { .. } => {
                "remove target/handlers and the target's folder `handler`, then run the command again; on macOS build with cargo-zigbuild"
            }
            Self::OtherMachine { .. } => {
                "install the target (`rustup target add`) and build for the architecture that the environment names"
            }
            Self::Glibc { .. } => {
                "this machine's glibc is newer than Lambda's: install cargo-zigbuild and ziglang (`pip install cargo-zigbuild ziglang`) and build with it, which links against glibc 2.34, or build on Debian 12 or Amazon Linux 2023"
            }
            Self::Zip { .. } | Self::Io { .. } => {
                "check the folder's permissions and the free space on its disk"
            }
        }
    }
}
