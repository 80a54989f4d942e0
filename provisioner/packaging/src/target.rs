//! What to build for, and with what.

/// How to build the handlers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct PackageOptions {
    /// The processor that the functions run on.
    pub architecture: Architecture,
    /// The program that builds them.
    pub builder: Builder,
}

/// A processor that Lambda offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Architecture {
    /// `x86_64`.
    #[default]
    X86_64,
    /// `arm64`. Untested: it needs the target's standard library and a linker for it.
    Arm64,
}

impl Architecture {
    /// The target triple that Rust knows it by.
    #[must_use]
    pub fn triple(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64-unknown-linux-gnu",
            Self::Arm64 => "aarch64-unknown-linux-gnu",
        }
    }
}

/// The program that builds the handlers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Builder {
    /// Plain cargo: links against this machine's glibc.
    #[default]
    Cargo,
    /// `cargo zigbuild`, which links against Lambda's glibc from any machine. Untested.
    CargoZigbuild,
}
