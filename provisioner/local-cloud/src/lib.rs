//! The local cloud on this machine: installs, starts, watches, resets and stops the pinned emulator (MiniStack).
//!
//! It knows no AWS SDK and deploys nothing. Everything that it keeps lies in `local/` of a state folder, and everything that
//! it starts listens on 127.0.0.1 only and knows no real credentials (see [`environment`]). Unix only: Linux is
//! tested, macOS is written for and untested.

#[cfg(not(unix))]
compile_error!("the local cloud needs process groups: Linux or macOS");

pub mod environment;
mod error;
mod health;
mod install;
mod lock;
mod paths;
mod process;
mod python;
mod record;
mod resume;
mod start;
mod status;
mod stop;

pub use error::LocalCloudError;
pub use install::install;
pub use paths::Paths;
pub use start::{Beginning, Started, start};
pub use status::{Credentials, Status, credentials, holds_something, status};
pub use stop::{Stopped, reset, stop};

/// The emulator's version, as pinned in `requirements.txt`.
pub const VERSION: &str = "1.5.33";

/// The account that [`status`] gives credentials for. Any other 12-digit account works too: see [`credentials`].
pub const DEFAULT_ACCOUNT: &str = "000000000000";

/// The region that [`status`] names. The emulator serves every region.
pub const DEFAULT_REGION: &str = "eu-central-1";

/// Receives progress, one line of text for people a call.
pub type Progress<'a> = &'a mut (dyn FnMut(&str) + Send);
